//! Legs: INVITE usages from the first message to the last timer.
//!
//! A leg is in one [`State`]; `incoming`, `outgoing` and `session` hold what happens in each. The dialog is told apart by
//! our own tag, which is random and unique to the leg; Call-ID and the other tag are then compared.

mod dialog;
mod incoming;
mod outgoing;
mod session;

use std::collections::{BTreeMap, HashMap};

use crate::config::{OutgoingCall, Reason, Refused};
use crate::cx::{Cx, TimerKey};
use crate::event::{ConnectionId, Event, Flow, IncomingCall, LegId};
use crate::limits::LEGS_MAX;
use crate::message::{ALLOW, Headers, Incoming, Method, Name, Request, Response};
use crate::transaction::{Transactions, TxId, Up};
use dialog::Dialog;
use outgoing::Calling;
use session::Session;

/// What a leg waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum LegTimer {
    /// Say the last provisional response again.
    Refresh,
    /// An outgoing leg has rung for too long.
    RingMax,
    /// A cancelled INVITE got no final response.
    CancelGuard,
    /// Send our 200 again.
    Repeat,
    /// No ACK came for our 200.
    AckMax,
    /// Try a re-INVITE again after 491.
    Glare,
}

impl LegTimer {
    const ALL: [LegTimer; 6] = [
        LegTimer::Refresh,
        LegTimer::RingMax,
        LegTimer::CancelGuard,
        LegTimer::Repeat,
        LegTimer::AckMax,
        LegTimer::Glare,
    ];
}

/// Where a leg is.
enum State {
    /// An INVITE came and has no final response.
    Ringing(incoming::Ringing),
    /// An INVITE was sent and has no final response.
    Calling(Calling),
    /// Answered, in either direction.
    Up(Box<Session>),
    /// Over; transactions may still live.
    Ended,
}

/// An ACK that is sent again when its 2xx comes again.
struct SentAck {
    invite: TxId,
    to_tag: String,
    flow: Flow,
    bytes: Vec<u8>,
}

struct Leg {
    id: LegId,
    dialog: Dialog,
    state: State,
    /// Transactions alive that belong to it.
    transactions: usize,
    /// The INVITE that made an outgoing leg.
    invite: Option<TxId>,
    /// Newest last; bounded by what one leg can have under way.
    acks: Vec<SentAck>,
    /// What a copy of the INVITE that made an incoming leg looks like (§8.2.2.2).
    merge_key: Option<MergeKey>,
}

/// Most ACKs kept for one leg: forks that answer late, and re-INVITEs of the last 32 s.
const ACKS_MAX: usize = 16;

type MergeKey = (String, String, u32);

fn merge_key(incoming: &Incoming) -> MergeKey {
    (incoming.ids.call_id.clone(), incoming.ids.from_tag.clone(), incoming.ids.cseq)
}

/// All legs.
#[derive(Default)]
pub(crate) struct Legs {
    all: BTreeMap<LegId, Leg>,
    by_tag: HashMap<String, LegId>,
    by_invite: HashMap<MergeKey, LegId>,
    last: u64,
}

impl Legs {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn dialogs(&self) -> usize {
        self.all.values().filter(|leg| !matches!(leg.state, State::Ended)).count()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= LEGS_MAX
    }

    pub(crate) fn ids(&self) -> Vec<LegId> {
        self.all.keys().copied().collect()
    }

    fn next_id(&mut self, cx: &mut Cx) -> LegId {
        self.last += 1;
        cx.stats.legs += 1;
        LegId(self.last)
    }

    /// Whether this INVITE is a second copy, over another path, of one that already made a leg (§8.2.2.2).
    pub(crate) fn is_merged(&self, incoming: &Incoming) -> bool {
        self.by_invite.contains_key(&merge_key(incoming))
    }

    /// A new call from outside. The caller has seen to it that the call is welcome.
    pub(crate) fn incoming(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        flow: Flow,
        request: &Incoming,
        call: IncomingCall,
    ) {
        let id = self.next_id(cx);
        let dialog = Dialog::incoming(cx, request, flow);
        let tx = txs.serve(cx, Some(id), flow, request);
        if let Some(trying) = txs.reply(tx, 100, "") {
            txs.respond(cx, tx, &trying);
        }
        let key = merge_key(request);
        self.by_tag.insert(dialog.local_tag.clone(), id);
        self.by_invite.insert(key.clone(), id);
        let state = State::Ringing(incoming::Ringing::new(tx, request.ids.cseq, call.sdp.is_some()));
        let leg =
            Leg { id, dialog, state, transactions: 1, invite: None, acks: Vec::new(), merge_key: Some(key) };
        self.all.insert(id, leg);
        cx.events.push_back(Event::Incoming { leg: id, call: Box::new(call) });
    }

