//! F261: a number that callers choose is dialled on an outside line.
//!
//! **Why:** the office pays for what it dials. Whoever can choose the number can have the office call a premium line of
//! their own abroad, night after night; that is how phone systems are robbed. What callers enter, the number that they call
//! from (it can be made up), and what a server replies about them are all their choice, and so is every variable that is
//! given one of these.
//!
//! **Example:** `ask: collect which { variable = number  holds = phone … }` and `out: transfer { number = "number" }`.
//!
//! **Cure:** a `branch` on the way that lets on only numbers that are meant. These prove it, at the exit where they hold:
//! the number is equal to one that is written (`number == +61411111111`); it begins by a country's code or more
//! (`number starts_with +614`), or by at least two digits of a number at home (`tel:04`; not `tel:00` or `tel:011`, behind
//! which the whole world is); it has at most [`SHORT_NUMBER_MAX`] digits (`length(number) <= 4`, or `max = 4` at the
//! `collect`), which are the office's own extensions and public services. `and`, `or` and `not` join them.
//!
//! Of a flow that another one calls, the inputs that it dials count at the `subflow` node that gives them.

use std::collections::{HashMap, HashSet, VecDeque};

use cranelift_entity::SecondaryMap;
use flow_vm::limits::VARIABLES_MAX;
use flow_vm::value::{Fact, Operator};
use serde_json::Value;

use super::{Cx, Sink, index, paths};
use crate::diag::{Code, Diagnostic, Place};
use crate::expr::{self, Expr, Variables};
use crate::graph::{Node, NodeId};
use crate::ir::Pushed;
use crate::library::called;
use crate::limits::{SHORT_NUMBER_MAX, WAY_STEPS_MAX, WAYS_TOLD_MAX};
use crate::nodes::spec::CallState;
use crate::nodes::{Config, Kind};
use crate::webhook;

/// Values as bits: the variables by their numbers, and behind them the caller's number.
type Values = u128;

/// The bit of the caller's number, which is no variable.
const CALLER: u32 = VARIABLES_MAX as u32;
const _: () = assert!(VARIABLES_MAX < 128, "all values are a word of bits");

const fn bit(value: u32) -> Values {
    1 << value
}

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let variables = Variables::of(cx.graph);
    let dials = dials(cx, &variables);
    if dials.is_empty() {
        return;
    }
    let flow = Chosen::of(cx, &variables, Choice::Callers);
    let mut told = 0;
    for dial in dials {
        let reaching = flow.chosen_at(dial.node) & dial.values;
        if reaching == 0 {
            continue;
        }
        let way = if told < WAYS_TOLD_MAX { flow.way(dial.node, reaching.trailing_zeros()) } else { None };
        told += 1;
        out.push(finding(cx, &dial, way.as_deref()));
    }
}

/// The inputs of a flow, by their place in its list, that are dialled as they come: by itself, or by a flow that it calls.
pub(super) fn inputs_dialled(cx: &Cx<'_>) -> Vec<usize> {
    let variables = Variables::of(cx.graph);
    let dials = dials(cx, &variables);
    if dials.is_empty() {
        return Vec::new();
    }
    let is_dialled = |name: &str| {
        let Some(input) = variables.get(name) else { return false };
        let flow = Chosen::of(cx, &variables, Choice::Input(bit(u32::from(input.number))));
        dials.iter().any(|dial| flow.chosen_at(dial.node) & dial.values != 0)
    };
    let inputs = cx.graph.inputs().into_iter().enumerate();
    inputs.filter(|(_, (name, _))| is_dialled(name)).map(|(at, _)| at).collect()
}

/// A node that dials values, or gives them to a flow that does.
struct Dial<'a> {
    node: NodeId,
    values: Values,
    /// The field in which they stand.
    field: &'static str,
    /// What is written there of them.
    written: &'a str,
}

fn dials<'a>(cx: &Cx<'a>, variables: &Variables) -> Vec<Dial<'a>> {
    let values = |text: &str| expr::read(text).map_or(0, |read| values_of(&read, variables));
    let mut dials = Vec::new();
    for (node, written, site) in cx.nodes() {
        let of = |field: &str| written.field(field).map(|f| &f.value);
        if written.kind == Some(Kind::Transfer) {
            let number = of("number").and_then(Value::as_str);
            dials.extend(number.map(|number| Dial {
                node,
                values: values(number),
                field: "number",
                written: number,
            }));
        }
        let gives = of("gives").and_then(Value::as_array);
        let inputs = site.calls.iter().flat_map(|called| called.dials.iter());
        let given = inputs.filter_map(|at| gives?.get(*at)?.as_str());
        dials.extend(given.map(|given| Dial { node, values: values(given), field: "gives", written: given }));
    }
    dials.retain(|dial| dial.values != 0);
    dials
}

