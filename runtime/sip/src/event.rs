//! The border of the SIP core: what happened ([`Event`]) and the facts that it carries.
//!
//! A *leg* is one INVITE dialog-to-be with one party. Requests of the other direction ("commands") are methods of
//! [`crate::Endpoint`].

use std::net::SocketAddr;
use std::time::Duration;

/// One INVITE usage with one party; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

/// One accepted or opened stream connection; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// Where a message came from or goes to. RFC 3581 and RFC 5626: answers and new requests to a registered phone go
/// back over the connection (or to the source address) that the phone used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// The other end.
    pub remote: SocketAddr,
    /// The stream, where there is one; `None` for datagrams and for a stream that is still to be opened.
    pub connection: Option<ConnectionId>,
}

/// Who a request comes from, after authentication.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A user who proved the password by digest.
    User(String),
    /// A trunk, by the address the request came from.
    Trunk(String),
}

/// A name and a number, as From or P-Asserted-Identity showed them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Party {
    /// Display name, unquoted; empty when there is none.
    pub name: String,
    /// User part (the number), unescaped; empty when there is none.
    pub number: String,
}

/// A call that arrives. `100 Trying` has been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingCall {
    /// Who it is.
    pub origin: Origin,
    /// The caller: P-Asserted-Identity when a trunk sent one, else From.
    pub caller: Party,
    /// User part of the request-URI, unescaped.
    pub request_user: String,
    /// User part of To, unescaped.
    pub to_user: String,
    /// Call-ID, for the CDR.
    pub call_id: String,
    /// Max-Forwards, at least 1. Calls made on its behalf get one less, so that a call in a circle ends.
    pub max_forwards: u8,
    /// Where the request came from.
    pub source: SocketAddr,
    /// The offer; `None` for an INVITE without one (the offer then goes into our 200).
    pub sdp: Option<Vec<u8>>,
}

/// One contact of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The user (address of record's user part).
    pub user: String,
    /// The contact URI as registered, without angle brackets.
    pub contact: String,
    /// Where to send requests for it.
    pub flow: Flow,
    /// `User-Agent` of the REGISTER; empty when absent.
    pub user_agent: String,
    /// Call-ID and CSeq of the last REGISTER (RFC 3261 §10.3 step 7).
    pub call_id: String,
    /// See `call_id`.
    pub cseq: u32,
    /// When it ends, on the endpoint's clock.
    pub expires: Duration,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call arrives. Answer with `ring`, `answer` or `reject`.
    Incoming {
        /// The new leg.
        leg: LegId,
        /// The call.
        call: Box<IncomingCall>,
    },
    /// The far end of an outgoing leg said 1xx (not 100).
    Progress {
        /// The leg.
        leg: LegId,
        /// 101–199.
        status: u16,
        /// SDP of early media, when there was one.
        sdp: Option<Vec<u8>>,
        /// Where the response came from.
        source: SocketAddr,
    },
    /// The far end of an outgoing leg answered (2xx); ACK has been sent.
    Answered {
        /// The leg.
        leg: LegId,
        /// Its SDP, when there was one.
        sdp: Option<Vec<u8>>,
        /// Where the response came from.
        source: SocketAddr,
    },
    /// An outgoing leg ended before an answer: final status from the far end, or 408 (nobody spoke), 503 (transport),
    /// 487 (we cancelled).
    Failed {
        /// The leg.
        leg: LegId,
        /// 300–699.
        status: u16,
        /// True when no response at all, not even 1xx, came from the far end.
        silent: bool,
    },
    /// The ACK for our 200 to an incoming call arrived.
    Confirmed {
        /// The leg.
        leg: LegId,
    },
    /// The caller of an incoming leg gave up before our answer (CANCEL). 487 has been sent.
    Cancelled {
        /// The leg.
        leg: LegId,
    },
    /// The far end offers a new session inside the dialog (re-INVITE or UPDATE). Answer with `answer_offer` or
    /// `reject_offer`. `sdp` is `None` when it asks us to offer.
    Offer {
        /// The leg.
        leg: LegId,
        /// The offer.
        sdp: Option<Vec<u8>>,
        /// Where the request came from.
        source: SocketAddr,
    },
    /// The answer to an offer that we made in a re-INVITE; `None` when it was refused (the old session stays).
    OfferAnswered {
        /// The leg.
        leg: LegId,
        /// The answer.
        sdp: Option<Vec<u8>>,
    },
    /// A key by SIP INFO (application/dtmf-relay or application/dtmf). 200 has been sent.
    InfoKey {
        /// The leg.
        leg: LegId,
        /// `0`–`9`, `*`, `#`, `A`–`D`.
        key: char,
    },
    /// The far end hung up, or the dialog died (`lost`: no ACK in 32 s, session gone: 408 or 481 inside the dialog).
    Hangup {
        /// The leg.
        leg: LegId,
        /// The dialog died without a BYE.
        lost: bool,
    },
    /// Nothing is left of a leg: no transaction, no dialog, no timer. The last event of every leg.
    Gone {
        /// The leg.
        leg: LegId,
    },
    /// A user registered or refreshed a contact. To be stored.
    Bound(Box<Binding>),
    /// A contact ended (expired, removed, replaced).
    Unbound {
        /// The user.
        user: String,
        /// The contact URI.
        contact: String,
    },
}
