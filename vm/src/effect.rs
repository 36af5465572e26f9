//! THE border of the machine: what a program asks of the world ([`Effect`]) and what the world answers
//! ([`Input`]).
//!
//! One list. The trace, the text forms, the simulator and `runtime/call` match on these enums without a
//! wildcard arm, so that a new effect names every place that has to learn it. Names of entities are keys
//! (text that the office gave); the machine carries them and never interprets them.

use core::fmt;

use crate::limits;
use crate::value::{Text, Type, Value};
use crate::webhook::Answers;

/// A key of a telephone key pad, as menus know it. RFC 4733 events 0–11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u8);

impl Key {
    /// Every key in the order of RFC 4733: `0`–`9`, `*`, `#`.
    pub const ALL: [Key; 12] =
        [Key(0), Key(1), Key(2), Key(3), Key(4), Key(5), Key(6), Key(7), Key(8), Key(9), Key(10), Key(11)];

    /// The key of an RFC 4733 event code; `None` for A–D, flash and everything above 11.
    #[must_use]
    pub const fn from_event(code: u8) -> Option<Key> {
        if code <= 11 { Some(Key(code)) } else { None }
    }

    /// The key printed as `0`–`9`, `*` or `#`.
    #[must_use]
    pub const fn from_char(c: char) -> Option<Key> {
        match c {
            '0'..='9' => Some(Key(c as u8 - b'0')),
            '*' => Some(Key(10)),
            '#' => Some(Key(11)),
            _ => None,
        }
    }

    /// The RFC 4733 event code, 0–11.
    #[must_use]
    pub const fn event(self) -> u8 {
        self.0
    }

    /// The character on the key.
    #[must_use]
    pub const fn to_char(self) -> char {
        match self.0 {
            10 => '*',
            11 => '#',
            d => (b'0' + d) as char,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_char())
    }
}

/// Something to hear, by key. The host resolves it to audio when the effect runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sound<'p> {
    /// A prompt of the library or one that the office uploaded, by name.
    Prompt(&'p str),
    /// The greeting of the menu with this key.
    MenuGreeting(&'p str),
}

/// Why a program ends a call. `runtime/call` maps it to a SIP status before the answer, to a Reason after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Nothing wrong: the flow is over. 480 before the answer.
    Normal,
    /// 486 Busy Here.
    Busy,
    /// 603 Decline.
    Rejected,
    /// 480 Temporarily Unavailable.
    Unavailable,
    /// 404 Not Found.
    NotFound,
    /// 503 Service Unavailable.
    Congestion,
}

impl Cause {
    /// Every cause, in the order of the bytecode.
    pub const ALL: [Cause; 6] =
        [Cause::Normal, Cause::Busy, Cause::Rejected, Cause::Unavailable, Cause::NotFound, Cause::Congestion];

    /// The word used in text, JSON, bytecode listings and CDRs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Normal => "normal",
            Cause::Busy => "busy",
            Cause::Rejected => "rejected",
            Cause::Unavailable => "unavailable",
            Cause::NotFound => "not_found",
            Cause::Congestion => "congestion",
        }
    }
}

