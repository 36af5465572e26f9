//! How values look in text. The graph holds them as JSON does; a field's type says how text spells them.

use serde_json::{Value, json};

use super::tree::{Atom, Spelled};
use crate::entity::Weekdays;
use crate::nodes::spec::FieldType;
use crate::value::{clock, date, duration};
use crate::webhook;

/// The value that a spelling means. What doesn't fit the type is kept as it was written, for the checks to name it.
pub(super) fn read(ty: Option<FieldType>, spelled: &Spelled) -> Value {
    let fitting = match (ty, spelled) {
        (_, Spelled::Json(value)) => Some(value.clone()),
        (
            Some(
                FieldType::Refs(_)
                | FieldType::Networks
                | FieldType::Inputs
                | FieldType::Names
                | FieldType::Exprs,
            ),
            Spelled::Atom(atom),
        ) => Some(json!([atom.text])),
        (
            Some(
                FieldType::Refs(_)
                | FieldType::Networks
                | FieldType::Inputs
                | FieldType::Names
                | FieldType::Exprs,
            ),
            Spelled::List(atoms),
        ) => Some(atoms.iter().map(|a| Value::from(a.text.as_str())).collect()),
        (Some(FieldType::Weekdays), Spelled::Atom(atom)) => days(&atom.text).map(Value::from),
        (Some(FieldType::Weekdays), Spelled::List(atoms)) => {
            let lists: Option<Vec<_>> = atoms.iter().map(|a| days(&a.text)).collect();
            lists.map(|l| Value::from(l.concat()))
        }
        (Some(FieldType::Answers), Spelled::Atom(atom)) => {
            webhook::of_text(&atom.text).map(|answer| json!([answer]))
        }
        (Some(FieldType::Answers), Spelled::List(atoms)) => {
            atoms.iter().map(|a| webhook::of_text(&a.text)).collect()
        }
        (Some(FieldType::Hours), Spelled::Atom(atom)) => hours(&atom.text).map(|h| json!([h])),
        (Some(FieldType::Hours), Spelled::List(atoms)) => atoms.iter().map(|a| hours(&a.text)).collect(),
        (Some(FieldType::Dates), Spelled::List(atoms)) => atoms.iter().map(|a| dates(&a.text)).collect(),
        (Some(ty), Spelled::Atom(atom)) => one(ty, atom),
        (_, Spelled::List(_)) | (None, Spelled::Atom(_)) => None,
    };
    fitting.unwrap_or_else(|| untyped(spelled))
}

fn one(ty: FieldType, atom: &Atom) -> Option<Value> {
    match ty {
        // A bare number is no time; kept as written, so that the finding can name it.
        FieldType::Seconds { .. } if !atom.quoted && digits(&atom.text).is_some() => {
            Some(Value::from(atom.text.as_str()))
        }
        FieldType::Seconds { .. } if !atom.quoted => duration::read(&atom.text).map(Value::from),
        FieldType::Dates if !atom.quoted => dates(&atom.text),
        FieldType::Text { .. }
        | FieldType::Expr
        | FieldType::Template
        | FieldType::Variable
        | FieldType::Url
        | FieldType::Dial
        | FieldType::Zone
        | FieldType::Word(_)
        | FieldType::Ref(_)
        | FieldType::Flow
        | FieldType::Exit => Some(Value::from(atom.text.as_str())),
        FieldType::Seconds { .. } | FieldType::Dates => Some(Value::from(atom.text.as_str())),
        FieldType::Bool
        | FieldType::Int { .. }
        | FieldType::Refs(_)
        | FieldType::Networks
        | FieldType::Inputs
        | FieldType::Names
        | FieldType::Exprs
        | FieldType::Weekdays
        | FieldType::Answers
        | FieldType::Hours => None,
    }
}

fn untyped(spelled: &Spelled) -> Value {
    match spelled {
        Spelled::Json(value) => value.clone(),
        Spelled::List(atoms) => atoms.iter().map(bare).collect(),
        Spelled::Atom(atom) => bare(atom),
    }
}

