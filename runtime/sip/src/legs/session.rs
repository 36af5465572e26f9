//! After the answer: ACK, offers in both directions, keys, the end (RFC 3261 §12.2, §14, §15; RFC 3311).

use std::time::Duration;

use super::{Leg, LegTimer, State, dialog, put_sdp, refusal_status};
use crate::config::{Reason, Refused};
use crate::cx::Cx;
use crate::event::{Event, Flow};
use crate::limits::{GLARE_RETRIES_MAX, T2};
use crate::message::{ALLOW, Incoming, Method, Name, Response, media_type, sdp_of};
use crate::transaction::{Failure, Transactions, TxId};

/// An answered leg.
pub(super) struct Session {
    /// Our 200 that has no ACK yet.
    unacked: Option<Unacked>,
    offer: Offer,
    /// An offer of ours that waits for its turn. A later one replaces it.
    queued: Option<Vec<u8>>,
    /// We made the Call-ID: decides how long to wait after 491 (§14.1).
    caller: bool,
}

/// Our 200 to an INVITE, repeated until its ACK comes.
pub(super) struct Unacked {
    pub bytes: Vec<u8>,
    pub flow: Flow,
    pub again: Duration,
    pub cseq: u32,
    /// The INVITE had the offer; otherwise the ACK brings the answer to ours.
    pub offered: bool,
    /// It is the answer to the call, not to a re-INVITE.
    pub first: bool,
    /// Call control hung up meanwhile; the BYE must wait for the ACK (§15).
    pub hangup: Option<Option<Reason>>,
}

/// The offer under way inside the dialog.
enum Offer {
    None,
    /// Our re-INVITE.
    Ours {
        tx: TxId,
        sdp: Vec<u8>,
        tries: u8,
    },
    /// Our re-INVITE met theirs (491) and waits.
    Glare {
        sdp: Vec<u8>,
        tries: u8,
    },
    /// Their re-INVITE or UPDATE; call control is asked.
    Theirs {
        tx: TxId,
        invite: bool,
        offered: bool,
        cseq: u32,
        target: Option<String>,
    },
}

impl Session {
    fn new(unacked: Option<Unacked>, caller: bool) -> Session {
        Session { unacked, offer: Offer::None, queued: None, caller }
    }

    pub(super) fn answered(unacked: Unacked) -> Session {
        Session::new(Some(unacked), false)
    }

    pub(super) fn called() -> Session {
        Session::new(None, true)
    }

    fn is_stable(&self) -> bool {
        self.unacked.is_none() && matches!(self.offer, Offer::None)
    }
}

/// The 200 and its ACK.
impl Leg {
    pub(super) fn repeat_answer(&mut self, cx: &mut Cx) {
        let State::Up(session) = &mut self.state else { return };
        let Some(unacked) = &mut session.unacked else { return };
        cx.stats.retransmitted += 1;
        cx.send(unacked.flow, unacked.bytes.clone());
        unacked.again = (unacked.again * 2).min(T2);
        let again = unacked.again;
        self.set_timer(cx, LegTimer::Repeat, again);
    }

    /// 64 × T1 without an ACK: the dialog is over (§13.3.1.4).
    pub(super) fn ack_lost(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let State::Up(session) = &mut self.state else { return };
        let Some(unacked) = session.unacked.take() else { return };
        self.bye(cx, txs, unacked.hangup.clone().flatten().as_ref());
        self.state = State::Ended;
        if unacked.hangup.is_none() {
            cx.events.push_back(Event::Hangup { leg: self.id, lost: true });
        }
    }

    /// ACK of a 2xx.
    pub(super) fn acknowledged(&mut self, cx: &mut Cx, txs: &mut Transactions, incoming: &Incoming) {
        let State::Up(session) = &mut self.state else { return };
        let Some(unacked) = session.unacked.take_if(|unacked| unacked.cseq == incoming.ids.cseq) else {
            return;
        };
        self.clear_timer(cx, LegTimer::Repeat);
        self.clear_timer(cx, LegTimer::AckMax);
        if let Some(reason) = unacked.hangup {
            self.bye(cx, txs, reason.as_ref());
            self.state = State::Ended;
            return;
        }
        if !unacked.offered {
            let sdp = sdp_of(&incoming.request.headers, &incoming.request.body).unwrap_or(None);
            cx.events.push_back(Event::OfferAnswered { leg: self.id, sdp });
        }
        if unacked.first {
            cx.events.push_back(Event::Confirmed { leg: self.id });
        }
        self.next_offer(cx, txs);
    }
}