/// What a program asks the world to do. Every effect is answered by exactly one [`Input`], or by
/// [`Answer::HungUp`] when the caller goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect<'p> {
    /// Answer the caller (200 OK); already answered is fine. Answered by [`Answer::Done`].
    Answer,
    /// Play a sound to the caller. Answered by [`Answer::Done`] at its end, or [`Answer::Key`] when
    /// `barge_in` and a key was pressed. With `early` the caller is not answered first (183 with media).
    Play {
        /// What is heard.
        sound: Sound<'p>,
        /// A key ends the sound.
        barge_in: bool,
        /// Play to a caller who isn't answered.
        early: bool,
    },
    /// Play a sound and wait for one key; a key ends the sound. `timeout_ms` runs from the end of the sound.
    /// Answered by [`Answer::Key`] or [`Answer::Timeout`].
    Menu {
        /// What is heard.
        sound: Sound<'p>,
        /// How long to wait after the sound, in milliseconds.
        timeout_ms: u32,
    },
    /// Ring every device of one extension and, when somebody answers, connect them until one side hangs up.
    /// Answered by [`Answer::Ring`].
    RingExtension {
        /// Key of the extension (its number).
        extension: &'p str,
        /// Longest time to ring, in milliseconds.
        timeout_ms: u32,
    },
    /// The same for all members of a group, by the group's strategy. Answered by [`Answer::Ring`].
    RingGroup {
        /// Key of the group.
        group: &'p str,
        /// Longest time to ring, in milliseconds.
        timeout_ms: u32,
    },
    /// Greeting, beep, record into a mailbox. Answered by [`Answer::Voicemail`].
    Voicemail {
        /// Key of the mailbox.
        mailbox: &'p str,
    },
    /// What time is it in a zone? Answered by [`Answer::LocalTime`].
    LocalTime {
        /// IANA name, e.g. `Australia/Sydney`.
        zone: &'p str,
    },
    /// What phones that ring from now on are shown of the caller (From and P-Asserted-Identity). Records keep
    /// the real caller. Answered by [`Answer::Done`].
    SetCallerId {
        /// What is replaced.
        part: CallerPart,
        /// By what.
        text: Text,
    },
    /// Draw: yes for so many of a hundred calls. Answered by [`Answer::Chance`].
    Chance {
        /// How many of a hundred, 0–100.
        percent: u8,
    },
    /// How an extension is right now. Answered by [`Answer::Status`].
    Status {
        /// Key of the extension (its number).
        extension: &'p str,
    },
    /// Hand the caller over: ring there and, when somebody answers, connect them until one side hangs up. Answered
    /// by [`Answer::Done`] when they were connected and the conversation is over, by [`Answer::Failed`] when it
    /// couldn't be done (nobody answered, busy, no line) and the caller is still there.
    Transfer {
        /// To whom.
        to: TransferTo<'p>,
        /// Longest time to ring, in milliseconds.
        timeout_ms: u32,
    },
    /// Ask a server on the web. Answered by [`Answer::Webhook`]. The request tells who calls whom; the reply is
    /// JSON, an object whose `answer` names one of the declared answers.
    Webhook {
        /// `https://…` or `http://…`.
        url: &'p str,
        /// How.
        method: Method,
        /// What the flow wants to tell, such as a number that the caller typed; may be empty.
        send: Text,
        /// The answers that the flow knows.
        answers: Answers<'p>,
        /// Longest time to wait for the whole reply, in milliseconds.
        timeout_ms: u32,
    },
    /// A field of the last webhook's reply. Answered by [`Answer::Value`] of this type.
    WebhookField {
        /// Its name.
        field: &'p str,
        /// Its type.
        ty: Type,
    },
    /// Let an answered caller wait with others until a member of a queue is free; connect them until one side hangs
    /// up. Answered by [`Answer::Queue`].
    Queue {
        /// Key of the queue.
        queue: &'p str,
        /// Longest time to wait, in milliseconds.
        timeout_ms: u32,
    },
    /// Bring an answered caller into a conference until they leave it. Its PIN, if it has one, is asked for and
    /// checked by the host and never comes here. Answered by [`Answer::Conference`].
    Conference {
        /// Key of the conference.
        conference: &'p str,
    },
    /// Play a prompt, which a key ends, and take digits; keys that are neither a digit nor the terminator count for
    /// nothing. With `secret` the host compares them with the secret of this name and tells nobody what they were.
    /// Answered by [`Answer::Collected`].
    Collect {
        /// The prompt.
        prompt: &'p str,
        /// How many digits, and when they are at an end.
        rule: DigitRule,
        /// Name of the secret that they are compared with.
        secret: Option<&'p str>,
    },
}

/// Where a call is transferred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferTo<'p> {
    /// An extension, by key (its number).
    Extension(&'p str),
    /// A phone number that an expression gave: inside or outside, as it would be dialled.
    Number(Text),
}

/// How a webhook asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`, with everything in the query.
    Get,
    /// `POST`, with everything in a JSON body.
    Post,
}

impl Method {
    /// Both; the place here is the number in the bytes.
    pub const ALL: [Method; 2] = [Method::Get, Method::Post];

