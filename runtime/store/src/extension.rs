//! Extensions: a person or a desk with phones.

use flow_compiler::entity;

use crate::entity::entity;

/// Contacts at the same time where nothing else is said.
const MAX_REGISTRATIONS_DEFAULT: u16 = 5;

entity! {
    /// An extension. Its key is its number; `sip_secret` is sealed and never part of this value.
    Extension as Extension in "extensions", secrets ["sip_secret"] {
        /// User name of its phones.
        sip_username: String = 1..=64,
        /// How long its phones ring where a node doesn't say otherwise, in seconds.
        ring_timeout_s: u16 = 1..=600,
        /// Do not disturb.
        dnd: bool = 0..=1,
        /// Contacts at the same time; past them the oldest is replaced.
        max_registrations: u16 = 1..=20,
    }
}

impl Extension {
    /// The extension with these facts; what facts don't say stays as it was.
    pub(crate) fn with_facts(facts: &entity::Extension, old: Option<Extension>) -> Extension {
        let fresh = || Extension {
            id: crate::entity::Id::new(0),
            key: facts.key.clone(),
            label: String::new(),
            sip_username: facts.key.clone(),
            ring_timeout_s: facts.ring_timeout_s,
            dnd: false,
            max_registrations: MAX_REGISTRATIONS_DEFAULT,
        };
        Extension {
            label: facts.name.clone(),
            ring_timeout_s: facts.ring_timeout_s,
            ..old.unwrap_or_else(fresh)
        }
    }

    pub(crate) fn to_facts(&self) -> entity::Extension {
        entity::Extension {
            key: self.key.clone(),
            name: self.label.clone(),
            ring_timeout_s: self.ring_timeout_s,
        }
    }
}
