//! Phones ring: every contact of one extension or of a group's members, all at once.
//!
//! One media leg serves all forks: they get the same offer (but for the address, which
//! is the one that each can reach), and only the phone that answers is set up on it.
//! A phone that is on another call rings nevertheless (call waiting); whether it shows that is its own affair.

use std::time::Duration;

use flow_media::control::{Codec, Command, JobId, LegId as MediaLeg, Source, Tone};
use flow_media::sdp::Description;
use flow_sip::{Binding, Event as SipEvent, LegId as SipLeg, OutgoingCall, Party, Reason};
use flow_vm::effect::{Answer, RingEnd};

use super::talk::Talking;
use super::{Activity, Call, Figures};
use crate::caller::report;
use crate::cause::{ring_end, worst};
use crate::desk::Desk;
use crate::limits;
use crate::record::{LegEnd, LegRecord};
use crate::relay::Relay;

/// Phones ring.
pub(super) struct Ringing {
    relay: Relay,
    forks: Vec<Fork>,
    /// How phones that no longer ring ended.
    ends: Vec<RingEnd>,
    pub(super) until: Duration,
    heard: Heard,
}

/// What the caller hears meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// What its own phone makes of the 180.
    OwnRingback,
    /// The country's ringback, made by us.
    Ringback(JobId),
    /// What the phone that rings sends.
    Phone,
}

struct Fork {
    sip: SipLeg,
    extension: String,
    /// Index of its leg in the record.
    record: Option<usize>,
    state: ForkState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForkState {
    /// Nothing but 100 came.
    Called,
    /// It said 18x.
    Rings,
    /// It's over.
    Over,
}

impl Call {
    pub(super) fn ring_group(&mut self, desk: &mut Desk<'_>, group: &str, timeout_ms: u32) -> Option<Answer> {
        let Some(group) = desk.office.groups.get(group) else {
            return Some(Answer::Ring(RingEnd::Unavailable));
        };
        let members: Vec<&str> = match group.strategy {
            crate::office::Strategy::RingAll => group.members.iter().map(String::as_str).collect(),
        };
        self.ring(desk, &members, timeout_ms)
    }

    pub(super) fn ring(
        &mut self,
        desk: &mut Desk<'_>,
        extensions: &[&str],
        timeout_ms: u32,
    ) -> Option<Answer> {
        let (phones, ends) = self.phones(desk, extensions);
        if phones.is_empty() {
            return Some(Answer::Ring(worst(ends)));
        }
        let Some(mut relay) = Relay::open(desk, self.id) else {
            tracing::warn!(call = %self.record.call, "every RTP port is in use: nobody can be rung");
            return Some(Answer::Ring(RingEnd::Unavailable));
        };
        self.typed.clear();
        let forks = phones
            .into_iter()
            .map(|(to, binding)| {
                let sdp = relay.offer(desk, self.caller.codecs(), binding.flow.remote);
                self.fork(desk, to, binding, sdp)
            })
            .collect();
        let heard = if self.caller.makes_ringback() {
            Heard::OwnRingback
        } else {
            let country = desk.office.country.clone();
            Heard::Ringback(self.caller.relay.play(desk, Source::Tone(Tone::Ringback { country })))
        };
        let time = Duration::from_millis(u64::from(timeout_ms)).min(limits::RING_DURATION_MAX);
        self.activity = Activity::Ringing(Ringing { relay, forks, ends, until: desk.now + time, heard });
        None
    }

    /// The phones to ring, and how it ends for extensions that have none. The phone that calls doesn't ring itself.
    fn phones(&self, desk: &Desk<'_>, extensions: &[&str]) -> (Vec<(Party, Binding)>, Vec<RingEnd>) {
        let mut phones = Vec::new();
        let mut ends = Vec::new();
        for key in extensions {
            let Some(extension) = desk.office.extensions.get(*key) else {
                ends.push(RingEnd::Unavailable);
                continue;
            };
            if extension.dnd {
                ends.push(RingEnd::Busy);
                continue;
            }
            let mut contacts = desk.sip.contacts(desk.now, &extension.user);
            if extension.user == self.record.origin {
                contacts.retain(|binding| binding.flow.remote != self.caller.source);
            }
            if contacts.is_empty() {
                ends.push(RingEnd::Unavailable);
            }
            let party = Party { name: extension.name.clone(), number: extension.key.clone() };
            phones.extend(contacts.into_iter().map(|binding| (party.clone(), binding)));
        }
        phones.truncate(limits::FORKS_PER_RING_MAX);
        (phones, ends)
    }