/// Offers of ours.
impl Leg {
    pub(super) fn reinvite(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        let State::Up(session) = &mut self.state else { return Err(Refused::WrongState) };
        if session.unacked.as_ref().is_some_and(|unacked| unacked.hangup.is_some()) {
            return Err(Refused::WrongState);
        }
        session.queued = Some(sdp);
        self.next_offer(cx, txs);
        Ok(())
    }

    fn next_offer(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let State::Up(session) = &mut self.state else { return };
        if session.is_stable()
            && let Some(sdp) = session.queued.take()
        {
            self.offer(cx, txs, sdp, 0);
        }
    }

    fn offer(&mut self, cx: &mut Cx, txs: &mut Transactions, sdp: Vec<u8>, tries: u8) {
        let mut invite = self.dialog.request(cx, Method::Invite);
        invite.headers.push(Name::Contact, cx.contact(self.dialog.flow.transport));
        invite.headers.push(Name::Allow, ALLOW);
        put_sdp((&mut invite.headers, &mut invite.body), sdp.clone());
        let flow = self.dialog.next_hop();
        let tx = self.send(cx, txs, flow, invite);
        if let State::Up(session) = &mut self.state {
            session.offer = Offer::Ours { tx, sdp, tries };
        }
    }

    pub(super) fn session_response(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        response: &Response,
        _source: Flow,
    ) {
        let State::Up(session) = &mut self.state else { return };
        match &session.offer {
            Offer::Ours { tx: ours, .. } if *ours == tx => {}
            Offer::Ours { .. } | Offer::None | Offer::Glare { .. } | Offer::Theirs { .. } => return,
        }
        match response.status {
            ..200 => {}
            200..300 => {
                session.offer = Offer::None;
                if let Some(target) = dialog::contact(&response.headers) {
                    self.dialog.retarget(target.to_owned());
                }
                self.acknowledge(cx, tx, response);
                let sdp = sdp_of(&response.headers, &response.body).unwrap_or(None);
                cx.events.push_back(Event::OfferAnswered { leg: self.id, sdp });
                self.next_offer(cx, txs);
            }
            491 => self.glare(cx, txs),
            408 | 481 => self.lost(cx, txs),
            300.. => self.offer_refused(cx, txs),
        }
    }

    /// 491: both sides offered at once. Who made the Call-ID waits 2.1–4 s, the other 0–2 s, in 10 ms steps (§14.1).
    fn glare(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let State::Up(session) = &mut self.state else { return };
        let caller = session.caller;
        match std::mem::replace(&mut session.offer, Offer::None) {
            Offer::Ours { sdp, tries, .. } if tries < GLARE_RETRIES_MAX => {
                session.offer = Offer::Glare { sdp, tries: tries + 1 };
                let steps = if caller { 210 + cx.entropy.below(191) } else { cx.entropy.below(201) };
                self.set_timer(cx, LegTimer::Glare, Duration::from_millis(10 * steps));
            }
            Offer::Ours { .. } | Offer::None | Offer::Glare { .. } | Offer::Theirs { .. } => {
                self.offer_refused(cx, txs);
            }
        }
    }

    pub(super) fn glare_over(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        let State::Up(session) = &mut self.state else { return };
        match std::mem::replace(&mut session.offer, Offer::None) {
            Offer::Glare { sdp, tries } => {
                // A newer offer that came meanwhile goes instead.
                let sdp = session.queued.take().unwrap_or(sdp);
                self.offer(cx, txs, sdp, tries);
            }
            other @ (Offer::None | Offer::Ours { .. } | Offer::Theirs { .. }) => session.offer = other,
        }
    }

    fn offer_refused(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        if let State::Up(session) = &mut self.state {
            session.offer = Offer::None;
        }
        cx.events.push_back(Event::OfferAnswered { leg: self.id, sdp: None });
        self.next_offer(cx, txs);
    }

    pub(super) fn session_failed(&mut self, cx: &mut Cx, txs: &mut Transactions, tx: TxId, why: Failure) {
        let State::Up(session) = &self.state else { return };
        let ours = matches!(&session.offer, Offer::Ours { tx: ours, .. } if *ours == tx);
        match why {
            Failure::Timeout if ours => self.lost(cx, txs),
            // The stream broke; the audio may still flow, and the other side may open another.
            Failure::Transport if ours => self.offer_refused(cx, txs),
            Failure::Timeout | Failure::Transport => {}
        }
    }