    /// A call of ours.
    pub(crate) fn outgoing(&mut self, cx: &mut Cx, txs: &mut Transactions, call: OutgoingCall) -> LegId {
        let id = self.next_id(cx);
        let full = self.is_full();
        let leg = outgoing::start(cx, txs, id, call, full);
        self.by_tag.insert(leg.dialog.local_tag.clone(), id);
        self.all.insert(id, leg);
        self.settle(cx, id);
        id
    }

    /// A request with a To tag. False when no leg knows the dialog.
    pub(crate) fn in_dialog(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        flow: Flow,
        incoming: &Incoming,
    ) -> bool {
        let Some(leg) = self.by_tag.get(&incoming.ids.to_tag).and_then(|id| self.all.get_mut(id)) else {
            return false;
        };
        let known_peer = match leg.state {
            State::Calling(_) => true,
            State::Ringing(_) | State::Up(_) | State::Ended => leg.dialog.remote_tag == incoming.ids.from_tag,
        };
        if leg.dialog.call_id != incoming.ids.call_id || !known_peer {
            return false;
        }
        let id = leg.id;
        leg.in_dialog(cx, txs, flow, incoming);
        self.settle(cx, id);
        true
    }

    /// A CANCEL for the INVITE that `tx` serves.
    pub(crate) fn cancelled(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        id: LegId,
        tx: TxId,
    ) -> Option<String> {
        let leg = self.all.get_mut(&id)?;
        leg.cancelled(cx, txs, tx);
        let tag = leg.dialog.local_tag.clone();
        self.settle(cx, id);
        Some(tag)
    }

    /// News from a transaction.
    pub(crate) fn up(&mut self, cx: &mut Cx, txs: &mut Transactions, up: Up) {
        let id = match up {
            Up::Response { tx, leg: id, response, source } => {
                if let Some(leg) = self.all.get_mut(&id) {
                    leg.response(cx, txs, tx, response, source);
                }
                id
            }
            Up::Failed { tx, leg: id, why } => {
                if let Some(leg) = self.all.get_mut(&id) {
                    leg.request_failed(cx, txs, tx, why);
                }
                id
            }
            Up::Over { leg: id } => {
                if let Some(leg) = self.all.get_mut(&id) {
                    leg.transactions = leg.transactions.saturating_sub(1);
                }
                id
            }
        };
        self.settle(cx, id);
    }

    /// A stream is gone: dialogs over it look for another way.
    pub(crate) fn stream_lost(&mut self, connection: ConnectionId) {
        for leg in self.all.values_mut().filter(|leg| leg.dialog.flow.connection == Some(connection)) {
            leg.dialog.stream_lost();
        }
    }

    /// A timer fired.
    pub(crate) fn fire(&mut self, cx: &mut Cx, txs: &mut Transactions, id: LegId, timer: LegTimer) {
        if let Some(leg) = self.all.get_mut(&id) {
            leg.fire(cx, txs, timer);
            self.settle(cx, id);
        }
    }

    /// Carries out a command on one leg.
    pub(crate) fn command(
        &mut self,
        cx: &mut Cx,
        id: LegId,
        command: impl FnOnce(&mut LegAccess<'_>, &mut Cx) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let leg = self.all.get_mut(&id).ok_or(Refused::NoSuchLeg)?;
        let done = command(&mut LegAccess(leg), cx);
        self.settle(cx, id);
        done
    }

    /// Ends the timers of a leg that is over, and the leg when nothing of it is left.
    fn settle(&mut self, cx: &mut Cx, id: LegId) {
        let Some(leg) = self.all.get(&id) else { return };
        if !matches!(leg.state, State::Ended) {
            return;
        }
        for timer in LegTimer::ALL {
            cx.timers.clear(TimerKey::Leg(id, timer));
        }
        if leg.transactions > 0 {
            return;
        }
        if let Some(leg) = self.all.remove(&id) {
            self.by_tag.remove(&leg.dialog.local_tag);
            if let Some(key) = leg.merge_key {
                self.by_invite.remove(&key);
            }
            cx.events.push_back(Event::Gone { leg: id });
        }
    }
}

/// One leg during one command.
pub(crate) struct LegAccess<'a>(&'a mut Leg);

