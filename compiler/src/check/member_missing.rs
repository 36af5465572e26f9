//! F255: a ring group or a queue has a member that doesn't exist.
//!
//! **Why:** one phone fewer rings than the office believes, and nobody hears of it. Most often the person left and their
//! extension was removed.
//!
//! **Example:** `members = [101, 104]` in a catalogue that has no extension 104.
//!
//! **Cure:** take the member out of the group, or add the extension.

use std::collections::BTreeSet;

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, EntityKind};

/// Members that one finding names.
const NAMED_MAX: usize = 5;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    if cx.graph.lost.0 {
        return;
    }
    let mut known = BTreeSet::new();
    for (id, _, site) in cx.nodes() {
        let (what, key, members) = match site.facts {
            Some(EntityFacts::RingGroup(group)) => ("group", &group.key, &group.members),
            Some(EntityFacts::Queue(queue)) => ("queue", &queue.key, &queue.members),
            Some(_) | None => continue,
        };
        if !known.insert((what, key)) {
            continue;
        }
        let is_missing = |member: &&String| cx.world.entity(EntityKind::Extension, member).is_none();
        let missing: Vec<&String> = members.iter().filter(is_missing).collect();
        if missing.is_empty() {
            continue;
        }
        let named: Vec<String> = missing.iter().take(NAMED_MAX).map(|m| format!("`{m}`")).collect();
        let more = match missing.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let rest = if missing.len() == members.len() { "nobody rings" } else { "only the others ring" };
        let message = format!(
            "{rest} when calls come to the {what} `{key}`: it has {}{more} as a member, and there is no such extension",
            named.join(", ")
        );
        let found = Diagnostic::new(Code::MemberMissing, cx.entity_place(id), message);
        out.push(found.help(format!("take it out of the members of `{key}`, or add the extension")));
    }
}
