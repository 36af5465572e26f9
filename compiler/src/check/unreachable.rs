//! F202: no call can come to a node.
//!
//! **Why:** what stands there looks as if it worked, but no caller will ever hear it. A cycle that nothing enters is
//! such a case, although each of its nodes has an edge to it.
//!
//! **Example:** `lost: hangup`, and no `-> lost`.
//!
//! **Cure:** lead an exit to the node, or remove it.

use std::collections::BTreeMap;

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::graph::NodeId;

/// How many nodes are named that lead to an unreachable one.
const TOLD_MAX: usize = 3;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let entries = cx.nodes().any(|(_, node, _)| node.kind.is_some_and(|k| k.spec().is_entry()));
    if !entries {
        return;
    }
    let leading = leading(cx);
    for (id, node, _) in cx.nodes().filter(|(id, _, _)| !cx.paths.reaches(*id)) {
        let message = format!("no call can come to `{}`", node.name);
        let found = Diagnostic::new(Code::UnreachableNode, node.origin.place(), message);
        out.push(match leading.get(&id).map(Vec::as_slice) {
            None | Some([]) => found.help("lead an exit to it, or remove it"),
            Some(names) => found.help(format!(
                "{} leads here, but no call comes there either: lead an exit there, or remove it all",
                list(names)
            )),
        });
    }
}

/// Names of the first nodes that lead to each unreachable node; they are unreachable themselves.
fn leading<'a>(cx: &Cx<'a>) -> BTreeMap<NodeId, Vec<&'a str>> {
    let mut leading: BTreeMap<NodeId, Vec<&str>> = BTreeMap::new();
    for (id, node, site) in cx.nodes().filter(|(id, _, _)| !cx.paths.reaches(*id)) {
        for target in site.exits.iter().filter_map(|e| e.target).filter(|t| *t != id) {
            let names = leading.entry(target).or_default();
            if names.len() < TOLD_MAX && !names.contains(&node.name.as_str()) {
                names.push(&node.name);
            }
        }
    }
    leading
}

fn list(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or ")
}