fn bare(atom: &Atom) -> Value {
    if atom.quoted {
        return Value::from(atom.text.as_str());
    }
    match atom.text.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => match serde_json::from_str::<serde_json::Number>(word) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::from(word),
        },
    }
}

fn digits(word: &str) -> Option<u64> {
    word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok())?
}

fn days(word: &str) -> Option<Vec<&'static str>> {
    let index = |name: &str| Weekdays::NAMES.iter().position(|n| *n == name);
    let (from, to) = match word.split_once("..") {
        Some((from, to)) => (index(from)?, index(to)?),
        None => (index(word)?, index(word)?),
    };
    let length = (to + 7 - from) % 7 + 1;
    Some(Weekdays::NAMES.iter().cycle().skip(from).take(length).copied().collect())
}

fn hours(word: &str) -> Option<Value> {
    let (start, end) = word.split_once("..")?;
    Some(json!({ "start": clock::print(clock::read(start)?), "end": clock::print(clock::read(end)?) }))
}

pub(crate) fn dates(word: &str) -> Option<Value> {
    Some(match word.split_once("..") {
        Some((from, to)) => {
            json!({ "from": date::print(date::read(from)?), "to": date::print(date::read(to)?) })
        }
        None => Value::from(date::print(date::read(word)?)),
    })
}

/// The canonical spelling of a value: the first of the spellings, from the nicest to JSON in backticks, that reads back
/// as the same value.
pub(crate) fn print(ty: Option<FieldType>, value: &Value) -> String {
    let reads_back = |spelled: &Spelled| read(ty, spelled) == *value;
    let candidates = candidates(ty, value);
    let found = candidates.into_iter().find(|c| reads_back(c));
    match found {
        Some(Spelled::Atom(atom)) => show(&atom),
        Some(Spelled::List(atoms)) => {
            let shown: Vec<_> = atoms.iter().map(show).collect();
            format!("[{}]", shown.join(", "))
        }
        Some(Spelled::Json(_)) | None => backticks(value),
    }
}

