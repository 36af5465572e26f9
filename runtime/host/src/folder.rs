//! Reading a folder for an import: `.flow` and `.json` files and the sounds beside them.

use std::fs;
use std::path::Path;

use flow_store::ImportFile;
use flow_store::limits::{IMPORT_BYTES_MAX, IMPORT_FILES_MAX};

/// Folders below the given one that are looked into.
const DEPTH_MAX: usize = 8;
/// The folder of prompts; JSON in it is about how they were made.
const PROMPTS: &str = "prompts";

/// The files of a folder that an import takes, in the order of their paths.
///
/// # Errors
/// What couldn't be read, or is too much.
pub fn read(dir: &Path) -> Result<Vec<ImportFile>, String> {
    if !dir.is_dir() {
        return Err(format!("{} isn't a folder", dir.display()));
    }
    let mut walk = Walk { files: Vec::new(), bytes: 0 };
    walk.folder(dir, "", DEPTH_MAX)?;
    walk.files.sort_by(|a, b| a.path.cmp(&b.path));
    if walk.files.is_empty() {
        return Err(format!("{} holds no .flow, .json or .wav file", dir.display()));
    }
    Ok(walk.files)
}

struct Walk {
    files: Vec<ImportFile>,
    bytes: usize,
}

impl Walk {
    fn folder(&mut self, dir: &Path, within: &str, depth: usize) -> Result<(), String> {
        let fail = |e: std::io::Error| format!("cannot read {}: {e}", dir.display());
        for entry in fs::read_dir(dir).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let path = if within.is_empty() { name.clone() } else { format!("{within}/{name}") };
            // Links are followed, but the depth bounds a circle of them.
            if entry.path().is_dir() {
                if depth > 0 && !is_twin(&entry.path()) {
                    self.folder(&entry.path(), &path, depth - 1)?;
                }
            } else if wanted(&path) {
                self.file(&entry.path(), path)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, path: String) -> Result<(), String> {
        let bytes = fs::read(from).map_err(|e| format!("cannot read {}: {e}", from.display()))?;
        self.bytes += bytes.len();
        if self.files.len() >= IMPORT_FILES_MAX || self.bytes > IMPORT_BYTES_MAX {
            return Err(format!(
                "an import takes at most {IMPORT_FILES_MAX} files and {IMPORT_BYTES_MAX} bytes"
            ));
        }
        self.files.push(ImportFile { path, bytes });
        Ok(())
    }
}

/// A folder with a catalogue of its own is another office (the JSON twin of one in text, say).
fn is_twin(dir: &Path) -> bool {
    dir.join("catalog.json").is_file()
}

fn wanted(path: &str) -> bool {
    let in_prompts = path.split('/').any(|part| part == PROMPTS);
    path.ends_with(".flow") || path.ends_with(".wav") || (path.ends_with(".json") && !in_prompts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_without_what_isnt_meant() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for path in [
            "main.flow",
            "prompts/a.wav",
            "prompts/manifest.json",
            "prompts/prompts.toml",
            "json/catalog.json",
            "json/main.json",
            ".git/x.flow",
            "README.md",
            "extra.json",
        ] {
            put(path);
        }
        let paths = |d: &Path| read(d).unwrap().into_iter().map(|f| f.path).collect::<Vec<_>>();
        assert_eq!(paths(dir.path()), ["extra.json", "main.flow", "prompts/a.wav"]);
        assert_eq!(paths(&dir.path().join("json")), ["catalog.json", "main.json"]);
        assert!(read(&dir.path().join("README.md")).is_err());
    }
}
