//! Reads expressions: tokens, then by precedence. `or` binds least, then `and`, `not`, comparisons, `+` and `-`, `*`.

use flow_vm::table::DayMask;
use flow_vm::value::{Moment, MomentType, Operator};

use super::{Expr, ExprError, FACTS, NOW, written};
use crate::ir::Pushed;
use crate::limits;
use crate::value::{clock, date, duration};

/// Reads an expression.
///
/// # Errors
/// Where the text stops being one, and what is due there.
pub fn read(text: &str) -> Result<Expr, ExprError> {
    let mut reader = Reader { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
    let expr = reader.level(0)?;
    match reader.tokens.next() {
        None => Ok(expr),
        Some(token) => Err(ExprError(format!("{} is one word too many", token.shown()))),
    }
}

/// Reads a text with expressions in `{…}`. Its value is text.
///
/// # Errors
/// A brace without its other, or what is wrong with the expression in it.
pub fn read_template(text: &str) -> Result<Expr, ExprError> {
    if text.len() > limits::EXPRESSION_BYTES_MAX {
        return Err(too_long());
    }
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            plain.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            plain.push('}');
            rest = after;
        } else {
            let inside = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let (inside, after) = inside.ok_or_else(|| {
                ExprError("a `{` or `}` stands alone: `{caller.name}`, or `{{` for a brace".to_owned())
            })?;
            parts.push(written(&std::mem::take(&mut plain), Pushed::Text)?);
            parts.push(Expr::One(Operator::ToText, Box::new(read(inside)?)));
            rest = after;
        }
    }
    plain.push_str(rest);
    parts.push(written(&plain, Pushed::Text)?);
    let empty = Expr::Is(Pushed::Text(String::new()));
    parts.retain(|part| *part != empty);
    let join = |a, b| Expr::Two(Operator::Concat, Box::new(a), Box::new(b));
    Ok(parts.into_iter().reduce(join).unwrap_or(empty))
}

fn too_long() -> ExprError {
    ExprError(format!("an expression has at most {} bytes", limits::EXPRESSION_BYTES_MAX))
}

/// Whether a text can be a variable's name: letters, digits and `_`, no digit first, and no word of the language.
pub(super) fn is_name(text: &str) -> bool {
    let is = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= limits::NAME_BYTES_MAX
        && text.chars().next().is_some_and(|c| is(c) && !c.is_ascii_digit())
        && text.chars().all(is)
        && !WORDS.contains(&text)
        && !DayMask::NAMES.contains(&text)
}

