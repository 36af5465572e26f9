//! Sounds from WAV files of the data folder to samples in memory. A file's name holds the hash of its content
//! (the store sees to that), so what was read once is never read again.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use flow_media::control::Pcm;
use flow_media::limits::PROMPT_BYTES_MAX;

/// Sounds that were read, by path relative to the data folder.
#[derive(Debug, Default)]
pub struct Sounds {
    read: BTreeMap<String, Pcm>,
}

impl Sounds {
    /// The sound of a file.
    ///
    /// # Errors
    /// What is wrong with the file and what to do, in words for a person.
    pub fn get(&mut self, root: &Path, file: &str) -> Result<Pcm, String> {
        if let Some(known) = self.read.get(file) {
            return Ok(Arc::clone(known));
        }
        let sound = read(&root.join(file))?;
        self.read.insert(file.to_owned(), Arc::clone(&sound));
        Ok(sound)
    }

    /// Forgets what is no longer named, so that changed prompts don't pile up.
    pub fn keep(&mut self, files: &[&str]) {
        self.read.retain(|file, _| files.contains(&file.as_str()));
    }
}

fn read(path: &Path) -> Result<Pcm, String> {
    let at = || format!("prompt file {}", path.display());
    let size = std::fs::metadata(path).map_err(|error| format!("{} can't be read: {error}", at()))?.len();
    if size > PROMPT_BYTES_MAX as u64 {
        return Err(format!(
            "{} has {size} bytes, at most {PROMPT_BYTES_MAX} are read; make it shorter",
            at()
        ));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{} can't be read: {error}", at()))?;
    let samples = flow_media::wav::read(&bytes).map_err(|error| format!("{}: {error}", at()))?;
    Ok(samples.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_read_once_and_forgotten_when_unnamed() {
        let dir = tempfile::tempdir().unwrap();
        let file = "a.wav";
        let library = concat!(env!("CARGO_MANIFEST_DIR"), "/../../stdlib-prompts/goodbye.wav");
        std::fs::copy(library, dir.path().join(file)).unwrap();
        let mut sounds = Sounds::default();
        let first = sounds.get(dir.path(), file).unwrap();
        assert!(first.len() > 2_000 && first.iter().any(|sample| sample.abs() > 3_000), "it can be heard");
        std::fs::remove_file(dir.path().join(file)).unwrap();
        assert!(Arc::ptr_eq(&first, &sounds.get(dir.path(), file).unwrap()));
        sounds.keep(&[]);
        let error = sounds.get(dir.path(), file).unwrap_err();
        assert!(error.contains("a.wav can't be read"), "{error}");
    }
}
