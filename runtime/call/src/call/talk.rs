//! Two people talk. The relay passes their sound; holds and new addresses are answered here, each side for itself.

use flow_media::control::LegId as MediaLeg;
use flow_sip::{Event as SipEvent, LegId as SipLeg, Reason};
use flow_vm::effect::{Answer, RingEnd};

use super::{Activity, Call, Figures};
use crate::caller::report;
use crate::cause::Why;
use crate::desk::Desk;
use crate::relay::Relay;

/// The called party.
pub(super) struct Talking {
    pub(super) sip: SipLeg,
    pub(super) relay: Relay,
    /// Index of its leg in the record.
    pub(super) record: Option<usize>,
}

impl Call {
    /// An event of a leg that isn't the caller's, while no phone rings.
    pub(super) fn peer_event(&mut self, desk: &mut Desk<'_>, leg: SipLeg, event: SipEvent) {
        let talking = match &mut self.activity {
            Activity::Talking(talking) if talking.sip == leg => talking,
            Activity::Between
            | Activity::Answering { .. }
            | Activity::Playing(_)
            | Activity::Menu(_)
            | Activity::Ringing(_)
            | Activity::Talking(_)
            | Activity::Voicemail(_)
            | Activity::Ending(_)
            | Activity::Over => return refuse_offer(desk, leg, &event),
        };
        match event {
            SipEvent::Offer { sdp, source, .. } => talking.relay.reoffered(desk, leg, sdp.as_deref(), source),
            SipEvent::OfferAnswered { sdp, .. } => {
                let source = talking.relay.signalling();
                talking.relay.reanswered(desk, sdp.as_deref(), source);
            }
            SipEvent::Hangup { .. } | SipEvent::Gone { .. } | SipEvent::Failed { .. } => {
                self.callee_gone(desk)
            }
            SipEvent::Progress { .. }
            | SipEvent::Answered { .. }
            | SipEvent::InfoKey { .. }
            | SipEvent::Incoming { .. }
            | SipEvent::Confirmed { .. }
            | SipEvent::Cancelled { .. }
            | SipEvent::Bound(_)
            | SipEvent::Unbound { .. } => {}
        }
    }

    fn callee_gone(&mut self, desk: &mut Desk<'_>) {
        if let Activity::Talking(talking) = std::mem::replace(&mut self.activity, Activity::Between) {
            self.close_callee(desk, talking);
            self.go_on(desk, Answer::Ring(RingEnd::Answered));
        }
    }

    fn close_callee(&mut self, desk: &mut Desk<'_>, talking: Talking) {
        let leg = talking.relay.close(desk);
        self.closing.insert(leg, talking.record.map_or(Figures::Nobody, Figures::Leg));
        self.leg_record(talking.record, |record| record.ended_ms = Some(desk.wall_ms));
        self.ring_end = Some(RingEnd::Answered);
    }

    /// The caller is gone: so is the conversation.
    pub(super) fn hang_up_callee(&mut self, desk: &mut Desk<'_>, talking: Talking) {
        let reason = self
            .why
            .map_or_else(|| Reason::Q850 { cause: 16, text: "the call is over".to_owned() }, Why::reason);
        report(desk.sip.hangup(desk.now, talking.sip, Some(reason)));
        self.close_callee(desk, talking);
    }

    /// The engine says whether a leg is heard. When neither is, nobody is there; a party on hold may be silent.
    pub(super) fn silent(&mut self, desk: &mut Desk<'_>, leg: MediaLeg, silent: bool) {
        if leg == self.caller.relay.leg() {
            self.caller.relay.set_silent(silent);
        }
        if let Activity::Talking(talking) = &mut self.activity {
            if leg == talking.relay.leg() {
                talking.relay.set_silent(silent);
            }
            if self.caller.relay.is_dead() && talking.relay.is_dead() {
                self.end(desk, Why::NoSound);
            }
        }
    }
}

/// A leg that is being ended makes no new sessions.
fn refuse_offer(desk: &mut Desk<'_>, leg: SipLeg, event: &SipEvent) {
    if let SipEvent::Offer { .. } = event {
        report(desk.sip.reject_offer(desk.now, leg, 488));
    }
}
