//! F217: callers may wait very long before a person or a recording takes them.
//!
//! **Why:** each node's time looks short, and together they are many minutes. The longest of all ways from the entry is
//! told; what is played on the way comes on top of it. A way that never ends is another check's (F206). How long callers
//! wait in a queue whose node says `wait` was decided by somebody, and isn't counted against what is too long.
//!
//! **Example:** five extensions one after the other, each ringing for two minutes.
//!
//! **Cure:** let nodes ring for a shorter time, ring several at once, or offer a mailbox sooner; write `wait` at the queue
//! in which callers are to wait so long.

use cranelift_entity::EntityRef as _;

use super::stay::{goes_on, is_pressed, longest_s, until};
use super::{Cx, Sink, cycles, index, paths};
use crate::diag::{Code, Diagnostic};
use crate::graph::{Node, NodeId};
use crate::limits::WAIT_WARNED_S;
use crate::nodes::Kind;
use crate::nodes::spec::CallState;
use crate::value;

/// How long a caller may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Longest {
    /// At most so many seconds, what is played on the way apart.
    Seconds(u64),
    /// A caller who presses nothing goes round until the machine ends the call.
    Endless,
}

impl Longest {
    /// One wait and then another.
    pub(super) fn and(self, more: Longest) -> Longest {
        match (self, more) {
            (Longest::Seconds(one), Longest::Seconds(other)) => Longest::Seconds(one.saturating_add(other)),
            (Longest::Endless, _) | (_, Longest::Endless) => Longest::Endless,
        }
    }
}

/// The longest wait of callers of one entry before a person, a recording or the end of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The entry.
    pub entry: NodeId,
    /// How long.
    pub longest: Longest,
    /// The way: every node with the exit by which it is left; none at the last.
    pub path: Vec<(NodeId, Option<String>)>,
}

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let waits = Waits::of(cx, undecides);
    for entry in entries(cx) {
        let Some(ahead) = waits.0.get(index(entry)) else { continue };
        let (Longest::Seconds(undecided), Longest::Seconds(seconds)) = (ahead.longest, ahead.whole) else {
            continue;
        };
        if undecided <= WAIT_WARNED_S {
            continue;
        }
        let (steps, last) = waits.told(entry);
        let message = format!(
            "callers of `{}` may wait {}, prompts not counted, before a person or a recording takes them: {}",
            cx.name(entry),
            told(seconds),
            paths::told(cx, &steps, last)
        );
        let help = "let it ring for a shorter time, ring several at once, or offer a mailbox sooner";
        let queue = ahead.queue.and_then(|id| Some((id, cx.graph.nodes.get(id)?, cx.sites.get(id)?)));
        let help = match queue {
            Some((id, node, site)) => {
                let (name, wait) = (cx.name(id), value::duration::print(longest_s(node, site)));
                format!("{help}; if the wait in the queue is meant, write `wait = {wait}` at `{name}`")
            }
            None => help.to_owned(),
        };
        out.push(Diagnostic::new(Code::LongWait, cx.graph.place_of(entry), message).help(help));
    }
}

/// The longest wait of each entry.
pub(super) fn waits(cx: &Cx<'_>) -> Vec<Wait> {
    let waits = Waits::of(cx, |_| true);
    let all = entries(cx).filter_map(|entry| {
        let (longest, path) = waits.from(entry)?;
        let exit = |node: NodeId, exit: Option<usize>| cx.exits(node).get(exit?).map(|e| e.name.clone());
        let path = path.into_iter().map(|(node, number)| (node, exit(node, number))).collect();
        Some(Wait { entry, longest, path })
    });
    all.collect()
}

/// The longest wait of all entries that ends, in seconds.
pub(super) fn longest(cx: &Cx<'_>) -> u64 {
    let waits = Waits::of(cx, |_| true);
    let all = entries(cx).filter_map(|entry| match waits.0.get(index(entry))?.longest {
        Longest::Seconds(s) => Some(s),
        Longest::Endless => None,
    });
    all.max().unwrap_or(0)
}

pub(super) fn entries<'c>(cx: &'c Cx<'_>) -> impl Iterator<Item = NodeId> + 'c {
    cx.nodes().filter(|(_, n, _)| n.kind.is_some_and(|k| k.spec().is_entry())).map(|(id, ..)| id)
}

fn is_queue(node: &Node) -> bool {
    node.kind == Some(Kind::Queue)
}

/// Whether nobody decided at the node how long it may take.
fn undecides(node: &Node) -> bool {
    !is_queue(node) || node.field("wait").is_none()
}

/// A time for people.
pub(crate) fn told(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, s) => format!("{s} s"),
        (m, 0) => format!("{m} min"),
        (m, s) => format!("{m} min {s} s"),
    }
}

/// Each node with the number of the exit taken; none at the last.
type Way = Vec<(NodeId, Option<usize>)>;

/// What is ahead of callers at a node on the way of the longest wait. All that is told of the way is kept here, so that
/// telling it costs the same however long it is and however many entries lead to it.
#[derive(Clone, Copy)]
struct Ahead {
    /// The longest wait, of the nodes whose time is counted.
    longest: Longest,
    /// The time of all nodes on that way.
    whole: Longest,
    /// The exit and the node that come next on it.
    next: Option<(usize, usize)>,
    /// How many nodes come after this one.
    after: usize,
    /// The node from which on the way is told to its end.
    tail: NodeId,
    /// The first queue on the way for which nobody decided how long it may take.
    queue: Option<NodeId>,
}

/// The longest wait from every node on.
struct Waits(Vec<Ahead>);

