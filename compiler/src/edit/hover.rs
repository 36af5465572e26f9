//! What is pointed at, explained: the catalogue's words, the facts, and what happens to the caller.

use std::fmt::Write as _;

use super::folder::Office;
use super::hints;
use super::things::{self, At};
use super::words;
use crate::check::{self, Longest};
use crate::entity::{EntityKind, spec as entity_spec};
use crate::expr::Variables;
use crate::graph::{Edge, Graph, Node, NodeId, Project, Target, Wiring};
use crate::nodes::Kind;
use crate::nodes::spec::Unwired;
use crate::text;
use crate::text::marks::{InFlow, Thing};
use crate::world::World as _;

/// How many things of one kind a page lists.
const LISTED_MAX: usize = 12;

/// A page in Markdown; `None` where there is nothing to explain.
#[must_use]
pub fn hover(office: &Office, at: At<'_>) -> Option<String> {
    let project = things::project(office, at);
    match things::thing(office, at)? {
        Thing::Word(word) => grammar(&word).map(|doc| format!("**`{word}`**\n\n{doc}\n")),
        Thing::Flow(key) => Some(flow(office, project.flows.get(project.flow(&key)?)?)),
        Thing::Node { flow: InFlow::Key(flow) | InFlow::Called(flow), name } => {
            let graph = project.flows.get(project.flow(&flow)?)?;
            Some(node(office, graph, graph.node(&name)?))
        }
        Thing::Kind(kind) => Some(words::kind(kind)),
        Thing::EntityKind(kind) => Some(entity_kind(kind)),
        Thing::Entity(kind, key) => entity(office, project, kind, &key),
        Thing::Exit(kind, exit) => kind.spec().exit(&exit).map(|spec| words::exit(&exit, spec)),
        Thing::FlowExit { flow, name } => flow_exit(project.flows.get(project.flow(&flow)?)?, &name),
        Thing::Field(owner, field) => owner.field(&field).map(words::field),
        Thing::PartWord(kind, word) => {
            entity_spec::of(kind).part(&word).map(|spec| format!("**`{word}`**\n\n{}\n", spec.doc))
        }
        Thing::Part { kind, entity, key } => part(office, kind, &entity, &key),
        Thing::Variable { flow, name } => Some(variable(project, &flow, &name)),
        Thing::Step(word) => {
            text::step_example(&word).map(|step| format!("A step of a test.\n\n```flow\n{step}\n```\n"))
        }
        Thing::Test(_) | Thing::Label | Thing::Value => None,
    }
}

fn grammar(word: &str) -> Option<&'static str> {
    Some(match word {
        "flow" => "What happens to a call: nodes, and where their exits lead.",
        "layout" => "Where the nodes of a flow stand on the canvas. It changes nothing for calls.",
        "test" => {
            "A call and what must come of it. `flowc test` runs it on the machine that takes real calls."
        }
        "entry" => "Calls start here.",
        "edge" | "node" | "data" => "What a canvas keeps with a node or an edge.",
        _ => return None,
    })
}

fn flow(office: &Office, graph: &Graph) -> String {
    let mut page =
        format!("**flow `{}`**{}\n\n{} nodes.\n", graph.key, label(&graph.label), graph.nodes.len());
    let numbers = things::entries(graph).flat_map(|n| &n.entities).filter_map(|e| e.key.as_deref());
    let numbers: Vec<_> = numbers.take(LISTED_MAX).map(|n| format!("`{n}`")).collect();
    if !numbers.is_empty() {
        let _ = writeln!(page, "\nCalls to {} start here.", numbers.join(", "));
    }
    let inputs: Vec<_> =
        graph.inputs().iter().map(|(name, ty)| format!("`{name}` ({})", ty.noun())).collect();
    if !inputs.is_empty() {
        let _ = writeln!(page, "\nIt takes {}.", inputs.join(", "));
    }
    let exits: Vec<_> = graph.own_exits().iter().map(|exit| format!("`{exit}`")).collect();
    if !exits.is_empty() {
        let _ = writeln!(page, "\nIt comes back by {}.", exits.join(", "));
    }
    for wait in check::waits(graph, &office.world) {
        let entry = graph.nodes.get(wait.entry).map_or("", |n| n.name.as_str());
        let _ = match wait.longest {
            Longest::Seconds(0) => Ok(()),
            Longest::Seconds(s) => writeln!(
                page,
                "\nCallers of `{entry}` wait at most {} before a person or a recording takes them.",
                check::time_told(s)
            ),
            Longest::Endless => writeln!(page, "\nCallers of `{entry}` who press nothing may wait for ever."),
        };
    }
    page
}

/// An exit by which a flow comes back, if it has it.
fn flow_exit(graph: &Graph, name: &str) -> Option<String> {
    if !graph.own_exits().contains(&name) {
        return None;
    }
    let takes = |node: &&Node| {
        node.kind == Some(Kind::ComeBack)
            && node.field("exit").is_some_and(|f| f.value.as_str() == Some(name))
    };
    let by: Vec<_> =
        graph.nodes.values().filter(takes).take(LISTED_MAX).map(|n| format!("`{}`", n.name)).collect();
    let goes = match by.as_slice() {
        [] => "No node goes back by it yet.".to_owned(),
        nodes => format!("Calls go back by it from {}.", nodes.join(", ")),
    };
    Some(format!("**exit `{name}` of the flow `{}`**\n\n{goes}\n", graph.key))
}

