//! Expressions and texts with expressions in them: how they are read, of which type they are, and the steps that
//! compute them. There is no implicit conversion.
//!
//! ```text
//! caller.number == +61411111111 or caller.number starts_with +6129
//! tries + 1
//! length(caller.name) > 0 and not vip
//! ```
//!
//! A text with expressions is text in which each `{…}` is an expression, whose value stands there as text:
//! `Sales: {caller.name}`. `{{` is a brace.

use std::collections::BTreeMap;
use std::fmt;

use flow_vm::limits::{STACK_MAX, VALUE_BYTES_MAX, VARIABLES_MAX};
use flow_vm::value::{Fact, MomentType, Operator, Type};

use crate::entity::EntityFacts;
use crate::graph::Graph;
use crate::ir::{Pushed, Step};
use crate::limits::EXPRESSION_OPS_MAX;
use crate::nodes::spec::FieldType;
use crate::nodes::{Config, Kind};
use crate::world::World;

mod read;

pub use read::{read, read_template};

/// The names of what is known of every call.
pub const FACTS: [(&str, Fact); 3] = [
    ("caller.number", Fact::CallerNumber),
    ("caller.name", Fact::CallerName),
    ("called.number", Fact::CalledNumber),
];

/// The variable in which digits wait to be confirmed. No name in a flow can be this.
pub(crate) const ASIDE: &str = "(digits)";

/// The names of what the clock says, in the zone of the flow.
pub const NOW: [(&str, MomentType); 3] =
    [("now.time", MomentType::Time), ("now.date", MomentType::Date), ("now.weekday", MomentType::Weekday)];

/// The zone of a flow: its own field, or that of its first time switch.
#[must_use]
pub fn zone_of(graph: &Graph, world: &dyn World) -> Option<String> {
    let own = graph.field("zone").and_then(|f| f.value.as_str());
    own.map(str::to_owned).or_else(|| {
        graph.nodes.values().find_map(|node| {
            let kind = node.kind?.spec().entity.kind()?;
            let facts = world.entity(kind, node.entity_key()?)?;
            if let EntityFacts::TimeSwitch(switch) = facts { Some(switch.timezone.clone()) } else { None }
        })
    })
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A value that is written.
    Is(Pushed),
    /// A variable.
    Variable(String),
    /// An operator with one value.
    One(Operator, Box<Expr>),
    /// An operator with two.
    Two(Operator, Box<Expr>, Box<Expr>),
    /// `+`: the sum of numbers, or one text behind the other.
    Plus(Box<Expr>, Box<Expr>),
}

/// Why a text is no expression, or one that can't be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError(pub String);

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExprError {}

impl Expr {
    /// Its type, with variables of these types.
    ///
    /// # Errors
    /// A variable that has no type, an operator with values that it doesn't take, or an expression that is too large.
    pub fn ty(&self, variables: &Variables) -> Result<Type, ExprError> {
        if self.height() > usize::from(STACK_MAX) {
            return Err(ExprError("the expression is nested too deep: split it by a `set`".to_owned()));
        }
        if self.ops() > EXPRESSION_OPS_MAX {
            let message = "the expression is too long for a call to compute at once: split it by a `set`, with a pause in between";
            return Err(ExprError(message.to_owned()));
        }
        self.infer(variables)
    }

    fn infer(&self, variables: &Variables) -> Result<Type, ExprError> {
        match self {
            Expr::Is(pushed) => Ok(pushed.ty()),
            Expr::Variable(name) => variables
                .get(name)
                .and_then(|v| v.ty)
                .ok_or_else(|| ExprError(format!("no `set` gives `{name}` a value"))),
            Expr::One(operator, one) => {
                let one = one.infer(variables)?;
                result(*operator, one, one)
            }
            Expr::Two(operator, first, second) => {
                result(*operator, first.infer(variables)?, second.infer(variables)?)
            }
            Expr::Plus(first, second) => {
                let (first, second) = (first.infer(variables)?, second.infer(variables)?);
                result(plus(first), first, second)
            }
        }
    }