/// The finding at a transfer, with the way from where the number is chosen: each node with the exit taken.
fn finding(cx: &Cx<'_>, dial: &Dial<'_>, way: Option<&[(NodeId, usize)]>) -> Diagnostic {
    let id = dial.node;
    let called = cx.graph.nodes.get(id).and_then(called);
    let mut message = match called {
        Some(flow) => {
            format!("callers can choose the number that flow `{flow}` dials, at the office's expense")
        }
        None => {
            format!("callers can choose the number that `{}` dials, at the office's expense", cx.name(id))
        }
    };
    let source = way.and_then(|way| way.first()).map(|(node, _)| *node);
    if let (Some(way), Some(source)) = (way, source) {
        let state = match cx.paths.can_be(source, CallState::Early) {
            true => CallState::Early,
            false => CallState::Answered,
        };
        let mut all = cx.paths.to(source, state);
        way.iter().for_each(|(node, exit)| all.push((*node, state, *exit)));
        message.push_str(": ");
        message.push_str(&paths::told(cx, &all, id));
    }
    let mut found = Diagnostic::new(Code::CallerDials, cx.field_place(id, dial.field), message)
        .saying("it can be any number in the world");
    let mut cure = format!(
        "let on only numbers that are meant: put a `branch` before it, such as `when = \"{} starts_with +61\"`, or \
         compare it with the numbers themselves",
        dial.written
    );
    if let Some((place, text)) = source.and_then(|source| chosen_at(cx, source)) {
        if cx.sites.get(source.unwrap_or(id)).and_then(|s| s.kind) == Some(Kind::Collect) {
            cure.push_str(&format!("; where extensions are entered, `max = {SHORT_NUMBER_MAX}` is enough"));
        }
        found = found.also(place, text);
    }
    found.help(cure)
}

/// Where and how a value is chosen at a node.
fn chosen_at(cx: &Cx<'_>, source: NodeId) -> Option<(Place, &'static str)> {
    let node = cx.graph.nodes.get(source)?;
    if node.kind?.spec().is_entry() {
        let text = "the caller's number comes with the call, and callers can make it up";
        return Some((cx.graph.place_of(source), text));
    }
    let (field, text) = match Config::read(node) {
        Some(Config::Collect(_)) => ("variable", "callers enter it here"),
        Some(Config::Webhook(_)) => ("answers", "it is what a server replies to what callers tell it"),
        Some(_) | None => ("value", "it is the caller's number, which callers can make up"),
    };
    Some((cx.field_place(source, field), text))
}

/// What a node does to values.
#[derive(Clone, Default)]
struct Does {
    /// Values that are given at an exit (every one, if it has no name), and what they are made of.
    gives: Vec<(Option<String>, u32, From)>,
    /// What is proved harmless where the condition holds, and where it doesn't.
    proves: (Values, Values),
}

/// What a value is made of.
#[derive(Clone, Copy)]
enum From {
    /// The caller's choice.
    Caller,
    /// Other values; of none, it is written in the flow.
    Values(Values),
}

/// Whose choice is followed.
#[derive(Clone, Copy)]
enum Choice {
    /// All that callers choose in the flow.
    Callers,
    /// This input of the flow, and nothing else.
    Input(Values),
}

impl Does {
    fn of(node: &Node, variables: &Variables, choice: Choice) -> Does {
        let caller = match choice {
            Choice::Callers => From::Caller,
            Choice::Input(_) => From::Values(0),
        };
        let number = |name: &str| variables.get(name).map(|v| u32::from(v.number));
        let mut does = Does::default();
        match Config::read(node) {
            Some(Config::Collect(collect)) => {
                let from = match collect.max > SHORT_NUMBER_MAX {
                    true => caller,
                    false => From::Values(0),
                };
                let variable = collect.variable.as_deref().and_then(number);
                does.gives.extend(variable.map(|v| (Some("next".to_owned()), v, from)));
            }
            Some(Config::Webhook(_)) => {
                for answer in webhook::of(node) {
                    let fields = answer.fields.iter().filter_map(|(name, _)| number(name));
                    does.gives.extend(fields.map(|v| (Some(answer.name.clone()), v, caller)));
                }
            }
            Some(Config::Set(set)) => {
                let value = set.value.as_deref().and_then(|text| expr::read(text).ok());
                let from = From::Values(value.map_or(0, |value| values_of(&value, variables)));
                let variable = set.variable.as_deref().and_then(number);
                does.gives.extend(variable.map(|v| (None, v, from)));
            }
            Some(Config::Branch(branch)) => {
                if let Some(Ok(when)) = branch.when.as_deref().map(expr::read) {
                    does.proves = (proved(&when, true, variables), proved(&when, false, variables));
                }
            }
            Some(_) | None => {}
        }
        does
    }

