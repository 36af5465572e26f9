//! The façade: every input, command and output of the SIP core.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::auth::{Auth, Verdict};
use crate::config::{Config, Directory, Leftovers, OutgoingCall, Reason, Refused, Stats, Transmit};
use crate::cx::{Cx, TimerKey, hex};
use crate::event::{Binding, ConnectionId, Event, Flow, IncomingCall, LegId, Origin, Transport};
use crate::legs::{LegAccess, Legs, put_capabilities};
use crate::limits::{HOPS_MAX, RETRY_AFTER_S, STREAM_MESSAGES_MAX, STREAMS_MAX};
use crate::message::{
    ALLOW, Frame, Framer, Headers, Incoming, Message, Method, Name, NameAddr, Parsed, Refusal, Request,
    Response, Uri, Via, parse_datagram, sdp_of,
};
use crate::registrar::Registrar;
use crate::transaction::{Matched, Transactions, reply_flow, stamp_source, stateless};

/// The SIP side of one phone system. See the crate's documentation for how to drive it.
pub struct Endpoint {
    cx: Cx,
    transactions: Transactions,
    legs: Legs,
    registrar: Registrar,
    auth: Auth,
    streams: HashMap<ConnectionId, Stream>,
    /// No new calls.
    closing: bool,
    /// Makes To tags of responses that no transaction remembers.
    tag_key: [u8; 32],
}

struct Stream {
    remote: SocketAddr,
    framer: Framer,
}

/// Inputs.
impl Endpoint {
    /// An endpoint that knows `directory`. `seed` feeds tags, branches, Call-IDs and the nonce key: from the system's
    /// random source in service, fixed in a test.
    pub fn new(config: Config, directory: Arc<Directory>, seed: [u8; 32]) -> Endpoint {
        let mut cx = Cx::new(config, directory, seed);
        let (auth, tag_key) = (Auth::new(cx.entropy.bytes()), cx.entropy.bytes());
        Endpoint {
            cx,
            transactions: Transactions::default(),
            legs: Legs::default(),
            registrar: Registrar::default(),
            auth,
            streams: HashMap::new(),
            closing: false,
            tag_key,
        }
    }

    /// Uses `directory` from now on. Live calls and bindings stay, but the contacts of users that are no longer in it end.
    pub fn set_directory(&mut self, now: Duration, directory: Arc<Directory>) {
        self.at(now);
        self.cx.directory = directory;
        self.registrar.keep_known(&mut self.cx);
    }

    /// Puts back the bindings that an earlier process stored, without events. Those already over, of unknown users, or on
    /// a stream from behind NAT (which did not survive, and can't be opened from here) are left out.
    pub fn restore(&mut self, now: Duration, bindings: Vec<Binding>) {
        self.at(now);
        self.registrar.restore(&self.cx, bindings);
    }

