//! Prompts: recorded sounds of the library and of the office. A file's name holds the hash of its content, so a changed
//! prompt is a new file and the row moves to it in its transaction; the old file goes at the next start.

use std::io::Cursor;
use std::path::Path;

use flow_compiler::entity;
use rusqlite::Connection;

use crate::entity::{self as rows, Id, Saved, entity};
use crate::error::{Error, Result};
use crate::files::{self, DataDir};
use crate::limits::{PROMPT_BYTES_MAX, REPAIR_FILES_MAX};
use crate::wav;

entity! {
    /// A prompt.
    Prompt as Prompt in "prompts", secrets [] {
        /// Its file, relative to the data folder.
        file: String = 1..=255,
        /// BLAKE3 of the file, in hex.
        hash: String = 64..=64,
        /// Length in milliseconds.
        duration_ms: u32 = 1..=u32::MAX,
        /// What is said in it.
        text: Option<String> = 0..=4_096,
        /// Of the library, not of the office.
        system: bool = 0..=1,
    }
}

impl Prompt {
    pub(crate) fn to_facts(&self) -> entity::Prompt {
        entity::Prompt {
            key: self.key.clone(),
            name: self.label.clone(),
            file: (!self.system).then(|| self.file.clone()),
            text: self.text.clone(),
        }
    }
}

/// A prompt to keep.
#[derive(Clone, Debug)]
pub struct NewPrompt<'a> {
    /// Key.
    pub key: &'a str,
    /// Label.
    pub label: &'a str,
    /// What is said in it.
    pub text: Option<&'a str>,
    /// Of the library.
    pub system: bool,
    /// A whole WAV file: PCM, A-law or µ-law.
    pub wav: &'a [u8],
}

/// Writes the file of a prompt (if it isn't there) and its row.
pub(crate) fn save(conn: &Connection, dir: &DataDir, new: &NewPrompt<'_>, now_ms: i64) -> Result<Saved> {
    rows::check_names("prompt", new.key, new.label)?;
    if new.wav.len() > PROMPT_BYTES_MAX {
        return Err(Error::Invalid(format!("prompt `{}` is longer than {PROMPT_BYTES_MAX} bytes", new.key)));
    }
    let header = wav::read(&mut Cursor::new(new.wav), new.wav.len() as u64)
        .map_err(|why| Error::Invalid(format!("prompt `{}` can't be used: {why}", new.key)))?;
    let hash = blake3::hash(new.wav).to_hex().to_string();
    let short: String = hash.chars().take(16).collect();
    let relative = DataDir::prompts_relative(new.system).join(format!("{}-{short}.wav", file_stem(new.key)));
    let path = dir.root().join(&relative);
    // A name with the content's hash is whole if it is there: it only ever comes by a rename.
    if !path.exists() {
        files::write_private(&path, new.wav)?;
    }
    let row = Prompt {
        id: Id::new(0),
        key: new.key.to_owned(),
        label: new.label.to_owned(),
        file: relative.to_string_lossy().into_owned(),
        hash,
        duration_ms: u32::try_from(header.duration_ms()).unwrap_or(u32::MAX),
        text: new.text.map(str::to_owned),
        system: new.system,
    };
    rows::upsert(conn, &row, now_ms)
}

/// Removes files of prompts that no row names: left by a crash, or replaced.
pub(crate) fn sweep(conn: &Connection, dir: &DataDir) -> Result<usize> {
    let mut removed = 0;
    for system in [true, false] {
        let relative = DataDir::prompts_relative(system);
        for path in files::list_files(&dir.root().join(&relative), REPAIR_FILES_MAX)? {
            let name = path.file_name().map(Path::new).map(|n| relative.join(n)).unwrap_or_default();
            let used: bool = conn.query_row(
                "SELECT EXISTS (SELECT 1 FROM prompts WHERE file = ?1)",
                [name.to_string_lossy()],
                |r| r.get(0),
            )?;
            if !used {
                files::remove_if_there(&path)?;
                removed += 1;
            }
        }
    }
    Ok(removed)
}

/// A key as a file name: what keys may hold is safe but for a leading dot.
fn file_stem(key: &str) -> String {
    key.replace(['.', '*', '#', '+'], "_")
}
