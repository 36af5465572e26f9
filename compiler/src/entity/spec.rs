//! What entities say about themselves: fields and parts of each kind. Text, catalogue, checks and forms read this.

use serde::Serialize;

use super::EntityKind;
use crate::nodes::spec::{FieldDefault, FieldSpec, FieldType};

/// All about a kind of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EntitySpec {
    /// The kind.
    pub kind: EntityKind,
    /// What it is, for people who declare one.
    pub doc: &'static str,
    /// What its key is like.
    pub key: KeyType,
    /// Fields, in the order in which a catalogue has them.
    pub fields: &'static [FieldSpec],
    /// Parts with stable keys of their own.
    pub parts: &'static [PartSpec],
}

/// A part: `rule business "Business hours" { … }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PartSpec {
    /// The word that begins it.
    pub word: &'static str,
    /// Its list in JSON.
    pub list: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// What its key is like.
    pub key: KeyType,
    /// Its fields.
    pub fields: &'static [FieldSpec],
}

/// What a key is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    /// A name: letters, digits, `-`, `_`; chosen once and never changed.
    Name,
    /// A number inside the office: digits, and `*` or `#` in front.
    Dial,
    /// A number in E.164, with `+`.
    Number,
    /// A key of a telephone: `0`–`9`, `*`, `#`.
    TelephoneKey,
}

impl KeyType {
    /// Whether a key is of this type.
    #[must_use]
    pub fn fits(self, key: &str) -> bool {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        match self {
            KeyType::Name => crate::text::is_ident(key),
            KeyType::Dial => digits(key.trim_start_matches(['*', '#'])) && key.len() <= 20,
            // ITU-T E.164 §6.2.1: a country code and a number, 15 digits at most; no country's numbers are shorter than 4.
            KeyType::Number => key
                .strip_prefix('+')
                .is_some_and(|n| digits(n) && (4..=15).contains(&n.len()) && !n.starts_with('0')),
            KeyType::TelephoneKey => {
                let mut chars = key.chars();
                chars.next().and_then(flow_vm::effect::Key::from_char).is_some() && chars.next().is_none()
            }
        }
    }

    /// What a key of this type is, for a message.
    #[must_use]
    pub const fn wants(self) -> &'static str {
        match self {
            KeyType::Name => "a name of letters, digits, `-` and `_`",
            KeyType::Dial => "a number of up to 20 digits",
            KeyType::Number => "a number in E.164 (a plus and 4 to 15 digits) such as `+61299998888`",
            KeyType::TelephoneKey => "one of `0` to `9`, `*`, `#`",
        }
    }
}

impl EntitySpec {
    /// The part of this word.
    #[must_use]
    pub fn part(&self, word: &str) -> Option<&'static PartSpec> {
        self.parts.iter().find(|p| p.word == word)
    }
}

const RING: FieldSpec = FieldSpec {
    name: "ring_timeout",
    doc: "How long to ring where a node doesn't say otherwise.",
    ty: FieldType::Seconds { min: 1, max: 600 },
    default: FieldDefault::Is("30"),
};

const HOURS: FieldSpec = FieldSpec {
    name: "hours",
    doc: "Times of the day; the whole day, if not given. A range that passes midnight belongs to the day it starts on.",
    ty: FieldType::Hours,
    default: FieldDefault::Absent,
};

const fn field(name: &'static str, doc: &'static str, ty: FieldType, default: FieldDefault) -> FieldSpec {
    FieldSpec { name, doc, ty, default }
}

const TEXT: FieldType = FieldType::Text { max: crate::limits::TEXT_BYTES_MAX };

/// The kinds' own tables.
#[must_use]
pub const fn of(kind: EntityKind) -> &'static EntitySpec {
    match kind {
        EntityKind::Trunk => &TRUNK,
        EntityKind::InboundNumber => &INBOUND_NUMBER,
        EntityKind::Extension => &EXTENSION,
        EntityKind::RingGroup => &RING_GROUP,
        EntityKind::VoicemailBox => &VOICEMAIL_BOX,
        EntityKind::IvrMenu => &IVR_MENU,
        EntityKind::TimeSwitch => &TIME_SWITCH,
        EntityKind::Conference => &CONFERENCE,
        EntityKind::Queue => &QUEUE,
        EntityKind::Prompt => &PROMPT,
    }
}

