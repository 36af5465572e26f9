//! React Flow JSON → graph. Never fails: foreign and half-drawn canvases give what can be read and findings.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::doc::{self, Doc};
use super::places::Places;
use super::{FORMAT, INCOMING, TRANSIENT, comments};
use crate::diag::{Code, Diagnostic, Place, Sink, Spot};
use crate::entity::EntityKind;
use crate::graph::{
    Comments, Edge, EntityRef, FLOW_FIELDS, Field, Graph, Node, NodeId, Origin, Point, Project, SourceFile,
    Stray, Target, Viewport,
};
use crate::nodes::Kind;
use crate::world::World;
use crate::{Source, library, limits};

/// Reads one canvas into a project of one flow.
pub(crate) fn read(source: &Source<'_>, world: &dyn World, sink: &mut Sink) -> Project {
    let mut project = Project::default();
    let file = project.files.push(SourceFile::of_json(source));
    let mut graph = Graph { origin: Origin(Some(canvas("", Spot::Node))), ..Graph::default() };
    let mut tests = Value::Null;
    graph.cut = true;
    if let Some(Doc { root, places }) = doc::read(file, source.bytes, sink) {
        let mut reader = Reader { world, sink, places, graph };
        if let Value::Object(root) = root {
            reader.graph.cut = false;
            tests = reader.root(root);
        } else {
            reader.shape(reader.places.root(), "a flow is a JSON object with `nodes` and `edges`");
        }
        graph = reader.graph;
    }
    if graph.key.is_empty() {
        graph.key = key_of_name(source.name);
    }
    let (head, tail) = (comments::lines(tests.get("head")), comments::lines(tests.get("tail")));
    read_tests(&tests, &mut project, &mut graph, sink);
    if let Some(f) = project.files.get_mut(file) {
        f.head = head;
        f.tail = tail;
    }
    project.flows.push(graph);
    library::link(project.flows.values_mut());
    project
}

/// `flows/main.json` is the flow `main`, if the JSON doesn't say.
fn key_of_name(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    file.split('.').next().unwrap_or(file).chars().take(limits::NAME_BYTES_MAX / 4).collect()
}

/// Tests that can't be read are kept aside, with a finding each.
fn read_tests(envelope: &Value, project: &mut Project, graph: &mut Graph, sink: &mut Sink) {
    let list = |name| envelope.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut unread = Vec::new();
    for (number, test) in list("tests").chain(list(UNREAD_TESTS)).enumerate() {
        let place = canvas("", Spot::Field(format!("tests[{number}]")));
        if number == limits::JSON_TESTS_MAX {
            let message = format!("more than {number} tests; the others were not read");
            sink.push(Diagnostic::new(Code::TooLarge, place, message));
            break;
        }
        let read = match test.as_str() {
            Some(text) => crate::text::read::test(text),
            None => {
                let message = "a test is a text: `test \"…\" { … }`";
                Err(Box::new(Diagnostic::new(Code::JsonShape, Place::Project, message)))
            }
        };
        match read {
            Ok(mut test) => {
                test.origin = Origin(Some(place.clone()));
                for step in &mut test.steps {
                    step.origin = Origin(Some(place.clone()));
                }
                project.tests.push(test);
            }
            Err(finding) => {
                let found = Diagnostic::new(finding.code, place, finding.message);
                sink.push(Diagnostic { help: finding.help, ..found });
                unread.push(test.clone());
            }
        }
    }
    if !unread.is_empty() {
        graph.notes.insert(UNREAD_TESTS.to_owned(), Value::Array(unread));
    }
}

/// Where the envelope keeps tests that couldn't be read.
const UNREAD_TESTS: &str = "unread_tests";

fn canvas(node: &str, spot: Spot) -> Place {
    Place::Canvas { node: node.to_owned(), spot, edge: None }
}

struct Reader<'a> {
    world: &'a dyn World,
    sink: &'a mut Sink,
    places: Places<'a>,
    graph: Graph,
}