    /// Variables that it reads.
    pub fn reads<'e>(&'e self, found: &mut Vec<&'e str>) {
        match self {
            Expr::Is(_) => {}
            Expr::Variable(name) => found.push(name),
            Expr::One(_, one) => one.reads(found),
            Expr::Two(_, first, second) | Expr::Plus(first, second) => {
                first.reads(found);
                second.reads(found);
            }
        }
    }

    /// Whether its value may differ from call to call.
    #[must_use]
    pub fn looks_at_the_call(&self) -> bool {
        match self {
            Expr::Is(Pushed::Fact(_) | Pushed::Now(_)) | Expr::Variable(_) => true,
            Expr::Is(
                Pushed::Text(_) | Pushed::Phone(_) | Pushed::Number(_) | Pushed::Bool(_) | Pushed::Moment(_),
            ) => false,
            Expr::One(_, one) => one.looks_at_the_call(),
            Expr::Two(_, first, second) | Expr::Plus(first, second) => {
                first.looks_at_the_call() || second.looks_at_the_call()
            }
        }
    }

    /// Whether it reads the clock, so that the local time must be asked right before it's computed.
    #[must_use]
    pub fn asks_time(&self) -> bool {
        match self {
            Expr::Is(pushed) => matches!(pushed, Pushed::Now(_)),
            Expr::Variable(_) => false,
            Expr::One(_, one) => one.asks_time(),
            Expr::Two(_, first, second) | Expr::Plus(first, second) => {
                first.asks_time() || second.asks_time()
            }
        }
    }

    /// The steps that compute it.
    ///
    /// # Errors
    /// As [`Expr::ty`].
    pub fn steps(&self, variables: &Variables) -> Result<Vec<Step>, ExprError> {
        self.ty(variables)?;
        let mut steps = Vec::new();
        self.put(variables, &mut steps)?;
        Ok(steps)
    }

    /// The steps, and the type of what they leave: asked again at each `+` of a long sum it would cost the square.
    fn put(&self, variables: &Variables, steps: &mut Vec<Step>) -> Result<Type, ExprError> {
        match self {
            Expr::Is(pushed) => {
                steps.push(Step::Push(pushed.clone()));
                Ok(pushed.ty())
            }
            Expr::Variable(name) => {
                steps.push(Step::Load(variables.get(name).map_or(0, |v| v.number)));
                self.infer(variables)
            }
            Expr::One(operator, one) => {
                let one = one.put(variables, steps)?;
                steps.push(Step::Apply(*operator));
                result(*operator, one, one)
            }
            Expr::Two(operator, first, second) => {
                let (first, second) = (first.put(variables, steps)?, second.put(variables, steps)?);
                steps.push(Step::Apply(*operator));
                result(*operator, first, second)
            }
            Expr::Plus(first, second) => {
                let (first, second) = (first.put(variables, steps)?, second.put(variables, steps)?);
                let operator = plus(first);
                steps.push(Step::Apply(operator));
                result(operator, first, second)
            }
        }
    }

    /// How many ops compute it.
    fn ops(&self) -> usize {
        match self {
            Expr::Is(_) | Expr::Variable(_) => 1,
            Expr::One(_, one) => one.ops() + 1,
            Expr::Two(_, first, second) | Expr::Plus(first, second) => first.ops() + second.ops() + 1,
        }
    }

    /// How many values are on the stack at once while it is computed.
    pub(crate) fn height(&self) -> usize {
        match self {
            Expr::Is(_) | Expr::Variable(_) => 1,
            Expr::One(_, one) => one.height(),
            Expr::Two(_, first, second) | Expr::Plus(first, second) => {
                first.height().max(second.height() + 1)
            }
        }
    }
}

fn plus(first: Type) -> Operator {
    match first {
        Type::Text => Operator::Concat,
        Type::Bool
        | Type::Number
        | Type::Phone
        | Type::Duration
        | Type::Time
        | Type::Date
        | Type::Weekday => Operator::Add,
    }
}

fn result(operator: Operator, first: Type, second: Type) -> Result<Type, ExprError> {
    operator.result(first, second).ok_or_else(|| {
        let takes = match operator {
            Operator::Equal => "`==` and `!=` compare two values of one type",
            Operator::Less => {
                "`<`, `<=`, `>` and `>=` compare two numbers, two lengths of time, two times of day or two dates"
            }
            Operator::Not | Operator::And | Operator::Or => "`and`, `or` and `not` take yes or no",
            Operator::Add | Operator::Concat => {
                "`+` takes two numbers, two texts, two lengths of time, or a time of day and a length of time"
            }
            Operator::Subtract => {
                "`-` takes two numbers, two lengths of time, two times of day, or a time of day and a length of time"
            }
            Operator::Multiply => "`*` takes numbers",
            Operator::StartsWith | Operator::EndsWith => {
                "`starts_with` and `ends_with` take two phone numbers or two texts"
            }
            Operator::Contains => "`contains` takes two texts",
            Operator::Length => "`length` takes text or a phone number",
            Operator::ToText => "`text` takes any value",
        };
        let got = match operator.takes() {
            2 => format!("{} and {}", first.noun(), second.noun()),
            _ => first.noun().to_owned(),
        };
        let phone = [first, second].contains(&Type::Phone) && [first, second].contains(&Type::Text);
        let hint = if phone { "; a phone number is written `+61411111111` or `tel:101`" } else { "" };
        let is_time = |ty| matches!(ty, Type::Duration | Type::Time);
        let bare = [first, second].contains(&Type::Number) && (is_time(first) || is_time(second));
        let hint = if bare { "; a length of time has its unit: `25s`, `2min`, `1h`" } else { hint };
        ExprError(format!("{takes}, not {got}{hint}"))
    })
}