impl LegAccess<'_> {
    pub(crate) fn ring(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Option<Vec<u8>>,
    ) -> Result<(), Refused> {
        self.0.ring(cx, txs, sdp)
    }

    pub(crate) fn answer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        self.0.answer(cx, txs, sdp)
    }

    pub(crate) fn reject(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        status: u16,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        self.0.reject(cx, txs, status, reason)
    }

    pub(crate) fn cancel(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        self.0.cancel(cx, txs, reason)
    }

    pub(crate) fn reinvite(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        self.0.reinvite(cx, txs, sdp)
    }

    pub(crate) fn answer_offer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        self.0.answer_offer(cx, txs, sdp)
    }

    pub(crate) fn reject_offer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        status: u16,
    ) -> Result<(), Refused> {
        self.0.reject_offer(cx, txs, status)
    }

    /// Ends the leg whatever its state.
    pub(crate) fn hangup(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        match self.0.state {
            State::Ringing(_) => self.0.reject(cx, txs, 480, reason),
            State::Calling(_) => self.0.cancel(cx, txs, reason),
            State::Up(_) => {
                self.0.hangup(cx, txs, reason);
                Ok(())
            }
            State::Ended => Err(Refused::WrongState),
        }
    }
}

impl Leg {
    fn set_timer(&self, cx: &mut Cx, timer: LegTimer, after: std::time::Duration) {
        cx.timers.set(TimerKey::Leg(self.id, timer), cx.now + after);
    }

    fn clear_timer(&self, cx: &mut Cx, timer: LegTimer) {
        cx.timers.clear(TimerKey::Leg(self.id, timer));
    }

    fn send(&mut self, cx: &mut Cx, txs: &mut Transactions, flow: Flow, request: Request) -> TxId {
        self.transactions += 1;
        txs.send(cx, self.id, flow, request)
    }

    fn bye(&mut self, cx: &mut Cx, txs: &mut Transactions, reason: Option<&Reason>) {
        let mut bye = self.dialog.request(cx, Method::Bye);
        put_reason(&mut bye.headers, reason);
        let flow = self.dialog.next_hop();
        self.send(cx, txs, flow, bye);
    }

    fn fire(&mut self, cx: &mut Cx, txs: &mut Transactions, timer: LegTimer) {
        match timer {
            LegTimer::Refresh => self.refresh(cx, txs),
            LegTimer::RingMax => {
                tracing::warn!(leg = self.id.0, "an outgoing leg rang for 10 minutes; cancelled");
                let _no_longer_calling = self.cancel(cx, txs, None);
            }
            LegTimer::CancelGuard => self.cancel_unanswered(cx, txs),
            LegTimer::Repeat => self.repeat_answer(cx),
            LegTimer::AckMax => self.ack_lost(cx, txs),
            LegTimer::Glare => self.glare_over(cx, txs),
        }
    }

    /// A response to a request of ours.
    fn response(&mut self, cx: &mut Cx, txs: &mut Transactions, tx: TxId, response: Response, source: Flow) {
        let of_invite = txs.request(tx).is_none_or(|request| request.method == Method::Invite);
        if of_invite && (200..300).contains(&response.status) {
            let tag = response.to_tag().unwrap_or_default();
            if let Some(sent) = self.acks.iter().find(|sent| sent.invite == tx && sent.to_tag == tag) {
                cx.send(sent.flow, sent.bytes.clone());
                return;
            }
            let in_time = matches!(&self.state, State::Calling(calling) if calling.tx == tx);
            if self.invite == Some(tx) && !in_time {
                self.late_fork(cx, txs, tx, &response, source);
                return;
            }
        }
        match &self.state {
            State::Calling(calling) if calling.tx == tx => self.calling_response(cx, txs, response, source),
            State::Up(_) => self.session_response(cx, txs, tx, &response, source),
            // A re-INVITE that was answered while a BYE crossed it still wants its ACK.
            State::Ended if of_invite && (200..300).contains(&response.status) => {
                self.acknowledge(cx, tx, &response);
            }
            State::Calling(_) | State::Ringing(_) | State::Ended => {}
        }
    }

