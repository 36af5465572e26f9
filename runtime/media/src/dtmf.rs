//! Keys as telephone-event (RFC 4733 §2).

use crate::rtp::timestamp_before;

/// Timestamps of one event should be equal. Old senders move them with each packet: a step shorter than this (in
/// seconds: 1/16) is no new press of the same key.
const STEP_DIVISOR: u32 = 16;

/// An event packet's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPacket {
    /// Event code; 0–15 are the keys.
    pub event: u8,
    /// Whether the key is up again.
    pub end: bool,
    /// How long it has been down, in timestamp units.
    pub duration: u16,
}

impl EventPacket {
    /// Reads a payload; `None` when it is too short.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<EventPacket> {
        let [event, flags, d0, d1] = *payload.first_chunk()?;
        Some(EventPacket { event, end: flags & 0x80 != 0, duration: u16::from_be_bytes([d0, d1]) })
    }

    /// The character on the key; `None` for events that are not keys (16 is a hook flash).
    #[must_use]
    pub fn key(self) -> Option<char> {
        b"0123456789*#ABCD".get(usize::from(self.event)).map(|key| char::from(*key))
    }
}

/// Writes a payload's duration over, in place; volume, end and code stay.
pub fn set_duration(payload: &mut [u8], duration: u16) {
    if let Some([_, _, d0, d1]) = payload.first_chunk_mut() {
        [*d0, *d1] = duration.to_be_bytes();
    }
}

/// Finds presses in the packets of one party. A press counts when its first packet is seen, so it doesn't matter
/// which of its packets are lost or repeated.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    last: Option<Pressed>,
}

#[derive(Clone, Copy, Debug)]
struct Pressed {
    ssrc: u32,
    timestamp: u32,
    packet: EventPacket,
}

impl Receiver {
    /// Takes a packet; `Some` when it is the first of a press. `clock` is the event's rate in Hz.
    pub fn packet(
        &mut self,
        ssrc: u32,
        timestamp: u32,
        marker: bool,
        payload: &[u8],
        clock: u32,
    ) -> Option<char> {
        let packet = EventPacket::parse(payload)?;
        let key = packet.key()?;
        let now = Pressed { ssrc, timestamp, packet };
        let Some(last) = self.last.filter(|last| last.ssrc == ssrc) else {
            self.last = Some(now);
            return Some(key);
        };
        if timestamp_before(timestamp, last.timestamp) {
            return None;
        }
        let same = last.timestamp == timestamp || last.goes_on(&now, marker, clock);
        let ended = same && last.packet.end && last.timestamp == timestamp;
        let packet = EventPacket { end: packet.end || ended, ..packet };
        self.last = Some(Pressed { packet, ..now });
        (!same).then_some(key)
    }
}

impl Pressed {
    /// Whether `next` is the same press under another timestamp: a segment of a long press (RFC 4733 §2.5.1.3), or an
    /// old sender's moving timestamp.
    fn goes_on(&self, next: &Pressed, marker: bool, clock: u32) -> bool {
        let step = next.timestamp.wrapping_sub(self.timestamp);
        !self.packet.end
            && !marker
            && next.packet.event == self.packet.event
            && (step == u32::from(u16::MAX) || step <= clock / STEP_DIVISOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Timestamp, marker, event, end, duration.
    type Sent = (u32, bool, u8, bool, u16);

    fn keys(packets: &[Sent]) -> String {
        let mut receiver = Receiver::default();
        packets
            .iter()
            .filter_map(|(timestamp, marker, event, end, duration)| {
                let [d0, d1] = duration.to_be_bytes();
                let payload = [*event, u8::from(*end) << 7 | 10, d0, d1];
                receiver.packet(1, *timestamp, *marker, &payload, 8_000)
            })
            .collect()
    }

    #[test]
    fn a_press_counts_once_however_it_is_sent() {
        let cases: [(&str, &str, &[Sent]); 9] = [
            (
                "repeated ends",
                "5",
                &[(80, true, 5, false, 160), (80, false, 5, true, 800), (80, false, 5, true, 800)],
            ),
            ("only an end", "#", &[(80, false, 11, true, 800), (80, false, 11, true, 800)]),
            ("lost end", "12", &[(80, true, 1, false, 160), (2_000, true, 2, false, 160)]),
            ("twice the same", "77", &[(80, true, 7, true, 800), (2_000, true, 7, false, 160)]),
            ("lost end, then the same", "77", &[(80, true, 7, false, 160), (2_000, true, 7, false, 160)]),
            (
                "late packet of the press before",
                "12",
                &[(80, true, 1, true, 8), (900, true, 2, false, 8), (80, false, 1, true, 8)],
            ),
            (
                "long press",
                "9",
                &[(0, true, 9, false, 65_535), (65_535, false, 9, false, 160), (65_535, false, 9, true, 320)],
            ),
            (
                "moving timestamps",
                "3",
                &[(80, true, 3, false, 160), (240, false, 3, false, 320), (400, false, 3, true, 480)],
            ),
            (
                "letters, star and a flash",
                "A*D",
                &[
                    (1, true, 12, true, 1),
                    (9_000, true, 10, true, 1),
                    (18_000, true, 16, true, 1),
                    (27_000, true, 15, true, 1),
                ],
            ),
        ];
        for (name, expected, packets) in cases {
            assert_eq!(keys(packets), expected, "{name}");
        }
    }

    #[test]
    fn a_new_source_starts_anew() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.packet(1, 9_000, true, &[1, 0, 0, 1], 8_000), Some('1'));
        assert_eq!(receiver.packet(2, 10, true, &[1, 0, 0, 1], 8_000), Some('1'));
        assert_eq!(receiver.packet(2, 10, true, &[1, 0, 0], 8_000), None);
    }
}
