//! Whom a leg believes: symmetric RTP (RFC 4961) without the RTP bleed.
//!
//! SDP's address is believed at once. Behind NAT, or with a peer that sends from one port and listens at another, packets
//! come from elsewhere: such a source is taken only if its host is the one of SDP or of the signalling, and after a
//! few packets in a row. From then on nobody else is listened to until a re-INVITE names another address. SDP's own
//! address stays believed beside a learned one: some peers send keys from it and sound from another port.

use std::net::{IpAddr, SocketAddr};

use crate::limits::LATCH_PROBATION;

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the party's.
    Take,
    /// It may become the party's; it is not heard yet.
    Probation,
    /// It is somebody else's.
    Refuse,
}

/// The source of one leg.
#[derive(Clone, Debug, Default)]
pub struct Latch {
    remote: Option<SocketAddr>,
    signalling: Option<IpAddr>,
    state: State,
}

#[derive(Clone, Debug, Default)]
enum State {
    /// Nobody was believed yet.
    #[default]
    Open,
    /// This source sent `count` packets in a row.
    Candidate { source: SocketAddr, ssrc: u32, sequence: u16, count: u8 },
    /// The party.
    Locked(SocketAddr),
}

impl Latch {
    /// Says which addresses offer/answer and signalling name. What was learned is forgotten if either changed.
    pub fn expect(&mut self, remote: Option<SocketAddr>, signalling: SocketAddr) {
        // The signalling port says nothing about media, and over TCP it changes with each connection.
        let signalling = Some(signalling.ip());
        if remote != self.remote || signalling != self.signalling {
            // Hold by c=0.0.0.0 names no address; the party stays who it was.
            let held = remote.is_none() && signalling == self.signalling;
            self.remote = remote.or(self.remote.filter(|_| held));
            self.signalling = signalling;
            if !held {
                self.state = State::Open;
            }
        }
    }

    /// Judges a packet by its source.
    pub fn judge(&mut self, source: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        let announced = Some(source) == self.remote;
        if let State::Locked(party) = self.state {
            return if source == party || announced { Verdict::Take } else { Verdict::Refuse };
        }
        if announced {
            self.state = State::Locked(source);
            return Verdict::Take;
        }
        let host = Some(source.ip());
        if host != self.remote.map(|remote| remote.ip()) && host != self.signalling {
            return Verdict::Refuse;
        }
        let count = match self.state {
            State::Candidate { source: last, ssrc: same, sequence: before, count }
                if last == source && same == ssrc && sequence == before.wrapping_add(1) =>
            {
                count + 1
            }
            State::Open | State::Candidate { .. } | State::Locked(_) => 1,
        };
        if count >= LATCH_PROBATION {
            self.state = State::Locked(source);
            Verdict::Take
        } else {
            self.state = State::Candidate { source, ssrc, sequence, count };
            Verdict::Probation
        }
    }

    /// Where to send: the party as learned, else as SDP says.
    #[must_use]
    pub fn target(&self) -> Option<SocketAddr> {
        match self.state {
            State::Locked(party) => Some(party),
            State::Open | State::Candidate { .. } => self.remote,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn latch(remote: &str, signalling: &str) -> Latch {
        let mut latch = Latch::default();
        latch.expect(Some(at(remote)), at(signalling));
        latch
    }

    #[test]
    fn the_address_in_sdp_is_believed_at_once_and_for_good() {
        let mut latch = latch("10.0.0.1:4000", "10.0.0.1:5060");
        assert_eq!(latch.target(), Some(at("10.0.0.1:4000")));
        assert_eq!(latch.judge(at("10.0.0.1:4000"), 1, 1), Verdict::Take);
        assert_eq!(latch.judge(at("10.0.0.1:4002"), 1, 2), Verdict::Refuse);
    }

    #[test]
    fn a_stranger_never_becomes_the_party_even_when_first() {
        let mut latch = latch("10.0.0.1:4000", "192.0.2.1:5060");
        for sequence in 0..100 {
            assert_eq!(latch.judge(at("203.0.113.9:4000"), 7, sequence), Verdict::Refuse);
        }
        assert_eq!(latch.target(), Some(at("10.0.0.1:4000")));
    }

    #[test]
    fn another_port_of_the_same_host_is_learned_after_probation() {
        let mut latch = latch("127.0.0.1:6000", "127.0.0.1:5060");
        assert_eq!(latch.judge(at("127.0.0.1:40000"), 1, 65_535), Verdict::Probation);
        assert_eq!(latch.target(), Some(at("127.0.0.1:6000")));
        assert_eq!(latch.judge(at("127.0.0.1:40000"), 1, 0), Verdict::Take);
        assert_eq!(latch.target(), Some(at("127.0.0.1:40000")));
        assert_eq!(latch.judge(at("127.0.0.1:6000"), 2, 9), Verdict::Take, "what SDP names stays believed");
        assert_eq!(latch.target(), Some(at("127.0.0.1:40000")), "but what was learned stays the target");
        assert_eq!(latch.judge(at("127.0.0.1:40002"), 1, 1), Verdict::Refuse);
    }

    #[test]
    fn nat_is_learned_by_the_address_of_signalling() {
        let mut latch = latch("192.168.1.5:4000", "198.51.100.7:61000");
        assert_eq!(latch.judge(at("198.51.100.7:33000"), 1, 5), Verdict::Probation);
        assert_eq!(latch.judge(at("198.51.100.7:33000"), 1, 6), Verdict::Take);
    }

    #[test]
    fn probation_starts_over_when_packets_do_not_follow_each_other() {
        let mut latch = latch("10.0.0.1:4000", "10.0.0.1:5060");
        for (port, ssrc, sequence) in [(9, 1, 1), (9, 1, 3), (8, 1, 4), (8, 2, 5)] {
            assert_eq!(
                latch.judge(SocketAddr::new(at("10.0.0.1:0").ip(), port), ssrc, sequence),
                Verdict::Probation
            );
        }
        assert_eq!(latch.judge(at("10.0.0.1:8"), 2, 6), Verdict::Take);
    }

    #[test]
    fn only_a_changed_address_opens_it_again() {
        let mut latch = latch("10.0.0.1:4000", "10.0.0.1:5060");
        latch.judge(at("10.0.0.1:4000"), 1, 1);
        latch.expect(Some(at("10.0.0.1:4000")), at("10.0.0.1:5062"));
        assert_eq!(latch.judge(at("10.0.0.1:4002"), 1, 2), Verdict::Refuse);
        latch.expect(None, at("10.0.0.1:5060"));
        assert_eq!(latch.target(), Some(at("10.0.0.1:4000")), "hold by 0.0.0.0 keeps the party");
        latch.expect(Some(at("10.0.0.2:4000")), at("10.0.0.1:5060"));
        assert_eq!(latch.target(), Some(at("10.0.0.2:4000")));
        assert_eq!(latch.judge(at("10.0.0.2:4000"), 1, 2), Verdict::Take);
    }

    #[test]
    fn before_any_sdp_nobody_is_believed() {
        assert_eq!(Latch::default().judge(at("10.0.0.1:1"), 1, 1), Verdict::Refuse);
    }
}