    fn given(&self, exit: &str) -> impl Iterator<Item = (u32, From)> {
        let at = move |own: &Option<String>| own.as_deref().is_none_or(|own| own == exit);
        self.gives.iter().filter(move |(own, ..)| at(own)).map(|(_, value, from)| (*value, *from))
    }

    fn proved_at(&self, exit: &str) -> Values {
        match exit {
            "yes" => self.proves.0,
            "no" => self.proves.1,
            _ => 0,
        }
    }

    /// What callers choose behind an exit, of what they choose before the node.
    fn after(&self, before: Values, exit: &str) -> Values {
        let mut after = before & !self.proved_at(exit);
        for (value, from) in self.given(exit) {
            let is_chosen = match from {
                From::Caller => true,
                From::Values(of) => before & of != 0,
            };
            after = if is_chosen { after | bit(value) } else { after & !bit(value) };
        }
        after
    }
}

/// The values that an expression is made of.
fn values_of(expr: &Expr, variables: &Variables) -> Values {
    match expr {
        Expr::Is(Pushed::Fact(Fact::CallerNumber)) => bit(CALLER),
        Expr::Is(_) => 0,
        Expr::Variable(name) => variables.get(name).map_or(0, |v| bit(u32::from(v.number))),
        Expr::One(_, one) => values_of(one, variables),
        Expr::Two(_, first, second) | Expr::Plus(first, second) => {
            values_of(first, variables) | values_of(second, variables)
        }
    }
}

/// The values that are proved harmless by a condition that holds (or doesn't).
fn proved(when: &Expr, holds: bool, variables: &Variables) -> Values {
    let both = |a: &Expr, b: &Expr| (proved(a, holds, variables), proved(b, holds, variables));
    match (when, holds) {
        (Expr::One(Operator::Not, inner), _) => proved(inner, !holds, variables),
        (Expr::Two(Operator::And, a, b), true) | (Expr::Two(Operator::Or, a, b), false) => {
            let (a, b) = both(a, b);
            a | b
        }
        (Expr::Two(Operator::And, a, b), false) | (Expr::Two(Operator::Or, a, b), true) => {
            let (a, b) = both(a, b);
            a & b
        }
        (Expr::Two(Operator::Equal, a, b), true) => equal(a, b, variables) | equal(b, a, variables),
        (Expr::Two(Operator::StartsWith, number, prefix), true) if written(prefix).is_some_and(narrows) => {
            itself(number, variables)
        }
        (Expr::Two(Operator::Less, a, b), true) => match (a.as_ref(), b.as_ref()) {
            (Expr::One(Operator::Length, of), Expr::Is(Pushed::Number(n)))
                if is_short(n.saturating_sub(1)) =>
            {
                itself(of, variables)
            }
            _ => 0,
        },
        (Expr::Two(Operator::Less, a, b), false) => match (a.as_ref(), b.as_ref()) {
            (Expr::Is(Pushed::Number(n)), Expr::One(Operator::Length, of)) if is_short(*n) => {
                itself(of, variables)
            }
            _ => 0,
        },
        (Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..), _) => 0,
    }
}

/// A value that is equal to what is written, or as long as a short number.
fn equal(value: &Expr, other: &Expr, variables: &Variables) -> Values {
    match (value, other) {
        (Expr::One(Operator::Length, of), Expr::Is(Pushed::Number(n))) if is_short(*n) => {
            itself(of, variables)
        }
        (_, other) if written(other).is_some() => itself(value, variables),
        (_, _) => 0,
    }
}

/// The value that an expression is, as it is or as text.
fn itself(expr: &Expr, variables: &Variables) -> Values {
    match expr {
        Expr::One(Operator::ToText, inner) => itself(inner, variables),
        Expr::Is(Pushed::Fact(Fact::CallerNumber)) | Expr::Variable(_) => values_of(expr, variables),
        Expr::Is(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..) => 0,
    }
}

fn written(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Is(Pushed::Phone(text) | Pushed::Text(text)) => Some(text),
        Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..) => None,
    }
}

/// Whether numbers that begin so are numbers of one country, or at home. `+1` is two dozen countries, and behind `00` and
/// `011` is the whole world.
fn narrows(prefix: &str) -> bool {
    match prefix.strip_prefix('+') {
        Some(code) => code.len() >= 2,
        None => {
            prefix.len() >= 2 && !prefix.starts_with("00") && prefix != "01" && !prefix.starts_with("011")
        }
    }
}

fn is_short(digits: i64) -> bool {
    digits <= i64::from(SHORT_NUMBER_MAX)
}