/// A variable of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its number in the program.
    pub number: u8,
    /// Its type; `None` where no `set` gives it one that can be told.
    pub ty: Option<Type>,
}

/// The variables of a flow by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    known: BTreeMap<String, Variable>,
    /// Names beyond [`VARIABLES_MAX`].
    pub spare: Vec<String>,
}

impl Variables {
    /// The variables that the nodes of a flow give values. The type is that which a webhook declares or the first `collect`
    /// makes, otherwise that of the first `set` whose type can be told.
    #[must_use]
    pub fn of(graph: &Graph) -> Variables {
        let mut variables = Variables::default();
        let mut sets = Vec::new();
        for (name, ty) in graph.inputs() {
            variables.add(name);
            if let Some(variable) = variables.known.get_mut(name) {
                variable.ty.get_or_insert(ty);
            }
        }
        for node in graph.nodes.values().filter(|n| n.kind == Some(Kind::Collect)) {
            let Some(Config::Collect(collect)) = Config::read(node) else { continue };
            if collect.confirm.is_some() {
                variables.add(ASIDE);
            }
            let Some(name) = collect.variable.filter(|name| read::is_name(name)) else { continue };
            variables.add(&name);
            if let Some(variable) = variables.known.get_mut(&name) {
                variable.ty.get_or_insert(collect.holds.ty());
            }
        }
        for node in graph.nodes.values().filter(|n| n.kind == Some(Kind::Set)) {
            let text = |field| node.field(field).and_then(|f| f.value.as_str());
            let Some(name) = text("variable").filter(|name| read::is_name(name)) else { continue };
            variables.add(name);
            if let Some(Ok(expr)) = text("value").map(read) {
                sets.push((name, expr));
            }
        }
        let mut declared = Vec::new();
        for node in graph.nodes.values() {
            for (name, ty) in crate::webhook::of(node).into_iter().flat_map(|answer| answer.fields) {
                variables.add(&name);
                declared.push((name, ty));
            }
        }
        // A variable's type may hang on that of others: one round for each, at most.
        for (name, ty) in declared {
            if let Some(variable) = variables.known.get_mut(&name) {
                variable.ty = variable.ty.or(Some(ty));
            }
        }
        for _ in 0..=VARIABLES_MAX {
            let mut news = false;
            for (name, expr) in &sets {
                if variables.get(name).is_some_and(|v| v.ty.is_none())
                    && let Ok(ty) = expr.ty(&variables)
                    && let Some(variable) = variables.known.get_mut(*name)
                {
                    variable.ty = Some(ty);
                    news = true;
                }
            }
            if !news {
                break;
            }
        }
        variables
    }

    fn add(&mut self, name: &str) {
        if self.known.contains_key(name) {
            return;
        }
        match u8::try_from(self.known.len()) {
            Ok(number) if number < VARIABLES_MAX => {
                self.known.insert(name.to_owned(), Variable { number, ty: None });
            }
            Ok(_) | Err(_) => self.spare.push(name.to_owned()),
        }
    }

    /// The variable of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Variable> {
        self.known.get(name).copied()
    }

    /// How many there are in the program.
    #[must_use]
    pub fn count(&self) -> u8 {
        u8::try_from(self.known.len()).unwrap_or(VARIABLES_MAX)
    }

    /// Every name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str).filter(|name| *name != ASIDE)
    }
}

/// The expression of a field by the field's type; `None` for a field of another type.
#[must_use]
pub fn of_field(ty: FieldType, text: &str) -> Option<Result<Expr, ExprError>> {
    match ty {
        FieldType::Expr => Some(read(text)),
        FieldType::Template => Some(read_template(text)),
        FieldType::Bool
        | FieldType::Int { .. }
        | FieldType::Seconds { .. }
        | FieldType::Text { .. }
        | FieldType::Word(_)
        | FieldType::Ref(_)
        | FieldType::Refs(_)
        | FieldType::Networks
        | FieldType::Zone
        | FieldType::Weekdays
        | FieldType::Hours
        | FieldType::Dates
        | FieldType::Exit
        | FieldType::Url
        | FieldType::Dial
        | FieldType::Answers
        | FieldType::Inputs
        | FieldType::Names
        | FieldType::Flow
        | FieldType::Exprs
        | FieldType::Variable => None,
    }
}

/// Whether a text can be the name of a variable.
#[must_use]
pub fn is_variable(name: &str) -> bool {
    read::is_name(name)
}

/// A value that is written, if it isn't too long.
fn written(text: &str, make: impl FnOnce(String) -> Pushed) -> Result<Expr, ExprError> {
    if text.len() > VALUE_BYTES_MAX {
        return Err(ExprError(format!("a text has at most {VALUE_BYTES_MAX} bytes")));
    }
    Ok(Expr::Is(make(text.to_owned())))
}

#[cfg(test)]
mod tests;
