//! F204: a menu doesn't say where callers go who press nothing, or wrong keys.
//!
//! **Why:** they hear a goodbye and are cut off. Old phones and people who can't press keys are among them.
//!
//! **Example:** `menu: ivr_menu main-menu { 1 -> sales }`.
//!
//! **Cure:** lead `timeout` and `invalid` to a person or a mailbox, or to a `hangup` if that's meant.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::nodes::spec::Unwired;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, site) in cx.nodes() {
        for exit in site.exits.iter().filter(|e| e.known && e.edge.is_none()) {
            if exit.spec.unwired == Unwired::SaysGoodbye {
                let message = format!(
                    "callers who take `{}` of `{}` hear a goodbye and are cut off",
                    exit.name, node.name
                );
                let help = format!("lead it to a person, a mailbox or a hangup: `{} -> NODE`", exit.name);
                out.push(Diagnostic::new(Code::SilentGoodbye, cx.exit_place(id, exit), message).help(help));
            }
        }
    }
}
