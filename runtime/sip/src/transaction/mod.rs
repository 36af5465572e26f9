//! Transactions (RFC 3261 §17, RFC 6026): retransmission, absorption of retransmissions, ACK of refusals, time-outs.
//!
//! The four state machines are pure: `step(state, input)` names the next state and what to do (`machine`). [`Transactions`]
//! carries that out: it matches messages, owns what is sent again, and hands up what the legs must know.

mod machine;

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::cx::{Cx, TimerKey};
use crate::event::{Flow, LegId, Transport};
use crate::limits::{HOPS_MAX, TRANSACTIONS_MAX};
use crate::message::{Headers, Incoming, Message, Method, Name, Request, Response, Via, cseq};
pub(crate) use machine::TxTimer;
use machine::{Action, Input, Kind, State};

/// One transaction; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TxId(u64);

/// What the owner of a transaction must know.
#[derive(Debug)]
pub(crate) enum Up {
    /// A response to a request of ours. Repeated 2xx to INVITE come every time.
    Response { tx: TxId, leg: LegId, response: Response, source: Flow },
    /// No final response came to a request of ours, or it could not be sent. The transaction is over.
    Failed { tx: TxId, leg: LegId, why: Failure },
    /// No ACK came for a refusal of ours; nothing is to be done, but the leg was told nothing else.
    Over { leg: LegId },
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody spoke (408).
    Timeout,
    /// Could not be sent (503).
    Transport,
}

/// What an incoming request is to the server transactions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    /// New.
    New,
    /// A retransmission, or the ACK of a refusal: dealt with.
    Absorbed,
}

struct Transaction {
    state: State,
    /// Nobody for those that serve REGISTER and the like.
    leg: Option<LegId>,
    flow: Flow,
    key: String,
    side: Side,
}

enum Side {
    Client {
        request: Box<Request>,
        /// What goes out again; emptied once nothing does.
        bytes: Vec<u8>,
        ack: Option<Vec<u8>>,
    },
    Server {
        /// The headers that every response copies.
        template: Box<Headers>,
        /// The last response; what goes out again.
        bytes: Vec<u8>,
    },
}

/// All transactions.
#[derive(Default)]
pub(crate) struct Transactions {
    all: BTreeMap<TxId, Transaction>,
    /// By branch and method of what we sent.
    clients: HashMap<String, TxId>,
    /// By what §17.2.3 matches.
    servers: HashMap<String, TxId>,
    last: u64,
    up: VecDeque<Up>,
    /// Reused; empty between steps.
    actions: Vec<Action>,
}

