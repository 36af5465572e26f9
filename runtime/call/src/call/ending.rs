//! The run is over: what is open is closed, and the record is written once the media engine has told its figures.

use std::time::Duration;

use flow_media::control::{LegId as MediaLeg, LegStats};

use super::{Activity, Call, Figures};
use crate::caller::{CallerState, report};
use crate::cause::Why;
use crate::desk::Desk;
use crate::limits;
use crate::record::{Disposition, LegEnd};
use crate::request::StoreRequest;

/// What is open closes.
pub(super) struct Ending {
    /// When the record is written though a leg has not told its figures.
    pub(super) until: Duration,
}

impl Call {
    /// Leaves the activity, whatever it is; what it had open is closed.
    pub(super) fn leave(&mut self, desk: &mut Desk<'_>) {
        match std::mem::replace(&mut self.activity, Activity::Between) {
            Activity::Ringing(ringing) => self.stop_ringing(desk, ringing),
            Activity::Talking(talking) => self.hang_up_callee(desk, talking),
            Activity::Voicemail(_) => self.leave_mailbox(desk),
            // What these have open is a job on the caller's leg, and goes with it.
            Activity::Between | Activity::Answering { .. } | Activity::Playing(_) | Activity::Menu(_) => {}
            over @ (Activity::Ending(_) | Activity::Over) => self.activity = over,
        }
    }

    /// Ends the caller's leg.
    pub(super) fn drop_caller(&mut self, desk: &mut Desk<'_>, why: Why) {
        let leg = self.caller.sip;
        match self.caller.state {
            CallerState::Early { .. } | CallerState::EarlyMedia => {
                report(desk.sip.reject(desk.now, leg, why.status(), Some(why.reason())));
            }
            CallerState::Offered | CallerState::Answered => {
                report(desk.sip.hangup(desk.now, leg, Some(why.reason())));
            }
            CallerState::Gone => {}
        }
        self.caller.state = CallerState::Gone;
    }

    /// The run has ended.
    pub(super) fn finish(&mut self, desk: &mut Desk<'_>, why: Why) {
        let why = self.why.unwrap_or(why);
        self.leave(desk);
        self.drop_caller(desk, why);
        let leg = self.caller.relay.close(desk);
        self.closing.insert(leg, Figures::Caller);
        let record = &mut self.record;
        record.ended_ms = record.ended_ms.or(Some(desk.wall_ms));
        record.disposition = Some(if record.legs.iter().any(|leg| leg.end == LegEnd::Answered) {
            Disposition::Answered
        } else if self.message_left {
            Disposition::Voicemail
        } else {
            why.disposition(record.answered_ms.is_some(), self.ring_end)
        });
        record.cause = why.words().to_owned();
        record.path = self.run.path();
        record.trace = self.run.trace_text();
        self.activity = Activity::Ending(Ending { until: desk.now + limits::CLOSE_WAIT_MAX });
    }

    pub(super) fn closed(&mut self, desk: &mut Desk<'_>, leg: MediaLeg, stats: LegStats) {
        match self.closing.remove(&leg) {
            Some(Figures::Caller) => self.record.media = Some(stats),
            Some(Figures::Leg(index)) => self.leg_record(Some(index), |record| record.media = Some(stats)),
            Some(Figures::Nobody) | None => {}
        }
        if self.closing.is_empty() && matches!(self.activity, Activity::Ending(_)) {
            self.close_record(desk);
        }
    }

    pub(super) fn close_record(&mut self, desk: &mut Desk<'_>) {
        desk.store(StoreRequest::CdrEnd(Box::new(self.record.clone())));
        self.activity = Activity::Over;
    }
}