const WORDS: [&str; 11] =
    ["and", "or", "not", "true", "false", "starts_with", "ends_with", "contains", "length", "text", "tel"];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Sign(&'static str),
    Text(&'t str),
    Phone(&'t str),
    Number(i64),
    Moment(Moment),
}

impl Token<'_> {
    fn shown(&self) -> String {
        match self {
            Token::Word(word) => format!("`{word}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Text(text) => format!("the text `'{text}'`"),
            Token::Phone(phone) => format!("the phone number `{phone}`"),
            Token::Number(number) => format!("the number `{number}`"),
            Token::Moment(moment) => moment.ty.ty().noun().to_owned(),
        }
    }
}

const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "(", ")"];

fn tokens(text: &str) -> Result<Vec<Token<'_>>, ExprError> {
    if text.len() > limits::EXPRESSION_BYTES_MAX {
        return Err(too_long());
    }
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        // Behind a value a `+` is a sum; anywhere else it begins a phone number.
        let behind = found.last().is_some_and(|last| match last {
            Token::Sign(sign) => *sign == ")",
            Token::Word(word) => !WORDS.contains(word) || matches!(*word, "true" | "false"),
            Token::Text(_) | Token::Phone(_) | Token::Number(_) | Token::Moment(_) => true,
        });
        let (token, after) = token(rest, first, behind)?;
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn token(rest: &str, first: char, behind: bool) -> Result<(Token<'_>, &str), ExprError> {
    if matches!(first, '\'' | '"') {
        let inside = rest.get(1..).and_then(|rest| rest.split_once(first));
        let (inside, after) = inside.ok_or_else(|| ExprError("a text has no closing quote".to_owned()))?;
        return Ok((Token::Text(inside), after));
    }
    if let Some(phone) = rest.strip_prefix("tel:") {
        let end = phone.find(|c: char| !c.is_ascii_digit() && !matches!(c, '+' | '*' | '#'));
        let (phone, after) = phone.split_at(end.unwrap_or(phone.len()));
        return match phone {
            "" => Err(ExprError("a phone number is missing behind `tel:`".to_owned())),
            phone => Ok((Token::Phone(phone), after)),
        };
    }
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let signed = rest.strip_prefix(['+', '-']).filter(|_| !behind);
    if let Some(end) = signed.map(digits).filter(|end| *end > 0) {
        let (word, after) = rest.split_at(end + 1);
        return match first {
            '+' => Ok((Token::Phone(word), after)),
            _ => Ok((Token::Number(number(word)?), after)),
        };
    }
    if first.is_ascii_digit() {
        return figure(rest);
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        return Ok((Token::Word(word), after));
    }
    match SIGNS.iter().find_map(|sign| Some((*sign, rest.strip_prefix(sign)?))) {
        Some((sign, after)) => Ok((Token::Sign(sign), after)),
        None if matches!(first, '‘' | '’' | '“' | '”') => Err(ExprError(format!(
            "`{first}` is a quote of print; a text stands in single quotes: `'sales'`"
        ))),
        None if first == '=' => Err(ExprError("`=` gives a value; `==` compares".to_owned())),
        None => Err(ExprError(format!("`{first}` has no meaning in an expression"))),
    }
}

/// A number, a length of time (`25s`), a time of day (`08:30`) or a date (`2026-12-25`).
fn figure(rest: &str) -> Result<(Token<'_>, &str), ExprError> {
    let date = |text: &str| {
        let bytes = text.bytes().enumerate();
        text.len() == 10
            && bytes.into_iter().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() })
    };
    if let Some((word, after)) = rest.split_at_checked(10).filter(|(word, _)| date(word)) {
        let day = date::read(word).ok_or_else(|| ExprError(format!("there is no day `{word}`")))?;
        return Ok((Token::Moment(Moment { ty: MomentType::Date, number: day.day }), after));
    }
    let is = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '_';
    let (word, after) = rest.split_at(rest.find(|c| !is(c)).unwrap_or(rest.len()));
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Ok((Token::Number(number(word)?), after));
    }
    let moment = if word.contains(':') {
        let (clock, seconds) = match word.rsplit_once(':') {
            Some((clock, seconds)) if clock.contains(':') => {
                (clock, seconds.parse().ok().filter(|s| *s < 60))
            }
            Some(_) | None => (word, Some(0)),
        };
        let minute = clock::read(clock).filter(|minute| *minute < 1_440);
        let second = minute.zip(seconds).map(|(minute, s)| i32::from(minute) * 60 + s);
        let wrong = || ExprError(format!("`{word}` is no time of day such as `08:30`"));
        Moment { ty: MomentType::Time, number: second.ok_or_else(wrong)? }
    } else {
        let wrong = || match duration::meant(word) {
            Some(s) => ExprError(format!(
                "`{word}` isn't how a length of time is written; did you mean `{}`?",
                duration::print(s)
            )),
            None => ExprError(format!(
                "`{word}` is neither a number nor a length of time such as `25s` or `2min`"
            )),
        };
        let seconds = duration::read(word).and_then(|s| i32::try_from(s).ok());
        Moment { ty: MomentType::Duration, number: seconds.ok_or_else(wrong)? }
    };
    Ok((Token::Moment(moment), after))
}

fn number(word: &str) -> Result<i64, ExprError> {
    word.parse().map_err(|_| ExprError(format!("the number `{word}` is too large")))
}

struct Reader<'t> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'t>>>,
    depth: usize,
}

/// Levels of precedence, the loosest first. Comparisons don't chain.
const COMPARE: u8 = 3;

