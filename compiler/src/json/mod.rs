//! React Flow JSON (requirement 5.2): reader, writer, and the catalogue's file.
//!
//! What React Flow knows keeps its place: `nodes`, `edges`, `viewport`. What it doesn't know is in one envelope,
//! `"flowpbx"` (format, key and label of the flow, comments, tests, notes), and in `data` of nodes and edges.

mod catalog;
mod comments;
mod doc;
mod places;
mod read;
mod write;

pub(crate) use catalog::{read as read_catalog, write as write_catalog};
pub use read::PUBLISHED_WITH;
pub(crate) use read::read;
pub(crate) use write::write;

/// The version of the format that this compiler writes. It reads all up to it.
pub const FORMAT: u64 = 1;

/// Members of canvas nodes and edges that only a running canvas needs; they aren't kept.
const TRANSIENT: [&str; 7] =
    ["measured", "selected", "dragging", "resizing", "positionAbsolute", "internals", "computed"];

/// The handle at which nodes take calls.
const INCOMING: &str = "incoming";