    /// Takes a datagram from `flow`.
    pub fn receive(&mut self, now: Duration, flow: &Flow, datagram: &[u8]) {
        self.at(now);
        // A keep-alive (RFC 5626 §3.5.1, and what NAT boxes are kept open with).
        if datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0 | b' ')) {
            return;
        }
        self.message(*flow, parse_datagram(datagram));
        self.pump();
    }

    /// A stream was accepted, or opened for a [`Transmit`] that asked for one.
    pub fn stream_opened(&mut self, now: Duration, connection: ConnectionId, remote: SocketAddr) {
        self.at(now);
        if self.streams.len() < STREAMS_MAX {
            self.streams.insert(connection, Stream { remote, framer: Framer::default() });
        } else {
            self.cx.stats.overloaded += 1;
        }
    }

    /// Takes bytes from a stream, cut anywhere. Returns false when the stream carries no SIP and is to be closed.
    #[must_use]
    pub fn stream_data(&mut self, now: Duration, connection: ConnectionId, bytes: &[u8]) -> bool {
        self.at(now);
        let Some(stream) = self.streams.get_mut(&connection) else { return false };
        let flow = Flow { transport: Transport::Tcp, remote: stream.remote, connection: Some(connection) };
        let mut whole = stream.framer.push(bytes);
        for _ in 0..STREAM_MESSAGES_MAX {
            let Some(stream) = self.streams.get_mut(&connection).filter(|_| whole) else { break };
            match stream.framer.next() {
                Frame::Message(parsed) => self.message(flow, parsed),
                Frame::Ping => self.cx.send(flow, b"\r\n".to_vec()),
                Frame::Wait => {
                    self.pump();
                    return true;
                }
                Frame::Broken(parsed) => {
                    whole = false;
                    if let Some(parsed) = parsed {
                        self.message(flow, parsed);
                    }
                }
            }
            self.pump();
        }
        self.cx.stats.streams_broken += 1;
        self.stream_closed(now, connection);
        false
    }

    /// A stream ended, from either side. Contacts registered over it stay until they expire; they are called at the
    /// address in their URI if that is where they came from, else not at all. Dialogs over it go on the same way.
    pub fn stream_closed(&mut self, now: Duration, connection: ConnectionId) {
        self.at(now);
        let Some(stream) = self.streams.remove(&connection) else { return };
        let remote = stream.remote;
        self.legs.stream_lost(connection);
        self.transactions.flow_lost(&mut self.cx, |flow| {
            flow.transport == Transport::Tcp
                && (flow.connection == Some(connection)
                    || (flow.connection.is_none() && flow.remote == remote))
        });
        self.pump();
    }

    /// No stream to `remote` could be opened; whoever waits for it fails with 503.
    pub fn stream_failed(&mut self, now: Duration, remote: SocketAddr) {
        self.at(now);
        self.transactions.flow_lost(&mut self.cx, |flow| {
            flow.transport == Transport::Tcp && flow.connection.is_none() && flow.remote == remote
        });
        self.pump();
    }

    /// Fires the timers that are due. Early or late calls do no harm.
    pub fn tick(&mut self, now: Duration) {
        self.at(now);
        while let Some(key) = self.cx.timers.pop(self.cx.now) {
            match key {
                TimerKey::Transaction(tx, timer) => self.transactions.fire(&mut self.cx, tx, timer),
                TimerKey::Leg(leg, timer) => self.legs.fire(&mut self.cx, &mut self.transactions, leg, timer),
            }
            self.pump();
        }
        self.registrar.expire(&mut self.cx);
        self.auth.expire(self.cx.now);
    }
}

/// Commands of call control.
impl Endpoint {
    /// Sends an INVITE. Always makes a leg: what goes wrong, even at once, comes as `Failed` and then `Gone`.
    pub fn call(&mut self, now: Duration, call: OutgoingCall) -> LegId {
        self.at(now);
        let leg = self.legs.outgoing(&mut self.cx, &mut self.transactions, call);
        self.pump();
        leg
    }

