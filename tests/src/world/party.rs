//! A phone or a trunk: a SIP endpoint of its own, with a person (or a machine) that does things.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flow_media::control::{Codec, Direction};
use flow_media::sdp::{Agreed, CODECS, Description, LocalSession, Offer};
use flow_sip::{
    Config, Directory, Endpoint, Event, Flow, LegId, OutgoingCall, Party as Name, Transport, TrunkAcl,
};

use super::PartyIx;
use super::digest::Challenge;
use super::random::Random;

/// What is done about calls that arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manners {
    /// Nothing by itself.
    Wait,
    /// Rings at once and answers after so long, with its sound before the answer if `early`.
    Answer {
        /// Time to the answer.
        after_ms: u64,
        /// 183 with SDP instead of 180.
        early: bool,
    },
    /// Refuses after so long.
    Refuse {
        /// Time to the refusal.
        after_ms: u64,
        /// With which status.
        status: u16,
        /// Whether it rings before.
        ring: bool,
    },
    /// Rings until the caller gives up.
    RingOn,
    /// Draws for every call what it does, and does things later in the call too.
    Random,
}

/// What a party can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Do {
    /// Calls.
    Dial(String),
    /// 180.
    Ring(LegId),
    /// 183 with SDP.
    Early(LegId),
    /// 200.
    Answer(LegId),
    /// A final status.
    Refuse(LegId, u16),
    /// BYE, CANCEL or a refusal, as it fits.
    Hangup(LegId),
    /// re-INVITE with another direction of media, as the party sees it: `send` is towards the exchange.
    Direct(LegId, Direction),
    /// A key (RFC 4733).
    Press(LegId, char),
    /// The cable is pulled.
    Die,
}

/// One call of a party.
#[derive(Clone, Debug)]
pub struct Leg {
    /// It was called.
    pub incoming: bool,
    /// Its RTP port.
    pub port: u16,
    session: LocalSession,
    offered: Offer,
    offer: Option<Description>,
    /// What the other side said last.
    pub remote: Option<Description>,
    /// 18x came.
    pub rang: bool,
    /// Early media came.
    pub early: bool,
    /// The call is up.
    pub answered: bool,
    /// The ACK came.
    pub confirmed: bool,
    /// It is over.
    pub over: bool,
    /// The status that it failed with.
    pub status: Option<u16>,
    /// Who calls, as the phone shows it.
    pub caller: Name,
}

/// A party.
pub struct Party {
    /// Its user name.
    pub user: String,
    /// Its password; none for a trunk.
    pub secret: Option<String>,
    /// Where it is.
    pub at: SocketAddr,
    /// Its SIP.
    pub endpoint: Endpoint,
    /// Its calls.
    pub legs: BTreeMap<LegId, Leg>,
    /// What it does about calls.
    pub manners: Manners,
    /// What it speaks, best first.
    pub codecs: Vec<Codec>,
    /// It answers with all of them, in its own order, not with one.
    pub answers_all: bool,
    /// Its cable is pulled.
    pub dead: bool,
    /// Bytes to send.
    pub sent: Vec<Vec<u8>>,
    /// Keys pressed: RTP port of the exchange, key.
    pub pressed: Vec<(u16, char)>,
    dialled: BTreeMap<LegId, (String, bool)>,
    challenge: Option<Challenge>,
    authorized: BTreeMap<String, String>,
    ports: u16,
}

impl Party {
    /// A party that knows the exchange as its only peer.
    pub fn new(user: &str, secret: Option<&str>, at: SocketAddr, seed: u64) -> Party {
        let directory = Directory {
            domain: "phone.test".to_owned(),
            users: BTreeMap::new(),
            trunks: vec![TrunkAcl {
                trunk: "exchange".to_owned(),
                networks: vec!["10.0.0.1".parse().unwrap()],
            }],
        };
        let endpoint =
            Endpoint::new(Config::new(at.ip(), at.port()), Arc::new(directory), Random::new(seed).bytes());
        Party {
            user: user.to_owned(),
            secret: secret.map(str::to_owned),
            at,
            endpoint,
            legs: BTreeMap::new(),
            manners: Manners::Wait,
            codecs: CODECS.to_vec(),
            answers_all: false,
            dead: false,
            sent: Vec::new(),
            pressed: Vec::new(),
            dialled: BTreeMap::new(),
            challenge: None,
            authorized: BTreeMap::new(),
            ports: 40_000,
        }
    }

