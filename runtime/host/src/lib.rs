//! The parts of FlowPBX's host that benches and tests use without the program around them.

pub mod rtp;
pub mod wire;
