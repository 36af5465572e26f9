//! Comments in JSON: `{"before": ["…"], "after": "…", "tail": ["…"]}`.

use serde_json::{Map, Value, json};

use crate::graph::Comments;

/// Reads comments; what isn't a text is left out. Line breaks begin a new comment.
pub(super) fn read(value: Option<&Value>) -> Comments {
    let lines = |name: &str| -> Vec<String> {
        let list = value.and_then(|v| v.get(name)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).flat_map(clean).collect()
    };
    let mut before = lines("before");
    let mut after: Vec<String> =
        value.and_then(|v| v.get("after")).and_then(Value::as_str).map(clean).unwrap_or_default();
    let last = after.pop();
    before.append(&mut after);
    Comments { before, after: last, tail: lines("tail") }
}

/// Takes comments out of an object, if they are of our shape; what others call `comments` stays.
pub(super) fn take(members: &mut Map<String, Value>, name: &str) -> Value {
    if members.get(name).is_some_and(is_ours) {
        members.shift_remove(name).unwrap_or_default()
    } else {
        Value::Null
    }
}

fn is_ours(value: &Value) -> bool {
    let texts = |v: &Value| v.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    value.as_object().is_some_and(|members| {
        members.iter().all(|(name, value)| match name.as_str() {
            "before" | "tail" | "order" => texts(value),
            "after" => value.is_string(),
            "layout" => is_ours(value),
            "fields" => value.as_object().is_some_and(|fields| fields.values().all(is_ours)),
            _ => false,
        })
    })
}

/// A comment is one line without spaces at its end, as text has it.
fn clean(text: &str) -> Vec<String> {
    text.split(['\n', '\r']).map(|line| line.trim_end().to_owned()).collect()
}

/// Lines of a list.
pub(super) fn lines(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).flat_map(clean).collect()
}

/// Writes comments into an object, if there are any.
pub(super) fn write(comments: &Comments, name: &str, into: &mut Map<String, Value>) {
    if comments.is_empty() {
        return;
    }
    let mut out = Map::new();
    if !comments.before.is_empty() {
        out.insert("before".to_owned(), json!(comments.before));
    }
    if let Some(after) = &comments.after {
        out.insert("after".to_owned(), json!(after));
    }
    if !comments.tail.is_empty() {
        out.insert("tail".to_owned(), json!(comments.tail));
    }
    into.insert(name.to_owned(), Value::Object(out));
}
