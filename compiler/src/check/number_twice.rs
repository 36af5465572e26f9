//! F115: one number at two entries.
//!
//! **Why:** a call to it can start at only one of them.
//!
//! **Example:** two flows whose entries both list `"+61299998888"`.
//!
//! **Cure:** remove it from one.

use std::collections::BTreeMap;

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic, Place};
use crate::graph::{EntityRef, Graph, Node};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut taken: BTreeMap<&str, (&Node, &EntityRef)> = BTreeMap::new();
    for (_, entry, number) in entries(cx.graph) {
        let Some(key) = number.key.as_deref() else { continue };
        match taken.get(key) {
            Some((other, first)) => {
                let who = if other.name == entry.name { "twice here" } else { "at two entries" };
                out.push(found(key, who, place(entry, number), place(other, first)));
            }
            None => {
                taken.insert(key, (entry, number));
            }
        }
    }
}

/// Numbers that enter more than one of several flows.
#[must_use]
pub fn across<'a>(flows: impl IntoIterator<Item = &'a Graph>) -> Vec<Diagnostic> {
    let mut taken: BTreeMap<&str, (&Graph, &Node, &EntityRef)> = BTreeMap::new();
    let mut out = Sink::default();
    for (flow, entry, number) in flows.into_iter().flat_map(entries) {
        let Some(key) = number.key.as_deref() else { continue };
        match taken.get(key) {
            // Inside one flow it's the flow's own finding.
            Some((other, _, _)) if std::ptr::eq(*other, flow) => {}
            Some((other, first, at)) => {
                let who = format!("in `{}` and in `{}`", other.key, flow.key);
                out.push(found(key, &who, place(entry, number), place(first, at)));
            }
            None => {
                taken.insert(key, (flow, entry, number));
            }
        }
    }
    out.finish()
}

/// Numbers that enter flows of different groups, which were read apart: the findings of each group. Inside a group they are
/// [`across`]'s.
#[must_use]
pub fn across_groups<'a, F: IntoIterator<Item = &'a Graph>>(
    groups: impl IntoIterator<Item = F>,
) -> Vec<Vec<Diagnostic>> {
    let mut taken: BTreeMap<&str, (usize, &Graph, &Node, &EntityRef)> = BTreeMap::new();
    let mut all = Vec::new();
    for (group, flows) in groups.into_iter().enumerate() {
        let mut out = Sink::default();
        for (flow, entry, number) in flows.into_iter().flat_map(entries) {
            let Some(key) = number.key.as_deref() else { continue };
            match taken.get(key) {
                Some((first, ..)) if *first == group => {}
                Some((_, other, first, at)) => {
                    let who = format!("in `{}` and in `{}`", other.key, flow.key);
                    out.push(found(key, &who, place(entry, number), place(first, at)));
                }
                None => {
                    taken.insert(key, (group, flow, entry, number));
                }
            }
        }
        all.push(out.finish());
    }
    all
}

/// The entries of a flow with each of their numbers.
fn entries(graph: &Graph) -> impl Iterator<Item = (&Graph, &Node, &EntityRef)> {
    let entries = graph.nodes.values().filter(|n| n.kind.is_some_and(|k| k.spec().is_entry()));
    entries.flat_map(move |node| node.entities.iter().map(move |number| (graph, node, number)))
}

fn place(entry: &Node, number: &EntityRef) -> Place {
    number.origin.0.clone().unwrap_or_else(|| entry.origin.place())
}

fn found(key: &str, who: &str, at: Place, first: Place) -> Diagnostic {
    Diagnostic::new(
        Code::NumberTwice,
        at,
        format!("calls to {key} can start at one place only, but it is {who}"),
    )
    .also(first, "and here")
    .help("remove it from one of them")
}
