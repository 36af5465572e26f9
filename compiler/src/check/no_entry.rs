//! F201: the flow has nodes but no entry.
//!
//! **Why:** calls come in at an entry; without one nothing of the flow ever runs, and a publish would leave its numbers
//! dead.
//!
//! **Example:** a canvas with a menu and two extensions, and no inbound number.
//!
//! **Cure:** add an `inbound_number` node with the number, and lead it to the first node.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    if !cx.nodes().any(|(_, node, _)| node.kind.is_some_and(|k| k.spec().is_entry())) {
        // A kind that nobody knows may have been meant as the entry; that is said already.
        if cx.nodes().all(|(_, node, _)| node.kind.is_some()) {
            let message = format!("no call can come into `{}`: it has no entry", cx.graph.key);
            let help = "add an entry, for example `entry office: inbound_number \"+61299998888\" -> first`";
            out.push(Diagnostic::new(Code::NoEntry, cx.graph.origin.place(), message).help(help));
        }
    }
}
