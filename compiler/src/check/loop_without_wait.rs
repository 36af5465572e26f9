//! F205: a loop in which nothing takes time.
//!
//! **Why:** a call in it would run round at full speed; the machine ends it at once, and the caller hears nothing.
//!
//! **Example:** two time switches whose `default` exits lead to each other.
//!
//! A loop that counts is none of these: on every way round a `set` adds a constant to a variable, and a `branch` lets it on
//! only up to another.
//!
//! **Cure:** lead one of the exits out of the loop, or to something that takes time (a menu, a message, ringing).

use super::{Cx, Exit, Sink, counted, cycles, stay};
use crate::diag::{Code, Diagnostic};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let hot = |node| cx.sites.get(node).is_some_and(|site| site.kind.is_some() && !stay::waits(site));
    let quick = |node, exit: &Exit| cx.sites.get(node).is_some_and(|site| !stay::waits_by(site, exit));
    let groups = counted::Groups::of(cx, hot);
    for cycle in cycles::find(cx, hot, quick) {
        // Whether a loop that counts comes out in time is the other check's question.
        if counted::rounds(cx, groups.around(&cycle)).is_some() {
            continue;
        }
        let Some((last, exit)) = cycle.last() else { continue };
        let Some(exit) = cx.exits(*last).get(*exit) else { continue };
        let message = format!(
            "calls that come into the loop `{}` would be cut off at once: nothing in it takes time",
            cycles::told(cx, &cycle)
        );
        let mut found = Diagnostic::new(Code::LoopWithoutWait, cx.exit_place(*last, exit), message)
            .saying("the loop closes here")
            .help("lead an exit out of the loop, or to something that takes time");
        for (node, _) in cycle.iter().filter(|(node, _)| node != last) {
            found = found.also(cx.graph.place_of(*node), "part of the loop");
        }
        out.push(found);
    }
}
