//! F208: a ring group or a queue without members.
//!
//! **Why:** nobody rings, so that every call goes straight on to `unavailable` or `no_answer`.
//!
//! **Example:** `ring_group sales { members = [] }` with a node that rings it.
//!
//! **Cure:** add members to the group.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::EntityFacts;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, site) in cx.nodes() {
        let (what, key) = match site.facts {
            Some(EntityFacts::RingGroup(group)) if group.members.is_empty() => ("group", &group.key),
            Some(EntityFacts::Queue(queue)) if queue.members.is_empty() => ("queue", &queue.key),
            Some(_) | None => continue,
        };
        let message = format!(
            "`{}` rings nobody and sends callers on at once: the {what} `{key}` has no members",
            node.name
        );
        let found = Diagnostic::new(Code::EmptyGroup, cx.entity_place(id), message);
        out.push(found.help(format!("add extensions to the members of `{key}`")));
    }
}