    /// Tells the caller of an incoming leg that a phone rings: 180, or 183 with `sdp` as early media. May be repeated.
    pub fn ring(&mut self, now: Duration, leg: LegId, sdp: Option<Vec<u8>>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.ring(cx, txs, sdp))
    }

    /// Answers an incoming leg with 200 and `sdp`: the answer, or our offer when the INVITE had none (its answer then
    /// comes as `OfferAnswered` with the ACK, before `Confirmed`).
    pub fn answer(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.answer(cx, txs, sdp))
    }

    /// Refuses an incoming leg that was not answered. `status` is cut to 400–699.
    pub fn reject(
        &mut self,
        now: Duration,
        leg: LegId,
        status: u16,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.reject(cx, txs, status, reason))
    }

    /// Gives up an outgoing leg that was not answered: CANCEL, as soon as a 1xx allows it. `Failed` (487, or what the
    /// far end said) follows; an answer that crosses it is ended by us and shows as `Failed` 487 too.
    pub fn cancel(&mut self, now: Duration, leg: LegId, reason: Option<Reason>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.cancel(cx, txs, reason))
    }

    /// Ends a leg, whatever its state: BYE after the answer, [`Endpoint::cancel`] before that on an outgoing leg, 480 on
    /// an incoming one. No `Hangup` follows, only `Gone` (and `Failed` for an outgoing leg that was not answered).
    pub fn hangup(&mut self, now: Duration, leg: LegId, reason: Option<Reason>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.hangup(cx, txs, reason))
    }

    /// Offers a new session on an answered leg (re-INVITE). `OfferAnswered` follows. Waits by itself while another offer
    /// is under way, and after 491; a later offer replaces one that waits.
    pub fn reinvite(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.reinvite(cx, txs, sdp))
    }

    /// Accepts the session that `Event::Offer` brought: `sdp` is the answer, or our offer when it had none (its answer
    /// then comes as `OfferAnswered`).
    pub fn answer_offer(&mut self, now: Duration, leg: LegId, sdp: Vec<u8>) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.answer_offer(cx, txs, sdp))
    }

    /// Refuses the session that `Event::Offer` brought; the old one stays. 488 is usual. `status` is cut to 400–699.
    pub fn reject_offer(&mut self, now: Duration, leg: LegId, status: u16) -> Result<(), Refused> {
        self.command(now, leg, |leg, cx, txs| leg.reject_offer(cx, txs, status))
    }

    /// Refuses new calls with 503 from now on and ends every leg with `reason`.
    pub fn shutdown(&mut self, now: Duration, reason: Option<Reason>) {
        self.closing = true;
        for leg in self.legs.ids() {
            // Those that are ending already say so; there is nothing more to do for them.
            let _already_ending = self.hangup(now, leg, reason.clone());
        }
    }

    fn command(
        &mut self,
        now: Duration,
        leg: LegId,
        command: impl FnOnce(&mut LegAccess<'_>, &mut Cx, &mut Transactions) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.at(now);
        let transactions = &mut self.transactions;
        let done = self.legs.command(&mut self.cx, leg, |leg, cx| command(leg, cx, transactions));
        self.pump();
        done
    }
}

/// Outputs and questions.
impl Endpoint {
    /// The next bytes to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.cx.wire.pop_front()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.cx.events.pop_front()
    }

    /// When `tick` is wanted next; `None` when nothing waits.
    pub fn next_deadline(&self) -> Option<Duration> {
        [self.cx.timers.next(), self.registrar.next()].into_iter().flatten().min()
    }

    /// The contacts of `user` that can be called now, oldest first: not expired, and their stream, if any, still open.
    pub fn contacts(&self, now: Duration, user: &str) -> Vec<Binding> {
        self.registrar.contacts(now, user, |connection| self.streams.contains_key(&connection))
    }

    /// Counters since start.
    pub fn stats(&self) -> Stats {
        self.cx.stats
    }

    /// What is held at the moment, to find leaks. Bindings are not counted: they are meant to stay.
    pub fn leftovers(&self) -> Leftovers {
        Leftovers {
            legs: self.legs.len(),
            dialogs: self.legs.dialogs(),
            transactions: self.transactions.len(),
            timers: self.cx.timers.len(),
        }
    }

    /// Nothing is held: see [`Endpoint::leftovers`].
    pub fn is_idle(&self) -> bool {
        self.leftovers() == Leftovers::default()
    }
}

/// Messages.
impl Endpoint {
    fn at(&mut self, now: Duration) {
        self.cx.now = self.cx.now.max(now);
    }

    /// Tells the legs what their transactions have to say.
    fn pump(&mut self) {
        while let Some(up) = self.transactions.poll() {
            self.legs.up(&mut self.cx, &mut self.transactions, up);
        }
    }

    fn message(&mut self, flow: Flow, parsed: Parsed) {
        match parsed {
            Parsed::Request(request) => self.request(flow, request),
            Parsed::Response(response) => {
                self.cx.stats.responses_in += 1;
                if !self.transactions.response(&mut self.cx, flow, response) {
                    self.cx.stats.dropped += 1;
                }
            }
            Parsed::Refused(mut request, Refusal { status, text }) => {
                self.cx.stats.requests_in += 1;
                stamp_source(&mut request, &flow);
                tracing::debug!(target: "sip", remote = %flow.remote, status, text, "refused a message");
                self.refuse(flow, &request, status, |response| text.clone_into(&mut response.phrase));
            }
            Parsed::Garbage(why) => {
                self.cx.stats.dropped += 1;
                tracing::debug!(target: "sip", remote = %flow.remote, why, "dropped what is no message");
            }
        }
    }

