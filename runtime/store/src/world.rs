//! The office as the compiler sees it: all facts of one moment, and which of them a compilation asked for.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use flow_compiler::entity::{EntityFacts, EntityKind};
use flow_compiler::world::World;
use rusqlite::Connection;

use crate::entity::{Entity, all};
use crate::error::Result;
use crate::{Extension, InboundNumber, IvrMenu, Prompt, RingGroup, TimeSwitch, Trunk, VoicemailBox};

/// A kind and a key.
pub(crate) type Name = (EntityKind, String);

/// All facts of one moment.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    entities: BTreeMap<EntityKind, BTreeMap<String, (i64, EntityFacts)>>,
    keys: BTreeMap<(EntityKind, i64), String>,
}

impl Facts {
    /// Reads every entity. A new kind is a missing arm here.
    pub(crate) fn read(conn: &Connection) -> Result<Facts> {
        let mut facts = Facts::default();
        for kind in EntityKind::ALL {
            match kind {
                EntityKind::Trunk => facts.take::<Trunk>(conn)?,
                EntityKind::InboundNumber => facts.take::<InboundNumber>(conn)?,
                EntityKind::Extension => facts.take::<Extension>(conn)?,
                EntityKind::RingGroup => facts.take::<RingGroup>(conn)?,
                EntityKind::VoicemailBox => facts.take::<VoicemailBox>(conn)?,
                EntityKind::IvrMenu => facts.take::<IvrMenu>(conn)?,
                EntityKind::TimeSwitch => facts.take::<TimeSwitch>(conn)?,
                EntityKind::Prompt => facts.take::<Prompt>(conn)?,
                // Kept by no table yet; an import that declares them is refused.
                EntityKind::Conference | EntityKind::Queue => {}
            }
        }
        Ok(facts)
    }

    fn take<E: Entity>(&mut self, conn: &Connection) -> Result<()> {
        let of_kind = self.entities.entry(E::KIND).or_default();
        for entity in all::<E>(conn)? {
            self.keys.insert((E::KIND, entity.id().raw()), entity.key().to_owned());
            of_kind.insert(entity.key().to_owned(), (entity.id().raw(), entity.facts()));
        }
        Ok(())
    }

    /// Takes an entity that has no row yet for one that there is.
    pub(crate) fn suppose<E: Entity>(&mut self, entity: &E) {
        let of_kind = self.entities.entry(E::KIND).or_default();
        of_kind.entry(entity.key().to_owned()).or_insert_with(|| (entity.id().raw(), entity.facts()));
    }

    fn find(&self, kind: EntityKind, key: &str) -> Option<&(i64, EntityFacts)> {
        self.entities.get(&kind)?.get(key)
    }
}

impl World for Facts {
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts> {
        self.find(kind, key).map(|(_, facts)| facts)
    }

    fn keys(&self, kind: EntityKind) -> Vec<&str> {
        self.entities.get(&kind).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64> {
        self.find(kind, key).map(|(id, _)| *id)
    }

    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str> {
        self.keys.get(&(kind, id)).map(String::as_str)
    }
}

/// A world that remembers what it was asked for: what a flow uses is what its compilation looked at.
pub(crate) struct Watched<'a> {
    facts: &'a Facts,
    asked: RefCell<BTreeSet<Name>>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Watched<'a> {
        Watched { facts, asked: RefCell::default() }
    }

    /// What was asked for and exists.
    pub(crate) fn used(self) -> BTreeSet<Name> {
        self.asked.into_inner()
    }
}

impl World for Watched<'_> {
    fn entity(&self, kind: EntityKind, key: &str) -> Option<&EntityFacts> {
        let found = self.facts.entity(kind, key);
        if found.is_some() {
            self.asked.borrow_mut().insert((kind, key.to_owned()));
        }
        found
    }

    fn keys(&self, kind: EntityKind) -> Vec<&str> {
        self.facts.keys(kind)
    }

    fn id_of(&self, kind: EntityKind, key: &str) -> Option<i64> {
        self.facts.id_of(kind, key)
    }

    fn key_of(&self, kind: EntityKind, id: i64) -> Option<&str> {
        self.facts.key_of(kind, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    /// The columns of a table that its entity must account for.
    fn check<E: Entity>(conn: &Connection) {
        let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        let table: BTreeSet<String> =
            statement.query_map([E::TABLE], |r| r.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        let mut known: BTreeSet<String> =
            ["id", "key", "label", "created_ms", "updated_ms"].map(str::to_owned).into();
        known.extend(E::COLUMNS.iter().map(|c| c.name.to_owned()));
        known.extend(E::SECRETS.iter().map(|s| (*s).to_owned()));
        if E::KIND == EntityKind::InboundNumber {
            // Written by publishing, never by saving the number.
            known.extend(["flow_id", "flow_entry_node"].map(str::to_owned));
        }
        assert_eq!(table, known, "{}", E::TABLE);
    }

    #[test]
    fn every_kind_of_entity_has_a_table_with_its_columns() {
        let dir = tempfile::tempdir().unwrap();
        let conn = db::open(&dir.path().join("a.db")).unwrap();
        for kind in EntityKind::ALL {
            match kind {
                EntityKind::Trunk => check::<Trunk>(&conn),
                EntityKind::InboundNumber => check::<InboundNumber>(&conn),
                EntityKind::Extension => check::<Extension>(&conn),
                EntityKind::RingGroup => check::<RingGroup>(&conn),
                EntityKind::VoicemailBox => check::<VoicemailBox>(&conn),
                EntityKind::IvrMenu => check::<IvrMenu>(&conn),
                EntityKind::TimeSwitch => check::<TimeSwitch>(&conn),
                EntityKind::Prompt => check::<Prompt>(&conn),
                EntityKind::Conference | EntityKind::Queue => {}
            }
        }
        Facts::read(&conn).unwrap();
    }
}
