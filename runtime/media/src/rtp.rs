//! RTP packets (RFC 3550 §5.1): read, and written over in place.

use std::ops::Range;

/// Length of a header without CSRCs and extension.
pub const HEADER_BYTES: usize = 12;

/// The fields of a packet that the relay looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The marker bit: the first packet after silence, in audio.
    pub marker: bool,
    /// Payload type, 0–127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in units of the payload's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Where in the packet the payload is, padding excluded.
    pub payload: Range<usize>,
}

/// Reads a packet. `None` when it isn't RTP version 2, is shorter than it says, or is RTCP on the wrong port.
#[must_use]
pub fn parse(packet: &[u8]) -> Option<Header> {
    let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *packet.first_chunk::<HEADER_BYTES>()?;
    // RTCP's packet types 192–223 would read as marked payload types 64–95 (RFC 5761 §4).
    if flags >> 6 != 2 || (192..=223).contains(&kind) {
        return None;
    }
    let mut start = HEADER_BYTES + 4 * usize::from(flags & 0x0F);
    if flags & 0x10 != 0 {
        let length = packet.get(start + 2..start + 4)?;
        let [high, low] = *length.first_chunk()?;
        start += 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
    }
    let mut end = packet.len();
    if flags & 0x20 != 0 {
        let padding = usize::from(*packet.last()?);
        end = end.checked_sub(padding).filter(|_| padding > 0)?;
    }
    (start <= end).then_some(Header {
        marker: kind & 0x80 != 0,
        payload_type: kind & 0x7F,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        payload: start..end,
    })
}

/// Writes the fields of `header` over those of a packet; CSRCs, extension, payload and padding stay.
/// A packet too short for a header is left alone.
pub fn overwrite(packet: &mut [u8], header: &Header) {
    if let Some([_, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3]) = packet.first_chunk_mut::<HEADER_BYTES>()
    {
        *kind = u8::from(header.marker) << 7 | (header.payload_type & 0x7F);
        [*s0, *s1] = header.sequence.to_be_bytes();
        [*t0, *t1, *t2, *t3] = header.timestamp.to_be_bytes();
        [*i0, *i1, *i2, *i3] = header.ssrc.to_be_bytes();
    }
}

/// Whether `a` comes before `b` in a 16-bit sequence that wraps (RFC 1982).
#[must_use]
pub fn sequence_before(a: u16, b: u16) -> bool {
    a != b && b.wrapping_sub(a) < 0x8000
}

/// Whether `a` comes before `b` in a 32-bit clock that wraps.
#[must_use]
pub fn timestamp_before(a: u32, b: u32) -> bool {
    a != b && b.wrapping_sub(a) < 0x8000_0000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_past_csrcs_extension_and_padding() {
        let mut packet = vec![0xB1, 0x80 | 8, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7];
        packet.extend([1, 1, 1, 1]);
        packet.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        packet.extend([5, 6, 7, 0, 0, 3]);
        let header = parse(&packet).unwrap();
        assert_eq!(packet[header.payload.clone()], [5, 6, 7]);
        assert_eq!(
            header,
            Header { marker: true, payload_type: 8, sequence: 258, timestamp: 9, ssrc: 7, payload: 24..27 }
        );
    }

    #[test]
    fn refuses_what_is_not_rtp() {
        let good = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert!(parse(&good).is_some());
        assert!(parse(&good[..11]).is_none());
        for (at, byte, why) in [
            (0, 0x40, "version 1"),
            (0, 0x81, "CSRC missing"),
            (0, 0x90, "extension missing"),
            (0, 0xA0, "padding of 0"),
            (1, 200, "a sender report"),
        ] {
            let mut bad = good;
            bad[at] = byte;
            assert!(parse(&bad).is_none(), "{why}");
        }
    }

    #[test]
    fn order_wraps() {
        assert!(sequence_before(65_535, 0) && !sequence_before(0, 65_535) && !sequence_before(5, 5));
        assert!(timestamp_before(u32::MAX, 3) && !timestamp_before(3, u32::MAX));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic_and_inside_their_bounds(packet in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(header) = parse(&packet) {
                prop_assert!(packet.get(header.payload.clone()).is_some());
                let mut copy = packet.clone();
                overwrite(&mut copy, &header);
                prop_assert_eq!(copy, packet);
            }
        }
    }
}
