//! F208: a ring group without members.
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
        if let Some(EntityFacts::RingGroup(group)) = site.facts
            && group.members.is_empty()
        {
            let message = format!(
                "`{}` rings nobody and sends callers on at once: the group `{}` has no members",
                node.name, group.key
            );
            let found = Diagnostic::new(Code::EmptyGroup, cx.entity_place(id), message);
            out.push(found.help(format!("add extensions to the members of `{}`", group.key)));
        }
    }
}
