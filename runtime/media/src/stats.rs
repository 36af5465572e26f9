//! What arrives: loss and jitter (RFC 3550 appendices A.1, A.3 and A.8).

use std::time::Duration;

/// A jump of the sequence larger than this is a restart of the sender, not loss (RFC 3550 A.1, MAX_DROPOUT).
pub(crate) const DROPOUT_MAX: u16 = 3_000;

/// Sequence numbers, loss and jitter of what one party sends.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    current: Option<Stream>,
    /// Of streams before the current one.
    received_before: u64,
    lost_before: u64,
}

/// One run of sequence numbers from one SSRC.
#[derive(Clone, Debug)]
struct Stream {
    ssrc: u32,
    first: u64,
    /// Highest sequence number, with the wraps counted in the upper bits.
    highest: u64,
    received: u64,
    transit: Option<u32>,
    /// Sixteen times the jitter, in timestamp units.
    jitter16: i64,
    /// Expected and received at the last report.
    reported: (u64, u64),
}

/// A report block's figures (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportFigures {
    /// Whose stream.
    pub ssrc: u32,
    /// Share lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost in all; as many as 24 signed bits hold.
    pub lost: u32,
    /// Highest sequence number, with wraps.
    pub highest: u32,
    /// Jitter in timestamp units.
    pub jitter: u32,
}

impl Reception {
    /// Notes a packet that arrived at `now`. `timestamp` is one of an 8 kHz clock; `None` for a packet whose timestamp
    /// isn't the moment it was sent (telephone-event keeps that of its begin), which says nothing about jitter.
    pub fn note(&mut self, now: Duration, ssrc: u32, sequence: u16, timestamp: Option<u32>) {
        let transit = timestamp.map(|timestamp| units(now, 8_000).wrapping_sub(timestamp));
        match &mut self.current {
            Some(stream) if stream.ssrc == ssrc && stream.goes_on(sequence) => {
                stream.arrive(sequence, transit)
            }
            current => {
                if let Some(old) = current.replace(Stream::new(ssrc, sequence, transit)) {
                    self.received_before += old.received;
                    self.lost_before += old.lost();
                }
            }
        }
    }

    /// Packets that came.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received_before + self.current.as_ref().map_or(0, |stream| stream.received)
    }

    /// Packets that didn't.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost_before + self.current.as_ref().map_or(0, Stream::lost)
    }

    /// Jitter in milliseconds of an 8 kHz clock.
    #[must_use]
    pub fn jitter_ms(&self) -> f32 {
        self.current.as_ref().map_or(0.0, |stream| stream.jitter16 as f32 / 16.0 / 8.0)
    }

    /// Figures for a report block; the next call reports what came after this one.
    pub fn report(&mut self) -> Option<ReportFigures> {
        let stream = self.current.as_mut()?;
        let (expected, received) = (stream.expected(), stream.received);
        let (expected_new, received_new) = (expected - stream.reported.0, received - stream.reported.1);
        stream.reported = (expected, received);
        let lost_new = expected_new.saturating_sub(received_new);
        Some(ReportFigures {
            ssrc: stream.ssrc,
            fraction_lost: (lost_new * 256).checked_div(expected_new).unwrap_or(0).min(255) as u8,
            lost: stream.lost().min(0x7F_FFFF) as u32,
            highest: stream.highest as u32,
            jitter: (stream.jitter16 >> 4) as u32,
        })
    }
}

impl Stream {
    fn new(ssrc: u32, sequence: u16, transit: Option<u32>) -> Stream {
        let first = u64::from(sequence);
        Stream { ssrc, first, highest: first, received: 1, transit, jitter16: 0, reported: (0, 0) }
    }

    /// Whether a packet with this number belongs to this run.
    fn goes_on(&self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        ahead < DROPOUT_MAX || ahead >= 0_u16.wrapping_sub(DROPOUT_MAX)
    }

    fn arrive(&mut self, sequence: u16, transit: Option<u32>) {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < DROPOUT_MAX {
            self.highest += u64::from(ahead);
        }
        self.received += 1;
        let Some(transit) = transit else { return };
        if let Some(before) = self.transit.replace(transit) {
            // The signed difference of two clocks that wrap.
            let difference = i64::from(transit.wrapping_sub(before) as i32).abs();
            self.jitter16 += difference - ((self.jitter16 + 8) >> 4);
        }
    }

    fn expected(&self) -> u64 {
        self.highest - self.first + 1
    }

    /// Packets that came twice must not make loss negative.
    fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }
}

/// A moment in units of a clock, as a timestamp wraps.
pub(crate) fn units(now: Duration, clock: u32) -> u32 {
    (now.as_micros() * u128::from(clock) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(reception: &mut Reception, packets: &[(u64, u16)]) {
        for (ms, sequence) in packets {
            let now = Duration::from_millis(*ms);
            reception.note(now, 1, *sequence, Some(u32::from(*sequence).wrapping_mul(160)));
        }
    }

    #[test]
    fn loss_is_what_the_sequence_says_however_it_is_ordered() {
        let mut reception = Reception::default();
        feed(&mut reception, &[(0, 65_534), (20, 65_535), (60, 1), (61, 0), (80, 3)]);
        assert_eq!((reception.received(), reception.lost()), (5, 1));
        feed(&mut reception, &[(81, 3), (82, 3)]);
        assert_eq!(reception.lost(), 0, "duplicates hide loss but never go below none");
    }

    #[test]
    fn a_restart_is_not_loss() {
        let mut reception = Reception::default();
        feed(&mut reception, &[(0, 10), (20, 12), (40, 30_000), (60, 30_001)]);
        assert_eq!((reception.received(), reception.lost()), (4, 1));
        reception.note(Duration::from_millis(80), 2, 7, Some(0));
        assert_eq!((reception.received(), reception.lost()), (5, 1));
    }

    #[test]
    fn jitter_of_a_steady_stream_is_none_and_of_a_swinging_one_approaches_the_swing() {
        let mut steady = Reception::default();
        feed(&mut steady, &(0..200).map(|n| (n * 20, n as u16)).collect::<Vec<_>>());
        assert!(steady.jitter_ms() < 0.1);
        let mut swinging = Reception::default();
        feed(&mut swinging, &(0..400).map(|n| (n * 20 + n % 2 * 8, n as u16)).collect::<Vec<_>>());
        assert!((swinging.jitter_ms() - 8.0).abs() < 1.5, "{}", swinging.jitter_ms());
    }

    #[test]
    fn a_report_counts_from_the_last_one() {
        let mut reception = Reception::default();
        assert_eq!(reception.report(), None);
        feed(&mut reception, &[(0, 0), (20, 1), (60, 3)]);
        let first = reception.report().unwrap();
        assert_eq!((first.fraction_lost, first.lost, first.highest), (64, 1, 3));
        feed(&mut reception, &[(80, 4)]);
        let second = reception.report().unwrap();
        assert_eq!((second.fraction_lost, second.lost), (0, 1));
    }
}
