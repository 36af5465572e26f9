//! The ports that legs listen on: an even one for RTP and the next for RTCP (RFC 3550 §11).

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The range that a fresh installation uses.
pub const DEFAULT_RANGE: RangeInclusive<u16> = 10_000..=20_000;

/// The range holds no pair of an even port and the one after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the RTP port range {first}-{last} holds no pair of an even port and the next one; give a wider range, for example 10000-20000"
)]
pub struct NoPorts {
    /// First port of the range.
    pub first: u16,
    /// Last port of the range.
    pub last: u16,
}

/// Gives out RTP ports, longest rested first, starting at a seeded place.
#[derive(Clone, Debug)]
pub struct PortPool {
    /// Free ports with the moment from which each may be used again, which never decreases.
    free: VecDeque<(Duration, u16)>,
    used: BTreeSet<u16>,
    rest: Duration,
}

impl PortPool {
    /// A pool over `range` (both ends count; RTCP's port must fit too). A port given back rests for `rest`.
    /// `seed` chooses where giving out starts, so that ports can't be guessed from the order of calls after a restart.
    ///
    /// # Errors
    /// When the range holds no even/odd pair.
    pub fn new(range: RangeInclusive<u16>, rest: Duration, seed: u64) -> Result<PortPool, NoPorts> {
        let (first, last) = (*range.start(), *range.end());
        let mut free: VecDeque<(Duration, u16)> = range
            .filter(|port| port % 2 == 0 && *port < last && *port != 0)
            .map(|port| (Duration::ZERO, port))
            .collect();
        if free.is_empty() {
            return Err(NoPorts { first, last });
        }
        let start = seed % free.len() as u64;
        free.rotate_left(usize::try_from(start).unwrap_or(0));
        Ok(PortPool { free, used: BTreeSet::new(), rest })
    }

    /// An RTP port that nobody uses and that has rested; `None` when there is none, which is a busy system.
    pub fn take(&mut self, now: Duration) -> Option<u16> {
        let (rested, port) = *self.free.front()?;
        if rested > now {
            return None;
        }
        self.free.pop_front();
        self.used.insert(port);
        Some(port)
    }

    /// Gives a port back. One that wasn't taken is ignored.
    pub fn give(&mut self, now: Duration, port: u16) {
        if self.used.remove(&port) {
            self.free.push_back((now.saturating_add(self.rest), port));
        }
    }

    /// Takes ports out of service for good: those of which `usable` says no. Gives how many there were. They stay in
    /// service when none would be left, since whoever has them may let them go.
    pub fn avoid(&mut self, usable: impl Fn(u16) -> bool) -> usize {
        let good: VecDeque<(Duration, u16)> =
            self.free.iter().filter(|(_, port)| usable(*port)).copied().collect();
        let bad = self.free.len() - good.len();
        if !good.is_empty() {
            self.free = good;
        }
        bad
    }

    /// Ports taken and not given back.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.used.len()
    }

    /// Ports in all.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.free.len() + self.used.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn gives_even_ports_once_and_stops_at_the_end() {
        let mut pool = PortPool::new(10_001..=10_007, S(10), 7).unwrap();
        assert_eq!(pool.capacity(), 3);
        let mut got: Vec<u16> = std::iter::from_fn(|| pool.take(S(0))).collect();
        got.sort_unstable();
        assert_eq!(got, [10_002, 10_004, 10_006]);
        assert_eq!(pool.in_use(), 3);
    }

    #[test]
    fn the_last_even_port_needs_room_for_rtcp() {
        assert!(PortPool::new(10_000..=10_000, S(1), 0).is_err());
        assert_eq!(PortPool::new(10_000..=10_001, S(1), 0).unwrap().capacity(), 1);
        assert_eq!(PortPool::new(DEFAULT_RANGE, S(1), 0).unwrap().capacity(), 5_000);
        assert_eq!(PortPool::new(0..=65_535, S(1), u64::MAX).unwrap().capacity(), 32_767);
    }

    #[test]
    fn a_port_rests_before_it_is_used_again() {
        let mut pool = PortPool::new(10_000..=10_001, S(10), 3).unwrap();
        let port = pool.take(S(0)).unwrap();
        pool.give(S(5), port);
        assert_eq!(pool.take(S(14)), None);
        assert_eq!(pool.take(S(15)), Some(port));
    }

    #[test]
    fn ports_that_others_have_are_avoided_unless_none_is_left() {
        let mut pool = PortPool::new(10_000..=10_007, S(1), 1).unwrap();
        assert_eq!(pool.avoid(|port| port != 10_002), 1);
        let got: BTreeSet<u16> = std::iter::from_fn(|| pool.take(S(0))).collect();
        assert_eq!(got, BTreeSet::from([10_000, 10_004, 10_006]));
        got.iter().for_each(|port| pool.give(S(0), *port));
        assert_eq!(pool.avoid(|_| false), 3);
        assert_eq!(pool.capacity(), 3);
    }

    #[test]
    fn giving_back_twice_or_a_stranger_changes_nothing() {
        let mut pool = PortPool::new(10_000..=10_003, S(0), 0).unwrap();
        let port = pool.take(S(0)).unwrap();
        pool.give(S(0), port);
        pool.give(S(0), port);
        pool.give(S(0), 9);
        assert_eq!((pool.in_use(), pool.capacity()), (0, 2));
    }

    #[test]
    fn the_seed_moves_the_start() {
        let first = |seed| PortPool::new(DEFAULT_RANGE, S(1), seed).unwrap().take(S(0)).unwrap();
        assert_eq!(first(0), 10_000);
        assert_eq!(first(1), 10_002);
        assert_eq!(first(4_999), 19_998);
    }
}
