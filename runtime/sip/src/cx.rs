//! What every part of the endpoint works with: the moment, the timers, the outputs, the randomness.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::config::{Config, Directory, MessageLog, Stats, Transmit};
use crate::event::{Event, Flow, LegId, Transport};
use crate::legs::LegTimer;
use crate::message::{Message, Name, Request, Response};
use crate::transaction::{TxId, TxTimer};

/// What one input works with.
pub(crate) struct Cx {
    /// When this input happened.
    pub now: Duration,
    pub config: Config,
    pub directory: Arc<Directory>,
    pub timers: Timers,
    pub events: VecDeque<Event>,
    pub wire: VecDeque<Transmit>,
    pub entropy: Entropy,
    pub stats: Stats,
    /// Text that stands in every branch of ours, to recognise our own requests when they come back.
    pub mark: String,
}

impl Cx {
    pub(crate) fn new(config: Config, directory: Arc<Directory>, seed: [u8; 32]) -> Cx {
        let mut entropy = Entropy::new(seed);
        let mark = format!("z9hG4bK{}", entropy.token(8));
        Cx {
            now: Duration::ZERO,
            config,
            directory,
            timers: Timers::default(),
            events: VecDeque::new(),
            wire: VecDeque::new(),
            entropy,
            stats: Stats::default(),
            mark,
        }
    }

    pub(crate) fn branch(&mut self) -> String {
        format!("{}{}", self.mark, self.entropy.token(12))
    }

    /// `host:port` of ours for a transport, as Via and Contact name it.
    pub(crate) fn sent_by(&self, transport: Transport) -> String {
        let port = match transport {
            Transport::Udp => self.config.udp_port,
            Transport::Tcp => self.config.tcp_port,
        };
        std::net::SocketAddr::new(self.config.advertised, port).to_string()
    }

    /// A Via of ours with a fresh branch. `rport` asks for the address that they see (RFC 3581).
    pub(crate) fn via(&mut self, transport: Transport) -> String {
        let branch = self.branch();
        let word = match transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        format!("SIP/2.0/{word} {};branch={branch};rport", self.sent_by(transport))
    }

    /// The Contact of a dialog over `transport`.
    pub(crate) fn contact(&self, transport: Transport) -> String {
        match transport {
            Transport::Udp => format!("<sip:{}>", self.sent_by(transport)),
            Transport::Tcp => format!("<sip:{};transport=tcp>", self.sent_by(transport)),
        }
    }

    pub(crate) fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.stats.sent += 1;
        self.wire.push_back(Transmit { flow, bytes });
    }

    pub(crate) fn send_request(&mut self, flow: Flow, request: &Request) -> Vec<u8> {
        self.log("out", &flow, Message::Request(request));
        let bytes = request.to_bytes();
        self.send(flow, bytes.clone());
        bytes
    }

    pub(crate) fn send_response(&mut self, flow: Flow, response: &Response) -> Vec<u8> {
        self.log("out", &flow, Message::Response(response));
        let bytes = response.to_bytes();
        self.send(flow, bytes.clone());
        bytes
    }

    /// Writes a message to the log as configured; never credentials, never the body.
    pub(crate) fn log(&self, way: &str, flow: &Flow, message: Message<'_>) {
        if self.config.log == MessageLog::Off || !tracing::enabled!(target: "sip", tracing::Level::DEBUG) {
            return;
        }
        let (start, headers) = match message {
            Message::Request(request) => (format!("{} {}", request.method, request.uri), &request.headers),
            Message::Response(response) => {
                (format!("{} {}", response.status, response.phrase), &response.headers)
            }
        };
        let call_id = headers.get(&Name::CallId).unwrap_or("");
        let cseq = headers.get(&Name::CSeq).unwrap_or("");
        let head = if self.config.log == MessageLog::Heads { headers.for_log() } else { String::new() };
        tracing::debug!(target: "sip", way, remote = %flow.remote, transport = ?flow.transport, start, call_id, cseq, head);
    }
}

/// Random text from a seed: SHA-256 of the seed and a counter.
pub(crate) struct Entropy {
    seed: [u8; 32],
    drawn: u64,
}

impl Entropy {
    pub(crate) fn new(seed: [u8; 32]) -> Entropy {
        Entropy { seed, drawn: 0 }
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }

    /// `bytes` (at most 32) random bytes in hexadecimal.
    pub(crate) fn token(&mut self, bytes: usize) -> String {
        hex(self.bytes().get(..bytes).unwrap_or_default())
    }

    /// A number below `bound` (not 0).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.bytes();
        u64::from_be_bytes([a, b, c, d, e, f, g, h]).checked_rem(bound).unwrap_or(0)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |&digit| char::from(digit));
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whose timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TimerKey {
    Transaction(TxId, TxTimer),
    Leg(LegId, LegTimer),
}

/// All timers but those of bindings: each key has at most one.
#[derive(Default)]
pub(crate) struct Timers {
    queue: BTreeSet<(Duration, TimerKey)>,
    at: HashMap<TimerKey, Duration>,
}

impl Timers {
    /// Sets or moves a timer.
    pub(crate) fn set(&mut self, key: TimerKey, at: Duration) {
        self.clear(key);
        self.queue.insert((at, key));
        self.at.insert(key, at);
    }

    pub(crate) fn clear(&mut self, key: TimerKey) {
        if let Some(at) = self.at.remove(&key) {
            self.queue.remove(&(at, key));
        }
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop(&mut self, now: Duration) -> Option<TimerKey> {
        let &(at, key) = self.queue.first()?;
        if at > now {
            return None;
        }
        self.clear(key);
        Some(key)
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        self.queue.first().map(|(at, _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_set_twice_fires_once_at_the_later_setting() {
        let key = TimerKey::Leg(LegId(1), LegTimer::Glare);
        let ms = Duration::from_millis;
        let mut timers = Timers::default();
        timers.set(key, ms(10));
        timers.set(key, ms(20));
        assert_eq!((timers.len(), timers.next(), timers.pop(ms(10))), (1, Some(ms(20)), None));
        assert_eq!((timers.pop(ms(25)), timers.pop(ms(25)), timers.next()), (Some(key), None, None));
    }

    #[test]
    fn equal_seeds_draw_equal_tokens_that_never_repeat() {
        let (mut a, mut b) = (Entropy::new([7; 32]), Entropy::new([7; 32]));
        let drawn: Vec<String> = (0..100).map(|_| a.token(8)).collect();
        assert!(drawn.iter().all(|token| *token == b.token(8) && token.len() == 16));
        assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 100);
        assert!((0..100).all(|_| a.below(3) < 3));
    }
}
