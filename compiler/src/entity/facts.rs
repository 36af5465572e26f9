//! Declarations → typed facts. Always gives facts: what is missing or wrong has its default, and
//! [`crate::structure`] says so.

use flow_vm::effect::Key;
use serde_json::Value;

use super::spec::{self, EntitySpec};
use super::{
    Conference, Date, DateException, EntityFacts, EntityKind, Extension, Hours, InboundNumber, IvrMenu,
    MenuKey, Prompt, Queue, QueueStrategy, RingGroup, RingStrategy, TimeRule, TimeSwitch, Trunk,
    VoicemailBox,
};
use crate::graph::{Declaration, Field, Part};
use crate::nodes::spec::{FieldDefault, FieldSpec};
use crate::value;

/// The facts that a declaration states.
#[must_use]
pub fn of(declaration: &Declaration) -> EntityFacts {
    let spec = spec::of(declaration.kind);
    let get = Get { fields: &declaration.fields, specs: spec.fields };
    let key = declaration.key.clone();
    let name = if declaration.label.is_empty() { key.clone() } else { declaration.label.clone() };
    match declaration.kind {
        EntityKind::Trunk => EntityFacts::Trunk(Trunk { key, name, hosts: get.texts("hosts") }),
        EntityKind::InboundNumber => {
            EntityFacts::InboundNumber(InboundNumber { key, name, trunk: get.text("trunk") })
        }
        EntityKind::Extension => {
            EntityFacts::Extension(Extension { key, name, ring_timeout_s: get.number("ring_timeout") })
        }
        EntityKind::RingGroup => EntityFacts::RingGroup(RingGroup {
            key,
            name,
            members: get.texts("members"),
            strategy: RingStrategy::RingAll,
            ring_timeout_s: get.number("ring_timeout"),
        }),
        EntityKind::VoicemailBox => EntityFacts::VoicemailBox(VoicemailBox {
            key,
            name,
            greeting: get.text("greeting"),
            max_message_s: get.number("max_message"),
            max_messages: get.number("max_messages"),
            retention_days: get.number("retention_days"),
            extension: get.text("extension"),
        }),
        EntityKind::IvrMenu => EntityFacts::IvrMenu(IvrMenu {
            key,
            name,
            greeting: get.text("greeting").unwrap_or_default(),
            timeout_s: get.number("timeout"),
            retries: u8::try_from(get.number("retries")).unwrap_or(u8::MAX),
            keys: parts(declaration, "key").filter_map(menu_key).collect(),
        }),
        EntityKind::TimeSwitch => EntityFacts::TimeSwitch(TimeSwitch {
            key,
            name,
            timezone: get.text("timezone").unwrap_or_default(),
            rules: parts(declaration, "rule").map(|p| rule(p, spec)).collect(),
            exceptions: parts(declaration, "except").flat_map(|p| exceptions(p, spec)).collect(),
        }),
        EntityKind::Conference => EntityFacts::Conference(conference(key, name, &get)),
        EntityKind::Queue => EntityFacts::Queue(queue(key, name, &get)),
        EntityKind::Prompt => {
            EntityFacts::Prompt(Prompt { key, name, file: get.text("file"), text: get.text("text") })
        }
    }
}

fn conference(key: String, name: String, get: &Get<'_>) -> Conference {
    Conference {
        key,
        name,
        dial_in: get.text("dial_in"),
        pin: get.flag("pin"),
        max_members: get.number("max_members"),
        record: get.flag("record"),
        mute_on_join: get.flag("mute_on_join"),
        announce_joins: get.flag("announce_joins"),
    }
}

fn queue(key: String, name: String, get: &Get<'_>) -> Queue {
    let word = get.text("strategy");
    let strategy = QueueStrategy::ALL.into_iter().find(|s| Some(s.name()) == word.as_deref());
    Queue {
        key,
        name,
        members: get.texts("members"),
        strategy: strategy.unwrap_or(QueueStrategy::RingAll),
        ring_timeout_s: get.number("ring_timeout"),
        max_wait_s: get.number("max_wait"),
        max_callers: get.number("max_callers"),
        wrap_up_s: get.number("wrap_up"),
        music: get.text("music"),
        announcement: get.text("announcement"),
        announce_every_s: get.number("announce_every"),
        announce_position: get.flag("announce_position"),
    }
}

fn parts<'a>(declaration: &'a Declaration, word: &'static str) -> impl Iterator<Item = &'a Part> {
    declaration.parts.iter().filter(move |p| p.word == word)
}

fn part_name(part: &Part) -> String {
    if part.label.is_empty() { part.key.clone() } else { part.label.clone() }
}

fn menu_key(part: &Part) -> Option<MenuKey> {
    let key = part.key.chars().next().and_then(Key::from_char).filter(|_| part.key.len() == 1)?;
    Some(MenuKey { key, name: part_name(part) })
}

fn rule(part: &Part, spec: &EntitySpec) -> TimeRule {
    let get = Get::part(part, spec);
    let days = get.value("days").map(|v| value::weekdays(&v)).unwrap_or_default();
    TimeRule { key: part.key.clone(), name: part_name(part), days, hours: hours(&get) }
}

/// One for each of its dates.
fn exceptions(part: &Part, spec: &EntitySpec) -> Vec<DateException> {
    let get = Get::part(part, spec);
    let dates = get.value("date").and_then(|v| value::dates(&v)).unwrap_or_default();
    let exit = get.text("as").unwrap_or_else(|| part.key.clone());
    let (key, name, hours) = (part.key.clone(), part_name(part), hours(&get));
    let one = |(from, to): (Date, Date)| DateException {
        key: key.clone(),
        name: name.clone(),
        from,
        to,
        hours: hours.clone(),
        exit: exit.clone(),
    };
    dates.into_iter().map(one).collect()
}

fn hours(get: &Get<'_>) -> Vec<Hours> {
    get.value("hours").and_then(|v| value::hours(&v)).unwrap_or_default()
}

/// Fields with their defaults.
struct Get<'a> {
    fields: &'a [Field],
    specs: &'static [FieldSpec],
}

impl<'a> Get<'a> {
    fn part(part: &'a Part, spec: &EntitySpec) -> Self {
        Get { fields: &part.fields, specs: spec.part(&part.word).map_or(&[], |p| p.fields) }
    }

    /// The value if it is of the field's type, else the default.
    fn value(&self, name: &str) -> Option<Value> {
        let spec = self.specs.iter().find(|s| s.name == name)?;
        let given = self.fields.iter().find(|f| f.name == name).map(|f| &f.value);
        match given.filter(|v| value::check(spec.ty, v).is_ok()) {
            Some(value) => Some(value.clone()),
            None => match spec.default {
                FieldDefault::Is(json) => serde_json::from_str(json).ok(),
                FieldDefault::Required | FieldDefault::Absent | FieldDefault::FromEntity(_) => None,
            },
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let list = self.value(name).unwrap_or_default();
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(|v| v.as_bool()).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u16 {
        self.value(name).and_then(|v| v.as_u64()).and_then(|n| u16::try_from(n).ok()).unwrap_or(0)
    }
}
