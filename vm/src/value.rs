//! Values of expressions and variables, their types, and what can be done with them. There is no implicit
//! conversion: an operator takes the types that its [`Operator::result`] lists and nothing else, and the
//! verifier holds every path to it.

use std::fmt;

use crate::effect::{Digits, LocalTime};
use crate::limits::{CALL_VARIABLES_MAX, SUBFLOWS_MAX, VALUE_BYTES_MAX, VARIABLES_MAX};
use crate::table::DayMask;
use crate::text::show_date;

/// Text of at most [`VALUE_BYTES_MAX`] bytes, held in place so that a run allocates nothing for it.
#[derive(Clone, Copy)]
pub struct Text {
    length: u8,
    bytes: [u8; VALUE_BYTES_MAX],
}

const _: () = assert!(VALUE_BYTES_MAX <= u8::MAX as usize, "a text's length is a byte");

impl Text {
    /// Nothing.
    pub const EMPTY: Text = Text { length: 0, bytes: [0; VALUE_BYTES_MAX] };

    /// The text, as much of it as fits: it is cut between characters, never in one.
    #[must_use]
    pub fn cut(text: &str) -> Text {
        let mut made = Text::EMPTY;
        made.push(text);
        made
    }

    /// Adds as much of a text as fits.
    fn push(&mut self, more: &str) {
        let from = usize::from(self.length);
        let room = VALUE_BYTES_MAX - from;
        let end =
            (0..=room.min(more.len())).rev().find(|end| more.is_char_boundary(*end)).unwrap_or_default();
        let Some(more) = more.as_bytes().get(..end) else { return };
        if let Some(free) = self.bytes.get_mut(from..from + end) {
            free.copy_from_slice(more);
            self.length = u8::try_from(from + end).unwrap_or(u8::MAX);
        }
    }

    /// As a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        str::from_utf8(used).unwrap_or_default()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Text {}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Default for Text {
    fn default() -> Text {
        Text::EMPTY
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// What is known of a call when it comes, and never changes: what expressions read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CallFacts {
    /// The caller's number; empty if it is withheld.
    pub caller_number: Text,
    /// The caller's name; empty if there is none.
    pub caller_name: Text,
    /// The number that was dialled.
    pub called_number: Text,
}

/// One of [`CallFacts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// [`CallFacts::caller_number`].
    CallerNumber,
    /// [`CallFacts::caller_name`].
    CallerName,
    /// [`CallFacts::called_number`].
    CalledNumber,
}

impl Fact {
    /// Every fact; its place here is its number in the bytes.
    pub const ALL: [Fact; 3] = [Fact::CallerNumber, Fact::CallerName, Fact::CalledNumber];

    /// The word in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Fact::CallerNumber => "caller_number",
            Fact::CallerName => "caller_name",
            Fact::CalledNumber => "called_number",
        }
    }

    /// Its type.
    #[must_use]
    pub const fn ty(self) -> Type {
        match self {
            Fact::CallerNumber | Fact::CalledNumber => Type::Phone,
            Fact::CallerName => Type::Text,
        }
    }

    /// Its value of a call.
    #[must_use]
    pub const fn of(self, facts: &CallFacts) -> Value {
        match self {
            Fact::CallerNumber => Value::Phone(facts.caller_number),
            Fact::CallerName => Value::Text(facts.caller_name),
            Fact::CalledNumber => Value::Phone(facts.called_number),
        }
    }
}

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A whole number.
    Number,
    /// Text.
    Text,
    /// A phone number: digits, with `+` before them or not. It isn't a figure and isn't text.
    Phone,
    /// A length of time in seconds; it may be less than nothing.
    Duration,
    /// A time of the day.
    Time,
    /// A date.
    Date,
    /// A day of the week.
    Weekday,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 8] = [
        Type::Bool,
        Type::Number,
        Type::Text,
        Type::Phone,
        Type::Duration,
        Type::Time,
        Type::Date,
        Type::Weekday,
    ];

    /// The word in declarations, listings and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Number => "number",
            Type::Text => "text",
            Type::Phone => "phone",
            Type::Duration => "duration",
            Type::Time => "time",
            Type::Date => "date",
            Type::Weekday => "weekday",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Type::Bool => "yes or no",
            Type::Number => "a number",
            Type::Text => "text",
            Type::Phone => "a phone number",
            Type::Duration => "a length of time",
            Type::Time => "a time of day",
            Type::Date => "a date",
            Type::Weekday => "a day of the week",
        }
    }
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(Text),
    /// A phone number.
    Phone(Text),
    /// A length of time, a time of day, a date or a weekday.
    Moment(Moment),
}

