//! Entities: what the office has and how it is set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::view::value_of;
use super::{About, Change, System, hours, words};
use crate::entity::{EntityFacts, EntityKind, facts, spec as entity_spec};
use crate::graph::{Declaration, Part};
use crate::nodes::spec::{FieldSpec, FieldType};

/// Compares the entities of both versions.
pub(super) fn compare(before: &System<'_>, after: &System<'_>, changes: &mut Vec<Change>) {
    let keys: BTreeSet<_> = before.facts.keys().chain(after.facts.keys()).copied().collect();
    for (kind, key) in keys {
        let sentences = match (before.facts.get(&(kind, key)), after.facts.get(&(kind, key))) {
            (Some(old), Some(new)) => changed(old, new),
            (None, Some(new)) => vec![format!("{} is new.", named(new))],
            (Some(old), None) => vec![format!("{} is gone.", named(old))],
            (None, None) => Vec::new(),
        };
        let about = About::Entity { kind: kind.name().to_owned(), key: key.to_owned() };
        changes.extend(sentences.into_iter().map(|sentence| Change { about: about.clone(), sentence }));
    }
}

/// An entity at the beginning of a sentence: Extension 101 (Ann).
fn named(entity: &Declaration) -> String {
    let noun = entity.kind.noun();
    let mut letters = noun.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    let noun: String = first.into_iter().chain(letters).collect();
    let label = if entity.label.is_empty() { String::new() } else { format!(" ({})", entity.label) };
    format!("{noun} {}{label}", entity.key)
}

fn changed(old: &Declaration, new: &Declaration) -> Vec<String> {
    let whose = named(new);
    let spec = entity_spec::of(new.kind);
    let mut found = Vec::new();
    for field in spec.fields {
        let (before, after) = (value_of(&old.fields, field), value_of(&new.fields, field));
        if before == after {
            continue;
        }
        match (field.ty, &before, &after) {
            (FieldType::Refs(kind), Some(Value::Array(was)), Some(Value::Array(is))) => {
                found.extend(members(&whose, field, kind, was, is));
            }
            (ty, _, _) => {
                let said = |value| words::value(Some(ty), value);
                found.push(words::fact(new.kind, &whose, field.name, &said(before), &said(after)));
            }
        }
    }
    if let (EntityFacts::TimeSwitch(was), EntityFacts::TimeSwitch(is)) = (facts::of(old), facts::of(new)) {
        found.extend(hours::compare(&whose, &was, &is));
    } else {
        for part in spec.parts {
            found.extend(parts(&whose, part.word, part.fields, old, new));
        }
    }
    found
}

/// A list of entities: who came, who went, or that only the order is another.
fn members(whose: &str, field: &FieldSpec, kind: EntityKind, was: &[Value], is: &[Value]) -> Vec<String> {
    let text = |values: &[&Value]| {
        let keys: Vec<_> = values.iter().filter_map(|v| v.as_str()).collect();
        format!("{} {}", kind.noun(), keys.join(", "))
    };
    let came: Vec<&Value> = is.iter().filter(|v| !was.contains(v)).collect();
    let went: Vec<&Value> = was.iter().filter(|v| !is.contains(v)).collect();
    let list = field.name;
    let mut found = Vec::new();
    if !came.is_empty() {
        found.push(format!("{whose} has {} among its {list} now.", text(&came)));
    }
    if !went.is_empty() {
        found.push(format!("{whose} has no {} among its {list} any more.", text(&went)));
    }
    if came.is_empty() && went.is_empty() {
        found.push(format!(
            "{whose} has its {list} in another order: {}.",
            text(&is.iter().collect::<Vec<_>>())
        ));
    }
    found
}

/// Parts with keys of their own, such as the keys of a menu.
fn parts(whose: &str, word: &str, fields: &[FieldSpec], old: &Declaration, new: &Declaration) -> Vec<String> {
    let by_key = |entity: &'_ Declaration| -> BTreeMap<String, Part> {
        let parts = entity.parts.iter().filter(|p| p.word == word);
        parts.map(|p| (p.key.clone(), p.clone())).collect()
    };
    let (was, is) = (by_key(old), by_key(new));
    let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        match (was.get(key), is.get(key)) {
            (None, Some(_)) => found.push(format!("{whose} has {word} {key} now.")),
            (Some(_), None) => found.push(format!("{whose} has no {word} {key} any more.")),
            (Some(was), Some(is)) => {
                let differs = |f: &&FieldSpec| value_of(&was.fields, f) != value_of(&is.fields, f);
                for field in fields.iter().filter(differs) {
                    let said = |part: &Part| words::value(Some(field.ty), value_of(&part.fields, field));
                    let whose = format!("{whose}, {word} {key},");
                    found.push(words::fact(new.kind, &whose, field.name, &said(was), &said(is)));
                }
            }
            (None, None) => {}
        }
    }
    found
}
