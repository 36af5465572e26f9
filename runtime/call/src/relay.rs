//! One party's sound: a leg of the media engine, its port, and what was said about it in SDP (RFC 3264).

use std::net::SocketAddr;

use flow_media::control::{Codec, Command, Direction, JobId, LegId, Pcm, Source};
use flow_media::sdp::{Agreed, CODECS, Description, LocalSession, Offer, Refused};

use crate::desk::{Desk, MediaUse};
use crate::exchange::CallId;

/// A leg that is open. [`Relay::close`] is its end; the port goes back when the engine says that it is closed.
#[derive(Debug)]
pub(crate) struct Relay {
    leg: LegId,
    session: LocalSession,
    agreed: Option<Agreed>,
    /// The last offer of ours. Kept after its answer: several phones answer the same one, and one phone may do it
    /// twice (183, then 200).
    offered: Option<Offer>,
    /// Where the party's signalling came from last.
    signalling: SocketAddr,
    /// The engine told that nothing comes.
    silent: bool,
}

impl Relay {
    /// Takes a port and opens a leg; `None` when every port is in use.
    pub(crate) fn open(desk: &mut Desk<'_>, call: CallId) -> Option<Relay> {
        let port = desk.ports.take(desk.now)?;
        let leg = LegId(desk.ids.next());
        desk.legs.media.insert(leg, MediaUse { call, port });
        desk.media(Command::Open { leg, port });
        let address = SocketAddr::new(desk.config.media.advertised, port);
        // The id only has to differ between sessions; the start makes it differ between processes too.
        let session = LocalSession::new(desk.config.instance.rotate_left(20) ^ leg.0, address);
        Some(Relay { leg, session, agreed: None, offered: None, signalling: address, silent: false })
    }

    /// Takes the leg out of service.
    pub(crate) fn close(&self, desk: &mut Desk<'_>) -> LegId {
        desk.media(Command::Close { leg: self.leg });
        self.leg
    }

    pub(crate) fn leg(&self) -> LegId {
        self.leg
    }

    /// Whether the party holds, or is held: then silence is no sign of a dead call.
    pub(crate) fn on_hold(&self) -> bool {
        self.agreed.is_some_and(|agreed| agreed.direction.is_hold())
    }

    /// Whether the party may send its keys as telephone-event (RFC 4733).
    pub(crate) fn takes_telephone_events(&self) -> bool {
        self.agreed.is_some_and(|agreed| agreed.telephone_event.is_some())
    }