    /// No response to a request of ours.
    fn request_failed(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        why: crate::transaction::Failure,
    ) {
        match &self.state {
            State::Calling(calling) if calling.tx == tx => self.calling_failed(cx, why),
            State::Up(_) => self.session_failed(cx, txs, tx, why),
            State::Calling(_) | State::Ringing(_) | State::Ended => {}
        }
    }

    /// Sends the ACK for a 2xx inside our dialog and keeps it for repeated 2xx.
    fn acknowledge(&mut self, cx: &mut Cx, invite: TxId, response: &Response) {
        let ack = self.dialog.numbered(cx, Method::Ack, cseq_of(response));
        let flow = self.dialog.next_hop();
        self.send_ack(cx, invite, response, flow, &ack);
    }

    fn send_ack(&mut self, cx: &mut Cx, invite: TxId, response: &Response, flow: Flow, ack: &Request) {
        let bytes = cx.send_request(flow, ack);
        let to_tag = response.to_tag().unwrap_or_default().to_owned();
        if self.acks.len() >= ACKS_MAX {
            self.acks.remove(0);
        }
        self.acks.push(SentAck { invite, to_tag, flow, bytes });
    }

    /// Answers a request inside the dialog through a transaction of its own.
    fn serve(&mut self, cx: &mut Cx, txs: &mut Transactions, flow: Flow, incoming: &Incoming) -> TxId {
        self.transactions += 1;
        txs.serve(cx, Some(self.id), flow, incoming)
    }

    fn respond(
        &self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        status: u16,
        more: impl FnOnce(&Cx, &mut Response),
    ) -> Option<Vec<u8>> {
        let mut response = txs.reply(tx, status, &self.dialog.local_tag)?;
        more(cx, &mut response);
        response.headers.push(Name::Server, cx.config.user_agent.as_str());
        txs.respond(cx, tx, &response)
    }

    /// A request with our tag.
    fn in_dialog(&mut self, cx: &mut Cx, txs: &mut Transactions, flow: Flow, incoming: &Incoming) {
        self.dialog.follow(flow);
        let method = &incoming.request.method;
        if *method == Method::Ack {
            self.acknowledged(cx, txs, incoming);
            return;
        }
        let old = incoming.ids.cseq <= self.dialog.remote_cseq && self.dialog.remote_cseq != 0;
        let tx = self.serve(cx, txs, flow, incoming);
        if old && *method != Method::Bye {
            // Out of order (§12.2.2).
            self.respond(cx, txs, tx, 500, |_, _| {});
            return;
        }
        self.dialog.remote_cseq = self.dialog.remote_cseq.max(incoming.ids.cseq);
        match method {
            Method::Bye => self.bye_received(cx, txs, tx),
            Method::Invite | Method::Update => self.offer_received(cx, txs, tx, flow, incoming),
            Method::Info => self.info_received(cx, txs, tx, incoming),
            Method::Options => {
                self.respond(cx, txs, tx, 200, |_, response| put_capabilities(&mut response.headers));
            }
            Method::Ack | Method::Cancel => {}
            Method::Register
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish
            | Method::Extension(_) => {
                self.respond(cx, txs, tx, 405, |_, response| response.headers.push(Name::Allow, ALLOW));
            }
        }
    }
}

fn put_reason(headers: &mut Headers, reason: Option<&Reason>) {
    if let Some(reason) = reason {
        headers.push(Name::Reason, reason.to_string());
    }
}

/// What OPTIONS tells (§11.2).
pub(crate) fn put_capabilities(headers: &mut Headers) {
    headers.push(Name::Allow, ALLOW);
    headers.push(Name::Accept, "application/sdp, application/dtmf-relay, application/dtmf");
}

fn put_sdp(message: (&mut Headers, &mut Vec<u8>), sdp: Vec<u8>) {
    message.0.push(Name::ContentType, "application/sdp");
    *message.1 = sdp;
}

fn cseq_of(response: &Response) -> u32 {
    response.headers.get(&Name::CSeq).and_then(crate::message::cseq).map_or(1, |(number, _)| number)
}

/// A refusal that call control chose.
fn refusal_status(status: u16) -> u16 {
    status.clamp(400, 699)
}
