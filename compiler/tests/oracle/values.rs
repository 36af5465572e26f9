//! Expressions, computed as they are written: no stack, no numbers of variables.

use std::collections::BTreeMap;

use flow_compiler::expr::Expr;
use flow_compiler::ir::Pushed;
use flow_vm::CallFacts;
use flow_vm::effect::LocalTime;
use flow_vm::value::{Fact, MomentType, Operator};

/// Longest text that a call computes with.
const TEXT_BYTES: usize = 120;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// A phone number.
    Phone(String),
    /// A length of time, a time of day, a date, a weekday.
    Moment(MomentType, i64),
}

impl Value {
    /// As text says it.
    pub fn spelled(&self) -> String {
        match self {
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) | Value::Phone(text) => text.clone(),
            Value::Moment(MomentType::Time, s) if s % 60 != 0 => {
                format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
            }
            Value::Moment(MomentType::Time, s) => format!("{:02}:{:02}", s / 3_600, s / 60 % 60),
            Value::Moment(MomentType::Weekday, day) => {
                ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][*day as usize].to_owned()
            }
            Value::Moment(MomentType::Date, day) => flow_vm::text::show_date(*day as i32),
            Value::Moment(MomentType::Duration, s) if s % 3_600 == 0 && *s != 0 => format!("{}h", s / 3_600),
            Value::Moment(MomentType::Duration, s) if s % 60 == 0 && *s != 0 => format!("{}m", s / 60),
            Value::Moment(MomentType::Duration, s) => format!("{s}s"),
        }
    }
}

/// What is known when an expression is computed.
pub struct Known<'a> {
    /// Of the call.
    pub facts: &'a CallFacts,
    /// What `set` has set.
    pub variables: &'a BTreeMap<String, Value>,
    /// The local time, if it was asked.
    pub now: Option<LocalTime>,
}

impl Known<'_> {
    /// The value of an expression.
    pub fn value(&self, expr: &Expr) -> Value {
        match expr {
            Expr::Is(Pushed::Text(text)) => Value::Text(text.clone()),
            Expr::Is(Pushed::Phone(phone)) => Value::Phone(phone.clone()),
            Expr::Is(Pushed::Number(number)) => Value::Number(*number),
            Expr::Is(Pushed::Bool(yes)) => Value::Bool(*yes),
            Expr::Is(Pushed::Fact(Fact::CallerNumber)) => {
                Value::Phone(self.facts.caller_number.as_str().into())
            }
            Expr::Is(Pushed::Fact(Fact::CalledNumber)) => {
                Value::Phone(self.facts.called_number.as_str().into())
            }
            Expr::Is(Pushed::Fact(Fact::CallerName)) => Value::Text(self.facts.caller_name.as_str().into()),
            Expr::Is(Pushed::Moment(moment)) => Value::Moment(moment.ty, i64::from(moment.number)),
            Expr::Is(Pushed::Now(part)) => {
                let now = self.now.expect("the time was asked");
                let number = match part {
                    MomentType::Date => i64::from(now.day),
                    MomentType::Weekday => (i64::from(now.day) - 4).rem_euclid(7),
                    MomentType::Time | MomentType::Duration => i64::from(now.second),
                };
                Value::Moment(*part, number)
            }
            Expr::Variable(name) => self.variables[name].clone(),
            Expr::One(operator, one) => unary(*operator, &self.value(one)),
            Expr::Two(operator, first, second) => binary(*operator, &self.value(first), &self.value(second)),
            Expr::Plus(first, second) => match (self.value(first), self.value(second)) {
                (Value::Text(a), Value::Text(b)) => Value::Text(cut(&(a + &b))),
                (a @ Value::Moment(..), b) => binary(Operator::Add, &a, &b),
                (a, b) => sum(&a, &b, |a, b| a + b),
            },
        }
    }
}

fn unary(operator: Operator, one: &Value) -> Value {
    match (operator, one) {
        (Operator::Not, Value::Bool(yes)) => Value::Bool(!yes),
        (Operator::Length, Value::Text(text) | Value::Phone(text)) => {
            Value::Number(text.chars().count() as i64)
        }
        (Operator::ToText, any) => Value::Text(cut(&any.spelled())),
        (other, value) => panic!("{} of {value:?}", other.name()),
    }
}

fn binary(operator: Operator, first: &Value, second: &Value) -> Value {
    if let (Operator::Add | Operator::Subtract, Value::Moment(ty, a), Value::Moment(other, b)) =
        (operator, first, second)
    {
        let sum = if operator == Operator::Add { a + b } else { a - b };
        return match (ty, other) {
            (MomentType::Time, MomentType::Time) => Value::Moment(MomentType::Duration, sum),
            (MomentType::Time, _) => Value::Moment(MomentType::Time, sum.rem_euclid(86_400)),
            _ => Value::Moment(*ty, sum),
        };
    }
    let texts = || match (first, second) {
        (Value::Text(a), Value::Text(b)) | (Value::Phone(a), Value::Phone(b)) => (a.as_str(), b.as_str()),
        _ => panic!("{} of {first:?} and {second:?}", operator.name()),
    };
    let bools = || match (first, second) {
        (Value::Bool(a), Value::Bool(b)) => (*a, *b),
        _ => panic!("{} of {first:?} and {second:?}", operator.name()),
    };
    match operator {
        Operator::Equal => Value::Bool(first == second),
        Operator::Less => match (first, second) {
            (Value::Number(a), Value::Number(b)) => Value::Bool(a < b),
            (Value::Moment(x, a), Value::Moment(y, b)) if x == y => Value::Bool(a < b),
            _ => panic!("{first:?} < {second:?}"),
        },
        Operator::And => Value::Bool(bools().0 & bools().1),
        Operator::Or => Value::Bool(bools().0 | bools().1),
        Operator::Add => sum(first, second, |a, b| a + b),
        Operator::Subtract => sum(first, second, |a, b| a - b),
        Operator::Multiply => sum(first, second, |a, b| a * b),
        Operator::Concat => Value::Text(cut(&format!("{}{}", texts().0, texts().1))),
        Operator::StartsWith => Value::Bool(texts().0.starts_with(texts().1)),
        Operator::EndsWith => Value::Bool(texts().0.ends_with(texts().1)),
        Operator::Contains => Value::Bool(texts().0.contains(texts().1)),
        Operator::Not | Operator::Length | Operator::ToText => panic!("{} takes one value", operator.name()),
    }
}

/// A sum, difference or product; it stays at the end of the range.
fn sum(first: &Value, second: &Value, of: impl Fn(i128, i128) -> i128) -> Value {
    let (Value::Number(a), Value::Number(b)) = (first, second) else { panic!("{first:?} and {second:?}") };
    let exact = of(i128::from(*a), i128::from(*b));
    Value::Number(exact.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

/// As many whole characters as fit.
fn cut(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        if kept.len() + c.len_utf8() > TEXT_BYTES {
            break;
        }
        kept.push(c);
    }
    kept
}
