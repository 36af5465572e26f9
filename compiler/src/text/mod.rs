//! `.flow` text: reader and canonical printer, driven by the catalogue.
//!
//! [`mend`] makes readable what was pasted or left half done, [`tree`] gives every text a tree of generic shapes, [`read`] makes the graph of it, [`print`] writes a graph,
//! [`spell`] says how values look, [`steps`] how tests read, [`marks`] what each word
//! of a file means.

pub(crate) mod foreign;
mod layout;
pub mod marks;
mod mend;
pub mod print;
pub mod read;
pub(crate) mod sentence;
mod spell;
mod steps;
mod tree;

pub(crate) use spell::print as spelled;
pub(crate) use spell::{dates, is_ident};
pub(crate) use spell::{handle, name as named, node as node_in_test, quote as quoted};
pub(crate) use steps::example as step_example;
pub(crate) use tree::{scan, shorten};
