//! Graph → React Flow JSON.

use serde_json::{Map, Value, json};

use super::{FORMAT, INCOMING, comments};
use crate::graph::{Edge, FlowId, Graph, Node, Point, Project, Target};
use crate::nodes::Kind;
use crate::world::World;

/// One flow of a project, with the project's tests if it is the first flow.
pub(crate) fn write(project: &Project, flow: FlowId, world: &dyn World) -> String {
    let Some(graph) = project.flows.get(flow) else { return String::new() };
    let mut root = Map::new();
    root.insert("nodes".into(), nodes(graph, world));
    root.insert("edges".into(), edges(graph));
    if let Some(v) = graph.viewport {
        root.insert(
            "viewport".into(),
            json!({ "x": number(v.at.x), "y": number(v.at.y), "zoom": number(v.zoom) }),
        );
    }
    root.insert("flowpbx".into(), Value::Object(envelope(project, flow, graph)));
    others(&graph.extra, &mut root);
    // A value made here always prints.
    let mut text = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default();
    text.push('\n');
    text
}

fn envelope(project: &Project, flow: FlowId, graph: &Graph) -> Map<String, Value> {
    let mut envelope = Map::new();
    envelope.insert("format".into(), json!(FORMAT));
    envelope.insert("key".into(), json!(graph.key));
    if !graph.label.is_empty() {
        envelope.insert("label".into(), json!(graph.label));
    }
    for field in &graph.fields {
        envelope.entry(&field.name).or_insert_with(|| field.value.clone());
    }
    comments::write(&graph.comments, "comments", &mut envelope);
    let mut fields = Map::new();
    for field in &graph.fields {
        comments::write(&field.comments, &field.name, &mut fields);
    }
    if !fields.is_empty() {
        let remarks = envelope.entry("comments").or_insert_with(|| json!({}));
        if let Value::Object(remarks) = remarks {
            remarks.insert("fields".to_owned(), Value::Object(fields));
        }
    }
    comments::write(&graph.layout_comments, "layout_comments", &mut envelope);
    if project.flows.keys().next() == Some(flow) {
        let tests: Vec<_> = project.tests.values().map(crate::text::print::test).collect();
        if !tests.is_empty() {
            envelope.insert("tests".into(), json!(tests));
        }
        let head: Vec<_> = project.files.values().flat_map(|f| &f.head).collect();
        let tail: Vec<_> = project.files.values().flat_map(|f| &f.tail).collect();
        for (name, lines) in [("head", head), ("tail", tail)] {
            if !lines.is_empty() {
                envelope.insert(name.into(), json!(lines));
            }
        }
    }
    for (name, value) in &graph.notes {
        envelope.entry(name).or_insert_with(|| value.clone());
    }
    envelope
}

fn nodes(graph: &Graph, world: &dyn World) -> Value {
    let nodes = graph.nodes.values().map(|n| node(n, world));
    nodes.chain(graph.strays.iter().filter(|s| !s.edge).map(|s| s.json.clone())).collect()
}

fn node(node: &Node, world: &dyn World) -> Value {
    let mut members = Map::new();
    members.insert("id".into(), json!(node.name));
    if !node.kind_name.is_empty() {
        members.insert("type".into(), json!(node.kind_name));
    }
    if let Some(at) = node.position {
        members.insert("position".into(), point(at));
    }
    let mut data = Map::new();
    if !node.label.is_empty() {
        data.insert("label".into(), json!(node.label));
    }
    entities(node, world, &mut data);
    let config = node.fields.iter().map(|f| (f.name.clone(), f.value.clone()));
    data.insert("config".into(), Value::Object(first_of_each(config)));
    remarks(node, &mut data);
    for (name, value) in &node.data {
        data.entry(name).or_insert_with(|| value.clone());
    }
    members.insert("data".into(), Value::Object(data));
    others(&node.extra, &mut members);
    Value::Object(members)
}

