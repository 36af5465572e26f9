//! F209: an entity that a node works with names a prompt that doesn't exist.
//!
//! **Why:** callers would hear silence where the menu's choices or the mailbox's greeting should be.
//!
//! **Example:** `ivr_menu main-menu { greeting = menu-greating … }`.
//!
//! **Cure:** name a prompt of the library or one that the office has, or add it.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, EntityKind};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    if cx.graph.lost.0 {
        return;
    }
    for (id, node, site) in cx.nodes() {
        let greeting = match site.facts {
            Some(EntityFacts::IvrMenu(menu)) => Some((menu.key.as_str(), menu.greeting.as_str())),
            Some(EntityFacts::VoicemailBox(mailbox)) => {
                mailbox.greeting.as_deref().map(|g| (mailbox.key.as_str(), g))
            }
            Some(
                EntityFacts::Trunk(_)
                | EntityFacts::InboundNumber(_)
                | EntityFacts::Extension(_)
                | EntityFacts::RingGroup(_)
                | EntityFacts::TimeSwitch(_)
                | EntityFacts::Conference(_)
                | EntityFacts::Queue(_)
                | EntityFacts::Prompt(_),
            )
            | None => None,
        };
        let Some((entity, greeting)) = greeting else { continue };
        if cx.world.entity(EntityKind::Prompt, greeting).is_none() {
            let message = match greeting {
                "" => format!("callers of `{}` would hear nothing: `{entity}` has no greeting", node.name),
                _ => format!(
                    "callers of `{}` would hear nothing: the greeting `{greeting}` of `{entity}` doesn't exist",
                    node.name
                ),
            };
            let found = Diagnostic::new(Code::PromptMissing, cx.entity_place(id), message);
            let keys = if out.suggests() { cx.world.keys(EntityKind::Prompt) } else { Vec::new() };
            // The cure is in the entity, not at this place, so it is told and not offered as a replacement.
            out.push(found.help(match crate::diag::nearest(greeting, keys) {
                Some(near) => format!("did you mean the prompt `{near}`?"),
                None if greeting.is_empty() => format!("name a prompt as the greeting of `{entity}`"),
                None => format!("add the prompt `{greeting}`, or name another in `{entity}`"),
            }));
        }
    }
}