impl Reader<'_> {
    /// An expression of a level and everything that binds tighter.
    fn level(&mut self, level: u8) -> Result<Expr, ExprError> {
        self.depth += 1;
        if self.depth > limits::EXPRESSION_DEPTH_MAX {
            return Err(ExprError("the expression is nested too deep: split it by a `set`".to_owned()));
        }
        let made = match level {
            2 if self.takes(&Token::Word("not")) => {
                Ok(Expr::One(Operator::Not, Box::new(self.level(level)?)))
            }
            2 => self.level(COMPARE),
            6 => self.value(),
            level => self.chain(level),
        };
        self.depth -= 1;
        made
    }

    fn chain(&mut self, level: u8) -> Result<Expr, ExprError> {
        let mut made = self.level(level + 1)?;
        while let Some(join) = self.tokens.peek().and_then(|token| operator(level, token)) {
            self.tokens.next();
            let next = self.level(level + 1)?;
            made = join(Box::new(made), Box::new(next));
            if level == COMPARE {
                break;
            }
        }
        Ok(made)
    }

    fn takes(&mut self, wanted: &Token<'_>) -> bool {
        self.tokens.next_if(|token| token == wanted).is_some()
    }

    fn due(&mut self, sign: &'static str) -> Result<(), ExprError> {
        if self.takes(&Token::Sign(sign)) { Ok(()) } else { Err(ExprError(format!("`{sign}` is missing"))) }
    }

    fn value(&mut self) -> Result<Expr, ExprError> {
        let Some(token) = self.tokens.next() else {
            return Err(ExprError("a value is missing at the end".to_owned()));
        };
        match token {
            Token::Text(text) => written(text, Pushed::Text),
            Token::Phone(phone) => written(phone, Pushed::Phone),
            Token::Number(number) => Ok(Expr::Is(Pushed::Number(number))),
            Token::Moment(moment) => Ok(Expr::Is(Pushed::Moment(moment))),
            Token::Word("true") => Ok(Expr::Is(Pushed::Bool(true))),
            Token::Word("false") => Ok(Expr::Is(Pushed::Bool(false))),
            Token::Word("length") => self.function(Operator::Length),
            Token::Word("text") => self.function(Operator::ToText),
            Token::Sign("(") => {
                let inside = self.level(0)?;
                self.due(")")?;
                Ok(inside)
            }
            Token::Word(word) if DayMask::NAMES.contains(&word) => {
                let number =
                    DayMask::NAMES.iter().zip(0..).find(|(name, _)| **name == word).map_or(0, |(_, n)| n);
                Ok(Expr::Is(Pushed::Moment(Moment { ty: MomentType::Weekday, number })))
            }
            Token::Word(word) if NOW.iter().any(|(name, _)| *name == word) => {
                let part =
                    NOW.iter().find(|(name, _)| *name == word).map_or(MomentType::Time, |(_, part)| *part);
                Ok(Expr::Is(Pushed::Now(part)))
            }
            Token::Word(word) => match FACTS.iter().find(|(name, _)| *name == word) {
                Some((_, fact)) => Ok(Expr::Is(Pushed::Fact(*fact))),
                None if is_name(word) => Ok(Expr::Variable(word.to_owned())),
                None if word.contains('.') => {
                    let names = FACTS.iter().map(|(name, _)| *name).chain(NOW.iter().map(|(name, _)| *name));
                    let names = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                    Err(ExprError(format!("nothing is called `{word}`; there are {names}")))
                }
                None => Err(ExprError(format!("`{word}` stands where a value is due"))),
            },
            Token::Sign(sign) => Err(ExprError(format!("`{sign}` stands where a value is due"))),
        }
    }

    fn function(&mut self, operator: Operator) -> Result<Expr, ExprError> {
        self.due("(")?;
        let inside = self.level(0)?;
        self.due(")")?;
        Ok(Expr::One(operator, Box::new(inside)))
    }
}

type Join = fn(Box<Expr>, Box<Expr>) -> Expr;

/// What joins two values at a level, if the token does.
fn operator(level: u8, token: &Token<'_>) -> Option<Join> {
    fn not(expr: Expr) -> Expr {
        Expr::One(Operator::Not, Box::new(expr))
    }
    Some(match (level, token) {
        (0, Token::Word("or")) => |a, b| Expr::Two(Operator::Or, a, b),
        (1, Token::Word("and")) => |a, b| Expr::Two(Operator::And, a, b),
        (COMPARE, Token::Sign("==")) => |a, b| Expr::Two(Operator::Equal, a, b),
        (COMPARE, Token::Sign("!=")) => |a, b| not(Expr::Two(Operator::Equal, a, b)),
        (COMPARE, Token::Sign("<")) => |a, b| Expr::Two(Operator::Less, a, b),
        (COMPARE, Token::Sign(">")) => |a, b| Expr::Two(Operator::Less, b, a),
        (COMPARE, Token::Sign("<=")) => |a, b| not(Expr::Two(Operator::Less, b, a)),
        (COMPARE, Token::Sign(">=")) => |a, b| not(Expr::Two(Operator::Less, a, b)),
        (COMPARE, Token::Word("starts_with")) => |a, b| Expr::Two(Operator::StartsWith, a, b),
        (COMPARE, Token::Word("ends_with")) => |a, b| Expr::Two(Operator::EndsWith, a, b),
        (COMPARE, Token::Word("contains")) => |a, b| Expr::Two(Operator::Contains, a, b),
        (4, Token::Sign("+")) => Expr::Plus,
        (4, Token::Sign("-")) => |a, b| Expr::Two(Operator::Subtract, a, b),
        (5, Token::Sign("*")) => |a, b| Expr::Two(Operator::Multiply, a, b),
        _ => return None,
    })
}
