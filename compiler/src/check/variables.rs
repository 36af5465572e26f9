//! F241: the clock is read in no zone. F221: an expression whose values don't go together. F222: a variable that isn't set on every way to where it is read.
//!
//! **Why:** there is no implicit conversion, so that `101` the extension, 101 the number and '101' the text are never
//! mixed up in silence; and a variable has no value until a `set` gives it one.
//!
//! **Example:** `when = "caller.number == '101'"` compares a phone number with a text. `when = "vip"` behind a menu whose
//! key 1 leads past the `set` of `vip`.
//!
//! **Cure:** write a phone number as `+61411111111` or `tel:101`; set the variable right behind the entry.

use std::collections::VecDeque;

use cranelift_entity::SecondaryMap;
use flow_vm::value::Type;

use super::{Cx, Sink, paths};
use crate::diag::{self, Code, Diagnostic, Place};
use crate::expr::{self, Expr, Variables};
use crate::graph::{Node, NodeId};
use crate::limits::WAYS_TOLD_MAX;
use crate::nodes::spec::{CallState, FieldType};
use crate::nodes::{Config, Kind};
use crate::webhook;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let variables = Variables::of(cx.graph);
    let zone = expr::zone_of(cx.graph, cx.world);
    let mut reads = Vec::new();
    for (id, node, _) in cx.nodes() {
        held(cx, id, node, &variables, out);
        let all: Vec<_> = expressions(node).collect();
        if let Some((field, _)) = all.iter().find(|(_, expr)| expr.asks_time())
            && zone.is_none()
        {
            let message =
                format!("`{}` reads the clock, and the flow doesn't say in which time zone", node.name);
            let help = "write `zone = \"Australia/Sydney\"` or the like at the head of the flow";
            out.push(Diagnostic::new(Code::NoZone, cx.field_place(id, field), message).help(help));
        }
        for (field, expr) in all {
            types(cx, id, node, field, &expr, &variables, out);
            let mut names = Vec::new();
            expr.reads(&mut names);
            let numbers = names.into_iter().filter_map(|n| Some((n.to_owned(), variables.get(n)?.number)));
            reads.extend(numbers.map(|(name, number)| (id, field, name, number)));
        }
        declared(cx, id, node, &variables, out);
        if let Some(name) = sets(node).filter(|name| variables.spare.iter().any(|spare| spare == name)) {
            let most = flow_vm::limits::VARIABLES_MAX;
            let message = format!("`{name}` is one variable too many: a flow has at most {most}");
            out.push(Diagnostic::new(Code::WrongExpression, cx.field_place(id, "variable"), message));
        }
    }
    if !reads.is_empty() {
        unset(cx, &variables, &reads, out);
    }
}

/// The variable that a node gives a value. A `collect` does so only by its exit `next`.
fn sets(node: &Node) -> Option<&str> {
    let gives = matches!(node.kind, Some(Kind::Set | Kind::Collect));
    node.field("variable").filter(|_| gives).and_then(|field| field.value.as_str())
}

/// Fields of a webhook that are variables of another type elsewhere, or one variable too many.
fn declared(cx: &Cx<'_>, id: NodeId, node: &Node, variables: &Variables, out: &mut Sink) {
    let fields = webhook::of(node).into_iter().flat_map(|answer| answer.fields);
    for (name, ty) in fields {
        let message = match variables.get(&name) {
            Some(variable) => match variable.ty.filter(|known| *known != ty) {
                Some(known) => {
                    let (known, ty) = (known.noun(), ty.noun());
                    format!("`{name}`, as another node has it, is {known}, but this is {ty}")
                }
                None => continue,
            },
            None => {
                let most = flow_vm::limits::VARIABLES_MAX;
                format!("`{name}` is one variable too many: a flow has at most {most}")
            }
        };
        out.push(Diagnostic::new(Code::WrongExpression, cx.field_place(id, "answers"), message));
    }
}

/// The expressions of a node that can be read; that others can't was said.
fn expressions(node: &Node) -> impl Iterator<Item = (&'static str, Expr)> {
    let specs = node.kind.map_or(&[][..], |kind| kind.spec().fields);
    let given = super::subflows::gives(node).into_iter().map(|expr| ("gives", expr));
    let own = specs.iter().filter_map(|spec| {
        let text = node.field(spec.name)?.value.as_str()?;
        Some((spec.name, expr::of_field(spec.ty, text)?.ok()?))
    });
    own.chain(given)
}

/// That the digits of a `collect` are of its variable's type.
fn held(cx: &Cx<'_>, id: NodeId, node: &Node, variables: &Variables, out: &mut Sink) {
    let Some(Config::Collect(collect)) = Config::read(node) else { return };
    let name = collect.variable.unwrap_or_default();
    let (Some(due), got) = (variables.get(&name).and_then(|v| v.ty), collect.holds.ty()) else { return };
    if due != got {
        let message =
            format!("`{name}`, as another node has it, is {}, but this is {}", due.noun(), got.noun());
        let field = if node.field("holds").is_some() { "holds" } else { "variable" };
        out.push(Diagnostic::new(Code::WrongExpression, cx.field_place(id, field), message));
    }
}

