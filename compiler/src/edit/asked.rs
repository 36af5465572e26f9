//! What a check asked the world, so that it needn't be asked again while the answers are the same.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::diag::Place;
use crate::entity::{EntityFacts, EntityKind};
use crate::world::World;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Entity(EntityKind, String),
    Keys(EntityKind),
    Declared(EntityKind, String),
    IdOf(EntityKind, String),
    KeyOf(EntityKind, i64),
}

/// Questions, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(BTreeSet<Question>);

impl Asked {
    /// Whether two worlds give all of them the same answers.
    pub(crate) fn answered_alike(&self, one: &dyn World, other: &dyn World) -> bool {
        self.0.iter().all(|question| match question {
            Question::Entity(kind, key) => one.entity(*kind, key) == other.entity(*kind, key),
            Question::Keys(kind) => one.keys(*kind) == other.keys(*kind),
            Question::Declared(kind, key) => one.declared(*kind, key) == other.declared(*kind, key),
            Question::IdOf(kind, key) => one.id_of(*kind, key) == other.id_of(*kind, key),
            Question::KeyOf(kind, id) => one.key_of(*kind, *id) == other.key_of(*kind, *id),
        })
    }
}

/// A world that remembers what it was asked.
pub(crate) struct Recorder<'a> {
    world: &'a dyn World,
    asked: RefCell<BTreeSet<Question>>,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(world: &'a dyn World) -> Self {
        Recorder { world, asked: RefCell::default() }
    }

    /// Everything that was asked.
    pub(crate) fn asked(self) -> Asked {
        Asked(self.asked.into_inner())
    }

    fn note(&self, question: Question) {
        self.asked.borrow_mut().insert(question);
    }
}

impl World for Recorder<'_> {
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts> {
        self.note(Question::Entity(kind, key.to_owned()));
        self.world.entity(kind, key)
    }
    fn keys(&self, kind: EntityKind) -> Vec<&str> {
        self.note(Question::Keys(kind));
        self.world.keys(kind)
    }
    fn declared(&self, kind: EntityKind, key: &str) -> Option<Place> {
        self.note(Question::Declared(kind, key.to_owned()));
        self.world.declared(kind, key)
    }
    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64> {
        self.note(Question::IdOf(kind, key.to_owned()));
        self.world.id_of(kind, key)
    }
    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str> {
        self.note(Question::KeyOf(kind, id));
        self.world.key_of(kind, id)
    }
}
