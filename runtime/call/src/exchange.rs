//! The façade: every input and output of call control.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_media::control::{Command, Event as MediaEvent};
use flow_media::ports::PortPool;
use flow_sip::{ConnectionId, Directory, Endpoint, Event as SipEvent, Flow, LegId as SipLeg, Transmit};

use crate::call::Call;
use crate::cause::Why;
use crate::desk::{Desk, Ids, Legs};
use crate::office::Office;
use crate::record::CallKey;
use crate::request::{StoreAnswer, StoreRequest};

/// A live call; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Settings that hold for the life of an [`Exchange`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The addresses at which parties send us media; they go into SDP.
    pub media: MediaAddress,
    /// The folder in which recordings grow.
    pub recordings: PathBuf,
    /// A number that differs between processes (from the system's random source; fixed in a test). Part of the names
    /// of calls.
    pub instance: u64,
}

/// Where parties are told to send their sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaAddress {
    /// The address that the network reaches.
    pub advertised: IpAddr,
    /// Whether media is also taken at the loopback address.
    pub on_loopback: bool,
}

impl MediaAddress {
    /// The address for a party by that of its signalling. A phone on the server's own machine that names its loopback
    /// address would send from the advertised one if it were told that (a system chooses the source by the
    /// destination), and sound from an address that nobody named is not believed.
    pub(crate) fn told_to(self, party: IpAddr) -> IpAddr {
        match party {
            IpAddr::V4(ip) if self.on_loopback && ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if self.on_loopback && ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
            IpAddr::V4(_) | IpAddr::V6(_) => self.advertised,
        }
    }
}

/// What comes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Bytes for the wire.
    Sip(Transmit),
    /// For the media engine, in order.
    Media(Command),
    /// For the store, in order.
    Store(StoreRequest),
}

/// A live call as seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// The call.
    pub call: CallId,
    /// Its name in records.
    pub key: CallKey,
    /// The caller's number.
    pub caller: String,
    /// What was dialled.
    pub dialled: String,
    /// The flow that it runs.
    pub flow: String,
    /// Hash of the program that it runs, in hex.
    pub program_hash: String,
    /// What is being done for it: `playing`, `menu`, `ringing`, `talking` …
    pub activity: &'static str,
    /// When it began, ms UTC.
    pub started_ms: i64,
    /// When something happens to it at the latest.
    pub deadline: Duration,
}

/// What is held at the moment, to find leaks; all zero when nothing goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Live calls.
    pub calls: usize,
    /// SIP legs that are not gone.
    pub sip_legs: usize,
    /// Media legs that are not closed.
    pub media_legs: usize,
    /// RTP ports in use.
    pub ports: usize,
    /// What the SIP endpoint holds.
    pub sip: flow_sip::Leftovers,
}

/// The phone system as a value. After each input drain [`Exchange::poll`], then sleep until
/// [`Exchange::next_deadline`] and call [`Exchange::tick`].
pub struct Exchange {
    config: Config,
    office: Arc<Office>,
    sip: Endpoint,
    ports: PortPool,
    calls: BTreeMap<CallId, Call>,
    /// Deadline of every call, as [`Exchange::scheduled`] has it.
    deadlines: BTreeSet<(Duration, CallId)>,
    scheduled: BTreeMap<CallId, Duration>,
    legs: Legs,
    ids: Ids,
    out: VecDeque<Output>,
    draining: bool,
}

/// Inputs.
impl Exchange {
    /// A phone system without calls. The endpoint has its directory and restored bindings.
    #[must_use]
    pub fn new(config: Config, sip: Endpoint, ports: PortPool, office: Arc<Office>) -> Exchange {
        Exchange {
            config,
            office,
            sip,
            ports,
            calls: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            scheduled: BTreeMap::new(),
            legs: Legs::default(),
            ids: Ids::default(),
            out: VecDeque::new(),
            draining: false,
        }
    }

    /// Uses these facts from now on. Live calls keep their programs; what their next effects look up is new.
    pub fn set_office(&mut self, office: Arc<Office>) {
        self.office = office;
    }

