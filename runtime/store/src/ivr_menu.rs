//! Menus: a greeting and the keys it offers. Where a key leads is said by the flow's edges.

use flow_compiler::entity;
use flow_vm::effect::Key;
use serde::{Deserialize, Serialize};

use crate::entity::{Id, Json, entity};

entity! {
    /// A menu.
    IvrMenu as IvrMenu in "ivr_menus", secrets [] {
        /// Key of the prompt that offers the keys.
        greeting: String = 1..=64,
        /// How long to wait for a key after the greeting, in seconds.
        timeout_s: u16 = 1..=60,
        /// How often it repeats after silence, and after wrong keys.
        retries: u8 = 0..=10,
        /// The keys offered, in order.
        options: Json<Vec<MenuOption>> = 0..=12,
    }
}

/// A key that a menu offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    /// `0`–`9`, `*` or `#`.
    pub key: char,
    /// What it is for.
    pub label: String,
}

impl IvrMenu {
    /// The menu with these facts.
    pub(crate) fn with_facts(facts: &entity::IvrMenu) -> IvrMenu {
        let option = |k: &entity::MenuKey| MenuOption { key: k.key.to_char(), label: k.name.clone() };
        IvrMenu {
            id: Id::new(0),
            key: facts.key.clone(),
            label: facts.name.clone(),
            greeting: facts.greeting.clone(),
            timeout_s: facts.timeout_s,
            retries: facts.retries,
            options: Json(facts.keys.iter().map(option).collect()),
        }
    }

    pub(crate) fn to_facts(&self) -> entity::IvrMenu {
        let key =
            |o: &MenuOption| Key::from_char(o.key).map(|key| entity::MenuKey { key, name: o.label.clone() });
        entity::IvrMenu {
            key: self.key.clone(),
            name: self.label.clone(),
            greeting: self.greeting.clone(),
            timeout_s: self.timeout_s,
            retries: self.retries,
            keys: self.options.0.iter().filter_map(key).collect(),
        }
    }
}
