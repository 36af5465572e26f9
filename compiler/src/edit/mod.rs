//! What editors ask: pure queries over what the compiler knows already, in plain terms (byte offsets in text; node and
//! field on the canvas). The language server, the browser and the canvas are thin shells over them.
//!
//! [`folder::Folder`] keeps the files of a phone system and what they say; each query has a file of its own. They work on
//! any text, however broken: the reader never fails. No kind of node or entity is named here: the catalogue knows them.

mod asked;
pub mod folder;
pub mod json;