    /// The other side doesn't know the dialog any more, or is gone (§12.2.1.2).
    fn lost(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        self.bye(cx, txs, None);
        self.state = State::Ended;
        cx.events.push_back(Event::Hangup { leg: self.id, lost: true });
    }
}

/// Offers of theirs.
impl Leg {
    pub(super) fn offer_received(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        flow: Flow,
        incoming: &Incoming,
    ) {
        let invite = incoming.request.method == Method::Invite;
        let Ok(sdp) = sdp_of(&incoming.request.headers, &incoming.request.body) else {
            self.respond(cx, txs, tx, 415, |_, response| {
                response.headers.push(Name::Accept, "application/sdp")
            });
            return;
        };
        let target = dialog::contact(&incoming.request.headers).map(str::to_owned);
        let contact = cx.contact(self.dialog.flow.transport);
        let session = match &mut self.state {
            State::Up(session) => session,
            State::Ringing(_) | State::Calling(_) if !invite && sdp.is_none() => {
                self.respond(cx, txs, tx, 200, |_, response| response.headers.push(Name::Contact, contact));
                return;
            }
            State::Ringing(_) | State::Calling(_) => return self.busy_with_offer(cx, txs, tx),
            State::Ended => {
                self.respond(cx, txs, tx, 481, |_, _| {});
                return;
            }
        };
        match session.offer {
            Offer::Ours { .. } => {
                self.respond(cx, txs, tx, 491, |_, _| {});
            }
            Offer::Theirs { .. } => self.busy_with_offer(cx, txs, tx),
            Offer::None | Offer::Glare { .. } if session.unacked.is_some() && (invite || sdp.is_some()) => {
                self.respond(cx, txs, tx, 491, |_, _| {});
            }
            Offer::None | Offer::Glare { .. } if !invite && sdp.is_none() => {
                // UPDATE without an offer only refreshes the target (RFC 3311 §5.2).
                self.respond(cx, txs, tx, 200, |_, response| response.headers.push(Name::Contact, contact));
                if let Some(target) = target {
                    self.dialog.retarget(target);
                }
            }
            Offer::None | Offer::Glare { .. } => {
                if let Offer::Glare { sdp: waiting, .. } = std::mem::replace(&mut session.offer, Offer::None)
                {
                    session.queued.get_or_insert(waiting);
                    cx.timers.clear(crate::cx::TimerKey::Leg(self.id, LegTimer::Glare));
                }
                let cseq = incoming.ids.cseq;
                session.offer = Offer::Theirs { tx, invite, offered: sdp.is_some(), cseq, target };
                if invite {
                    self.respond(cx, txs, tx, 100, |_, _| {});
                }
                cx.events.push_back(Event::Offer { leg: self.id, sdp, source: flow.remote });
            }
        }
    }

    /// An offer while the last one has no answer (§14.2).
    fn busy_with_offer(&mut self, cx: &mut Cx, txs: &mut Transactions, tx: TxId) {
        let seconds = cx.entropy.below(11);
        self.respond(cx, txs, tx, 500, |_, response| {
            response.headers.push(Name::RetryAfter, seconds.to_string())
        });
    }

