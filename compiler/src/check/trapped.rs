//! F215: callers who can never reach a person, a recording or a goodbye, whatever they do.
//!
//! **Why:** they were answered, they listen and press keys, and all of it is for nothing: every way leads round again or
//! ends in a dead line. It is proved over all paths in both call states, not tried on samples.
//!
//! **Example:** a menu whose keys, `timeout` and `invalid` all lead to a `hangup`, or back to the menu.
//!
//! **Cure:** lead an exit to a person, a mailbox, or a message before the hangup.

use std::collections::VecDeque;

use super::stay::{self, Gets, gets};
use super::{Cx, Exit, Sink, Site, index, paths};
use crate::diag::{Code, Diagnostic};
use crate::graph::NodeId;
use crate::nodes::Kind;
use crate::nodes::spec::{CallState, Unwired};

/// A call at a node: its state there, and whether a message was the last that the caller heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    node: NodeId,
    state: CallState,
    told: bool,
}

impl At {
    fn slot(self) -> usize {
        let answered = usize::from(self.state == CallState::Answered);
        index(self.node) * 4 + answered * 2 + usize::from(self.told)
    }
}

/// Everything a call can come to, in the order of a search from the entries, and whether it may end well from there.
struct Calls {
    order: Vec<At>,
    well: Vec<bool>,
}

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let calls = Calls::of(cx);
    let is_trapped = |at: &At| calls.well.get(at.slot()) == Some(&false);
    let mut covered = vec![false; calls.well.len()];
    let mut named = vec![false; cx.graph.nodes.len()];
    for at in calls.order.iter().filter(|at| is_trapped(at)) {
        let waits = cx.sites.get(at.node).is_some_and(stay::waits);
        if !waits || covered.get(at.slot()) == Some(&true) {
            continue;
        }
        // What comes after is trapped too; the first place says it all.
        let mut open = vec![*at];
        while let Some(next) = open.pop() {
            if let Some(seen) = covered.get_mut(next.slot()).filter(|seen| !**seen) {
                *seen = true;
                open.extend(after(cx, next).filter_map(|(_, to)| to));
            }
        }
        if let Some(named) = named.get_mut(index(at.node)).filter(|named| !**named) {
            *named = true;
            let path = paths::told(cx, &cx.paths.to(at.node, at.state), at.node);
            let message = format!(
                "callers who come to `{}` can never reach a person, a recording or a goodbye: {path}",
                cx.name(at.node)
            );
            out.push(
                Diagnostic::new(Code::TrappedCaller, cx.graph.place_of(at.node), message)
                    .help("lead one of the exits to a person, a mailbox, or a message before the hangup"),
            );
        }
    }
}

impl Calls {
    fn of(cx: &Cx<'_>) -> Calls {
        let size = cx.graph.nodes.len() * 4;
        let mut seen = vec![false; size];
        let mut calls = Calls { order: Vec::new(), well: vec![false; size] };
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); size];
        let mut queue = VecDeque::new();
        let entries = cx.nodes().filter(|(_, node, _)| node.kind.is_some_and(|k| k.spec().is_entry()));
        let mut meet = |at: At, queue: &mut VecDeque<At>| {
            if let Some(seen) = seen.get_mut(at.slot()).filter(|seen| !**seen) {
                *seen = true;
                queue.push_back(at);
            }
        };
        entries.for_each(|(node, ..)| meet(At { node, state: CallState::Early, told: false }, &mut queue));
        let mut good = Vec::new();
        while let Some(at) = queue.pop_front() {
            calls.order.push(at);
            let mut ends_well = ends_well(cx, at);
            for (exit, to) in after(cx, at) {
                match to {
                    Some(to) => {
                        if let Some(before) = before.get_mut(to.slot()) {
                            before.push(at.slot());
                        }
                        meet(to, &mut queue);
                    }
                    None => ends_well |= no_way_on_is_well(exit),
                }
            }
            if ends_well {
                good.push(at.slot());
            }
        }
        while let Some(slot) = good.pop() {
            if let Some(well) = calls.well.get_mut(slot).filter(|well| !**well) {
                *well = true;
                good.extend(before.get(slot).into_iter().flatten());
            }
        }
        calls
    }
}

/// Whether a call may end well at a node itself. A caller who isn't answered hears from their own phone that they are
/// refused, which is a goodbye.
fn ends_well(cx: &Cx<'_>, at: At) -> bool {
    match cx.sites.get(at.node).map(gets) {
        Some(Gets::Person | Gets::Recording) => true,
        Some(Gets::End) => at.told || at.state == CallState::Early,
        Some(Gets::Message | Gets::Nothing) | None => {
            let calls = cx.sites.get(at.node).and_then(|site| site.calls.as_ref());
            // Back in the flow that called this one anything may be.
            let back = cx.graph.nodes.get(at.node).is_some_and(|n| n.kind == Some(Kind::ComeBack));
            back || calls.is_some_and(|calls| calls.well.contains(&at.state))
        }
    }
}

/// Whether an exit that leads nowhere is an end with a goodbye, or somebody else's finding. Whoever hangs up by it has met
/// somebody at the node, which counts there; at a group of nobody no call takes it.
fn no_way_on_is_well(exit: &Exit) -> bool {
    match exit.spec.unwired {
        Unwired::SaysGoodbye | Unwired::Refused | Unwired::FallsTo(_) => true,
        Unwired::HangsUp => false,
    }
}

/// The exits of a node with what a call comes to by them.
fn after<'c>(cx: &'c Cx<'_>, at: At) -> impl Iterator<Item = (&'c Exit, Option<At>)> {
    let node = cx.graph.nodes.get(at.node);
    let site = cx.sites.get(at.node);
    let told = match site.map(|site| (gets(site), stay::waits(site))) {
        Some((Gets::Message, _)) => true,
        Some((_, true)) => false,
        Some(_) | None => at.told,
    };
    let exits = cx.exits(at.node).iter().filter(|e| e.known);
    exits.flat_map(move |exit| {
        let all: Vec<(CallState, bool)> = match node.zip(site) {
            Some((_, Site { calls: Some(calls), .. })) => {
                let ways = calls.ways(&exit.name, at.state);
                ways.map(|way| (way.left, way.told || !way.waited && at.told)).collect()
            }
            Some((node, site)) => {
                paths::left(node, site, exit, at.state).into_iter().map(|state| (state, told)).collect()
            }
            None => Vec::new(),
        };
        all.into_iter().map(move |(state, told)| (exit, exit.target.map(|node| At { node, state, told })))
    })
}
