//! The façade: every input, command and output of the SIP core.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Config, Directory, Leftovers, OutgoingCall, Reason, Refused, Stats, Transmit};
use crate::event::{Binding, ConnectionId, Event, Flow, LegId};

/// The SIP side of one phone system. See the crate's documentation for how to drive it.
pub struct Endpoint {
    config: Config,
    directory: Arc<Directory>,
    stats: Stats,
    events: VecDeque<Event>,
    transmits: VecDeque<Transmit>,
}

/// Inputs.
impl Endpoint {
    /// An endpoint that knows `directory`. `seed` feeds tags, branches, Call-IDs and the nonce key: from the system's
    /// random source in service, fixed in a test.
    pub fn new(config: Config, directory: Arc<Directory>, seed: [u8; 32]) -> Endpoint {
        let _ = seed;
        Endpoint {
            config,
            directory,
            stats: Stats::default(),
            events: VecDeque::new(),
            transmits: VecDeque::new(),
        }
    }

    /// Uses `directory` from now on. Live calls and bindings stay, but the contacts of users that are no longer in it end.
    pub fn set_directory(&mut self, now: Duration, directory: Arc<Directory>) {
        let _ = (now, directory);
    }

    /// Puts back the bindings that an earlier process stored, without events. Those already over, of unknown users, or on
    /// a stream (which did not survive) are left out.
    pub fn restore(&mut self, now: Duration, bindings: Vec<Binding>) {
        let _ = (now, bindings);
    }

    /// Takes a datagram from `flow`.
    pub fn receive(&mut self, now: Duration, flow: &Flow, datagram: &[u8]) {
        let _ = (now, flow, datagram);
    }

    /// A stream was accepted, or opened for a [`Transmit`] that asked for one.
    pub fn stream_opened(&mut self, now: Duration, connection: ConnectionId, remote: SocketAddr) {
        let _ = (now, connection, remote);
    }

    /// Takes bytes from a stream, cut anywhere. Returns false when the stream carries no SIP and is to be closed.
    #[must_use]
    pub fn stream_data(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) -> bool {
        let _ = (now, connection, bytes);
        true
    }

    /// A stream ended, from either side. Contacts registered over it stay until they expire but can't be called.
    pub fn stream_closed(&mut self, now: Duration, connection: ConnectionId) {
        let _ = (now, connection);
    }

    /// No stream to `remote` could be opened; whoever waits for it fails with 503.
    pub fn stream_failed(&mut self, now: Duration, remote: SocketAddr) {
        let _ = (now, remote);
    }

    /// Fires the timers that are due. Early or late calls do no harm.
    pub fn tick(&mut self, now: Duration) {
        let _ = now;
    }
}

/// Commands of call control.
impl Endpoint {
    /// Sends an INVITE. Always makes a leg: what goes wrong, even at once, comes as `Failed` and then `Gone`.
    pub fn call(&mut self, now: Duration, call: OutgoingCall) -> LegId {
        let _ = (now, call);
        LegId(0)
    }

    /// Tells the caller of an incoming leg that a phone rings: 180, or 183 with `sdp` as early media. May be repeated.
    pub fn ring(&mut self, now: Duration, leg: LegId, sdp: Option<Vec<u8>>) -> Result<(), Refused> {
        let _ = (now, leg, sdp);
        Err(Refused::NoSuchLeg)
    }

    /// Answers an incoming leg with 200 and `sdp`: the answer, or our offer when the INVITE had none (its answer then
    /// comes as `OfferAnswered` with the ACK, before `Confirmed`).
    pub fn answer(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        let _ = (now, leg, sdp);
        Err(Refused::NoSuchLeg)
    }

    /// Refuses an incoming leg that was not answered. `status` is cut to 400–699.
    pub fn reject(
        &mut self,
        now: Duration,
        leg: LegId,
        status: u16,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        let _ = (now, leg, status, reason);
        Err(Refused::NoSuchLeg)
    }

    /// Gives up an outgoing leg that was not answered: CANCEL, as soon as a 1xx allows it. `Failed` (487, or what the
    /// far end said) follows; an answer that crosses it is ended by us and shows as `Failed` 487 too.
    pub fn cancel(&mut self, now: Duration, leg: LegId, reason: Option<Reason>) -> Result<(), Refused> {
        let _ = (now, leg, reason);
        Err(Refused::NoSuchLeg)
    }

    /// Ends a leg, whatever its state: BYE after the answer, [`Endpoint::cancel`] before that on an outgoing leg, 480 on
    /// an incoming one. No `Hangup` follows, only `Gone` (and `Failed` for an outgoing leg that was not answered).
    pub fn hangup(&mut self, now: Duration, leg: LegId, reason: Option<Reason>) -> Result<(), Refused> {
        let _ = (now, leg, reason);
        Err(Refused::NoSuchLeg)
    }

    /// Offers a new session on an answered leg (re-INVITE). `OfferAnswered` follows. Waits by itself while another offer
    /// is under way, and after 491.
    pub fn reinvite(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        let _ = (now, leg, sdp);
        Err(Refused::NoSuchLeg)
    }

    /// Accepts the session that `Event::Offer` brought: `sdp` is the answer, or our offer when it had none.
    pub fn answer_offer(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        let _ = (now, leg, sdp);
        Err(Refused::NoSuchLeg)
    }

    /// Refuses the session that `Event::Offer` brought; the old one stays. 488 is usual. `status` is cut to 400–699.
    pub fn reject_offer(&mut self, now: Duration, leg: LegId, status: u16) -> Result<(), Refused> {
        let _ = (now, leg, status);
        Err(Refused::NoSuchLeg)
    }

    /// Refuses new calls with 503 from now on and ends every leg with `reason`.
    pub fn shutdown(&mut self, now: Duration, reason: Option<Reason>) {
        let _ = (now, reason);
    }
}

/// Outputs and questions.
impl Endpoint {
    /// The next bytes to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When `tick` is wanted next; `None` when nothing waits.
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }

    /// The contacts of `user` that can be called now, oldest first: not expired, and their stream, if any, still open.
    pub fn contacts(&self, now: Duration, user: &str) -> Vec<Binding> {
        let _ = (now, user);
        Vec::new()
    }

    /// Counters since start.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What is held at the moment, to find leaks. Bindings are not counted: they are meant to stay.
    pub fn leftovers(&self) -> Leftovers {
        Leftovers::default()
    }

    /// Nothing is held: see [`Endpoint::leftovers`].
    pub fn is_idle(&self) -> bool {
        true
    }
}