    fn request(&mut self, flow: Flow, mut request: Request) {
        self.cx.stats.requests_in += 1;
        stamp_source(&mut request, &flow);
        self.cx.log("in", &flow, Message::Request(&request));
        let Some(incoming) = Incoming::new(request) else {
            self.cx.stats.dropped += 1;
            return;
        };
        if self.transactions.receive(&mut self.cx, &incoming) == Matched::Absorbed {
            return;
        }
        match incoming.request.method {
            Method::Cancel => self.cancel_request(flow, &incoming),
            Method::Register => self.register(flow, &incoming),
            Method::Ack
            | Method::Invite
            | Method::Bye
            | Method::Options
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Extension(_) => {
                if incoming.ids.to_tag.is_empty() {
                    self.out_of_dialog(flow, &incoming);
                } else {
                    self.in_dialog(flow, &incoming);
                }
            }
        }
    }

    fn in_dialog(&mut self, flow: Flow, incoming: &Incoming) {
        // A BYE makes room, so it is always served; there are no more of them than dialogs.
        if self.transactions.is_full() && !matches!(incoming.request.method, Method::Ack | Method::Bye) {
            self.overloaded(flow, &incoming.request);
            return;
        }
        if self.legs.in_dialog(&mut self.cx, &mut self.transactions, flow, incoming) {
            return;
        }
        self.refuse(flow, &incoming.request, 481, |_| {});
    }

    fn out_of_dialog(&mut self, flow: Flow, incoming: &Incoming) {
        let request = &incoming.request;
        if self.is_looped(request) {
            self.refuse(flow, request, 482, |_| {});
            return;
        }
        match &request.method {
            Method::Invite => self.invite(flow, incoming),
            Method::Options => self.options(flow, request),
            Method::Bye | Method::Info | Method::Update | Method::Prack => {
                self.refuse(flow, request, 481, |_| {})
            }
            Method::Refer | Method::Notify | Method::Subscribe | Method::Message | Method::Publish => {
                self.refuse(flow, request, 405, |response| response.headers.push(Name::Allow, ALLOW));
            }
            Method::Extension(_) => {
                self.refuse(flow, request, 501, |response| response.headers.push(Name::Allow, ALLOW));
            }
            Method::Ack | Method::Cancel | Method::Register => {}
        }
    }

    /// A request of our own that came back: its Via holds a branch that only we make.
    fn is_looped(&self, request: &Request) -> bool {
        request
            .headers
            .list(&Name::Via)
            .filter_map(Via::read)
            .any(|via| via.branch().starts_with(self.cx.mark.as_str()))
    }

    fn options(&mut self, flow: Flow, request: &Request) {
        if self.closing {
            self.overloaded(flow, request);
            return;
        }
        let mut response = self.response(request, 200);
        put_capabilities(&mut response.headers);
        self.cx.send_response(reply_flow(flow, request), &response);
    }

    fn cancel_request(&mut self, flow: Flow, incoming: &Incoming) {
        let Some((tx, leg)) = self.transactions.cancelled_by(incoming) else {
            self.refuse(flow, &incoming.request, 481, |_| {});
            return;
        };
        let cancel = self.transactions.serve(&mut self.cx, None, flow, incoming);
        let tag = self.tag(&incoming.request);
        if let Some(mut response) = self.transactions.reply(cancel, 200, &tag) {
            response.headers.push(Name::Server, self.cx.config.user_agent.as_str());
            self.transactions.respond(&mut self.cx, cancel, &response);
        }
        if let Some(leg) = leg {
            self.legs.cancelled(&mut self.cx, &mut self.transactions, leg, tx);
        }
    }

