//! The committed prompts are the ones that the manifests describe, and can be heard.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "an integration test fails by panicking; nothing here is input from outside"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Folders that hold a `prompts.toml`, its WAVs and a `manifest.json`, from the root of the repository.
const FOLDERS: [&str; 2] = ["stdlib-prompts", "examples/office/prompts"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn manifest(folder: &Path) -> Vec<Value> {
    let path = folder.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str::<Value>(&text).unwrap()["prompts"].as_array().unwrap().clone()
}

#[test]
fn every_wav_is_the_one_in_the_manifest() {
    for folder in FOLDERS.map(folder) {
        let mut listed = BTreeSet::new();
        for prompt in manifest(&folder) {
            let name = prompt["name"].as_str().unwrap();
            let path = folder.join(format!("{name}.wav"));
            let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(
                prompt["sha256"],
                digest.as_str(),
                "{}: run stdlib-prompts/generate.py",
                path.display()
            );
            listed.insert(format!("{name}.wav"));
        }
        let there: BTreeSet<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".wav"))
            .collect();
        assert_eq!(there, listed, "{}: WAVs and manifest.json", folder.display());
    }
}

#[test]
fn the_manifest_says_what_the_list_says() {
    for folder in FOLDERS.map(folder) {
        let list = std::fs::read_to_string(folder.join("prompts.toml")).unwrap();
        let wanted: Vec<(&str, &str)> = {
            let values = |key: &str| -> Vec<&str> {
                let start = format!("{key} = \"");
                list.lines().filter_map(|l| l.strip_prefix(&start)?.strip_suffix('"')).collect()
            };
            values("name").into_iter().zip(values("text")).collect()
        };
        let prompts = manifest(&folder);
        let rendered: Vec<(&str, &str)> =
            prompts.iter().map(|p| (p["name"].as_str().unwrap(), p["text"].as_str().unwrap())).collect();
        assert!(!wanted.is_empty());
        assert_eq!(rendered, wanted, "{}: run stdlib-prompts/generate.py", folder.display());
    }
}

#[test]
fn every_wav_is_8_khz_mono_and_at_speech_level() {
    for folder in FOLDERS.map(folder) {
        for prompt in manifest(&folder) {
            let path = folder.join(format!("{}.wav", prompt["name"].as_str().unwrap()));
            let mut wav = hound::WavReader::open(&path).unwrap();
            let spec = wav.spec();
            assert_eq!(
                (spec.sample_rate, spec.channels, spec.bits_per_sample),
                (8_000, 1, 16),
                "{}",
                path.display()
            );
            let samples: Vec<f64> = wav.samples::<i16>().map(|s| f64::from(s.unwrap()) / 32_768.0).collect();
            assert_eq!(
                prompt["duration_ms"].as_u64().unwrap(),
                samples.len() as u64 / 8,
                "{}",
                path.display()
            );
            let peak = samples.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
            let rms = (samples.iter().map(|s| s * s).sum::<f64>() / samples.len() as f64).sqrt();
            // −3 dBFS is 0.708. The whole prompt with its pauses lies a little under the −20 dBFS (0.1) of its speech.
            assert!(peak <= 0.709, "{}: peak {peak}", path.display());
            assert!((0.05..0.12).contains(&rms), "{}: RMS {rms}", path.display());
        }
    }
}
