//! The called side before the answer (RFC 3261 §13.3, §9.2).

use super::{Leg, LegTimer, State, put_reason, put_sdp, refusal_status};
use crate::config::{Reason, Refused};
use crate::cx::Cx;
use crate::event::Event;
use crate::limits::{PROVISIONAL_REFRESH, T1, TRY_MAX};
use crate::message::{ALLOW, Name, Response};
use crate::transaction::{Transactions, TxId};

use super::session::{Session, Unacked};

/// An INVITE without a final response.
pub(super) struct Ringing {
    tx: TxId,
    /// CSeq of the INVITE; requests in the early dialog count on.
    cseq: u32,
    /// The INVITE had an offer; otherwise our 200 brings one.
    offered: bool,
    /// The last provisional response, to be repeated.
    last: Option<Response>,
}

impl Ringing {
    pub(super) fn new(tx: TxId, cseq: u32, offered: bool) -> Ringing {
        Ringing { tx, cseq, offered, last: None }
    }
}

impl Leg {
    pub(super) fn ring(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Option<Vec<u8>>,
    ) -> Result<(), Refused> {
        let State::Ringing(ringing) = &self.state else { return Err(Refused::WrongState) };
        let tx = ringing.tx;
        let status = if sdp.is_some() { 183 } else { 180 };
        let mut response = txs.reply(tx, status, &self.dialog.local_tag).ok_or(Refused::WrongState)?;
        response.headers.push(Name::Contact, cx.contact(self.dialog.flow.transport));
        response.headers.push(Name::Allow, ALLOW);
        response.headers.push(Name::Server, cx.config.user_agent.as_str());
        if let Some(sdp) = sdp {
            put_sdp((&mut response.headers, &mut response.body), sdp);
        }
        txs.respond(cx, tx, &response);
        if let State::Ringing(ringing) = &mut self.state {
            ringing.last = Some(response);
        }
        self.set_timer(cx, LegTimer::Refresh, PROVISIONAL_REFRESH);
        Ok(())
    }

    pub(super) fn refresh(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        if let State::Ringing(Ringing { tx, last: Some(response), .. }) = &self.state {
            txs.respond(cx, *tx, response);
            self.set_timer(cx, LegTimer::Refresh, PROVISIONAL_REFRESH);
        }
    }

    pub(super) fn answer(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        sdp: Vec<u8>,
    ) -> Result<(), Refused> {
        let State::Ringing(Ringing { tx, cseq, offered, .. }) = self.state else {
            return Err(Refused::WrongState);
        };
        let unacked = self.accept_invite(cx, txs, tx, cseq, sdp).ok_or(Refused::WrongState)?;
        self.clear_timer(cx, LegTimer::Refresh);
        self.state = State::Up(Box::new(Session::answered(Unacked { first: true, offered, ..unacked })));
        Ok(())
    }

    /// Sends 200 to an INVITE or re-INVITE and sees to its repetition until the ACK (§13.3.1.4).
    pub(super) fn accept_invite(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        tx: TxId,
        cseq: u32,
        sdp: Vec<u8>,
    ) -> Option<Unacked> {
        let flow = txs.flow(tx)?;
        let transport = self.dialog.flow.transport;
        let bytes = self.respond(cx, txs, tx, 200, |cx, response| {
            response.headers.push(Name::Contact, cx.contact(transport));
            response.headers.push(Name::Allow, ALLOW);
            put_sdp((&mut response.headers, &mut response.body), sdp);
        })?;
        self.set_timer(cx, LegTimer::Repeat, T1);
        self.set_timer(cx, LegTimer::AckMax, TRY_MAX);
        Some(Unacked { bytes, flow, again: T1, cseq, offered: true, first: false, hangup: None })
    }

    pub(super) fn reject(
        &mut self,
        cx: &mut Cx,
        txs: &mut Transactions,
        status: u16,
        reason: Option<Reason>,
    ) -> Result<(), Refused> {
        let State::Ringing(Ringing { tx, .. }) = self.state else { return Err(Refused::WrongState) };
        self.respond(cx, txs, tx, refusal_status(status), |_, response| {
            put_reason(&mut response.headers, reason.as_ref());
        });
        self.state = State::Ended;
        Ok(())
    }

    /// CANCEL, or BYE before the answer: 487 to the INVITE. After the answer CANCEL has no effect (§9.2).
    pub(super) fn cancelled(&mut self, cx: &mut Cx, txs: &mut Transactions, tx: TxId) {
        match self.state {
            State::Ringing(Ringing { tx: invite, .. }) if invite == tx => {
                self.respond(cx, txs, tx, 487, |_, _| {});
                self.state = State::Ended;
                cx.events.push_back(Event::Cancelled { leg: self.id });
            }
            State::Ringing(_) | State::Calling(_) | State::Up(_) | State::Ended => {
                self.offer_cancelled(cx, txs, tx);
            }
        }
    }

    /// BYE in an early dialog (§15): allowed to the caller.
    pub(super) fn early_bye(&mut self, cx: &mut Cx, txs: &mut Transactions) {
        if let State::Ringing(Ringing { tx, .. }) = self.state {
            self.cancelled(cx, txs, tx);
        }
    }
}