/// What callers choose at each node, over all ways. It only grows, so that each node is looked at once for every value at
/// most.
struct Chosen {
    does: SecondaryMap<NodeId, Does>,
    /// `None` for a node that no call reaches.
    chosen: SecondaryMap<NodeId, Option<Values>>,
    /// The ways to each node: the node before, its exit by number and name.
    before: Vec<Vec<(NodeId, usize, String)>>,
}

/// A value at a node.
type At = (NodeId, u32);

impl Chosen {
    fn of(cx: &Cx<'_>, variables: &Variables, choice: Choice) -> Chosen {
        let mut flow = Chosen {
            does: SecondaryMap::new(),
            chosen: SecondaryMap::new(),
            before: vec![Vec::new(); cx.graph.nodes.len()],
        };
        let mut due = Vec::new();
        for (id, node, site) in cx.nodes() {
            flow.does.insert(id, Does::of(node, variables, choice));
            for (number, exit) in site.exits.iter().enumerate() {
                if let Some(before) = exit.target.and_then(|target| flow.before.get_mut(index(target))) {
                    before.push((id, number, exit.name.clone()));
                }
            }
            if node.kind.is_some_and(|k| k.spec().is_entry()) {
                let chosen = match choice {
                    Choice::Callers => bit(CALLER),
                    Choice::Input(input) => input,
                };
                flow.chosen.insert(id, Some(chosen));
                due.push(id);
            }
        }
        while let Some(id) = due.pop() {
            let before = flow.chosen_at(id);
            for (exit, target) in cx.exits(id).iter().filter_map(|exit| Some((exit, exit.target?))) {
                let after = flow.does.get(id).map_or(before, |does| does.after(before, &exit.name));
                let old = flow.chosen.get(target).copied().flatten();
                let new = old.unwrap_or_default() | after;
                if old != Some(new) {
                    flow.chosen.insert(target, Some(new));
                    due.push(target);
                }
            }
        }
        flow
    }

    /// What callers choose of the values that come to a node.
    fn chosen_at(&self, node: NodeId) -> Values {
        self.chosen.get(node).copied().flatten().unwrap_or_default()
    }

    fn is_chosen(&self, node: NodeId, value: u32) -> bool {
        self.chosen_at(node) & bit(value) != 0
    }

    /// A shortest way on which a value comes to a node, from where callers choose it. Looked for from its end.
    fn way(&self, to: NodeId, value: u32) -> Option<Vec<(NodeId, usize)>> {
        let mut next: HashMap<At, (At, usize)> = HashMap::new();
        let mut seen: HashSet<At> = HashSet::from([(to, value)]);
        let mut due: VecDeque<At> = VecDeque::from([(to, value)]);
        while let Some(here) = due.pop_front().filter(|_| seen.len() <= WAY_STEPS_MAX) {
            let (node, value) = here;
            for (earlier, exit, name) in self.before.get(index(node)).into_iter().flatten() {
                let Some(does) =
                    self.does.get(*earlier).filter(|does| does.proved_at(name) & bit(value) == 0)
                else {
                    continue;
                };
                let mut from = Vec::new();
                match does.given(name).filter(|(given, _)| *given == value).last() {
                    // Where no call comes, no caller chooses.
                    Some((_, From::Caller)) if self.chosen.get(*earlier).is_none_or(Option::is_none) => {}
                    Some((_, From::Caller)) => {
                        return Some(follow(&next, (*earlier, value), here, *exit));
                    }
                    Some((_, From::Values(of))) => {
                        if of & bit(CALLER) != 0 && self.is_chosen(*earlier, CALLER) {
                            return Some(follow(&next, (*earlier, value), here, *exit));
                        }
                        from.extend((0..CALLER).filter(|other| of & bit(*other) != 0));
                    }
                    None => from.push(value),
                }
                for value in from.into_iter().filter(|value| self.is_chosen(*earlier, *value)) {
                    let place = (*earlier, value);
                    let is_start =
                        value == CALLER && self.before.get(index(*earlier)).is_none_or(Vec::is_empty);
                    if is_start {
                        return Some(follow(&next, place, here, *exit));
                    }
                    if seen.insert(place) {
                        next.insert(place, (here, *exit));
                        due.push_back(place);
                    }
                }
            }
        }
        None
    }
}

/// The way from a place on, whose first exit leads to the next.
fn follow(next: &HashMap<At, (At, usize)>, first: At, then: At, exit: usize) -> Vec<(NodeId, usize)> {
    let mut way = vec![(first.0, exit)];
    let mut at = then;
    while let Some((to, exit)) = next.get(&at) {
        way.push((at.0, *exit));
        at = *to;
    }
    way
}

#[cfg(test)]
mod tests;
