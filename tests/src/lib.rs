//! What whole-system tests share.

#[path = "../e2e/mod.rs"]
pub mod e2e;

pub mod world;
