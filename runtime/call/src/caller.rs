//! The caller's side of a call.

use std::net::SocketAddr;

use flow_media::control::Codec;
use flow_media::sdp::{CODECS, Description, codecs_for_callee};
use flow_sip::{LegId, Refused};

use crate::desk::Desk;
use crate::relay::Relay;

/// The caller's leg.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) sip: LegId,
    pub(crate) relay: Relay,
    /// Where the signalling comes from.
    pub(crate) source: SocketAddr,
    /// Max-Forwards of the calls that are made for it.
    pub(crate) hops: u8,
    pub(crate) state: CallerState,
}

/// How far the caller is.
#[derive(Debug)]
pub(crate) enum CallerState {
    /// Not answered, and nothing said about the session yet.
    Early {
        /// The offer; `None` when the INVITE had none: then ours goes into the 200.
        offer: Option<Description>,
        /// 180 has gone.
        rang: bool,
    },
    /// Not answered, but our answer to its offer has gone with a 183.
    EarlyMedia,
    /// 200 has gone with our offer; the ACK brings the answer.
    Offered,
    /// Answered.
    Answered,
    /// Over: it hung up, or we did.
    Gone,
}

/// Why the caller couldn't be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnswered {
    /// It goes, or is gone: its event is about to be read.
    Going,
    /// The session descriptions don't meet.
    NoCommonMedia,
}

impl Caller {
    pub(crate) fn is_early(&self) -> bool {
        match self.state {
            CallerState::Early { .. } | CallerState::EarlyMedia => true,
            CallerState::Offered | CallerState::Answered | CallerState::Gone => false,
        }
    }

    /// Its own phone makes the ringback on our 180. One that listens to early media already does so no more.
    pub(crate) fn makes_ringback(&self) -> bool {
        match self.state {
            CallerState::Early { .. } => true,
            CallerState::EarlyMedia | CallerState::Offered | CallerState::Answered | CallerState::Gone => {
                false
            }
        }
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, CallerState::Gone)
    }

    /// What the people whom it calls are offered: what it speaks first, so that nothing has to be transcoded.
    pub(crate) fn codecs(&self) -> Vec<Codec> {
        match &self.state {
            CallerState::Early { offer: Some(offer), .. } => {
                let formats = offer.audio.as_ref().map_or(&[][..], |audio| &audio.formats);
                codecs_for_callee(formats, &CODECS)
            }
            CallerState::Early { offer: None, .. }
            | CallerState::EarlyMedia
            | CallerState::Offered
            | CallerState::Answered
            | CallerState::Gone => self.relay.codecs(),
        }
    }

    /// Those of [`Caller::codecs`] that it can be given without transcoding.
    pub(crate) fn spoken(&self) -> Vec<Codec> {
        match &self.state {
            CallerState::Early { offer: Some(offer), .. } => {
                offer.audio.as_ref().map_or_else(Vec::new, |a| a.formats.iter().map(|f| f.codec).collect())
            }
            CallerState::Early { offer: None, .. } => CODECS.to_vec(),
            CallerState::EarlyMedia | CallerState::Offered | CallerState::Answered | CallerState::Gone => {
                self.relay.codecs().into_iter().take(1).collect()
            }
        }
    }

    /// Tells it once that a phone rings.
    pub(crate) fn ring(&mut self, desk: &mut Desk<'_>) {
        if let CallerState::Early { rang: rang @ false, .. } = &mut self.state {
            *rang = true;
            report(desk.sip.ring(desk.now, self.sip, None));
        }
    }

    /// Opens its ears before the answer: 183 with our answer to its offer. False when that can't be.
    pub(crate) fn early_media(&mut self, desk: &mut Desk<'_>, codecs: &[Codec]) -> bool {
        let offer = match &self.state {
            CallerState::Early { offer: Some(offer), .. } => offer,
            CallerState::EarlyMedia => return true,
            CallerState::Early { offer: None, .. }
            | CallerState::Offered
            | CallerState::Answered
            | CallerState::Gone => return false,
        };
        let Ok(body) = self.relay.answer(desk, offer, codecs, self.source) else { return false };
        self.state = CallerState::EarlyMedia;
        report(desk.sip.ring(desk.now, self.sip, Some(body)));
        true
    }

    /// Answers it. `codecs` says what is liked, where that is still open.
    pub(crate) fn answer(&mut self, desk: &mut Desk<'_>, codecs: &[Codec]) -> Result<(), NotAnswered> {
        let (body, next) = match &self.state {
            CallerState::Early { offer: Some(offer), .. } => {
                let body = self.relay.answer(desk, offer, codecs, self.source);
                (body.map_err(|_| NotAnswered::NoCommonMedia)?, CallerState::Answered)
            }
            CallerState::Early { offer: None, .. } => {
                (self.relay.offer(desk, codecs.to_vec(), self.source), CallerState::Offered)
            }
            CallerState::EarlyMedia => {
                (self.relay.repeat().ok_or(NotAnswered::NoCommonMedia)?, CallerState::Answered)
            }
            CallerState::Offered | CallerState::Answered => return Ok(()),
            CallerState::Gone => return Err(NotAnswered::Going),
        };
        if let Err(refused) = desk.sip.answer(desk.now, self.sip, body) {
            tracing::debug!(leg = self.sip.0, %refused, "the caller went while it was answered");
            return Err(NotAnswered::Going);
        }
        self.state = next;
        Ok(())
    }

    /// The ACK brought the answer to our offer. False when it is no use.
    pub(crate) fn answered_offer(&mut self, desk: &mut Desk<'_>, sdp: Option<&[u8]>) -> bool {
        let good = self.relay.reanswered(desk, sdp, self.source);
        match self.state {
            CallerState::Offered if good => self.state = CallerState::Answered,
            CallerState::Offered => return false,
            CallerState::Early { .. }
            | CallerState::EarlyMedia
            | CallerState::Answered
            | CallerState::Gone => {}
        }
        true
    }
}

/// A command that crossed the caller's end is no fault: the event that says so is about to be read.
pub(crate) fn report(done: Result<(), Refused>) {
    if let Err(refused) = done {
        tracing::debug!(%refused, "a command to a leg came too late");
    }
}
