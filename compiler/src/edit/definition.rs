//! Where what is pointed at is made: the node behind an arrow, the declaration of an entity, the rule that is an exit, the
//! `set` of a variable.

use super::folder::Office;
use super::things::{self, At, Spotted};

/// Every place; several where something is made more than once. Empty for what isn't made in these files.
#[must_use]
pub fn definition(office: &Office, at: At<'_>) -> Vec<Spotted> {
    things::thing(office, at).map(|thing| things::made(office, &thing)).unwrap_or_default()
}