    /// Its newest call.
    pub fn newest(&self) -> Option<(LegId, &Leg)> {
        self.legs.last_key_value().map(|(id, leg)| (*id, leg))
    }

    /// A call.
    pub fn leg(&self, leg: LegId) -> &Leg {
        self.legs.get(&leg).unwrap()
    }

    /// Where it listens for a call's sound.
    pub fn rtp(&self, leg: LegId) -> Option<SocketAddr> {
        self.legs.get(&leg).map(|leg| SocketAddr::new(self.at.ip(), leg.port))
    }

    /// Takes a message.
    pub fn receive(&mut self, now: Duration, flow: &Flow, bytes: &[u8]) {
        if bytes.starts_with(b"SIP/2.0 407") {
            self.challenge = Challenge::read(&String::from_utf8_lossy(bytes)).or(self.challenge.take());
        }
        self.endpoint.receive(now, flow, bytes);
    }

    /// Does something. What a call's state doesn't allow (any more) is left.
    pub fn act(&mut self, now: Duration, exchange: SocketAddr, what: Do) {
        if self.dead {
            return;
        }
        match what {
            Do::Dial(number) => self.dial(now, exchange, number, false),
            Do::Ring(leg) => {
                let _ = self.endpoint.ring(now, leg, None);
            }
            Do::Early(leg) => {
                let sdp = self.answer_body(leg);
                let _ = self.endpoint.ring(now, leg, sdp);
            }
            Do::Answer(leg) => {
                if let Some(sdp) = self.answer_body(leg)
                    && self.endpoint.answer(now, leg, sdp).is_ok()
                    && let Some(leg) = self.legs.get_mut(&leg)
                {
                    leg.answered = true;
                }
            }
            Do::Refuse(leg, status) => {
                let _ = self.endpoint.reject(now, leg, status, None);
            }
            Do::Hangup(leg) => {
                let _ = self.endpoint.hangup(now, leg, None);
                if let Some(leg) = self.legs.get_mut(&leg) {
                    leg.over = true;
                }
            }
            Do::Direct(leg, direction) => {
                if let Some(known) = self.legs.get_mut(&leg).filter(|leg| leg.answered && !leg.over) {
                    known.offered.direction = direction;
                    let sdp = known.session.offer(&known.offered).into_bytes();
                    let _ = self.endpoint.reinvite(now, leg, sdp);
                }
            }
            Do::Press(leg, key) => {
                let port = self.legs.get(&leg).filter(|leg| !leg.over).and_then(|leg| leg.remote.as_ref());
                let port = port.and_then(|remote| remote.audio.as_ref()?.remote).map(|at| at.port());
                self.pressed.extend(port.map(|port| (port, key)));
            }
            Do::Die => self.dead = true,
        }
    }

    fn dial(&mut self, now: Duration, exchange: SocketAddr, number: String, again: bool) {
        let mut leg = self.new_leg(false);
        let sdp = leg.session.offer(&leg.offered).into_bytes();
        let call = OutgoingCall {
            target: format!("sip:{number}@{exchange}"),
            flow: Flow { transport: Transport::Udp, remote: exchange, connection: None },
            from: Name { name: format!("Phone of {}", self.user), number: self.user.clone() },
            to: Name { name: String::new(), number: number.clone() },
            asserted: None,
            max_forwards: flow_sip::limits::HOPS_MAX,
            sdp,
        };
        let id = self.endpoint.call(now, call);
        self.dialled.insert(id, (number, again));
        self.legs.insert(id, leg);
    }

