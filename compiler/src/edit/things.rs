//! What an editor points at, and where it stands.

use std::ops::Range;

use super::folder::{FileKind, Office, Unit, range};
use crate::diag::Spot;
use crate::entity::EntityKind;
use crate::graph::{FileId, FlowId, Graph, Node, Project};
use crate::library::called;
use crate::nodes::spec::EntityUse;
use crate::text::marks::{self, InFlow, Mark, Owner, Role, Thing};

/// Where an editor points: at a byte of a text, or at a part of a node on the canvas.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// In a text file of the folder.
    Text {
        /// The file.
        file: FileId,
        /// The byte.
        offset: usize,
    },
    /// On a canvas: of a text project or of a JSON file.
    Canvas {
        /// What was read with the flow.
        unit: &'a Unit,
        /// The flow.
        flow: FlowId,
        /// The node's name.
        node: &'a str,
        /// The part of it.
        spot: &'a Spot,
    },
}

/// A range of bytes in a file of the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spotted {
    /// The file's name.
    pub file: String,
    /// First byte, and one past the last.
    pub range: (usize, usize),
}

/// A part of a canvas: the flow, the node, the part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnCanvas {
    /// The flow's key.
    pub flow: String,
    /// The node's name.
    pub node: String,
    /// The part.
    pub spot: Spot,
}

/// A text file's words with the file.
pub(crate) fn mark_at(office: &Office, file: FileId, offset: usize) -> Option<&Mark> {
    office.text.marks.get(usize::try_from(file.as_u32()).ok()?)?.at(offset)
}

/// What is pointed at.
#[must_use]
pub fn thing(office: &Office, at: At<'_>) -> Option<Thing> {
    match at {
        At::Text { file, offset } => Some(settled(office, &mark_at(office, file, offset)?.thing)),
        At::Canvas { unit, flow, node, spot } => on_canvas(unit.project.flows.get(flow)?, node, spot),
    }
}

/// The project that is pointed into.
pub(crate) fn project<'a>(office: &'a Office, at: At<'a>) -> &'a Project {
    match at {
        At::Text { .. } => &office.text.project,
        At::Canvas { unit, .. } => &unit.project,
    }
}

fn on_canvas(graph: &Graph, name: &str, spot: &Spot) -> Option<Thing> {
    let node = graph.nodes.get(graph.node(name)?)?;
    let entity = node.kind.and_then(|k| k.spec().entity.kind()).zip(node.entity_key());
    match spot {
        Spot::Node => Some(node_thing(graph, name)),
        Spot::Field(field) if field == "type" => node.kind.map(Thing::Kind),
        Spot::Field(field) => Some(Thing::Field(Owner::Node(node.kind?), field.clone())),
        Spot::Exit(exit) => exit_on_canvas(node, entity, exit),
        Spot::Entity => entity.map(|(kind, key)| Thing::Entity(kind, key.to_owned())),
    }
}

fn exit_on_canvas(node: &Node, entity: Option<(EntityKind, &str)>, exit: &str) -> Option<Thing> {
    match called(node) {
        Some(flow) => Some(Thing::FlowExit { flow: flow.to_owned(), name: exit.to_owned() }),
        None => marks::exit_thing(node.kind?, entity, exit),
    }
}

fn node_thing(graph: &Graph, name: &str) -> Thing {
    Thing::Node { flow: InFlow::Key(graph.key.clone()), name: name.to_owned() }
}

/// A thing as it's compared with others: a node that a test names is one of the flow that the test calls.
pub(crate) fn settled(office: &Office, thing: &Thing) -> Thing {
    match thing {
        Thing::Node { flow: InFlow::Called(number), name } => {
            let flows = office.text.project.flows.values();
            let mut called = flows.filter(|g| entries(g).any(|n| has(n, number)));
            let graph = called.next();
            let flow = graph.map(|g| g.key.clone()).unwrap_or_default();
            let own = graph.is_some_and(|g| g.node(name).is_some());
            // A node of a flow that this one calls.
            match name.split_once('/').filter(|(flow, _)| !own && office.text.project.flow(flow).is_some()) {
                Some((flow, name)) => {
                    Thing::Node { flow: InFlow::Key(flow.to_owned()), name: name.to_owned() }
                }
                None => Thing::Node { flow: InFlow::Key(flow), name: name.clone() },
            }
        }
        other @ (Thing::Word(_)
        | Thing::Flow(_)
        | Thing::Node { .. }
        | Thing::Kind(_)
        | Thing::EntityKind(_)
        | Thing::Entity(..)
        | Thing::Exit(..)
        | Thing::FlowExit { .. }
        | Thing::Field(..)
        | Thing::PartWord(..)
        | Thing::Part { .. }
        | Thing::Variable { .. }
        | Thing::Test(_)
        | Thing::Step(_)
        | Thing::Label
        | Thing::Value) => other.clone(),
    }
}

