//! flow-compiler
