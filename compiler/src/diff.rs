//! What calls would do differently: two versions of a phone system compared by what happens to callers, not by how they
//! are written. Layout, labels, comments, order and the names of nodes don't count.
//!
//! [`walk`] follows both versions of a flow side by side from their entries, as calls would, and says a sentence where
//! they part; [`same`] tells whether two nodes lead to the same whatever callers do; [`facts`] compares entities, and
//! [`hours`] opening hours by the minutes of a week in which they differ.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::entity::EntityKind;
use crate::entity::catalog::Catalog;
use crate::graph::{Declaration, Graph, NodeId};
use crate::nodes::Kind;

mod facts;
pub(crate) mod hours;
mod same;
pub(crate) mod view;
mod walk;
mod words;

use view::View;

/// One version of a phone system.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// Its flows.
    pub flows: Vec<&'a Graph>,
    /// Its entities.
    pub world: &'a Catalog,
}

/// One thing that calls would do differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Change {
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// What is different, as a sentence.
    pub sentence: String,
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum About {
    /// Calls to a number.
    Number {
        /// The number.
        number: String,
    },
    /// A node of a flow.
    Node {
        /// Key of the flow.
        flow: String,
        /// Name of the node.
        node: String,
    },
    /// A flow as a whole.
    Flow {
        /// Its key.
        flow: String,
    },
    /// An entity.
    Entity {
        /// Name of its kind.
        kind: String,
        /// Its key.
        key: String,
    },
}

/// What calls would do differently after than before; nothing if they would do the same. In the order in which calls
/// meet it: numbers, then flow by flow from the entries on, then entities.
#[must_use]
pub fn diff(before: &Side<'_>, after: &Side<'_>) -> Vec<Change> {
    let (before, after) = (System::of(before), System::of(after));
    let mut changes = Vec::new();
    let pairs = entries(&before, &after, &mut changes);
    for ((old, new), starts) in pairs {
        if let (Some(old), Some(new)) = (before.flows.get(old), after.flows.get(new)) {
            heads(old, new, &mut changes);
            walk::flows(old, new, &starts, &mut changes);
        }
    }
    facts::compare(&before, &after, &mut changes);
    changes
}

/// The changes in lines. Where a version has several flows, each line about a node says in which of them it is.
#[must_use]
pub fn told(changes: &[Change], before: &Side<'_>, after: &Side<'_>) -> String {
    let several = before.flows.len().max(after.flows.len()) > 1;
    let line = |change: &Change| match &change.about {
        About::Node { flow, .. } if several => format!("In flow `{flow}`: {}\n", change.sentence),
        About::Node { .. } | About::Number { .. } | About::Flow { .. } | About::Entity { .. } => {
            format!("{}\n", change.sentence)
        }
    };
    changes.iter().map(line).collect()
}

/// A version, ready to be asked.
struct System<'a> {
    flows: Vec<View<'a>>,
    facts: BTreeMap<(EntityKind, &'a str), &'a Declaration>,
}

/// An entry: the flow's place in its system, and the node.
type Entry = (usize, NodeId);

/// Entries by the number that enters them.
type Numbers<'a> = BTreeMap<&'a str, Entry>;

/// Entries without a number, by flow and name.
type OtherEntries<'a> = BTreeMap<(&'a str, &'a str), Entry>;

