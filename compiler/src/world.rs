//! The one door to facts. Whoever compiles supplies a [`World`]: the entity declarations of a folder, a `catalog.json`,
//! the store's rows, the browser's cache.

use crate::diag::Place;
use crate::entity::{EntityFacts, EntityKind};

/// What the compiler may ask. All answers are of one moment: a world doesn't change while it is being asked.
pub trait World {
    /// The facts of an entity; `None` if there is no such entity. Prompts are entities too.
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts>;

    /// Every key of a kind, sorted. For "did you mean" and completion.
    fn keys(&self, kind: EntityKind) -> Vec<&str>;

    /// Where an entity is declared in text; `None` where nobody can say. For findings that have their cure there.
    fn declared(&self, _kind: EntityKind, _key: &str) -> Option<Place> {
        None
    }

    /// The row id that JSON uses for an entity (`entity_id`); `None` where there is no store behind.
    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64>;

    /// The key of the entity with this row id.
    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str>;
}

/// A world in which nothing exists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl World for Nothing {
    fn entity(&self, _: EntityKind, _: &str) -> Option<&EntityFacts> {
        None
    }
    fn keys(&self, _: EntityKind) -> Vec<&str> {
        Vec::new()
    }
    fn id_of(&self, _: EntityKind, _: &str) -> Option<i64> {
        None
    }
    fn key_of(&self, _: EntityKind, _: i64) -> Option<&str> {
        None
    }
}
