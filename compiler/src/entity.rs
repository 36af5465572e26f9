//! Entities: the things of an office that nodes work with. THE list of their kinds, their typed facts, and how those
//! are read from declarations (`.flow`) and catalogues (`catalog.json`).

use std::collections::BTreeSet;

use flow_vm::effect::Key;

pub mod catalog;
pub mod facts;
pub mod spec;

macro_rules! entity_kinds {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal, $one:literal; )+) => {
        /// The kinds of entities. The name is the same in text, in JSON (`entity_type`) and in the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum EntityKind { $( $(#[doc = $doc])+ $variant, )+ }

        impl EntityKind {
            /// Every kind, in the order in which they are printed.
            pub const ALL: &'static [EntityKind] = &[ $( EntityKind::$variant, )+ ];

            /// The name in text and JSON.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $( EntityKind::$variant => $name, )+ } }

            /// What people call one of them.
            #[must_use]
            pub const fn noun(self) -> &'static str { match self { $( EntityKind::$variant => $one, )+ } }

            /// The kind of this name.
            #[must_use]
            pub fn by_name(name: &str) -> Option<EntityKind> {
                match name { $( $name => Some(EntityKind::$variant), )+ _ => None }
            }
        }
    };
}

entity_kinds! {
    /// A connection to a carrier.
    Trunk = "trunk", "trunk";
    /// A number that carriers send calls for; the key is the number in E.164 (`+61299998888`).
    InboundNumber = "inbound_number", "number";
    /// A person or a desk with a number inside the office; the key is that number.
    Extension = "extension", "extension";
    /// Extensions that ring together.
    RingGroup = "ring_group", "ring group";
    /// A mailbox.
    VoicemailBox = "voicemail_box", "mailbox";
    /// A greeting and the keys it offers.
    IvrMenu = "ivr_menu", "menu";
    /// Opening hours.
    TimeSwitch = "time_switch", "time switch";
    /// A room in which callers hear each other.
    Conference = "conference", "conference";
    /// Callers who wait for members to be free.
    Queue = "queue", "queue";
    /// A recorded sound.
    Prompt = "prompt", "prompt";
}

/// The typed facts of one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityFacts {
    /// A connection to a carrier.
    Trunk(Trunk),
    /// A number from outside.
    InboundNumber(InboundNumber),
    /// An extension.
    Extension(Extension),
    /// A ring group.
    RingGroup(RingGroup),
    /// A mailbox.
    VoicemailBox(VoicemailBox),
    /// A menu.
    IvrMenu(IvrMenu),
    /// Opening hours.
    TimeSwitch(TimeSwitch),
    /// A conference.
    Conference(Conference),
    /// A queue.
    Queue(Queue),
    /// A sound.
    Prompt(Prompt),
}

impl EntityFacts {
    /// How many exits, or times that choose one, a node can have from this entity, at most.
    #[must_use]
    pub fn exits_max(&self) -> usize {
        match self {
            EntityFacts::IvrMenu(menu) => menu.keys.len(),
            EntityFacts::TimeSwitch(switch) => switch.times(),
            EntityFacts::Trunk(_)
            | EntityFacts::InboundNumber(_)
            | EntityFacts::Extension(_)
            | EntityFacts::RingGroup(_)
            | EntityFacts::VoicemailBox(_)
            | EntityFacts::Conference(_)
            | EntityFacts::Queue(_)
            | EntityFacts::Prompt(_) => 0,
        }
    }
}

/// A connection to a carrier, known by its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Addresses (`203.0.113.7`) and networks (`203.0.113.0/24`) that calls may come from.
    pub hosts: Vec<String>,
}

/// A number that carriers send calls for. Where it enters a flow is said by the flow's entry node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundNumber {
    /// Key: the number in E.164, with `+`.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Key of the trunk that it comes by; any, if none is named.
    pub trunk: Option<String>,
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Key: the number to dial.
    pub key: String,
    /// The person.
    pub name: String,
    /// How long its devices ring, in seconds, where a node doesn't say otherwise. 1–600.
    pub ring_timeout_s: u16,
}

/// How a ring group rings its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RingStrategy {
    /// All at once; the first to answer has the call.
    RingAll,
}

/// A ring group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingGroup {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Keys of the extensions, in order.
    pub members: Vec<String>,
    /// How they ring.
    pub strategy: RingStrategy,
    /// How long they ring, in seconds, where a node doesn't say otherwise. 1–600.
    pub ring_timeout_s: u16,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicemailBox {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Key of the prompt played before the beep; the library's `vm-greeting` if none is named.
    pub greeting: Option<String>,
    /// Longest message, in seconds. 5–3,600.
    pub max_message_s: u16,
    /// Messages it holds. 1–10,000.
    pub max_messages: u16,
    /// Days after which messages are deleted; 0 keeps them for ever.
    pub retention_days: u16,
    /// Key of the extension whose lamp shows new messages.
    pub extension: Option<String>,
}

/// One key that a menu offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuKey {
    /// The key; also the name of the node's exit.
    pub key: Key,
    /// What it is for.
    pub name: String,
}

/// A menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IvrMenu {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Key of the prompt that offers the keys.
    pub greeting: String,
    /// How long to wait for a key after the greeting, in seconds. 1–60.
    pub timeout_s: u16,
    /// How often the greeting is repeated after silence before `timeout` is taken; counted apart for wrong keys before
    /// `invalid` is taken. 0–10.
    pub retries: u8,
    /// The keys offered, in order.
    pub keys: Vec<MenuKey>,
}

