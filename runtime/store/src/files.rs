//! The data folder, and writing files so that `kill -9` or a power cut leaves the old one or the new one, whole.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::secret::{hex, random};

/// Suffix of files that are not whole yet. Removed at start-up.
pub(crate) const PARTIAL_SUFFIX: &str = ".partial";

/// The data folder (requirements 12.3). Rows hold paths relative to it.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Names a data folder; nothing is touched.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> DataDir {
        DataDir { root: root.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.root.join("flowpbx.db")
    }

    /// The key that seals secrets.
    #[must_use]
    pub fn secret_key(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// The token that local tools show to the API.
    #[must_use]
    pub fn api_token(&self) -> PathBuf {
        self.root.join("api.token")
    }

    /// Locked while a process uses the folder.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("flowpbx.lock")
    }

    /// Where recordings of voicemail grow before they are messages. Same file system as the mailboxes, for renames.
    #[must_use]
    pub fn voicemail_temp(&self) -> PathBuf {
        self.root.join("voicemail").join("tmp")
    }

    /// The messages of one mailbox, relative to the root.
    #[must_use]
    pub fn mailbox_relative(box_id: i64) -> PathBuf {
        Path::new("voicemail").join(format!("box_{box_id}"))
    }

    /// Prompts of the library (`system`) or of the office, relative to the root.
    #[must_use]
    pub fn prompts_relative(system: bool) -> PathBuf {
        Path::new("prompts").join(if system { "system" } else { "custom" })
    }

    /// The whole path of a relative one from a row.
    #[must_use]
    pub fn resolve(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Makes the folders, private to the user that runs the server.
    pub(crate) fn create(&self) -> Result<()> {
        for dir in [
            self.root.clone(),
            self.voicemail_temp(),
            self.root.join(DataDir::prompts_relative(true)),
            self.root.join(DataDir::prompts_relative(false)),
        ] {
            create_dir(&dir)?;
        }
        Ok(())
    }

    /// Takes the folder for this process; the lock ends with the returned file.
    pub(crate) fn take(&self) -> Result<File> {
        let path = self.lock();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| Error::file("open", &path, e))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => Err(Error::InUse(self.root.clone())),
            Err(fs::TryLockError::Error(e)) => Err(Error::file("lock", &path, e)),
        }
    }
}

/// Makes a folder and its parents, 0700.
pub(crate) fn create_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|e| Error::file("make the folder", dir, e))
}

/// Writes a file that only this user may read: beside it, synced, renamed over it, the folder synced.
///
/// # Errors
/// [`Error::File`] with what failed; the old file is then as it was.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let partial = partial_name(path)?;
    let written = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .map_err(|e| Error::file("write", &partial, e))
        .and_then(|()| rename_durably(&partial, path));
    if written.is_err() {
        // Best effort: what is left has the suffix of partial files and goes at the next start.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Renames within a file system and syncs the folder, so that the new name survives a power cut.
pub(crate) fn rename_durably(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|e| Error::file("rename to", to, e))?;
    sync_parent(to)
}

/// Syncs the folder that a file is in.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(|e| Error::file("sync the folder", parent, e))
}

/// Removes a file; one that is already gone is fine.
pub(crate) fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::file("remove", path, e)),
    }
}

/// The files of a folder, at most `limit` of them, in the order of their names. A missing folder has none.
pub(crate) fn list_files(dir: &Path, limit: usize) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::file("list", dir, e)),
    };
    let mut files: Vec<PathBuf> = entries
        .take(limit)
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.file_type().is_ok_and(|t| t.is_file()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    Ok(files)
}

fn partial_name(path: &Path) -> Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}{PARTIAL_SUFFIX}", hex(&random::<6>()?)));
    Ok(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(list_files(dir.path(), 10).unwrap(), [path]);
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub");
        fs::create_dir(&path).unwrap();
        assert!(write_private(&path, b"a folder is in the way").is_err());
        assert_eq!(list_files(dir.path(), 10).unwrap().len(), 0);
    }

    #[test]
    fn a_folder_is_used_by_one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let held = data.take().unwrap();
        assert!(matches!(data.take(), Err(Error::InUse(_))));
        drop(held);
        data.take().unwrap();
    }
}
