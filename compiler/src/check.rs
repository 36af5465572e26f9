//! The checks of a flow, one file each: what it finds, why that matters, an example and its cure are in the file's
//! comment. They read the same prepared view of the flow ([`Cx`]) and never stop at the first finding.
//!
//! A new check is its file, a line in [`CHECKS`] and a row in [`crate::diag::Code`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cranelift_entity::{EntityRef as _, SecondaryMap};

use crate::diag::{Diagnostic, Edit, Fix, Place, Sink, Spot};
use crate::entity::EntityFacts;
use crate::graph::{EdgeId, Graph, Node, NodeId, Target};
use crate::library::{Library, called};
use crate::nodes::Kind;
use crate::nodes::spec::{ExitSpec, Leaves, Unwired};
use crate::world::World;

mod abandoned;
mod arrivals;
mod call_state;
mod caller_dials;
mod clock_jump;
mod collect_fields;
mod counted;
pub(crate) mod cycles;
mod empty_group;
mod endless_loop;
mod exception_never_counts;
mod exit_never_taken;
pub mod hours;
mod long_wait;
mod loop_without_wait;
mod member_missing;
mod no_entry;
mod number_shape;
mod number_twice;
mod number_unused;
mod only_a_beep;
mod paths;
mod prompt_missing;
mod rule_unwired;
mod silence;
mod silent_goodbye;
mod stay;
mod subflows;
mod summary;
mod time_gap;
mod time_overlap;
mod too_many_times;
mod transfer_target;
mod trapped;
mod unknown_entity;
mod unreachable;
mod unwired_exit;
mod variables;
mod webhook_answers;
mod webhook_unencrypted;

pub use arrivals::Arrival;
pub(crate) use long_wait::told as time_told;
pub use long_wait::{Longest, Wait};
pub use number_twice::{across, across_groups};
pub use number_unused::unused;
pub(crate) use summary::Callees;
use summary::Summary;

/// THE list of checks of one flow, in the order in which they run.
const CHECKS: &[fn(&Cx<'_>, &mut Sink)] = &[
    no_entry::check,
    unknown_entity::check,
    number_shape::check,
    number_twice::check,
    unwired_exit::check,
    silent_goodbye::check,
    unreachable::check,
    call_state::check,
    loop_without_wait::check,
    endless_loop::check,
    exit_never_taken::check,
    empty_group::check,
    member_missing::check,
    prompt_missing::check,
    only_a_beep::check,
    silence::check,
    variables::check,
    transfer_target::check,
    caller_dials::check,
    webhook_answers::check,
    webhook_unencrypted::check,
    subflows::check,
    collect_fields::check,
    too_many_times::check,
    rule_unwired::check,
    time_gap::check,
    time_overlap::check,
    exception_never_counts::check,
    clock_jump::check,
    trapped::check,
    abandoned::check,
    long_wait::check,
];

/// Everything the checks find in one flow.
pub(crate) fn check(graph: &Graph, world: &dyn World, callees: &Callees, found: &mut Sink) {
    // What calls would meet can't be told of a flow of which a part is missing.
    if graph.unread.0 {
        return;
    }
    let cx = Cx::new(graph, &graph.library, callees, world);
    for check in CHECKS {
        check(&cx, found);
    }
}

/// How long callers may have to wait, entry by entry, before a person or a recording takes them: the worst of all ways.
#[must_use]
pub fn waits(graph: &Graph, world: &dyn World) -> Vec<Wait> {
    let callees = Callees::of(&graph.library, [graph], world);
    long_wait::waits(&Cx::new(graph, &graph.library, &callees, world))
}

/// Exits that no call can take, whether they have an edge or not.
#[must_use]
pub fn never_taken(graph: &Graph, world: &dyn World) -> BTreeSet<(NodeId, String)> {
    let callees = Callees::of(&graph.library, [graph], world);
    exit_never_taken::all(&Cx::new(graph, &graph.library, &callees, world))
}

/// How calls come to each node of a flow: in which state, and after how long a wait.
#[must_use]
pub fn arrivals(graph: &Graph, world: &dyn World) -> SecondaryMap<NodeId, Arrival> {
    let callees = Callees::of(&graph.library, [graph], world);
    arrivals::of(&Cx::new(graph, &graph.library, &callees, world))
}

/// A flow as the checks see it.
pub(crate) struct Cx<'a> {
    graph: &'a Graph,
    /// The flows that it may call.
    library: &'a Library,
    callees: &'a Callees,
    world: &'a dyn World,
    sites: SecondaryMap<NodeId, Site<'a>>,
    paths: paths::Paths,
}

