//! Why calls end: for the caller's phone (status, Reason) and for people (the record).

use flow_sip::Reason;
use flow_vm::effect::{Cause, RingEnd};

use crate::record::Disposition;

/// Why a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// CANCEL before the answer.
    CallerGaveUp,
    /// BYE from the caller.
    CallerHungUp,
    /// The caller's dialog died without a BYE.
    CallerLost,
    /// The flow ended it.
    Flow(Cause),
    /// The called party hung up and the flow had nothing more to do.
    CalleeHungUp,
    /// Neither side was heard any more.
    NoSound,
    /// The longest duration was reached.
    TooLong,
    /// Somebody ended it from outside (an operator, the API).
    Operator,
    /// The system stops.
    Shutdown,
    /// The caller's session description and ours don't meet.
    NoCommonMedia,
    /// Our port for the caller's sound can't be used.
    NoMediaPort,
    /// The program ran without waiting for anything.
    OutOfFuel,
    /// The program went in a circle.
    TooManyVisits,
    /// The program and call control disagree: a fault of ours.
    Misuse,
}

impl Why {
    /// For people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Why::CallerGaveUp => "the caller gave up before an answer",
            Why::CallerHungUp => "the caller hung up",
            Why::CallerLost => "the caller's phone stopped responding",
            Why::Flow(Cause::Normal) => "the flow ended the call",
            Why::Flow(Cause::Busy) => "the flow ended the call: busy",
            Why::Flow(Cause::Rejected) => "the flow rejected the call",
            Why::Flow(Cause::Unavailable) => "the flow ended the call: unavailable",
            Why::Flow(Cause::NotFound) => "the flow ended the call: no such number",
            Why::Flow(Cause::Congestion) => "the flow ended the call: congestion",
            Why::CalleeHungUp => "the called party hung up",
            Why::NoSound => "no sound came from either side any more",
            Why::TooLong => "the call reached the longest duration",
            Why::Operator => "ended by an operator",
            Why::Shutdown => "the phone system was stopped",
            Why::NoCommonMedia => "the caller's phone speaks none of our codecs",
            Why::NoMediaPort => {
                "a port for the caller's sound could not be opened; another program may use it"
            }
            Why::OutOfFuel => "the flow ran too long without waiting for anything",
            Why::TooManyVisits => "the flow went in a circle",
            Why::Misuse => "the flow could not be run; this is a fault of the phone system, see its log",
        }
    }

    /// The status that an unanswered caller gets.
    pub(crate) const fn status(self) -> u16 {
        match self {
            // 487 goes out by itself after a CANCEL; the others can't be unanswered, or share what 480 says.
            Why::CallerGaveUp
            | Why::CallerHungUp
            | Why::CallerLost
            | Why::CalleeHungUp
            | Why::NoSound
            | Why::TooLong
            | Why::Operator => 480,
            Why::Flow(cause) => status(cause),
            Why::Shutdown | Why::NoMediaPort => 503,
            Why::NoCommonMedia => 488,
            Why::OutOfFuel | Why::TooManyVisits | Why::Misuse => 500,
        }
    }

    /// What an answered caller's BYE says (RFC 3326, causes of ITU-T Q.850).
    pub(crate) fn reason(self) -> Reason {
        let cause = match self {
            Why::CallerGaveUp | Why::CallerHungUp | Why::CallerLost | Why::CalleeHungUp | Why::Operator => 16,
            Why::Flow(cause) => q850(cause),
            Why::NoSound | Why::TooLong => 102,
            Why::Shutdown | Why::NoMediaPort => 41,
            Why::NoCommonMedia => 88,
            Why::OutOfFuel | Why::TooManyVisits | Why::Misuse => 127,
        };
        Reason::Q850 { cause, text: self.words().to_owned() }
    }

    /// What became of the call when this ended it before anybody was reached; `ring` is how the last ringing ended.
    pub(crate) const fn disposition(self, answered: bool, ring: Option<RingEnd>) -> Disposition {
        match self {
            Why::CallerGaveUp => Disposition::Cancelled,
            Why::CallerLost if !answered => Disposition::Cancelled,
            Why::Flow(Cause::Busy) => Disposition::Busy,
            Why::Flow(Cause::Rejected) => Disposition::Rejected,
            Why::Flow(Cause::Unavailable) => Disposition::Unavailable,
            Why::Flow(Cause::NotFound) => Disposition::NotFound,
            Why::Flow(Cause::Congestion)
            | Why::Shutdown
            | Why::NoCommonMedia
            | Why::NoMediaPort
            | Why::OutOfFuel
            | Why::TooManyVisits
            | Why::Misuse => Disposition::Failed,
            Why::CallerHungUp
            | Why::CallerLost
            | Why::Flow(Cause::Normal)
            | Why::CalleeHungUp
            | Why::NoSound
            | Why::TooLong
            | Why::Operator => match ring {
                Some(RingEnd::Answered) => Disposition::Answered,
                Some(RingEnd::NoAnswer) => Disposition::NoAnswer,
                Some(RingEnd::Busy) => Disposition::Busy,
                Some(RingEnd::Declined) => Disposition::Rejected,
                Some(RingEnd::Unavailable) => Disposition::Unavailable,
                None if answered => Disposition::System,
                None => Disposition::NoAnswer,
            },
        }
    }
}