    fn new_leg(&mut self, incoming: bool) -> Leg {
        let port = self.ports;
        self.ports += 2;
        Leg {
            incoming,
            port,
            session: LocalSession::new(u64::from(port), SocketAddr::new(self.at.ip(), port)),
            offered: Offer { codecs: self.codecs.clone(), direction: Direction::BOTH },
            offer: None,
            remote: None,
            rang: false,
            early: false,
            answered: false,
            confirmed: false,
            over: false,
            status: None,
            caller: Name::default(),
        }
    }

    fn answer_body(&mut self, leg: LegId) -> Option<Vec<u8>> {
        let leg = self.legs.get_mut(&leg)?;
        let offer = leg.offer.as_ref()?;
        if self.answers_all {
            return Some(leg.session.offer(&leg.offered).into_bytes());
        }
        let agreed = Agreed::accept(offer, &in_order_of(offer, &self.codecs), Direction::BOTH).ok()?;
        Some(leg.session.answer(offer, &agreed).into_bytes())
    }

    /// Reads events and sends what the endpoint wants sent. What it will do later goes to `plans`.
    pub fn settle(
        &mut self,
        now: Duration,
        exchange: SocketAddr,
        random: &mut Random,
        plans: &mut Vec<(Duration, Do)>,
    ) {
        while let Some(event) = self.endpoint.poll_event() {
            self.event(now, exchange, event, random, plans);
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let bytes = self.authorize(transmit.bytes);
            if !self.dead {
                self.sent.push(bytes);
            }
        }
    }

    fn event(
        &mut self,
        now: Duration,
        exchange: SocketAddr,
        event: Event,
        random: &mut Random,
        plans: &mut Vec<(Duration, Do)>,
    ) {
        match event {
            Event::Incoming { leg, call } => {
                let mut new = self.new_leg(true);
                new.offer = call.sdp.as_deref().map(|sdp| Description::parse(sdp).unwrap());
                new.remote = new.offer.clone();
                new.caller = call.caller;
                self.legs.insert(leg, new);
                self.called(leg, random, plans);
            }
            Event::Progress { leg, sdp, .. } => {
                let leg = self.legs.get_mut(&leg).unwrap();
                leg.rang = true;
                leg.early |= sdp.is_some();
                leg.remote = sdp.map(|sdp| Description::parse(&sdp).unwrap()).or(leg.remote.take());
            }
            Event::Answered { leg: id, sdp, .. } => {
                let leg = self.legs.get_mut(&id).unwrap();
                leg.answered = true;
                leg.remote = sdp.map(|sdp| Description::parse(&sdp).unwrap()).or(leg.remote.take());
                self.talks(id, random, plans);
            }
            Event::Failed { leg, status, .. } => {
                let known = self.legs.get_mut(&leg).unwrap();
                known.over = true;
                known.status = Some(status);
                if status == 407
                    && let Some((number, false)) = self.dialled.get(&leg).cloned()
                {
                    self.dial(now, exchange, number, true);
                }
            }
            Event::Confirmed { leg } => {
                self.legs.get_mut(&leg).unwrap().confirmed = true;
                self.talks(leg, random, plans);
            }
            Event::Cancelled { leg } | Event::Hangup { leg, .. } | Event::Gone { leg } => {
                self.legs.get_mut(&leg).unwrap().over = true;
            }
            Event::Offer { leg, sdp, .. } => self.offered(now, leg, sdp),
            Event::OfferAnswered { leg, sdp } => {
                let leg = self.legs.get_mut(&leg).unwrap();
                leg.remote = sdp.map(|sdp| Description::parse(&sdp).unwrap()).or(leg.remote.take());
            }
            Event::InfoKey { .. } | Event::Bound(_) | Event::Unbound { .. } => {}
        }
    }

    fn offered(&mut self, now: Duration, id: LegId, sdp: Option<Vec<u8>>) {
        let leg = self.legs.get_mut(&id).unwrap();
        let body = match sdp {
            None => leg.session.offer(&leg.offered).into_bytes(),
            Some(sdp) => {
                let offer = Description::parse(&sdp).unwrap();
                let ours = in_order_of(&offer, &self.codecs);
                let agreed = Agreed::accept(&offer, &ours, Direction::BOTH).unwrap();
                let body = leg.session.answer(&offer, &agreed).into_bytes();
                leg.remote = Some(offer);
                body
            }
        };
        let _ = self.endpoint.answer_offer(now, id, body);
    }

