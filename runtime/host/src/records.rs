//! What call control asks of the store, carried out on the store's thread.

use std::time::Duration;

use flow_call::record::{CallRecord, LegEnd, LegRecord};
use flow_call::request::{Kept, NewMessage, Room};
use flow_call::{StoreAnswer, StoreRequest};
use flow_media::control::LegStats;
use flow_store::{Cdr, CdrLeg, MediaFigures, PathStep, Store};

use crate::office::registration;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or never will be (then the log says why); whoever waits is told this.
    Over(Option<StoreAnswer>),
    /// The store can't do it now; asked again it may.
    Later,
}

/// Does what is asked, at `now` on the endpoint's clock and `now_ms` on the wall. What fails is logged.
pub fn carry_out(store: &mut Store, request: &StoreRequest, now: Duration, now_ms: i64) -> Outcome {
    match request {
        StoreRequest::CdrStart(record) | StoreRequest::CdrEnd(record) => {
            told("keep the record of call", &record.call.0, store.put_cdr(&cdr((**record).clone())))
        }
        StoreRequest::CdrAnswer { call, answered_ms } => {
            told("keep the answer of call", &call.0, store.cdr_answered(&call.0, *answered_ms))
        }
        StoreRequest::CheckMailbox { call, key, mailbox } => {
            let room = match store.check_mailbox(&key.0, mailbox, now_ms) {
                Ok(flow_store::Room::Free) => Room::Free,
                Ok(flow_store::Room::Full) => Room::Full,
                Err(error) => {
                    tracing::error!(mailbox, %error, "cannot look into a mailbox");
                    Room::Failed
                }
            };
            // The caller waits, so a store that can't tell now is not asked again.
            Outcome::Over(Some(StoreAnswer::Room { call: *call, room }))
        }
        StoreRequest::SaveMessage(new) => {
            let call = new.call;
            let kept = match store.keep_message(&message((**new).clone()), now_ms) {
                Ok(flow_store::Kept::Saved(_)) => Kept::Saved,
                Ok(flow_store::Kept::Full) => Kept::Full,
                Err(error) if error.may_pass() => {
                    return later("keep the message of call", &new.key.0, &error);
                }
                Err(error) => {
                    tracing::error!(%error, "cannot keep a message; the next start looks at its recording again");
                    Kept::Failed
                }
            };
            Outcome::Over(Some(StoreAnswer::Message { call, kept }))
        }
        StoreRequest::LeaveMailbox { call } => {
            told("note that no message comes from call", &call.0, store.leave_mailbox(&call.0))
        }
        StoreRequest::DropRecording { file, .. } => {
            told("remove the recording", file, store.drop_recording(file))
        }
        StoreRequest::Bind(binding) => {
            told("keep the contact", &binding.contact, store.bind(&registration(binding, now, now_ms)))
        }
        StoreRequest::Unbind { user, contact } => {
            told("forget the contact", contact, store.unbind(user, contact))
        }
    }
}

/// What to answer when a request is given up.
#[must_use]
pub fn refused(request: &StoreRequest) -> Option<StoreAnswer> {
    match request {
        StoreRequest::CheckMailbox { call, .. } => {
            Some(StoreAnswer::Room { call: *call, room: Room::Failed })
        }
        StoreRequest::SaveMessage(new) => Some(StoreAnswer::Message { call: new.call, kept: Kept::Failed }),
        StoreRequest::CdrStart(_)
        | StoreRequest::CdrAnswer { .. }
        | StoreRequest::CdrEnd(_)
        | StoreRequest::LeaveMailbox { .. }
        | StoreRequest::DropRecording { .. }
        | StoreRequest::Bind(_)
        | StoreRequest::Unbind { .. } => None,
    }
}

fn told(what: &str, which: &str, done: flow_store::Result<()>) -> Outcome {
    match done {
        Ok(()) => Outcome::Over(None),
        Err(error) if error.may_pass() => later(what, which, &error),
        Err(error) => {
            tracing::error!(%error, "cannot {what} {which}");
            Outcome::Over(None)
        }
    }
}

fn later(what: &str, which: &str, error: &flow_store::Error) -> Outcome {
    tracing::warn!(%error, "cannot {what} {which} now; it is tried again");
    Outcome::Later
}

fn message(new: NewMessage) -> flow_store::NewMessage {
    flow_store::NewMessage {
        call: new.key.0,
        mailbox: new.mailbox,
        file: new.file,
        duration_ms: new.duration_ms,
        caller_id_name: new.caller.name,
        caller_id_num: new.caller.number,
        at_ms: new.at_ms,
    }
}

fn cdr(record: CallRecord) -> Cdr {
    Cdr {
        id: 0,
        call: record.call.0,
        sip_call_id: record.sip_call_id,
        direction: record.direction.name().to_owned(),
        origin: record.origin,
        caller_id_name: record.caller.name,
        caller_id_num: record.caller.number,
        callee: record.dialled,
        flow: record.flow,
        program_hash: record.program_hash,
        start_ms: record.started_ms,
        answer_ms: record.answered_ms,
        end_ms: record.ended_ms,
        disposition: record.disposition.map(|disposition| disposition.name().to_owned()),
        hangup_cause: record.cause,
        keys: record.keys,
        flow_path: record
            .path
            .into_iter()
            .map(|step| PathStep { node: step.node, exit: step.exit })
            .collect(),
        legs: record.legs.into_iter().map(leg).collect(),
        media: record.media.map(figures),
        trace: record.trace,
    }
}

fn leg(leg: LegRecord) -> CdrLeg {
    let (end, status) = match leg.end {
        LegEnd::Ringing => ("ringing", None),
        LegEnd::Answered => ("answered", None),
        LegEnd::NotAnswered => ("not_answered", None),
        LegEnd::Elsewhere => ("elsewhere", None),
        LegEnd::Refused(status) => ("refused", Some(status)),
        LegEnd::Unusable => ("unusable", None),
    };
    CdrLeg {
        extension: leg.extension,
        contact: leg.contact,
        called_ms: leg.called_ms,
        answered_ms: leg.answered_ms,
        ended_ms: leg.ended_ms,
        end: end.to_owned(),
        status,
        media: leg.media.map(figures),
    }
}

fn figures(stats: LegStats) -> MediaFigures {
    MediaFigures {
        packets_received: stats.packets_received,
        packets_sent: stats.packets_sent,
        packets_lost: stats.packets_lost,
        packets_refused: stats.packets_refused,
        jitter_ms: stats.jitter_ms,
    }
}