fn has(node: &Node, key: &str) -> bool {
    node.entities.iter().any(|e| e.key.as_deref() == Some(key))
}

/// The entries of a flow.
pub(crate) fn entries(graph: &Graph) -> impl Iterator<Item = &Node> {
    graph.nodes.values().filter(|n| n.kind.is_some_and(|k| k.spec().is_entry()))
}

/// Every word of the text files that is about a thing, in the order of the files.
pub(crate) fn words<'a>(office: &'a Office, thing: &'a Thing) -> impl Iterator<Item = &'a Mark> {
    let all = office.text.marks.iter().flat_map(|m| &m.words);
    all.filter(move |m| m.thing == *thing || settled_alike(office, m, thing))
}

/// Whether a word that is settled only now is about a thing.
fn settled_alike(office: &Office, mark: &Mark, thing: &Thing) -> bool {
    match (&mark.thing, thing) {
        (Thing::Node { flow: InFlow::Called(_), name }, Thing::Node { name: other, .. }) => {
            name.ends_with(other.as_str()) && settled(office, &mark.thing) == *thing
        }
        _ => false,
    }
}

/// Where a word stands.
pub(crate) fn spotted(office: &Office, mark: &Mark) -> Option<Spotted> {
    let file = office.text.names.get(usize::try_from(mark.span.file.as_u32()).ok()?)?;
    let range = range(mark.span);
    Some(Spotted { file: file.clone(), range: (range.start, range.end) })
}

/// Where a thing is made: in text, or in a catalogue.
pub(crate) fn made(office: &Office, thing: &Thing) -> Vec<Spotted> {
    let in_text = words(office, thing).filter(|m| m.role == Role::Defines);
    let mut made: Vec<_> = in_text.filter_map(|m| spotted(office, m)).collect();
    if let Thing::Entity(kind, key) = thing {
        made.extend(in_catalogs(office, *kind, key));
    }
    made
}

/// Where a catalogue has an entity.
pub(crate) fn in_catalogs(office: &Office, kind: EntityKind, key: &str) -> Vec<Spotted> {
    let catalogs = office.others.iter().filter(|(k, _)| *k == FileKind::Catalog);
    let found = catalogs.filter_map(|(_, unit)| {
        let Range { start, end } = unit.positions.catalog(kind.name(), key, None)?;
        Some(Spotted { file: unit.names.first()?.clone(), range: (start, end) })
    });
    found.collect()
}

/// The parts of a canvas that are about a thing: its own place first.
#[must_use]
pub fn on_canvases(project: &Project, thing: &Thing) -> Vec<OnCanvas> {
    let mut found = Vec::new();
    for graph in project.flows.values() {
        let at = |node: &Node, spot| OnCanvas { flow: graph.key.clone(), node: node.name.clone(), spot };
        for node in graph.nodes.values() {
            let kind = node.kind.and_then(|k| match k.spec().entity {
                EntityUse::None => None,
                EntityUse::One(kind) | EntityUse::Many(kind) => Some(kind),
            });
            if node_thing(graph, &node.name) == *thing {
                found.push(at(node, Spot::Node));
            } else if let Thing::Entity(wanted, key) = thing
                && kind == Some(*wanted)
                && has(node, key)
            {
                found.push(at(node, Spot::Entity));
            }
        }
        for edge in graph.edges.values() {
            let Some(source) = graph.nodes.get(edge.source) else { continue };
            let target = match edge.target {
                crate::graph::Target::Node(id) => graph.nodes.get(id),
                crate::graph::Target::Missing(_) => None,
            };
            let entity = source.kind.and_then(|k| k.spec().entity.kind()).zip(source.entity_key());
            let leads = target.is_some_and(|t| node_thing(graph, &t.name) == *thing);
            let is_it = exit_on_canvas(source, entity, &edge.exit).as_ref() == Some(thing);
            if leads || is_it {
                found.push(at(source, Spot::Exit(edge.exit.clone())));
            }
        }
    }
    found
}

/// The kind of entity that calls come in by.
pub(crate) fn entries_kind() -> Option<EntityKind> {
    crate::nodes::Kind::ALL.iter().map(|k| k.spec()).find(|s| s.is_entry())?.entity.kind()
}
