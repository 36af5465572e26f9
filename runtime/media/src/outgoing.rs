//! The one RTP stream towards a party: SSRC, sequence and timestamps go on whatever the source behind is
//! (RFC 3550 §5.1), so that a phone's jitter buffer never has to start over.

use std::time::Duration;

use crate::limits::{FRAME, FRAME_SAMPLES};
use crate::rtp::{sequence_before, timestamp_before};
use crate::stats::{DROPOUT_MAX, units};

/// How far back a reordered packet may come from at the least, once that many came.
const FIRST_BEHIND: u16 = 0x2000;

/// Whose packets go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// What the engine plays.
    Ours,
    /// This SSRC of the leg that listens on this port.
    Party { port: u16, ssrc: u32 },
}

/// The fields of the next packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
}

/// State of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub ssrc: u32,
    pub packets: u64,
    pub octets: u64,
    /// Highest sent, and when.
    sequence: u16,
    timestamp: u32,
    sent_at: Option<Duration>,
    origin: Option<Origin>,
    /// Of the origin's own numbers: the first that was passed on, and what is added.
    first_sequence: u16,
    last_sequence: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// An event whose clock isn't the stream's: its own timestamp and ours.
    event: Option<(u32, u32)>,
}

impl Outgoing {
    /// A stream that hasn't begun; `random` decides its identity and first numbers.
    pub fn new(random: [u64; 2]) -> Outgoing {
        let [a, b] = random;
        Outgoing {
            ssrc: a as u32,
            packets: 0,
            octets: 0,
            sequence: b as u16,
            timestamp: (a >> 32) as u32,
            sent_at: None,
            origin: None,
            first_sequence: 0,
            last_sequence: 0,
            sequence_offset: 0,
            timestamp_offset: 0,
            event: None,
        }
    }

    /// Places a packet of the other party. `None` when it is from before the moment when its stream came on.
    pub fn relay(&mut self, now: Duration, origin: Origin, sequence: u16, timestamp: u32) -> Option<Place> {
        let marker = self.follow(now, origin, sequence, timestamp);
        if sequence_before(sequence, self.first_sequence) {
            return None;
        }
        if sequence_before(self.last_sequence, sequence) {
            self.last_sequence = sequence;
            // The first must stay less than half a round behind, or order would turn over.
            if sequence.wrapping_sub(self.first_sequence) > 2 * FIRST_BEHIND {
                self.first_sequence = sequence.wrapping_sub(FIRST_BEHIND);
            }
        }
        let place = Place {
            marker,
            sequence: sequence.wrapping_add(self.sequence_offset),
            timestamp: timestamp.wrapping_add(self.timestamp_offset),
        };
        self.note(now, place);
        Some(place)
    }

    /// Places an event packet whose timestamps run at another clock than the stream: all packets of one event get the
    /// moment at which it began.
    pub fn relay_event(
        &mut self,
        now: Duration,
        origin: Origin,
        sequence: u16,
        timestamp: u32,
    ) -> Option<Place> {
        let began = match self.event {
            Some((theirs, ours)) if theirs == timestamp => ours,
            Some(_) | None => self.next_timestamp(now),
        };
        self.event = Some((timestamp, began));
        // In terms of the origin's timestamps, where that packet would be.
        let theirs = began.wrapping_sub(self.timestamp_offset);
        self.relay(now, origin, sequence, theirs).map(|place| Place { timestamp: began, ..place })
    }

    /// Closes the gap that a packet leaves which is not passed on.
    pub fn skip(&mut self, origin: Origin, sequence: u16) {
        if self.origin == Some(origin) && sequence == self.last_sequence.wrapping_add(1) {
            self.last_sequence = sequence;
            self.sequence_offset = self.sequence_offset.wrapping_sub(1);
        }
    }

    /// Places a frame of ours; the first after a pause says how long that was.
    pub fn play(&mut self, now: Duration) -> Place {
        let on_time = self.sent_at.is_some_and(|at| now.saturating_sub(at) < 2 * FRAME);
        let (marker, timestamp) = if self.origin == Some(Origin::Ours) && on_time {
            (false, self.timestamp.wrapping_add(FRAME_SAMPLES as u32))
        } else {
            (true, self.next_timestamp(now))
        };
        self.origin = Some(Origin::Ours);
        let place = Place { marker, sequence: self.next_sequence(), timestamp };
        self.note(now, place);
        place
    }

    /// Timestamp of the last packet carried on to `now`, for a sender report.
    pub fn timestamp_at(&self, now: Duration) -> u32 {
        self.sent_at
            .map_or(self.timestamp, |at| self.timestamp.wrapping_add(units(now.saturating_sub(at), 8_000)))
    }

