//! `.flow` text: reader and canonical printer, driven by the catalogue.
//!
//! [`tree`] gives every text a tree of generic shapes, [`read`] makes the graph of it, [`print`] writes a graph,
//! [`spell`] says how values look, [`steps`] how tests read.

mod layout;
pub mod print;
pub mod read;
mod spell;
mod steps;
mod tree;

pub(crate) use spell::is_ident;
pub(crate) use spell::print as spelled;
pub(crate) use spell::{name as named, quote as quoted};
pub(crate) use tree::shorten;
