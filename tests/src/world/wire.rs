//! Wires between the exchange and the parties: each packet has its own time on the way, so that they overtake each
//! other, and some are lost.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use super::random::Random;

/// How many messages a failure shows.
const RECENT: usize = 40;

/// A datagram.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Who sent it.
    pub from: SocketAddr,
    /// Where it goes.
    pub to: SocketAddr,
    /// What it says.
    pub bytes: Vec<u8>,
}

impl Packet {
    /// As text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The start line.
    pub fn start_line(&self) -> String {
        self.text().lines().next().unwrap_or_default().to_owned()
    }

    /// A header's value by its full name.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = self.text();
        let head = text.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// A message that a test wants lost: called for every packet.
pub type Filter = Box<dyn FnMut(&Packet) -> bool + Send>;

/// The wires.
pub struct Wire {
    loss_percent: u64,
    delay_ms_max: u64,
    on_the_way: BTreeMap<(Duration, u64), Packet>,
    sent: u64,
    recent: VecDeque<(Duration, Packet, bool)>,
    /// Says true for a packet that is to be lost, besides those lost by chance.
    pub lose: Option<Filter>,
    /// Every packet sent, when kept.
    pub log: Option<Vec<Packet>>,
}

impl Wire {
    /// Wires of a quality.
    pub fn new(loss_percent: u64, delay_ms_max: u64) -> Wire {
        Wire {
            loss_percent,
            delay_ms_max: delay_ms_max.max(1),
            on_the_way: BTreeMap::new(),
            sent: 0,
            recent: VecDeque::new(),
            lose: None,
            log: None,
        }
    }

    /// Sends a packet, or loses it.
    pub fn send(&mut self, now: Duration, packet: Packet, random: &mut Random) {
        let delay = random.ms(1, self.delay_ms_max);
        let lost = random.percent(self.loss_percent) || self.lose.as_mut().is_some_and(|lose| lose(&packet));
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((now, packet.clone(), lost));
        if let Some(log) = &mut self.log {
            log.push(packet.clone());
        }
        if !lost {
            self.sent += 1;
            self.on_the_way.insert((now + delay, self.sent), packet);
        }
    }

    /// When the next packet arrives.
    pub fn next(&self) -> Option<Duration> {
        self.on_the_way.first_key_value().map(|((at, _), _)| *at)
    }

    /// A packet that has arrived.
    pub fn due(&mut self, now: Duration) -> Option<Packet> {
        let first = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(first.remove())
    }

    /// The last messages, for a failure.
    pub fn recent(&self) -> String {
        let mut out = String::new();
        for (at, packet, lost) in &self.recent {
            let (call, cseq) =
                (packet.header("Call-ID").unwrap_or_default(), packet.header("CSeq").unwrap_or_default());
            let lost = if *lost { " LOST" } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "{:>10.3} {} -> {} {} | {cseq} | {call}{lost}",
                at.as_secs_f64(),
                packet.from.ip(),
                packet.to.ip(),
                packet.start_line()
            );
        }
        out
    }
}
