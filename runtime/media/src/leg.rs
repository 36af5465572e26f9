//! One RTP session towards one party.

use std::net::SocketAddr;
use std::time::Duration;

use crate::control::{Codec, JobId, LegId, LegSetup, LegStats};
use crate::dtmf;
use crate::engine::Sink;
use crate::g711;
use crate::latch::{Latch, Verdict};
use crate::limits::{FRAME_SAMPLES, RTCP_EVERY};
use crate::outgoing::{Origin, Outgoing};
use crate::play::Player;
use crate::record::Recording;
use crate::rtcp;
use crate::rtp::{self, HEADER_BYTES, Header};
use crate::stats::Reception;

/// What a packet of the party carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sound.
    Voice(Codec),
    /// A key, at this clock.
    Event(u32),
    /// Comfort noise, or something that was not agreed on.
    Other,
}

/// A packet that was the party's.
#[derive(Debug)]
pub(crate) struct Taken {
    pub header: Header,
    pub kind: Kind,
    /// A key that was pressed just now.
    pub key: Option<char>,
    /// The leg had been told to be silent.
    pub returned: bool,
}

/// Why a packet was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// No RTP.
    Malformed,
    /// From somebody else, or from a source on probation, or the party is on hold.
    Unheard,
}

/// How a frame of a playback went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Played {
    /// It goes on, or there is none.
    On,
    /// It has reached its end.
    Ended(JobId),
}

/// The leg.
#[derive(Debug)]
pub(crate) struct Leg {
    pub id: LegId,
    pub port: u16,
    /// The port of the leg that this one hears and is heard by.
    pub peer: Option<u16>,
    pub player: Option<Player>,
    pub recording: Option<Recording>,
    setup: Option<LegSetup>,
    latch: Latch,
    rtcp_source: Option<SocketAddr>,
    out: Outgoing,
    reception: Reception,
    refused: u64,
    keys: dtmf::Receiver,
    heard_at: Duration,
    silent: bool,
    report_at: Duration,
}

impl Leg {
    pub fn new(now: Duration, id: LegId, port: u16, random: [u64; 2]) -> Leg {
        Leg {
            id,
            port,
            peer: None,
            player: None,
            recording: None,
            setup: None,
            latch: Latch::default(),
            rtcp_source: None,
            out: Outgoing::new(random),
            reception: Reception::default(),
            refused: 0,
            keys: dtmf::Receiver::default(),
            heard_at: now,
            silent: false,
            report_at: now.saturating_add(RTCP_EVERY),
        }
    }

    pub fn set_up(&mut self, now: Duration, setup: LegSetup) {
        let target = self.latch.target();
        self.latch.expect(setup.remote, setup.signalling);
        if self.latch.target() != target {
            self.rtcp_source = None;
        }
        self.setup = Some(setup);
        self.heard_at = now;
        self.silent = false;
    }

    pub fn codec(&self) -> Option<Codec> {
        self.setup.map(|setup| setup.codec)
    }

    /// Takes a packet that arrived for this leg.
    pub fn take(&mut self, now: Duration, from: SocketAddr, bytes: &[u8]) -> Result<Taken, Dropped> {
        let header = rtp::parse(bytes).ok_or(Dropped::Malformed)?;
        match self.latch.judge(from, header.ssrc, header.sequence) {
            Verdict::Take => {}
            Verdict::Probation => return Err(Dropped::Unheard),
            Verdict::Refuse => {
                self.refused += 1;
                return Err(Dropped::Unheard);
            }
        }
        let setup = self.setup.filter(|setup| setup.direction.recv).ok_or(Dropped::Unheard)?;
        let kind = kind(&setup, header.payload_type);
        let timestamp = matches!(kind, Kind::Voice(_)).then_some(header.timestamp);
        self.reception.note(now, header.ssrc, header.sequence, timestamp);
        self.heard_at = now;
        let returned = std::mem::take(&mut self.silent);
        let payload = bytes.get(header.payload.clone()).unwrap_or_default();
        let mut key = None;
        match kind {
            Kind::Voice(codec) => {
                if let Some(recording) = &mut self.recording {
                    recording.voice(now, codec, header.ssrc, header.timestamp, payload);
                }
            }
            Kind::Event(clock) => {
                key = self.keys.packet(header.ssrc, header.timestamp, header.marker, payload, clock);
            }
            Kind::Other => {}
        }
        Ok(Taken { header, kind, key, returned })
    }

