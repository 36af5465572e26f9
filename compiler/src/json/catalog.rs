//! `catalog.json` ⇄ declarations.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::doc::{self, Doc};
use super::places::Places;
use super::{FORMAT, comments};
use crate::Source;
use crate::diag::{Code, Diagnostic, Place, Sink};
use crate::entity::EntityKind;
use crate::entity::catalog::Catalog;
use crate::entity::spec::{self, EntitySpec};
use crate::graph::{Declaration, Field, Origin, Part, Project, SourceFile};
use crate::limits;

/// Reads a catalogue's entities into a project, in the order of the file.
pub(crate) fn read(source: &Source<'_>, project: &mut Project, sink: &mut Sink) {
    let file = project.files.push(SourceFile::of_json(source));
    let Some(Doc { root, places }) = doc::read(file, source.bytes, sink) else { return };
    let Value::Object(root) = root else {
        let message = "a catalogue is an object of lists: `{ \"extension\": [ … ] }`";
        sink.push(Diagnostic::new(Code::JsonShape, places.root(), message));
        return;
    };
    for (name, value) in root {
        match EntityKind::by_name(&name) {
            Some(kind) => list(kind, value, &places, project, sink),
            None if name == "flowpbx" => format(&value, &places, sink),
            None => {
                let message = format!("`{}` is no kind of entity", crate::text::shorten(&name));
                let finding = Diagnostic::new(Code::JsonShape, places.name(&name), message);
                sink.push_near(finding, &name, EntityKind::ALL.iter().map(|k| k.name()));
            }
        }
    }
}

fn format(envelope: &Value, places: &Places<'_>, sink: &mut Sink) {
    let format = envelope.get("format").and_then(Value::as_u64).unwrap_or(FORMAT);
    if format > FORMAT {
        let message = format!("this catalogue has format {format}; this compiler reads up to {FORMAT}");
        sink.push(Diagnostic::new(Code::NewerFormat, places.member("flowpbx", "format"), message));
    }
}

fn list(kind: EntityKind, value: Value, places: &Places<'_>, project: &mut Project, sink: &mut Sink) {
    let name = kind.name();
    let wrong = |place, message: &str| Diagnostic::new(Code::JsonShape, place, format!("`{name}` {message}"));
    let Value::Array(list) = value else {
        return sink.push(wrong(places.value(name), "is a list"));
    };
    if list.len() > limits::NODES_MAX {
        let message = format!("{} of `{name}`; {} are read at most", list.len(), limits::NODES_MAX);
        let place = places.element(name, limits::NODES_MAX);
        sink.push(Diagnostic::new(Code::TooLarge, place, message));
    }
    for (number, entity) in list.into_iter().take(limits::NODES_MAX).enumerate() {
        let Value::Object(mut members) = entity else {
            sink.push(wrong(places.element(name, number), "has something that is no object in its list"));
            continue;
        };
        let Some(key) = text(&mut members, "key").filter(|k| k.len() <= limits::NAME_BYTES_MAX) else {
            sink.push(wrong(
                places.element(name, number),
                "has one without a `key` (a text of up to 200 bytes)",
            ));
            continue;
        };
        let mut declaration = Declaration::new(kind, &key, &text(&mut members, "name").unwrap_or_default());
        declaration.id = members.get("id").and_then(Value::as_i64);
        if declaration.id.is_some() || members.get("id").is_some_and(Value::is_null) {
            members.shift_remove("id");
        }
        entity_members(&mut declaration, members, sink);
        project.entities.push(declaration);
    }
}

fn shape(kind: EntityKind, key: &str, sink: &mut Sink, message: &str) {
    let place = Place::Catalog { kind: kind.name().to_owned(), key: key.to_owned(), field: None };
    sink.push(Diagnostic::new(Code::JsonShape, place, format!("`{}` {message}", kind.name())));
}

fn entity_members(declaration: &mut Declaration, mut members: Map<String, Value>, sink: &mut Sink) {
    let spec = spec::of(declaration.kind);
    let remarks = comments::take(&mut members, "comments");
    declaration.comments = comments::read(Some(&remarks));
    for part_spec in spec.parts {
        let Some(value) = members.shift_remove(part_spec.list) else { continue };
        let Value::Array(list) = value else {
            shape(
                declaration.kind,
                &declaration.key,
                sink,
                &format!("has `{}`, which is a list", part_spec.list),
            );
            continue;
        };
        for part in list.into_iter().take(limits::PARTS_MAX + 1) {
            match part_of(declaration, part_spec.word, part) {
                Some(part) => declaration.parts.push(part),
                None => shape(declaration.kind, &declaration.key, sink, "has a part without a `key`"),
            }
        }
    }
    let others = match members.shift_remove("parts") {
        Some(Value::Array(list)) => list,
        Some(_) | None => Vec::new(),
    };
    for part in others.into_iter().take(limits::PARTS_MAX + 1) {
        let word = part.get("word").and_then(Value::as_str).unwrap_or("").to_owned();
        match part_of(declaration, &word, part) {
            Some(part) => declaration.parts.push(part),
            None => shape(declaration.kind, &declaration.key, sink, "has a part without a `key`"),
        }
    }
    if declaration.parts.len() > limits::PARTS_MAX {
        let place = declaration.origin.place();
        let message = format!("more than {} parts; the others were not read", limits::PARTS_MAX);
        sink.push(Diagnostic::new(Code::TooLarge, place, message));
        declaration.parts.truncate(limits::PARTS_MAX);
    }
    // Parts of several words are interleaved in text; JSON keeps their order beside them.
    if let Some(order) = remarks.get("order").and_then(Value::as_array) {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (at, name) in order.iter().enumerate().filter_map(|(at, o)| Some((at, o.as_str()?))) {
            places.entry(name).or_insert(at);
        }
        let at = |p: &Part| places.get(format!("{} {}", p.word, p.key).as_str()).copied();
        declaration.parts.sort_by_cached_key(|p| at(p).unwrap_or(usize::MAX));
    }
    for (name, value) in members {
        declaration.set(&name, value);
        if let Some(field) = declaration.fields.last_mut() {
            field.comments = comments::read(remarks.get("fields").and_then(|f| f.get(&name)));
        }
    }
}