    /// Uses this directory of users and trunks from now on.
    pub fn set_directory(&mut self, now: Duration, wall_ms: i64, directory: Arc<Directory>) {
        self.sip.set_directory(now, directory);
        self.drain_sip(now, wall_ms);
    }

    /// Takes a SIP datagram.
    pub fn sip_datagram(&mut self, now: Duration, wall_ms: i64, flow: &Flow, datagram: &[u8]) {
        self.sip.receive(now, flow, datagram);
        self.drain_sip(now, wall_ms);
    }

    /// A SIP stream was accepted, or opened for an output that asked for one.
    pub fn sip_stream_opened(
        &mut self,
        now: Duration,
        wall_ms: i64,
        connection: ConnectionId,
        remote: std::net::SocketAddr,
    ) {
        self.sip.stream_opened(now, connection, remote);
        self.drain_sip(now, wall_ms);
    }

    /// Takes bytes from a SIP stream. False when it is to be closed.
    #[must_use]
    pub fn sip_stream_data(
        &mut self,
        now: Duration,
        wall_ms: i64,
        connection: ConnectionId,
        bytes: &[u8],
    ) -> bool {
        let keep = self.sip.stream_data(now, connection, bytes);
        self.drain_sip(now, wall_ms);
        keep
    }

    /// A SIP stream ended.
    pub fn sip_stream_closed(&mut self, now: Duration, wall_ms: i64, connection: ConnectionId) {
        self.sip.stream_closed(now, connection);
        self.drain_sip(now, wall_ms);
    }

    /// No SIP stream to `remote` could be opened.
    pub fn sip_stream_failed(&mut self, now: Duration, wall_ms: i64, remote: std::net::SocketAddr) {
        self.sip.stream_failed(now, remote);
        self.drain_sip(now, wall_ms);
    }

    /// Takes an event of the media engine.
    pub fn media_event(&mut self, now: Duration, wall_ms: i64, event: &MediaEvent) {
        let leg = match event {
            MediaEvent::Key { leg, .. }
            | MediaEvent::PlayEnded { leg, .. }
            | MediaEvent::RecordEnded { leg, .. }
            | MediaEvent::Silent { leg }
            | MediaEvent::Heard { leg }
            | MediaEvent::OpenFailed { leg }
            | MediaEvent::Closed { leg, .. } => *leg,
        };
        let Some(used) = self.legs.media.get(&leg).copied() else { return };
        if let MediaEvent::Closed { .. } = event {
            self.legs.media.remove(&leg);
            self.ports.give(now, used.port);
        }
        self.with_call(now, wall_ms, used.call, |call, desk| call.media(desk, event));
        self.drain_sip(now, wall_ms);
    }

    /// Takes an answer of the store.
    pub fn stored(&mut self, now: Duration, wall_ms: i64, answer: &StoreAnswer) {
        let (StoreAnswer::Room { call, .. } | StoreAnswer::Message { call, .. }) = answer;
        self.with_call(now, wall_ms, *call, |call, desk| call.stored(desk, answer));
        self.drain_sip(now, wall_ms);
    }

    /// Does what is due. Early or late calls do no harm.
    pub fn tick(&mut self, now: Duration, wall_ms: i64) {
        self.sip.tick(now);
        self.drain_sip(now, wall_ms);
        let due: Vec<CallId> = self
            .deadlines
            .iter()
            .take_while(|(deadline, _)| *deadline <= now)
            .map(|(_, call)| *call)
            .collect();
        for call in due {
            self.with_call(now, wall_ms, call, Call::tick);
        }
        self.drain_sip(now, wall_ms);
    }

    /// Ends a call. False when there is none.
    pub fn hangup(&mut self, now: Duration, wall_ms: i64, call: CallId) -> bool {
        let found = self.calls.contains_key(&call);
        self.with_call(now, wall_ms, call, |call, desk| call.end(desk, Why::Operator));
        self.drain_sip(now, wall_ms);
        found
    }

