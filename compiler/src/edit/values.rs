//! Values of fields by their type: what may be chosen, and what one looks like.

use super::folder::Office;
use super::words;
use crate::entity::spec::{self as entity_spec, KeyType};
use crate::entity::{EntityKind, Weekdays};
use crate::expr::{FACTS, Variables};
use crate::nodes::Kind;
use crate::nodes::spec::{FieldDefault, FieldSpec, FieldType};
use crate::text;
use crate::world::World as _;
use crate::{value, zone};

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The bare value.
    pub value: String,
    /// As text spells it.
    pub spelled: String,
    /// What it is, in a few words.
    pub detail: String,
}

fn choice(value: &str, spelled: String, detail: &str) -> Choice {
    Choice { value: value.to_owned(), spelled, detail: detail.to_owned() }
}

/// The entities of a kind with their names.
pub(crate) fn entities(office: &Office, kind: EntityKind) -> Vec<Choice> {
    let keys = office.world.keys(kind).into_iter();
    let label = |key: &str| office.world.declaration(kind, key).map_or("", |d| d.label.as_str()).to_owned();
    keys.map(|key| choice(key, spelled_key(kind, key), &label(key))).collect()
}

/// A key as text has it: numbers from outside stand in quotes.
pub(crate) fn spelled_key(kind: EntityKind, key: &str) -> String {
    match entity_spec::of(kind).key {
        KeyType::Number => text::quoted(key),
        KeyType::Name | KeyType::Dial | KeyType::TelephoneKey => text::named(key),
    }
}

/// What a key of a kind looks like.
pub(crate) fn sample_key(kind: EntityKind) -> &'static str {
    sample_of(entity_spec::of(kind).key)
}

/// What a key of a type looks like.
pub(crate) const fn sample_of(key: KeyType) -> &'static str {
    match key {
        KeyType::Name => "key",
        KeyType::Dial => "101",
        KeyType::Number => "+61299998888",
        KeyType::TelephoneKey => "1",
    }
}

/// What a value of a field looks like: its default, or any that is of its type.
pub(crate) fn sample(spec: &FieldSpec) -> String {
    if let FieldDefault::Is(json) = spec.default {
        let default = serde_json::from_str(json).unwrap_or_default();
        return text::spelled(Some(spec.ty), &default);
    }
    match spec.ty {
        FieldType::Bool => "true".to_owned(),
        FieldType::Int { min, .. } => min.to_string(),
        FieldType::Seconds { min, max } => value::duration::print(u64::from(20.clamp(min, max))),
        FieldType::Word(words) => words.first().map_or_else(String::new, |w| (*w).to_owned()),
        FieldType::Ref(kind) => spelled_key(kind, sample_key(kind)),
        FieldType::Refs(kind) => format!("[{}]", spelled_key(kind, sample_key(kind))),
        FieldType::Networks => "[\"203.0.113.0/24\"]".to_owned(),
        FieldType::Zone => "\"UTC\"".to_owned(),
        FieldType::Weekdays => "mon..fri".to_owned(),
        FieldType::Hours => "08:30..17:00".to_owned(),
        FieldType::Dates => "2026-12-25".to_owned(),
        FieldType::Exit => "default".to_owned(),
        FieldType::Expr => "\"caller.number starts_with +61\"".to_owned(),
        FieldType::Template => "\"{caller.name}\"".to_owned(),
        FieldType::Variable => "name".to_owned(),
        FieldType::Text { .. } => "\"\"".to_owned(),
        FieldType::Inputs => "[account:number]".to_owned(),
        FieldType::Names => "[done]".to_owned(),
        FieldType::Url => "\"https://crm.example/calls\"".to_owned(),
        FieldType::Dial => "\"800\"".to_owned(),
        FieldType::Answers => "[known, unknown]".to_owned(),
        FieldType::Flow => "flow".to_owned(),
        FieldType::Exprs => "[\"caller.number\"]".to_owned(),
    }
}

/// What may be chosen for a field. `flow` is the flow of a node, `entity` the entity that the field is of.
pub(crate) fn choices(
    office: &Office,
    spec: &FieldSpec,
    variables: &Variables,
    entity: Option<(EntityKind, &str)>,
) -> Vec<Choice> {
    let words = |words: &[&str]| words.iter().map(|w| choice(w, (*w).to_owned(), "")).collect();
    match spec.ty {
        FieldType::Bool => words(&["true", "false"]),
        FieldType::Word(all) => words(all),
        FieldType::Ref(kind) | FieldType::Refs(kind) => entities(office, kind),
        FieldType::Zone => zone::names().map(|z| choice(z, text::quoted(z), "")).collect(),
        FieldType::Weekdays => {
            let days = Weekdays::NAMES.iter().map(|d| choice(d, (*d).to_owned(), ""));
            std::iter::once(choice("mon..fri", "mon..fri".to_owned(), "")).chain(days).collect()
        }
        FieldType::Exit => exits(office, entity),
        FieldType::Variable => variables.names().map(|v| choice(v, v.to_owned(), "variable")).collect(),
        FieldType::Flow => flows(office),
        FieldType::Expr | FieldType::Template | FieldType::Exprs => {
            let facts = FACTS.iter().map(|(name, _)| choice(name, (*name).to_owned(), "of every call"));
            facts.chain(variables.names().map(|v| choice(v, v.to_owned(), "variable"))).collect()
        }
        FieldType::Url | FieldType::Dial | FieldType::Answers => Vec::new(),
        FieldType::Int { .. }
        | FieldType::Seconds { .. }
        | FieldType::Text { .. }
        | FieldType::Networks
        | FieldType::Hours
        | FieldType::Inputs
        | FieldType::Names
        | FieldType::Dates => {
            let sample = sample(spec);
            vec![choice(&sample, sample.clone(), "")]
        }
    }
}

/// Whether a field's text holds expressions, in which names are completed one by one.
pub(crate) const fn has_expressions(ty: FieldType) -> bool {
    matches!(ty, FieldType::Expr | FieldType::Template | FieldType::Exprs)
}

/// The flows that can be called, with what they take and how they come back.
fn flows(office: &Office) -> Vec<Choice> {
    let flows = office.text.project.flows.values().filter(|flow| flow.start().is_some());
    flows.map(|flow| choice(&flow.key, text::named(&flow.key), &words::interface(flow))).collect()
}

/// The exits that an entity gives, and the fixed ones of the kind that works with it.
fn exits(office: &Office, entity: Option<(EntityKind, &str)>) -> Vec<Choice> {
    let Some((kind, key)) = entity else { return Vec::new() };
    let parts = office.world.declaration(kind, key).map_or(&[][..], |d| &d.parts);
    let mut all: Vec<_> = parts.iter().map(|p| choice(&p.key, text::handle(&p.key), &p.label)).collect();
    let works = Kind::ALL.iter().filter(|k| k.spec().entity.kind() == Some(kind));
    let fixed = works.flat_map(|k| k.spec().exits);
    all.extend(fixed.map(|e| choice(e.name, e.name.to_owned(), &super::words::first(e.doc))));
    all.dedup();
    all
}
