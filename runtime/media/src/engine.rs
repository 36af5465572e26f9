//! The relay as a value: commands, packets and time go in; packets, file writes and events come out.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use crate::control::{Codec, Command, Event, JobId, LegId, Pcm, RecordEnd, Source, Tone};
use crate::leg::{Dropped, Leg, Played};
use crate::limits::{CATCH_UP_MAX, EVENTS_MAX, FRAME, RECORDINGS_MAX};
use crate::play::Player;
use crate::record::Recording;
use crate::tone;

#[cfg(test)]
mod tests;

/// How often what is not urgent is looked at: silence, reports.
const ROUND: Duration = Duration::from_secs(1);

/// What an engine is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Local RTP ports that [`Command::Open`] may name; the same range as the pool's.
    pub ports: RangeInclusive<u16>,
    /// After how long without a packet a leg that should be receiving is [`Event::Silent`]; zero = never.
    pub media_timeout: Duration,
}

/// A step of writing a recording. Steps of one job come in order; the host does them on a thread of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOp {
    /// Makes the file (its folder exists) with these first bytes.
    Create {
        /// The recording.
        job: JobId,
        /// The file.
        path: PathBuf,
        /// The header.
        header: Vec<u8>,
    },
    /// Appends.
    Write {
        /// The recording.
        job: JobId,
        /// What is appended.
        bytes: Vec<u8>,
    },
    /// Overwrites the beginning.
    RewriteHeader {
        /// The recording.
        job: JobId,
        /// The new header, as long as the first.
        header: Vec<u8>,
    },
    /// Cuts the file to `length` bytes, writes the last header, syncs to disk and answers by [`Engine::file_done`].
    Finish {
        /// The recording.
        job: JobId,
        /// The new header.
        header: Vec<u8>,
        /// Length of the whole file in bytes, header included.
        length: u64,
    },
}

/// Where an engine's output goes at once.
pub trait Sink {
    /// Sends `bytes` to `to` from the local `port` (RTP even, RTCP odd). What can't be sent is dropped, as UDP does.
    fn send(&mut self, port: u16, to: SocketAddr, bytes: &[u8]);

    /// Queues a step of file work. Must not block.
    fn file(&mut self, op: FileOp);
}

/// What was dropped, over the life of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commands about a leg or job that doesn't exist.
    pub commands_ignored: u64,
    /// Datagrams for a port without a leg.
    pub packets_unclaimed: u64,
    /// Datagrams that were no RTP.
    pub packets_malformed: u64,
    /// Events that nobody drained in time.
    pub events_dropped: u64,
}

/// All legs of a process.
#[derive(Debug)]
pub struct Engine {
    media_timeout: Duration,
    random: Random,
    first_port: u16,
    /// By half the distance of their port from the first.
    legs: Vec<Option<Box<Leg>>>,
    ports: HashMap<LegId, u16>,
    /// Ports of legs that play or record: those that the frame clock visits.
    busy: BTreeSet<u16>,
    /// The common 20 ms clock of all playbacks, while there is one.
    frame_at: Option<Duration>,
    /// While there are legs.
    round_at: Option<Duration>,
    /// Recordings that run, and those whose file is being finished.
    recordings: BTreeMap<JobId, u16>,
    finishing: BTreeMap<JobId, Finishing>,
    /// Ringback by the row of the table: made once.
    tones: BTreeMap<&'static str, Pcm>,
    events: VecDeque<Event>,
    counters: Counters,
}

#[derive(Clone, Copy, Debug)]
struct Finishing {
    leg: LegId,
    duration_ms: u32,
    end: RecordEnd,
}

/// SplitMix64: identities and first numbers need to differ, not to be secret.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }
}

