//! Pictures of a flow: Mermaid and DOT for other programs to lay out, SVG laid out here ([`layout`]).
//!
//! The same flow gives the same picture, byte for byte. Nothing of a flow's positions on the canvas is used: the picture
//! is of what calls do.

use std::collections::BTreeMap;

use crate::diff::view::{Leads, View};
use crate::entity::EntityFacts;
use crate::entity::catalog::Catalog;
use crate::graph::{Graph, Node, NodeId};
use crate::nodes::Kind;
use crate::world::World as _;

mod layout;
mod order;
mod place;
mod svg;
mod text;

pub use place::{Placed, PlacedCard, places};
pub use svg::svg;
pub use text::{dot, mermaid};

/// Nodes of a flow that is drawn; beyond them a picture shows nothing to people.
pub const CARDS_MAX: usize = 1_000;

/// A flow as cards and the lines between them.
#[derive(Clone, Debug)]
pub struct Picture {
    title: String,
    description: String,
    cards: Vec<Card>,
}

/// One node.
#[derive(Clone, Debug)]
struct Card {
    name: String,
    title: String,
    subtitle: String,
    look: Look,
    /// Whether calls can come to it.
    reached: bool,
    /// Its exits; those that go where another one goes are left out.
    rows: Vec<Row>,
}

/// One exit.
#[derive(Clone, Debug)]
struct Row {
    text: String,
    /// The card it leads to; `None` if the call ends.
    to: Option<usize>,
}

/// What a node is for; its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Entry,
    Choice,
    People,
    Recording,
    Sound,
    End,
    Other,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Look::Entry => "entry",
            Look::Choice => "choice",
            Look::People => "people",
            Look::Recording => "recording",
            Look::Sound => "sound",
            Look::End => "end",
            Look::Other => "other",
        }
    }

    fn of(kind: &str) -> Look {
        match kind {
            "inbound_number" => Look::Entry,
            "time_switch" | "ivr_menu" | "branch" | "split" | "status" | "collect" => Look::Choice,
            "extension" | "ring_group" | "queue" | "conference" | "transfer" => Look::People,
            "voicemail" => Look::Recording,
            "play_message" => Look::Sound,
            "hangup" => Look::End,
            _ => Look::Other,
        }
    }
}

impl Picture {
    /// The picture of a flow. `None` if it has more than [`CARDS_MAX`] nodes.
    #[must_use]
    pub fn of(graph: &Graph, world: &Catalog) -> Option<Picture> {
        if graph.nodes.len() > CARDS_MAX {
            return None;
        }
        let view = View::new(graph, world);
        let mut cards: Vec<Card> = graph.nodes.keys().map(|id| card(&view, id, world)).collect();
        tell_apart(&mut cards);
        for at in reached(graph, &cards) {
            if let Some(card) = cards.get_mut(at) {
                card.reached = true;
            }
        }
        let title = if graph.label.is_empty() { graph.key.clone() } else { graph.label.clone() };
        let numbers: Vec<&str> =
            cards.iter().filter(|c| c.look == Look::Entry).map(|c| c.subtitle.as_str()).collect();
        let description =
            format!("A call flow of {} nodes. Calls come in at {}.", cards.len(), numbers.join(" and "));
        Some(Picture { title, description, cards })
    }
}

fn card(view: &View<'_>, id: NodeId, world: &Catalog) -> Card {
    let node = view.node(id);
    let (kind, label) = node.map_or(("", ""), |n| (n.kind_name.as_str(), n.label.as_str()));
    let entity = node.and_then(|n| world.entity(n.kind?.spec().entity.kind()?, n.entity_key()?));
    let keys: Vec<&str> =
        node.into_iter().flat_map(|n| n.entities.iter().filter_map(|e| e.key.as_deref())).collect();
    let called = called(node, world).filter(|name| !keys.contains(name));
    let name = view.name(id).to_owned();
    let title = match (label, called) {
        ("", Some(called)) => called.to_owned(),
        ("", None) => name.clone(),
        (label, _) => label.to_owned(),
    };
    let about = match node.and_then(about) {
        Some(about) if keys.is_empty() => about,
        Some(about) => format!("{}, {about}", keys.join(", ")),
        None => keys.join(", "),
    };
    let subtitle = format!("{} {about}", kind.replace('_', " ")).trim_end().to_owned();
    let exits = view.exits(id);
    let shown = exits.iter().filter(|exit| !view.follows(id, exit));
    let rows = shown.map(|exit| row(view, id, exit, entity)).collect();
    Card { name, title, subtitle, look: Look::of(kind), reached: false, rows }
}