/// What others keep beside our members, and in a member that is ours in part (`z` of a position).
fn others(extra: &Map<String, Value>, members: &mut Map<String, Value>) {
    for (name, value) in extra {
        match (members.get_mut(name), value) {
            (Some(Value::Object(ours)), Value::Object(theirs)) => {
                theirs.iter().for_each(|(name, value)| {
                    ours.entry(name).or_insert_with(|| value.clone());
                });
            }
            (Some(_), _) => {}
            (None, _) => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

/// JSON has one value for a name; the first is the one that counts in text too.
fn first_of_each(members: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in members {
        object.entry(name).or_insert(value);
    }
    object
}

fn entities(node: &Node, world: &dyn World, data: &mut Map<String, Value>) {
    let kind = node.kind.and_then(|k: Kind| k.spec().entity.kind());
    let mut all = node.entities.iter().map(|entity| {
        let mut members = Map::new();
        let id = entity.id.or_else(|| world.id_of(kind?, entity.key.as_deref()?));
        if let Some(id) = id {
            members.insert("entity_id".into(), json!(id));
        }
        if let Some(key) = &entity.key {
            members.insert("entity_key".into(), json!(key));
        }
        members
    });
    if let Some(first) = all.next() {
        data.extend(first);
        if let Some(kind) = kind {
            data.insert("entity_type".into(), json!(kind.name()));
        }
    }
    let more: Vec<_> = all.map(Value::Object).collect();
    if !more.is_empty() {
        data.insert("more_entities".into(), Value::Array(more));
    }
}

fn remarks(node: &Node, data: &mut Map<String, Value>) {
    let mut all = Map::new();
    comments::write(&node.comments, "own", &mut all);
    let mut out = match all.shift_remove("own") {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    };
    comments::write(&node.layout_comments, "layout", &mut out);
    let mut fields = Map::new();
    for field in &node.fields {
        comments::write(&field.comments, &field.name, &mut fields);
    }
    if !fields.is_empty() {
        out.insert("fields".into(), Value::Object(fields));
    }
    if !out.is_empty() {
        data.insert("comments".into(), Value::Object(out));
    }
}

fn edges(graph: &Graph) -> Value {
    let edges = graph.edges.values().map(|e| edge(graph, e));
    edges.chain(graph.strays.iter().filter(|s| s.edge).map(|s| s.json.clone())).collect()
}

fn edge(graph: &Graph, edge: &Edge) -> Value {
    let name = |id| graph.nodes.get(id).map_or("", |n| n.name.as_str());
    let source = name(edge.source);
    let target = match &edge.target {
        Target::Node(id) => name(*id),
        Target::Missing(name) => name,
    };
    let mut members = Map::new();
    let id = edge.id.clone().unwrap_or_else(|| format!("{source}.{}", edge.exit));
    members.insert("id".into(), json!(id));
    members.insert("source".into(), json!(source));
    members.insert("target".into(), json!(target));
    if !edge.extra.contains_key("sourceHandle") {
        members.insert("sourceHandle".into(), json!(edge.exit));
    }
    if !edge.extra.contains_key("targetHandle") {
        members.insert("targetHandle".into(), json!(edge.target_handle.as_deref().unwrap_or(INCOMING)));
    }
    if !edge.label.is_empty() {
        members.insert("label".into(), json!(edge.label));
    }
    for (name, value) in &edge.extra {
        members.entry(name).or_insert_with(|| value.clone());
    }
    if !edge.comments.is_empty() {
        let data = members.entry("data").or_insert_with(|| json!({}));
        if let Value::Object(data) = data {
            comments::write(&edge.comments, "comments", data);
        }
    }
    Value::Object(members)
}

fn point(at: Point) -> Value {
    json!({ "x": number(at.x), "y": number(at.y) })
}

/// Whole numbers without a point, as a canvas that snaps to a grid writes them.
fn number(n: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number that i64 holds")]
    if n.fract() == 0.0 && n.abs() < 1e15 && (n != 0.0 || n.is_sign_positive()) {
        json!(n as i64)
    } else {
        json!(n)
    }
}
