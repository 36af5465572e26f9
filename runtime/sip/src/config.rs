//! What the endpoint is told from outside: its own addresses, the people it knows, and the calls it is asked to make.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use crate::event::{Flow, Party};

/// Settings that hold for the life of an [`crate::Endpoint`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The address that other parties reach us at; goes into Via and Contact.
    pub advertised: IpAddr,
    /// The UDP port that goes with it.
    pub udp_port: u16,
    /// The TCP port that goes with it.
    pub tcp_port: u16,
    /// `User-Agent` and `Server`.
    pub user_agent: String,
    /// Digest algorithms, in the order in which they are offered, each in a challenge of its own. Usually MD5 alone: some
    /// phones (seen: baresip 1.0.0) give up on a response that offers anything else, first or second.
    pub algorithms: Vec<Algorithm>,
    /// How long registrations last.
    pub expires: ExpiresBounds,
    /// How much of each message is logged (target `sip`, level debug). Authorization never is.
    pub log: MessageLog,
}

impl Config {
    /// The usual settings for one address with both transports on `port`.
    pub fn new(advertised: IpAddr, port: u16) -> Config {
        Config {
            advertised,
            udp_port: port,
            tcp_port: port,
            user_agent: "FlowPBX".into(),
            algorithms: vec![Algorithm::Md5],
            expires: ExpiresBounds::default(),
            log: MessageLog::Lines,
        }
    }
}

/// Bounds of a registration's life (RFC 3261 §10.3 step 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiresBounds {
    /// Shorter wishes are refused with 423 and Min-Expires.
    pub min: Duration,
    /// What a REGISTER without a wish gets.
    pub default: Duration,
    /// Longer wishes are cut to this.
    pub max: Duration,
}

impl Default for ExpiresBounds {
    fn default() -> Self {
        let minutes = |m: u64| Duration::from_secs(60 * m);
        ExpiresBounds { min: minutes(1), default: minutes(60), max: minutes(60) }
    }
}

/// A digest algorithm (RFC 3261 §22.4, RFC 8760).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `MD5`, what every phone speaks.
    Md5,
    /// `SHA-256`.
    Sha256,
}

/// How much of each message is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageLog {
    /// Nothing.
    Off,
    /// The start line, Call-ID and CSeq.
    Lines,
    /// The whole head without credentials, never the body.
    Heads,
}

/// Who may call and register; swapped whole with [`crate::Endpoint::set_directory`].
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Digest realm and the host part of From in the calls that we make.
    pub domain: String,
    /// Users by name (the user part of their address; an extension's number).
    pub users: BTreeMap<String, UserCredential>,
    /// Trunks that are known by address. The first that matches wins.
    pub trunks: Vec<TrunkAcl>,
}

/// What a user proves itself with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCredential {
    /// The digest password in clear (digest needs it).
    pub secret: Secret,
    /// Most contacts at a time; one more replaces the oldest. At least 1.
    pub max_registrations: u16,
}

/// A string that is never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A trunk that is believed by its address alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkAcl {
    /// The trunk, as [`crate::event::Origin::Trunk`] will name it.
    pub trunk: String,
    /// Where its requests come from.
    pub networks: Vec<Cidr>,
}

/// An address block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not an address block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACidr;

impl fmt::Display for NotACidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not an address block: write an IP address such as 192.0.2.7, or a block such as 192.0.2.0/24",
        )
    }
}

impl std::error::Error for NotACidr {}

impl std::str::FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Cidr, NotACidr> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| NotACidr)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| NotACidr)?,
            None => whole,
        };
        if prefix > whole {
            return Err(NotACidr);
        }
        // `::ffff:192.0.2.0/120` is written for IPv4 and means 192.0.2.0/24.
        match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(mapped)) => {
                let prefix = prefix.checked_sub(96).ok_or(NotACidr)?;
                Ok(Cidr { address: IpAddr::V4(mapped), prefix })
            }
            (IpAddr::V4(_) | IpAddr::V6(_), IpAddr::V4(_) | IpAddr::V6(_)) => Ok(Cidr { address, prefix }),
        }
    }
}

