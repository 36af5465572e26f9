//! What can go wrong, told so that a person knows what happened, where, and what to do.

use std::path::{Path, PathBuf};

use flow_compiler::diag::Diagnostic;
use rusqlite::ErrorCode;

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite failed. The transaction was rolled back.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The schema couldn't be brought up to date.
    #[error("the database can't be brought up to date: {0}. Was it written by a newer flowpbx?")]
    Migration(#[from] rusqlite_migration::Error),
    /// A file couldn't be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process uses the data folder.
    #[error("the data folder {} is in use by another flowpbx; stop it first or give another --data-dir", .0.display())]
    InUse(PathBuf),
    /// The secret key isn't the one that the database was written with.
    #[error("{0}")]
    Key(String),
    /// There's no such row.
    #[error("there is no {kind} `{key}`")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its key or id.
        key: String,
    },
    /// A value is out of its bounds or doesn't fit the rest.
    #[error("{0}")]
    Invalid(String),
    /// A flow has errors. Nothing was changed.
    #[error("flow `{flow}` is refused: {}", summary(diagnostics))]
    Refused {
        /// Key of the flow.
        flow: String,
        /// All findings, errors and warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// A file of an import has errors. Nothing was changed.
    #[error("the import is refused: {}", summary(diagnostics))]
    ImportRefused {
        /// All findings, errors and warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// A stored program doesn't verify.
    #[error("the live program of flow `{flow}` doesn't verify: {reason}. Publish the flow again")]
    BadProgram {
        /// Key of the flow.
        flow: String,
        /// The verifier's reason.
        reason: String,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// Too many commands wait for the store, or its thread has ended.
    #[error("the store is busy; try again in a moment")]
    Busy,
}

impl Error {
    /// Whether the same may go well a little later: the database is locked or its disk is full, a file or a queue
    /// can't take it now. What the data themselves forbid stays forbidden.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Error::Sqlite(error) => error.sqlite_error_code().is_some_and(passes),
            Error::File { source, .. } => source.kind() != std::io::ErrorKind::NotFound,
            Error::Busy => true,
            Error::Migration(_)
            | Error::InUse(_)
            | Error::Key(_)
            | Error::NotFound { .. }
            | Error::Invalid(_)
            | Error::Refused { .. }
            | Error::ImportRefused { .. }
            | Error::BadProgram { .. }
            | Error::Random(_) => false,
        }
    }

    /// An I/O failure with its place.
    pub(crate) fn file(what: &'static str, path: &Path, source: std::io::Error) -> Error {
        Error::File { what, path: path.to_path_buf(), source }
    }

    /// A missing row.
    pub(crate) fn not_found(kind: &'static str, key: impl Into<String>) -> Error {
        Error::NotFound { kind, key: key.into() }
    }
}

/// Of the result codes of SQLite, those of its surroundings (<https://www.sqlite.org/rescode.html>).
fn passes(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed
    )
}

/// "N errors; first: …" of a list of findings.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error());
    let count = errors.clone().count();
    let first = errors.map(|d| d.message.as_str()).next().unwrap_or("no reason given");
    if count > 1 { format!("{count} errors; the first: {first}") } else { first.to_owned() }
}