    fn register(&mut self, flow: Flow, incoming: &Incoming) {
        let request = &incoming.request;
        if self.transactions.is_full() || self.closing {
            self.overloaded(flow, request);
            return;
        }
        let user = match self.authenticate(flow, request) {
            Verdict::Proved(user) => user,
            Verdict::Challenge { stale } => {
                self.challenge(flow, request, 401, stale);
                return;
            }
            Verdict::Denied | Verdict::Throttled => {
                self.refuse(flow, request, 403, |_| {});
                return;
            }
        };
        if self.refuse_extensions(flow, request) {
            return;
        }
        let done = self.registrar.register(&mut self.cx, incoming, flow, &user);
        let status = done.as_ref().map_or_else(|no| no.status, |()| 200);
        let mut response = self.response(request, status);
        match done {
            Ok(()) => {
                self.cx.stats.registered += 1;
                self.registrar.list(self.cx.now, &user, &mut response);
            }
            Err(no) => {
                if let Some(min) = no.min {
                    response.headers.push(Name::MinExpires, min.as_secs().to_string());
                }
            }
        }
        // A transaction, since a repetition after a lost 200 would look like a replay.
        let tx = self.transactions.serve(&mut self.cx, None, flow, incoming);
        self.transactions.respond(&mut self.cx, tx, &response);
    }

    fn invite(&mut self, flow: Flow, incoming: &Incoming) {
        let request = &incoming.request;
        if self.closing || self.legs.is_full() || self.transactions.is_full() {
            self.overloaded(flow, request);
            return;
        }
        let Some(origin) = self.origin(flow, request) else { return };
        if self.refuse_extensions(flow, request) {
            return;
        }
        if max_forwards(request) == 0 {
            self.refuse(flow, request, 483, |_| {});
            return;
        }
        if self.legs.is_merged(incoming) {
            self.refuse(flow, request, 482, |_| {});
            return;
        }
        if !accepts_sdp(request) {
            self.refuse(flow, request, 406, |_| {});
            return;
        }
        let Ok(sdp) = sdp_of(&request.headers, &request.body) else {
            self.refuse(flow, request, 415, |response| {
                response.headers.push(Name::Accept, "application/sdp");
                response.headers.push(Name::Other("Accept-Encoding".into()), "identity");
            });
            return;
        };
        let call = describe(origin, flow, incoming, sdp);
        self.legs.incoming(&mut self.cx, &mut self.transactions, flow, incoming, call);
    }

    /// Who calls; `None` after answering a stranger. Credentials for us count first; then the address of a trunk, unless a
    /// phone registered from that very socket.
    fn origin(&mut self, flow: Flow, request: &Request) -> Option<Origin> {
        let verdict = self.authenticate(flow, request);
        if let Verdict::Proved(user) = verdict {
            return Some(Origin::User(user));
        }
        let trunk = self
            .cx
            .directory
            .trunks
            .iter()
            .find(|trunk| trunk.networks.iter().any(|network| network.contains(flow.remote.ip())));
        if let Some(trunk) = trunk
            && !self.registrar.is_phone(&flow)
        {
            return Some(Origin::Trunk(trunk.trunk.clone()));
        }
        match verdict {
            Verdict::Challenge { stale } => self.challenge(flow, request, 407, stale),
            Verdict::Denied | Verdict::Throttled | Verdict::Proved(_) => {
                self.refuse(flow, request, 403, |_| {})
            }
        }
        None
    }

    fn authenticate(&mut self, flow: Flow, request: &Request) -> Verdict {
        let (registrar, source) = (&self.registrar, flow.remote.ip());
        self.auth.check(&mut self.cx, request, source, |user| registrar.is_registered_from(user, source))
    }

    fn challenge(&mut self, flow: Flow, request: &Request, status: u16, stale: bool) {
        let name = if status == 401 { Name::WwwAuthenticate } else { Name::ProxyAuthenticate };
        let mut response = self.response(request, status);
        self.auth.challenge(&mut self.cx, &mut response.headers, &name, stale);
        self.cx.send_response(reply_flow(flow, request), &response);
    }

