//! One file a command. A command says whether nothing was wrong; what keeps it from working is a [`Failure`].

use std::fmt::{Display, Formatter};
use std::path::Path;

pub mod build;
pub mod check;
pub mod convert;
pub mod diff;
pub mod disasm;
pub mod explain;
pub mod explore;
pub mod fmt;
pub mod graph;
pub mod manual;
pub mod new;
pub mod replay;
pub mod run;
pub mod test;

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

/// Writes a file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|e| Failure(format!("can't write {}: {e}", path.display())))
}

/// Writes a file named after a flow into a folder. A flow's key is anything that its author wrote: one that would lead
/// out of the folder is refused.
pub fn write_in(folder: &Path, key: &str, extension: &str, bytes: &[u8]) -> Result<(), Failure> {
    if key.is_empty() || key.starts_with('.') || key.contains(['/', '\\', ':', '\0']) {
        return Err(Failure(format!("the flow's key {key:?} can't be the name of a file; rename the flow")));
    }
    write(&folder.join(format!("{key}.{extension}")), bytes)
}