fn types(
    cx: &Cx<'_>,
    id: NodeId,
    node: &Node,
    field: &'static str,
    expr: &Expr,
    variables: &Variables,
    out: &mut Sink,
) {
    let finding = |message| Diagnostic::new(Code::WrongExpression, cx.field_place(id, field), message);
    let due = match node.kind {
        Some(Kind::Branch) => Some((Type::Bool, "the condition of a branch".to_owned())),
        Some(Kind::Transfer) => Some((Type::Phone, "the number of a transfer".to_owned())),
        Some(Kind::Set) => sets(node).and_then(|name| {
            let ty = variables.get(name)?.ty?;
            Some((ty, format!("`{name}`, as another node has it,")))
        }),
        Some(_) | None => None,
    };
    match (expr.ty(variables), due) {
        // A `set` of it can't be computed, which is said there.
        (Err(_), _) if node.kind != Some(Kind::Set) && untold(expr, variables) => {}
        (Err(error), due) => {
            let found = finding(format!("`{field}` of `{}`: {error}", node.name));
            let due = due.map(|(due, _)| due);
            let cure = out.suggests().then(|| unknown_name(node, field, expr, variables, due));
            out.push(cure.unwrap_or_default().cure(found));
        }
        (Ok(got), Some((due, what))) if got != due => {
            out.push(finding(format!("{what} is {}, but this is {}", due.noun(), got.noun())));
        }
        (Ok(_), Some(_) | None) => {}
    }
}

/// Whether it reads a variable that nodes give values, of which nobody can tell what they are.
fn untold(expr: &Expr, variables: &Variables) -> bool {
    let mut names = Vec::new();
    expr.reads(&mut names);
    names.iter().any(|name| variables.get(name).is_some_and(|v| v.ty.is_none()))
}

/// What to do about a name that is no variable.
#[derive(Default)]
struct Cure {
    help: Option<String>,
    /// The whole field, with the name replaced.
    field: Option<(String, String)>,
}

impl Cure {
    fn cure(self, mut found: Diagnostic) -> Diagnostic {
        if let Some(help) = self.help {
            found = found.help(help);
        }
        match (self.field, found.place()) {
            (Some((title, with)), Some(Place::Text(_))) => found.fix(title, with),
            _ => found,
        }
    }
}

/// The first name of an expression that is no variable: a slip, a weekday as others write it, or a text without its quotes.
fn unknown_name(
    node: &Node,
    field: &'static str,
    expr: &Expr,
    variables: &Variables,
    due: Option<Type>,
) -> Cure {
    let mut names = Vec::new();
    expr.reads(&mut names);
    let Some(name) = names.into_iter().find(|name| variables.get(name).is_none()) else {
        return Cure::default();
    };
    let spec = node.kind.and_then(|k| k.spec().field(field));
    let text = node.field(field).and_then(|f| f.value.as_str());
    let (Some(spec), Some(text)) = (spec, text) else { return Cure::default() };
    let facts = expr::FACTS.iter().map(|(name, _)| *name).chain(expr::NOW.iter().map(|(name, _)| *name));
    let near = weekday(name).or_else(|| diag::nearest(name, variables.names().chain(facts)));
    let (help, with) = match near {
        Some(near) => (format!("did you mean `{near}`?"), near.to_owned()),
        None => {
            let help = format!(
                "a text stands in single quotes: `'{name}'`; a variable gets its value by a `set` node"
            );
            (help, format!("'{name}'"))
        }
    };
    let written = replaced(text, name, &with, spec.ty == FieldType::Template);
    let fits = expr::of_field(spec.ty, &written).and_then(Result::ok).and_then(|e| e.ty(variables).ok());
    let is_cure = fits.is_some_and(|ty| due.is_none_or(|due| ty == due));
    let spelled = format!("{field} = {}", crate::text::spelled(Some(spec.ty), &written.into()));
    Cure { help: Some(help), field: is_cure.then(|| (format!("Write `{with}`"), spelled)) }
}

/// `thursday`, `Thu` and the like.
fn weekday(name: &str) -> Option<&'static str> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let name = name.to_ascii_lowercase();
    let day = DAYS.iter().find(|day| name.len() >= 3 && day.starts_with(&name))?;
    day.get(..3)
}

/// A text with a name replaced in its expressions, where it stands as a word and not in quotes.
pub(super) fn replaced(text: &str, name: &str, with: &str, is_template: bool) -> String {
    let is = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    // The expressions of a template stand in braces, and two braces are one of its text.
    let (mut inside, mut quoted) = (!is_template, false);
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c| !is(c)).unwrap_or(rest.len());
        let len = match first {
            c if is(c) => word,
            '{' if rest.starts_with("{{") => 2,
            c => c.len_utf8(),
        };
        let (one, after) = rest.split_at(len);
        match one {
            "{" => inside = true,
            "}" if is_template => (inside, quoted) = (false, false),
            "'" if inside => quoted = !quoted,
            _ => {}
        }
        let is_name = one == name && inside && !quoted;
        out.push_str(if is_name { with } else { one });
        rest = after;
    }
    out
}

