//! F207: a node that needs a call which isn't answered can be reached by one that is.
//!
//! **Why:** a cause such as `busy` can only be signalled before the answer, and early media only be sent before it. The
//! states are inferred over all paths; the shortest path that causes the trouble is told.
//!
//! **Example:** `menu.1 -> engaged` with `engaged: hangup { cause = busy }`: the menu has answered the caller.
//!
//! **Cure:** give answered calls a node of their own (`hangup` without a cause, `play_message` without `early`).

use super::{Cx, Sink, paths};
use crate::diag::{Code, Diagnostic};
use crate::nodes::spec::{CallState, Takes};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes() {
        let Some(Takes::EarlyIf { field, values }) = node.kind.map(|k| k.spec().takes) else { continue };
        let written = node.field(field);
        let written = written.map(|f| f.value.as_str().map_or_else(|| f.value.to_string(), str::to_owned));
        let Some(value) = written.filter(|v| values.contains(&v.as_str())) else { continue };
        if !cx.paths.can_be(id, CallState::Answered) {
            continue;
        }
        let message = format!(
            "`{field} = {value}` of `{}` needs a call that isn't answered, but answered ones come here: {}",
            node.name,
            paths::told(cx, &cx.paths.to(id, CallState::Answered), id)
        );
        let mut found = Diagnostic::new(Code::CallState, cx.field_place(id, field), message)
            .saying("only before the answer")
            .help(format!("lead answered calls to a node of their own, without `{field} = {value}`"));
        if let Some((node, exit)) = cx.paths.answering(id)
            && let Some(exit) = cx.exits(node).get(exit)
        {
            found = found.also(
                cx.exit_place(node, exit),
                format!("calls that leave `{}` here are answered", cx.name(node)),
            );
        }
        out.push(found);
    }
}
