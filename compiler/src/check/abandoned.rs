//! F216: callers who were answered, reach nobody and are hung up on without a word.
//!
//! **Why:** before the answer their phone says that nobody is there. After it, a line that goes dead sounds like a fault:
//! they pay for the call and don't know whether to try again.
//!
//! **Example:** `menu.1 -> ann` with `ann: extension 101 { no_answer -> bye }` and `bye: hangup`.
//!
//! **Cure:** lead the exit to a mailbox, to somebody else, or to a message before the hangup.

use std::collections::VecDeque;

use cranelift_entity::SecondaryMap;

use super::stay::{Gets, gets, meets_nobody, waits_by};
use super::summary::cuts_off;
use super::{Cx, Sink, index, paths};
use crate::diag::{Code, Diagnostic};
use crate::graph::NodeId;
use crate::library::called;
use crate::nodes::Kind;
use crate::nodes::spec::CallState;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let silent_ends = silent_ends(cx);
    for (id, node, site) in cx.nodes() {
        let Some(kind) = site.kind.filter(|_| gets(site) == Gets::Person || site.calls.is_some()) else {
            continue;
        };
        let answers = matches!(kind, Kind::Queue | Kind::Conference);
        let states = [CallState::Answered, CallState::Early].map(|state| (state, cx.paths.can_be(id, state)));
        // Exits that fall back to the edge of another are that edge.
        let own = site.exits.iter().enumerate().filter(|(_, e)| e.known && e.edge.is_some());
        for (number, exit) in own {
            let answered_and_missed = |state: CallState| match &site.calls {
                Some(calls) => {
                    calls.ways(&exit.name, state).any(|way| way.missed && way.left == CallState::Answered)
                }
                // Some answer every caller themselves.
                None => (state == CallState::Answered || answers) && meets_nobody(kind, &exit.name),
            };
            let Some((state, _)) = states.iter().find(|(state, can)| *can && answered_and_missed(*state))
            else {
                continue;
            };
            let Some(end) = exit.target.and_then(|target| silent_ends.get(target).copied()?) else {
                continue;
            };
            let mut path = cx.paths.to(id, *state);
            path.push((id, *state, number));
            let whom = match called(node) {
                Some(flow) => format!("in the flow `{flow}`"),
                None => format!("at `{}`", node.name),
            };
            let message = format!(
                "answered callers who reach nobody {whom} are cut off without a word: {}",
                paths::told(cx, &path, end)
            );
            let help = format!("lead `{}` to a mailbox, or to a message before the hangup", exit.name);
            out.push(
                Diagnostic::new(Code::AnsweredThenAbandoned, cx.exit_place(id, exit), message).help(help),
            );
        }
    }
}

/// The hangup, or the flow with one, to which a call comes from each node on at once, if it can. Looked for from the hangups back, so that each
/// node is met once.
fn silent_ends(cx: &Cx<'_>) -> SecondaryMap<NodeId, Option<NodeId>> {
    let mut before: Vec<Vec<NodeId>> = vec![Vec::new(); cx.graph.nodes.len()];
    let mut ends: SecondaryMap<NodeId, Option<NodeId>> = SecondaryMap::with_capacity(cx.graph.nodes.len());
    let mut due = VecDeque::new();
    for (id, _, site) in cx.nodes() {
        if cuts_off(site) {
            ends.insert(id, Some(id));
            due.push_back((id, id));
        } else if site.kind.is_some() {
            for target in site.exits.iter().filter(|e| !waits_by(site, e)).filter_map(|e| e.target) {
                if let Some(before) = before.get_mut(index(target)) {
                    before.push(id);
                }
            }
        }
    }
    while let Some((node, end)) = due.pop_front() {
        for earlier in before.get_mut(index(node)).map(std::mem::take).unwrap_or_default() {
            if ends.get(earlier).copied().flatten().is_none() {
                ends.insert(earlier, Some(end));
                due.push_back((earlier, end));
            }
        }
    }
    ends
}
