//! Follows two versions of a flow side by side, as calls would, and says where they part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::same::Same;
use super::view::{Leads, View};
use super::{About, Change, words};
use crate::graph::NodeId;
use crate::nodes::Kind;

/// Pairs of nodes that are looked at; more than there are nodes only where one node took the place of many.
const PAIRS_MAX: usize = 400_000;

/// Compares two versions of a flow from these pairs of entries on.
pub(super) fn flows(
    old: &View<'_>,
    new: &View<'_>,
    starts: &BTreeSet<(NodeId, NodeId)>,
    changes: &mut Vec<Change>,
) {
    let mut walk = Walk {
        old,
        new,
        same: Same::new(old, new),
        seen: starts.clone(),
        queue: starts.iter().copied().collect(),
        found: Vec::new(),
    };
    while let Some((a, b)) = walk.queue.pop_front() {
        walk.pair(a, b);
    }
    walk.comings_and_goings(starts);
    changes.append(&mut walk.found);
}

struct Walk<'v, 'a> {
    old: &'v View<'a>,
    new: &'v View<'a>,
    same: Same<'v, 'a>,
    seen: BTreeSet<(NodeId, NodeId)>,
    queue: VecDeque<(NodeId, NodeId)>,
    found: Vec<Change>,
}

impl Walk<'_, '_> {
    fn say(&mut self, node: &str, sentence: String) {
        let about = About::Node { flow: self.new.graph.key.clone(), node: node.to_owned() };
        let change = Change { about, sentence };
        if !self.found.contains(&change) {
            self.found.push(change);
        }
    }

    fn follow(&mut self, a: NodeId, b: NodeId) {
        if self.seen.len() < PAIRS_MAX && self.seen.insert((a, b)) {
            self.queue.push_back((a, b));
        }
    }

    fn pair(&mut self, a: NodeId, b: NodeId) {
        let (old, new) = (self.old, self.new);
        let name = new.name(b);
        let (before, after) = (old.step(a), new.step(b));
        if before != after {
            self.say(name, format!("`{name}` is {} now; before, {}.", new.what(b), old.what(a)));
        }
        if before.0 != after.0 {
            self.say(name, format!("Calls leave {} so: {}", new.said(b), exits_said(new, b)));
            return;
        }
        for (field, before, after) in old.settings_changed(a, new, b) {
            self.say(name, words::setting(&new.said(b), field, &before, &after));
        }
        let mut exits = old.exits(a);
        exits.extend(new.exits(b).into_iter().filter(|e| !old.exits(a).contains(e)));
        for exit in exits {
            // Where it goes is said with the exit whose edge it takes.
            if !(old.follows(a, &exit) && new.follows(b, &exit)) {
                self.exit(a, b, &exit);
            }
        }
    }

    fn exit(&mut self, a: NodeId, b: NodeId, exit: &str) {
        let (old, new) = (self.old, self.new);
        let (before, after) = (old.leads(a, exit), new.leads(b, exit));
        match (before, after) {
            (Leads::Node(x), Leads::Node(y)) if self.same.holds(x, y) => return,
            (Leads::Node(x), Leads::Node(y)) if old.name(x) == new.name(y) || self.renamed(x, y) => {
                return self.follow(x, y);
            }
            (x, y) if x == y && !matches!(x, Leads::Node(_)) => return,
            (Leads::HangsUp, y) if new.only_hangs_up(y) => return,
            (x, Leads::HangsUp) if old.only_hangs_up(x) => return,
            (Leads::Node(_) | Leads::HangsUp | Leads::Goodbye | Leads::Open | Leads::NoExit, _) => {}
        }
        let name = new.name(b);
        let who = words::who(new.step(b).0, name, exit);
        let sentence = match (before, after) {
            (Leads::NoExit, _) => {
                format!("{who} {} now; before, there was no such exit.", new.leads_said(after))
            }
            (_, Leads::NoExit) => {
                format!("{who} used to {}; now there is no such exit.", words::would(&old.leads_said(before)))
            }
            (Leads::Node(_) | Leads::HangsUp | Leads::Goodbye | Leads::Open, _) => {
                format!(
                    "{who} {} now; before, they {}.",
                    new.leads_said(after),
                    words::went(&old.leads_said(before))
                )
            }
        };
        self.say(name, sentence);
    }