impl Engine {
    /// An engine without legs. SSRCs and the start of sequence numbers and timestamps are drawn from `seed`.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Engine {
        let first_port = config.ports.start().saturating_add(config.ports.start() % 2);
        let pairs = (usize::from(*config.ports.end()) + 1).saturating_sub(usize::from(first_port)) / 2;
        Engine {
            media_timeout: config.media_timeout,
            random: Random(seed),
            first_port,
            legs: std::iter::repeat_with(|| None).take(pairs).collect(),
            ports: HashMap::new(),
            busy: BTreeSet::new(),
            frame_at: None,
            round_at: None,
            recordings: BTreeMap::new(),
            finishing: BTreeMap::new(),
            tones: BTreeMap::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// Carries a command out. What it makes due is done by the next [`Engine::tick`].
    pub fn command(&mut self, now: Duration, command: Command, sink: &mut impl Sink) {
        let known = match command {
            Command::Open { leg, port } => {
                self.open(now, leg, port);
                Some(())
            }
            Command::Setup { leg, setup } => self.leg(leg).map(|leg| leg.set_up(now, setup)),
            Command::Bridge { a, b } => self.bridge(a, b),
            Command::Unbridge { leg } => self.unbridge(leg),
            Command::Play { leg, job, source } => self.play(now, leg, job, source),
            Command::StopPlay { leg, job } => {
                let of_job = |leg: &mut Leg| leg.player.take_if(|player| player.job == job).map(drop);
                self.leg(leg).and_then(of_job)
            }
            Command::Record { leg, job, path, max_ms, silence_ms } => {
                self.record(now, leg, job, path, (max_ms, silence_ms), sink)
            }
            Command::StopRecord { leg, job } => self.stop_record(leg, job, sink),
            Command::Close { leg } => self.close(leg, sink),
        };
        if known.is_none() {
            self.counters.commands_ignored += 1;
        }
    }

    /// Takes a datagram that arrived at the local `port` (RTP even, RTCP odd). `bytes` is rewritten on the way through.
    pub fn packet(
        &mut self,
        now: Duration,
        port: u16,
        from: SocketAddr,
        bytes: &mut [u8],
        sink: &mut impl Sink,
    ) {
        let rtp_port = port & !1;
        let Some(leg) = self.leg_at(rtp_port) else {
            self.counters.packets_unclaimed += 1;
            return;
        };
        if port != rtp_port {
            leg.take_rtcp(from, bytes);
            return;
        }
        let (id, peer) = (leg.id, leg.peer);
        match leg.take(now, from, bytes) {
            Ok(taken) => {
                if let Some(peer) = peer.and_then(|peer| self.leg_at(peer)) {
                    peer.pass(now, port, &taken, bytes, sink);
                }
                if taken.returned {
                    self.tell(Event::Heard { leg: id });
                }
                if let Some(key) = taken.key {
                    self.tell(Event::Key { leg: id, key });
                }
            }
            Err(Dropped::Malformed) => self.counters.packets_malformed += 1,
            Err(Dropped::Unheard) => {}
        }
    }

    /// Does what is due. Call it at [`Engine::next_deadline`]; more often does no harm.
    pub fn tick(&mut self, now: Duration, sink: &mut impl Sink) {
        while let Some(at) = self.frame_at.filter(|at| *at <= now) {
            if now.saturating_sub(at) > CATCH_UP_MAX {
                // The machine slept: go on from now instead of sending all at once what was missed.
                self.frame_at = Some(now);
                continue;
            }
            self.frame(at, sink);
            self.frame_at = (!self.busy.is_empty()).then(|| at.saturating_add(FRAME));
        }
        if self.round_at.is_some_and(|at| at <= now) {
            self.round(now, sink);
            self.round_at = (!self.ports.is_empty()).then(|| now.saturating_add(ROUND));
        }
    }

    /// When [`Engine::tick`] is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        [self.frame_at, self.round_at].into_iter().flatten().min()
    }

    /// The host's answer to [`FileOp::Finish`], or to any step that failed (`ok` false: the job is over).
    pub fn file_done(&mut self, job: JobId, ok: bool) {
        if let Some(Finishing { leg, duration_ms, end }) = self.finishing.remove(&job) {
            let end = if ok { end } else { RecordEnd::Failed };
            self.tell(Event::RecordEnded { leg, job, duration_ms, end });
        } else if let Some(leg) =
            self.recordings.remove(&job).filter(|_| !ok).and_then(|port| self.leg_at(port))
        {
            leg.recording = None;
            let leg = leg.id;
            self.tell(Event::RecordEnded { leg, job, duration_ms: 0, end: RecordEnd::Failed });
        }
    }

    /// The host's word that a leg's sockets couldn't be bound. Until it is closed it takes commands and is mute.
    pub fn open_failed(&mut self, leg: LegId) {
        self.tell(Event::OpenFailed { leg });
    }

    /// What happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The local RTP port of a leg in service.
    #[must_use]
    pub fn port_of(&self, leg: LegId) -> Option<u16> {
        self.ports.get(&leg).copied()
    }