/// What a [`Moment`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MomentType {
    /// Seconds.
    Duration,
    /// Second of the day, 0–86,399.
    Time,
    /// Days since 1970-01-01.
    Date,
    /// 0 = Monday … 6 = Sunday.
    Weekday,
}

impl MomentType {
    /// Every one; its place here is its number in the bytes.
    pub const ALL: [MomentType; 4] =
        [MomentType::Duration, MomentType::Time, MomentType::Date, MomentType::Weekday];

    /// The word in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MomentType::Duration => "duration",
            MomentType::Time => "time",
            MomentType::Date => "date",
            MomentType::Weekday => "weekday",
        }
    }

    /// The type.
    #[must_use]
    pub const fn ty(self) -> Type {
        match self {
            MomentType::Duration => Type::Duration,
            MomentType::Time => Type::Time,
            MomentType::Date => Type::Date,
            MomentType::Weekday => Type::Weekday,
        }
    }

    /// Whether there is such a moment.
    #[must_use]
    pub const fn has(self, number: i32) -> bool {
        match self {
            MomentType::Duration | MomentType::Date => true,
            MomentType::Time => 0 <= number && number < DAY_S,
            MomentType::Weekday => 0 <= number && number < 7,
        }
    }

    /// That part of a local time; the seconds since midnight as a length of time.
    #[must_use]
    pub fn of(self, now: LocalTime) -> Moment {
        let second = i32::try_from(now.second).unwrap_or_default();
        let number = match self {
            MomentType::Duration | MomentType::Time => second,
            MomentType::Date => now.day,
            MomentType::Weekday => i32::from(now.weekday()),
        };
        Moment { ty: self, number }
    }
}

/// Seconds of a day.
const DAY_S: i32 = 86_400;

/// A length of time, a time of day, a date or a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// Which of these.
    pub ty: MomentType,
    /// Its number, as [`MomentType`] counts it.
    pub number: i32,
}

impl Moment {
    fn to_text(self) -> Text {
        let number = self.number;
        Text::cut(&match self.ty {
            MomentType::Duration if number % 3_600 == 0 && number != 0 => format!("{}h", number / 3_600),
            MomentType::Duration if number % 60 == 0 && number != 0 => format!("{}m", number / 60),
            MomentType::Duration => format!("{number}s"),
            MomentType::Time if number % 60 == 0 => format!("{:02}:{:02}", number / 3_600, number / 60 % 60),
            MomentType::Time => {
                format!("{:02}:{:02}:{:02}", number / 3_600, number / 60 % 60, number % 60)
            }
            MomentType::Date => show_date(number),
            MomentType::Weekday => {
                let day = usize::try_from(number).ok().and_then(|day| DayMask::NAMES.get(day));
                day.copied().unwrap_or_default().to_owned()
            }
        })
    }

    /// The sum of two moments, or the difference (`sign` is -1).
    fn plus(self, other: Moment, sign: i32) -> Option<Moment> {
        let moved = self.number.saturating_add(other.number.saturating_mul(sign));
        let (ty, number) = match (self.ty, other.ty) {
            (MomentType::Duration, MomentType::Duration) => (MomentType::Duration, moved),
            (MomentType::Time, MomentType::Duration) => (MomentType::Time, moved.rem_euclid(DAY_S)),
            (MomentType::Time, MomentType::Time) if sign < 0 => (MomentType::Duration, moved),
            _ => return None,
        };
        Some(Moment { ty, number })
    }
}

