//! F259: a number that carriers send calls for and that enters no flow.
//!
//! **Why:** whoever dials it hears that the number doesn't exist.
//!
//! **Example:** `inbound_number "+61299990004" "Shop 2"`, and no entry has it.
//!
//! **Cure:** give it to an entry, or remove it.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic};
use crate::entity::EntityKind;
use crate::graph::{Declaration, Graph};

/// Declared numbers that enter none of the flows, which must have been read whole. Nothing if there are no flows: then they are somewhere else.
#[must_use]
pub fn unused<'a>(
    declared: impl IntoIterator<Item = &'a Declaration>,
    flows: impl IntoIterator<Item = &'a Graph>,
) -> Vec<Diagnostic> {
    let mut flows = flows.into_iter().peekable();
    if flows.peek().is_none() {
        return Vec::new();
    }
    let nodes = flows.flat_map(|graph| graph.nodes.values());
    let keys = nodes.flat_map(|node| &node.entities).filter_map(|entity| entity.key.as_deref());
    let used: BTreeSet<&str> = keys.collect();
    let numbers = declared.into_iter().filter(|d| d.kind == EntityKind::InboundNumber);
    let found = |declaration: &Declaration| {
        let key = &declaration.key;
        let message = format!("calls to {key} come into no flow: no entry has this number");
        let help = format!("give it to an entry, as in `inbound_number \"{key}\" -> NODE`, or remove it");
        Diagnostic::new(Code::NumberUnused, declaration.origin.place(), message).help(help)
    };
    numbers.filter(|d| !used.contains(d.key.as_str())).map(found).collect()
}
