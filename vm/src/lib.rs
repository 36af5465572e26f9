//! flow-vm: the bytecode of FlowPBX and the machine that runs it.
//!
//! A program comes from [`verify()`] and nowhere else. A [`State`] is one run of it; [`resume`] gives the run
//! an [`effect::Input`] and gets the next [`effect::Effect`], or the end. Nothing in this crate reads a
//! clock, draws a random number or touches the world: the same program and inputs give the same effects
//! everywhere.

pub mod asm;
pub mod builder;
mod codec;
pub mod effect;
mod flow;
pub mod limits;
pub mod machine;
pub mod op;
pub mod operand;
pub mod program;
#[cfg(test)]
mod sample;
pub mod state;
pub mod table;
pub mod text;
pub mod trace;
pub mod value;
pub mod verify;
pub mod webhook;

pub use machine::{Misuse, Step, Unwatched, Watch, resume};
pub use program::{ExitIx, NodeIx, Program, ProgramHash};
pub use state::State;
pub use trace::{Trace, replay};
pub use value::CallFacts;
pub use verify::{VerifyError, verify};