    /// A call arrives.
    fn called(&mut self, leg: LegId, random: &mut Random, plans: &mut Vec<(Duration, Do)>) {
        let ms = Duration::from_millis;
        let manners = match self.manners {
            Manners::Random => draw(random),
            Manners::Wait | Manners::Answer { .. } | Manners::Refuse { .. } | Manners::RingOn => self.manners,
        };
        match manners {
            Manners::Wait | Manners::Random => {}
            Manners::RingOn => plans.push((ms(10), Do::Ring(leg))),
            Manners::Answer { after_ms, early } => {
                plans.push((ms(10), if early { Do::Early(leg) } else { Do::Ring(leg) }));
                plans.push((ms(after_ms), Do::Answer(leg)));
            }
            Manners::Refuse { after_ms, status, ring } => {
                if ring {
                    plans.push((ms(10), Do::Ring(leg)));
                }
                plans.push((ms(after_ms), Do::Refuse(leg, status)));
            }
        }
    }

    /// A call is up.
    fn talks(&mut self, leg: LegId, random: &mut Random, plans: &mut Vec<(Duration, Do)>) {
        if self.manners != Manners::Random {
            return;
        }
        for _ in 0..random.below(4) {
            let key = char::from(b"0123456789*#".get(random.below(12) as usize).copied().unwrap_or(b'1'));
            plans.push((random.ms(0, 20_000), Do::Press(leg, key)));
        }
        if random.percent(40) {
            let direction = Direction { send: random.percent(50), recv: false };
            let at = random.ms(0, 10_000);
            plans.push((at, Do::Direct(leg, direction)));
            plans.push((at + random.ms(0, 10_000), Do::Direct(leg, Direction::BOTH)));
        }
        // Somebody hangs up in the end; the exchange mustn't need it to be the caller.
        let longest = if random.percent(20) { 500 } else { 60_000 };
        plans.push((random.ms(0, longest), Do::Hangup(leg)));
    }

    /// Puts the answer to the challenge into an INVITE that begins a call.
    fn authorize(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let (Some(secret), Some(challenge)) = (&self.secret, &mut self.challenge) else { return bytes };
        if !bytes.starts_with(b"INVITE ") {
            return bytes;
        }
        let text = String::from_utf8(bytes).unwrap();
        let (start, rest) = text.split_once("\r\n").unwrap();
        let branch = rest.split_once("branch=").and_then(|(_, b)| b.split(['\r', ';', ',']).next()).unwrap();
        let uri = start.split(' ').nth(1).unwrap();
        let header = self
            .authorized
            .entry(branch.to_owned())
            .or_insert_with(|| challenge.answer(&self.user, secret, "INVITE", uri));
        format!("{start}\r\n{header}{rest}").into_bytes()
    }
}

/// Phones go by the order of the offer.
fn in_order_of(offer: &Description, ours: &[Codec]) -> Vec<Codec> {
    let formats = offer.audio.as_ref().map_or(&[][..], |audio| &audio.formats);
    formats.iter().map(|format| format.codec).filter(|codec| ours.contains(codec)).collect()
}

fn draw(random: &mut Random) -> Manners {
    let after_ms = random.below(25_000);
    match random.below(10) {
        0 => Manners::Wait,
        1 => Manners::RingOn,
        2 => Manners::Refuse { after_ms, status: 486, ring: random.percent(50) },
        3 => Manners::Refuse { after_ms, status: 603, ring: true },
        4 => Manners::Refuse { after_ms, status: 480, ring: random.percent(50) },
        5 => Manners::Refuse { after_ms: 0, status: 500, ring: false },
        6 => Manners::Answer { after_ms: 0, early: false },
        7 => Manners::Answer { after_ms, early: true },
        _ => Manners::Answer { after_ms: after_ms / 3, early: false },
    }
}

/// Picks a party.
pub fn any(random: &mut Random, count: usize) -> PartyIx {
    PartyIx(usize::try_from(random.below(count as u64)).unwrap_or(0))
}
