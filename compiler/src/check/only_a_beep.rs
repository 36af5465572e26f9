//! F256: a mailbox that has no greeting, not even the library's.
//!
//! **Why:** callers hear a beep and nothing else. They don't know whom they reached or that they are to speak, and hang
//! up.
//!
//! **Example:** `voicemail_box night` without `greeting` on a server whose prompt `vm-greeting` was removed.
//!
//! **Cure:** name a prompt as the mailbox's greeting, or put the library's `vm-greeting` back.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, EntityKind};
use crate::sim::MAILBOX_GREETING;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    if cx.world.entity(EntityKind::Prompt, MAILBOX_GREETING).is_some() {
        return;
    }
    for (id, node, site) in cx.nodes() {
        if let Some(EntityFacts::VoicemailBox(mailbox)) = site.facts
            && mailbox.greeting.is_none()
        {
            let message = format!(
                "callers of `{}` hear a beep and nothing else: `{}` has no greeting, and there is no prompt \
                 `{MAILBOX_GREETING}`",
                node.name, mailbox.key
            );
            let found = Diagnostic::new(Code::OnlyABeep, cx.entity_place(id), message);
            out.push(found.help(format!(
                "name a prompt as the greeting of `{}`, or add the prompt `{MAILBOX_GREETING}`",
                mailbox.key
            )));
        }
    }
}
