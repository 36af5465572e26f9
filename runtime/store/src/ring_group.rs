//! Ring groups: extensions that ring together.

use flow_compiler::entity::{self, RingStrategy};

use crate::entity::{Id, Json, entity};

entity! {
    /// A ring group.
    RingGroup as RingGroup in "ring_groups", secrets [] {
        /// `ring_all`.
        strategy: String = 1..=16,
        /// How long it rings where a node doesn't say otherwise, in seconds.
        ring_timeout_s: u16 = 1..=600,
        /// Keys of its extensions, in order.
        members: Json<Vec<String>> = 0..=1_000,
    }
}

impl RingGroup {
    /// The group with these facts.
    pub(crate) fn with_facts(facts: &entity::RingGroup) -> RingGroup {
        let strategy = match facts.strategy {
            RingStrategy::RingAll => "ring_all",
        };
        RingGroup {
            id: Id::new(0),
            key: facts.key.clone(),
            label: facts.name.clone(),
            strategy: strategy.to_owned(),
            ring_timeout_s: facts.ring_timeout_s,
            members: Json(facts.members.clone()),
        }
    }

    pub(crate) fn to_facts(&self) -> entity::RingGroup {
        entity::RingGroup {
            key: self.key.clone(),
            name: self.label.clone(),
            members: self.members.0.clone(),
            // The table's CHECK lets no other strategy in.
            strategy: RingStrategy::RingAll,
            ring_timeout_s: self.ring_timeout_s,
        }
    }
}