    /// The word used in text, JSON and listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "get",
            Method::Post => "post",
        }
    }
}

/// Digits that a caller entered: `0`–`9`, at most [`limits::DIGITS_MAX`] of them. Written with `*` and `#` they could be a
/// command of some device; so these keys end an entry or count for nothing, and never are part of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digits {
    length: u8,
    digits: [u8; limits::DIGITS_MAX as usize],
}

impl Digits {
    /// None: what no caller can enter.
    pub(crate) const EMPTY: Digits = Digits { length: 0, digits: [0; _] };

    /// The digits of a text; `None` if there is anything else in it, or too many.
    #[must_use]
    pub fn new(text: &str) -> Option<Digits> {
        let mut made = Digits { length: u8::try_from(text.len()).ok()?, digits: [0; _] };
        made.digits.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        text.bytes().all(|b| b.is_ascii_digit()).then_some(made)
    }

    /// As a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.digits.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(used).unwrap_or_default()
    }

    /// How many.
    #[must_use]
    pub const fn count(&self) -> u8 {
        self.length
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The key by which callers say that they have entered everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Terminator {
    /// `#`.
    Pound,
    /// `*`.
    Star,
    /// None: the entry ends by its greatest length or by silence.
    None,
}

impl Terminator {
    /// Every terminator; the place here is the number in the bytes.
    pub const ALL: [Terminator; 3] = [Terminator::Pound, Terminator::Star, Terminator::None];

    /// The word in text, JSON and listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Terminator::Pound => "#",
            Terminator::Star => "*",
            Terminator::None => "none",
        }
    }

    /// The key.
    #[must_use]
    pub const fn key(self) -> Option<Key> {
        match self {
            Terminator::Pound => Key::from_char('#'),
            Terminator::Star => Key::from_char('*'),
            Terminator::None => None,
        }
    }
}

/// How digits are taken from a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DigitRule {
    /// Least number of digits, 1 to `max`.
    pub min: u8,
    /// Greatest number, at most [`limits::DIGITS_MAX`]; with so many the entry ends.
    pub max: u8,
    /// The key that ends it sooner.
    pub terminator: Terminator,
    /// Seconds to wait for the first key, from the end of the prompt.
    pub first_s: u8,
    /// Seconds to wait for each further key.
    pub next_s: u8,
}

/// What of the caller's identity is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerPart {
    /// The display name.
    Name,
    /// The number: the user part.
    Number,
}

impl CallerPart {
    /// Both parts; the place here is the number in the bytes.
    pub const ALL: [CallerPart; 2] = [CallerPart::Name, CallerPart::Number];

    /// The word in listings and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CallerPart::Name => "name",
            CallerPart::Number => "number",
        }
    }
}

macro_rules! effect_kinds {
    ($($Name:ident $name:literal)*) => {
        /// Which effect, without its operands: what a server declares that it can do and a program that it
        /// needs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EffectKind {
            $(#[doc = concat!("[`Effect::", stringify!($Name), "`].")] $Name,)*
        }

        impl EffectKind {
            /// Every kind; its place here is its bit in a program's header, so new ones go to the end.
            pub const ALL: [EffectKind; [$($name),*].len()] = [$(EffectKind::$Name),*];

            /// The word used in text and listings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(EffectKind::$Name => $name,)* }
            }
        }
    };
}

effect_kinds! {
    Answer "answer"
    Play "play"
    Menu "menu"
    RingExtension "ring_extension"
    RingGroup "ring_group"
    Voicemail "voicemail"
    LocalTime "local_time"
    SetCallerId "set_caller_id"
    Chance "chance"
    Status "status"
    Transfer "transfer"
    Webhook "webhook"
    WebhookField "webhook_field"
    Queue "queue"
    Conference "conference"
    Collect "collect"
}

