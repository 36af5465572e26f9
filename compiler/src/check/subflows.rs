//! F242: a flow that can't be called. F243: wrong inputs. F244: flows that call each other without end. F245: a return that
//! can't go back. F246: names of nodes that could be another's. F207: a call in the wrong state for the flow that it's sent to.
//!
//! **Why:** flows that others call are checked once, by themselves; what is left is whether they are called as they want to be.
//!
//! **Example:** `ask: subflow { flow = verify  gives = ["tries"] }` where `verify` says `inputs = [account:text]`.
//!
//! **Cure:** give every input a value of its type, in the order of `inputs`.

use std::collections::BTreeSet;

use flow_vm::limits::STACK_MAX;
use flow_vm::value::Type;

use super::{Cx, Sink, Site, counted, paths};
use crate::diag::{Code, Diagnostic};
use crate::expr::{self, Expr, Variables};
use crate::graph::{Graph, Node, NodeId};
use crate::library::called;
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
    let mut again = Vec::new();
    for (id, node, site) in calls {
        let Some(key) = called(node) else { continue };
        let Some(callee) = callee(cx, id, key, out) else { continue };
        inputs(cx, id, node, callee, &variables, out);
        wrong_state(cx, id, site, key, out);
        if key == cx.graph.key {
            again.push((id, node));
        } else if cx.callees.call_each_other(&cx.graph.key, key) {
            let round = format!("sends calls to `{key}`, which sends them to this flow again, without end");
            out.push(endless(cx, id, node, &round));
        }
    }
    calls_itself(cx, &again, out);
    names(cx, out);
}

/// The flow that a node calls, if calls can come into it.
fn callee<'c>(cx: &Cx<'c>, id: NodeId, key: &str, out: &mut Sink) -> Option<&'c Graph> {
    let place = cx.field_place(id, "flow");
    let Some(callee) = cx.library.get(key) else {
        let message = format!("there is no flow `{key}` to call");
        let finding = Diagnostic::new(Code::UnknownFlow, place, message);
        let finding = finding.help("add the flow, or write the key of another one");
        let callable = cx.library.flows().filter(|flow| flow.start().is_some());
        out.push(near(finding, out.suggests(), key, callable.map(|flow| flow.key.as_str())));
        return None;
    };
    if callee.start().is_none() {
        let message = format!("no call can come into the flow `{key}`: it has no `start` node");
        let help = format!("add one to `{key}`, where calls of other flows come in");
        out.push(Diagnostic::new(Code::UnknownFlow, place, message).help(help));
        return None;
    }
    if key.contains('/') {
        let message = format!("in programs and records a node of `{key}` could be another's");
        let help = "give the flow a key without `/`";
        out.push(Diagnostic::new(Code::AmbiguousNode, place, message).help(help));
    }
    Some(callee)
}

/// A finding about a field's value that may be meant to be another one.
fn near<'n>(
    finding: Diagnostic,
    suggests: bool,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Diagnostic {
    if !suggests {
        return finding;
    }
    // It stands at the whole field, which the name alone can't replace.
    Diagnostic { fix: None, ..finding.did_you_mean(name, names) }
}

fn wrong_state(cx: &Cx<'_>, id: NodeId, site: &Site<'_>, key: &str, out: &mut Sink) {
    let inside = site.calls.as_ref().and_then(|calls| calls.early_only.as_ref());
    let Some((flow, inside)) = inside.filter(|_| cx.paths.can_be(id, CallState::Answered)) else { return };
    let path = paths::told(cx, &cx.paths.to(id, CallState::Answered), id);
    let message = format!(
        "`{inside}` of the flow `{flow}` needs a call that isn't answered, but answered ones come here: {path}"
    );
    let help = format!("call `{key}` before anything answers, or give answered calls a flow of their own");
    out.push(Diagnostic::new(Code::CallState, cx.field_place(id, "flow"), message).help(help));
}

fn starts(cx: &Cx<'_>, out: &mut Sink) {
    let mut starts = cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Start));
    let Some((_, first, _)) = starts.next() else { return };
    for (_, node, _) in starts {
        let message =
            format!("calls of other flows would come in at two places, `{}` and `{}`", first.name, node.name);
        let finding = Diagnostic::new(Code::UnknownFlow, node.origin.place(), message);
        out.push(finding.also(first.origin.place(), "the first one").help("keep one `start`"));
    }
}

