//! The parts of FlowPBX's host. The program is thin; tests and benches use the parts without it.

pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod core;
pub mod descriptors;
pub mod findings;
pub mod folder;
pub mod keeper;
pub mod library;
pub mod office;
pub mod prompts;
pub mod records;
pub mod rtp;
pub mod serve;
pub mod setup;
pub mod welcome;
pub mod wire;