impl Effect<'_> {
    /// Which effect it is.
    #[must_use]
    pub const fn kind(&self) -> EffectKind {
        match self {
            Effect::Answer => EffectKind::Answer,
            Effect::Play { .. } => EffectKind::Play,
            Effect::Menu { .. } => EffectKind::Menu,
            Effect::RingExtension { .. } => EffectKind::RingExtension,
            Effect::RingGroup { .. } => EffectKind::RingGroup,
            Effect::Voicemail { .. } => EffectKind::Voicemail,
            Effect::LocalTime { .. } => EffectKind::LocalTime,
            Effect::SetCallerId { .. } => EffectKind::SetCallerId,
            Effect::Chance { .. } => EffectKind::Chance,
            Effect::Status { .. } => EffectKind::Status,
            Effect::Transfer { .. } => EffectKind::Transfer,
            Effect::Webhook { .. } => EffectKind::Webhook,
            Effect::WebhookField { .. } => EffectKind::WebhookField,
            Effect::Queue { .. } => EffectKind::Queue,
            Effect::Conference { .. } => EffectKind::Conference,
            Effect::Collect { .. } => EffectKind::Collect,
        }
    }
}

/// A set of effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EffectSet(u32);

const _: () = assert!(EffectKind::ALL.len() <= 32, "a set of effects is 32 bits in the program's header");

impl EffectSet {
    /// Everything that this version of the machine can ask for.
    #[must_use]
    pub fn all() -> EffectSet {
        EffectKind::ALL.into_iter().fold(EffectSet(0), EffectSet::with)
    }

    /// The set with one more.
    #[must_use]
    pub const fn with(self, kind: EffectKind) -> EffectSet {
        EffectSet(self.0 | 1 << kind as u32)
    }

    /// Whether an effect is in it.
    #[must_use]
    pub const fn has(self, kind: EffectKind) -> bool {
        self.0 >> kind as u32 & 1 == 1
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, in the order of [`EffectKind::ALL`].
    pub fn iter(self) -> impl Iterator<Item = EffectKind> {
        EffectKind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }

    /// As in a program's header.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }
}

/// How ringing (and the conversation after it) went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RingEnd {
    /// Somebody answered, the conversation is over, and the caller is still there.
    Answered,
    /// Nobody answered in time.
    NoAnswer,
    /// Everybody was busy.
    Busy,
    /// Somebody rejected the call (603, or 486 sent by hand counts as busy).
    Declined,
    /// No device to ring.
    Unavailable,
}

/// How a voicemail went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VoicemailEnd {
    /// Recorded (or the caller recorded nothing worth keeping) and the caller is still there.
    Done,
    /// The mailbox holds as many messages as it may.
    Full,
    /// It couldn't be recorded.
    Failed,
}

/// What a webhook answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WebhookEnd {
    /// The declared answer of this number, from 0; its fields are there and of their types.
    Answer(u8),
    /// A good reply with another answer, or with none, or whose fields don't fit.
    Default,
    /// No good reply: no connection, a status other than 2xx, not JSON, too long.
    Error,
    /// No reply in time.
    Timeout,
}

/// How waiting in a queue (and the conversation after it) went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueueEnd {
    /// A member answered, the conversation is over, and the caller is still there.
    Answered,
    /// Every member was rung, nobody answered, and the queue lets nobody wait for another round.
    NoAnswer,
    /// No member may be disturbed.
    Busy,
    /// Every member rejected the call.
    Declined,
    /// No member has a device to ring.
    Unavailable,
    /// The caller waited as long as callers may.
    Timeout,
    /// As many callers wait as may.
    Full,
}

impl QueueEnd {
    /// Every end, in the order of the bytecode.
    pub const ALL: [QueueEnd; 7] = [
        QueueEnd::Answered,
        QueueEnd::NoAnswer,
        QueueEnd::Busy,
        QueueEnd::Declined,
        QueueEnd::Unavailable,
        QueueEnd::Timeout,
        QueueEnd::Full,
    ];

    /// The word used in text, listings and traces; the exit of the node.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QueueEnd::Answered => "answered",
            QueueEnd::NoAnswer => "no_answer",
            QueueEnd::Busy => "busy",
            QueueEnd::Declined => "declined",
            QueueEnd::Unavailable => "unavailable",
            QueueEnd::Timeout => "timeout",
            QueueEnd::Full => "full",
        }
    }
}

/// How a conference ended for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConferenceEnd {
    /// The caller was in it and left by a key, or it was closed, and the caller is still there.
    Left,
    /// As many people are in it as may.
    Full,
    /// The caller didn't know the PIN.
    Refused,
}

