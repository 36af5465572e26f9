//! One file a command. A command says whether nothing was wrong; what keeps it from working is a [`Failure`].

use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

pub mod build;
pub mod check;
pub mod convert;
pub mod diff;
pub mod disasm;
pub mod explain;
pub mod explore;
pub mod fmt;
pub mod graph;
pub mod live;
pub mod manual;
pub mod merge;
pub mod new;
pub mod replay;
pub mod run;
pub mod test;
pub mod watch;

/// Why a command couldn't do its work: wrong use, or files that can't be read or written. Exit status 2.
#[derive(Debug)]
pub struct Failure(pub String);

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(format!("can't write the result: {error}"))
    }
}

/// The file of a flow in a folder. A key comes from a file that somebody sent: it must not lead out of the folder.
pub fn file_of(folder: &Path, key: &str, extension: &str) -> Result<PathBuf, Failure> {
    if key.is_empty() || key.starts_with('.') || key.contains(['/', '\\', '\0']) {
        return Err(Failure(format!(
            "the flow `{}` can't be a file of its name: give it another key",
            key.escape_debug()
        )));
    }
    Ok(folder.join(format!("{key}.{extension}")))
}

/// Makes a folder that isn't there yet.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    if folder.is_file() {
        return Err(Failure(format!("{} is a file: name a folder", folder.display())));
    }
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure(format!("can't make the folder {}: {e}", folder.display())))
}

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| Failure(format!("can't write {}: {e}", path.display())))
}