    /// Legs in service.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.ports.len()
    }

    fn open(&mut self, now: Duration, id: LegId, port: u16) {
        let random = [self.random.next(), self.random.next()];
        let index = self.index(port).filter(|_| port.is_multiple_of(2) && !self.ports.contains_key(&id));
        let Some(free) = index.and_then(|index| self.legs.get_mut(index)).filter(|place| place.is_none())
        else {
            self.tell(Event::OpenFailed { leg: id });
            return;
        };
        *free = Some(Box::new(Leg::new(now, id, port, random)));
        self.ports.insert(id, port);
        self.round_at.get_or_insert(now.saturating_add(ROUND));
    }

    fn bridge(&mut self, a: LegId, b: LegId) -> Option<()> {
        let (port_a, port_b) = (*self.ports.get(&a)?, *self.ports.get(&b)?);
        self.unbridge(a);
        self.unbridge(b);
        self.leg_at(port_a)?.peer = Some(port_b);
        self.leg_at(port_b)?.peer = Some(port_a);
        Some(())
    }

    fn unbridge(&mut self, leg: LegId) -> Option<()> {
        let peer = self.leg(leg)?.peer.take();
        if let Some(peer) = peer.and_then(|peer| self.leg_at(peer)) {
            peer.peer = None;
        }
        Some(())
    }

    fn play(&mut self, now: Duration, leg: LegId, job: JobId, source: Source) -> Option<()> {
        let port = *self.ports.get(&leg)?;
        let player = match source {
            Source::Sounds(sounds) => Player::once(job, sounds),
            Source::Tone(Tone::Ringback { country }) => {
                let row = tone::ringback_name(&country);
                let round = self.tones.entry(row).or_insert_with(|| tone::ringback(row));
                Player::looped(job, round.clone())
            }
        };
        self.leg_at(port)?.player = Some(player);
        self.visit(now, port);
        Some(())
    }

    fn record(
        &mut self,
        now: Duration,
        id: LegId,
        job: JobId,
        path: PathBuf,
        (max_ms, silence_ms): (u32, u32),
        sink: &mut impl Sink,
    ) -> Option<()> {
        let port = *self.ports.get(&id)?;
        if self.recordings.len() + self.finishing.len() >= RECORDINGS_MAX {
            self.tell(Event::RecordEnded { leg: id, job, duration_ms: 0, end: RecordEnd::Failed });
            return Some(());
        }
        self.end_recording(port, RecordEnd::Stopped, sink);
        let leg = self.leg_at(port)?;
        let codec = leg.codec().unwrap_or(Codec::Pcma);
        let (recording, create) = Recording::begin(now, job, codec, path, max_ms, silence_ms);
        leg.recording = Some(recording);
        self.recordings.insert(job, port);
        sink.file(create);
        self.visit(now, port);
        Some(())
    }

    fn stop_record(&mut self, leg: LegId, job: JobId, sink: &mut impl Sink) -> Option<()> {
        let port = *self.ports.get(&leg)?;
        self.recordings.get(&job).filter(|recorded| **recorded == port)?;
        self.end_recording(port, RecordEnd::Stopped, sink);
        Some(())
    }

    fn close(&mut self, leg: LegId, sink: &mut impl Sink) -> Option<()> {
        let port = *self.ports.get(&leg)?;
        self.end_recording(port, RecordEnd::Stopped, sink);
        self.unbridge(leg);
        self.busy.remove(&port);
        self.ports.remove(&leg);
        let index = self.index(port)?;
        let closed = self.legs.get_mut(index)?.take()?;
        self.tell(Event::Closed { leg, stats: closed.stats() });
        Some(())
    }

    fn end_recording(&mut self, port: u16, end: RecordEnd, sink: &mut impl Sink) {
        let Some(leg) = self.leg_at(port) else { return };
        let (id, Some(recording)) = (leg.id, leg.recording.take()) else { return };
        let finished = recording.finish();
        self.recordings.remove(&finished.job);
        self.finishing.insert(finished.job, Finishing { leg: id, duration_ms: finished.duration_ms, end });
        finished.ops.into_iter().for_each(|op| sink.file(op));
    }

    /// Puts a leg under the frame clock.
    fn visit(&mut self, now: Duration, port: u16) {
        self.busy.insert(port);
        self.frame_at.get_or_insert(now);
    }

    /// 20 ms of everything that plays or records.
    fn frame(&mut self, at: Duration, sink: &mut impl Sink) {
        let mut idle = Vec::new();
        let mut over = Vec::new();
        let mut ended = Vec::new();
        for port in &self.busy {
            let Some(leg) = leg_mut(&mut self.legs, self.first_port, *port) else { continue };
            if let Played::Ended(job) = leg.play(at, sink) {
                ended.push(Event::PlayEnded { leg: leg.id, job });
            }
            if let Some(recording) = &mut leg.recording {
                recording.flush(at).into_iter().flatten().for_each(|op| sink.file(op));
                over.extend(recording.over(at).map(|end| (*port, end)));
            }
            if leg.player.is_none() && leg.recording.is_none() {
                idle.push(*port);
            }
        }
        idle.iter().for_each(|port| {
            self.busy.remove(port);
        });
        ended.into_iter().for_each(|event| self.tell(event));
        over.into_iter().for_each(|(port, end)| self.end_recording(port, end, sink));
    }

    fn round(&mut self, now: Duration, sink: &mut impl Sink) {
        let mut silent = Vec::new();
        for leg in self.legs.iter_mut().flatten() {
            leg.report(now, sink);
            if leg.fell_silent(now, self.media_timeout) {
                silent.push(Event::Silent { leg: leg.id });
            }
        }
        silent.into_iter().for_each(|event| self.tell(event));
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < EVENTS_MAX {
            self.events.push_back(event);
        } else {
            self.counters.events_dropped += 1;
        }
    }

    fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        let port = *self.ports.get(&id)?;
        self.leg_at(port)
    }

    fn leg_at(&mut self, port: u16) -> Option<&mut Leg> {
        leg_mut(&mut self.legs, self.first_port, port)
    }

    fn index(&self, port: u16) -> Option<usize> {
        index_of(self.first_port, port)
    }
}

fn index_of(first_port: u16, port: u16) -> Option<usize> {
    port.checked_sub(first_port).map(|distance| usize::from(distance / 2))
}

fn leg_mut(legs: &mut [Option<Box<Leg>>], first_port: u16, port: u16) -> Option<&mut Leg> {
    legs.get_mut(index_of(first_port, port)?)?.as_deref_mut()
}
