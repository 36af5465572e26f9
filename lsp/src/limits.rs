//! Every limit of the language server.

/// Messages that are taken from the editor at once before findings are looked for: a burst of key strokes costs one check.
pub const BATCH_MAX: usize = 64;
/// Folders in folders that are looked into; a link that leads round would never end.
pub const FOLDER_DEPTH_MAX: usize = 16;
/// Folders of a workspace that are kept.
pub const FOLDERS_MAX: usize = 256;
/// Files of one folder that are looked at.
pub const FOLDER_FILES_MAX: usize = flow_compiler::limits::FILES_MAX;
/// Bytes of one file; a larger one isn't read.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Answers of one list: symbols, completions, references.
pub const ANSWERS_MAX: usize = 2_000;
/// Findings of one file that are sent.
pub const FINDINGS_MAX: usize = 1_000;
/// Changes of a document that are kept to put one that comes late where it belongs.
pub const CHANGES_KEPT: usize = 64;
/// Bytes of text in the changes that are kept.
pub const CHANGE_BYTES_KEPT: usize = 1 << 20;
