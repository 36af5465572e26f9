//! flow-compiler

pub mod zone;
