//! One file a command. A command says whether nothing was wrong; what keeps it from working is a [`Failure`].

use std::fmt::{Display, Formatter};
use std::path::Path;

pub mod build;
pub mod check;
pub mod convert;
pub mod diff;
pub mod disasm;
pub mod explain;
pub mod fmt;
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