    fn fork(&mut self, desk: &mut Desk<'_>, to: Party, binding: Binding, sdp: Vec<u8>) -> Fork {
        let record = (self.record.legs.len() < limits::RECORD_LEGS_MAX).then_some(self.record.legs.len());
        if record.is_some() {
            self.record.legs.push(LegRecord {
                extension: to.number.clone(),
                contact: binding.contact.clone(),
                called_ms: desk.wall_ms,
                answered_ms: None,
                ended_ms: None,
                end: LegEnd::Ringing,
                media: None,
            });
        }
        let extension = to.number.clone();
        let call = OutgoingCall {
            target: binding.contact,
            flow: binding.flow,
            from: self.shown.clone(),
            to,
            asserted: Some(self.shown.clone()),
            max_forwards: self.caller.hops,
            sdp,
        };
        let sip = desk.sip.call(desk.now, call);
        desk.legs.sip.insert(sip, self.id);
        Fork { sip, extension, record, state: ForkState::Called }
    }

    /// An event of a leg that isn't the caller's, while phones ring.
    pub(super) fn fork_event(&mut self, desk: &mut Desk<'_>, leg: SipLeg, event: SipEvent) {
        match event {
            SipEvent::Progress { sdp, source, .. } => self.progress(desk, leg, sdp.as_deref(), source),
            SipEvent::Answered { sdp, source, .. } => self.fork_answered(desk, leg, sdp.as_deref(), source),
            SipEvent::Failed { status, .. } => self.fork_failed(desk, leg, status),
            // A phone that answered unusably, or a leg that ended in an odd way.
            SipEvent::Hangup { .. } | SipEvent::Gone { .. } => self.fork_failed(desk, leg, 480),
            SipEvent::Offer { .. } => report(desk.sip.reject_offer(desk.now, leg, 488)),
            SipEvent::OfferAnswered { .. }
            | SipEvent::InfoKey { .. }
            | SipEvent::Incoming { .. }
            | SipEvent::Confirmed { .. }
            | SipEvent::Cancelled { .. }
            | SipEvent::Bound(_)
            | SipEvent::Unbound { .. } => {}
        }
    }

    fn progress(
        &mut self,
        desk: &mut Desk<'_>,
        leg: SipLeg,
        sdp: Option<&[u8]>,
        source: std::net::SocketAddr,
    ) {
        let Activity::Ringing(ringing) = &mut self.activity else { return };
        let single = ringing.forks.len() == 1;
        let Some(fork) = ringing.forks.iter_mut().find(|f| f.sip == leg && f.state != ForkState::Over) else {
            return;
        };
        fork.state = ForkState::Rings;
        if !self.caller.is_early() {
            return;
        }
        // Several phones at once would talk over each other; one alone may be heard before it answers.
        if let Some(description) = sdp.filter(|_| single).and_then(|sdp| Description::parse(sdp).ok()) {
            let spoken = self.caller.spoken();
            if let Ok(codec) = ringing.relay.take_answer(desk, &description, &spoken, source)
                && self.caller.early_media(desk, &first(codec, &self.caller.codecs()))
            {
                let before = std::mem::replace(&mut ringing.heard, Heard::Phone);
                if let Heard::Ringback(job) = before {
                    self.caller.relay.stop(desk, job);
                }
                if before != Heard::Phone {
                    desk.media(Command::Bridge { a: self.caller.relay.leg(), b: ringing.relay.leg() });
                }
                return;
            }
        }
        self.caller.ring(desk);
    }

    fn fork_answered(
        &mut self,
        desk: &mut Desk<'_>,
        leg: SipLeg,
        sdp: Option<&[u8]>,
        source: std::net::SocketAddr,
    ) {
        let spoken = self.caller.spoken();
        let Activity::Ringing(ringing) = &mut self.activity else { return };
        let Some(index) = ringing.forks.iter().position(|f| f.sip == leg && f.state != ForkState::Over)
        else {
            return;
        };
        let description = sdp.and_then(|sdp| Description::parse(sdp).ok());
        let codec = match description {
            Some(description) => ringing.relay.take_answer(desk, &description, &spoken, source).ok(),
            // Some phones answer in the 183 and leave the 200 empty.
            None if ringing.heard == Heard::Phone => ringing.relay.codecs().first().copied(),
            None => None,
        };
        let Some(codec) = codec else {
            let reason = Reason::Q850 { cause: 88, text: "no usable codec in the answer".to_owned() };
            report(desk.sip.hangup(desk.now, leg, Some(reason)));
            self.fork_over(desk, leg, LegEnd::Unusable, RingEnd::Unavailable);
            return;
        };
        let Activity::Ringing(ringing) = std::mem::replace(&mut self.activity, Activity::Between) else {
            return;
        };
        let Ringing { relay, mut forks, heard, .. } = ringing;
        let winner = forks.remove(index);
        self.cancel(desk, forks, LegEnd::Elsewhere, Some(Reason::completed_elsewhere()));
        self.leg_record(winner.record, |record| {
            record.answered_ms = Some(desk.wall_ms);
            record.end = LegEnd::Answered;
        });
        if let Heard::Ringback(job) = heard {
            self.caller.relay.stop(desk, job);
        }
        let (a, b) = (self.caller.relay.leg(), relay.leg());
        self.activity = Activity::Talking(Talking { sip: winner.sip, relay, record: winner.record });
        let codecs = first(codec, &self.caller.codecs());
        if self.answer_caller(desk, &codecs) && heard != Heard::Phone {
            desk.media(Command::Bridge { a, b });
        }
    }