    pub(super) fn answer_offer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        let State::Up(session) = &mut self.state else { return Err(Refused::WrongState) };
        let (tx, invite, offered, cseq, target) = match std::mem::replace(&mut session.offer, Offer::None) {
            Offer::Theirs { tx, invite, offered, cseq, target } => (tx, invite, offered, cseq, target),
            other @ (Offer::None | Offer::Ours { .. } | Offer::Glare { .. }) => {
                session.offer = other;
                return Err(Refused::WrongState);
            }
        };
        if invite {
            let unacked =
                self.accept_invite(cx, txs, tx, cseq, sdp).map(|unacked| Unacked { offered, ..unacked });
            if let State::Up(session) = &mut self.state {
                session.unacked = unacked;
            }
        } else {
            let contact = cx.contact(self.dialog.flow.transport);
            self.respond(cx, txs, tx, 200, |_, response| {
                response.headers.push(Name::Contact, contact);
                put_sdp((&mut response.headers, &mut response.body), sdp);
            });
        }
        if let Some(target) = target {
            self.dialog.retarget(target);
        }
        self.next_offer(cx, txs);
        Ok(())
    }

    pub(super) fn reject_offer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        status: u16,
    ) -> Result<(), Refused> {
        let State::Up(session) = &mut self.state else { return Err(Refused::WrongState) };
        let Offer::Theirs { tx, .. } = session.offer else { return Err(Refused::WrongState) };
        session.offer = Offer::None;
        self.respond(cx, txs, tx, refusal_status(status), |_, _| {});
        self.next_offer(cx, txs);
        Ok(())
    }

    /// CANCEL of a re-INVITE that call control has not answered: the old session stays.
    pub(super) fn offer_cancelled(&mut self, cx: &mut Cx, txs: &mut Transactions, cancelled: TxId) {
        let State::Up(session) = &self.state else { return };
        if matches!(session.offer, Offer::Theirs { tx, .. } if tx == cancelled) {
            let _was_theirs = self.reject_offer(cx, txs, 487);
        }
    }
}

/// Keys and the end.
impl Leg {
    pub(super) fn info_received(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        incoming: &Incoming,
    ) {
        let kind =
            media_type(incoming.request.headers.get(&Name::ContentType).unwrap_or("")).to_ascii_lowercase();
        let body = String::from_utf8_lossy(&incoming.request.body);
        let key = match kind.as_str() {
            "application/dtmf-relay" => body.lines().find_map(|line| {
                let (name, value) = line.split_once('=')?;
                name.trim().eq_ignore_ascii_case("signal").then(|| key(value))?
            }),
            "application/dtmf" => key(&body),
            "" => None,
            _ => {
                self.respond(cx, txs, tx, 415, |_, response| {
                    response.headers.push(Name::Accept, "application/dtmf-relay, application/dtmf");
                });
                return;
            }
        };
        self.respond(cx, txs, tx, 200, |_, _| {});
        if let (Some(key), State::Up(_) | State::Ringing(_)) = (key, &self.state) {
            cx.events.push_back(Event::InfoKey { leg: self.id, key });
        }
    }

    pub(super) fn bye_received(&mut self, cx: &mut Cx, txs: &mut Transactions, tx: TxId) {
        self.respond(cx, txs, tx, 200, |_, _| {});
        match &self.state {
            State::Up(session) => {
                if let Offer::Theirs { tx, .. } = session.offer {
                    self.respond(cx, txs, tx, 487, |_, _| {});
                }
                let told = self.hangup_wanted();
                self.state = State::Ended;
                if !told {
                    cx.events.push_back(Event::Hangup { leg: self.id, lost: false });
                }
            }
            State::Ringing(_) => self.early_bye(cx, txs),
            State::Calling(_) => self.bye_before_answer(cx, txs),
            State::Ended => {}
        }
    }

    /// Call control has hung up already; only the ACK that lets the BYE go is missing.
    fn hangup_wanted(&self) -> bool {
        match &self.state {
            State::Up(session) => session.unacked.as_ref().is_some_and(|unacked| unacked.hangup.is_some()),
            State::Ringing(_) | State::Calling(_) | State::Ended => false,
        }
    }

    /// Hangs up: BYE, as soon as it is allowed.
    pub(super) fn hangup(&mut self, cx: &mut Cx, txs: &mut Transactions, reason: Option<Reason>) {
        let State::Up(session) = &mut self.state else { return };
        if let Offer::Theirs { tx, .. } = session.offer {
            session.offer = Offer::None;
            self.respond(cx, txs, tx, 487, |_, _| {});
        }
        let State::Up(session) = &mut self.state else { return };
        session.queued = None;
        match &mut session.unacked {
            Some(unacked) if unacked.first => {
                unacked.hangup.get_or_insert(reason);
            }
            Some(_) | None => {
                self.bye(cx, txs, reason.as_ref());
                self.state = State::Ended;
            }
        }
    }
}

/// A key from a body: `5`, `*`, `10` for `*`, `11` for `#` (both spellings are seen), `A`–`D`.
fn key(text: &str) -> Option<char> {
    match text.trim() {
        "10" => Some('*'),
        "11" => Some('#'),
        one if one.chars().count() == 1 => {
            one.chars().next().map(|c| c.to_ascii_uppercase()).filter(|c| "0123456789*#ABCD".contains(*c))
        }
        _ => None,
    }
}
