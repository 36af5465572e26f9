//! Which nodes a call can reach, in which state, and by which path: what reachability and call states are read from.

use std::collections::VecDeque;

use cranelift_entity::SecondaryMap;
use serde_json::Value;

use super::{Cx, Exit, Site, index};
use crate::graph::{Graph, Node, NodeId};
use crate::nodes::spec::{CallState, Leaves};

/// How many nodes of a path are told; of a longer one the middle is left out.
const TOLD_MAX: usize = 12;

/// How a call came to a node in a state.
#[derive(Clone, Copy, Debug)]
enum Came {
    /// It starts here.
    Entry,
    /// From another node, in this state there, by its n-th exit.
    From(NodeId, CallState, usize),
}

/// The shortest way to every node in every state in which a call can come to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    early: SecondaryMap<NodeId, Option<Came>>,
    answered: SecondaryMap<NodeId, Option<Came>>,
}

impl Paths {
    pub(super) fn new(graph: &Graph, sites: &SecondaryMap<NodeId, Site<'_>>) -> Self {
        let mut paths = Paths::default();
        let mut queue = VecDeque::new();
        for (id, node) in &graph.nodes {
            if node.kind.is_some_and(|k| k.spec().is_entry()) {
                paths.visit(id, CallState::Early, Came::Entry, &mut queue);
            }
        }
        while let Some((from, state)) = queue.pop_front() {
            let (Some(node), Some(site)) = (graph.nodes.get(from), sites.get(from)) else { continue };
            for (number, exit) in site.exits.iter().enumerate() {
                if let Some(target) = exit.target {
                    for left in left(node, site, exit, state) {
                        paths.visit(target, left, Came::From(from, state, number), &mut queue);
                    }
                }
            }
        }
        paths
    }

    fn visit(
        &mut self,
        node: NodeId,
        state: CallState,
        came: Came,
        queue: &mut VecDeque<(NodeId, CallState)>,
    ) {
        if self.came(node, state).is_none() {
            let map = match state {
                CallState::Early => &mut self.early,
                CallState::Answered => &mut self.answered,
            };
            map.insert(node, Some(came));
            queue.push_back((node, state));
        }
    }

    fn came(&self, node: NodeId, state: CallState) -> Option<Came> {
        let map = match state {
            CallState::Early => &self.early,
            CallState::Answered => &self.answered,
        };
        map.get(node).copied().flatten()
    }

    /// Whether a call can come to a node at all.
    pub(super) fn reaches(&self, node: NodeId) -> bool {
        self.can_be(node, CallState::Early) || self.can_be(node, CallState::Answered)
    }

    /// Whether a call can come to a node in a state.
    pub(super) fn can_be(&self, node: NodeId, state: CallState) -> bool {
        self.came(node, state).is_some()
    }

    /// The shortest path of a call that comes to a node in a state: every node before it with the state there and the
    /// number of the exit taken.
    pub(super) fn to(&self, node: NodeId, state: CallState) -> Vec<(NodeId, CallState, usize)> {
        let mut path = Vec::new();
        let mut at = self.came(node, state);
        while let Some(Came::From(before, state, exit)) = at {
            path.push((before, state, exit));
            at = self.came(before, state);
        }
        path.reverse();
        path
    }
}

/// A path in words: `office → hours.business → menu.1 → bye`.
pub(super) fn told(cx: &Cx<'_>, path: &[(NodeId, CallState, usize)], end: NodeId) -> String {
    let mut steps: Vec<String> = Vec::new();
    for (node, _, exit) in path {
        let exits = cx.exits(*node);
        let exit = exits.get(*exit).filter(|_| exits.len() > 1).map(|e| format!(".{}", e.name));
        steps.push(format!("{}{}", cx.name(*node), exit.unwrap_or_default()));
    }
    steps.push(cx.name(end).to_owned());
    if steps.len() > TOLD_MAX {
        steps.splice(TOLD_MAX / 2..steps.len() - TOLD_MAX / 2, ["…".to_owned()]);
    }
    steps.join(" → ")
}

/// The states that a call may be in which leaves a node by an exit.
pub(super) fn left(node: &Node, site: &Site<'_>, exit: &Exit, came: CallState) -> Vec<CallState> {
    match &site.calls {
        Some(calls) if exit.known => {
            let mut states: Vec<_> = calls.ways(&exit.name, came).map(|way| way.left).collect();
            states.sort_unstable();
            states.dedup();
            states
        }
        Some(_) | None => vec![leaves(node, exit.spec.leaves, came)],
    }
}

/// The state of a call that leaves a node.
fn leaves(node: &Node, leaves: Leaves, came: CallState) -> CallState {
    match leaves {
        Leaves::AsItCame => came,
        Leaves::Answered => CallState::Answered,
        Leaves::AnsweredUnless(field) => match node.field(field).map(|f| &f.value) {
            Some(Value::Bool(true)) => came,
            Some(_) | None => CallState::Answered,
        },
    }
}

/// Which node numbers a call can reach, for the searches for cycles.
pub(super) fn reached(cx: &Cx<'_>) -> Vec<bool> {
    let mut reached = vec![false; cx.graph.nodes.len()];
    for (id, _, _) in cx.nodes() {
        if let Some(slot) = reached.get_mut(index(id)) {
            *slot = cx.paths.reaches(id);
        }
    }
    reached
}
