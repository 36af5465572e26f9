//! What a flow's conditions compare calls with. A branch such as `caller.number == +61411000001` or
//! `now.date >= 2026-12-25` is only taken by certain calls; which ones to try is read from the constants that the
//! program compares with: the constant itself, what lies just beside it, and what begins or ends by it.

use std::collections::BTreeSet;

use flow_vm::Program;
use flow_vm::effect::LocalTime;
use flow_vm::op::Op;
use flow_vm::value::{CallFacts, Fact, MomentType, Operator, Text, Value};

use crate::zone;

/// Numbers and names that a search tries at most, each.
const CALLERS_MAX: usize = 200;
/// Longest text that is made for a condition on a length.
const LENGTH_MAX: i64 = 32;
/// Digits of a number that is made of the beginning of one.
const PLAUSIBLE: usize = 11;
/// An outside number that no office has.
const STRANGER: &str = "+15550100";

/// The expressions of a program.
pub(super) struct Conditions<'p> {
    program: &'p Program,
    /// Ops from one question to the next, those of expressions only, with the zone of the clock that they read.
    parts: Vec<(Option<&'p str>, Vec<Op>)>,
    constants: Vec<Value>,
    asks: Asks,
}

/// What conditions look at, of which candidates must be made.
#[derive(Clone, Copy, Default)]
struct Asks {
    length: bool,
    name: bool,
    end: bool,
}

/// What is known of a call while a condition is looked at: a part that isn't known makes what depends on it unknown.
#[derive(Clone, Copy, Default)]
pub(super) struct Known {
    pub number: Option<Text>,
    pub name: Option<Text>,
    pub called: Option<Text>,
    pub wall_ms: Option<i64>,
}

impl Known {
    /// All of a call.
    pub fn of(facts: &CallFacts, wall_ms: i64) -> Known {
        let CallFacts { caller_number, caller_name, called_number } = *facts;
        Known {
            number: Some(caller_number),
            name: Some(caller_name),
            called: Some(called_number),
            wall_ms: Some(wall_ms),
        }
    }
}

impl<'p> Conditions<'p> {
    pub fn of(program: &'p Program) -> Conditions<'p> {
        let all = program.parts();
        let (mut parts, mut zone, mut ops): (Vec<_>, Option<&str>, Vec<Op>) = (Vec::new(), None, Vec::new());
        let mut constants: Vec<Value> = Vec::new();
        let mut asks = Asks::default();
        for op in &all.ops {
            let value = constant(program, *op);
            constants.extend(value.filter(|value| !constants.contains(value)));
            if let Op::Apply { operator } = op {
                asks.length |= *operator == Operator::Length;
                asks.end |= matches!(operator, Operator::EndsWith | Operator::Contains);
            }
            asks.name |= matches!(op, Op::PushFact { fact: Fact::CallerName });
            let decides = matches!(op, Op::JumpUnless { .. } | Op::Store { .. });
            if value.is_some() || decides || is_part(*op) {
                ops.push(*op);
            } else {
                ops.clear();
            }
            if decides {
                parts.push((zone, std::mem::take(&mut ops)));
            }
            if let Op::LocalTime { zone: name } = op {
                zone = all.constant(*name);
            }
        }
        Conditions { program, parts, constants, asks }
    }

    /// What all conditions come to, and where that isn't known, the known parts of them. Two calls for which it is the
    /// same go the same way.
    pub fn told(&self, known: &Known) -> Vec<Value> {
        let mut told = Vec::new();
        for (zone, ops) in &self.parts {
            let now = zone.and_then(|zone| zone::local_time(zone, known.wall_ms?));
            self.run(ops, known, now, &mut told);
        }
        told
    }

    fn run(&self, ops: &[Op], known: &Known, now: Option<LocalTime>, told: &mut Vec<Value>) {
        let mut stack: Vec<Option<Value>> = Vec::new();
        for op in ops {
            if let Op::Apply { operator } = op {
                let second = stack.pop().flatten();
                let first = if operator.takes() == 2 { stack.pop().flatten() } else { second };
                match (first, second) {
                    (Some(first), Some(second)) => stack.push(operator.run(first, second)),
                    (one, other) => {
                        told.extend(one.or(other));
                        stack.push(None);
                    }
                }
            } else if matches!(op, Op::JumpUnless { .. } | Op::Store { .. }) {
                told.extend(stack.pop().flatten());
            } else {
                stack.push(self.pushed(*op, known, now));
            }
        }
    }

    fn pushed(&self, op: Op, known: &Known, now: Option<LocalTime>) -> Option<Value> {
        if let Op::PushFact { fact } = op {
            return match fact {
                Fact::CallerNumber => known.number.map(Value::Phone),
                Fact::CallerName => known.name.map(Value::Text),
                Fact::CalledNumber => known.called.map(Value::Phone),
            };
        }
        if let Op::PushNow { part } = op {
            return now.map(|now| Value::Moment(part.of(now)));
        }
        constant(self.program, op)
    }

    /// The zones of the clocks that conditions read.
    pub fn zones(&self) -> impl Iterator<Item = &'p str> {
        self.parts.iter().filter_map(|(zone, _)| *zone)
    }

