//! A catalogue: facts of entities as a value. It is a [`World`], it comes from declarations, from `catalog.json` or
//! from rows, and it goes back to `catalog.json`.
//!
//! ```json
//! { "flowpbx": { "format": 1 },
//!   "extension": [ { "id": 1, "key": "101", "name": "Ann", "ring_timeout": 25 } ],
//!   "time_switch": [ { "key": "office-hours", "timezone": "Australia/Sydney",
//!                      "rules": [ { "key": "business", "days": ["mon", "tue"],
//!                                   "hours": [ { "start": "08:30", "end": "17:00" } ] } ] } ] }
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::{EntityFacts, EntityKind, facts};
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::graph::{Declaration, Project, Unread};
use crate::world::World;

/// The prompts that every server has.
const LIBRARY_PROMPTS: &str = include_str!("../../../stdlib-prompts/manifest.json");

/// Facts by kind and key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    rows: BTreeMap<EntityKind, BTreeMap<String, Row>>,
    keys: BTreeMap<(EntityKind, i64), String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    id: Option<i64>,
    facts: EntityFacts,
    declaration: Declaration,
}

impl Catalog {
    /// The facts that a project declares; a declaration that repeats another must say the same.
    #[must_use]
    pub fn of(project: &Project) -> (Catalog, Vec<Diagnostic>) {
        let mut catalog = Catalog::default();
        let mut sink = Sink::default();
        for declaration in project.entities.values() {
            if let Some(finding) = catalog.add(declaration.clone()) {
                sink.push(finding);
            }
        }
        (catalog, sink.finish())
    }

    /// Adds an entity. A finding if there is one of its kind and key that says something else; the first stays.
    pub fn add(&mut self, declaration: Declaration) -> Option<Diagnostic> {
        let (kind, key) = (declaration.kind, declaration.key.clone());
        let facts = facts::of(&declaration);
        let rows = self.rows.entry(kind).or_default();
        match rows.get(&key) {
            None => {
                if let Some(id) = declaration.id {
                    self.keys.insert((kind, id), key.clone());
                }
                rows.insert(key, Row { id: declaration.id, facts, declaration });
                None
            }
            Some(first) if first.facts == facts => None,
            Some(first) => {
                let message = format!("the {} `{key}` is declared twice, differently", kind.noun());
                let place = declaration.origin.place();
                let first = first.declaration.origin.place();
                Some(
                    Diagnostic::new(Code::ConflictingFacts, place, message)
                        .also(first, "first declared here")
                        .help("keep one of them"),
                )
            }
        }
    }

    /// Adds a whole catalogue; its entities give way to those that are there.
    pub fn add_all(&mut self, other: &Catalog) -> Vec<Diagnostic> {
        other.declarations().filter_map(|d| self.add(d.clone())).collect()
    }

    /// Fills in what only the library has: entities that are there already stay as they are, silently.
    pub fn fill_with(&mut self, library: &Catalog) {
        for declaration in library.declarations() {
            if self.row(declaration.kind, &declaration.key).is_none() {
                self.add(declaration.clone());
            }
        }
    }