fn label(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!(" “{label}”") }
}

fn node(office: &Office, graph: &Graph, id: NodeId) -> String {
    let Some(node) = graph.nodes.get(id) else { return String::new() };
    let entity = node.entity_key().map(|key| format!(" {key}")).unwrap_or_default();
    let mut page = format!("**`{}`: `{}{entity}`**{}\n", node.name, node.kind_name, label(&node.label));
    let Some(kind) = node.kind else { return page };
    let _ = writeln!(page, "\n{}", words::first(kind.spec().doc));
    let wanted = kind.spec().entity.kind();
    for reference in node.entities.iter().take(LISTED_MAX) {
        if let Some((kind, key)) = wanted.zip(reference.key.as_deref()) {
            let _ = writeln!(page, "\n{}", facts(office, kind, key));
        }
    }
    let arrivals = check::arrivals(graph, &office.world);
    if let Some(arrival) = arrivals.get(id) {
        let _ = writeln!(page, "\n{}", hints::arrival_told(arrival));
    }
    let exits = exits(office, graph, id, node);
    if !exits.is_empty() {
        let _ = write!(page, "\nThe call goes on:\n{exits}");
    }
    page
}

/// The exits of a node with where calls go.
fn exits(office: &Office, graph: &Graph, id: NodeId, node: &Node) -> String {
    let Some(kind) = node.kind else { return String::new() };
    let wanted = kind.spec().entity.kind().zip(node.entity_key());
    let facts = wanted.and_then(|(kind, key)| office.world.entity(kind, key));
    let wiring: Wiring = graph.wiring();
    let edge = |exit: &str| wiring.edge(graph, id, exit).and_then(|e| graph.edges.get(e));
    let mut out = String::new();
    for (name, spec) in graph.library.exits_of(node, facts).into_iter().take(LISTED_MAX) {
        let goes = match (edge(&name), spec.unwired) {
            (Some(edge), _) => target(graph, edge),
            (None, Unwired::FallsTo(other)) => match edge(other) {
                Some(edge) => format!("{} (as `{other}`)", target(graph, edge)),
                None => "nowhere yet".to_owned(),
            },
            (None, Unwired::Refused) => "nowhere yet".to_owned(),
            (None, Unwired::HangsUp) => "the call ends".to_owned(),
            (None, Unwired::SaysGoodbye) => "a goodbye, and the call ends".to_owned(),
        };
        let _ = writeln!(out, "- `{name}` → {goes}");
    }
    out
}

fn target(graph: &Graph, edge: &Edge) -> String {
    match &edge.target {
        Target::Node(id) => format!("`{}`", graph.nodes.get(*id).map_or("", |n| n.name.as_str())),
        Target::Missing(name) => format!("`{name}`, which isn't there"),
    }
}

fn entity_kind(kind: EntityKind) -> String {
    let spec = entity_spec::of(kind);
    let mut page = format!(
        "**`{}`**: {}\n\nIts key is {}.\n",
        kind.name(),
        crate::diag::a(kind.noun()),
        spec.key.wants()
    );
    let fields = spec.fields.iter().map(|f| (f.name, f.doc));
    for (name, doc) in fields.chain(spec.parts.iter().map(|p| (p.word, p.doc))) {
        let _ = writeln!(page, "- `{name}`: {doc}");
    }
    page
}

fn entity(office: &Office, project: &Project, kind: EntityKind, key: &str) -> Option<String> {
    office.world.entity(kind, key)?;
    let mut page = facts(office, kind, key);
    let thing = Thing::Entity(kind, key.to_owned());
    let used = things::on_canvases(project, &thing);
    if !used.is_empty() {
        let names: Vec<_> = used.iter().take(LISTED_MAX).map(|u| format!("`{}`", u.node)).collect();
        let more = used.len().saturating_sub(LISTED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(page, "\nUsed by {}{more}.", names.join(", "));
    }
    Some(page)
}

/// An entity as it is declared.
fn facts(office: &Office, kind: EntityKind, key: &str) -> String {
    match office.world.declaration(kind, key) {
        Some(declaration) => format!("```flow\n{}```\n", text::print::entity(declaration)),
        None => format!("There is no {} `{key}`.\n", kind.noun()),
    }
}

fn part(office: &Office, kind: EntityKind, entity: &str, key: &str) -> Option<String> {
    let declaration = office.world.declaration(kind, entity)?;
    let part = declaration.parts.iter().find(|p| p.key == key)?;
    let doc = entity_spec::of(kind).part(&part.word).map_or("", |spec| spec.doc);
    let printed = text::print::part(declaration, part);
    Some(format!("**`{key}` of the {} `{entity}`**\n\n{doc}\n\n```flow\n{printed}```\n", kind.noun()))
}

fn variable(project: &Project, flow: &str, name: &str) -> String {
    let graph = project.flow(flow).and_then(|id| project.flows.get(id));
    let ty = graph.and_then(|g| Variables::of(g).get(name)).and_then(|v| v.ty);
    let ty = ty.map_or("of a type that can't be told", |ty| ty.noun());
    format!("**variable `{name}`**: {ty}\n")
}
