//! Which nodes a call can reach, in which state, and by which path: what reachability and call states are read from.

use std::collections::VecDeque;

use cranelift_entity::SecondaryMap;
use serde_json::Value;

use super::{Cx, Exit, Site, index};
use crate::graph::{Graph, Node, NodeId};
use crate::nodes::spec::{CallState, Leaves};

/// How many nodes of a path are told; of a longer one the middle is left out.
pub(super) const TOLD_MAX: usize = 12;

/// One step of a path: a node, the state there, and the number of the exit taken.
pub(super) type Step = (NodeId, CallState, usize);

/// How a call came to a node in a state.
#[derive(Clone, Copy, Debug)]
enum Came {
    /// It starts here.
    Entry,
    /// From another node, in this state there, by its n-th exit.
    From(NodeId, CallState, usize),
}

/// A node in a state in which a call can come to it. What is told of the way there is kept here, so that telling it costs
/// the same however long it is.
#[derive(Clone, Copy, Debug)]
struct Reached {
    came: Came,
    /// How many nodes are before it.
    depth: usize,
    /// The node up to which the way is told from its beginning.
    head: Option<(NodeId, CallState)>,
    /// The exit that answered the caller.
    answering: Option<(NodeId, usize)>,
}

/// The shortest way to every node in every state in which a call can come to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    early: SecondaryMap<NodeId, Option<Reached>>,
    answered: SecondaryMap<NodeId, Option<Reached>>,
}

impl Paths {
    pub(super) fn new(graph: &Graph, sites: &SecondaryMap<NodeId, Site<'_>>) -> Self {
        let mut paths = Paths::default();
        let mut queue = VecDeque::new();
        for (id, node) in &graph.nodes {
            if node.kind.is_some_and(|k| k.spec().is_entry()) {
                let reached = Reached { came: Came::Entry, depth: 0, head: None, answering: None };
                paths.visit(id, CallState::Early, reached, &mut queue);
            }
        }
        while let Some((from, state)) = queue.pop_front() {
            let (Some(node), Some(site)) = (graph.nodes.get(from), sites.get(from)) else { continue };
            let Some(here) = paths.reached(from, state) else { continue };
            for (number, exit) in site.exits.iter().enumerate() {
                if let Some(target) = exit.target {
                    for left in left(node, site, exit, state) {
                        let depth = here.depth + 1;
                        let head = if depth == TOLD_MAX / 2 { Some((target, left)) } else { here.head };
                        let answers = state == CallState::Early && left == CallState::Answered;
                        let answering = if answers { Some((from, number)) } else { here.answering };
                        let came = Came::From(from, state, number);
                        paths.visit(target, left, Reached { came, depth, head, answering }, &mut queue);
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
        reached: Reached,
        queue: &mut VecDeque<(NodeId, CallState)>,
    ) {
        if self.reached(node, state).is_none() {
            let map = match state {
                CallState::Early => &mut self.early,
                CallState::Answered => &mut self.answered,
            };
            map.insert(node, Some(reached));
            queue.push_back((node, state));
        }
    }

    fn reached(&self, node: NodeId, state: CallState) -> Option<Reached> {
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
        self.reached(node, state).is_some()
    }

    /// The exit that answered a caller who came to a node by the shortest path, with its node.
    pub(super) fn answering(&self, node: NodeId) -> Option<(NodeId, usize)> {
        self.reached(node, CallState::Answered)?.answering
    }

    /// The shortest path of a call that comes to a node in a state, as much of it as is told.
    pub(super) fn to(&self, node: NodeId, state: CallState) -> Vec<Step> {
        let Some(reached) = self.reached(node, state) else { return Vec::new() };
        let tail = self.back(node, state);
        match reached.head.filter(|_| reached.depth > TOLD_MAX) {
            Some((node, state)) => [self.back(node, state), tail].concat(),
            None => tail,
        }
    }

    /// The last steps of the path to a node.
    fn back(&self, node: NodeId, state: CallState) -> Vec<Step> {
        let mut path = Vec::new();
        let mut at = self.reached(node, state);
        while let Some(Reached { came: Came::From(before, state, exit), .. }) = at {
            if path.len() == TOLD_MAX {
                break;
            }
            path.push((before, state, exit));
            at = self.reached(before, state);
        }
        path.reverse();
        path
    }
}

/// A path in words: `office → hours.business → menu.1 → bye`; of a long one its beginning and its end.
pub(super) fn told(cx: &Cx<'_>, path: &[Step], end: NodeId) -> String {
    let mut words: Vec<String> = Vec::new();
    for (node, _, exit) in path {
        let exits = cx.exits(*node);
        let exit = exits.get(*exit).filter(|_| exits.len() > 1).map(|e| format!(".{}", e.name));
        words.push(format!("{}{}", cx.name(*node), exit.unwrap_or_default()));
    }
    words.push(cx.name(end).to_owned());
    let half = TOLD_MAX / 2;
    if words.len() > TOLD_MAX {
        words.splice(half..words.len() - half, ["…".to_owned()]);
    }
    words.join(" → ")
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
