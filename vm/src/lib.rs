//! flow-vm

pub mod effect;
