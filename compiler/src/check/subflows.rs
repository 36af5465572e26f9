//! F242: a flow that can't be called. F243: wrong inputs. F244: flows that call each other without end. F245: a return that
//! can't go back. F246: names of nodes that could be another's. F207: a call in the wrong state for the flow that it's sent to.
//!
//! **Why:** flows that others call are checked once, by themselves; what is left is whether they are called as they want to be.
//!
//! **Example:** `ask: subflow { flow = verify  gives = ["tries"] }` where `verify` says `inputs = [account:text]`.
//!
//! **Cure:** give every input a value of its type, in the order of `inputs`.

use std::collections::{BTreeMap, BTreeSet};

use flow_vm::value::{Operator, Type};

use super::{Cx, Sink, paths, summary};
use crate::diag::{Code, Diagnostic};
use crate::expr::{self, Expr, Variables};
use crate::graph::{Graph, Node, NodeId, called};
use crate::ir::Pushed;
use crate::nodes::Kind;
use crate::nodes::spec::CallState;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    returns(cx, out);
    starts(cx, out);
    let calls: Vec<_> = cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Subflow)).collect();
    if calls.is_empty() {
        return;
    }
    let variables = Variables::of(cx.graph);
    for (id, node, site) in calls {
        let Some(key) = called(node) else { continue };
        let place = cx.field_place(id, "flow");
        let Some(callee) = cx.graph.callee(key) else {
            let message = format!("there is no flow `{key}` to call");
            let finding = Diagnostic::new(Code::UnknownFlow, place, message);
            let keys: Vec<&str> = cx.graph.library.flows().map(|f| f.key.as_str()).collect();
            out.push(match crate::diag::nearest(key, keys) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("add the flow to the project"),
            });
            continue;
        };
        if !callee.nodes.values().any(|n| n.kind == Some(Kind::Start)) {
            let message = format!("no call can come into the flow `{key}`: it has no `start` node");
            let help = format!("add one to `{key}`: `entry begin: start -> NODE`");
            out.push(Diagnostic::new(Code::UnknownFlow, place, message).help(help));
            continue;
        }
        inputs(cx, id, node, callee, &variables, out);
        let inside = site.calls.as_ref().and_then(|calls| calls.early_only.as_ref());
        if let Some(inside) = inside.filter(|_| cx.paths.can_be(id, CallState::Answered)) {
            let path = paths::told(cx, &cx.paths.to(id, CallState::Answered), id);
            let message = format!(
                "`{inside}` of the flow `{key}` needs a call that isn't answered, but answered ones come here: {path}"
            );
            let help =
                format!("call `{key}` before anything answers, or give answered calls a flow of their own");
            out.push(Diagnostic::new(Code::CallState, place, message).help(help));
        }
    }
    recursion(cx, out);
    names(cx, out);
}

fn starts(cx: &Cx<'_>, out: &mut Sink) {
    let mut starts = cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Start));
    let Some((_, first, _)) = starts.next() else { return };
    for (_, node, _) in starts {
        let message =
            format!("calls from other flows come in at one place: `{}` or `{}`", first.name, node.name);
        let finding = Diagnostic::new(Code::UnknownFlow, node.origin.place(), message);
        out.push(finding.also(first.origin.place(), "the first one").help("keep one `start`"));
    }
}

