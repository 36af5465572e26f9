//! What the API needs from whoever runs the calls. The host implements it; tests have their own.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send>>;

/// Why there is no answer, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

/// A call that is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActiveCall {
    /// Name of the call, as its record has it.
    pub call: String,
    /// The caller's number.
    pub caller: String,
    /// What was dialled.
    pub dialled: String,
    /// Key of the flow.
    pub flow: String,
    /// Hash of the program that it runs.
    pub program_hash: String,
    /// What is being done for it.
    pub activity: String,
    /// When it began, ms UTC.
    pub started_ms: i64,
}

/// How the runtime is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Version of the binary.
    pub version: String,
    /// When it started, ms UTC.
    pub started_ms: i64,
    /// Where it takes SIP, e.g. `udp 0.0.0.0:5060`.
    pub sip: Vec<String>,
    /// Calls that are up.
    pub active_calls: usize,
    /// Numbers that lead into a flow.
    pub numbers: usize,
    /// Extensions.
    pub extensions: usize,
    /// What doesn't work, in words for a person; empty when all is well.
    pub problems: Vec<String>,
}

/// Whoever runs the calls.
pub trait Switchboard: Send + Sync + 'static {
    /// The calls that are up.
    fn active_calls(&self) -> Later<Vec<ActiveCall>>;

    /// Takes over what the store holds now: the next call sees it. Calls that are up keep their programs.
    fn reload(&self) -> Later<()>;

    /// How it is.
    fn status(&self) -> Later<Status>;
}