impl Value {
    /// Its type.
    #[must_use]
    pub const fn ty(self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::Number(_) => Type::Number,
            Value::Text(_) => Type::Text,
            Value::Phone(_) => Type::Phone,
            Value::Moment(moment) => moment.ty.ty(),
        }
    }

    fn to_text(self) -> Text {
        match self {
            Value::Bool(yes) => Text::cut(if yes { "true" } else { "false" }),
            Value::Number(number) => Text::cut(&number.to_string()),
            Value::Text(text) | Value::Phone(text) => text,
            Value::Moment(moment) => moment.to_text(),
        }
    }
}

/// As what the digits that a caller entered are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigitsAs {
    /// As text: zeros in front stay.
    Text,
    /// As a number; at the end of the range it stays there.
    Number,
    /// As a phone number.
    Phone,
}

impl DigitsAs {
    /// Every one; its place here is its number in the bytes.
    pub const ALL: [DigitsAs; 3] = [DigitsAs::Text, DigitsAs::Number, DigitsAs::Phone];

    /// The word in text, JSON and listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DigitsAs::Text => "text",
            DigitsAs::Number => "number",
            DigitsAs::Phone => "phone",
        }
    }

    /// The type.
    #[must_use]
    pub const fn ty(self) -> Type {
        match self {
            DigitsAs::Text => Type::Text,
            DigitsAs::Number => Type::Number,
            DigitsAs::Phone => Type::Phone,
        }
    }

    /// The digits as a value.
    pub(crate) fn of(self, digits: &Digits) -> Value {
        let text = digits.as_str();
        match self {
            DigitsAs::Text => Value::Text(Text::cut(text)),
            DigitsAs::Number => Value::Number(text.parse().unwrap_or(i64::MAX)),
            DigitsAs::Phone => Value::Phone(Text::cut(text)),
        }
    }
}