    fn fork_failed(&mut self, desk: &mut Desk<'_>, leg: SipLeg, status: u16) {
        let Activity::Ringing(ringing) = &self.activity else { return };
        let Some(fork) = ringing.forks.iter().find(|f| f.sip == leg && f.state != ForkState::Over) else {
            return;
        };
        let end = ring_end(status, fork.state == ForkState::Rings);
        self.fork_over(desk, leg, LegEnd::Refused(status), end);
    }

    /// One phone no longer rings. When its user declined, the user's other phones stop too.
    fn fork_over(&mut self, desk: &mut Desk<'_>, leg: SipLeg, end: LegEnd, counts: RingEnd) {
        let Activity::Ringing(mut ringing) = std::mem::replace(&mut self.activity, Activity::Between) else {
            return;
        };
        ringing.ends.push(counts);
        let mut over = None;
        if let Some(fork) = ringing.forks.iter_mut().find(|f| f.sip == leg) {
            fork.state = ForkState::Over;
            over = Some((fork.record, fork.extension.clone()));
        }
        if let Some((record, extension)) = over {
            self.leg_record(record, |record| {
                record.ended_ms = Some(desk.wall_ms);
                record.end = end;
            });
            if counts == RingEnd::Declined {
                let (same, others) = ringing.forks.into_iter().partition(|f| f.extension == extension);
                ringing.forks = others;
                self.cancel(desk, same, LegEnd::NotAnswered, None);
            }
        }
        if ringing.forks.iter().any(|fork| fork.state != ForkState::Over) {
            self.activity = Activity::Ringing(ringing);
            return;
        }
        let result = worst(ringing.ends.iter().copied());
        self.stop_ringing(desk, ringing);
        self.go_on(desk, Answer::Ring(result));
    }

    pub(super) fn ring_overdue(&mut self, desk: &mut Desk<'_>) {
        if let Activity::Ringing(ringing) = std::mem::replace(&mut self.activity, Activity::Between) {
            self.stop_ringing(desk, ringing);
            self.go_on(desk, Answer::Ring(RingEnd::NoAnswer));
        }
    }

    /// Gives up: phones that still ring are cancelled, the caller hears nothing of it any more.
    pub(super) fn stop_ringing(&mut self, desk: &mut Desk<'_>, ringing: Ringing) {
        self.cancel(desk, ringing.forks, LegEnd::NotAnswered, None);
        if let Heard::Ringback(job) = ringing.heard {
            self.caller.relay.stop(desk, job);
        }
        let leg = ringing.relay.close(desk);
        self.closing.insert(leg, Figures::Nobody);
    }

    fn cancel(&mut self, desk: &mut Desk<'_>, forks: Vec<Fork>, end: LegEnd, reason: Option<Reason>) {
        for fork in forks.into_iter().filter(|fork| fork.state != ForkState::Over) {
            // Not `cancel`: its answer may have come with what made us give up, and wait behind it to be read.
            report(desk.sip.hangup(desk.now, fork.sip, reason.clone()));
            self.leg_record(fork.record, |record| {
                record.ended_ms = Some(desk.wall_ms);
                record.end = end;
            });
        }
    }

    pub(super) fn leg_record(&mut self, record: Option<usize>, change: impl FnOnce(&mut LegRecord)) {
        if let Some(record) = record.and_then(|record| self.record.legs.get_mut(record)) {
            change(record);
        }
    }

    /// The port for the called party's sound can't be used: nobody can be talked to by it.
    pub(super) fn callee_port_failed(&mut self, desk: &mut Desk<'_>, leg: MediaLeg) {
        match &self.activity {
            Activity::Ringing(ringing) if ringing.relay.leg() == leg => {
                tracing::error!(call = %self.record.call, "the port for the called party can't be opened");
                self.leave(desk);
                self.go_on(desk, Answer::Ring(RingEnd::Unavailable));
            }
            Activity::Talking(talking) if talking.relay.leg() == leg => {
                self.end(desk, crate::cause::Why::NoMediaPort);
            }
            Activity::Between
            | Activity::Answering { .. }
            | Activity::Playing(_)
            | Activity::Menu(_)
            | Activity::Ringing(_)
            | Activity::Talking(_)
            | Activity::Voicemail(_)
            | Activity::Ending(_)
            | Activity::Over => {}
        }
    }
}

/// `codec`, then the others.
fn first(codec: Codec, others: &[Codec]) -> Vec<Codec> {
    std::iter::once(codec).chain(others.iter().copied().filter(|other| *other != codec)).collect()
}