fn part_of(declaration: &Declaration, word: &str, json: Value) -> Option<Part> {
    let Value::Object(mut members) = json else { return None };
    let key = text(&mut members, "key")?;
    members.shift_remove("word");
    let label = text(&mut members, "name").unwrap_or_default();
    let remarks = comments::take(&mut members, "comments");
    let origin = |name: Option<&str>| {
        let field = format!("{} {key}{}{}", word, if name.is_some() { "." } else { "" }, name.unwrap_or(""));
        Origin(Some(Place::Catalog {
            kind: declaration.kind.name().to_owned(),
            key: declaration.key.clone(),
            field: Some(field),
        }))
    };
    let fields = members.into_iter().map(|(name, value)| Field {
        comments: comments::read(remarks.get("fields").and_then(|f| f.get(&name))),
        origin: origin(Some(&name)),
        value,
        name,
    });
    let fields = fields.collect();
    let origin = origin(None);
    Some(Part { word: word.to_owned(), key, label, fields, comments: comments::read(Some(&remarks)), origin })
}

/// Takes a text out; what isn't one stays, for the checks to name it.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = members.get(name)?.as_str()?.to_owned();
    members.shift_remove(name);
    Some(text)
}

/// Writes a catalogue: lists by kind.
pub(crate) fn write(catalog: &Catalog) -> String {
    let mut root = Map::new();
    root.insert("flowpbx".into(), json!({ "format": FORMAT }));
    for declaration in catalog.declarations() {
        let list = root.entry(declaration.kind.name()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(entity(declaration));
        }
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default();
    text.push('\n');
    text
}

fn entity(declaration: &Declaration) -> Value {
    let spec = spec::of(declaration.kind);
    let mut members = Map::new();
    if let Some(id) = declaration.id {
        members.insert("id".into(), json!(id));
    }
    members.insert("key".into(), json!(declaration.key));
    if !declaration.label.is_empty() {
        members.insert("name".into(), json!(declaration.label));
    }
    let mut remarks = remarks(&declaration.comments, &declaration.fields);
    for field in &declaration.fields {
        members.entry(&field.name).or_insert_with(|| field.value.clone());
    }
    for part_spec in spec.parts {
        let parts: Vec<_> = declaration.parts.iter().filter(|p| p.word == part_spec.word).map(part).collect();
        if !parts.is_empty() {
            members.insert(part_spec.list.into(), Value::Array(parts));
        }
    }
    // Parts that this kind doesn't have are kept with their word.
    let others = declaration.parts.iter().filter(|p| spec.part(&p.word).is_none());
    let others: Vec<_> = others.map(|p| worded(p.word.as_str(), part(p))).collect();
    if !others.is_empty() {
        members.insert("parts".into(), Value::Array(others));
    }
    if let Some(order) = order(declaration, spec) {
        remarks.insert("order".into(), order);
    }
    if !remarks.is_empty() {
        members.insert("comments".into(), Value::Object(remarks));
    }
    Value::Object(members)
}

/// The order of parts, if it isn't that of their lists.
fn order(declaration: &Declaration, spec: &EntitySpec) -> Option<Value> {
    let place = |p: &Part| spec.parts.iter().position(|s| s.word == p.word).unwrap_or(usize::MAX);
    if declaration.parts.iter().map(place).is_sorted() {
        return None;
    }
    Some(declaration.parts.iter().map(|p| Value::from(format!("{} {}", p.word, p.key))).collect())
}

fn worded(word: &str, mut part: Value) -> Value {
    if let Value::Object(members) = &mut part {
        members.insert("word".into(), json!(word));
    }
    part
}

fn part(part: &Part) -> Value {
    let mut members = Map::new();
    members.insert("key".into(), json!(part.key));
    if !part.label.is_empty() {
        members.insert("name".into(), json!(part.label));
    }
    for field in &part.fields {
        members.entry(&field.name).or_insert_with(|| field.value.clone());
    }
    let remarks = remarks(&part.comments, &part.fields);
    if !remarks.is_empty() {
        members.insert("comments".into(), Value::Object(remarks));
    }
    Value::Object(members)
}

fn remarks(own: &crate::graph::Comments, fields: &[Field]) -> Map<String, Value> {
    let mut out = Map::new();
    comments::write(own, "own", &mut out);
    let mut all = match out.shift_remove("own") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    let mut of_fields = Map::new();
    for field in fields {
        comments::write(&field.comments, &field.name, &mut of_fields);
    }
    if !of_fields.is_empty() {
        all.insert("fields".into(), Value::Object(of_fields));
    }
    all
}