/// Variables as bits of a word.
const _: () = assert!(flow_vm::limits::VARIABLES_MAX <= 64, "a set of variables is a word");

fn unset(cx: &Cx<'_>, variables: &Variables, reads: &[(NodeId, &'static str, String, u8)], out: &mut Sink) {
    let set = set_everywhere(cx, variables);
    let missing = reads.iter().filter(|(id, _, _, number)| {
        set.get(*id).copied().flatten().is_some_and(|set| set >> number & 1 == 0)
    });
    for (told, (id, field, name, number)) in missing.enumerate() {
        let mut message = format!("`{name}` isn't set on every way to `{}`", cx.name(*id));
        if told < WAYS_TOLD_MAX
            && let Some(path) = way_around(cx, variables, *id, *number)
        {
            message.push_str(": ");
            message.push_str(&paths::told(cx, &path, *id));
        }
        let found = Diagnostic::new(Code::VariableUnset, cx.field_place(*id, field), message);
        out.push(found.help(format!(
            "give `{name}` a value by a `set` that every call passes, such as one behind the entry"
        )));
    }
}

/// The variables that are set for calls that leave a node by an exit, as bits.
fn bits((variables, inputs): (&Variables, u64), node: &Node, exit: &str) -> u64 {
    let bit = |name: &str| variables.get(name).map_or(0, |v| 1 << v.number);
    let given = if node.kind == Some(Kind::Start) { inputs } else { 0 };
    let answers = webhook::of(node).into_iter().filter(|answer| answer.name == exit);
    let fields = answers.flat_map(|answer| answer.fields).fold(0, |bits, (name, _)| bits | bit(&name));
    let name = sets(node).filter(|_| node.kind == Some(Kind::Set) || exit == "next");
    given | fields | name.map_or(0, bit)
}

/// The flow's inputs as bits: they are set for calls that come in at its `start`.
fn inputs(cx: &Cx<'_>, variables: &Variables) -> u64 {
    let inputs = cx.graph.inputs();
    inputs.iter().filter_map(|(name, _)| variables.get(name)).fold(0, |bits, v| bits | 1 << v.number)
}

fn entries(cx: &Cx<'_>) -> Vec<NodeId> {
    let is_entry = |node: &Node| node.kind.is_some_and(|k| k.spec().is_entry());
    cx.nodes().filter(|(_, node, _)| is_entry(node)).map(|(id, _, _)| id).collect()
}

/// The variables that are set on every way to a node; `None` for one that no call reaches. A node's set only shrinks, so
/// each is looked at once for every variable at most.
fn set_everywhere(cx: &Cx<'_>, variables: &Variables) -> SecondaryMap<NodeId, Option<u64>> {
    let inputs = inputs(cx, variables);
    let mut set: SecondaryMap<NodeId, Option<u64>> = SecondaryMap::new();
    let mut due = entries(cx);
    due.iter().for_each(|id| {
        set.insert(*id, Some(0));
    });
    while let Some(id) = due.pop() {
        let before = set.get(id).copied().flatten().unwrap_or_default();
        let node = cx.graph.nodes.get(id);
        for (exit, target) in cx.exits(id).iter().filter_map(|exit| Some((exit, exit.target?))) {
            let after = before | node.map_or(0, |node| bits((variables, inputs), node, &exit.name));
            let old = set.get(target).copied().flatten();
            let new = old.map_or(after, |old| old & after);
            if old != Some(new) {
                set.insert(target, Some(new));
                due.push(target);
            }
        }
    }
    set
}

/// A shortest way to a node past every `set` of a variable.
fn way_around(
    cx: &Cx<'_>,
    variables: &Variables,
    to: NodeId,
    number: u8,
) -> Option<Vec<(NodeId, CallState, usize)>> {
    let inputs = inputs(cx, variables);
    let mut came: SecondaryMap<NodeId, Option<Option<(NodeId, usize)>>> = SecondaryMap::new();
    let mut due = VecDeque::from(entries(cx));
    due.iter().for_each(|id| {
        came.insert(*id, Some(None));
    });
    while let Some(id) = due.pop_front() {
        if id == to {
            break;
        }
        let node = cx.graph.nodes.get(id);
        let sets =
            |exit: &str| node.is_some_and(|node| bits((variables, inputs), node, exit) >> number & 1 == 1);
        for (place, exit) in cx.exits(id).iter().enumerate().filter(|(_, exit)| !sets(&exit.name)) {
            if let Some(target) = exit.target.filter(|t| came.get(*t).copied().flatten().is_none()) {
                came.insert(target, Some(Some((id, place))));
                due.push_back(target);
            }
        }
    }
    let mut path = Vec::new();
    let mut at = came.get(to).copied().flatten()?;
    while let Some((before, exit)) = at {
        // Only nodes and exits are told.
        path.push((before, CallState::Early, exit));
        at = came.get(before).copied().flatten()?;
    }
    path.reverse();
    Some(path)
}