    /// Turns to `origin` when it is another one than so far, or began anew. Says whether it did.
    fn follow(&mut self, now: Duration, origin: Origin, sequence: u16, timestamp: u32) -> bool {
        let ahead = sequence.wrapping_sub(self.last_sequence);
        let jumped = (DROPOUT_MAX..0_u16.wrapping_sub(DROPOUT_MAX)).contains(&ahead);
        if self.origin == Some(origin) && !jumped {
            return false;
        }
        self.origin = Some(origin);
        self.sequence_offset = self.next_sequence().wrapping_sub(sequence);
        self.timestamp_offset = self.next_timestamp(now).wrapping_sub(timestamp);
        self.first_sequence = sequence;
        self.last_sequence = sequence;
        true
    }

    fn next_sequence(&self) -> u16 {
        if self.sent_at.is_none() { self.sequence } else { self.sequence.wrapping_add(1) }
    }

    /// What the party's clock shows by now, but at least a frame later than the last packet.
    fn next_timestamp(&self, now: Duration) -> u32 {
        match self.sent_at {
            None => self.timestamp,
            Some(at) => {
                let elapsed = units(now.saturating_sub(at), 8_000);
                self.timestamp.wrapping_add(elapsed.max(FRAME_SAMPLES as u32))
            }
        }
    }

    fn note(&mut self, now: Duration, place: Place) {
        let first = self.sent_at.is_none();
        if first || sequence_before(self.sequence, place.sequence) {
            self.sequence = place.sequence;
            self.sent_at = Some(now);
        }
        if first || timestamp_before(self.timestamp, place.timestamp) {
            self.timestamp = place.timestamp;
        }
        self.packets += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Origin = Origin::Party { port: 10_000, ssrc: 1 };
    const B: Origin = Origin::Party { port: 10_000, ssrc: 2 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn relayed(out: &mut Outgoing, at: u64, origin: Origin, sequence: u16, timestamp: u32) -> (u16, u32) {
        let place = out.relay(ms(at), origin, sequence, timestamp).unwrap();
        (place.sequence, place.timestamp)
    }

    #[test]
    fn numbers_go_on_from_relay_to_prompt_to_relay() {
        let mut out = Outgoing::new([u64::MAX, 65_534]);
        let (sequence, timestamp) = relayed(&mut out, 0, A, 500, 7_000);
        assert_eq!((sequence, timestamp), (65_534, u32::MAX));
        assert_eq!(relayed(&mut out, 20, A, 501, 7_160), (65_535, 159));
        let prompt = out.play(ms(60));
        assert_eq!(prompt, Place { marker: true, sequence: 0, timestamp: 159 + 320 });
        assert_eq!(out.play(ms(80)), Place { marker: false, sequence: 1, timestamp: 159 + 480 });
        assert_eq!(relayed(&mut out, 1_080, A, 550, 15_000), (2, 159 + 480 + 8_000));
        assert_eq!(relayed(&mut out, 1_100, B, 9, 9), (3, 159 + 480 + 8_160));
    }

    #[test]
    fn reordering_passes_but_not_across_a_change_of_source() {
        let mut out = Outgoing::new([0, 100]);
        relayed(&mut out, 0, A, 10, 0);
        assert_eq!(relayed(&mut out, 20, A, 12, 320).0, 102);
        assert_eq!(relayed(&mut out, 21, A, 11, 160).0, 101);
        out.play(ms(40));
        relayed(&mut out, 60, A, 14, 640);
        assert_eq!(out.relay(ms(61), A, 13, 480), None);
    }

    #[test]
    fn a_long_stream_passes_whole() {
        let mut out = Outgoing::new([0, 0]);
        for n in 0..200_000_u32 {
            assert_eq!(relayed(&mut out, u64::from(n) * 20, A, n as u16, n * 160), (n as u16, n * 160));
        }
    }

    #[test]
    fn a_dropped_packet_leaves_no_gap() {
        let mut out = Outgoing::new([0, 100]);
        relayed(&mut out, 0, A, 10, 0);
        out.skip(A, 11);
        out.skip(B, 12);
        assert_eq!(relayed(&mut out, 40, A, 12, 320), (101, 320));
    }

    #[test]
    fn a_restart_of_the_same_source_is_a_change() {
        let mut out = Outgoing::new([0, 100]);
        relayed(&mut out, 0, A, 10, 0);
        assert_eq!(relayed(&mut out, 20, A, 30_000, 5), (101, 160));
    }

    #[test]
    fn an_event_at_another_clock_takes_the_moment_of_its_begin() {
        let mut out = Outgoing::new([0, 100]);
        relayed(&mut out, 0, A, 10, 0);
        for sequence in 11..14 {
            let place = out.relay_event(ms(u64::from(sequence - 10) * 20), A, sequence, 960_000).unwrap();
            assert_eq!((place.sequence, place.timestamp), (sequence + 90, 160));
        }
        assert_eq!(relayed(&mut out, 80, A, 14, 640), (104, 640));
    }
}
