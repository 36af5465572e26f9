//! Where a call that arrives goes: a number → its flow, an extension → its built-in program, else 404.

use std::time::Duration;

use flow_media::sdp::Description;
use flow_sip::{IncomingCall, LegId as SipLeg, Origin, Party};
use flow_vm::CallFacts;
use flow_vm::value::Text;

use crate::call::Call;
use crate::caller::{Caller, CallerState};
use crate::exchange::{CallId, Exchange};
use crate::limits;
use crate::office::{Entry, Office};
use crate::record::{CallKey, CallRecord, Direction, Disposition};
use crate::request::StoreRequest;
use crate::run::Run;

/// Why a call is refused before any program runs.
struct Refusal {
    status: u16,
    disposition: Disposition,
    cause: String,
}

impl Refusal {
    fn new(status: u16, disposition: Disposition, cause: impl Into<String>) -> Refusal {
        Refusal { status, disposition, cause: cause.into() }
    }
}

impl Exchange {
    pub(crate) fn incoming(&mut self, now: Duration, wall_ms: i64, leg: SipLeg, call: &IncomingCall) {
        let id = self.next_call();
        let record = self.first_record(id, wall_ms, call);
        if let Err(refusal) = self.admit(now, wall_ms, id, leg, call, record.clone()) {
            tracing::info!(call = %record.call, status = refusal.status, cause = refusal.cause, "a call is refused");
            self.reject(now, leg, refusal.status);
            self.store(StoreRequest::CdrStart(Box::new(record.clone())));
            let end = CallRecord {
                ended_ms: Some(wall_ms),
                disposition: Some(refusal.disposition),
                cause: refusal.cause,
                ..record
            };
            self.store(StoreRequest::CdrEnd(Box::new(end)));
        }
    }

    fn admit(
        &mut self,
        now: Duration,
        wall_ms: i64,
        id: CallId,
        leg: SipLeg,
        call: &IncomingCall,
        record: CallRecord,
    ) -> Result<(), Refusal> {
        self.has_room(call)?;
        let office = std::sync::Arc::clone(self.office());
        let entry = route(&office, call).ok_or_else(|| {
            let cause = format!("no number or extension is called {:?}", record.dialled);
            Refusal::new(404, Disposition::NotFound, cause)
        })?;
        let offer = read_offer(call)?;
        let facts = CallFacts {
            caller_number: Text::cut(&record.caller.number),
            caller_name: Text::cut(&record.caller.name),
            called_number: Text::cut(&record.dialled),
        };
        let run = Run::new(entry, facts, now).map_err(|error| {
            let cause = format!("flow {:?} can't be started: {error}; publish it again", entry.flow);
            Refusal::new(500, Disposition::Failed, cause)
        })?;
        let Some(relay) = self.open_relay(now, wall_ms, id) else {
            let cause = "every RTP port is in use; give a wider range";
            return Err(Refusal::new(503, Disposition::Failed, cause));
        };
        let record = CallRecord { flow: entry.flow.clone(), program_hash: run.program_hash(), ..record };
        let state = CallerState::Early { offer, rang: false };
        let hops = call.max_forwards.saturating_sub(1);
        let caller = Caller { sip: leg, relay, source: call.source, hops, state };
        self.begin(now, wall_ms, id, leg, Call::new(id, caller, run, record, now));
        Ok(())
    }

    fn has_room(&self, call: &IncomingCall) -> Result<(), Refusal> {
        let full = |cause: &str| Err(Refusal::new(503, Disposition::Failed, cause));
        if self.is_draining() {
            return full("the phone system is being stopped");
        }
        if self.active_calls() >= limits::CALLS_MAX {
            return full("as many calls are up as the phone system takes");
        }
        if let Origin::Trunk(trunk) = &call.origin
            && let Some(trunk) = self.office().trunks.get(trunk)
            && trunk.channels_max > 0
            && self.calls_of_trunk(&trunk.key) >= trunk.channels_max as usize
        {
            return full("every channel of the trunk is in use");
        }
        Ok(())
    }

    fn first_record(&self, id: CallId, wall_ms: i64, call: &IncomingCall) -> CallRecord {
        let (direction, origin) = match &call.origin {
            Origin::Trunk(trunk) => (Direction::Inbound, trunk.clone()),
            Origin::User(user) => (Direction::Internal, user.clone()),
        };
        CallRecord {
            call: CallKey(format!("{wall_ms:013}-{:08x}-{}", self.config().instance & 0xffff_ffff, id.0)),
            sip_call_id: call.call_id.clone(),
            direction,
            origin,
            caller: caller_of(self.office(), call),
            dialled: cut(&call.request_user),
            flow: String::new(),
            program_hash: String::new(),
            started_ms: wall_ms,
            answered_ms: None,
            ended_ms: None,
            legs: Vec::new(),
            keys: String::new(),
            path: Vec::new(),
            trace: String::new(),
            disposition: None,
            cause: String::new(),
            media: None,
        }
    }
}

/// Our people are shown as we know them, whatever their phones say; outside callers as the trunk says.
fn caller_of(office: &Office, call: &IncomingCall) -> Party {
    let known = match &call.origin {
        Origin::User(user) => office.extension_of(user),
        Origin::Trunk(_) => None,
    };
    match known {
        Some(extension) => Party { name: extension.name.clone(), number: extension.key.clone() },
        None => Party { name: cut(&call.caller.name), number: cut(&call.caller.number) },
    }
}

/// Trunks dial numbers, people dial extensions; each may dial the other kind too.
fn route<'o>(office: &'o Office, call: &IncomingCall) -> Option<&'o Entry> {
    let came_by = match &call.origin {
        Origin::Trunk(trunk) => Some(trunk),
        Origin::User(_) => None,
    };
    let number = |dialled: &str| {
        let (_, number) = office.number(dialled)?;
        let wanted = number.trunk.as_ref().filter(|_| came_by.is_some());
        wanted.is_none_or(|trunk| Some(trunk) == came_by).then_some(&number.entry)
    };
    let extension = |dialled: &str| office.extensions.get(dialled).map(|extension| &extension.direct);
    match &call.origin {
        Origin::Trunk(_) => number(&call.request_user)
            .or_else(|| number(&call.to_user))
            .or_else(|| extension(&call.request_user)),
        Origin::User(_) => extension(&call.request_user).or_else(|| number(&call.request_user)),
    }
}

/// The caller's offer; `None` when the INVITE has none.
fn read_offer(call: &IncomingCall) -> Result<Option<Description>, Refusal> {
    let Some(sdp) = &call.sdp else { return Ok(None) };
    let refused = |cause: String| Refusal::new(488, Disposition::Failed, cause);
    let offer = Description::parse(sdp).map_err(|error| refused(error.to_string()))?;
    match &offer.audio {
        Some(audio) if !audio.formats.is_empty() => Ok(Some(offer)),
        Some(_) => Err(refused(flow_media::sdp::Refused::NoCommonCodec.to_string())),
        None => Err(refused(flow_media::sdp::Refused::NoAudio.to_string())),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(limits::PARTY_CHARS_MAX).collect()
}
