//! Whether calls that come to two nodes meet the same, whatever they do: equality of two automata, by assuming that it
//! holds and looking for what contradicts it (Hopcroft and Karp).

use std::collections::BTreeSet;

use super::view::{Leads, View};
use crate::graph::NodeId;

/// Pairs that one question may look at; beyond them nodes count as different, and the walk looks closer.
const PAIRS_MAX: usize = 20_000;

/// What is known of two versions of a flow.
pub(super) struct Same<'v, 'a> {
    old: &'v View<'a>,
    new: &'v View<'a>,
    known: BTreeSet<(NodeId, NodeId)>,
    refuted: BTreeSet<(NodeId, NodeId)>,
}

impl<'v, 'a> Same<'v, 'a> {
    pub fn new(old: &'v View<'a>, new: &'v View<'a>) -> Self {
        Same { old, new, known: BTreeSet::new(), refuted: BTreeSet::new() }
    }

    /// Whether calls meet the same at `a` before as at `b` after.
    pub fn holds(&mut self, a: NodeId, b: NodeId) -> bool {
        let mut assumed = BTreeSet::from([(a, b)]);
        let mut open = vec![(a, b)];
        while let Some(pair) = open.pop() {
            if self.known.contains(&pair) {
                continue;
            }
            let next = if self.refuted.contains(&pair) { None } else { self.next(pair) };
            let Some(next) = next.filter(|_| assumed.len() <= PAIRS_MAX) else {
                self.refuted.insert((a, b));
                return false;
            };
            open.extend(next.into_iter().filter(|pair| assumed.insert(*pair)));
        }
        self.known.append(&mut assumed);
        true
    }

    /// What must hold too if a pair is the same; `None` if it isn't.
    fn next(&self, (a, b): (NodeId, NodeId)) -> Option<Vec<(NodeId, NodeId)>> {
        let differs =
            self.old.step(a) != self.new.step(b) || !self.old.settings_changed(a, self.new, b).is_empty();
        let (exits, others) = (self.old.exits(a), self.new.exits(b));
        if differs || exits.len() != others.len() {
            return None;
        }
        let mut next = Vec::new();
        for exit in exits {
            match (self.old.leads(a, &exit), self.new.leads(b, &exit)) {
                (Leads::Node(a), Leads::Node(b)) => next.push((a, b)),
                (old, new) if old == new && old != Leads::NoExit => {}
                (Leads::HangsUp, other) if self.new.only_hangs_up(other) => {}
                (other, Leads::HangsUp) if self.old.only_hangs_up(other) => {}
                (Leads::Node(_) | Leads::HangsUp | Leads::Goodbye | Leads::Open | Leads::NoExit, _) => {
                    return None;
                }
            }
        }
        Some(next)
    }
}