    /// Dates and times of day that calls are compared with.
    pub fn moments(&self, wanted: MomentType) -> impl Iterator<Item = i32> {
        self.constants.iter().filter_map(move |value| match value {
            Value::Moment(moment) if moment.ty == wanted => Some(moment.number),
            Value::Moment(_) | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Phone(_) => None,
        })
    }

    /// Numbers of callers that make a difference; a withheld one first.
    pub fn numbers(&self) -> Vec<Text> {
        let mut found = vec![String::new(), STRANGER.to_owned()];
        for phone in self.phones() {
            let digits = phone.trim_start_matches('+');
            let beside = beside(phone);
            // What begins by it, long enough for a number that somebody has.
            let more = PLAUSIBLE.saturating_sub(digits.len()).max(1);
            found.extend([phone.to_owned(), format!("{phone}{}", "0".repeat(more))]);
            found.extend(beside);
            if self.asks.end {
                found.push(format!("{STRANGER}{digits}"));
            }
        }
        found.extend(self.lengths().map(|n| "1".repeat(n)));
        let known = |number| Known { number: Some(number), ..Known::default() };
        self.differing(found, known)
    }

    /// Names of callers that make a difference; none first.
    pub fn names(&self) -> Vec<Text> {
        let mut found = vec![String::new()];
        if self.asks.name {
            found.push("Somebody".to_owned());
            for text in self.texts() {
                found.extend([text.to_owned(), format!("{text} x"), format!("x {text}")]);
            }
            found.extend(self.lengths().map(|n| "x".repeat(n)));
        }
        let known = |name| Known { name: Some(name), ..Known::default() };
        self.differing(found, known)
    }

    /// Those for which some condition comes to something else than for all before them.
    fn differing(&self, found: Vec<String>, known: impl Fn(Text) -> Known) -> Vec<Text> {
        let mut seen: Vec<Vec<Value>> = Vec::new();
        let mut differing = Vec::new();
        for text in found.iter().take(CALLERS_MAX).map(|text| Text::cut(text)) {
            let told = self.told(&known(text));
            if !seen.contains(&told) {
                seen.push(told);
                differing.push(text);
            }
        }
        differing
    }

    /// Digits that callers may enter: those that are compared with something, as many as are taken.
    pub fn digits(values: &[Value], min: usize, max: usize) -> BTreeSet<String> {
        let mut found = BTreeSet::from(["1".repeat(min)]);
        for value in values {
            let written = match value {
                Value::Text(text) | Value::Phone(text) => text.as_str().to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Bool(_) | Value::Moment(_) => continue,
            };
            let is_digits = !written.is_empty() && written.bytes().all(|b| b.is_ascii_digit());
            if is_digits && written.len() <= max {
                let numeric = matches!(value, Value::Number(_));
                let lacks = min.saturating_sub(written.len());
                found.insert(match numeric {
                    true => "0".repeat(lacks) + &written,
                    false => written + &"1".repeat(lacks),
                });
            }
        }
        found
    }

    fn phones(&self) -> impl Iterator<Item = &str> {
        self.constants.iter().filter_map(|value| match value {
            Value::Phone(phone) => Some(phone.as_str()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Moment(_) => None,
        })
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.constants.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.as_str()),
            Value::Bool(_) | Value::Number(_) | Value::Phone(_) | Value::Moment(_) => None,
        })
    }

    /// Lengths that a length is compared with, and those beside them.
    fn lengths(&self) -> impl Iterator<Item = usize> {
        let numbers = self.constants.iter().filter_map(|value| match value {
            Value::Number(number) if (0..=LENGTH_MAX).contains(number) => Some(*number),
            Value::Number(_) | Value::Bool(_) | Value::Text(_) | Value::Phone(_) | Value::Moment(_) => None,
        });
        let wanted = self.asks.length;
        let near = numbers.flat_map(|n| [n - 1, n, n + 1]);
        near.filter(move |_| wanted).filter_map(|n| usize::try_from(n).ok().filter(|n| *n > 0))
    }
}

/// Whether an op is a part of an expression.
const fn is_part(op: Op) -> bool {
    matches!(
        op,
        Op::PushFact { .. }
            | Op::PushNow { .. }
            | Op::Load { .. }
            | Op::Apply { .. }
            | Op::PushAnswer {}
            | Op::PushDigits { .. }
    )
}

fn constant(program: &Program, op: Op) -> Option<Value> {
    let parts = program.parts();
    if let Op::PushText { text } = op {
        return parts.constant(text.0).map(|text| Value::Text(Text::cut(text)));
    }
    if let Op::PushPhone { phone } = op {
        return parts.constant(phone.0).map(|phone| Value::Phone(Text::cut(phone)));
    }
    if let Op::PushNumber { number } = op {
        return Some(Value::Number(number.0));
    }
    if let Op::PushBool { value } = op {
        return Some(Value::Bool(value.0));
    }
    if let Op::PushMoment { moment } = op { Some(Value::Moment(moment)) } else { None }
}

/// The number whose last digit is the next one.
fn beside(phone: &str) -> Option<String> {
    let last = phone.chars().next_back()?.to_digit(10)?;
    let rest = phone.get(..phone.len() - 1)?;
    Some(format!("{rest}{}", (last + 1) % 10))
}
