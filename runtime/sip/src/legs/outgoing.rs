//! The calling side before the answer (RFC 3261 §13.2, §9.1).

use super::dialog::Dialog;
use super::session::Session;
use super::{Leg, LegTimer, State, put_reason, put_sdp};
use crate::config::{OutgoingCall, Reason, Refused};
use crate::cx::Cx;
use crate::event::{Event, Flow, LegId, Party};
use crate::limits::{RING_MAX, TRY_MAX};
use crate::message::{ALLOW, Method, Name, Response, escape, quote, sdp_of};
use crate::transaction::{Failure, Transactions, TxId, follow_up};

/// An INVITE of ours without a final response.
pub(super) struct Calling {
    pub tx: TxId,
    /// A response came, so a CANCEL may go (§9.1).
    heard: bool,
    cancel: Cancel,
}

/// Whether the call was given up.
enum Cancel {
    No,
    /// As soon as a response comes.
    Wanted(Option<Reason>),
    /// The final response is awaited.
    Sent,
}

/// Sends the INVITE. With `full` the leg fails at once.
pub(super) fn start(cx: &mut Cx, txs: &mut Transactions, id: LegId, call: OutgoingCall, full: bool) -> Leg {
    let host = if cx.directory.domain.is_empty() {
        std::net::SocketAddr::new(cx.config.advertised, 0).ip().to_string()
    } else {
        cx.directory.domain.clone()
    };
    let local = address(&call.from, &host);
    let to_host = host_of(&call.target).unwrap_or_else(|| host.clone());
    let remote = address(&call.to, &to_host);
    let dialog = Dialog::outgoing(cx, call.flow, local, remote, call.target);
    let mut leg = Leg {
        id,
        dialog,
        state: State::Ended,
        transactions: 0,
        invite: None,
        acks: Vec::new(),
        merge_key: None,
    };
    if full {
        cx.stats.overloaded += 1;
        cx.events.push_back(Event::Failed { leg: id, status: 503, silent: true });
        return leg;
    }
    let mut invite = leg.dialog.request(cx, Method::Invite);
    if let Some(hops) = invite.headers.first_mut(&Name::MaxForwards) {
        *hops = call.max_forwards.to_string();
    }
    invite.headers.push(Name::Contact, cx.contact(call.flow.transport));
    invite.headers.push(Name::Allow, ALLOW);
    if let Some(asserted) = &call.asserted {
        invite.headers.push(Name::PAssertedIdentity, address(asserted, &host));
    }
    put_sdp((&mut invite.headers, &mut invite.body), call.sdp);
    let tx = leg.send(cx, txs, call.flow, invite);
    leg.invite = Some(tx);
    leg.state = State::Calling(Calling { tx, heard: false, cancel: Cancel::No });
    leg.set_timer(cx, LegTimer::RingMax, RING_MAX);
    leg
}

/// `"name" <sip:number@host>`; nobody is anonymous (RFC 3261 §8.1.1.3).
fn address(party: &Party, host: &str) -> String {
    let name = if party.name.is_empty() { String::new() } else { format!("{} ", quote(&party.name)) };
    if party.number.is_empty() {
        let name = if name.is_empty() { "\"Anonymous\" ".to_owned() } else { name };
        return format!("{name}<sip:anonymous@anonymous.invalid>");
    }
    format!("{name}<sip:{}@{}>", escape(&party.number), bracketed(host))
}

/// IPv6 addresses stand in brackets.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

fn host_of(uri: &str) -> Option<String> {
    crate::message::Uri::read(uri).map(|uri| uri.host.to_owned()).filter(|host| !host.is_empty())
}

impl Leg {
    pub(super) fn cancel(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        let State::Calling(calling) = &mut self.state else { return Err(Refused::WrongState) };
        match calling.cancel {
            Cancel::No => calling.cancel = Cancel::Wanted(reason),
            Cancel::Wanted(_) | Cancel::Sent => {}
        }
        self.cancel_if_heard(cx, txs);
        Ok(())
    }