/// RFC 3261 §21: the status of a cause before the answer.
const fn status(cause: Cause) -> u16 {
    match cause {
        Cause::Normal | Cause::Unavailable => 480,
        Cause::Busy => 486,
        Cause::Rejected => 603,
        Cause::NotFound => 404,
        Cause::Congestion => 503,
    }
}

/// ITU-T Q.850 §2.2: the cause of a cause after the answer.
const fn q850(cause: Cause) -> u8 {
    match cause {
        Cause::Normal => 16,
        Cause::Busy => 17,
        Cause::Rejected => 21,
        Cause::Unavailable => 20,
        Cause::NotFound => 1,
        Cause::Congestion => 34,
    }
}

/// How a phone's final status counts for the ring that it was part of. `rang`: it had said 18x before.
pub(crate) const fn ring_end(status: u16, rang: bool) -> RingEnd {
    match status {
        486 | 600 => RingEnd::Busy,
        603 | 607 => RingEnd::Declined,
        // Some phones give up by themselves with one of these after ringing; without it, nobody was there.
        408 | 480 | 487 if rang => RingEnd::NoAnswer,
        _ => RingEnd::Unavailable,
    }
}

/// How the ends of several phones add up: what a person there did (or let ring) tells more than what a machine said.
pub(crate) fn worst(ends: impl IntoIterator<Item = RingEnd>) -> RingEnd {
    let rank = |end: RingEnd| match end {
        RingEnd::Answered => 4,
        RingEnd::NoAnswer => 3,
        RingEnd::Declined => 2,
        RingEnd::Busy => 1,
        RingEnd::Unavailable => 0,
    };
    ends.into_iter().max_by_key(|end| rank(*end)).unwrap_or(RingEnd::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_before_the_answer_as_decided() {
        let table = [
            (Cause::Busy, 486),
            (Cause::Rejected, 603),
            (Cause::Unavailable, 480),
            (Cause::NotFound, 404),
            (Cause::Congestion, 503),
            (Cause::Normal, 480),
        ];
        for (cause, expected) in table {
            assert_eq!(Why::Flow(cause).status(), expected, "{cause:?}");
        }
        assert_eq!(table.len(), Cause::ALL.len());
    }

    #[test]
    fn phones_add_up() {
        use RingEnd::{Busy, Declined, NoAnswer, Unavailable};
        assert_eq!(worst([Busy, Busy]), Busy);
        assert_eq!(worst([Busy, Unavailable]), Busy);
        assert_eq!(worst([Busy, NoAnswer]), NoAnswer);
        assert_eq!(worst([Busy, Declined]), Declined);
        assert_eq!(worst([]), Unavailable);
        assert_eq!(ring_end(486, true), Busy);
        assert_eq!(ring_end(480, true), NoAnswer);
        assert_eq!(ring_end(480, false), Unavailable);
        assert_eq!(ring_end(408, false), Unavailable);
        assert_eq!(ring_end(503, true), Unavailable);
    }
}