    /// Takes no new calls from now on (503); running calls go on.
    pub fn drain(&mut self) {
        self.draining = true;
    }

    /// Takes no new calls and ends the running ones. Their records are complete once [`Exchange::active_calls`] is 0.
    pub fn shutdown(&mut self, now: Duration, wall_ms: i64) {
        self.draining = true;
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for call in calls {
            self.with_call(now, wall_ms, call, |call, desk| call.end(desk, Why::Shutdown));
        }
        self.drain_sip(now, wall_ms);
    }
}

/// Outputs and questions.
impl Exchange {
    /// The next output.
    pub fn poll(&mut self) -> Option<Output> {
        if let Some(output) = self.out.pop_front() {
            return Some(output);
        }
        self.sip.poll_transmit().map(Output::Sip)
    }

    /// When [`Exchange::tick`] is wanted next; `None` when nothing waits.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let call = self.deadlines.first().map(|(deadline, _)| *deadline);
        match (call, self.sip.next_deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Calls whose record isn't closed.
    #[must_use]
    pub fn active_calls(&self) -> usize {
        self.calls.len()
    }

    /// The live calls, oldest first.
    pub fn calls(&self) -> impl Iterator<Item = CallView> + '_ {
        self.calls.iter().map(|(id, call)| {
            let record = call.record();
            CallView {
                call: *id,
                key: record.call.clone(),
                caller: record.caller.number.clone(),
                dialled: record.dialled.clone(),
                flow: record.flow.clone(),
                program_hash: record.program_hash.clone(),
                activity: call.activity(),
                started_ms: record.started_ms,
                deadline: call.deadline(),
            }
        })
    }

    /// The endpoint, for its counters and contacts.
    #[must_use]
    pub fn sip(&self) -> &Endpoint {
        &self.sip
    }

    /// The facts in use.
    #[must_use]
    pub fn office(&self) -> &Arc<Office> {
        &self.office
    }

    /// What is held at the moment.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        Leftovers {
            calls: self.calls.len(),
            sip_legs: self.legs.sip.len(),
            media_legs: self.legs.media.len(),
            ports: self.ports.in_use(),
            sip: self.sip.leftovers(),
        }
    }
}

impl Exchange {
    /// Hands every SIP event to the call that it belongs to. Carrying one out may make more; a command never makes an
    /// endless chain, since each leg ends once.
    fn drain_sip(&mut self, now: Duration, wall_ms: i64) {
        while let Some(event) = self.sip.poll_event() {
            self.sip_event(now, wall_ms, event);
        }
    }

    fn sip_event(&mut self, now: Duration, wall_ms: i64, event: SipEvent) {
        match event {
            SipEvent::Incoming { leg, call } => self.incoming(now, wall_ms, leg, &call),
            SipEvent::Bound(binding) => self.out.push_back(Output::Store(StoreRequest::Bind(binding))),
            SipEvent::Unbound { user, contact } => {
                self.out.push_back(Output::Store(StoreRequest::Unbind { user, contact }));
            }
            SipEvent::Gone { leg } => {
                self.leg_event(now, wall_ms, leg, event);
                self.legs.sip.remove(&leg);
            }
            SipEvent::Progress { leg, .. }
            | SipEvent::Answered { leg, .. }
            | SipEvent::Failed { leg, .. }
            | SipEvent::Confirmed { leg }
            | SipEvent::Cancelled { leg }
            | SipEvent::Offer { leg, .. }
            | SipEvent::OfferAnswered { leg, .. }
            | SipEvent::InfoKey { leg, .. }
            | SipEvent::Hangup { leg, .. } => self.leg_event(now, wall_ms, leg, event),
        }
    }

