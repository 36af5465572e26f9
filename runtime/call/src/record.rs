//! What is kept of a call: one record (CDR) a call, told to the store when it starts, is answered and ends.

use flow_media::control::LegStats;
use flow_sip::event::Party;

/// Name of a call: unique over the life of an office, also over restarts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallKey(pub String);

impl std::fmt::Display for CallKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a call came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a trunk.
    Inbound,
    /// From one of our phones.
    Internal,
}

impl Direction {
    /// The word in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Inbound => "inbound",
            Direction::Internal => "internal",
        }
    }
}

/// What became of a call, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// A person spoke with the caller.
    Answered,
    /// The caller left a message.
    Voicemail,
    /// The system answered (a menu, a prompt), but no person did and no message was left.
    System,
    /// Nobody answered.
    NoAnswer,
    /// Everybody was busy.
    Busy,
    /// Somebody, or the flow, rejected it.
    Rejected,
    /// There was no phone to ring.
    Unavailable,
    /// Nothing has the number that was dialled.
    NotFound,
    /// The caller gave up before an answer.
    Cancelled,
    /// Something of ours was full or broke.
    Failed,
}

impl Disposition {
    /// The word in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Disposition::Answered => "answered",
            Disposition::Voicemail => "voicemail",
            Disposition::System => "system",
            Disposition::NoAnswer => "no_answer",
            Disposition::Busy => "busy",
            Disposition::Rejected => "rejected",
            Disposition::Unavailable => "unavailable",
            Disposition::NotFound => "not_found",
            Disposition::Cancelled => "cancelled",
            Disposition::Failed => "failed",
        }
    }
}

/// What became of one phone that was rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegEnd {
    /// Still ringing (only in a record that isn't closed).
    Ringing,
    /// It answered and was connected.
    Answered,
    /// It rang until the time was over or somebody gave up.
    NotAnswered,
    /// Another phone was first.
    Elsewhere,
    /// It refused, with this SIP status.
    Refused(u16),
    /// It answered with a session that we can't use.
    Unusable,
}

/// One phone that was rung.
#[derive(Clone, Debug, PartialEq)]
pub struct LegRecord {
    /// Key of the extension.
    pub extension: String,
    /// The contact that was rung.
    pub contact: String,
    /// When it was called, ms UTC.
    pub called_ms: i64,
    /// When it answered, ms UTC.
    pub answered_ms: Option<i64>,
    /// When it was over, ms UTC.
    pub ended_ms: Option<i64>,
    /// What became of it.
    pub end: LegEnd,
    /// Figures of its media, when it was connected.
    pub media: Option<LegStats>,
}

/// One node of the flow that the call passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathStep {
    /// Name of the node.
    pub node: String,
    /// Exit by which it was left; `None` where the run ended in it.
    pub exit: Option<String>,
}

/// The record. At the start it has what is known then; the last one replaces the first.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// The call.
    pub call: CallKey,
    /// SIP Call-ID of the caller's leg.
    pub sip_call_id: String,
    /// Where it came from.
    pub direction: Direction,
    /// The trunk, or the user whose phone called.
    pub origin: String,
    /// The caller.
    pub caller: Party,
    /// What was dialled, as the caller's INVITE said it.
    pub dialled: String,
    /// Key of the flow, or of the extension called directly; empty when nothing matched.
    pub flow: String,
    /// Hash of the program in hex; empty when nothing matched.
    pub program_hash: String,
    /// When the INVITE came, ms UTC.
    pub started_ms: i64,
    /// When the caller was answered, ms UTC.
    pub answered_ms: Option<i64>,
    /// When the caller's part was over, ms UTC.
    pub ended_ms: Option<i64>,
    /// Phones that were rung.
    pub legs: Vec<LegRecord>,
    /// Keys that the flow took.
    pub keys: String,
    /// Nodes passed, in order.
    pub path: Vec<PathStep>,
    /// The trace of the run as text, to be replayed.
    pub trace: String,
    /// What became of it; `None` while it lasts.
    pub disposition: Option<Disposition>,
    /// Why it ended, in plain words; empty while it lasts.
    pub cause: String,
    /// Figures of the caller's media.
    pub media: Option<LegStats>,
}