/// Cards of one title show the names of their nodes too, as findings do.
fn tell_apart(cards: &mut [Card]) {
    let mut titles = BTreeMap::new();
    for card in cards.iter() {
        *titles.entry(card.title.clone()).or_insert(0_usize) += 1;
    }
    for card in cards.iter_mut().filter(|card| card.title != card.name) {
        if titles.get(&card.title).is_some_and(|cards| *cards > 1) {
            card.title = format!("{} ({})", card.title, card.name);
        }
    }
}

/// What a node does beside its entity, in the words of the flow.
fn about(node: &Node) -> Option<String> {
    let written = |name: &str| {
        let field = node.field(name)?;
        Some(field.value.as_str().map_or_else(|| field.value.to_string(), str::to_owned))
    };
    match node.kind? {
        Kind::Branch => written("when"),
        Kind::Set => Some(format!("{} = {}", written("variable")?, written("value")?)),
        Kind::Collect => written("variable").map(|variable| format!("into {variable}")),
        Kind::Transfer => written("extension").or_else(|| written("number")).map(|to| format!("to {to}")),
        Kind::Webhook => written("url"),
        Kind::SetCallerId => written("name").or_else(|| written("number")),
        Kind::Split => written("percent").map(|percent| format!("{percent} %")),
        Kind::Hangup => written("cause").filter(|cause| cause != "normal"),
        Kind::Subflow => written("flow"),
        Kind::ComeBack => written("exit"),
        Kind::InboundNumber
        | Kind::Start
        | Kind::TimeSwitch
        | Kind::IvrMenu
        | Kind::RingGroup
        | Kind::Extension
        | Kind::Voicemail
        | Kind::PlayMessage
        | Kind::Status
        | Kind::Conference
        | Kind::Queue => None,
    }
}

/// What people call the node's entity.
fn called<'a>(node: Option<&Node>, world: &'a Catalog) -> Option<&'a str> {
    let node = node.filter(|n| n.entities.len() == 1)?;
    let (kind, key) = (node.kind?.spec().entity.kind()?, node.entity_key()?);
    let mut named = world.declarations().filter(|d| d.kind == kind && d.key == key);
    named.next().map(|d| d.label.as_str()).filter(|label| !label.is_empty())
}

fn row(view: &View<'_>, id: NodeId, exit: &str, entity: Option<&EntityFacts>) -> Row {
    let edge = view.graph.edges.values().find(|e| e.source == id && e.exit == exit);
    let label = edge.map(|e| e.label.as_str()).filter(|l| !l.is_empty()).or_else(|| exit_name(exit, entity));
    let plain = exit.replace('_', " ");
    let text = match label {
        Some(label) if exit.len() == 1 => format!("{exit}  {label}"),
        Some(label) => label.to_owned(),
        None => plain,
    };
    let to = match view.leads(id, exit) {
        Leads::Node(to) => usize::try_from(to.as_u32()).ok(),
        Leads::HangsUp | Leads::Goodbye | Leads::Open | Leads::NoExit => None,
    };
    Row { text, to }
}

/// What people call an exit that comes from an entity.
fn exit_name<'a>(exit: &str, entity: Option<&'a EntityFacts>) -> Option<&'a str> {
    if let Some(EntityFacts::IvrMenu(menu)) = entity {
        return menu
            .keys
            .iter()
            .find(|k| k.key.to_string() == exit)
            .map(|k| k.name.as_str())
            .filter(|n| *n != exit);
    }
    if let Some(EntityFacts::TimeSwitch(switch)) = entity {
        return switch.rules.iter().find(|r| r.key == exit).map(|r| r.name.as_str());
    }
    None
}

/// The cards that calls can come to.
fn reached(graph: &Graph, cards: &[Card]) -> Vec<usize> {
    let is_entry =
        |id: &NodeId| graph.nodes.get(*id).and_then(|n| n.kind).is_some_and(|k| k.spec().is_entry());
    let entries = graph.nodes.keys().filter(is_entry).filter_map(|id| usize::try_from(id.as_u32()).ok());
    let mut found: Vec<usize> = entries.collect();
    let mut seen = vec![false; cards.len()];
    found.iter().for_each(|at| {
        if let Some(slot) = seen.get_mut(*at) {
            *slot = true;
        }
    });
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        next += 1;
        for to in cards.get(at).into_iter().flat_map(|c| &c.rows).filter_map(|r| r.to) {
            if let Some(slot) = seen.get_mut(to).filter(|slot| !**slot) {
                *slot = true;
                found.push(to);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
