//! Every limit of the SIP core, in one place.

use std::time::Duration;

/// Longest message taken in: the largest UDP datagram.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// Longest head (start line and headers) of a message.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Longest line of a head, folded lines joined.
pub const LINE_BYTES_MAX: usize = 8 * 1024;
/// Most header lines of a message.
pub const HEADERS_MAX: usize = 128;
/// Most Via headers: more than this many hops is a loop.
pub const VIAS_MAX: usize = 70;
/// Max-Forwards of requests that begin with us, and what is taken for one that has none (RFC 3261 §8.1.1.6).
pub const HOPS_MAX: u8 = 70;
/// Most routes kept for one dialog.
pub const ROUTES_MAX: usize = 16;
/// Most bytes kept of one stream while a message is incomplete.
pub const STREAM_BYTES_MAX: usize = HEAD_BYTES_MAX + MESSAGE_BYTES_MAX;
/// Most messages that one input of a stream may carry; what comes after them breaks the stream.
pub const STREAM_MESSAGES_MAX: usize = 1_024;

/// RTT estimate (RFC 3261 §17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// Longest interval between retransmissions of anything but INVITE.
pub const T2: Duration = Duration::from_secs(4);
/// How long a message may linger in the network.
pub const T4: Duration = Duration::from_secs(5);
/// 64 × T1: how long a transaction tries (timers B, F, H, J, L, M).
pub const TRY_MAX: Duration = Duration::from_secs(32);
/// Timer D: how long a finished INVITE client transaction absorbs repeated finals over UDP.
pub const TIMER_D: Duration = Duration::from_secs(32);
/// A provisional response is repeated this often so that proxies keep the transaction (RFC 3261 §13.3.1.1).
pub const PROVISIONAL_REFRESH: Duration = Duration::from_secs(60);
/// Longest time that an outgoing leg may ring before it is cancelled by itself; call control cancels long before.
pub const RING_MAX: Duration = Duration::from_secs(600);
/// Most times that one re-INVITE is tried again after 491.
pub const GLARE_RETRIES_MAX: u8 = 5;

/// Most legs at a time; an INVITE more gets 503.
pub const LEGS_MAX: usize = 4_000;
/// Most transactions at a time; a new request more gets 503, and none is started by us.
pub const TRANSACTIONS_MAX: usize = 20_000;
/// Most streams that are told apart.
pub const STREAMS_MAX: usize = 4_096;
/// Seconds in Retry-After of a 503.
pub const RETRY_AFTER_S: u32 = 5;

/// Most users with bindings.
pub const BOUND_USERS_MAX: usize = 10_000;
/// Most contacts in one REGISTER.
pub const CONTACTS_PER_REQUEST_MAX: usize = 10;
/// Longest contact URI, user name or User-Agent that is stored.
pub const STORED_TEXT_BYTES_MAX: usize = 512;

/// How long a nonce may be used.
pub const NONCE_LIFE: Duration = Duration::from_secs(300);
/// Most nonces whose counters are remembered. The memory only holds nonces that a correct password was shown for; when
/// it is full the oldest are forgotten and become stale.
pub const NONCES_MAX: usize = 10_000;
/// How far behind the highest nonce count a new one may lie (requests overtake each other).
pub const NONCE_COUNT_WINDOW: u32 = 64;
/// Failures of one user from one address within [`FAILURE_WINDOW`] after which it isn't looked at any more.
pub const FAILURES_PER_USER_MAX: u32 = 10;
/// Failures from one address within [`FAILURE_WINDOW`] after which only users who are registered from there are looked at.
pub const FAILURES_PER_SOURCE_MAX: u32 = 60;
/// How long failures count.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// Most (address, user) pairs whose failures are counted.
pub const FAILURES_MAX: usize = 10_000;

const _: () = assert!(HEAD_BYTES_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(LEGS_MAX * 4 <= TRANSACTIONS_MAX, "a leg needs a few transactions in its life");
const _: () = assert!(TRY_MAX.as_millis() == 64 * T1.as_millis());