    /// Whether a node only has another name now: it does the same, and each version knows only one of the names.
    fn renamed(&self, a: NodeId, b: NodeId) -> bool {
        self.old.step(a) == self.new.step(b)
            && !self.new.names.contains_key(self.old.name(a))
            && !self.old.names.contains_key(self.new.name(b))
    }

    /// Nodes that calls come to only in one of the versions.
    fn comings_and_goings(&mut self, starts: &BTreeSet<(NodeId, NodeId)>) {
        let (old, new) = (self.old, self.new);
        let was: BTreeSet<NodeId> = reached(old, starts.iter().map(|(a, _)| *a));
        let is: BTreeSet<NodeId> = reached(new, starts.iter().map(|(_, b)| *b));
        let (paired_old, paired_new): (BTreeSet<_>, BTreeSet<_>) = self.seen.iter().copied().unzip();
        let (like_old, like_new) = (by_step(old, &was), by_step(new, &is));
        for b in is.iter().filter(|b| !paired_new.contains(b)) {
            let known = old.names.get(new.name(*b)).is_some_and(|a| was.contains(a));
            let alike = like_old.get(&new.step(*b)).into_iter().flatten().take(ALIKE_MAX);
            if !known && !alike.into_iter().any(|a| self.same.holds(*a, *b)) {
                let sentence = format!("{} is new: {}", new.said(*b), exits_said(new, *b));
                self.say(new.name(*b), sentence);
            }
        }
        for a in was.iter().filter(|a| !paired_old.contains(a)) {
            let known = new.names.get(old.name(*a)).is_some_and(|b| is.contains(b));
            let alike = like_new.get(&old.step(*a)).into_iter().flatten().take(ALIKE_MAX);
            if !known && !alike.into_iter().any(|b| self.same.holds(*a, *b)) {
                let sentence = format!("No call comes to {} any more.", old.said(*a));
                self.say(old.name(*a), sentence);
            }
        }
    }
}

/// Nodes of one step that are compared with one that is new or gone.
const ALIKE_MAX: usize = 16;

/// Nodes by what happens in them.
fn by_step<'a>(view: &View<'a>, nodes: &BTreeSet<NodeId>) -> BTreeMap<(&'a str, Vec<&'a str>), Vec<NodeId>> {
    let mut found: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
    for node in nodes {
        found.entry(view.step(*node)).or_default().push(*node);
    }
    found
}

/// Every node that calls can come to from these.
fn reached(view: &View<'_>, from: impl Iterator<Item = NodeId>) -> BTreeSet<NodeId> {
    let mut open: Vec<NodeId> = from.collect();
    let mut reached: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(node) = open.pop() {
        for exit in view.exits(node) {
            if let Leads::Node(to) = view.leads(node, &exit)
                && reached.insert(to)
            {
                open.push(to);
            }
        }
    }
    reached
}

/// Where calls go from a node, exit by exit.
fn exits_said(view: &View<'_>, node: NodeId) -> String {
    let exits: Vec<String> = view.exits(node).into_iter().filter(|exit| !view.follows(node, exit)).collect();
    let said = |exit: &String| format!("{exit} → {}", short(view, view.leads(node, exit)));
    match exits.as_slice() {
        [] => {
            match view.node(node).filter(|n| n.kind == Some(Kind::ComeBack)).and_then(|n| n.field("exit")) {
                Some(exit) => format!("calls go back by `{}`.", exit.value.as_str().unwrap_or("")),
                None => "calls end there.".to_owned(),
            }
        }
        many => format!("{}.", many.iter().map(said).collect::<Vec<_>>().join(", ")),
    }
}

fn short(view: &View<'_>, leads: Leads) -> String {
    match leads {
        Leads::Node(to) => format!("`{}`", view.name(to)),
        Leads::HangsUp => "hang up".to_owned(),
        Leads::Goodbye => "goodbye".to_owned(),
        Leads::Open | Leads::NoExit => "nowhere".to_owned(),
    }
}
