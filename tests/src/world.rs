//! An office in simulated time: one exchange, phones and a trunk that are SIP endpoints themselves, wires that lose and
//! reorder, a media engine and a store that keep promises but no time. Everything comes from a seed; a failed check
//! prints `seed=… step=…`.

#![expect(clippy::unwrap_used, reason = "a test world stops at the first surprise")]
#![expect(clippy::panic, reason = "a failed check is a panic that names seed and step")]

pub mod check;
pub mod digest;
pub mod media;
pub mod office;
pub mod party;
pub mod random;
pub mod store;
pub mod wire;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flow_call::{Config, Exchange, MediaAddress, Office, Output};
use flow_media::ports::PortPool;
use flow_sip::{Binding, Directory, Endpoint, Flow, LegId, Secret, Transport, TrunkAcl, UserCredential};

use media::Media;
use party::{Do, Party};
use random::Random;
use store::Store;
use wire::Wire;

/// Where the exchange is.
pub const EXCHANGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);
/// Wall time at the start, ms UTC: 2026-03-02 22:00.
pub const WALL_START_MS: i64 = 1_772_488_800_000;
/// Most steps of one world; more is a loop.
const STEPS_MAX: u64 = 2_000_000;

/// Names a party of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartyIx(pub usize);

/// The office and its surroundings.
pub struct World {
    /// What it comes from.
    pub seed: u64,
    /// Steps done.
    pub step: u64,
    /// Simulated time.
    pub now: Duration,
    /// The phone system.
    pub exchange: Exchange,
    /// Phones and trunks.
    pub parties: Vec<Party>,
    /// The media engine.
    pub media: Media,
    /// The store.
    pub store: Store,
    /// The wires.
    pub wire: Wire,
    /// What people will do, by time.
    agenda: BTreeMap<(Duration, u64), (PartyIx, Do)>,
    planned: u64,
    /// Draws for whoever needs them.
    pub random: Random,
}

