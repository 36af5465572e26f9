//! The prompts of the library, as they are in the binary.

use flow_store::NewPrompt;
use serde::Deserialize;

macro_rules! wavs {
    ($($name:literal),* $(,)?) => {
        /// Name and WAV of each prompt.
        const WAVS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../stdlib-prompts/", $name, ".wav")))),*];
    };
}

wavs!["after-hours", "goodbye", "menu-invalid", "menu-timeout", "sorry", "vm-greeting"];

/// What is known of each prompt.
const MANIFEST: &str = include_str!("../../../stdlib-prompts/manifest.json");

#[derive(Deserialize)]
struct Manifest {
    prompts: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    text: String,
}

/// Hands the prompts to `use_them`, with the words that are spoken in each.
pub fn with_prompts<R>(use_them: impl FnOnce(&[NewPrompt<'_>]) -> R) -> R {
    // The manifest is part of the binary and a test reads it; without it prompts would only lack their words.
    let manifest = serde_json::from_str(MANIFEST).unwrap_or(Manifest { prompts: Vec::new() });
    let text = |name: &str| manifest.prompts.iter().find(|e| e.name == name).map(|e| e.text.as_str());
    let prompts: Vec<NewPrompt<'_>> = WAVS
        .iter()
        .map(|(key, wav)| NewPrompt { key, label: "", text: text(key), system: true, wav })
        .collect();
    use_them(&prompts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_holds_what_the_manifest_lists() {
        let manifest: Manifest = serde_json::from_str(MANIFEST).unwrap();
        let mut listed: Vec<&str> = manifest.prompts.iter().map(|e| e.name.as_str()).collect();
        listed.sort_unstable();
        assert_eq!(listed, WAVS.iter().map(|w| w.0).collect::<Vec<_>>());
        with_prompts(|prompts| assert!(prompts.iter().all(|p| p.text.is_some_and(|t| !t.is_empty()))));
    }
}