/// A node with what the world knows of it and where its exits lead.
#[derive(Clone, Default)]
pub(crate) struct Site<'a> {
    kind: Option<Kind>,
    facts: Option<&'a EntityFacts>,
    exits: Vec<Exit>,
    /// What the flow does that a `subflow` node calls.
    calls: Option<Arc<Summary>>,
}

impl Site<'_> {
    /// Whether the exit of this name leads where the other one does.
    fn leads_as(&self, name: &str, other: &Exit) -> bool {
        self.exits.iter().any(|e| e.name == name && e.target.is_some() && e.target == other.target)
    }
}

/// An exit of a node.
#[derive(Clone)]
pub(crate) struct Exit {
    name: String,
    spec: &'static ExitSpec,
    /// Whether the node has it; an edge may stand on an exit that it hasn't.
    known: bool,
    /// Its own edge.
    edge: Option<EdgeId>,
    /// Where calls go that take it, by its own edge or the one it falls back to.
    target: Option<NodeId>,
}

/// What is assumed of an exit that nobody knows, so that one mistake isn't reported ten times.
const UNKNOWN_EXIT: ExitSpec =
    ExitSpec { name: "", doc: "", leaves: Leaves::AsItCame, unwired: Unwired::HangsUp };

impl<'a> Cx<'a> {
    fn new(graph: &'a Graph, library: &'a Library, callees: &'a Callees, world: &'a dyn World) -> Self {
        let wiring = graph.wiring();
        let mut sites = SecondaryMap::with_capacity(graph.nodes.len());
        for (id, node) in &graph.nodes {
            let facts = facts_of(node, world);
            let exits = exits_of(graph, node, library.exits_of(node, facts), wiring.from(id));
            let calls = called(node).and_then(|key| callees.get(key)).cloned();
            sites.insert(id, Site { kind: node.kind, facts, exits, calls });
        }
        let paths = paths::Paths::new(graph, &sites);
        Cx { graph, library, callees, world, sites, paths }
    }

    /// Nodes with their sites, in order.
    fn nodes(&self) -> impl Iterator<Item = (NodeId, &'a Node, &Site<'a>)> {
        let sites = &self.sites;
        self.graph.nodes.iter().filter_map(move |(id, node)| Some((id, node, sites.get(id)?)))
    }

    fn name(&self, node: NodeId) -> &'a str {
        self.graph.nodes.get(node).map_or("", |n| n.name.as_str())
    }

    fn exits(&self, node: NodeId) -> &[Exit] {
        self.sites.get(node).map_or(&[], |s| &s.exits)
    }

    /// Where to point for an exit: its edge, or the node's place for it.
    fn exit_place(&self, node: NodeId, exit: &Exit) -> Place {
        match exit.edge.and_then(|e| self.graph.edges.get(e)) {
            Some(edge) => edge.exit_origin.place(),
            None => spot(self.graph, node, Spot::Exit(exit.name.clone())),
        }
    }

    /// A finding about an exit that no call takes, with the cure of removing its edge.
    fn without(&self, mut finding: Diagnostic, exit: &Exit) -> Diagnostic {
        if let Some(edge) = exit.edge.and_then(|e| self.graph.edges.get(e)) {
            let edits = vec![Edit { place: edge.origin.place(), with: String::new() }];
            finding.fix = Some(Fix { title: "Remove the edge".to_owned(), edits });
        }
        finding
    }

    /// Where to point for the entity of a node.
    fn entity_place(&self, node: NodeId) -> Place {
        let entity = self.graph.nodes.get(node).and_then(|n| n.entities.first());
        match entity.and_then(|e| e.origin.0.clone()) {
            Some(place) => place,
            None => spot(self.graph, node, Spot::Entity),
        }
    }

    /// Where to point for a field of a node.
    fn field_place(&self, node: NodeId, field: &str) -> Place {
        let found = self.graph.nodes.get(node).and_then(|n| n.field(field));
        match found.and_then(|f| f.origin.0.clone()) {
            Some(place) => place,
            None => spot(self.graph, node, Spot::Field(field.to_owned())),
        }
    }
}

