//! How changes are said.

use serde_json::Value;

use crate::entity::EntityKind;
use crate::nodes::spec::FieldType;
use crate::text::spelled;

/// A value as text spells it.
pub(super) fn value(ty: Option<FieldType>, value: Option<Value>) -> String {
    value.map_or_else(|| "not set".to_owned(), |v| spelled(ty, &v))
}

/// The callers who leave a node of a kind by an exit: the subject of a sentence.
pub(super) fn who(kind: &str, node: &str, exit: &str) -> String {
    let is_key = exit.len() == 1 && exit.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#');
    match (kind, exit) {
        ("time_switch", "default") => format!("Callers at times that no rule of `{node}` matches"),
        ("time_switch", rule) => format!("Callers at times that match `{rule}` of `{node}`"),
        (_, key) if is_key => format!("Callers who press {key} at `{node}`"),
        ("ivr_menu", "timeout") => format!("Callers who press nothing at `{node}`"),
        ("ivr_menu", "invalid") => format!("Callers who press wrong keys at `{node}`"),
        (_, "answered") => format!("Callers who have talked to somebody at `{node}`"),
        (_, "no_answer") => format!("Callers whom nobody answers at `{node}`"),
        (_, "busy") => format!("Callers who find `{node}` busy"),
        (_, "declined") => format!("Callers who are declined at `{node}`"),
        (_, "unavailable") => format!("Callers who find no phone registered at `{node}`"),
        ("voicemail", "next") => format!("Callers who have left a message at `{node}`"),
        (_, "full") => format!("Callers who find `{node}` full"),
        (_, "next") => format!("Callers who come from `{node}`"),
        (_, other) => format!("Callers who leave `{node}` by `{other}`"),
    }
}

/// What callers do (`go to …`), after "used to".
pub(super) fn would(does: &str) -> String {
    does.replacen("are hung up", "be hung up", 1)
}

/// What callers do (`go to …`), in the past.
pub(super) fn went(does: &str) -> String {
    let past = [
        ("go ", "went "),
        ("hear ", "heard "),
        ("are ", "were "),
        ("have ", "had "),
        ("can't ", "couldn't "),
    ];
    let found = past.iter().find_map(|(now, then)| Some(format!("{then}{}", does.strip_prefix(now)?)));
    found.unwrap_or_else(|| does.to_owned()).replace(" and are ", " and were ")
}

/// A setting of a node that is different.
pub(super) fn setting(node: &str, field: &str, before: &str, after: &str) -> String {
    match field {
        "ring" => format!("{node} rings for {after} now; before, for {before}."),
        "timeout" => format!("{node} waits {after} for a key now; before, {before}."),
        other => format!("{node} has `{other}` {after} now; before, {before}."),
    }
}

/// A field of an entity that is different.
pub(super) fn fact(kind: EntityKind, whose: &str, field: &str, before: &str, after: &str) -> String {
    match (kind.name(), field) {
        (_, "ring_timeout") => format!("{whose} rings for {after} now; before, for {before}."),
        ("ivr_menu", "timeout") => format!("{whose} waits {after} for a key now; before, {before}."),
        ("ivr_menu", "retries") => {
            format!("{whose} repeats its greeting {after} times after a mistake now; before, {before} times.")
        }
        (_, "greeting") => format!("{whose} plays {after} now; before, {before}."),
        ("voicemail_box", "max_message") => {
            format!("{whose} takes messages of up to {after} now; before, {before}.")
        }
        ("voicemail_box", "max_messages") => format!("{whose} holds {after} messages now; before, {before}."),
        ("time_switch", "timezone") => format!("{whose} goes by the clock of {after} now; before, {before}."),
        ("prompt", "text") => format!("{whose} says {after} now; before, {before}."),
        ("prompt", "file") => format!("{whose} is the recording {after} now; before, {before}."),
        (_, other) => format!("{whose} has `{other}` {after} now; before, {before}."),
    }
}
