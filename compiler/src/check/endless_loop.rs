//! F206: a loop that a caller who presses nothing goes round for ever.
//!
//! **Why:** the machine ends a call that comes to one node more than ten times without a key from the caller, so that a
//! forgotten call doesn't hold a line for days. The caller is cut off in the middle of the loop.
//!
//! **Example:** `sales: ring_group sales { no_answer -> wait }` and `wait: play_message please-hold -> sales`.
//!
//! **Cure:** lead an exit of the loop somewhere else: a mailbox, or a menu where a key goes on waiting.

use flow_vm::limits::VISITS_PER_NODE_MAX;

use super::counted::{self, Rounds};
use super::stay;
use super::{Cx, Exit, Sink, cycles};
use crate::diag::{Code, Diagnostic};
use crate::graph::NodeId;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let kind = |node: NodeId| cx.sites.get(node).and_then(|s| s.kind);
    let waits = |(node, exit): &(NodeId, usize)| {
        let site = cx.sites.get(*node);
        site.is_some_and(|site| site.exits.get(*exit).is_some_and(|exit| stay::waits_by(site, exit)))
    };
    let silent = |node: NodeId, exit: &Exit| {
        cx.sites.get(node).is_some_and(|site| site.kind.is_some() && !stay::is_pressed(site, &exit.name))
    };
    let groups = counted::Groups::of(cx, |node| kind(node).is_some());
    for cycle in cycles::find(cx, |node| kind(node).is_some(), silent) {
        // A loop that counts comes out in time, or is ended before it does.
        let counted = counted::rounds(cx, groups.around(&cycle));
        let comes_out = match counted {
            Some(Rounds::AtMost(rounds)) => rounds < i64::from(VISITS_PER_NODE_MAX),
            Some(Rounds::Bounded) | None => false,
        };
        // Without any wait it's the other check's, unless it counts.
        if comes_out || counted.is_none() && !cycle.iter().any(waits) {
            continue;
        }
        let Some((last, exit)) = cycle.last() else { continue };
        let Some(exit) = cx.exits(*last).get(*exit) else { continue };
        let message = format!(
            "a caller who presses nothing goes round `{}` until the call is ended, after {VISITS_PER_NODE_MAX} rounds",
            cycles::told(cx, &cycle)
        );
        let found = Diagnostic::new(Code::EndlessLoop, cx.exit_place(*last, exit), message)
            .saying("the loop closes here")
            .help("lead an exit of the loop to a mailbox, a menu or a hangup");
        out.push(found);
    }
}