impl Transactions {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= TRANSACTIONS_MAX
    }

    /// The next thing that an owner must know.
    pub(crate) fn poll(&mut self) -> Option<Up> {
        self.up.pop_front()
    }

    fn add(&mut self, transaction: Transaction) -> TxId {
        self.last += 1;
        let id = TxId(self.last);
        let index = match transaction.side {
            Side::Client { .. } => &mut self.clients,
            Side::Server { .. } => &mut self.servers,
        };
        index.insert(transaction.key.clone(), id);
        self.all.insert(id, transaction);
        id
    }

    /// Sends a request of ours (never ACK) and sees to it until its final response. Its top Via must be ours.
    pub(crate) fn send(&mut self, cx: &mut Cx, leg: LegId, flow: Flow, request: Request) -> TxId {
        let kind = if request.method == Method::Invite { Kind::InviteClient } else { Kind::Client };
        let branch = request.top_via().map(|via| via.branch().to_owned()).unwrap_or_default();
        let key = client_key(&branch, request.method.as_str());
        let full = self.is_full();
        let bytes = if full { Vec::new() } else { cx.send_request(flow, &request) };
        let side = Side::Client { request: Box::new(request), bytes, ack: None };
        let id = self.add(Transaction { state: State::first(kind), leg: Some(leg), flow, key, side });
        self.step(cx, id, Input::Start);
        if full {
            cx.stats.overloaded += 1;
            self.step(cx, id, Input::TransportFailed);
        }
        id
    }

    /// Looks a request up before anything else acts on it. ACK for a 2xx is `New`: it belongs to the leg.
    pub(crate) fn receive(&mut self, cx: &mut Cx, incoming: &Incoming) -> Matched {
        let Some(&id) = self.servers.get(&server_key(incoming, &incoming.request.method)) else {
            return Matched::New;
        };
        let ack = incoming.request.method == Method::Ack;
        let accepted = self.all.get(&id).is_some_and(|transaction| transaction.state.is_accepted());
        if ack && accepted {
            return Matched::New;
        }
        self.step(cx, id, if ack { Input::Ack } else { Input::Again });
        Matched::Absorbed
    }

    /// Begins to serve a request that `receive` called new.
    pub(crate) fn serve(&mut self, cx: &mut Cx, leg: Option<LegId>, flow: Flow, incoming: &Incoming) -> TxId {
        let invite = incoming.request.method == Method::Invite;
        let kind = if invite { Kind::InviteServer } else { Kind::Server };
        let key = server_key(incoming, &incoming.request.method);
        let side = Side::Server { template: Box::new(template(&incoming.request)), bytes: Vec::new() };
        let flow = reply_flow(flow, &incoming.request);
        let id = self.add(Transaction { state: State::first(kind), leg, flow, key, side });
        self.step(cx, id, Input::Start);
        id
    }

    /// The INVITE that a CANCEL is for, while it is still being served (§9.2).
    pub(crate) fn cancelled_by(&self, cancel: &Incoming) -> Option<(TxId, Option<LegId>)> {
        let id = *self.servers.get(&server_key(cancel, &Method::Invite))?;
        self.all.get(&id).map(|transaction| (id, transaction.leg))
    }

    /// A response to what `tx` serves: the headers that must be copied are, the rest is the caller's.
    pub(crate) fn reply(&self, tx: TxId, status: u16, to_tag: &str) -> Option<Response> {
        match &self.all.get(&tx)?.side {
            Side::Server { template, .. } => Some(response_from(template, status, to_tag)),
            Side::Client { .. } => None,
        }
    }

    /// Sends a response. A second final one is not sent.
    pub(crate) fn respond(&mut self, cx: &mut Cx, tx: TxId, response: &Response) -> Option<Vec<u8>> {
        let transaction = self.all.get_mut(&tx)?;
        if !transaction.state.takes_responses() {
            return None;
        }
        let sent = cx.send_response(transaction.flow, response);
        if let Side::Server { bytes, .. } = &mut transaction.side {
            bytes.clone_from(&sent);
        }
        self.step(cx, tx, Input::respond(response.status));
        Some(sent)
    }

    /// Where responses of `tx` go, or where its request went.
    pub(crate) fn flow(&self, tx: TxId) -> Option<Flow> {
        self.all.get(&tx).map(|transaction| transaction.flow)
    }

    /// The request that a client transaction sent.
    pub(crate) fn request(&self, tx: TxId) -> Option<&Request> {
        match &self.all.get(&tx)?.side {
            Side::Client { request, .. } => Some(request),
            Side::Server { .. } => None,
        }
    }

    /// Takes a response in. False when nothing waits for it.
    pub(crate) fn response(&mut self, cx: &mut Cx, source: Flow, response: Response) -> bool {
        let (Some(via), Some((_, method))) = (
            response.headers.list(&Name::Via).next().and_then(Via::read),
            response.headers.get(&Name::CSeq).and_then(cseq),
        ) else {
            return false;
        };
        let Some(&id) = self.clients.get(&client_key(via.branch(), method)) else { return false };
        cx.log("in", &source, Message::Response(&response));
        let input = Input::response(response.status);
        self.prepare_ack(id, &response);
        let (leg, place) = (self.all.get(&id).and_then(|transaction| transaction.leg), self.up.len());
        if self.step(cx, id, input)
            && let Some(leg) = leg
        {
            // Before the end of the transaction, which the step may have brought.
            self.up.insert(place, Up::Response { tx: id, leg, response, source });
        }
        true
    }

    /// Builds the ACK of a refusal (§17.1.1.3); that of a 2xx is the leg's.
    fn prepare_ack(&mut self, id: TxId, response: &Response) {
        let Some(Transaction { side: Side::Client { request, ack, .. }, .. }) = self.all.get_mut(&id) else {
            return;
        };
        if request.method == Method::Invite && response.status >= 300 && ack.is_none() {
            let mut follow = follow_up(request, Method::Ack);
            follow.headers.copy_from(&response.headers, &Name::To);
            *ack = Some(follow.to_bytes());
        }
    }

    /// Gives up a client transaction: an INVITE that was cancelled and never got its final response (§9.1).
    pub(crate) fn abandon(&mut self, cx: &mut Cx, tx: TxId) {
        if let Some(transaction) = self.all.get(&tx) {
            let leg = transaction.leg;
            self.remove(cx, tx);
            self.up.extend(leg.map(|leg| Up::Over { leg }));
        }
    }

    /// A timer fired.
    pub(crate) fn fire(&mut self, cx: &mut Cx, tx: TxId, timer: TxTimer) {
        self.step(cx, tx, Input::Timer(timer));
    }

    /// Fails the requests that wait on a flow which is no more.
    pub(crate) fn flow_lost(&mut self, cx: &mut Cx, lost: impl Fn(&Flow) -> bool) {
        let hit: Vec<TxId> = self
            .all
            .iter()
            .filter(|(_, transaction)| {
                matches!(transaction.side, Side::Client { .. }) && lost(&transaction.flow)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in hit {
            self.step(cx, id, Input::TransportFailed);
        }
    }

    /// Runs the machine and does what it says. True when the input is to be handed up.
    fn step(&mut self, cx: &mut Cx, id: TxId, input: Input) -> bool {
        let Some(transaction) = self.all.get_mut(&id) else { return false };
        let reliable = transaction.flow.transport == Transport::Tcp;
        let mut actions = std::mem::take(&mut self.actions);
        transaction.state = machine::step(transaction.state, input, reliable, &mut actions);
        let mut up = false;
        for action in actions.drain(..) {
            up |= self.act(cx, id, action);
        }
        self.actions = actions;
        up
    }

    fn act(&mut self, cx: &mut Cx, id: TxId, action: Action) -> bool {
        let Some(transaction) = self.all.get_mut(&id) else { return false };
        let (flow, leg) = (transaction.flow, transaction.leg);
        match action {
            Action::Retransmit => {
                let (Side::Client { bytes, .. } | Side::Server { bytes, .. }) = &transaction.side;
                if !bytes.is_empty() {
                    cx.stats.retransmitted += 1;
                    cx.send(flow, bytes.clone());
                }
            }
            Action::Settle => {
                let (Side::Client { bytes, .. } | Side::Server { bytes, .. }) = &mut transaction.side;
                *bytes = Vec::new();
            }
            Action::Ack => {
                if let Side::Client { ack: Some(ack), .. } = &transaction.side {
                    cx.send(flow, ack.clone());
                }
            }
            Action::Start(timer, after) => cx.timers.set(TimerKey::Transaction(id, timer), cx.now + after),
            Action::Stop(timer) => cx.timers.clear(TimerKey::Transaction(id, timer)),
            Action::Up => return true,
            Action::Fail(why) => self.up.extend(leg.map(|leg| Up::Failed { tx: id, leg, why })),
            Action::Finish => {
                self.remove(cx, id);
                self.up.extend(leg.map(|leg| Up::Over { leg }));
            }
        }
        false
    }

    fn remove(&mut self, cx: &mut Cx, id: TxId) {
        let Some(transaction) = self.all.remove(&id) else { return };
        let index = match transaction.side {
            Side::Client { .. } => &mut self.clients,
            Side::Server { .. } => &mut self.servers,
        };
        if index.get(&transaction.key) == Some(&id) {
            index.remove(&transaction.key);
        }
        for timer in TxTimer::ALL {
            cx.timers.clear(TimerKey::Transaction(id, timer));
        }
    }
}

fn client_key(branch: &str, method: &str) -> String {
    format!("{branch} {method}")
}

/// What §17.2.3 matches a request by; `method` is the one of the transaction looked for (INVITE's for ACK and CANCEL).
fn server_key(incoming: &Incoming, method: &Method) -> String {
    let method = if *method == Method::Ack { &Method::Invite } else { method };
    let via = incoming.request.top_via();
    let branch = via.map_or("", |via| via.branch());
    let (host, port) = via.map_or(("", None), |via| (via.host, via.port));
    if branch.len() > 7 && branch.starts_with("z9hG4bK") {
        return format!("{branch} {host}:{} {method}", port.unwrap_or(5060));
    }
    // RFC 2543: the branch may be missing or constant, so everything that doesn't change between retransmissions counts.
    let ids = &incoming.ids;
    format!("{}\n{}\n{} {method} {host}:{}", ids.call_id, ids.from_tag, ids.cseq, port.unwrap_or(5060))
}

/// The headers that each response copies (§8.2.6.2).
fn template(request: &Request) -> Headers {
    let mut headers = Headers::default();
    for name in
        [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq, Name::RecordRoute, Name::Timestamp]
    {
        headers.copy_from(&request.headers, &name);
    }
    headers
}

fn response_from(template: &Headers, status: u16, to_tag: &str) -> Response {
    let mut response = Response::new(status);
    for (name, value) in template.iter() {
        // Record-Route makes a dialog's route set, so it belongs into what can make a dialog; Timestamp into 100.
        let skip_route = *name == Name::RecordRoute && !(101..300).contains(&status);
        if skip_route || (*name == Name::Timestamp && status != 100) {
            continue;
        }
        let tagged = *name == Name::To && status != 100 && !to_tag.is_empty() && !has_tag(value);
        response
            .headers
            .push(name.clone(), if tagged { format!("{value};tag={to_tag}") } else { value.to_owned() });
    }
    response
}

fn has_tag(value: &str) -> bool {
    crate::message::NameAddr::read(value).is_some_and(|addr| addr.tag().is_some())
}

/// A response to a request that no transaction serves.
pub(crate) fn stateless(request: &Request, status: u16, to_tag: &str) -> Response {
    response_from(&template(request), status, to_tag)
}

/// Where responses to a request go (§18.2.2, RFC 3581): over its stream; else to where it came from, at the port of `rport`
/// or, without it, of sent-by.
pub(crate) fn reply_flow(mut flow: Flow, request: &Request) -> Flow {
    if flow.transport == Transport::Udp
        && let Some(via) = request.top_via()
        && crate::message::param(via.params, "rport").is_none()
    {
        flow.remote.set_port(via.port.unwrap_or(5060));
    }
    flow
}

/// Writes into the top Via where a request came from (§18.2.1, RFC 3581 §4), before anything reads it.
pub(crate) fn stamp_source(request: &mut Request, flow: &Flow) {
    let Some(via) = request.top_via() else { return };
    let (ip, port) = (flow.remote.ip(), flow.remote.port());
    let wants_port = crate::message::param(via.params, "rport").map(str::is_empty);
    let received = crate::message::param(via.params, "received").is_some();
    let mut add = String::new();
    if !received && (wants_port.is_some() || via.ip() != Some(ip)) {
        add = format!(";received={ip}");
    }
    let Some(line) = request.headers.first_mut(&Name::Via) else { return };
    let (mut first, rest) =
        match crate::message::split(line, ',').and_then(|values| values.first().map(|v| v.len())) {
            // `split` trims, so the first value is found again by its length after the line's own leading space.
            Some(length) => {
                let lead = line.len() - line.trim_start().len();
                let (first, rest) = line.split_at_checked(lead + length).unwrap_or((line.as_str(), ""));
                (first.trim_start().to_owned(), rest.to_owned())
            }
            None => return,
        };
    if wants_port == Some(true) {
        first = fill_rport(&first, port);
    }
    *line = format!("{first}{add}{rest}");
}

/// `;rport` becomes `;rport=port`.
fn fill_rport(via: &str, port: u16) -> String {
    let parts: Vec<String> = via
        .split(';')
        .map(|part| {
            if part.trim().trim_end_matches('=').trim_end().eq_ignore_ascii_case("rport") {
                format!("rport={port}")
            } else {
                part.to_owned()
            }
        })
        .collect();
    parts.join(";")
}

/// A request that follows an INVITE hop by hop, with its Request-URI, top Via and routes: ACK of a refusal (§17.1.1.3)
/// and CANCEL (§9.1). `To` is left to the caller.
pub(crate) fn follow_up(invite: &Request, method: Method) -> Request {
    let mut headers = Headers::default();
    if let Some(via) = invite.headers.get(&Name::Via) {
        headers.push(Name::Via, via);
    }
    headers.push(Name::MaxForwards, HOPS_MAX.to_string());
    for name in [Name::From, Name::CallId, Name::Route] {
        headers.copy_from(&invite.headers, &name);
    }
    let number = invite.headers.get(&Name::CSeq).and_then(cseq).map_or(1, |(number, _)| number);
    headers.push(Name::CSeq, format!("{number} {method}"));
    Request { method, uri: invite.uri.clone(), headers, body: Vec::new() }
}

#[cfg(test)]
mod tests;