fn candidates(ty: Option<FieldType>, value: &Value) -> Vec<Spelled> {
    let mut found = Vec::new();
    match (ty, value) {
        (Some(FieldType::Seconds { .. }), Value::Number(n)) => {
            found.extend(n.as_u64().map(|s| word(&duration::print(s))))
        }
        (Some(FieldType::Weekdays), Value::Array(names)) => found.extend(day_range(names)),
        (Some(FieldType::Answers), Value::Array(_)) => {
            let texts = webhook::to_text(value);
            let atom = |text: &String| if is_ident(text) { bare_atom(text) } else { quoted_atom(text) };
            found.extend(texts.map(|texts| Spelled::List(texts.iter().map(atom).collect())));
        }
        (Some(FieldType::Hours), Value::Array(ranges)) => {
            let words: Option<Vec<_>> = ranges.iter().map(|r| range(r, "start", "end")).collect();
            found.extend(words.map(|w| list_or_one(&w)));
        }
        (Some(FieldType::Dates), Value::Object(_)) => {
            found.extend(range(value, "from", "to").map(|w| word(&w)));
        }
        (Some(FieldType::Dates), Value::String(s)) => found.push(word(s)),
        (Some(FieldType::Dates), Value::Array(all)) => {
            let each = all.iter().map(|one| match one {
                Value::String(day) => Some(bare_atom(day)),
                Value::Object(_) => range(one, "from", "to").map(|w| bare_atom(&w)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
            });
            found.extend(each.collect::<Option<Vec<_>>>().map(Spelled::List));
        }
        _ => {}
    }
    match value {
        Value::Bool(b) => found.push(word(&b.to_string())),
        Value::Number(n) => found.push(word(&n.to_string())),
        Value::String(s) => {
            let prose = matches!(
                ty,
                None | Some(
                    FieldType::Text { .. }
                        | FieldType::Zone
                        | FieldType::Expr
                        | FieldType::Template
                        | FieldType::Url
                )
            );
            if !prose && is_ident(s) {
                found.push(word(s));
            }
            found.push(string(s));
        }
        Value::Array(values) => found.extend(list(ty, values)),
        Value::Null | Value::Object(_) => {}
    }
    // What a word can't hold would be read as something else.
    found.retain(|s| match s {
        Spelled::Atom(a) => a.quoted || is_word(&a.text),
        Spelled::List(atoms) => atoms.iter().all(|a| a.quoted || is_word(&a.text)),
        Spelled::Json(_) => true,
    });
    found
}

fn list(ty: Option<FieldType>, values: &[Value]) -> Option<Spelled> {
    let bare_names = matches!(ty, Some(FieldType::Refs(_) | FieldType::Weekdays | FieldType::Names));
    let inputs = ty == Some(FieldType::Inputs);
    let atoms: Option<Vec<_>> = values
        .iter()
        .map(|v| match v {
            Value::String(s) if bare_names && is_ident(s) => Some(bare_atom(s)),
            Value::String(s) if inputs && crate::value::input(s).is_some() => Some(bare_atom(s)),
            Value::String(s) => Some(quoted_atom(s)),
            Value::Bool(b) => Some(bare_atom(&b.to_string())),
            Value::Number(n) => Some(bare_atom(&n.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        })
        .collect();
    atoms.map(Spelled::List)
}

fn bare_atom(text: &str) -> Atom {
    Atom { text: text.to_owned(), quoted: false, span: nowhere() }
}

fn quoted_atom(text: &str) -> Atom {
    Atom { text: text.to_owned(), quoted: true, span: nowhere() }
}

fn nowhere() -> crate::diag::Span {
    crate::diag::Span { file: crate::graph::FileId::from_u32(0), start: 0, end: 0 }
}

fn word(text: &str) -> Spelled {
    Spelled::Atom(bare_atom(text))
}

fn string(text: &str) -> Spelled {
    Spelled::Atom(quoted_atom(text))
}

fn day_range(names: &[Value]) -> Option<Spelled> {
    let first = names.first()?.as_str()?;
    let last = names.last()?.as_str()?;
    Some(word(&if names.len() == 1 { first.to_owned() } else { format!("{first}..{last}") }))
}

fn range(value: &Value, from: &str, to: &str) -> Option<String> {
    Some(format!("{}..{}", value.get(from)?.as_str()?, value.get(to)?.as_str()?))
}

fn list_or_one(words: &[String]) -> Spelled {
    match words {
        [one] => word(one),
        many => Spelled::List(many.iter().map(|w| bare_atom(w)).collect()),
    }
}

fn show(atom: &Atom) -> String {
    if atom.quoted { quote(&atom.text) } else { atom.text.clone() }
}

/// JSON between backticks; a backtick inside is escaped.
pub(super) fn backticks(value: &Value) -> String {
    format!("`{}`", value.to_string().replace('`', "\\u0060"))
}

/// A string in quotes.
pub(crate) fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// A name, in quotes where it must be.
pub(crate) fn name(text: &str) -> String {
    if is_ident(text) { text.to_owned() } else { quote(text) }
}

/// The name of a node as a test says it: one of a flow that is called is `flow/node`.
pub(crate) fn node(text: &str) -> String {
    match text.split_once('/') {
        Some((flow, node)) if is_ident(flow) && is_ident(node) => text.to_owned(),
        Some(_) | None => name(text),
    }
}

/// A handle: keys of a menu need no quotes either.
pub(crate) fn handle(text: &str) -> String {
    if is_ident(text) || matches!(text, "*" | "#") { text.to_owned() } else { quote(text) }
}

/// Whether a name needs no quotes: the grammar's `ident`.
pub(crate) fn is_ident(text: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|b| ok(*b))
        && bytes.last().is_some_and(|b| ok(*b))
        && bytes.iter().all(|b| ok(*b) || *b == b'-')
}

/// Whether a text is one `word` of the grammar.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.contains("//")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+*#:.%@-/".contains(&b))
}
