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
        let Some((Longest::Seconds(undecided), path)) = waits.from(entry) else { continue };
        if undecided > WAIT_WARNED_S
            && let Some(last) = path.last().map(|(node, ..)| *node)
        {
            let own = |id: NodeId| cx.graph.nodes.get(id).zip(cx.sites.get(id));
            let at = |(id, exit): &(NodeId, Option<usize>)| match (own(*id), *exit) {
                (Some((node, site)), Some(exit)) => {
                    site.exits.get(exit).map_or(Longest::Seconds(0), |exit| until(node, site, &exit.name))
                }
                (Some((node, site)), None) => Longest::Seconds(longest_s(node, site)),
                (None, _) => Longest::Seconds(0),
            };
            let whole = path.iter().map(at).fold(Longest::Seconds(0), Longest::and);
            let Longest::Seconds(seconds) = whole else { continue };
            let queue =
                path.iter().find(|(id, _)| own(*id).is_some_and(|(n, _)| is_queue(n) && undecides(n)));
            let steps: Vec<_> =
                path.iter().filter_map(|(n, exit)| Some((*n, CallState::Early, (*exit)?))).collect();
            let message = format!(
                "callers of `{}` may wait {}, prompts not counted, before a person or a recording takes them: {}",
                cx.name(entry),
                told(seconds),
                paths::told(cx, &steps, last)
            );
            let help = "let it ring for a shorter time, ring several at once, or offer a mailbox sooner";
            let help = match queue.and_then(|(id, _)| Some((cx.name(*id), own(*id)?))) {
                Some((name, (node, site))) => {
                    let wait = value::duration::print(longest_s(node, site));
                    format!("{help}; if the wait in the queue is meant, write `wait = {wait}` at `{name}`")
                }
                None => help.to_owned(),
            };
            out.push(Diagnostic::new(Code::LongWait, cx.graph.place_of(entry), message).help(help));
        }
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

/// The longest wait from every node on, and the exit and node that come next on that way.
struct Waits(Vec<(Longest, Option<(usize, usize)>)>);

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
        let mut waits = Waits(vec![(Longest::Seconds(0), None); groups.len()]);
        for node in order {
            let outs = next.get(node).map_or(&[][..], Vec::as_slice);
            let group = groups.get(node).and_then(|g| size.get(*g));
            let round = group.is_some_and(|s| *s > 1) || outs.iter().any(|(to, _)| *to == node);
            let value =
                if round { (Longest::Endless, None) } else { waits.at(cx, counts, NodeId::new(node), outs) };
            if let Some(slot) = waits.0.get_mut(node) {
                *slot = value;
            }
        }
        waits
    }

    fn at(
        &self,
        cx: &Cx<'_>,
        counts: fn(&Node) -> bool,
        id: NodeId,
        outs: &[(usize, usize)],
    ) -> (Longest, Option<(usize, usize)>) {
        let Some((node, site)) = cx.graph.nodes.get(id).zip(cx.sites.get(id)) else {
            return (Longest::Seconds(0), None);
        };
        let counted = |wait: Longest| if counts(node) { wait } else { Longest::Seconds(0) };
        let own = counted(Longest::Seconds(longest_s(node, site)));
        let then = outs.iter().filter_map(|(to, exit)| {
            let (more, name) = (self.0.get(*to)?.0, site.exits.get(*exit)?.name.as_str());
            let waits_on = more > Longest::Seconds(0);
            waits_on.then(|| (counted(until(node, site, name)).and(more), (*exit, *to)))
        });
        // The first of the longest, so that the way told doesn't depend on how it was looked for.
        let worst = then.reduce(|a, b| if b.0 > a.0 { b } else { a });
        match worst.filter(|(longest, _)| *longest >= own) {
            Some((longest, way)) => (longest, Some(way)),
            None => (own, None),
        }
    }

    /// The longest wait from a node on with its way: each node and the number of the exit taken.
    fn from(&self, start: NodeId) -> Option<(Longest, Way)> {
        let (longest, mut way) = *self.0.get(index(start))?;
        let mut path = Vec::new();
        let mut at = start;
        while let Some((exit, to)) = way.filter(|_| path.len() <= self.0.len()) {
            path.push((at, Some(exit)));
            at = NodeId::new(to);
            way = self.0.get(to).and_then(|(_, way)| *way);
        }
        path.push((at, None));
        Some((longest, path))
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