macro_rules! operators {
    ($($(#[doc = $doc:literal])* $Name:ident $name:literal $pops:literal;)*) => {
        /// What is done with the values on top of the stack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Operator {
            $($(#[doc = $doc])* $Name,)*
        }

        impl Operator {
            /// Every operator; its place here is its number in the bytes, so new ones go to the end.
            pub const ALL: &'static [Operator] = &[$(Operator::$Name),*];

            /// The word in listings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Operator::$Name => $name,)* }
            }

            /// How many values it takes: 1 or 2.
            #[must_use]
            pub const fn takes(self) -> u8 {
                match self { $(Operator::$Name => $pops,)* }
            }
        }
    };
}

operators! {
    /// Whether two values of one type are the same.
    Equal "equal" 2;
    /// Whether the first number (or length of time, time of day, date) is less than the second.
    Less "less" 2;
    /// No for yes, yes for no.
    Not "not" 1;
    /// Whether both are yes.
    And "and" 2;
    /// Whether one is yes.
    Or "or" 2;
    /// The sum of two numbers or lengths of time; at the end of the range it stays there. A time of day and a length
    /// of time give the time of day after it.
    Add "add" 2;
    /// The first number, or length of time, less the second; at the end of the range it stays there. A time of day
    /// less a length of time is the time of day before it, and less another time of day the time between them.
    Subtract "subtract" 2;
    /// The product of two numbers; at the end of the range it stays there.
    Multiply "multiply" 2;
    /// One text behind the other; cut where a text ends.
    Concat "concat" 2;
    /// Whether the first text (or phone number) begins by the second.
    StartsWith "starts_with" 2;
    /// Whether the first text (or phone number) ends by the second.
    EndsWith "ends_with" 2;
    /// Whether the second text is somewhere in the first.
    Contains "contains" 2;
    /// How many characters a text (or phone number) has.
    Length "length" 1;
    /// Any value as text.
    ToText "to_text" 1;
}

impl Operator {
    /// The type that comes of these types; `None` if it doesn't take them. `second` is what was pushed last;
    /// an operator that takes one value looks at `first` alone.
    #[must_use]
    pub fn result(self, first: Type, second: Type) -> Option<Type> {
        let both = |ty| first == ty && second == ty;
        let spelled = first == second && matches!(first, Type::Text | Type::Phone);
        match self {
            Operator::Equal => (first == second).then_some(Type::Bool),
            Operator::Less => {
                let ordered = matches!(first, Type::Number | Type::Duration | Type::Time | Type::Date);
                (ordered && first == second).then_some(Type::Bool)
            }
            Operator::Not => (first == Type::Bool).then_some(Type::Bool),
            Operator::And | Operator::Or => both(Type::Bool).then_some(Type::Bool),
            Operator::Add | Operator::Subtract => match (first, second) {
                (Type::Number, Type::Number) => Some(Type::Number),
                (Type::Duration, Type::Duration) => Some(Type::Duration),
                (Type::Time, Type::Duration) => Some(Type::Time),
                (Type::Time, Type::Time) if self == Operator::Subtract => Some(Type::Duration),
                _ => None,
            },
            Operator::Multiply => both(Type::Number).then_some(Type::Number),
            Operator::Concat => both(Type::Text).then_some(Type::Text),
            Operator::StartsWith | Operator::EndsWith => spelled.then_some(Type::Bool),
            Operator::Contains => both(Type::Text).then_some(Type::Bool),
            Operator::Length => matches!(first, Type::Text | Type::Phone).then_some(Type::Number),
            Operator::ToText => Some(Type::Text),
        }
    }

    /// The value that comes of these values; `None` for types that it doesn't take.
    #[must_use]
    pub fn run(self, first: Value, second: Value) -> Option<Value> {
        let texts = || match (first, second) {
            (Value::Text(a), Value::Text(b)) | (Value::Phone(a), Value::Phone(b)) => Some((a, b)),
            _ => None,
        };
        let numbers = || match (first, second) {
            (Value::Number(a), Value::Number(b)) => Some((a, b)),
            _ => None,
        };
        let bools = || match (first, second) {
            (Value::Bool(a), Value::Bool(b)) => Some((a, b)),
            _ => None,
        };
        Some(match self {
            Operator::Equal => Value::Bool(first == second),
            Operator::Less => match (first, second) {
                (Value::Moment(a), Value::Moment(b)) if a.ty == b.ty && a.ty != MomentType::Weekday => {
                    Value::Bool(a.number < b.number)
                }
                _ => numbers().map(|(a, b)| Value::Bool(a < b))?,
            },
            Operator::Not => match first {
                Value::Bool(yes) => Value::Bool(!yes),
                Value::Number(_) | Value::Text(_) | Value::Phone(_) | Value::Moment(_) => return None,
            },
            Operator::And => bools().map(|(a, b)| Value::Bool(a && b))?,
            Operator::Or => bools().map(|(a, b)| Value::Bool(a || b))?,
            Operator::Add | Operator::Subtract if matches!(first, Value::Moment(_)) => {
                match (first, second) {
                    (Value::Moment(a), Value::Moment(b)) => {
                        Value::Moment(a.plus(b, if self == Operator::Add { 1 } else { -1 })?)
                    }
                    _ => return None,
                }
            }
            Operator::Add => numbers().map(|(a, b)| Value::Number(a.saturating_add(b)))?,
            Operator::Subtract => numbers().map(|(a, b)| Value::Number(a.saturating_sub(b)))?,
            Operator::Multiply => numbers().map(|(a, b)| Value::Number(a.saturating_mul(b)))?,
            Operator::Concat => {
                let (mut a, b) = texts()?;
                a.push(b.as_str());
                Value::Text(a)
            }
            Operator::StartsWith => texts().map(|(a, b)| Value::Bool(a.as_str().starts_with(b.as_str())))?,
            Operator::EndsWith => texts().map(|(a, b)| Value::Bool(a.as_str().ends_with(b.as_str())))?,
            Operator::Contains => texts().map(|(a, b)| Value::Bool(a.as_str().contains(b.as_str())))?,
            Operator::Length => match first {
                Value::Text(text) | Value::Phone(text) => {
                    Value::Number(i64::try_from(text.as_str().chars().count()).unwrap_or(i64::MAX))
                }
                Value::Bool(_) | Value::Number(_) | Value::Moment(_) => return None,
            },
            Operator::ToText => Value::Text(first.to_text()),
        })
    }
}

/// The values of a run: variables and the stack of the expression that is being computed. Neither grows
/// beyond its limit; the verifier has counted. Variables of a subflow stand behind those of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Values {
    variables: Vec<Option<Value>>,
    stack: Vec<Value>,
    /// Where the variables begin, of every subflow that the run is in.
    bases: [u8; SUBFLOWS_MAX],
    depth: u8,
}

impl Default for Values {
    fn default() -> Values {
        Values { variables: Vec::new(), stack: Vec::new(), bases: [0; _], depth: 0 }
    }
}

impl Values {
    pub(crate) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    pub(crate) fn pop(&mut self) -> Option<Value> {
        self.stack.pop()
    }

    fn base(&self) -> usize {
        self.bases().last().copied().map_or(0, usize::from)
    }

    /// Where the variables of every subflow begin.
    pub(crate) fn bases(&self) -> &[u8] {
        self.bases.get(..usize::from(self.depth)).unwrap_or_default()
    }

    /// Goes into a subflow whose variables begin there; `None` beyond the limits.
    pub(crate) fn come_from(&mut self, base: u8) -> Option<()> {
        let fits = usize::from(base) >= self.base() && base <= CALL_VARIABLES_MAX - VARIABLES_MAX;
        let slot = self.bases.get_mut(usize::from(self.depth)).filter(|_| fits)?;
        *slot = base;
        self.depth += 1;
        Some(())
    }

    /// Goes into a subflow behind so many variables.
    pub(crate) fn call(&mut self, keeps: u8) -> Option<()> {
        let base = u8::try_from(self.base() + usize::from(keeps)).ok()?;
        self.come_from(base)
    }

    /// Comes back: the variables of the subflow are gone.
    pub(crate) fn come_back(&mut self) -> Option<()> {
        let base = self.base();
        self.depth = self.depth.checked_sub(1)?;
        *self.bases.get_mut(usize::from(self.depth))? = 0;
        self.variables.truncate(base);
        // Two runs at one place are equal: what was never set leaves no trace.
        while self.variables.pop_if(|last| last.is_none()).is_some() {}
        Some(())
    }

    pub(crate) fn load(&self, variable: u8) -> Option<Value> {
        self.variables.get(self.base() + usize::from(variable)).copied().flatten()
    }

    pub(crate) fn store(&mut self, variable: u8, value: Value) {
        let place = self.base() + usize::from(variable);
        self.put_at(place, value);
    }

    /// Stores without regard to subflows.
    pub(crate) fn put(&mut self, place: u8, value: Value) {
        self.put_at(usize::from(place), value);
    }

    fn put_at(&mut self, place: usize, value: Value) {
        if self.variables.len() <= place {
            self.variables.resize(place + 1, None);
        }
        if let Some(slot) = self.variables.get_mut(place) {
            *slot = Some(value);
        }
    }

    /// Computes with the top of the stack.
    pub(crate) fn apply(&mut self, operator: Operator) -> Option<()> {
        let second = self.pop()?;
        let first = if operator.takes() == 2 { self.pop()? } else { second };
        self.push(operator.run(first, second)?);
        Some(())
    }

    /// Makes all texts and phone numbers in variables empty.
    pub(crate) fn blank_texts(&mut self) {
        for value in self.variables.iter_mut().flatten() {
            match value {
                Value::Text(text) | Value::Phone(text) => *text = Text::EMPTY,
                Value::Bool(_) | Value::Number(_) | Value::Moment(_) => {}
            }
        }
    }

    pub(crate) fn variables(&self) -> &[Option<Value>] {
        &self.variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn moment(ty: MomentType, number: i32) -> Value {
        Value::Moment(Moment { ty, number })
    }

    const SAMPLES: [Value; 14] = [
        moment(MomentType::Duration, i32::MAX),
        moment(MomentType::Duration, i32::MIN),
        moment(MomentType::Time, 86_399),
        moment(MomentType::Date, i32::MIN),
        moment(MomentType::Date, 20_812),
        moment(MomentType::Weekday, 6),
        Value::Bool(true),
        Value::Bool(false),
        Value::Number(i64::MIN),
        Value::Number(7),
        Value::Number(i64::MAX),
        Value::Text(Text::EMPTY),
        Value::Phone(Text::EMPTY),
        Value::Number(-1),
    ];

    #[test]
    fn moments_reckon_as_clocks_do() {
        let (d, t) = (|n| moment(MomentType::Duration, n), |n| moment(MomentType::Time, n));
        assert_eq!(Operator::Add.run(t(86_000), d(3_600)), Some(t(3_200)));
        assert_eq!(Operator::Subtract.run(t(60), d(3_600)), Some(t(82_860)));
        assert_eq!(Operator::Subtract.run(t(3_600), t(7_200)), Some(d(-3_600)));
        assert_eq!(Operator::Add.run(d(i32::MAX), d(1)), Some(d(i32::MAX)));
        for (value, text) in [
            (d(90), "90s"),
            (d(120), "2m"),
            (d(-7_200), "-2h"),
            (d(0), "0s"),
            (t(30_600), "08:30"),
            (t(1), "00:00:01"),
            (moment(MomentType::Date, 20_812), "2026-12-25"),
            (moment(MomentType::Weekday, 0), "mon"),
        ] {
            assert_eq!(value.to_text().as_str(), text);
        }
    }

    /// What the verifier promises is what the machine does: a result of the promised type, for every pair.
    #[test]
    fn operators_do_what_their_types_say() {
        for operator in Operator::ALL {
            for first in SAMPLES {
                for second in SAMPLES.into_iter().filter(|s| operator.takes() == 2 || s.ty() == first.ty()) {
                    let promised = operator.result(first.ty(), second.ty());
                    if let Some(promised) = promised {
                        let got = operator.run(first, second).map(Value::ty);
                        assert_eq!(got, Some(promised), "{operator:?} {first:?} {second:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn operators_compute() {
        let text = |t: &str| Value::Text(Text::cut(t));
        let phone = |t: &str| Value::Phone(Text::cut(t));
        for (operator, first, second, result) in [
            (Operator::Equal, text("a"), text("a"), Value::Bool(true)),
            (Operator::Equal, text("1"), phone("1"), Value::Bool(false)),
            (Operator::Less, Value::Number(1), Value::Number(2), Value::Bool(true)),
            (Operator::Less, Value::Number(2), Value::Number(2), Value::Bool(false)),
            (Operator::Subtract, Value::Number(1), Value::Number(2), Value::Number(-1)),
            (Operator::Add, Value::Number(i64::MAX), Value::Number(1), Value::Number(i64::MAX)),
            (Operator::Multiply, Value::Number(6), Value::Number(7), Value::Number(42)),
            (Operator::And, Value::Bool(true), Value::Bool(false), Value::Bool(false)),
            (Operator::Or, Value::Bool(true), Value::Bool(false), Value::Bool(true)),
            (Operator::Concat, text("a"), text("b"), text("ab")),
            (Operator::StartsWith, phone("+614"), phone("+61"), Value::Bool(true)),
            (Operator::EndsWith, text("abc"), text("ab"), Value::Bool(false)),
            (Operator::Contains, text("abc"), text("b"), Value::Bool(true)),
            (Operator::Length, text("Büro"), text("Büro"), Value::Number(4)),
            (Operator::ToText, Value::Number(-5), Value::Number(-5), text("-5")),
        ] {
            assert_eq!(operator.run(first, second), Some(result), "{operator:?}");
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        let long = "ü".repeat(VALUE_BYTES_MAX);
        let cut = Text::cut(&long);
        assert_eq!(cut.as_str(), "ü".repeat(VALUE_BYTES_MAX / 2));
        let mut odd = Text::cut("a");
        odd.push(&long);
        assert!(odd.as_str().len() < VALUE_BYTES_MAX && odd.as_str().starts_with("aü"));
    }
}
