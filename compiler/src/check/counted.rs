//! Loops that end by themselves: a variable goes up (or down) by a constant on every way round, and a branch on every way
//! round lets it on only up to a constant. Shared by the checks of loops.
//!
//! What is proved holds for every call: one `set` that every way round passes moves the variable, no other node of the loop
//! gives it a value (a webhook's reply may), and every way round passes one exit of one `branch` by which the variable has a
//! bound.

use cranelift_entity::EntityRef as _;
use flow_vm::value::Operator;

use super::{Cx, cycles, index};
use crate::expr::{self, Expr};
use crate::graph::{Node, NodeId};
use crate::ir::Pushed;
use crate::limits::LOOP_TRIES_MAX;
use crate::nodes::Kind;
use crate::webhook;

/// The variable moves so, by the constant that is added on every way round.
struct Moves<'a> {
    variable: &'a str,
    by: i64,
    node: NodeId,
}

/// How often a loop can be gone round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounds {
    /// At most so often.
    AtMost(i64),
    /// A number of times that depends on the call.
    Bounded,
}

/// How often calls can go round in a group of nodes; `None` where it can't be proved that they come out.
///
/// Only so many variables and branches of a group are looked at ([`LOOP_TRIES_MAX`]); in a larger tangle nothing is proved.
pub(super) fn rounds(cx: &Cx<'_>, group: &[NodeId]) -> Option<Rounds> {
    let node = |id: &NodeId| cx.graph.nodes.get(*id);
    let moves = group.iter().filter_map(|id| moves(*id, node(id)?));
    let mut tries = 0;
    for moves in moves.take(LOOP_TRIES_MAX) {
        let others = group.iter().filter(|id| **id != moves.node).filter_map(node);
        let alone = others.clone().all(|other| !gives(other, moves.variable));
        if !alone || !is_passed(cx, group, moves.node) {
            continue;
        }
        for branch in group.iter().filter(|id| node(id).is_some_and(|n| n.kind == Some(Kind::Branch))) {
            let Some(last) = lets_on(cx, group, *branch, &moves) else { continue };
            tries += 1;
            if tries > LOOP_TRIES_MAX {
                return None;
            }
            if is_passed(cx, group, *branch) {
                return Some(count(cx, group, &moves, last));
            }
        }
    }
    None
}

/// Whether a node gives a variable a value.
pub(super) fn gives(node: &Node, variable: &str) -> bool {
    match node.kind {
        Some(Kind::Set | Kind::Collect) => given(node) == Some(variable),
        Some(Kind::Webhook) => {
            webhook::of(node).iter().flat_map(|answer| &answer.fields).any(|(name, _)| name == variable)
        }
        Some(_) | None => false,
    }
}

/// The variable that a node names as its own.
fn given(node: &Node) -> Option<&str> {
    node.field("variable")?.value.as_str()
}

fn value(node: &Node) -> Option<Expr> {
    expr::read(node.field("value")?.value.as_str()?).ok()
}

fn moves(id: NodeId, node: &Node) -> Option<Moves<'_>> {
    let variable = given(node).filter(|_| node.kind == Some(Kind::Set))?;
    moved(variable, &value(node)?).map(|by| Moves { variable, by, node: id })
}

/// By how much more a value is than a variable, if it's a constant other than 0.
pub(super) fn moved(variable: &str, value: &Expr) -> Option<i64> {
    let is_it = |e: &Expr| matches!(e, Expr::Variable(name) if name == variable);
    let number = |e: &Expr| if let Expr::Is(Pushed::Number(n)) = e { Some(*n) } else { None };
    let by = match value {
        Expr::Plus(a, b) if is_it(a) => number(b)?,
        Expr::Plus(a, b) if is_it(b) => number(a)?,
        Expr::Two(Operator::Subtract, a, b) if is_it(a) => number(b)?.checked_neg()?,
        Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..) => return None,
    };
    (by != 0).then_some(by)
}

/// Whether every way round in a group passes a node: without it there is none.
fn is_passed(cx: &Cx<'_>, group: &[NodeId], without: NodeId) -> bool {
    let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); group.len()];
    let place = |id: NodeId| group.binary_search_by_key(&index(id), |id| index(*id)).ok();
    for (at, outs) in next.iter_mut().enumerate() {
        let Some(id) = group.get(at).filter(|id| **id != without) else { continue };
        let targets = cx.exits(*id).iter().filter_map(|exit| exit.target).filter(|to| *to != without);
        outs.extend(targets.filter_map(place).map(|to| (to, 0)));
    }
    let groups = cycles::groups(&next);
    let mut seen = std::collections::BTreeSet::new();
    groups.iter().all(|group| seen.insert(*group))
        && next.iter().enumerate().all(|(at, o)| o.iter().all(|(to, _)| *to != at))
}