    /// The prompts that every server has.
    #[must_use]
    pub fn library() -> Catalog {
        // The file is part of the program; a test reads it.
        let manifest: Value = serde_json::from_str(LIBRARY_PROMPTS).unwrap_or_default();
        let prompts = manifest.get("prompts").and_then(Value::as_array).into_iter().flatten();
        let text = |prompt: &'_ Value, member: &str| prompt.get(member)?.as_str().map(str::to_owned);
        let prompts: Vec<_> = prompts.filter_map(|p| Some((text(p, "name")?, text(p, "text")?))).collect();
        Catalog::of_library_prompts(prompts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// A catalogue of prompts of the library, which have no file of their own.
    #[must_use]
    pub fn of_library_prompts<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Catalog {
        let mut catalog = Catalog::default();
        for (name, text) in names {
            let mut declaration = Declaration::new(EntityKind::Prompt, name, "");
            declaration.set("text", text.into());
            catalog.add(declaration);
        }
        catalog
    }

    fn row(&self, kind: EntityKind, key: &str) -> Option<&Row> {
        self.rows.get(&kind)?.get(key)
    }

    fn all(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flat_map(BTreeMap::values)
    }

    /// All entities, by kind and key.
    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.all().map(|r| &r.declaration)
    }

    /// One entity as it was declared.
    #[must_use]
    pub fn declaration(&self, kind: EntityKind, key: &str) -> Option<&Declaration> {
        self.row(kind, key).map(|r| &r.declaration)
    }

    /// All facts, by kind and key.
    pub fn facts(&self) -> impl Iterator<Item = &EntityFacts> {
        self.all().map(|r| &r.facts)
    }

    /// Numbers entities that have no row id, 1, 2, … by kind: for a catalogue that goes to JSON without a store.
    pub fn number_all(&mut self) {
        for (kind, rows) in &mut self.rows {
            let mut next = 1;
            for (key, row) in rows {
                while self.keys.contains_key(&(*kind, next)) {
                    next += 1;
                }
                if row.id.is_none() {
                    row.id = Some(next);
                    row.declaration.id = Some(next);
                    self.keys.insert((*kind, next), key.clone());
                }
            }
        }
    }
}

impl World for Catalog {
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts> {
        self.row(kind, key).map(|r| &r.facts)
    }

    fn keys(&self, kind: EntityKind) -> Vec<&str> {
        self.rows.get(&kind).into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    fn declared(&self, kind: EntityKind, key: &str) -> Option<Place> {
        let place = self.row(kind, key)?.declaration.origin.0.clone();
        place.filter(|place| matches!(place, Place::Text(_)))
    }

    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64> {
        self.row(kind, key)?.id
    }

    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str> {
        self.keys.get(&(kind, id)).map(String::as_str)
    }
}

/// What a project declares, before what another world knows.
#[derive(Clone, Copy)]
pub struct Overlay<'a> {
    /// The declarations.
    pub declared: &'a Catalog,
    /// Everything else.
    pub base: &'a dyn World,
}

impl World for Overlay<'_> {
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts> {
        self.declared.entity(kind, key).or_else(|| self.base.entity(kind, key))
    }

    fn keys(&self, kind: EntityKind) -> Vec<&str> {
        let mut keys = self.declared.keys(kind);
        keys.extend(self.base.keys(kind));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn declared(&self, kind: EntityKind, key: &str) -> Option<Place> {
        self.declared.declared(kind, key)
    }

    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64> {
        self.declared.id_of(kind, key).or_else(|| self.base.id_of(kind, key))
    }

    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str> {
        self.declared.key_of(kind, id).or_else(|| self.base.key_of(kind, id))
    }
}

impl Declaration {
    /// An entity without fields.
    #[must_use]
    pub fn new(kind: EntityKind, key: &str, label: &str) -> Self {
        Declaration {
            unread: Unread::default(),
            kind,
            key: key.to_owned(),
            label: label.to_owned(),
            id: None,
            fields: Vec::new(),
            parts: Vec::new(),
            comments: crate::graph::Comments::default(),
            origin: crate::graph::Origin(Some(Place::Catalog {
                kind: kind.name().to_owned(),
                key: key.to_owned(),
                field: None,
            })),
        }
    }

    /// Gives a field its value.
    pub fn set(&mut self, name: &str, value: serde_json::Value) {
        let place = Place::Catalog {
            kind: self.kind.name().to_owned(),
            key: self.key.clone(),
            field: Some(name.to_owned()),
        };
        self.fields.push(crate::graph::Field {
            name: name.to_owned(),
            value,
            comments: crate::graph::Comments::default(),
            origin: crate::graph::Origin(Some(place)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_has_what_menus_and_mailboxes_say() {
        for prompt in ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"] {
            assert!(Catalog::library().entity(EntityKind::Prompt, prompt).is_some(), "{prompt}");
        }
    }
}