static TRUNK: EntitySpec = EntitySpec {
    kind: EntityKind::Trunk,
    doc: "A line of a carrier. Calls from its addresses may come in from outside; its password, if it has one, is kept by the server.",
    key: KeyType::Name,
    fields: &[field(
        "hosts",
        "Addresses and networks that its calls come from.",
        FieldType::Networks,
        FieldDefault::Required,
    )],
    parts: &[],
};

static INBOUND_NUMBER: EntitySpec = EntitySpec {
    kind: EntityKind::InboundNumber,
    doc: "A number that people outside dial. An entry of a flow says where its calls start.",
    key: KeyType::Number,
    fields: &[field(
        "trunk",
        "The trunk that it comes by; any, if not given.",
        FieldType::Ref(EntityKind::Trunk),
        FieldDefault::Absent,
    )],
    parts: &[],
};

static EXTENSION: EntitySpec = EntitySpec {
    kind: EntityKind::Extension,
    doc: "Somebody in the office: a number that others dial, and all phones that are registered as it. Passwords are kept by the server.",
    key: KeyType::Dial,
    fields: &[RING],
    parts: &[],
};

static RING_GROUP: EntitySpec = EntitySpec {
    kind: EntityKind::RingGroup,
    doc: "Extensions that ring together for one call.",
    key: KeyType::Name,
    fields: &[
        field("members", "Who rings.", FieldType::Refs(EntityKind::Extension), FieldDefault::Required),
        field("strategy", "How they ring.", FieldType::Word(&["ring_all"]), FieldDefault::Is("\"ring_all\"")),
        RING,
    ],
    parts: &[],
};

static VOICEMAIL_BOX: EntitySpec = EntitySpec {
    kind: EntityKind::VoicemailBox,
    doc: "Where callers leave messages. Its key needn't be an extension's.",
    key: KeyType::Name,
    fields: &[
        field(
            "greeting",
            "Prompt before the beep; the library's `vm-greeting`, if not given.",
            FieldType::Ref(EntityKind::Prompt),
            FieldDefault::Absent,
        ),
        field(
            "max_message",
            "Longest message.",
            FieldType::Seconds { min: 5, max: 3_600 },
            FieldDefault::Is("120"),
        ),
        field(
            "max_messages",
            "How many messages it holds.",
            FieldType::Int { min: 1, max: 10_000 },
            FieldDefault::Is("50"),
        ),
        field(
            "retention_days",
            "Days after which messages are deleted; 0 keeps them for ever.",
            FieldType::Int { min: 0, max: 36_500 },
            FieldDefault::Is("90"),
        ),
        field(
            "extension",
            "Extension whose lamp shows new messages.",
            FieldType::Ref(EntityKind::Extension),
            FieldDefault::Absent,
        ),
    ],
    parts: &[],
};

static IVR_MENU: EntitySpec = EntitySpec {
    kind: EntityKind::IvrMenu,
    doc: "A greeting and the keys that callers may press. What they lead to stands at the node.",
    key: KeyType::Name,
    fields: &[
        field(
            "greeting",
            "Prompt that offers the keys.",
            FieldType::Ref(EntityKind::Prompt),
            FieldDefault::Required,
        ),
        field(
            "timeout",
            "How long to wait for a key after the greeting.",
            FieldType::Seconds { min: 1, max: 60 },
            FieldDefault::Is("10"),
        ),
        field(
            "retries",
            "How often the greeting is repeated after silence; counted apart for wrong keys.",
            FieldType::Int { min: 0, max: 10 },
            FieldDefault::Is("3"),
        ),
    ],
    parts: &[PartSpec {
        word: "key",
        list: "keys",
        doc: "A key that the menu offers; also the name of the exit.",
        key: KeyType::TelephoneKey,
        fields: &[],
    }],
};

