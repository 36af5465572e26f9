//! The relay as a value: commands, packets and time go in; packets, file writes and events come out.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use crate::control::{Command, Event, JobId, LegId};

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

/// All legs of a process.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    seed: u64,
    events: VecDeque<Event>,
}

impl Engine {
    /// An engine without legs. SSRCs and the start of sequence numbers and timestamps are drawn from `seed`.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Engine {
        Engine { config, seed, events: VecDeque::new() }
    }

    /// Carries a command out.
    pub fn command(&mut self, now: Duration, command: Command, sink: &mut impl Sink) {
        let _ = (now, command, sink, &self.config, self.seed);
    }

    /// Takes a datagram that arrived at the local `port` (RTP even, RTCP odd). `bytes` is rewritten on the way through.
    pub fn packet(&mut self, now: Duration, port: u16, from: SocketAddr, bytes: &mut [u8], sink: &mut impl Sink) {
        let _ = (now, port, from, bytes, sink);
    }

    /// Does what is due. Call it at [`Engine::next_deadline`]; more often does no harm.
    pub fn tick(&mut self, now: Duration, sink: &mut impl Sink) {
        let _ = (now, sink);
    }

    /// When [`Engine::tick`] is wanted next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }

    /// The host's answer to [`FileOp::Finish`], or to any step that failed (`ok` false: the job is over).
    pub fn file_done(&mut self, job: JobId, ok: bool) {
        let _ = (job, ok);
    }

    /// The host's word that a leg's sockets couldn't be bound.
    pub fn open_failed(&mut self, leg: LegId) {
        self.events.push_back(Event::OpenFailed { leg });
    }

    /// What happened, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}