/// A date of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01, as [`flow_vm::effect::LocalTime::day`].
    pub day: i32,
}

/// Days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Weekdays(pub u8);

impl Weekdays {
    /// Names, Monday first: bit 0 is Monday, as [`flow_vm::effect::LocalTime::weekday`] counts.
    pub const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// Whether a weekday (0 = Monday … 6 = Sunday) is among them.
    #[must_use]
    pub const fn contains(self, weekday: u8) -> bool {
        weekday < 7 && self.0 & (1 << weekday) != 0
    }
}

/// A range of the local day in minutes, half-open. `end` may be ≤ `start`: then it passes midnight and belongs to the
/// day it starts on. `end` is 1,440 for midnight at the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// First minute, 0–1,439.
    pub start: u16,
    /// One past the last minute, 1–1,440.
    pub end: u16,
}

/// A weekly rule of a time switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRule {
    /// Stable key; also the name of the node's exit.
    pub key: String,
    /// What people call it; renaming it cuts no edge.
    pub name: String,
    /// Days on which it starts.
    pub days: Weekdays,
    /// Times of those days; the whole day if empty.
    pub hours: Vec<Hours>,
}

/// Dates on which another exit is taken than the rules would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateException {
    /// Stable key; the same for all dates of one exception.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// First date.
    pub from: Date,
    /// Last date, inclusive; the same as `from` for a single day.
    pub to: Date,
    /// Times of those dates; the whole day if empty.
    pub hours: Vec<Hours>,
    /// The exit taken: a rule's key, `default`, another exception's key, or its own.
    pub exit: String,
}

/// Opening hours. Exceptions are looked at first, then rules from top to bottom; the first that matches wins, and
/// `default` is taken if none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSwitch {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// IANA name of the zone.
    pub timezone: String,
    /// Weekly rules in order.
    pub rules: Vec<TimeRule>,
    /// Exceptions in order.
    pub exceptions: Vec<DateException>,
}

impl TimeSwitch {
    /// How many times it compares a call with: one for each range of hours, one for a whole day.
    #[must_use]
    pub fn times(&self) -> usize {
        let rules = self.rules.iter().map(|r| r.hours.len().max(1));
        rules.chain(self.exceptions.iter().map(|e| e.hours.len().max(1))).sum()
    }

    /// The exits that a node with this switch has besides `default`: rules in order, then those that only exceptions
    /// name.
    #[must_use]
    pub fn own_exits(&self) -> Vec<String> {
        let mut exits: Vec<String> = self.rules.iter().map(|r| r.key.clone()).collect();
        let mut known: Option<BTreeSet<&str>> = None;
        for e in self.exceptions.iter().filter(|e| e.exit != "default") {
            let known = known.get_or_insert_with(|| self.rules.iter().map(|r| r.key.as_str()).collect());
            if known.insert(&e.exit) {
                exits.push(e.exit.clone());
            }
        }
        exits
    }
}

/// A conference. Its PIN, if it has one, is a secret of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The number that phones of the office dial to join it; none if only flows lead there.
    pub dial_in: Option<String>,
    /// Whether callers have to know a PIN.
    pub pin: bool,
    /// People who may be in it at once. 2–200.
    pub max_members: u16,
    /// Whether it is recorded.
    pub record: bool,
    /// Whether people come in muted.
    pub mute_on_join: bool,
    /// Whether a tone tells that somebody came or left.
    pub announce_joins: bool,
}

/// In which order a queue rings its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueueStrategy {
    /// All who are free at once.
    RingAll,
    /// One after the other, beginning behind the one who was rung last.
    RoundRobin,
    /// In an order drawn by lot.
    Random,
    /// The one whose last call is longest ago first.
    LongestIdle,
}

impl QueueStrategy {
    /// Every strategy.
    pub const ALL: [QueueStrategy; 4] = [
        QueueStrategy::RingAll,
        QueueStrategy::RoundRobin,
        QueueStrategy::Random,
        QueueStrategy::LongestIdle,
    ];

    /// The word in text and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QueueStrategy::RingAll => "ring_all",
            QueueStrategy::RoundRobin => "round_robin",
            QueueStrategy::Random => "random",
            QueueStrategy::LongestIdle => "longest_idle",
        }
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Keys of the extensions that take its calls, in order.
    pub members: Vec<String>,
    /// How they are rung.
    pub strategy: QueueStrategy,
    /// How long a member's phone rings before the next one's does, in seconds. 1–600.
    pub ring_timeout_s: u16,
    /// How long callers wait at most where a node doesn't say otherwise, in seconds. 1–3,600.
    pub max_wait_s: u16,
    /// Callers who may wait at once. 1–500.
    pub max_callers: u16,
    /// How long a member has peace after a conversation, in seconds. 0–600.
    pub wrap_up_s: u16,
    /// Key of the prompt played again and again while callers wait; the server's own music if none is named.
    pub music: Option<String>,
    /// Key of a prompt played to callers now and then.
    pub announcement: Option<String>,
    /// Seconds between two announcements. 10–600.
    pub announce_every_s: u16,
    /// Whether callers are told how many are before them.
    pub announce_position: bool,
}

/// A sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Key.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// File, relative to the folder of the declaration; `None` for a prompt of the library.
    pub file: Option<String>,
    /// What is said in it.
    pub text: Option<String>,
}
