//! Small notes beside nodes: in which state calls come there, and how long callers may have waited.

use super::folder::{Office, range};
use crate::check::{self, Arrival, Longest};
use crate::diag::Place;
use crate::graph::{FileId, Node};

/// A note in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Behind which byte.
    pub at: usize,
    /// The note.
    pub label: String,
    /// What it means.
    pub detail: String,
}

/// A note on the canvas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeHint {
    /// The node's name.
    pub node: String,
    /// The note.
    pub label: String,
    /// What it means.
    pub detail: String,
}

/// The notes of a text file, in its order.
#[must_use]
pub fn in_file(office: &Office, file: FileId) -> Vec<Hint> {
    let mut hints = Vec::new();
    for graph in office.text.project.flows.values() {
        if !matches!(graph.origin.place(), Place::Text(span) if span.file == file) {
            continue;
        }
        let arrivals = check::arrivals(graph, &office.world);
        for (id, node) in &graph.nodes {
            let (Some(arrival), Some(at)) = (arrivals.get(id), end_of_head(node)) else { continue };
            if let Some(label) = noted(node, arrival) {
                hints.push(Hint { at, label, detail: arrival_told(arrival) });
            }
        }
    }
    hints.sort_by_key(|h| h.at);
    hints
}

/// The notes of one flow, by node.
#[must_use]
pub fn on_canvas(office: &Office, graph: &crate::graph::Graph) -> Vec<NodeHint> {
    let arrivals = check::arrivals(graph, &office.world);
    let one = |(id, node): (_, &Node)| {
        let arrival = arrivals.get(id)?;
        let label = noted(node, arrival)?;
        Some(NodeHint { node: node.name.clone(), label, detail: arrival_told(arrival) })
    };
    graph.nodes.iter().filter_map(one).collect()
}

/// Behind the kind and its entities.
fn end_of_head(node: &Node) -> Option<usize> {
    let last = node.entities.last().map_or(&node.kind_origin, |e| &e.origin);
    match last.place() {
        Place::Text(span) => Some(range(span).end),
        Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => None,
    }
}

/// Nothing is noted at entries: every call comes there fresh.
fn noted(node: &Node, arrival: &Arrival) -> Option<String> {
    let kind = node.kind.filter(|k| !k.spec().is_entry())?;
    let state = match (arrival.early, arrival.answered) {
        (false, false) => return None,
        (true, false) => "not answered",
        (false, true) => "answered",
        (true, true) => "answered or not",
    };
    // What is behind the last node is over.
    let wait = match arrival.waited.filter(|_| !kind.spec().exits.is_empty()) {
        Some(Longest::Seconds(0)) | None => String::new(),
        Some(Longest::Seconds(s)) => format!(", waited ≤ {}", check::time_told(s)),
        Some(Longest::Endless) => ", may have waited for ever".to_owned(),
    };
    Some(format!("{state}{wait}"))
}

/// How calls come to a node, in sentences.
pub(crate) fn arrival_told(arrival: &Arrival) -> String {
    let state = match (arrival.early, arrival.answered) {
        (false, false) => return "No call comes here.".to_owned(),
        (true, false) => "Callers who come here aren't answered yet.",
        (false, true) => "Callers who come here were answered.",
        (true, true) => "Some callers who come here were answered, others not yet.",
    };
    let wait = match arrival.waited {
        None => " They have talked to somebody already.".to_owned(),
        Some(Longest::Seconds(0)) => String::new(),
        Some(Longest::Seconds(s)) => format!(" They may have waited {} until here.", check::time_told(s)),
        Some(Longest::Endless) => " Who presses nothing may go round for ever.".to_owned(),
    };
    format!("{state}{wait}")
}
