//! Cycles of a flow: strongly connected components by Tarjan's algorithm, without recursion, in linear time.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use cranelift_entity::EntityRef as _;

use super::{Cx, Exit, index, paths};
use crate::graph::NodeId;

/// One way round: the nodes in order, each with the number of the exit that leads on to the next (the last one's to the
/// first).
pub(super) type Cycle = Vec<(NodeId, usize)>;

/// The shortest way round through the first node of every group of nodes that lie on a common cycle, going only
/// through reachable nodes that `node` lets through and through their own exits that `exit` lets through.
pub(super) fn find(
    cx: &Cx<'_>,
    node: impl Fn(NodeId) -> bool,
    exit: impl Fn(NodeId, &Exit) -> bool,
) -> Vec<Cycle> {
    let reached = paths::reached(cx);
    let inside: Vec<bool> =
        reached.iter().enumerate().map(|(i, reached)| *reached && node(NodeId::new(i))).collect();
    let is_inside = |n: NodeId| inside.get(index(n)).copied().unwrap_or(false);
    let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); inside.len()];
    for (from, outs) in next.iter_mut().enumerate().filter(|(i, _)| is_inside(NodeId::new(*i))) {
        let from = NodeId::new(from);
        let exits = cx.exits(from).iter().enumerate().filter(|(_, e)| e.known && exit(from, e));
        outs.extend(exits.filter_map(|(n, e)| Some((index(e.target.filter(|t| is_inside(*t))?), n))));
    }
    let groups = groups(&next);
    let mut seen = vec![false; groups.len()];
    let mut cycles = Vec::new();
    for (start, group) in groups.iter().enumerate() {
        if let Some(seen) = seen.get_mut(*group).filter(|seen| !**seen) {
            *seen = true;
            cycles.extend(round(&next, &groups, start));
        }
    }
    cycles
}

/// The shortest way from a node back to itself inside its group.
fn round(next: &[Vec<(usize, usize)>], groups: &[usize], start: usize) -> Option<Cycle> {
    let group = groups.get(start);
    // A map, so that the cost is that of the group, not of the flow: most groups are single nodes.
    let mut came: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for (to, exit) in next.get(at).into_iter().flatten() {
            if groups.get(*to) != group {
                continue;
            }
            if *to == start {
                return Some(back(&came, start, (at, *exit)));
            }
            if let Entry::Vacant(slot) = came.entry(*to) {
                slot.insert((at, *exit));
                queue.push_back(*to);
            }
        }
    }
    None
}

fn back(came: &BTreeMap<usize, (usize, usize)>, start: usize, last: (usize, usize)) -> Cycle {
    let mut cycle = vec![(NodeId::new(last.0), last.1)];
    let mut at = last.0;
    while at != start {
        let Some((before, exit)) = came.get(&at) else { break };
        cycle.push((NodeId::new(*before), *exit));
        at = *before;
    }
    cycle.reverse();
    cycle
}

/// The number of each node's strongly connected component; a component comes after all that it leads to.
pub(crate) fn groups(next: &[Vec<(usize, usize)>]) -> Vec<usize> {
    let mut search = Search {
        order: vec![None; next.len()],
        low: vec![0; next.len()],
        group: vec![usize::MAX; next.len()],
        stack: Vec::new(),
        count: 0,
        groups: 0,
    };
    for node in 0..next.len() {
        if search.order.get(node).copied().flatten().is_none() {
            search.from(next, node);
        }
    }
    search.group
}

struct Search {
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    group: Vec<usize>,
    stack: Vec<usize>,
    count: usize,
    groups: usize,
}

impl Search {
    fn from(&mut self, next: &[Vec<(usize, usize)>], root: usize) {
        let mut open = vec![(root, 0)];
        self.enter(root);
        while let Some((node, tried)) = open.last_mut() {
            let node = *node;
            if let Some((to, _)) = next.get(node).and_then(|outs| outs.get(*tried)) {
                *tried += 1;
                match self.order.get(*to).copied().flatten() {
                    None => {
                        self.enter(*to);
                        open.push((*to, 0));
                    }
                    Some(order) if self.group.get(*to) == Some(&usize::MAX) => self.lower(node, order),
                    Some(_) => {}
                }
            } else {
                open.pop();
                let low = self.low.get(node).copied().unwrap_or(0);
                if let Some((parent, _)) = open.last() {
                    self.lower(*parent, low);
                }
                if self.order.get(node).copied().flatten() == Some(low) {
                    self.close(node);
                }
            }
        }
    }

    fn enter(&mut self, node: usize) {
        if let (Some(order), Some(low)) = (self.order.get_mut(node), self.low.get_mut(node)) {
            *order = Some(self.count);
            *low = self.count;
        }
        self.count += 1;
        self.stack.push(node);
    }

    fn lower(&mut self, node: usize, to: usize) {
        if let Some(low) = self.low.get_mut(node) {
            *low = (*low).min(to);
        }
    }

    fn close(&mut self, root: usize) {
        while let Some(node) = self.stack.pop() {
            if let Some(group) = self.group.get_mut(node) {
                *group = self.groups;
            }
            if node == root {
                break;
            }
        }
        self.groups += 1;
    }
}

/// A way round in words: `a.no_answer → b → a`.
pub(super) fn told(cx: &Cx<'_>, cycle: &Cycle) -> String {
    let states: Vec<_> =
        cycle.iter().map(|(n, exit)| (*n, crate::nodes::spec::CallState::Early, *exit)).collect();
    cycle.first().map_or_else(String::new, |(first, _)| paths::told(cx, &states, *first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_the_strongly_connected_components() {
        // 0 → 1 → 2 → 0, 2 → 3, 3 → 3, 4 → 3
        let next = [vec![(1, 0)], vec![(2, 0)], vec![(0, 0), (3, 1)], vec![(3, 0)], vec![(3, 0)]];
        let groups = groups(&next);
        assert!(groups[0] == groups[1] && groups[1] == groups[2]);
        assert_ne!(groups[3], groups[0]);
        assert_ne!(groups[4], groups[3]);
        let numbers =
            |c: Option<Cycle>| c.map(|c| c.iter().map(|(n, e)| (n.index(), *e)).collect::<Vec<_>>());
        assert_eq!(numbers(round(&next, &groups, 0)), Some(vec![(0, 0), (1, 0), (2, 0)]));
        assert_eq!(numbers(round(&next, &groups, 3)), Some(vec![(3, 0)]));
        assert_eq!(numbers(round(&next, &groups, 4)), None);
    }

    #[test]
    fn a_ring_of_a_hundred_thousand_needs_no_stack() {
        let next: Vec<_> = (0..100_000).map(|i| vec![((i + 1) % 100_000, 0)]).collect();
        let groups = groups(&next);
        assert!(groups.iter().all(|g| *g == groups[0]));
    }
}