impl ConferenceEnd {
    /// Every end, in the order of the bytecode.
    pub const ALL: [ConferenceEnd; 3] = [ConferenceEnd::Left, ConferenceEnd::Full, ConferenceEnd::Refused];

    /// The word used in listings and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ConferenceEnd::Left => "left",
            ConferenceEnd::Full => "full",
            ConferenceEnd::Refused => "refused",
        }
    }
}

/// What a caller entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collected {
    /// These digits, as many as the rule asks for. Never for a secret.
    Digits(Digits),
    /// The secret.
    Accepted,
    /// Something else than the secret.
    Refused,
    /// Fewer digits than the rule asks for.
    TooFew,
    /// Nothing in time.
    Silent,
}

/// How an extension is. The first that fits, in this order: do-not-disturb is said of a phone that is also on
/// a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PhoneStatus {
    /// No device is registered.
    Unregistered,
    /// It doesn't want to be disturbed.
    DoNotDisturb,
    /// Somebody talks on it.
    OnCall,
    /// It would ring.
    Free,
}

impl PhoneStatus {
    /// Every status, in the order of the bytecode.
    pub const ALL: [PhoneStatus; 4] =
        [PhoneStatus::Unregistered, PhoneStatus::DoNotDisturb, PhoneStatus::OnCall, PhoneStatus::Free];

    /// The word used in text, listings and traces; the exit of the node.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PhoneStatus::Unregistered => "unregistered",
            PhoneStatus::DoNotDisturb => "do_not_disturb",
            PhoneStatus::OnCall => "on_call",
            PhoneStatus::Free => "free",
        }
    }
}

/// A wall-clock moment in some zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalTime {
    /// Days since 1970-01-01 of the local date.
    pub day: i32,
    /// Second of the local day, 0–86,399.
    pub second: u32,
}

impl LocalTime {
    /// 0 = Monday … 6 = Sunday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        (self.day as i64 + 3).rem_euclid(7) as u8
    }

    /// Minute of the local day, 0–1,439.
    #[must_use]
    pub const fn minute(self) -> u16 {
        (self.second / 60) as u16
    }
}

/// What the world answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Begin at the entry. The first input of every run, and only that.
    Start,
    /// The effect is done.
    Done,
    /// The caller pressed a key.
    Key(Key),
    /// The caller pressed nothing in time.
    Timeout,
    /// Ringing ended.
    Ring(RingEnd),
    /// The mailbox is done.
    Voicemail(VoicemailEnd),
    /// The local time.
    LocalTime(LocalTime),
    /// What was drawn.
    Chance(bool),
    /// How the extension is.
    Status(PhoneStatus),
    /// The effect is done and gave this value.
    Value(Value),
    /// What the webhook answered.
    Webhook(WebhookEnd),
    /// Waiting in the queue ended.
    Queue(QueueEnd),
    /// The conference is over for the caller.
    Conference(ConferenceEnd),
    /// What the caller entered.
    Collected(Collected),
    /// The host couldn't do it (a sound that can't be played, say). Every effect may be answered so.
    Failed,
    /// The caller hung up. Every effect may be answered so; the run ends.
    HungUp,
}

/// One answer with its time, as the machine takes it and the trace keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    /// The effect that this answers: 0 for [`Answer::Start`], then 1, 2, 3 … in the order of the effects.
    pub effect: u32,
    /// Milliseconds since the call started (monotonic).
    pub mono_ms: u64,
    /// Milliseconds since 1970-01-01 UTC.
    pub wall_ms: i64,
    /// The answer.
    pub answer: Answer,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The program hung up.
    Hangup(Cause),
    /// The caller hung up.
    CallerGone,
    /// More than [`crate::limits::STEPS_PER_INPUT_MAX`] ops without asking the world for anything, or more
    /// than [`crate::limits::STEPS_WITHOUT_KEY_MAX`] ops without a key from the caller.
    OutOfFuel,
    /// One node entered more than [`crate::limits::VISITS_PER_NODE_MAX`] times without caller input in
    /// between.
    TooManyVisits,
}