/// That every `return` names an exit, and is reached only by calls that another flow sent here.
fn returns(cx: &Cx<'_>, out: &mut Sink) {
    let exits = cx.graph.own_exits();
    let mut strangers: Option<BTreeSet<NodeId>> = None;
    for (id, node, _) in cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::ComeBack)) {
        let exit = node.field("exit").and_then(|f| f.value.as_str());
        if let Some(exit) = exit.filter(|exit| !exits.contains(exit)) {
            let message = format!("the flow `{}` has no exit `{exit}` to go back by", cx.graph.key);
            let told = exits.iter().map(|e| format!("`{e}`")).collect::<Vec<_>>().join(", ");
            let help = match exits.as_slice() {
                [] => format!("say so at the head of the flow: `exits = [{exit}]`"),
                _ => format!("its `exits` are {told}"),
            };
            let finding = Diagnostic::new(Code::BadReturn, cx.field_place(id, "exit"), message).help(help);
            out.push(near(finding, out.suggests(), exit, exits.iter().copied()));
        }
        if strangers.get_or_insert_with(|| come_in(cx)).contains(&id) {
            let message =
                format!("callers who dialled a number come to `{}`, which leads nowhere", node.name);
            let finding = Diagnostic::new(Code::BadReturn, node.origin.place(), message)
                .saying("only calls that another flow sent can go back")
                .help("lead them somewhere else, or put what follows `start` into a flow of its own");
            out.push(finding);
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
    let written = node.field("gives").and_then(|f| f.value.as_array()).map_or(0, Vec::len);
    let (due, given) = (callee.inputs(), gives(node));
    if written != given.len() {
        // One of them can't be read, which was said.
        return;
    }
    let place = cx.field_place(id, "gives");
    if due.len() != given.len() {
        let told: Vec<_> = due.iter().map(|(name, ty)| format!("`{name}` ({})", ty.noun())).collect();
        let message = match due.len() {
            0 => format!("the flow `{}` takes no values, but {} are given", callee.key, given.len()),
            n => format!(
                "the flow `{}` takes {n} values, but {} are given: {}",
                callee.key,
                given.len(),
                told.join(", ")
            ),
        };
        let help = "`gives` lists a value for each of the flow's `inputs`, in their order";
        out.push(Diagnostic::new(Code::SubflowInputs, place, message).help(help));
        return;
    }
    if too_deep(&given) {
        let message = format!("`gives` of `{}` is too much to compute at once", node.name);
        let finding = Diagnostic::new(Code::SubflowInputs, place.clone(), message);
        out.push(
            finding.help("compute the longest of these values by a `set` before, and give its variable"),
        );
    }
    for ((name, ty), expr) in due.iter().zip(&given) {
        // That an expression can't be computed is said with all others.
        let Ok(got) = expr.ty(variables) else { continue };
        if got != *ty {
            let message =
                format!("`{name}` of the flow `{}` is {}, but this is {}", callee.key, ty.noun(), got.noun());
            let help = format!("give {}, or change the type in the flow's `inputs`", ty.noun());
            out.push(Diagnostic::new(Code::SubflowInputs, place.clone(), message).help(help));
        }
    }
}

/// Values of a call stand on the stack together until the flow takes them.
fn too_deep(given: &[Expr]) -> bool {
    given.iter().enumerate().any(|(below, expr)| below + expr.height() > usize::from(STACK_MAX))
}

fn endless(cx: &Cx<'_>, id: NodeId, node: &Node, round: &str) -> Diagnostic {
    let message = format!("`{}` {round}", node.name);
    let help = "go round within one flow; or count: give a number input that is one more each time, behind a branch that \
                lets on only up to a constant, and the same one wherever the flow calls itself";
    let deep = flow_vm::limits::SUBFLOWS_MAX;
    let finding = Diagnostic::new(Code::EndlessRecursion, cx.field_place(id, "flow"), message);
    finding.saying(format!("callers are cut off {deep} flows deep")).help(help)
}

/// A flow that calls itself must be able to do so only so often: one number input goes one way wherever it does, behind a
/// branch that bounds it. Of two that take turns each could undo what the other counts.
fn calls_itself(cx: &Cx<'_>, calls: &[(NodeId, &Node)], out: &mut Sink) {
    let mut counted = BTreeSet::new();
    for (at, (name, _)) in
        cx.graph.inputs().into_iter().enumerate().filter(|(_, (_, ty))| *ty == Type::Number)
    {
        for way in [1, -1] {
            let past = past_bounds(cx, name, way);
            let moves = |node: &Node| gives(node).get(at).and_then(|given| counted::moved(name, given));
            let counting = calls
                .iter()
                .filter(|(id, node)| moves(node).is_some_and(|by| by.signum() == way) && !past.contains(id));
            let counting: BTreeSet<NodeId> = counting.map(|(id, _)| *id).collect();
            if counting.len() > counted.len() {
                counted = counting;
            }
        }
    }
    for (id, node) in calls.iter().filter(|(id, _)| !counted.contains(id)) {
        out.push(endless(cx, *id, node, "sends calls through this flow again, without end"));
    }
}

/// The nodes that calls come to without passing an exit of a branch by which a variable has a bound that moves so. One
/// that the flow itself sets has none.
fn past_bounds(cx: &Cx<'_>, variable: &str, by: i64) -> BTreeSet<NodeId> {
    if cx.nodes().any(|(_, node, _)| counted::gives(node, variable)) {
        return cx.nodes().map(|(id, ..)| id).collect();
    }
    let entries = cx.nodes().filter(|(_, n, _)| n.kind.is_some_and(|k| k.spec().is_entry()));
    let mut open: Vec<NodeId> = entries.map(|(id, ..)| id).collect();
    let mut seen: BTreeSet<NodeId> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        let Some(node) = cx.graph.nodes.get(at) else { continue };
        let when = node.field("when").filter(|_| node.kind == Some(Kind::Branch));
        let when = when.and_then(|f| expr::read(f.value.as_str()?).ok());
        let bounded =
            |exit: &str| when.as_ref().is_some_and(|when| counted::bounds(when, exit == "yes", variable, by));
        let free = cx.exits(at).iter().filter(|exit| !bounded(&exit.name));
        open.extend(free.filter_map(|exit| exit.target).filter(|to| seen.insert(*to)));
    }
    seen
}

/// Nodes that are called as one of a flow that is called here is in programs.
fn names(cx: &Cx<'_>, out: &mut Sink) {
    for (_, node, _) in cx.nodes() {
        let Some((key, name)) = node.name.split_once('/') else { continue };
        if cx.library.get(key).is_some_and(|callee| callee.node(name).is_some()) {
            let message = format!(
                "`{}` is also the name in programs and records of `{name}` of the flow `{key}`",
                node.name
            );
            let finding = Diagnostic::new(Code::AmbiguousNode, node.origin.place(), message);
            out.push(finding.help("rename the node"));
        }
    }
}
