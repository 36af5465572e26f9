//! The compiler of call flows: `.flow` text and React Flow JSON in, diagnostics and a program out.
//!
//! Pure: no files, no clock, no randomness. Facts come in through [`world::World`].

pub mod check;
pub mod diag;
pub mod emit;
pub mod entity;
pub mod graph;
pub mod ir;
pub mod limits;
pub mod lower;
pub mod nodes;
pub mod world;
pub mod zone;
