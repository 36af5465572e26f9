//! Every limit of call control, and the relations between them.

use std::time::Duration;

/// Calls at the same time, incoming ones counted from their INVITE. More are refused with 503.
pub const CALLS_MAX: usize = 2_000;

/// Phones rung by one effect (all contacts of all members).
pub const FORKS_PER_RING_MAX: usize = 64;

/// Keys kept for the next menu while nothing listens to them.
pub const KEYS_BUFFERED_MAX: usize = 16;

/// How long after a key by SIP INFO the first telephone-event (RFC 4733) of the same key is taken for the same press.
pub const KEY_TWIN_MAX: Duration = Duration::from_secs(1);

/// Keys noted in the record of one call.
pub const KEYS_RECORDED_MAX: usize = 256;

/// Nodes noted in the record of one call; a longer path keeps its beginning and says that it was cut.
pub const PATH_STEPS_MAX: usize = 1_000;

/// Legs noted in the record of one call.
pub const RECORD_LEGS_MAX: usize = 256;

/// Characters of a name or number taken from a phone or trunk into records and onto other phones.
pub const PARTY_CHARS_MAX: usize = 64;

/// Longest life of a call.
pub const CALL_DURATION_MAX: Duration = Duration::from_secs(12 * 3600);

/// Longest ringing that a program may ask for.
pub const RING_DURATION_MAX: Duration = Duration::from_secs(600);

/// How long after its computed end a playback is taken as ended though the media engine said nothing.
pub const PLAY_GRACE: Duration = Duration::from_secs(5);

/// How long after its longest length (or after the stop) a recording may take to become whole on disk.
/// A message that is whole only after this is found by the next start, so it outlasts the worst moment of a memory card.
pub const RECORD_GRACE: Duration = Duration::from_secs(30);

/// How long the store may take to say whether a mailbox has room, or to keep a message.
pub const STORE_WAIT_MAX: Duration = Duration::from_secs(10);

/// How long the media engine may take to close the legs of an ended call before the record is written without figures.
pub const CLOSE_WAIT_MAX: Duration = Duration::from_secs(2);

/// How long a caller may take to acknowledge an answer whose ACK carries the session description (RFC 3261 §13.3.1.4).
pub const ANSWER_WAIT_MAX: Duration = Duration::from_secs(32);

/// A voicemail shorter than this is not kept.
pub const MESSAGE_MS_MIN: u32 = 2_000;

/// Silence that ends a voicemail.
pub const MESSAGE_SILENCE_MS: u32 = 6_000;

/// Digits that a number in national form must have to be matched with one of ours by its end.
pub const NATIONAL_DIGITS_MIN: usize = 6;

const _: () =
    assert!(CALL_DURATION_MAX.as_secs() > RING_DURATION_MAX.as_secs(), "a call outlives its ringing");
const _: () = assert!(RECORD_GRACE.as_secs() >= STORE_WAIT_MAX.as_secs(), "both wait for the same disk");
const _: () = assert!(FORKS_PER_RING_MAX <= RECORD_LEGS_MAX, "one ring fits into the record");
const _: () =
    assert!(MESSAGE_SILENCE_MS > MESSAGE_MS_MIN, "a pause doesn't end a message before it is worth keeping");
