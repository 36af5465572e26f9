//! What editors ask: pure queries over what the compiler knows already, in plain terms (byte offsets in text; node and
//! field on the canvas). The language server, the browser and the canvas are thin shells over them.
//!
//! [`folder::Folder`] keeps the files of a phone system and what they say; each query has a file of its own. They work on
//! any text, however broken: the reader never fails. No kind of node or entity is named here: the catalogue knows them.

pub mod actions;
mod asked;
pub mod complete;
pub mod definition;
pub mod folder;
pub mod folding;
pub mod format;
pub mod hints;
pub mod hover;
pub mod json;
pub mod lenses;
mod lex;
pub mod references;
pub mod rename;
pub mod selection;
mod slot;
mod snippets;
pub mod symbols;
pub mod things;
pub mod tokens;
mod values;
mod words;
