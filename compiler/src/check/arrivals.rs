//! How calls come to each node: in which state, and after how long a wait at most. No check: editors show it.

use std::cmp::Reverse;

use cranelift_entity::{EntityRef as _, SecondaryMap};

use super::long_wait::{Longest, entries, ways};
use super::{Cx, cycles, index, stay};
use crate::graph::NodeId;
use crate::nodes::spec::CallState;

/// How calls come to a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Whether some aren't answered yet.
    pub early: bool,
    /// Whether some are answered.
    pub answered: bool,
    /// The longest that a caller may have waited until here, who has talked to nobody yet; `None` where only others come.
    pub waited: Option<Longest>,
}

/// By node.
pub(super) fn of(cx: &Cx<'_>) -> SecondaryMap<NodeId, Arrival> {
    let waited = waited(cx);
    let mut arrivals = SecondaryMap::with_capacity(cx.graph.nodes.len());
    for (id, ..) in cx.nodes() {
        let arrival = Arrival {
            early: cx.paths.can_be(id, CallState::Early),
            answered: cx.paths.can_be(id, CallState::Answered),
            waited: waited.get(index(id)).copied().flatten(),
        };
        arrivals.insert(id, arrival);
    }
    arrivals
}

fn waited(cx: &Cx<'_>) -> Vec<Option<Longest>> {
    let next = ways(cx);
    let groups = cycles::groups(&next);
    let mut waited = vec![None; groups.len()];
    for entry in entries(cx) {
        if let Some(slot) = waited.get_mut(index(entry)) {
            *slot = Some(Longest::Seconds(0));
        }
    }
    // Groups are numbered from the ends of the flow on: what comes before a node is known before it.
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|node| Reverse(groups.get(*node)));
    for group in order.chunk_by(|a, b| groups.get(*a) == groups.get(*b)) {
        let outs = |node: usize| next.get(node).map_or(&[][..], Vec::as_slice);
        let round = group.len() > 1 || group.iter().any(|n| outs(*n).iter().any(|(to, _)| to == n));
        let reached = group.iter().any(|n| waited.get(*n).copied().flatten().is_some());
        for node in group {
            if round
                && reached
                && let Some(slot) = waited.get_mut(*node)
            {
                *slot = Some(Longest::Endless);
            }
            let Some(until) = waited.get(*node).copied().flatten() else { continue };
            for (to, exit) in outs(*node).iter().filter(|(to, _)| groups.get(*to) != groups.get(*node)) {
                let then = until.and(inside(cx, *node, *exit));
                if let Some(slot) = waited.get_mut(*to) {
                    *slot = (*slot).max(Some(then));
                }
            }
        }
    }
    waited
}

/// The longest wait at a node until it's left by its n-th exit.
fn inside(cx: &Cx<'_>, node: usize, exit: usize) -> Longest {
    let id = NodeId::new(node);
    let site = cx.graph.nodes.get(id).zip(cx.sites.get(id));
    let found = site.and_then(|(node, site)| Some(stay::until(node, site, &site.exits.get(exit)?.name)));
    found.unwrap_or(Longest::Seconds(0))
}
