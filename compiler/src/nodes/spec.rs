//! What a node kind says about itself. Parser, printer, JSON reader, checks, palette and manual read only this.

use serde::Serialize;

pub use crate::entity::EntityKind;

/// States of a call, as exits leave it and nodes find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// The caller hears ringing (or early media); nobody has answered.
    Early,
    /// The caller was answered.
    Answered,
}

/// What a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Takes {
    /// A call in either state.
    Any,
    /// No call at all: it's an entry.
    Nothing,
    /// Only a call that isn't answered, if the field has one of the values (a cause that can't be signalled after the
    /// answer, early media); otherwise any.
    EarlyIf {
        /// Name of the field.
        field: &'static str,
        /// Values, as they stand in JSON: words, or `true`.
        values: &'static [&'static str],
    },
}

/// What an exit leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Leaves {
    /// The state in which the call came.
    AsItCame,
    /// An answered call.
    Answered,
    /// An answered call, unless this field is true: then as it came.
    AnsweredUnless(&'static str),
}

/// What happens at an exit without an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Unwired {
    /// It must have an edge: an error.
    Refused,
    /// The edge of another exit of the node is taken.
    FallsTo(&'static str),
    /// The call ends; nothing wrong with it.
    HangsUp,
    /// The call ends with a spoken goodbye; a warning.
    SaysGoodbye,
}

/// An exit (source handle) of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ExitSpec {
    /// Name of the handle.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// The state of calls that leave by it.
    pub leaves: Leaves,
    /// What happens without an edge.
    pub unwired: Unwired,
}

/// Exits that come from facts of the node's entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// None: all exits are fixed.
    None,
    /// One per key of the menu.
    MenuKeys,
    /// One per rule of the time switch.
    TimeRules,
    /// One per answer that the node declares.
    Answers,
    /// One per exit of the flow that is called.
    FlowExits,
}

/// Type of a field, with its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// `true` or `false`.
    Bool,
    /// A whole number, both ends included.
    Int {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// A time in whole seconds: `25s`, `2m` in text, a number in JSON.
    Seconds {
        /// Least.
        min: u32,
        /// Greatest.
        max: u32,
    },
    /// Free text of at most so many bytes.
    Text {
        /// Greatest length in bytes.
        max: usize,
    },
    /// One of some words.
    Word(&'static [&'static str]),
    /// The key of an entity.
    Ref(EntityKind),
    /// Keys of entities, in order.
    Refs(EntityKind),
    /// Addresses and networks.
    Networks,
    /// IANA name of a time zone.
    Zone,
    /// Days of the week: `mon..fri`, `[sat, sun]`; in JSON a list of names.
    Weekdays,
    /// Ranges of the day: `08:30..17:00`, or a list of them; in JSON `{"start": "08:30", "end": "17:00"}`.
    Hours,
    /// A date or a range of dates: `2026-12-25`, `2026-12-25..2026-12-27`.
    Dates,
    /// Name of an exit of the same entity.
    Exit,
    /// An expression, as text: see [`crate::expr`].
    Expr,
    /// Text with expressions in `{…}`.
    Template,
    /// Name of a variable.
    Variable,
    /// An address on the web: `https://…` or `http://…`.
    Url,
    /// The answers of a webhook; see [`crate::webhook`].
    Answers,
    /// A number to dial inside the office.
    Dial,
    /// Names with types, `account:number`: what a flow takes that others call.
    Inputs,
    /// A list of names: the exits of a flow that others call.
    Names,
    /// The key of a flow.
    Flow,
    /// A list of expressions.
    Exprs,
}

/// What a field is without being given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FieldDefault {
    /// It must be given.
    Required,
    /// It may be absent.
    Absent,
    /// This value, as text would write it.
    Is(&'static str),
    /// The field of this name of the node's entity.
    FromEntity(&'static str),
}

/// A field of a node kind or of an entity kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct FieldSpec {
    /// Name, in text and in JSON.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its type and range.
    pub ty: FieldType,
    /// What it is without being given.
    pub default: FieldDefault,
}

/// Which entity a node works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EntityUse {
    /// None.
    None,
    /// Exactly one.
    One(EntityKind),
    /// One or more (the numbers of an entry).
    Many(EntityKind),
}

impl EntityUse {
    /// The kind of entity.
    #[must_use]
    pub const fn kind(self) -> Option<EntityKind> {
        match self {
            EntityUse::None => None,
            EntityUse::One(k) | EntityUse::Many(k) => Some(k),
        }
    }
}

/// All about a node kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct NodeSpec {
    /// Name in text and JSON.
    pub name: &'static str,
    /// What it does; the manual's paragraph.
    pub doc: &'static str,
    /// The entity it works with.
    pub entity: EntityUse,
    /// What it takes; [`Takes::Nothing`] makes it an entry.
    pub takes: Takes,
    /// Whether a call spends time in it (sound, ringing, waiting for a key), so that a loop through it isn't hot.
    pub waits: bool,
    /// Fields, in the order in which they are printed.
    pub fields: &'static [FieldSpec],
    /// Fixed exits. None and nothing computed: the call ends here.
    pub exits: &'static [ExitSpec],
    /// Exits that come from the entity, before the fixed ones.
    pub computed: Computed,
    /// What every computed exit is like; `name` is empty.
    pub computed_exit: ExitSpec,
}

impl NodeSpec {
    /// Whether calls start here.
    #[must_use]
    pub const fn is_entry(&self) -> bool {
        matches!(self.takes, Takes::Nothing)
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The fixed exit of this name.
    #[must_use]
    pub fn exit(&self, name: &str) -> Option<&'static ExitSpec> {
        self.exits.iter().find(|e| e.name == name)
    }

    /// The exit that text means by `-> target` without a name: the only exit, if it must lead somewhere, or `next`.
    #[must_use]
    pub fn plain_exit(&self) -> Option<&'static ExitSpec> {
        match (self.computed, self.exits) {
            (Computed::None, [only]) if only.unwired == Unwired::Refused => Some(only),
            _ => self.exit("next"),
        }
    }
}