    /// Require and Proxy-Require: we implement no extension, so any is refused by name (§8.2.2.3).
    fn refuse_extensions(&mut self, flow: Flow, request: &Request) -> bool {
        let wanted: Vec<&str> =
            [Name::Require, Name::ProxyRequire].iter().flat_map(|name| request.headers.list(name)).collect();
        if wanted.is_empty() {
            return false;
        }
        let wanted = wanted.join(", ");
        self.refuse(flow, request, 420, |response| response.headers.push(Name::Unsupported, wanted));
        true
    }

    fn overloaded(&mut self, flow: Flow, request: &Request) {
        self.cx.stats.overloaded += 1;
        if !request.answerable() {
            return;
        }
        let mut response = self.response(request, 503);
        response.headers.push(Name::RetryAfter, RETRY_AFTER_S.to_string());
        self.cx.send_response(reply_flow(flow, request), &response);
    }

    /// Answers without keeping anything (§8.2.7): the same request gets the same answer again.
    fn refuse(&mut self, flow: Flow, request: &Request, status: u16, more: impl FnOnce(&mut Response)) {
        if !request.answerable() {
            self.cx.stats.dropped += 1;
            return;
        }
        self.cx.stats.refused += 1;
        let mut response = self.response(request, status);
        more(&mut response);
        self.cx.send_response(reply_flow(flow, request), &response);
    }

    fn response(&self, request: &Request, status: u16) -> Response {
        let mut response = stateless(request, status, &self.tag(request));
        response.headers.push(Name::Server, self.cx.config.user_agent.as_str());
        response
    }

    /// A To tag that a repetition of the request gets again.
    fn tag(&self, request: &Request) -> String {
        let mut hash = Sha256::new().chain_update(self.tag_key);
        for name in [Name::CallId, Name::From, Name::CSeq] {
            hash.update(request.headers.get(&name).unwrap_or(""));
            hash.update([0]);
        }
        hex(hash.finalize().get(..8).unwrap_or_default())
    }
}

/// Accept, when there is one, must leave room for SDP (§8.2.3).
fn accepts_sdp(request: &Request) -> bool {
    let mut accepted = request.headers.list(&Name::Accept).peekable();
    accepted.peek().is_none()
        || accepted.any(|kind| {
            let kind = crate::message::media_type(kind).to_ascii_lowercase();
            matches!(kind.as_str(), "application/sdp" | "application/*" | "*/*")
        })
}

fn describe(origin: Origin, flow: Flow, incoming: &Incoming, sdp: Option<Vec<u8>>) -> IncomingCall {
    let headers = &incoming.request.headers;
    let party = |name: &Name| headers.list(name).next().and_then(NameAddr::read).map(|addr| addr.party());
    let from = headers.get(&Name::From).and_then(NameAddr::read).map(|addr| addr.party()).unwrap_or_default();
    let asserted = match origin {
        // Phones are outside of the domain that may see an identity which its owner withholds (RFC 3325 §9.3).
        Origin::Trunk(_) if !is_withheld(headers) => party(&Name::PAssertedIdentity),
        Origin::Trunk(_) | Origin::User(_) => None,
    };
    let to_user = headers.get(&Name::To).and_then(NameAddr::read).map(|addr| addr.party().number);
    IncomingCall {
        origin,
        caller: asserted.unwrap_or(from),
        request_user: Uri::read(&incoming.request.uri).map(|uri| uri.number()).unwrap_or_default(),
        to_user: to_user.unwrap_or_default(),
        call_id: incoming.ids.call_id.clone(),
        max_forwards: max_forwards(&incoming.request),
        source: flow.remote,
        sdp,
    }
}

/// Privacy asks that the asserted identity be kept back (RFC 3323 §4.2, RFC 3325 §9.3).
fn is_withheld(headers: &Headers) -> bool {
    headers.all(&Name::Privacy).flat_map(|line| line.split([';', ','])).any(|kind| {
        let kind = kind.trim();
        kind.eq_ignore_ascii_case("id") || kind.eq_ignore_ascii_case("user")
    })
}

/// How far the request may still go; the check of messages lets only 0–255 through.
fn max_forwards(request: &Request) -> u8 {
    request.headers.get(&Name::MaxForwards).and_then(|text| text.parse().ok()).unwrap_or(HOPS_MAX)
}