/// A part of a node on the canvas; in text, where the part isn't written, the node's kind.
fn spot(graph: &Graph, node: NodeId, spot: Spot) -> Place {
    match graph.place_of(node) {
        Place::Canvas { node, edge, .. } => Place::Canvas { node, spot, edge },
        Place::Text(span) => {
            let kind = graph.nodes.get(node).and_then(|n| n.kind_origin.0.clone());
            kind.unwrap_or(Place::Text(span))
        }
        other @ (Place::Json { .. } | Place::Catalog { .. } | Place::Project) => other,
    }
}

fn facts_of<'a>(node: &Node, world: &'a dyn World) -> Option<&'a EntityFacts> {
    world.entity(node.kind?.spec().entity.kind()?, node.entity_key()?)
}

/// The exits of a node: those that it has, then whatever else has an edge.
fn exits_of(
    graph: &Graph,
    node: &Node,
    known: Vec<(String, &'static ExitSpec)>,
    edges: &[EdgeId],
) -> Vec<Exit> {
    let mut edge_of: BTreeMap<&str, EdgeId> = BTreeMap::new();
    for (id, edge) in edges.iter().filter_map(|id| Some((*id, graph.edges.get(*id)?))) {
        edge_of.entry(&edge.exit).or_insert(id);
    }
    // No call comes to an entry from another node; that such an edge is wrong is said elsewhere.
    let is_entry = |id: NodeId| graph.nodes.get(id).and_then(|n| n.kind).is_some_and(|k| k.spec().is_entry());
    let target_of = |edge: EdgeId| match graph.edges.get(edge).map(|e| &e.target) {
        Some(Target::Node(node)) if !is_entry(*node) => Some(*node),
        Some(Target::Node(_) | Target::Missing(_)) | None => None,
    };
    let mut exits: Vec<Exit> = Vec::with_capacity(known.len());
    for (name, spec) in known {
        let edge = edge_of.get(name.as_str()).copied();
        let fallback = if edge.is_none() { fallback(spec, node.kind, &edge_of) } else { None };
        let target = edge.or(fallback).and_then(target_of);
        exits.push(Exit { name, spec, known: true, edge, target });
    }
    for exit in &exits {
        edge_of.remove(exit.name.as_str());
    }
    let unknown = node.kind.map_or(&UNKNOWN_EXIT, |kind| &kind.spec().computed_exit);
    for (name, edge) in edge_of {
        let target = target_of(edge);
        exits.push(Exit { name: name.to_owned(), spec: unknown, known: false, edge: Some(edge), target });
    }
    exits
}

/// The edge that calls take from an exit without one. A fallback may fall back again.
fn fallback(spec: &ExitSpec, kind: Option<Kind>, edge_of: &BTreeMap<&str, EdgeId>) -> Option<EdgeId> {
    let fixed = kind.map_or(&[][..], |kind| kind.spec().exits);
    let mut unwired = spec.unwired;
    for _ in 0..=fixed.len() {
        let Unwired::FallsTo(other) = unwired else { return None };
        if let Some(edge) = edge_of.get(other) {
            return Some(*edge);
        }
        unwired = fixed.iter().find(|exit| exit.name == other)?.unwired;
    }
    None
}

/// Nodes by number, for tables of the checks.
fn index(node: NodeId) -> usize {
    node.index()
}

#[cfg(test)]
mod tests;
