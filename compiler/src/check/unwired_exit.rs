//! F203: an exit that must lead somewhere has no edge.
//!
//! **Why:** calls will take it (`no_answer` of an extension, a key that the menu offers), and the flow doesn't say what
//! happens to them.
//!
//! **Example:** `ann: extension 101 { answered -> bye }`: nothing is said for when Ann doesn't answer.
//!
//! **Cure:** lead the exit to a node.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::nodes::spec::Unwired;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, site) in cx.nodes() {
        for exit in site.exits.iter().filter(|e| e.known && e.edge.is_none()) {
            if exit.spec.unwired == Unwired::Refused {
                let message = format!(
                    "callers who leave `{}` by `{}` have nowhere to go: the exit leads to no node",
                    node.name, exit.name
                );
                let help = match site.exits.len() {
                    1 => "add `-> NODE`".to_owned(),
                    _ => format!("add `{} -> NODE`", exit.name),
                };
                let place = cx.exit_place(id, exit);
                let found = Diagnostic::new(Code::UnwiredExit, place, message).help(help);
                out.push(match exit.spec.doc.trim() {
                    "" => found,
                    doc => found.saying(doc.trim_end_matches('.')),
                });
            }
        }
    }
}