impl Cidr {
    /// Whether `address` is inside. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let cut = |bits: u128, width: u32| bits.checked_shr(width - u32::from(self.prefix)).unwrap_or(0);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(other)) => {
                cut(u128::from(mine.to_bits()), 32) == cut(u128::from(other.to_bits()), 32)
            }
            (IpAddr::V6(mine), IpAddr::V6(other)) => cut(mine.to_bits(), 128) == cut(other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// A call to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingCall {
    /// The request-URI: a contact as registered ([`crate::event::Binding::contact`]), or `sip:number@host` at a trunk.
    pub target: String,
    /// Where the INVITE goes: a binding's flow, or the trunk's address.
    pub flow: Flow,
    /// The caller as From shows it.
    pub from: Party,
    /// The called party as To shows it.
    pub to: Party,
    /// The caller as P-Asserted-Identity shows it (RFC 3325), when the far end may see it.
    pub asserted: Option<Party>,
    /// Max-Forwards: 70, or one less than that of the call on whose behalf it is made (RFC 7332 §4), so that a call that
    /// is sent round in a circle ends.
    pub max_forwards: u8,
    /// Our offer.
    pub sdp: Vec<u8>,
}

/// Why a leg is ended, for the far end's phone and log (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `Reason: SIP;cause=…;text="…"`.
    Sip {
        /// A SIP status; 200 on a losing fork ("answered elsewhere").
        cause: u16,
        /// For people.
        text: String,
    },
    /// `Reason: Q.850;cause=…;text="…"`.
    Q850 {
        /// ITU-T Q.850 cause; 16 is normal clearing.
        cause: u8,
        /// For people.
        text: String,
    },
}

impl Reason {
    /// What losing forks are told, so that the phone doesn't list a missed call.
    pub fn completed_elsewhere() -> Reason {
        Reason::Sip { cause: 200, text: "Call completed elsewhere".into() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| text.replace(['"', '\\', '\r', '\n'], "'");
        match self {
            Reason::Sip { cause, text } => write!(f, "SIP;cause={cause};text=\"{}\"", quoted(text)),
            Reason::Q850 { cause, text } => write!(f, "Q.850;cause={cause};text=\"{}\"", quoted(text)),
        }
    }
}

/// Bytes for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to. With [`crate::event::Transport::Tcp`] and no connection, one to `flow.remote` is to be used or opened,
    /// and reported by [`crate::Endpoint::stream_opened`] or [`crate::Endpoint::stream_failed`].
    pub flow: Flow,
    /// What.
    pub bytes: Vec<u8>,
}

/// Why a command was not carried out. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such leg (any more); its `Gone` was or is about to be polled.
    NoSuchLeg,
    /// The leg is not in a state for this: for example `answer` after the caller's CANCEL, whose event waits to be polled.
    WrongState,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::NoSuchLeg => "the leg has ended",
            Refused::WrongState => "the leg is in no state for this command; poll its events",
        })
    }
}

impl std::error::Error for Refused {}

/// What the endpoint holds at the moment; all zero when nothing is going on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Legs that have not said `Gone`.
    pub legs: usize,
    /// Dialogs, confirmed or early, of legs.
    pub dialogs: usize,
    /// Client and server transactions.
    pub transactions: usize,
    /// Timers that have not fired.
    pub timers: usize,
}

/// Counters since start. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests taken in, retransmissions included.
    pub requests_in: u64,
    /// Responses taken in.
    pub responses_in: u64,
    /// Messages sent, retransmissions included.
    pub sent: u64,
    /// Retransmissions sent by timers.
    pub retransmitted: u64,
    /// Input that was no SIP message, or a response without a transaction.
    pub dropped: u64,
    /// Requests refused as malformed or unsupported (400, 405, 415, 416, 420, 481, 482, 483, 501, 505).
    pub refused: u64,
    /// Requests answered 503 or dropped because a limit was reached.
    pub overloaded: u64,
    /// Challenges sent.
    pub challenged: u64,
    /// Wrong credentials.
    pub auth_failed: u64,
    /// Requests refused because their source failed too often.
    pub throttled: u64,
    /// REGISTERs accepted.
    pub registered: u64,
    /// Legs created, both directions.
    pub legs: u64,
    /// Streams broken off because what they carried could not be framed or was over a limit.
    pub streams_broken: u64,
}
