//! What a webhook's node declares: the answers that it knows and the fields of each.
//!
//! JSON holds them as `[{"name": "known", "fields": [{"name": "customer", "type": "text"}]}, {"name": "unknown"}]`; text
//! spells them as `["known(customer: text)", unknown]`, and a program as `known(customer:text) unknown`.

use flow_vm::limits::{CONSTANT_BYTES_MAX, WEBHOOK_ANSWERS_MAX, WEBHOOK_FIELDS_MAX};
use flow_vm::value::Type;
use flow_vm::webhook::{SENT, is_name};
use serde_json::{Map, Value, json};

use crate::graph::Node;
use crate::nodes::Kind;

/// An answer that a webhook may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredAnswer {
    /// What the reply says; also the name of the exit.
    pub name: String,
    /// Its fields, which become variables.
    pub fields: Vec<(String, Type)>,
}

/// The answers that a node declares; none if it is no webhook or they can't be read.
#[must_use]
pub fn of(node: &Node) -> Vec<DeclaredAnswer> {
    let answers = node.field("answers").filter(|_| node.kind == Some(Kind::Webhook));
    answers.and_then(|field| read(&field.value).ok()).unwrap_or_default()
}

/// The answers of a value as JSON holds it.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn read(value: &Value) -> Result<Vec<DeclaredAnswer>, String> {
    let list = value.as_array().ok_or("a list is due")?;
    if list.is_empty() || list.len() > WEBHOOK_ANSWERS_MAX {
        return Err(format!("there are 1 to {WEBHOOK_ANSWERS_MAX} answers"));
    }
    let answers = list.iter().map(answer).collect::<Result<Vec<_>, _>>()?;
    if encode(&answers).len() > CONSTANT_BYTES_MAX as usize {
        return Err(format!("together they take at most {CONSTANT_BYTES_MAX} bytes"));
    }
    Ok(answers)
}

fn answer(value: &Value) -> Result<DeclaredAnswer, String> {
    let shape = "an answer is a name, or a name with fields such as `known(customer: text)`";
    let members = value.as_object().ok_or(shape)?;
    let name = members.get("name").and_then(Value::as_str).ok_or(shape)?;
    if !is_name(name) {
        let said = crate::text::shorten(name);
        return Err(format!("`{said}` is no name of an answer: up to 32 letters, digits, `_` and `-`"));
    }
    let mut fields = Vec::new();
    match members.get("fields") {
        None => {}
        Some(Value::Array(list)) => {
            for one in list {
                fields.push(field(one)?);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(shape.to_owned());
        }
    }
    if fields.len() > WEBHOOK_FIELDS_MAX {
        return Err(format!("an answer has at most {WEBHOOK_FIELDS_MAX} fields"));
    }
    let again = fields.iter().enumerate().find(|(n, (f, _))| fields.iter().take(*n).any(|(g, _)| f == g));
    match again {
        Some((_, (field, _))) => Err(format!("`{name}` has the field `{field}` twice")),
        None => Ok(DeclaredAnswer { name: name.to_owned(), fields }),
    }
}

fn field(value: &Value) -> Result<(String, Type), String> {
    let text = |name| value.get(name).and_then(Value::as_str);
    let (Some(name), Some(ty)) = (text("name"), text("type")) else {
        return Err("a field has a name and a type, such as `customer: text`".to_owned());
    };
    let found = SENT.into_iter().find(|one| one.name() == ty);
    let found = found.ok_or_else(|| {
        let said = crate::text::shorten(ty);
        format!("`{said}` is no type: `text`, `number`, `phone` or `bool`")
    })?;
    if !(is_name(name) && crate::expr::is_variable(name)) {
        let said = crate::text::shorten(name);
        return Err(format!("`{said}` can't be a variable: up to 32 letters, digits and `_`"));
    }
    Ok((name.to_owned(), found))
}

/// As programs have them ([`flow_vm::webhook::Answers`]).
#[must_use]
pub fn encode(answers: &[DeclaredAnswer]) -> String {
    let all = answers.iter().map(|answer| spelled(answer, ",", ":"));
    all.collect::<Vec<_>>().join(" ")
}

fn spelled(answer: &DeclaredAnswer, comma: &str, colon: &str) -> String {
    let fields = answer.fields.iter().map(|(name, ty)| format!("{name}{colon}{}", ty.name()));
    match answer.fields.len() {
        0 => answer.name.clone(),
        _ => format!("{}({})", answer.name, fields.collect::<Vec<_>>().join(comma)),
    }
}

/// The value of one answer as text spells it; `None` for what isn't of this form.
pub(crate) fn of_text(text: &str) -> Option<Value> {
    let mut members = Map::new();
    let Some((name, fields)) = text.split_once('(') else {
        members.insert("name".into(), json!(text));
        return Some(Value::Object(members));
    };
    members.insert("name".into(), json!(name.trim()));
    let fields = fields.trim_end().strip_suffix(')')?;
    let fields: Option<Vec<_>> = fields
        .split(',')
        .map(|one| {
            let (name, ty) = one.split_once(':')?;
            Some(json!({ "name": name.trim(), "type": ty.trim() }))
        })
        .collect();
    members.insert("fields".into(), Value::Array(fields?));
    Some(Value::Object(members))
}

/// How text spells answers; `None` for a value that isn't exactly of the form that reading gives.
pub(crate) fn to_text(value: &Value) -> Option<Vec<String>> {
    let answers = read(value).ok()?;
    let texts: Vec<String> = answers.iter().map(|answer| spelled(answer, ", ", ": ")).collect();
    let again: Option<Value> = texts.iter().map(|text| of_text(text)).collect();
    // Members in another order are the same value, but would come back in this one.
    let (again, given) = (again?.to_string(), value.to_string());
    (again == given).then_some(texts)
}