/// That every `return` names an exit, and is reached only by calls that were sent here.
fn returns(cx: &Cx<'_>, out: &mut Sink) {
    let exits = cx.graph.own_exits();
    let mut strangers: Option<BTreeSet<NodeId>> = None;
    for (id, node, _) in cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::ComeBack)) {
        let exit = node.field("exit").and_then(|f| f.value.as_str());
        if let Some(exit) = exit.filter(|exit| !exits.contains(exit)) {
            let message = format!("the flow `{}` has no exit `{exit}`", cx.graph.key);
            let help = match exits.as_slice() {
                [] => format!("say so at the head of the flow: `exits = [{exit}]`"),
                _ => format!(
                    "its `exits` are {}",
                    exits.iter().map(|e| format!("`{e}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            out.push(Diagnostic::new(Code::BadReturn, cx.field_place(id, "exit"), message).help(help));
        }
        if strangers.get_or_insert_with(|| come_in(cx)).contains(&id) {
            let message = format!(
                "calls that came in by a number reach `{}`, and have no flow to go back to",
                node.name
            );
            let help = "lead them somewhere else, or put what follows `start` into a flow of its own";
            out.push(Diagnostic::new(Code::BadReturn, node.origin.place(), message).help(help));
        }
    }
}

/// The nodes that calls come to which came in by a number.
fn come_in(cx: &Cx<'_>) -> BTreeSet<NodeId> {
    let is_entry = |kind: Kind| kind.spec().is_entry() && kind != Kind::Start;
    let mut open: Vec<NodeId> =
        cx.nodes().filter(|(_, node, _)| node.kind.is_some_and(is_entry)).map(|(id, ..)| id).collect();
    let mut seen: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(id) = open.pop() {
        open.extend(cx.exits(id).iter().filter_map(|e| e.target).filter(|to| seen.insert(*to)));
    }
    seen
}

/// The expressions that a `subflow` node gives.
pub(super) fn gives(node: &Node) -> Vec<Expr> {
    let list =
        node.field("gives").filter(|_| node.kind == Some(Kind::Subflow)).and_then(|f| f.value.as_array());
    list.into_iter().flatten().filter_map(|text| expr::read(text.as_str()?).ok()).collect()
}

fn inputs(cx: &Cx<'_>, id: NodeId, node: &Node, callee: &Graph, variables: &Variables, out: &mut Sink) {
    let (due, given) = (callee.inputs(), gives(node));
    let told = |inputs: &[(&str, Type)]| {
        let all = inputs.iter().map(|(name, ty)| format!("`{name}` ({})", ty.noun()));
        all.collect::<Vec<_>>().join(", ")
    };
    let place = cx.field_place(id, "gives");
    if due.len() != given.len() {
        let message = match due.len() {
            0 => format!("the flow `{}` takes nothing, and {} are given", callee.key, given.len()),
            n => format!("the flow `{}` takes {n} and {} are given: {}", callee.key, given.len(), told(&due)),
        };
        let help = "`gives` lists a value for each of the flow's `inputs`, in their order";
        out.push(Diagnostic::new(Code::SubflowInputs, place, message).help(help));
        return;
    }
    for ((name, ty), expr) in due.iter().zip(&given) {
        // That an expression can't be computed is said with all others.
        let Ok(got) = expr.ty(variables) else { continue };
        if got != *ty {
            let message =
                format!("`{name}` of the flow `{}` is {}, but this is {}", callee.key, ty.noun(), got.noun());
            out.push(Diagnostic::new(Code::SubflowInputs, place.clone(), message));
        }
    }
}

/// A flow that calls itself must be able to do so only so often.
fn recursion(cx: &Cx<'_>, out: &mut Sink) {
    let own = cx.graph.key.as_str();
    let comes_back: BTreeMap<&str, bool> = summary::callees(cx.graph)
        .into_iter()
        .map(|callee| {
            let all = summary::callees(&Graph { library: cx.graph.library.clone(), ..callee.clone() })
                .iter()
                .any(|f| f.key == own);
            (callee.key.as_str(), callee.key == own || all)
        })
        .collect();
    for (id, node, _) in cx.nodes() {
        let Some(key) = called(node).filter(|key| comes_back.get(key) == Some(&true)) else { continue };
        if key == own && is_counted(cx, id, node) {
            continue;
        }
        let message = match key == own {
            true => format!("`{}` calls its own flow again, and nothing says how often", node.name),
            false => format!(
                "`{}` calls `{key}`, which calls this flow again, and nothing says how often",
                node.name
            ),
        };
        let help = "go round within one flow; or give a number input that is one more each time, behind a branch that \
                    lets on only up to a constant";
        out.push(Diagnostic::new(Code::EndlessRecursion, cx.field_place(id, "flow"), message).help(help));
    }
}

/// Whether a flow calls itself with a number input that moves by a constant, behind a branch that bounds it.
fn is_counted(cx: &Cx<'_>, id: NodeId, node: &Node) -> bool {
    let inputs = cx.graph.inputs();
    let set: BTreeSet<&str> = cx
        .nodes()
        .filter(|(_, n, _)| matches!(n.kind, Some(Kind::Set | Kind::Collect)))
        .filter_map(|(_, n, _)| n.field("variable")?.value.as_str())
        .collect();
    inputs.iter().zip(gives(node)).filter(|((name, ty), _)| *ty == Type::Number && !set.contains(name)).any(
        |((name, _), given)| {
            let it = |e: &Expr| matches!(e, Expr::Variable(n) if n == name);
            let number = |e: &Expr| if let Expr::Is(Pushed::Number(n)) = e { Some(*n) } else { None };
            let by = match &given {
                Expr::Plus(a, b) if it(a) => number(b),
                Expr::Plus(a, b) if it(b) => number(a),
                Expr::Two(Operator::Subtract, a, b) if it(a) => number(b).and_then(i64::checked_neg),
                Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..) => None,
            };
            by.filter(|by| *by != 0).is_some_and(|by| is_bounded(cx, id, name, by))
        },
    )
}

/// Whether every way to a node passes an exit of a branch by which a variable that moves so has a bound.
fn is_bounded(cx: &Cx<'_>, id: NodeId, variable: &str, by: i64) -> bool {
    let bounded = |node: &Node, exit: &str| {
        let when = node.field("when").filter(|_| node.kind == Some(Kind::Branch));
        let when = when.and_then(|f| expr::read(f.value.as_str()?).ok());
        when.is_some_and(|when| super::counted::bounds(&when, exit == "yes", variable, by))
    };
    let entries = cx.nodes().filter(|(_, n, _)| n.kind.is_some_and(|k| k.spec().is_entry()));
    let mut open: Vec<NodeId> = entries.map(|(id, ..)| id).collect();
    let mut seen: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        let Some(node) = cx.graph.nodes.get(at) else { continue };
        let free = cx.exits(at).iter().filter(|exit| !bounded(node, &exit.name));
        open.extend(free.filter_map(|exit| exit.target).filter(|to| seen.insert(*to)));
    }
    !seen.contains(&id)
}

fn names(cx: &Cx<'_>, out: &mut Sink) {
    let callees = summary::callees(cx.graph);
    let inside = callees.iter().flat_map(|f| f.nodes.values().map(|n| format!("{}/{}", f.key, n.name)));
    let mut known: BTreeSet<String> = BTreeSet::new();
    let twice: BTreeSet<String> = inside.filter(|name| !known.insert(name.clone())).collect();
    for (_, node, _) in
        cx.nodes().filter(|(_, node, _)| node.name.contains('/') && known.contains(&node.name))
    {
        let message = format!(
            "`{}` is also what a node of a flow that this one calls is called in programs",
            node.name
        );
        out.push(Diagnostic::new(Code::AmbiguousNode, node.origin.place(), message).help("rename the node"));
    }
    if let Some(name) = twice.first() {
        let message = format!("two nodes of flows that this one calls are called `{name}` in programs");
        out.push(
            Diagnostic::new(Code::AmbiguousNode, cx.graph.origin.place(), message).help("rename one of them"),
        );
    }
}