    /// Passes a packet of the leg on `from_port` on to this party. `bytes` is written over.
    pub fn pass(
        &mut self,
        now: Duration,
        from_port: u16,
        taken: &Taken,
        bytes: &mut [u8],
        sink: &mut impl Sink,
    ) {
        let Some(setup) = self.setup.filter(|setup| setup.direction.send && self.player.is_none()) else {
            return;
        };
        let Some(target) = self.latch.target() else { return };
        let header = &taken.header;
        let origin = Origin::Party { port: from_port, ssrc: header.ssrc };
        let payload = bytes.get_mut(header.payload.clone()).unwrap_or_default();
        let (place, payload_type) = match (taken.kind, setup.telephone_event) {
            (Kind::Voice(codec), _) => {
                g711::transcode(codec, setup.codec, payload);
                (self.out.relay(now, origin, header.sequence, header.timestamp), setup.payload_type)
            }
            (Kind::Event(clock), Some(event)) if clock == event.clock => {
                (self.out.relay(now, origin, header.sequence, header.timestamp), event.send)
            }
            (Kind::Event(clock), Some(event)) => {
                rescale(payload, clock, event.clock);
                (self.out.relay_event(now, origin, header.sequence, header.timestamp), event.send)
            }
            (Kind::Event(_), None) | (Kind::Other, _) => {
                self.out.skip(origin, header.sequence);
                return;
            }
        };
        let Some(place) = place else { return };
        self.out.octets += header.payload.len() as u64;
        let placed = Header {
            marker: header.marker || place.marker,
            payload_type,
            sequence: place.sequence,
            timestamp: place.timestamp,
            ssrc: self.out.ssrc,
            payload: header.payload.clone(),
        };
        rtp::overwrite(bytes, &placed);
        sink.send(self.port, target, bytes);
    }

    /// Plays the next frame, if something is played. A playback waits until it is known where the party listens; a
    /// party that must not be sent to (hold) misses what is played meanwhile.
    pub fn play(&mut self, now: Duration, sink: &mut impl Sink) -> Played {
        let (Some(setup), Some(player)) = (self.setup, &mut self.player) else { return Played::On };
        let target = self.latch.target();
        if setup.direction.send && target.is_none() {
            return Played::On;
        }
        let Some(frame) = player.frame() else {
            let job = player.job;
            self.player = None;
            return Played::Ended(job);
        };
        if let Some(target) = target.filter(|_| setup.direction.send) {
            self.send_frame(now, &setup, target, &frame, sink);
        }
        Played::On
    }

    /// Notes where the party's RTCP comes from, if it is the party's.
    pub fn take_rtcp(&mut self, from: SocketAddr, bytes: &[u8]) {
        if rtcp::is_rtcp(bytes) && self.latch.target().is_some_and(|party| party.ip() == from.ip()) {
            self.rtcp_source = Some(from);
        }
    }

    /// Sends a report if one is due.
    pub fn report(&mut self, now: Duration, sink: &mut impl Sink) {
        if now < self.report_at {
            return;
        }
        self.report_at = now.saturating_add(RTCP_EVERY);
        let target = self.rtcp_source.or_else(|| rtcp::default_port(self.latch.target()?));
        let active = self.out.packets > 0 || self.reception.received() > 0;
        if let Some(target) = target.filter(|_| active) {
            let figures = self.reception.report();
            sink.send(self.port.saturating_add(1), target, &rtcp::report(&self.out, now, figures));
        }
    }

    /// Whether nothing has come for `limit`, said once.
    pub fn fell_silent(&mut self, now: Duration, limit: Duration) -> bool {
        let expected = self.setup.is_some_and(|setup| setup.direction.recv);
        let fell = expected && !self.silent && !limit.is_zero() && now.saturating_sub(self.heard_at) >= limit;
        self.silent |= fell;
        fell
    }

    pub fn stats(&self) -> LegStats {
        LegStats {
            packets_received: self.reception.received(),
            packets_sent: self.out.packets,
            packets_lost: self.reception.lost(),
            packets_refused: self.refused,
            jitter_ms: self.reception.jitter_ms(),
        }
    }

    fn send_frame(
        &mut self,
        now: Duration,
        setup: &LegSetup,
        target: SocketAddr,
        frame: &[i16; FRAME_SAMPLES],
        sink: &mut impl Sink,
    ) {
        let place = self.out.play(now);
        self.out.octets += FRAME_SAMPLES as u64;
        let mut packet = [0; HEADER_BYTES + FRAME_SAMPLES];
        if let Some(flags) = packet.first_mut() {
            *flags = 0x80;
        }
        let header = Header {
            marker: place.marker,
            payload_type: setup.payload_type,
            sequence: place.sequence,
            timestamp: place.timestamp,
            ssrc: self.out.ssrc,
            payload: HEADER_BYTES..HEADER_BYTES + FRAME_SAMPLES,
        };
        rtp::overwrite(&mut packet, &header);
        let payload = packet.iter_mut().skip(HEADER_BYTES);
        payload.zip(frame).for_each(|(code, sample)| *code = g711::encode(setup.codec, *sample));
        sink.send(self.port, target, &packet);
    }
}

/// What a payload type means: what was agreed on, or one of the static numbers, which a party may send whatever the
/// answer was numbered (ours are always those).
fn kind(setup: &LegSetup, payload_type: u8) -> Kind {
    if payload_type == setup.payload_type {
        return Kind::Voice(setup.codec);
    }
    if let Some(event) = setup.telephone_event
        && (payload_type == event.receive || payload_type == event.send)
    {
        return Kind::Event(event.clock);
    }
    match payload_type {
        0 => Kind::Voice(Codec::Pcmu),
        8 => Kind::Voice(Codec::Pcma),
        _ => Kind::Other,
    }
}

/// Turns an event's duration into another clock's.
fn rescale(payload: &mut [u8], from: u32, to: u32) {
    if let Some(packet) = dtmf::EventPacket::parse(payload) {
        let scaled = u64::from(packet.duration) * u64::from(to) / u64::from(from.max(1));
        dtmf::set_duration(payload, u16::try_from(scaled).unwrap_or(u16::MAX));
    }
}