impl Waits {
    /// `counts` tells whether the time at a node is counted.
    fn of(cx: &Cx<'_>, counts: fn(&Node) -> bool) -> Waits {
        let next = ways(cx);
        let groups = cycles::groups(&next);
        let mut size = vec![0_usize; groups.len()];
        for group in &groups {
            if let Some(size) = size.get_mut(*group) {
                *size += 1;
            }
        }
        // Groups are numbered from the ends of the flow on, so that what comes after a node is known before it.
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|node| groups.get(*node));
        let first = NodeId::new(0);
        let mut waits = Waits(vec![Ahead::last(first, Longest::Seconds(0)); groups.len()]);
        for node in order {
            let outs = next.get(node).map_or(&[][..], Vec::as_slice);
            let group = groups.get(node).and_then(|g| size.get(*g));
            let round = group.is_some_and(|s| *s > 1) || outs.iter().any(|(to, _)| *to == node);
            let id = NodeId::new(node);
            let value =
                if round { Ahead::last(id, Longest::Endless) } else { waits.at(cx, counts, id, outs) };
            if let Some(slot) = waits.0.get_mut(node) {
                *slot = value;
            }
        }
        waits
    }

    fn at(&self, cx: &Cx<'_>, counts: fn(&Node) -> bool, id: NodeId, outs: &[(usize, usize)]) -> Ahead {
        let Some((node, site)) = cx.graph.nodes.get(id).zip(cx.sites.get(id)) else {
            return Ahead::last(id, Longest::Seconds(0));
        };
        let counted = |wait: Longest| if counts(node) { wait } else { Longest::Seconds(0) };
        let stay = Longest::Seconds(longest_s(node, site));
        let queue = Some(id).filter(|_| is_queue(node) && undecides(node));
        let own = Ahead { longest: counted(stay), queue, ..Ahead::last(id, stay) };
        let then = outs.iter().filter_map(|(to, exit)| {
            let (more, name) = (self.0.get(*to)?, site.exits.get(*exit)?.name.as_str());
            let waits_on = more.longest > Longest::Seconds(0);
            waits_on.then(|| {
                let stay = until(node, site, name);
                let tail = if more.after < paths::TOLD_MAX { id } else { more.tail };
                Ahead {
                    longest: counted(stay).and(more.longest),
                    whole: stay.and(more.whole),
                    next: Some((*exit, *to)),
                    after: more.after + 1,
                    tail,
                    queue: queue.or(more.queue),
                }
            })
        });
        // The first of the longest, so that the way told doesn't depend on how it was looked for.
        let worst = then.reduce(|a, b| if b.longest > a.longest { b } else { a });
        worst.filter(|ahead| ahead.longest >= own.longest).unwrap_or(own)
    }

    /// The longest wait from a node on with its way: each node and the number of the exit taken.
    fn from(&self, start: NodeId) -> Option<(Longest, Way)> {
        let longest = self.0.get(index(start))?.longest;
        let (mut path, last) = self.steps(start, self.0.len());
        path.push((last, None));
        Some((longest, path))
    }

    /// So many steps of the way from a node on at most, and the node to which they lead.
    fn steps(&self, start: NodeId, most: usize) -> (Way, NodeId) {
        let (mut path, mut at) = (Vec::new(), start);
        while let Some((exit, to)) = self.0.get(index(at)).and_then(|a| a.next).filter(|_| path.len() < most)
        {
            path.push((at, Some(exit)));
            at = NodeId::new(to);
        }
        (path, at)
    }

    /// As much of the way from a node on as is told, and its last node.
    fn told(&self, start: NodeId) -> (Vec<paths::Step>, NodeId) {
        let ahead = self.0.get(index(start)).filter(|ahead| ahead.after > paths::TOLD_MAX);
        let (head, _) = ahead.map_or((Vec::new(), start), |_| self.steps(start, paths::TOLD_MAX / 2));
        let (tail, last) = self.steps(ahead.map_or(start, |ahead| ahead.tail), paths::TOLD_MAX);
        let steps = head.into_iter().chain(tail);
        (steps.filter_map(|(node, exit)| Some((node, CallState::Early, exit?))).collect(), last)
    }
}

impl Ahead {
    /// Of a caller who waits so long at a node and doesn't go on waiting.
    fn last(id: NodeId, wait: Longest) -> Ahead {
        Ahead { longest: wait, whole: wait, next: None, after: 0, tail: id, queue: None }
    }
}

/// Where a waiting caller goes from each node: not beyond a recording or a conversation, and not round by a key of their
/// own choice.
pub(super) fn ways(cx: &Cx<'_>) -> Vec<Vec<(usize, usize)>> {
    let mut all: Vec<Vec<(usize, usize)>> = vec![Vec::new(); cx.graph.nodes.len()];
    for (id, _, site) in cx.nodes() {
        let Some(outs) = all.get_mut(index(id)) else { continue };
        let exits = site.exits.iter().enumerate().filter(|(_, e)| e.known && goes_on(site, &e.name));
        outs.extend(exits.filter_map(|(number, e)| Some((index(e.target?), number))));
    }
    let groups = cycles::groups(&all);
    for (id, _, site) in cx.nodes() {
        let Some(outs) = all.get_mut(index(id)).filter(|_| site.kind.is_some()) else { continue };
        let own = groups.get(index(id));
        let chosen = |exit: usize| site.exits.get(exit).is_some_and(|e| is_pressed(site, &e.name));
        outs.retain(|(to, exit)| groups.get(*to) != own || !chosen(*exit));
    }
    all
}