static TIME_SWITCH: EntitySpec = EntitySpec {
    kind: EntityKind::TimeSwitch,
    doc: "Opening hours: rules for the days of the week, and exceptions for dates. Exceptions come first, then rules from top to bottom; the first that matches wins.",
    key: KeyType::Name,
    fields: &[field("timezone", "Zone of all its times.", FieldType::Zone, FieldDefault::Required)],
    parts: &[
        PartSpec {
            word: "rule",
            list: "rules",
            doc: "Opening hours of the week; its key is the name of the exit.",
            key: KeyType::Name,
            fields: &[
                field("days", "Days on which it starts.", FieldType::Weekdays, FieldDefault::Required),
                HOURS,
            ],
        },
        PartSpec {
            word: "except",
            list: "exceptions",
            doc: "Dates on which another exit is taken than the rules would.",
            key: KeyType::Name,
            fields: &[
                field(
                    "date",
                    "The date, or the first and the last, or a list of these.",
                    FieldType::Dates,
                    FieldDefault::Required,
                ),
                HOURS,
                field(
                    "as",
                    "The exit taken: that of a rule or of another exception, or `default`. If not given, one of its own that is named like the exception and goes where `default` goes until it is led somewhere.",
                    FieldType::Exit,
                    FieldDefault::Absent,
                ),
            ],
        },
    ],
};

static CONFERENCE: EntitySpec = EntitySpec {
    kind: EntityKind::Conference,
    doc: "A room in which callers hear each other.",
    key: KeyType::Name,
    fields: &[
        field(
            "dial_in",
            "Number that phones of the office dial to join it; only flows lead there, if not given.",
            FieldType::Dial,
            FieldDefault::Absent,
        ),
        field(
            "pin",
            "Whether callers have to know a PIN. The PIN itself is kept by the server and is never in text.",
            FieldType::Bool,
            FieldDefault::Is("false"),
        ),
        field(
            "max_members",
            "How many people may be in it at once.",
            FieldType::Int { min: 2, max: 200 },
            FieldDefault::Is("10"),
        ),
        field("record", "Whether it is recorded.", FieldType::Bool, FieldDefault::Is("false")),
        field("mute_on_join", "Whether people come in muted.", FieldType::Bool, FieldDefault::Is("false")),
        field(
            "announce_joins",
            "Whether a tone tells that somebody came or left.",
            FieldType::Bool,
            FieldDefault::Is("false"),
        ),
    ],
    parts: &[],
};

static QUEUE: EntitySpec = EntitySpec {
    kind: EntityKind::Queue,
    doc: "A line in which callers wait until a member is free.",
    key: KeyType::Name,
    fields: &[
        field(
            "members",
            "Who takes its calls.",
            FieldType::Refs(EntityKind::Extension),
            FieldDefault::Required,
        ),
        field(
            "strategy",
            "In which order members ring.",
            FieldType::Word(&["ring_all", "round_robin", "random", "longest_idle"]),
            FieldDefault::Is("\"ring_all\""),
        ),
        field(
            "ring_timeout",
            "How long a member's phone rings before the next one's does.",
            FieldType::Seconds { min: 1, max: 600 },
            FieldDefault::Is("20"),
        ),
        field(
            "max_wait",
            "How long callers wait at most where a node doesn't say otherwise.",
            FieldType::Seconds { min: 1, max: 3_600 },
            FieldDefault::Is("300"),
        ),
        field(
            "max_callers",
            "How many callers may wait at once.",
            FieldType::Int { min: 1, max: 500 },
            FieldDefault::Is("20"),
        ),
        field(
            "wrap_up",
            "How long a member isn't rung after a conversation.",
            FieldType::Seconds { min: 0, max: 600 },
            FieldDefault::Is("0"),
        ),
        field(
            "music",
            "Prompt played again and again while callers wait; the server's own music, if not given.",
            FieldType::Ref(EntityKind::Prompt),
            FieldDefault::Absent,
        ),
        field(
            "announcement",
            "Prompt played to waiting callers now and then.",
            FieldType::Ref(EntityKind::Prompt),
            FieldDefault::Absent,
        ),
        field(
            "announce_every",
            "Time between two announcements.",
            FieldType::Seconds { min: 10, max: 600 },
            FieldDefault::Is("60"),
        ),
        field(
            "announce_position",
            "Whether waiting callers are told how many are before them.",
            FieldType::Bool,
            FieldDefault::Is("false"),
        ),
    ],
    parts: &[],
};

static PROMPT: EntitySpec = EntitySpec {
    kind: EntityKind::Prompt,
    doc: "A sound that callers hear.",
    key: KeyType::Name,
    fields: &[
        field(
            "file",
            "Sound file, relative to this one; a prompt of the library has none.",
            TEXT,
            FieldDefault::Absent,
        ),
        field("text", "What is said in it.", TEXT, FieldDefault::Absent),
    ],
    parts: &[],
};