    fn leg_event(&mut self, now: Duration, wall_ms: i64, leg: SipLeg, event: SipEvent) {
        let owner = self.legs.sip.get(&leg).copied();
        let live = owner.filter(|call| self.calls.contains_key(call));
        match (live, &event) {
            (Some(call), _) => self.with_call(now, wall_ms, call, |call, desk| call.sip(desk, leg, event)),
            // The call is over and the leg is about to be.
            (None, SipEvent::Offer { .. }) => crate::caller::report(self.sip.reject_offer(now, leg, 488)),
            (None, _) => {}
        }
    }

    /// Lets a call handle something, then keeps its new deadline, or forgets it when it is over.
    fn with_call(
        &mut self,
        now: Duration,
        wall_ms: i64,
        id: CallId,
        handle: impl FnOnce(&mut Call, &mut Desk<'_>),
    ) {
        let office = Arc::clone(&self.office);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut desk = Desk {
            now,
            wall_ms,
            config: &self.config,
            office: &office,
            sip: &mut self.sip,
            ports: &mut self.ports,
            legs: &mut self.legs,
            ids: &mut self.ids,
            out: &mut self.out,
        };
        handle(call, &mut desk);
        let deadline = (!call.is_over()).then(|| call.deadline());
        match call.keeps_busy(&office) {
            phones if phones.is_empty() => self.legs.busy.remove(&id),
            phones => self.legs.busy.insert(id, phones),
        };
        self.schedule(id, deadline);
    }

    fn schedule(&mut self, id: CallId, deadline: Option<Duration>) {
        if let Some(old) = self.scheduled.remove(&id) {
            self.deadlines.remove(&(old, id));
        }
        match deadline {
            Some(deadline) => {
                self.scheduled.insert(id, deadline);
                self.deadlines.insert((deadline, id));
            }
            None => {
                self.calls.remove(&id);
                self.legs.busy.remove(&id);
            }
        }
    }
}

/// What [`crate::incoming`] needs.
impl Exchange {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn calls_of_trunk(&self, trunk: &str) -> usize {
        let of = |call: &&Call| {
            call.record().direction == crate::record::Direction::Inbound && call.record().origin == trunk
        };
        self.calls.values().filter(of).count()
    }

    pub(crate) fn next_call(&mut self) -> CallId {
        CallId(self.ids.next())
    }

    pub(crate) fn store(&mut self, request: StoreRequest) {
        self.out.push_back(Output::Store(request));
    }

    pub(crate) fn reject(&mut self, now: Duration, leg: SipLeg, status: u16) {
        crate::caller::report(self.sip.reject(now, leg, status, None));
    }

    /// Opens what a caller needs; `None` when every port is in use.
    pub(crate) fn open_relay(
        &mut self,
        now: Duration,
        wall_ms: i64,
        call: CallId,
    ) -> Option<crate::relay::Relay> {
        let office = Arc::clone(&self.office);
        let mut desk = Desk {
            now,
            wall_ms,
            config: &self.config,
            office: &office,
            sip: &mut self.sip,
            ports: &mut self.ports,
            legs: &mut self.legs,
            ids: &mut self.ids,
            out: &mut self.out,
        };
        crate::relay::Relay::open(&mut desk, call)
    }

    pub(crate) fn begin(&mut self, now: Duration, wall_ms: i64, id: CallId, leg: SipLeg, call: Call) {
        self.legs.sip.insert(leg, id);
        self.calls.insert(id, call);
        self.with_call(now, wall_ms, id, Call::start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_on_this_machine_are_told_the_loopback_address_when_media_is_taken_there() {
        let ip = |text: &str| -> IpAddr { text.parse().unwrap() };
        let media = MediaAddress { advertised: ip("192.168.1.5"), on_loopback: true };
        for (party, told) in [("127.0.0.1", "127.0.0.1"), ("127.0.0.9", "127.0.0.1"), ("::1", "::1")] {
            assert_eq!(media.told_to(ip(party)), ip(told));
        }
        assert_eq!(media.told_to(ip("192.168.1.77")), ip("192.168.1.5"));
        let bound = MediaAddress { on_loopback: false, ..media };
        assert_eq!(bound.told_to(ip("127.0.0.1")), ip("192.168.1.5"));
    }
}
