//! The simulator: runs a flow's real program on the real machine against a scripted caller, scripted phones and a
//! clock of its own. `test` blocks run on it, and `flowc run`.
//!
//! Without a word in the script every extension is registered and rings until nobody answers, mailboxes take messages,
//! and callers press nothing. Nothing here waits: time is counted, not spent.

mod act;
mod expect;
mod script;
mod session;
mod story;

pub use act::{Live, MAILBOX_GREETING, Outcome, Question, Reply, run, run_live};
pub use expect::{TestReport, Verdict, test, tests};
pub use script::{Act, Script, ScriptError, can_reply};
pub use session::{Asked, Heard, Session, SessionError};
pub use story::{Happening, What, told};