fn is_in(group: &[NodeId], node: NodeId) -> bool {
    group.binary_search_by_key(&index(node), |id| index(*id)).is_ok()
}

/// The last value with which a branch lets the variable go on round.
fn lets_on(cx: &Cx<'_>, group: &[NodeId], branch: NodeId, moves: &Moves<'_>) -> Option<i64> {
    let when = expr::read(cx.graph.nodes.get(branch)?.field("when")?.value.as_str()?).ok()?;
    let goes_on = |name: &str| {
        cx.exits(branch).iter().any(|e| e.name == name && e.target.is_some_and(|to| is_in(group, to)))
    };
    match (goes_on("yes"), goes_on("no")) {
        (true, false) => bound(&when, true, moves),
        (false, true) => bound(&when, false, moves),
        (true, true) | (false, false) => None,
    }
}

/// Whether a condition being so (or not) sets a bound on where a variable goes that moves by a constant.
pub(super) fn bounds(when: &Expr, is: bool, variable: &str, by: i64) -> bool {
    bound(when, is, &Moves { variable, by, node: NodeId::new(0) }).is_some()
}

/// The bound that a condition being so (or not) sets on where the variable goes.
fn bound(when: &Expr, is: bool, moves: &Moves<'_>) -> Option<i64> {
    let it = |e: &Expr| matches!(e, Expr::Variable(name) if name == moves.variable);
    let number = |e: &Expr| if let Expr::Is(Pushed::Number(n)) = e { Some(*n) } else { None };
    let up = moves.by > 0;
    match (when, is) {
        (Expr::One(Operator::Not, inner), is) => bound(inner, !is, moves),
        (Expr::Two(Operator::And, a, b), true) | (Expr::Two(Operator::Or, a, b), false) => {
            bound(a, is, moves).or_else(|| bound(b, is, moves))
        }
        (Expr::Two(Operator::Less, a, b), true) if it(a) && up => number(b)?.checked_sub(1),
        (Expr::Two(Operator::Less, a, b), false) if it(a) && !up => number(b),
        (Expr::Two(Operator::Less, a, b), true) if it(b) && !up => number(a)?.checked_add(1),
        (Expr::Two(Operator::Less, a, b), false) if it(b) && up => number(a),
        (Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..), _) => None,
    }
}

/// How often it can be gone round, from what other nodes of the flow set the variable to.
fn count(cx: &Cx<'_>, group: &[NodeId], moves: &Moves<'_>, last: i64) -> Rounds {
    let mut worst = 0;
    let outside = cx.nodes().filter(|(id, ..)| !is_in(group, *id));
    for (_, node, _) in outside.filter(|(_, node, _)| gives(node, moves.variable)) {
        let from = match value(node).filter(|_| node.kind == Some(Kind::Set)) {
            Some(Expr::Is(Pushed::Number(from))) => from,
            Some(_) | None => return Rounds::Bounded,
        };
        let (from, last) = if moves.by > 0 { (from, last) } else { (last, from) };
        let way = i128::from(last) - i128::from(from);
        let rounds = if way < 0 { 0 } else { way / i128::from(moves.by.unsigned_abs()) + 1 };
        worst = worst.max(i64::try_from(rounds).unwrap_or(i64::MAX));
    }
    Rounds::AtMost(worst)
}

/// The nodes that lie on common ways round, group by group.
pub(super) struct Groups {
    of: Vec<usize>,
    members: Vec<Vec<NodeId>>,
}

impl Groups {
    /// Those among the nodes that `inside` lets through.
    pub(super) fn of(cx: &Cx<'_>, inside: impl Fn(NodeId) -> bool) -> Groups {
        let count = cx.graph.nodes.len();
        let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
        for (at, outs) in next.iter_mut().enumerate().filter(|(at, _)| inside(NodeId::new(*at))) {
            let exits = cx.exits(NodeId::new(at)).iter().filter_map(|exit| exit.target);
            outs.extend(exits.filter(|to| inside(*to)).map(|to| (index(to), 0)));
        }
        let of = cycles::groups(&next);
        let mut members = vec![Vec::new(); count];
        for (at, group) in of.iter().enumerate() {
            if let Some(members) = members.get_mut(*group) {
                members.push(NodeId::new(at));
            }
        }
        Groups { of, members }
    }

    /// The group that a cycle lies in, in order.
    pub(super) fn around(&self, cycle: &cycles::Cycle) -> &[NodeId] {
        let group = cycle.first().and_then(|(node, _)| self.of.get(index(*node)));
        group.and_then(|group| self.members.get(*group)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests;
