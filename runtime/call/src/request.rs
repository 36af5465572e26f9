//! What call control asks of the store, and what it hears back. The store is slow and may be gone: nothing here is
//! waited for without a limit, and only what [`StoreAnswer`] lists is waited for at all.

use flow_sip::event::{Binding, Party};

use crate::exchange::CallId;
use crate::record::{CallKey, CallRecord};

/// What is to be kept, or asked.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreRequest {
    /// A call has started. Keep its record so that it survives us.
    CdrStart(Box<CallRecord>),
    /// A call was answered.
    CdrAnswer {
        /// The call.
        call: CallKey,
        /// When, ms UTC.
        answered_ms: i64,
    },
    /// A call has ended: the whole record, which replaces what was kept at its start.
    CdrEnd(Box<CallRecord>),
    /// Has this mailbox room for a message? Answered by [`StoreAnswer::Room`].
    CheckMailbox {
        /// The call that asks.
        call: CallId,
        /// Its name in records.
        key: CallKey,
        /// Key of the mailbox.
        mailbox: String,
    },
    /// Keep this recording as a message. Answered by [`StoreAnswer::Message`].
    SaveMessage(Box<NewMessage>),
    /// The call left the mailbox that it asked about before it began to record.
    LeaveMailbox {
        /// The call.
        call: CallKey,
    },
    /// A recording that isn't worth keeping: remove the file.
    DropRecording {
        /// The call.
        call: CallKey,
        /// File name, without folder, in the folder for recordings.
        file: String,
    },
    /// A phone registered or refreshed.
    Bind(Box<Binding>),
    /// A contact is gone.
    Unbind {
        /// The user.
        user: String,
        /// The contact URI.
        contact: String,
    },
}

/// A message to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The call that left it.
    pub call: CallId,
    /// Its name in records.
    pub key: CallKey,
    /// Key of the mailbox.
    pub mailbox: String,
    /// File name, without folder, in the folder for recordings; whole on disk.
    pub file: String,
    /// Length in milliseconds.
    pub duration_ms: u32,
    /// Who left it.
    pub caller: Party,
    /// When its recording began, ms UTC.
    pub at_ms: i64,
}

/// What the store says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAnswer {
    /// Whether a mailbox has room.
    Room {
        /// The call that asked.
        call: CallId,
        /// The answer.
        room: Room,
    },
    /// What became of a message.
    Message {
        /// The call that left it.
        call: CallId,
        /// The answer.
        kept: Kept,
    },
}

/// Has a mailbox room?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Yes.
    Free,
    /// It holds as many messages as it may.
    Full,
    /// There is no such mailbox, or the store can't say.
    Failed,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Kept; it survives a crash from here on.
    Saved,
    /// The mailbox became full meanwhile.
    Full,
    /// It could not be kept.
    Failed,
}