impl<'a> System<'a> {
    fn of(side: &Side<'a>) -> System<'a> {
        let facts = side.world.declarations().map(|d| ((d.kind, d.key.as_str()), d)).collect();
        let flows = side.flows.iter().map(|graph| View::new(graph, side.world)).collect();
        System { flows, facts }
    }

    fn entries(&self) -> impl Iterator<Item = (Entry, &View<'a>)> {
        self.flows.iter().enumerate().flat_map(|(at, view)| {
            let entries =
                view.graph.nodes.iter().filter(|(_, n)| n.kind.is_some_and(|k| k.spec().is_entry()));
            entries.map(move |(id, _)| ((at, id), view))
        })
    }

    /// Entries by the number that enters them, and those without a number by flow and name.
    fn by_number(&self) -> (Numbers<'_>, OtherEntries<'_>) {
        let (mut numbers, mut others) = (BTreeMap::new(), BTreeMap::new());
        for (entry, view) in self.entries() {
            let Some(node) = view.graph.nodes.get(entry.1) else { continue };
            for key in node.entities.iter().filter_map(|e| e.key.as_deref()) {
                numbers.entry(key).or_insert(entry);
            }
            // Calls of other flows come in at one place, whatever it's called.
            let name = if node.kind == Some(Kind::Start) { "" } else { node.name.as_str() };
            if node.entities.is_empty() {
                others.entry((view.graph.key.as_str(), name)).or_insert(entry);
            }
        }
        (numbers, others)
    }
}

/// Entries that belong together, by the flows that they are in.
type Pairs = BTreeMap<(usize, usize), BTreeSet<(NodeId, NodeId)>>;

/// Pairs the entries of both versions; a number that only one of them takes is a change. An entry whose numbers have all
/// changed is still the same entry, so that what its calls do is compared.
fn entries(before: &System<'_>, after: &System<'_>, changes: &mut Vec<Change>) -> Pairs {
    let mut pairs: Pairs = BTreeMap::new();
    let ((old, old_others), (new, new_others)) = (before.by_number(), after.by_number());
    let shared = || old.iter().filter_map(|(number, a)| Some((*a, *new.get(number)?)));
    let renumbered = renumbered((before, &old), (after, &new), &shared().collect::<Vec<_>>());
    for (a, b) in shared().chain(renumbered.iter().copied()) {
        pairs.entry((a.0, b.0)).or_default().insert((a.1, b.1));
    }
    let numbers: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for number in numbers {
        let sentence = match (old.get(number), new.get(number)) {
            (None, Some(b)) => match renumbered.iter().find(|(_, new)| new == b) {
                Some((a, _)) => {
                    let name = after.flows.get(b.0).map(|view| view.name(b.1)).unwrap_or_default();
                    let was = numbers_of(&old, *a);
                    format!("Calls to {number} come in at `{name}` now, where calls to {was} did.")
                }
                None => {
                    let start = after.flows.get(b.0).map(|view| view.first(b.1)).unwrap_or_default();
                    format!("Calls to {number} come in now and {start}; before, no flow took them.")
                }
            },
            (Some(a), None) => {
                let start = before.flows.get(a.0).map(|view| view.first(a.1)).unwrap_or_default();
                format!("Calls to {number} aren't taken by any flow now; before, they would {start}.")
            }
            (Some(_), Some(_)) | (None, None) => continue,
        };
        changes.push(Change { about: About::Number { number: number.to_owned() }, sentence });
    }
    for (name, a) in &old_others {
        if let Some(b) = new_others.get(name) {
            pairs.entry((a.0, b.0)).or_default().insert((a.1, b.1));
        }
    }
    flows_alone(before, after, changes);
    pairs
}

/// What the heads of two versions of a flow say to its calls.
fn heads(old: &View<'_>, new: &View<'_>, changes: &mut Vec<Change>) {
    let key = &new.graph.key;
    let mut say = |sentence| changes.push(Change { about: About::Flow { flow: key.clone() }, sentence });
    let (was, is) = (old.takes(), new.takes());
    if was != is {
        say(format!("The flow `{key}` takes {is} now; before, {was}."));
    }
    let (was, is) = (old.clock(), new.clock());
    // That of a time switch is the time switch's.
    let own = [old, new].iter().any(|view| view.graph.field("zone").is_some());
    if own
        && let (Some(was), Some(is)) = (was, is)
        && was != is
    {
        say(format!("`now` in the flow `{key}` is the time in {is} now; before, in {was}."));
    }
}

/// The numbers of an entry in words.
fn numbers_of(numbers: &Numbers<'_>, entry: Entry) -> String {
    let own = numbers.iter().filter(|(_, e)| **e == entry).map(|(number, _)| *number);
    own.collect::<Vec<_>>().join(" and ")
}

/// Entries that have no number in common and still are one: those of one name in flows of one key, and of what is then
/// left the only one on either side.
fn renumbered(
    (before, old): (&System<'_>, &Numbers<'_>),
    (after, new): (&System<'_>, &Numbers<'_>),
    shared: &[(Entry, Entry)],
) -> Vec<(Entry, Entry)> {
    let mut left: BTreeSet<Entry> = old.values().copied().collect();
    let mut right: BTreeSet<Entry> = new.values().copied().collect();
    for (a, b) in shared {
        left.remove(a);
        right.remove(b);
    }
    let name = |system: &System<'_>, (flow, node): Entry| {
        system.flows.get(flow).map(|view| (view.graph.key.clone(), view.name(node).to_owned()))
    };
    let mut found = Vec::new();
    for a in left.clone() {
        if let Some(b) = right.iter().copied().find(|b| name(before, a) == name(after, *b)) {
            left.remove(&a);
            right.remove(&b);
            found.push((a, b));
        }
    }
    if let (1, 1, Some(a), Some(b)) = (left.len(), right.len(), left.first(), right.first()) {
        found.push((*a, *b));
    }
    found
}

/// Flows that only one version has; what their numbers do is said with the numbers.
fn flows_alone(before: &System<'_>, after: &System<'_>, changes: &mut Vec<Change>) {
    let keys = |system: &System<'_>| -> BTreeSet<String> {
        system.flows.iter().map(|view| view.graph.key.clone()).collect()
    };
    let (old, new) = (keys(before), keys(after));
    // A flow of another key that takes the same numbers is the same flow renamed; its calls are compared.
    let takes_numbers = |system: &System<'_>, key: &str| {
        let mut entries = system.entries().filter(|(_, view)| view.graph.key == key);
        entries.any(|((_, node), view)| view.graph.nodes.get(node).is_some_and(|n| !n.entities.is_empty()))
    };
    for (from, to, system, word) in [(&new, &old, after, "new"), (&old, &new, before, "gone")] {
        for key in from.difference(to).filter(|key| !takes_numbers(system, key)) {
            let sentence = format!("The flow `{key}` is {word}.");
            changes.push(Change { about: About::Flow { flow: key.clone() }, sentence });
        }
    }
}

#[cfg(test)]
mod tests;