    pub(crate) fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.silent && !self.on_hold()
    }

    /// The codec in use first, then the others of ours.
    pub(crate) fn codecs(&self) -> Vec<Codec> {
        let used = self.agreed.map(|agreed| agreed.codec);
        used.into_iter().chain(CODECS.into_iter().filter(|codec| Some(*codec) != used)).collect()
    }

    /// Writes an offer to a party whose signalling goes to `to`.
    pub(crate) fn offer(&mut self, desk: &Desk<'_>, codecs: Vec<Codec>, to: SocketAddr) -> Vec<u8> {
        self.session.listen_at(desk.config.media.told_to(to.ip()));
        let offer = Offer { codecs, direction: Direction::BOTH };
        let body = self.session.offer(&offer).into_bytes();
        self.offered = Some(offer);
        body
    }

    /// Takes an offer, preferring `ours` in order, and writes the answer.
    pub(crate) fn answer(
        &mut self,
        desk: &mut Desk<'_>,
        offer: &Description,
        ours: &[Codec],
        signalling: SocketAddr,
    ) -> Result<Vec<u8>, Refused> {
        let agreed = Agreed::accept(offer, ours, Direction::BOTH)?;
        self.session.listen_at(desk.config.media.told_to(signalling.ip()));
        let body = self.session.answer(offer, &agreed).into_bytes();
        self.agree(desk, agreed, signalling);
        Ok(body)
    }

    /// The answer given before, for the 200 after a 183.
    pub(crate) fn repeat(&self) -> Option<Vec<u8>> {
        self.session.repeat().map(String::into_bytes)
    }

    /// Takes the answer to our offer. Among the codecs that the party took, one of `preferred` is chosen if there is
    /// one, so that two parties who share a codec use it.
    pub(crate) fn take_answer(
        &mut self,
        desk: &mut Desk<'_>,
        answer: &Description,
        preferred: &[Codec],
        signalling: SocketAddr,
    ) -> Result<Codec, Refused> {
        let offer = self.offered.as_ref().ok_or(Refused::NoAudio)?;
        let mut agreed = Agreed::from_answer(offer, answer)?;
        let formats = answer.audio.as_ref().map_or(&[][..], |audio| &audio.formats);
        let shared = formats.iter().find(|f| preferred.contains(&f.codec) && offer.codecs.contains(&f.codec));
        if let Some(shared) = shared {
            agreed.codec = shared.codec;
            agreed.payload_type = shared.payload_type;
        }
        self.agree(desk, agreed, signalling);
        Ok(agreed.codec)
    }

    fn agree(&mut self, desk: &mut Desk<'_>, agreed: Agreed, signalling: SocketAddr) {
        self.agreed = Some(agreed);
        self.signalling = signalling;
        self.silent = false;
        desk.media(Command::Setup { leg: self.leg, setup: agreed.setup(signalling) });
    }

    /// Plays to the party.
    pub(crate) fn play(&self, desk: &mut Desk<'_>, source: Source) -> JobId {
        let job = desk.job();
        desk.media(Command::Play { leg: self.leg, job, source });
        job
    }

    pub(crate) fn stop(&self, desk: &mut Desk<'_>, job: JobId) {
        desk.media(Command::StopPlay { leg: self.leg, job });
    }

    /// A new session from the party inside the dialog (hold, resume, a new address): answered here and now. The other
    /// party isn't asked; what it sends meanwhile is not passed on, so that it hears silence or the holder's music.
    pub(crate) fn reoffered(
        &mut self,
        desk: &mut Desk<'_>,
        sip: flow_sip::LegId,
        sdp: Option<&[u8]>,
        source: SocketAddr,
    ) {
        let codecs = self.codecs();
        let body = match sdp {
            None => Ok(self.offer(desk, codecs, source)),
            Some(sdp) => match Description::parse(sdp) {
                Ok(offer) => {
                    self.answer(desk, &offer, &codecs, source).map_err(|refused| refused.to_string())
                }
                Err(error) => Err(error.to_string()),
            },
        };
        let done = match body {
            Ok(body) => desk.sip.answer_offer(desk.now, sip, body),
            Err(reason) => {
                tracing::info!(leg = sip.0, reason, "a new session was refused; the old one stays");
                desk.sip.reject_offer(desk.now, sip, 488)
            }
        };
        if let Err(refused) = done {
            tracing::debug!(leg = sip.0, %refused, "the leg ended while its offer was answered");
        }
    }

    /// The answer to an offer of ours inside the dialog; `None` when it was refused. False: what was agreed before
    /// stays.
    pub(crate) fn reanswered(&mut self, desk: &mut Desk<'_>, sdp: Option<&[u8]>, source: SocketAddr) -> bool {
        let Some(sdp) = sdp else { return false };
        let codecs = self.codecs();
        let taken = Description::parse(sdp)
            .map_err(|error| error.to_string())
            .and_then(|answer| self.take_answer(desk, &answer, &codecs, source).map_err(|e| e.to_string()));
        if let Err(reason) = &taken {
            tracing::info!(leg = self.leg.0, reason, "the answer to our offer is no use");
        }
        taken.is_ok()
    }

    /// Where the party's signalling came from last.
    pub(crate) fn signalling(&self) -> SocketAddr {
        self.signalling
    }
}

/// How long sounds last, in milliseconds at 8 kHz.
pub(crate) fn length_ms(sounds: &[Pcm]) -> u64 {
    sounds.iter().map(|sound| sound.len() as u64 / 8).sum()
}