    /// Sends a wanted CANCEL once a response allows it.
    fn cancel_if_heard(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let State::Calling(calling) = &mut self.state else { return };
        if !calling.heard {
            return;
        }
        let reason = match std::mem::replace(&mut calling.cancel, Cancel::Sent) {
            Cancel::Wanted(reason) => reason,
            other @ (Cancel::No | Cancel::Sent) => {
                calling.cancel = other;
                return;
            }
        };
        let tx = calling.tx;
        let (Some(invite), Some(flow)) = (txs.request(tx), txs.flow(tx)) else { return };
        let mut cancel = follow_up(invite, Method::Cancel);
        cancel.headers.copy_from(&invite.headers, &Name::To);
        put_reason(&mut cancel.headers, reason.as_ref());
        self.send(cx, txs, flow, cancel);
        self.clear_timer(cx, LegTimer::RingMax);
        self.set_timer(cx, LegTimer::CancelGuard, TRY_MAX);
    }

    /// No final response came for a cancelled INVITE: it counts as cancelled (§9.1).
    pub(super) fn cancel_unanswered(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        if let State::Calling(calling) = &self.state {
            txs.abandon(cx, calling.tx);
            self.fail(cx, 487, false);
        }
    }

    pub(super) fn calling_response(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        response: Response,
        source: Flow,
    ) {
        let State::Calling(calling) = &mut self.state else { return };
        calling.heard = true;
        let (tx, given_up) = (calling.tx, !matches!(calling.cancel, Cancel::No));
        match response.status {
            ..=100 => self.cancel_if_heard(cx, txs),
            101..=199 => {
                if !given_up {
                    let sdp = sdp_of(&response.headers, &response.body).unwrap_or(None);
                    let (leg, status, source) = (self.id, response.status, source.remote);
                    cx.events.push_back(Event::Progress { leg, status, sdp, source });
                }
                self.cancel_if_heard(cx, txs);
            }
            200..=299 => {
                self.dialog.answered(&response, source);
                self.acknowledge(cx, tx, &response);
                if given_up {
                    // The answer crossed our CANCEL (or came before it could go): hang up.
                    self.bye(cx, txs, None);
                    self.fail(cx, 487, false);
                    return;
                }
                self.clear_timer(cx, LegTimer::RingMax);
                self.state = State::Up(Box::new(Session::called()));
                let sdp = sdp_of(&response.headers, &response.body).unwrap_or(None);
                cx.events.push_back(Event::Answered { leg: self.id, sdp, source: source.remote });
            }
            300.. => self.fail(cx, response.status, false),
        }
    }

    pub(super) fn calling_failed(&mut self, cx: &mut Cx, why: Failure) {
        let State::Calling(calling) = &self.state else { return };
        let silent = !calling.heard;
        let status = match why {
            Failure::Timeout => 408,
            Failure::Transport => 503,
        };
        self.fail(cx, status, silent);
    }

    /// Before the answer, from the called side: a BYE that overtook its own 200.
    pub(super) fn bye_before_answer(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let _still_calling = self.cancel(cx, txs, None);
    }

    fn fail(&mut self, cx: &mut Cx, status: u16, silent: bool) {
        self.state = State::Ended;
        cx.events.push_back(Event::Failed { leg: self.id, status, silent });
    }

    /// A 2xx of a fork other than the one that we talk to, or after we gave up: ACK and BYE (§13.2.2.4).
    pub(super) fn late_fork(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        response: &Response,
        source: Flow,
    ) {
        let mut fork = self.dialog.fork(response, source);
        let flow = fork.next_hop();
        let ack = fork.numbered(cx, Method::Ack, super::cseq_of(response));
        self.send_ack(cx, tx, response, flow, &ack);
        let mut bye = fork.request(cx, Method::Bye);
        put_reason(&mut bye.headers, Some(&Reason::completed_elsewhere()));
        self.send(cx, txs, flow, bye);
    }
}
