//! RTCP of a leg (RFC 3550 §6). Each leg's streams end here, so reports are made and read by us, never passed on.

use std::net::SocketAddr;
use std::time::Duration;

use crate::outgoing::Outgoing;
use crate::stats::ReportFigures;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const CNAME: u8 = 1;

/// Whether a datagram is RTCP: version 2 and a packet type that is registered for it.
pub(crate) fn is_rtcp(packet: &[u8]) -> bool {
    packet.first_chunk::<8>().is_some_and(|[flags, kind, ..]| flags >> 6 == 2 && (192..=223).contains(kind))
}

/// Where a party's RTCP is when it hasn't shown: the port after its RTP (RFC 3550 §11).
pub(crate) fn default_port(rtp: SocketAddr) -> Option<SocketAddr> {
    Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?))
}

/// A compound packet: sender report if we send, else receiver report, and our name.
pub(crate) fn report(out: &Outgoing, now: Duration, heard: Option<ReportFigures>) -> Vec<u8> {
    let blocks = u8::from(heard.is_some());
    let mut packet = Vec::with_capacity(80);
    if out.packets > 0 {
        begin(&mut packet, SENDER_REPORT, blocks, 6 + 6 * u16::from(blocks));
        packet.extend(out.ssrc.to_be_bytes());
        // Without wall time, elapsed time does as NTP time (RFC 3550 §6.4.1).
        packet.extend((now.as_secs() as u32).to_be_bytes());
        packet.extend((((u64::from(now.subsec_nanos())) << 32) / 1_000_000_000).to_be_bytes().split_at(4).1);
        packet.extend(out.timestamp_at(now).to_be_bytes());
        packet.extend((out.packets as u32).to_be_bytes());
        packet.extend((out.octets as u32).to_be_bytes());
    } else {
        begin(&mut packet, RECEIVER_REPORT, blocks, 1 + 6 * u16::from(blocks));
        packet.extend(out.ssrc.to_be_bytes());
    }
    if let Some(figures) = heard {
        packet.extend(figures.ssrc.to_be_bytes());
        packet.extend((u32::from(figures.fraction_lost) << 24 | figures.lost).to_be_bytes());
        packet.extend(figures.highest.to_be_bytes());
        packet.extend(figures.jitter.to_be_bytes());
        // No sender report of theirs is kept: "last SR" and the delay since are zero.
        packet.extend([0; 8]);
    }
    // One chunk: SSRC, CNAME of 8 characters, and the two bytes that end the list and fill the word.
    begin(&mut packet, SOURCE_DESCRIPTION, 1, 4);
    packet.extend(out.ssrc.to_be_bytes());
    packet.extend([CNAME, 8]);
    packet.extend(format!("{:08x}", out.ssrc).bytes());
    packet.extend([0; 2]);
    packet
}

/// `words`: length in 32-bit words after the first.
fn begin(packet: &mut Vec<u8>, kind: u8, count: u8, words: u16) {
    packet.extend([0x80 | count, kind]);
    packet.extend(words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::Origin;

    /// (type, count) of each packet in a compound, which must fill it exactly.
    fn kinds(mut compound: &[u8]) -> Vec<(u8, u8)> {
        let mut found = Vec::new();
        while !compound.is_empty() {
            assert!(is_rtcp(compound));
            found.push((compound[1], compound[0] & 0x1F));
            compound = &compound[4 + 4 * usize::from(u16::from_be_bytes([compound[2], compound[3]]))..];
        }
        found
    }

    #[test]
    fn a_listener_sends_receiver_reports_and_a_sender_sender_reports() {
        let mut out = Outgoing::new([1, 1]);
        let figures = ReportFigures { ssrc: 5, fraction_lost: 64, lost: 1, highest: 3, jitter: 2 };
        assert_eq!(kinds(&report(&out, Duration::ZERO, None)), [(201, 0), (202, 1)]);
        assert_eq!(kinds(&report(&out, Duration::ZERO, Some(figures))), [(201, 1), (202, 1)]);
        out.relay(Duration::ZERO, Origin::Ours, 1, 1);
        let packet = report(&out, Duration::from_millis(1_500), Some(figures));
        assert_eq!(kinds(&packet), [(200, 1), (202, 1)]);
        assert_eq!(packet[8..16], [0, 0, 0, 1, 0x80, 0, 0, 0]);
        assert_eq!(packet[28..36], [0, 0, 0, 5, 64, 0, 0, 1]);
    }

    #[test]
    fn the_default_port_is_the_next_if_there_is_one() {
        assert_eq!(default_port("10.0.0.1:4000".parse().unwrap()), Some("10.0.0.1:4001".parse().unwrap()));
        assert_eq!(default_port("10.0.0.1:65535".parse().unwrap()), None);
    }
}