/// How a world is made.
pub struct Plan {
    /// What it comes from.
    pub seed: u64,
    /// Facts of the office.
    pub office: Office,
    /// Users with phones: name and how many phones each has.
    pub phones: Vec<(&'static str, usize)>,
    /// Users who are further lines of the first phone.
    pub lines: Vec<&'static str>,
    /// Share of packets lost, in percent.
    pub loss_percent: u64,
    /// Longest time on the wire; the shortest is 1 ms.
    pub delay_ms_max: u64,
    /// RTP port pairs that the exchange has.
    pub port_pairs: u16,
}

impl Plan {
    /// Two phones (101 and 102), a trunk, perfect wires.
    pub fn calm(seed: u64) -> Plan {
        Plan {
            seed,
            office: office::sample(),
            phones: vec![("101", 1), ("102", 1)],
            lines: Vec::new(),
            loss_percent: 0,
            delay_ms_max: 1,
            port_pairs: 100,
        }
    }
}

impl World {
    /// Builds it. Phones are registered; the trunk is the last party.
    pub fn new(plan: Plan) -> World {
        let mut random = Random::new(plan.seed);
        let mut parties = Vec::new();
        for (user, count) in &plan.phones {
            for _ in 0..*count {
                let host = u8::try_from(100 + parties.len()).unwrap();
                let at = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), 5060);
                parties.push(Party::new(user, Some("secret"), at, random.next()));
            }
        }
        let trunk = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)), 5060);
        parties.push(Party::new("trunk", None, trunk, random.next()));

        let lines = plan.lines.iter().map(|user| (*user, 1));
        let users = plan.phones.iter().copied().chain(lines).map(|(user, count)| {
            let credential = UserCredential {
                secret: Secret::new("secret"),
                max_registrations: u16::try_from(count).unwrap().max(1),
            };
            (user.to_owned(), credential)
        });
        let directory = Directory {
            domain: "office.test".to_owned(),
            users: users.collect(),
            trunks: vec![TrunkAcl {
                trunk: "carrier".to_owned(),
                networks: vec!["192.0.2.0/24".parse().unwrap()],
            }],
        };
        let config = flow_sip::Config::new(EXCHANGE.ip(), EXCHANGE.port());
        let mut sip = Endpoint::new(config, Arc::new(directory), random.bytes());
        let bindings = parties.iter().filter(|party| party.secret.is_some());
        let bindings = bindings.map(|party| binding(&party.user, party.at));
        let lines = plan.lines.iter().map(|user| binding(user, parties.first().unwrap().at));
        sip.restore(Duration::ZERO, bindings.chain(lines).collect());

        let ports = PortPool::new(
            10_000..=(10_000 + plan.port_pairs * 2 - 1),
            flow_media::limits::PORT_REST,
            random.next(),
        )
        .unwrap();
        let config = Config {
            media: MediaAddress { advertised: EXCHANGE.ip(), on_loopback: false },
            recordings: PathBuf::from("/recordings"),
            instance: plan.seed,
        };
        World {
            seed: plan.seed,
            step: 0,
            now: Duration::ZERO,
            exchange: Exchange::new(config, sip, ports, Arc::new(plan.office)),
            parties,
            media: Media::default(),
            store: Store::default(),
            wire: Wire::new(plan.loss_percent, plan.delay_ms_max),
            agenda: BTreeMap::new(),
            planned: 0,
            random,
        }
    }

    /// The trunk.
    pub fn trunk(&self) -> PartyIx {
        PartyIx(self.parties.len() - 1)
    }

    /// Wall time, ms UTC.
    pub fn wall_ms(&self) -> i64 {
        WALL_START_MS + i64::try_from(self.now.as_millis()).unwrap()
    }

    /// Somebody will do something.
    pub fn plan(&mut self, after: Duration, who: PartyIx, what: Do) {
        self.planned += 1;
        self.agenda.insert((self.now + after, self.planned), (who, what));
    }

    /// A party does something now.
    pub fn act(&mut self, who: PartyIx, what: Do) {
        let (now, exchange) = (self.now, EXCHANGE);
        let party = self.party_mut(who);
        party.act(now, exchange, what);
        self.settle();
    }

    /// A party.
    pub fn party(&self, who: PartyIx) -> &Party {
        self.parties.get(who.0).unwrap()
    }

    /// A party.
    pub fn party_mut(&mut self, who: PartyIx) -> &mut Party {
        self.parties.get_mut(who.0).unwrap()
    }

    /// Runs until nothing is going to happen any more, or `longest` has passed.
    pub fn run(&mut self, longest: Duration) {
        self.run_until(longest, |_| false);
    }

    /// Runs until `wanted`, nothing going to happen, or `longest` having passed. Says whether `wanted` came.
    pub fn run_until(&mut self, longest: Duration, wanted: impl Fn(&World) -> bool) -> bool {
        let end = self.now + longest;
        loop {
            if wanted(self) {
                return true;
            }
            let next = self.next_event();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return wanted(self);
            };
            self.now = self.now.max(next);
            self.once();
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Runs until `wanted`, or fails.
    pub fn expect(&mut self, what: &str, longest: Duration, wanted: impl Fn(&World) -> bool) {
        if !self.run_until(longest, wanted) {
            self.fail(&format!("expected within {longest:?}: {what}"));
        }
    }

    /// Fails the test, saying where the world stands.
    pub fn fail(&self, what: &str) -> ! {
        let calls: Vec<_> = self.exchange.calls().collect();
        panic!(
            "seed={} step={} at {:?}: {what}\ncalls: {calls:#?}\nleftovers: {:?}\nlast messages:\n{}",
            self.seed,
            self.step,
            self.now,
            self.exchange.leftovers(),
            self.wire.recent()
        );
    }

    /// When something happens next.
    fn next_event(&self) -> Option<Duration> {
        let parties = self.parties.iter().filter_map(|party| party.endpoint.next_deadline());
        [
            self.exchange.next_deadline(),
            self.wire.next(),
            self.media.next(),
            self.store.next(),
            self.agenda.first_key_value().map(|((at, _), _)| *at),
        ]
        .into_iter()
        .flatten()
        .chain(parties)
        .min()
    }

    /// Everything that is due now happens, one thing at a time.
    fn once(&mut self) {
        self.step += 1;
        if self.step > STEPS_MAX {
            self.fail("the world doesn't come to rest");
        }
        let (now, wall_ms) = (self.now, self.wall_ms());
        if let Some(packet) = self.wire.due(now) {
            self.deliver(&packet);
        } else if let Some(event) = self.media.due(now) {
            self.exchange.media_event(now, wall_ms, &event);
        } else if let Some(answer) = self.store.due(now) {
            self.exchange.stored(now, wall_ms, &answer);
        } else if let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= now) {
            let (who, what) = entry.remove();
            self.party_mut(who).act(now, EXCHANGE, what);
        } else {
            self.exchange.tick(now, wall_ms);
            for party in &mut self.parties {
                party.endpoint.tick(now);
            }
        }
        self.settle();
    }

    fn deliver(&mut self, packet: &wire::Packet) {
        let (now, wall_ms) = (self.now, self.wall_ms());
        let flow = Flow { transport: Transport::Udp, remote: packet.from, connection: None };
        if packet.to == EXCHANGE {
            self.store.saw(packet);
            self.exchange.sip_datagram(now, wall_ms, &flow, &packet.bytes);
        } else if let Some(party) = self.parties.iter_mut().find(|party| party.at == packet.to && !party.dead)
        {
            party.receive(now, &flow, &packet.bytes);
        }
    }

    /// Moves every output to where it belongs, lets people react, and checks what must always hold.
    fn settle(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Sip(transmit) => {
                    if transmit.flow.transport != Transport::Udp {
                        self.fail("a message to a UDP party is sent by TCP");
                    }
                    let packet =
                        wire::Packet { from: EXCHANGE, to: transmit.flow.remote, bytes: transmit.bytes };
                    self.store.answered(&packet);
                    self.wire.send(self.now, packet, &mut self.random);
                }
                Output::Media(command) => {
                    if let Err(fault) = self.media.command(self.now, &command, &mut self.random) {
                        self.fail(&format!("{fault}: {command:?}"));
                    }
                }
                Output::Store(request) => {
                    if let Err(fault) = self.store.request(self.now, &request, &mut self.random) {
                        self.fail(&fault);
                    }
                }
            }
        }
        for index in 0..self.parties.len() {
            self.settle_party(PartyIx(index));
        }
        if let Err(fault) = check::always(self) {
            self.fail(&fault);
        }
    }

    fn settle_party(&mut self, who: PartyIx) {
        let now = self.now;
        let party = self.parties.get_mut(who.0).unwrap();
        let mut planned = Vec::new();
        party.settle(now, EXCHANGE, &mut self.random, &mut planned);
        let from = party.at;
        let sent = std::mem::take(&mut party.sent);
        let pressed = std::mem::take(&mut party.pressed);
        for bytes in sent {
            self.wire.send(now, wire::Packet { from, to: EXCHANGE, bytes }, &mut self.random);
        }
        for (port, key) in pressed {
            self.media.press(now, port, key);
        }
        for (after, what) in planned {
            self.plan(after, who, what);
        }
    }

    /// Sends bytes that no party of ours would write, from an address of the trunk's network.
    pub fn raw(&mut self, from: SocketAddr, text: &str) {
        let packet = wire::Packet { from, to: EXCHANGE, bytes: text.as_bytes().to_vec() };
        self.wire.send(self.now, packet, &mut self.random);
    }

    /// Whether these two hear each other: their media legs are bridged, set up towards them, and open both ways.
    pub fn talk(&self, a: (PartyIx, LegId), b: (PartyIx, LegId)) -> bool {
        let (Some(a), Some(b)) = (self.rtp(a), self.rtp(b)) else { return false };
        self.media.hears(a, b) && self.media.hears(b, a)
    }

    /// Whether `listener` hears `speaker`.
    pub fn hears(&self, listener: (PartyIx, LegId), speaker: (PartyIx, LegId)) -> bool {
        let (Some(a), Some(b)) = (self.rtp(listener), self.rtp(speaker)) else { return false };
        self.media.hears(a, b)
    }

    fn rtp(&self, (who, leg): (PartyIx, LegId)) -> Option<SocketAddr> {
        self.party(who).rtp(leg)
    }
}

fn binding(user: &str, at: SocketAddr) -> Binding {
    Binding {
        user: user.to_owned(),
        contact: format!("sip:{user}@{at}"),
        flow: Flow { transport: Transport::Udp, remote: at, connection: None },
        user_agent: "sim".to_owned(),
        call_id: format!("reg-{at}"),
        cseq: 1,
        expires: Duration::from_secs(30 * 24 * 3600),
    }
}