impl Reader<'_> {
    fn shape(&mut self, place: Place, message: impl Into<String>) {
        self.sink.push(Diagnostic::new(Code::JsonShape, place, message));
    }

    /// Returns the envelope, in which tests are.
    fn root(&mut self, mut root: Map<String, Value>) -> Value {
        let mut envelope = match root.shift_remove("flowpbx") {
            Some(Value::Object(envelope)) => envelope,
            Some(_) => {
                self.shape(self.places.value("flowpbx"), "`flowpbx` is an object");
                Map::new()
            }
            None => Map::new(),
        };
        let tests = self.envelope(&mut envelope);
        let nodes = self.list(&mut root, "nodes");
        for (number, node) in nodes.into_iter().enumerate() {
            self.node(node, number);
        }
        let names: HashMap<String, NodeId> =
            self.graph.nodes.iter().rev().map(|(id, n)| (n.name.clone(), id)).collect();
        let edges = self.list(&mut root, "edges");
        for (number, edge) in edges.into_iter().enumerate() {
            self.edge(edge, number, &names);
        }
        let view = root.get("viewport").and_then(Value::as_object).and_then(viewport);
        if view.is_some() {
            keep_others(&mut root, "viewport", &["x", "y", "zoom"]);
        } else if root.get("viewport").is_some_and(Value::is_null) {
            root.shift_remove("viewport");
        } else if root.contains_key("viewport") {
            self.shape(canvas("", Spot::Field("viewport".into())), "`viewport` has `x`, `y` and `zoom`");
        }
        self.graph.viewport = view;
        self.graph.extra = root;
        tests
    }

    fn envelope(&mut self, envelope: &mut Map<String, Value>) -> Value {
        let place = || self.places.member("flowpbx", "format");
        match envelope.shift_remove("format") {
            None => {}
            Some(format) => match format.as_u64() {
                Some(n) if n > FORMAT => {
                    let message = format!("this flow has format {n}; this compiler reads up to {FORMAT}");
                    self.sink.push(Diagnostic::new(Code::NewerFormat, place(), message));
                }
                Some(_) => {}
                None => self.shape(place(), "`flowpbx.format` is a number"),
            },
        }
        self.graph.key = text(envelope, "key").unwrap_or_default();
        self.graph.label = text(envelope, "label").unwrap_or_default();
        let remarks = comments::take(envelope, "comments");
        self.graph.comments = comments::read(Some(&remarks));
        let known = |name: &str| FLOW_FIELDS.iter().any(|spec| spec.name == name);
        let names: Vec<String> = envelope.keys().filter(|name| known(name)).cloned().collect();
        for name in names {
            let Some(value) = envelope.shift_remove(&name) else { continue };
            let comments = comments::read(remarks.get("fields").and_then(|f| f.get(&name)));
            let origin = Origin(Some(canvas("", Spot::Field(name.clone()))));
            self.graph.fields.push(Field { name, value, comments, origin });
        }
        self.graph.layout_comments = comments::read(Some(&comments::take(envelope, "layout_comments")));
        let mut kept = Map::new();
        for name in ["tests", UNREAD_TESTS, "head", "tail"] {
            if let Some(value) = envelope.shift_remove(name) {
                kept.insert(name.to_owned(), value);
            }
        }
        self.graph.notes = std::mem::take(envelope);
        Value::Object(kept)
    }

    fn list(&mut self, root: &mut Map<String, Value>, name: &'static str) -> Vec<Value> {
        let max = if name == "nodes" { limits::NODES_MAX } else { limits::EDGES_MAX };
        match root.shift_remove(name) {
            Some(Value::Array(mut list)) => {
                if list.len() > max {
                    let message = format!("{} {name}; {max} are read at most", list.len());
                    let place = self.places.element(name, max);
                    self.sink.push(Diagnostic::new(Code::TooLarge, place, message));
                    self.graph.cut = true;
                    list.truncate(max);
                }
                list
            }
            Some(_) => {
                self.shape(self.places.value(name), format!("`{name}` is a list"));
                Vec::new()
            }
            None => {
                self.shape(self.places.root(), format!("there is no list `{name}`"));
                Vec::new()
            }
        }
    }

    fn stray(&mut self, edge: bool, json: Value, place: Place, message: String) {
        self.shape(place, message);
        self.graph.strays.push(Stray { edge, json });
    }

    /// `number` counts the elements of `nodes` from 0.
    fn node(&mut self, json: Value, number: usize) {
        let Value::Object(mut members) = json else {
            let message = format!("what stands where node {} belongs is no object", number + 1);
            return self.stray(false, json, self.places.element("nodes", number), message);
        };
        let usable = members.get("id").and_then(Value::as_str);
        let Some(name) = usable.filter(|n| !n.is_empty() && n.len() <= limits::NAME_BYTES_MAX) else {
            let message =
                format!("node {} has no `id` that can be used (a text of up to 200 bytes)", number + 1);
            return self.stray(false, Value::Object(members), self.places.element("nodes", number), message);
        };
        let name = name.to_owned();
        members.shift_remove("id");
        members.retain(|name, _| !TRANSIENT.contains(&name.as_str()));
        let at = |spot| Origin(Some(canvas(&name, spot)));
        let kind_name = match members.shift_remove("type") {
            Some(Value::String(kind)) => kind,
            other => {
                self.shape(canvas(&name, Spot::Field("type".into())), format!("node `{name}` has no `type`"));
                if let Some(other) = other {
                    members.insert("type".to_owned(), other);
                }
                String::new()
            }
        };
        let mut node = Node {
            kind: Kind::by_name(&kind_name),
            kind_name,
            position: None,
            origin: at(Spot::Node),
            kind_origin: at(Spot::Field("type".into())),
            name: name.clone(),
            ..Node::default()
        };
        node.position = members.get("position").and_then(Value::as_object).and_then(point);
        if node.position.is_some() {
            keep_others(&mut members, "position", &["x", "y"]);
        } else if members.contains_key("position") {
            self.shape(canvas(&name, Spot::Field("position".into())), "`position` has `x` and `y`");
        }
        match members.shift_remove("data") {
            Some(Value::Object(data)) => self.data(&mut node, data),
            None => {}
            Some(other) => {
                self.shape(
                    canvas(&name, Spot::Field("data".into())),
                    format!("`data` of `{name}` is an object"),
                );
                members.insert("data".to_owned(), other);
            }
        }
        node.extra = members;
        self.graph.nodes.push(node);
    }

    fn data(&mut self, node: &mut Node, mut data: Map<String, Value>) {
        node.label = text(&mut data, "label").unwrap_or_default();
        let remarks = comments::take(&mut data, "comments");
        node.comments = comments::read(Some(&remarks));
        node.layout_comments = comments::read(remarks.get("layout"));
        self.entities(node, &mut data);
        match data.shift_remove("config") {
            Some(Value::Object(config)) => {
                for (name, value) in config {
                    let comments = comments::read(remarks.get("fields").and_then(|f| f.get(&name)));
                    let origin = Origin(Some(canvas(&node.name, Spot::Field(name.clone()))));
                    node.fields.push(Field { name, value, comments, origin });
                }
            }
            Some(Value::Null) | None => {}
            Some(other) => {
                let message = format!("`config` of `{}` is an object", node.name);
                self.shape(canvas(&node.name, Spot::Field("config".into())), message);
                data.insert("config".to_owned(), other);
            }
        }
        for (name, wants) in [("label", "a text"), ("entity_id", "a number"), ("entity_key", "a text")] {
            if data.contains_key(name) && !data.contains_key("entity_type") {
                let place = canvas(&node.name, Spot::Field(name.to_owned()));
                self.shape(place, format!("`{name}` of `{}` is {wants}", node.name));
            }
        }
        node.data = data;
    }

    /// `entity_id`, `entity_type`, `entity_key`, and `more_entities` of an entry with several numbers.
    fn entities(&mut self, node: &mut Node, data: &mut Map<String, Value>) {
        let kind = node.kind.and_then(|k| k.spec().entity.kind());
        // Another type is kept as it came; the checks name it.
        match data.get("entity_type") {
            Some(Value::String(name)) if kind.is_some_and(|k| k.name() == name) => {
                data.shift_remove("entity_type");
            }
            Some(Value::Null) => {
                data.shift_remove("entity_type");
            }
            Some(_) => return,
            None => {}
        }
        let first = self.entity(node, kind, data);
        node.entities.extend(first);
        if let Some(Value::Array(more)) = data.get("more_entities") {
            let mut more = more.clone();
            if more.len() <= limits::LIST_MAX && more.iter().all(Value::is_object) {
                data.shift_remove("more_entities");
                for object in more.iter_mut().filter_map(Value::as_object_mut) {
                    let next = self.entity(node, kind, object);
                    node.entities.extend(next);
                }
            }
        }
    }

    fn entity(
        &mut self,
        node: &Node,
        kind: Option<EntityKind>,
        data: &mut Map<String, Value>,
    ) -> Option<EntityRef> {
        let key = text(data, "entity_key");
        let id = data.get("entity_id").and_then(Value::as_i64);
        if id.is_some() || data.get("entity_id").is_some_and(Value::is_null) {
            data.shift_remove("entity_id");
        }
        let known = id.and_then(|id| self.world.key_of(kind?, id));
        if let (Some(key), Some(known), Some(id)) = (&key, known, id)
            && key != known
        {
            let message = format!("`{}` names `{key}`, but the id {id} is that of `{known}`", node.name);
            let finding = Diagnostic::new(Code::IdKeyDiffer, canvas(&node.name, Spot::Entity), message);
            self.sink.push(finding.help(format!(
                "`{key}` counts; choose the {} again",
                kind.map_or("entity", EntityKind::noun)
            )));
        }
        let key = key.or_else(|| known.map(str::to_owned));
        let id = if key.is_some() { None } else { id };
        let origin = Origin(Some(canvas(&node.name, Spot::Entity)));
        (key.is_some() || id.is_some()).then_some(EntityRef { key, id, origin })
    }

    /// `number` counts the elements of `edges` from 0.
    fn edge(&mut self, json: Value, number: usize, names: &HashMap<String, NodeId>) {
        let Value::Object(mut members) = json else {
            let message = format!("what stands where edge {} belongs is no object", number + 1);
            return self.stray(true, json, self.places.element("edges", number), message);
        };
        let id = members.get("id").and_then(Value::as_str).map(str::to_owned);
        let place = |node: &str, spot| Place::Canvas { node: node.to_owned(), spot, edge: id.clone() };
        let from = members.get("source").and_then(Value::as_str).unwrap_or("").to_owned();
        let Some(source) = names.get(&from).copied() else {
            let message = format!("this edge leaves `{from}`, which doesn't exist");
            self.sink.push(Diagnostic::new(Code::EdgeFromNowhere, place("", Spot::Node), message));
            self.graph.strays.push(Stray { edge: true, json: Value::Object(members) });
            return;
        };
        let Some(target) = members.get("target").and_then(Value::as_str).map(str::to_owned) else {
            let message = format!("this edge of `{from}` has no `target`");
            return self.stray(true, Value::Object(members), place(&from, Spot::Node), message);
        };
        members.retain(|name, _| !TRANSIENT.contains(&name.as_str()) && name != "source" && name != "target");
        let exit = self.exit(source, &mut members, place(&from, Spot::Node));
        let usual = format!("{from}.{exit}");
        let edge_id = text(&mut members, "id").filter(|id| *id != usual);
        let handle = match members.get("targetHandle") {
            Some(Value::String(_)) => text(&mut members, "targetHandle").filter(|h| h != INCOMING),
            Some(Value::Null) => members.shift_remove("targetHandle").and(None),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => None,
        };
        let (kept, remarks) = edge_data(&mut members);
        if let Some(data) = kept {
            members.insert("data".to_owned(), data);
        }
        let label = text(&mut members, "label").unwrap_or_default();
        let target =
            names.get(&target).map_or_else(|| Target::Missing(target.clone()), |id| Target::Node(*id));
        let origin = Origin(Some(place(&from, Spot::Exit(exit.clone()))));
        self.graph.edges.push(Edge {
            source,
            target,
            id: edge_id,
            label,
            target_handle: handle,
            extra: members,
            comments: remarks,
            exit_origin: origin.clone(),
            target_origin: origin.clone(),
            origin,
            exit,
        });
    }

    /// The exit that an edge is on.
    fn exit(&mut self, source: NodeId, members: &mut Map<String, Value>, place: Place) -> String {
        match members.get("sourceHandle") {
            Some(Value::String(_)) => text(members, "sourceHandle").unwrap_or_default(),
            Some(Value::Null) => {
                members.shift_remove("sourceHandle");
                self.plain_exit(source)
            }
            None => self.plain_exit(source),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                self.shape(place, "`sourceHandle` is a text");
                String::new()
            }
        }
    }

    /// The exit that an edge without a handle is on.
    fn plain_exit(&self, source: NodeId) -> String {
        let kind = self.graph.nodes.get(source).and_then(|n| n.kind);
        kind.map_or("next", |k| k.spec().plain_exit().map_or("", |e| e.name)).to_owned()
    }
}

/// What others keep in an edge's `data`, and our comments in it.
fn edge_data(members: &mut Map<String, Value>) -> (Option<Value>, Comments) {
    match members.shift_remove("data") {
        Some(Value::Object(mut data)) => {
            let comments = comments::read(Some(&comments::take(&mut data, "comments")));
            ((!data.is_empty()).then_some(Value::Object(data)), comments)
        }
        other => (other, Comments::default()),
    }
}

/// Takes a text out; what isn't one stays.
fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name) {
        Some(Value::String(_)) => match members.shift_remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Leaves of an object what nobody has taken out of it; nothing if that was all.
fn keep_others(members: &mut Map<String, Value>, name: &str, taken: &[&str]) {
    let others = members.get_mut(name).and_then(Value::as_object_mut);
    let is_empty = others.is_none_or(|others| {
        others.retain(|name, _| !taken.contains(&name.as_str()));
        others.is_empty()
    });
    if is_empty {
        members.shift_remove(name);
    }
}

fn point(members: &Map<String, Value>) -> Option<Point> {
    Some(Point { x: members.get("x")?.as_f64()?, y: members.get("y")?.as_f64()? })
}

fn viewport(members: &Map<String, Value>) -> Option<Viewport> {
    Some(Viewport { at: point(members)?, zoom: members.get("zoom")?.as_f64()? })
}
