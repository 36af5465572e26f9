//! F1xx: what a graph says but no call can use. One pass over the graph for both views; places come from where things
//! were read. Whether a node's entity exists, exits are wired and calls get anywhere is asked by [`crate::check`].

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::diag::{self, Code, Diagnostic, Place, Sink, Spot, a};
use crate::entity::spec::{self as entity_spec, KeyType};
use crate::entity::{EntityFacts, EntityKind, Hours};
use crate::graph::{
    Declaration, Edge, FLOW_FIELDS, Field, Graph, Node, NodeId, Origin, Part, Project, Target,
};
use crate::limits;
use crate::nodes::Kind;
use crate::nodes::spec::{Computed, EntityUse, FieldDefault, FieldSpec, FieldType};
use crate::value::{self, Wrong};
use crate::world::World;
use crate::zone;

mod cures;

/// Findings about one flow. `world` knows the project's own declarations too.
pub(crate) fn flow(graph: &Graph, world: &dyn World, sink: &mut Sink) {
    Flow { graph, world, sink }.check();
}

/// A flow whose nodes have more exits together than a flow may have. Nothing else is looked at then: a thousand rules at
/// each of a hundred thousand nodes is a small file and an endless check.
pub(crate) fn too_many_exits(graph: &Graph, world: &dyn World) -> Option<Diagnostic> {
    let mut count = 0_usize;
    for node in graph.nodes.values() {
        let Some(spec) = node.kind.map(Kind::spec) else { continue };
        count += spec.exits.len();
        if spec.computed == Computed::Answers {
            count += flow_vm::limits::WEBHOOK_ANSWERS_MAX;
        } else if spec.computed != Computed::None {
            count += facts_of(node, world).map_or(0, EntityFacts::exits_max);
        }
        if count > limits::EXITS_MAX {
            let message = format!("the nodes of this flow have more than {} exits", limits::EXITS_MAX);
            let finding = Diagnostic::new(Code::TooLarge, graph.origin.place(), message);
            return Some(finding.help("split the flow into several, or give its time switches fewer rules"));
        }
    }
    None
}

/// The facts of a node's entity.
fn facts_of<'a>(node: &Node, world: &'a dyn World) -> Option<&'a EntityFacts> {
    world.entity(node.kind?.spec().entity.kind()?, node.entity_key()?)
}

/// Findings about what flows, entities and tests of a project are to each other, and about its entities.
pub(crate) fn project(project: &Project, world: &dyn World, sink: &mut Sink) {
    let flows = project.flows.values().map(|g| ("flow", g.key.as_str(), &g.origin));
    twice(flows, sink);
    let tests = project.tests.values().map(|t| ("test", t.name.as_str(), &t.origin));
    twice(tests, sink);
    let mut dial_ins: HashMap<&str, &Declaration> = HashMap::new();
    for declaration in project.entities.values() {
        entity(declaration, world, project.lost, sink);
        dial_in(declaration, &mut dial_ins, world, sink);
    }
}

fn twice<'a>(all: impl Iterator<Item = (&'static str, &'a str, &'a Origin)>, sink: &mut Sink) {
    let mut seen: HashMap<&str, &Origin> = HashMap::new();
    for (what, name, origin) in all {
        if let Some(first) = seen.insert(name, origin) {
            let message = format!("there are two {what}s `{name}`");
            let finding = Diagnostic::new(Code::DuplicateId, origin.place(), message);
            sink.push(finding.also(first.place(), "the first one"));
        }
    }
}

/// That the number by which a conference is joined is nobody else's.
fn dial_in<'a>(
    declaration: &'a Declaration,
    taken: &mut HashMap<&'a str, &'a Declaration>,
    world: &dyn World,
    sink: &mut Sink,
) {
    let of_conference = declaration.kind == EntityKind::Conference;
    let Some(field) = declaration.fields.iter().find(|f| of_conference && f.name == "dial_in") else {
        return;
    };
    let Some(number) = field.value.as_str() else { return };
    let key = &declaration.key;
    let finding = |message: String| {
        let help = "give the conference a number that is free";
        Diagnostic::new(Code::DialInTaken, field.origin.place(), message).help(help)
    };
    if world.entity(EntityKind::Extension, number).is_some() {
        let message = format!("who dials {number} comes to the extension, never to the conference `{key}`");
        sink.push(finding(message));
    } else if let Some(first) = taken.insert(number, declaration).filter(|first| first.key != *key) {
        let message = format!(
            "who dials {number} can come to one conference only, but it is that of `{}` and `{key}`",
            first.key
        );
        sink.push(finding(message).also(first.origin.place(), "the other one"));
    }
}

struct Flow<'a> {
    graph: &'a Graph,
    world: &'a dyn World,
    sink: &'a mut Sink,
}

impl Flow<'_> {
    fn check(&mut self) {
        let (what, owner) = (format!("the flow `{}`", self.graph.key), self.graph.origin.place());
        let of = Fields {
            what: &what,
            specs: FLOW_FIELDS,
            owner,
            world: self.world,
            whole: true,
            lost: self.graph.lost.0,
            meant: None,
        };
        of.check(&self.graph.fields, self.sink);
        self.duplicates();
        for node in self.graph.nodes.values() {
            self.kind(node);
            self.entities(node);
            self.fields(node);
            self.data(node);
        }
        self.edges();
    }

    fn duplicates(&mut self) {
        let mut seen: HashMap<&str, &Node> = HashMap::new();
        for node in self.graph.nodes.values() {
            if let Some(first) = seen.insert(&node.name, node) {
                let message = format!("two nodes are called `{}`", node.name);
                let finding = Diagnostic::new(Code::DuplicateId, node.origin.place(), message);
                let finding = finding.also(first.origin.place(), "first used here");
                self.sink
                    .push(finding.help("nobody can say to which of them calls go: give one another name"));
            }
        }
        let mut ids: HashMap<String, &Edge> = HashMap::new();
        for edge in self.graph.edges.values() {
            let Some(id) = &edge.id else { continue };
            if let Some(first) = ids.insert(id.clone(), edge) {
                let message = format!("two edges have the id `{id}`");
                let finding = Diagnostic::new(Code::DuplicateId, edge.origin.place(), message);
                let finding = finding.also(first.origin.place(), "first used here");
                self.sink.push(finding.help("give one of them another id"));
            }
        }
    }

    fn kind(&mut self, node: &Node) {
        if node.kind.is_none() && !node.kind_name.is_empty() {
            let message = format!("there is no node kind `{}`", node.kind_name);
            let finding = Diagnostic::new(Code::UnknownKind, node.kind_origin.place(), message);
            let names = Kind::ALL.iter().map(|k| k.name());
            let all = names.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let finding = finding.help(format!("what a node can be: {all}"));
            self.sink.push_near(finding, &node.kind_name, names);
        }
    }

    fn entities(&mut self, node: &Node) {
        let Some(kind) = node.kind else { return };
        let Some(wanted) = kind.spec().entity.kind() else {
            if let Some(entity) = node.entities.first() {
                let message = format!("{} works with no entity", a_kind(kind));
                let finding = Diagnostic::new(Code::WrongEntity, entity.origin.place(), message);
                let finding = match self.sink.suggests() {
                    true => cures::as_field(self.graph, self.world, node, kind, finding),
                    false => finding,
                };
                self.sink.push(finding);
            }
            return;
        };
        if let Some(Value::String(other)) = node.data.get("entity_type") {
            let message = format!(
                "{} works with {}, not with {}",
                a_kind(kind),
                a(wanted.noun()),
                a(&format!("`{other}`"))
            );
            let help = format!("`entity_type` is `{}`", wanted.name());
            let finding = Diagnostic::new(Code::WrongEntity, node.entity_place(), message);
            self.sink.push(finding.help(help));
        } else if node.entities.is_empty() && !node.unread.0 {
            let message = format!("`{}` doesn't say which {}", node.name, wanted.noun());
            let place = node.entity_place();
            let help = match place {
                Place::Text(_) => format!("write its key after `{}`", kind.name()),
                Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => {
                    format!("choose {}, or add one", a(wanted.noun()))
                }
            };
            self.sink.push(Diagnostic::new(Code::MissingEntity, place, message).help(help));
        }
        if matches!(kind.spec().entity, EntityUse::One(_))
            && let Some(second) = node.entities.get(1)
        {
            let message = format!("{} works with one {}", a_kind(kind), wanted.noun());
            let finding = Diagnostic::new(Code::WrongEntity, second.origin.place(), message);
            self.sink.push(finding.help("keep one of them, or give the other a node of its own"));
        }
    }

    fn fields(&mut self, node: &Node) {
        let Some(kind) = node.kind else { return };
        let what = a_kind(kind);
        let of = Fields {
            what: &what,
            specs: kind.spec().fields,
            owner: node.kind_origin.place(),
            world: self.world,
            whole: !node.unread.0,
            lost: self.graph.lost.0,
            meant: cures::meant_field(self.world, node, kind).map(|(spec, _)| spec.name),
        };
        of.check(&node.fields, self.sink);
    }

    fn data(&mut self, node: &Node) {
        const KNOWN: [&str; 5] = ["label", "entity_id", "entity_type", "entity_key", "config"];
        // Known members that are still here are of a wrong type or about another kind of entity; that was said.
        for name in node.data.keys().filter(|n| !KNOWN.contains(&n.as_str())) {
            let message = format!("`{name}` in the data of `{}` is kept, but does nothing", node.name);
            let finding = Diagnostic::new(Code::UnknownData, node.origin.place(), message);
            self.sink.push_near(finding, name, KNOWN);
        }
    }

    fn edges(&mut self) {
        let graph = self.graph;
        let wiring = graph.wiring();
        for (id, node) in graph.nodes.iter().filter(|(id, _)| !wiring.from(*id).is_empty()) {
            let exits = self.exits(node);
            for edge in wiring.from(id).iter().filter_map(|edge| graph.edges.get(*edge)) {
                self.edge(edge, exits.as_ref());
            }
            for (first, second) in wiring.twice(graph, id) {
                let Some((first, edge)) = graph.edges.get(first).zip(graph.edges.get(second)) else {
                    continue;
                };
                let message = format!("two edges leave `{}` of `{}`", edge.exit, node.name);
                let finding = Diagnostic::new(Code::TwoEdges, edge.exit_origin.place(), message);
                self.sink.push(
                    finding
                        .also(first.exit_origin.place(), "the first one")
                        .help("a call takes one way only: keep one of them"),
                );
            }
        }
    }

    fn name(&self, node: NodeId) -> &str {
        self.graph.nodes.get(node).map_or("", |n| n.name.as_str())
    }

    /// The exits of a node.
    fn exits(&self, node: &Node) -> Option<Exits> {
        let kind = node.kind?;
        let facts = facts_of(node, self.world);
        let others = match (kind.spec().computed, facts) {
            (Computed::None | Computed::Answers, _) | (_, Some(_)) => None,
            (Computed::MenuKeys, None) => Some(KeyType::TelephoneKey),
            (Computed::TimeRules, None) => Some(KeyType::Name),
            (Computed::FlowExits, None) if self.graph.library.called_by(node).is_none() => {
                Some(KeyType::Name)
            }
            (Computed::FlowExits, None) => None,
        };
        let exits = self.graph.library.exits_of(node, facts);
        let names: Vec<String> = exits.into_iter().map(|(name, _)| name).collect();
        let mut by_name: Vec<usize> = (0..names.len()).collect();
        by_name.sort_by_key(|at| names.get(*at));
        Some(Exits { names, by_name, others, kind })
    }

    fn edge(&mut self, edge: &Edge, exits: Option<&Exits>) {
        let is_whole = self.graph.nodes.get(edge.source).is_none_or(|n| !n.unread.0);
        if let Some(exits) = exits.filter(|e| is_whole && !e.can_have(&edge.exit)) {
            self.unknown_exit(edge, exits);
        }
        match &edge.target {
            // It may be one that couldn't be read.
            Target::Missing(_) if self.graph.unread.0 => {}
            Target::Missing(name) => {
                let message = format!("there is no node `{name}` to go to");
                let names = self.graph.nodes.values().map(|n| n.name.as_str());
                let cure = self.sink.suggests().then(|| cures::kind_as_target(self.graph, edge, name));
                if let Some(finding) = cure.flatten() {
                    return self.sink.push(finding);
                }
                let mut finding = Diagnostic::new(Code::EdgeToNowhere, edge.target_origin.place(), message)
                    .help("lead it to a node of this flow, or add the node");
                if self.sink.suggests() {
                    finding = finding.did_you_mean(name, names);
                }
                finding.fix = finding.fix.and_then(on_the_target);
                self.sink.push(finding);
            }
            Target::Node(id) => {
                let entry = self.graph.nodes.get(*id).and_then(|n| n.kind).filter(|k| k.spec().is_entry());
                if entry.is_some() {
                    let message =
                        format!("`{}` is an entry: no call comes to it from another node", self.name(*id));
                    let finding = Diagnostic::new(Code::BadTarget, edge.target_origin.place(), message);
                    self.sink.push(finding.help("lead it to the node that the entry leads to"));
                }
            }
        }
        if let Some(handle) = &edge.target_handle {
            let message = format!("nodes take calls at `incoming`, not at `{handle}`");
            let finding = Diagnostic::new(Code::BadTarget, edge.target_origin.place(), message);
            self.sink.push(finding.help("draw the edge to the left side of the node"));
        }
    }

    fn unknown_exit(&mut self, edge: &Edge, exits: &Exits) {
        let message = match edge.exit.as_str() {
            "" => format!("which exit of `{}` leads there?", self.name(edge.source)),
            exit => format!("`{}` has no exit `{exit}`", self.name(edge.source)),
        };
        let mut finding =
            Diagnostic::new(Code::UnknownExit, edge.exit_origin.place(), message).help(exits.told());
        if let Some(node) = self.graph.nodes.get(edge.source).filter(|_| exits.others.is_none()) {
            finding = cures::exit_to_add(self.world, node, edge, finding);
        }
        if !edge.exit.is_empty() && self.sink.suggests() {
            finding = finding.did_you_mean(&edge.exit, exits.names.iter().map(String::as_str));
        }
        // A call takes one way: where the right exit has its edge already, writing it again is no cure.
        let has_edge = |fix: &diag::Fix| {
            let is = |e: &Edge| e.source == edge.source && fix.edits.iter().any(|edit| edit.with == e.exit);
            self.graph.edges.values().any(is)
        };
        if finding.fix.as_ref().is_some_and(has_edge) {
            finding.fix = None;
        }
        self.sink.push(finding);
    }
}

fn a_kind(kind: Kind) -> String {
    a(&format!("`{}`", kind.name()))
}

struct Exits {
    names: Vec<String>,
    /// The places of the names, sorted by name.
    by_name: Vec<usize>,
    /// What others there may be, where the facts of the entity that gives them are missing.
    others: Option<KeyType>,
    kind: Kind,
}

impl Exits {
    fn can_have(&self, exit: &str) -> bool {
        let name = |at: &usize| self.names.get(*at).map_or("", String::as_str);
        let known = self.by_name.binary_search_by(|at| name(at).cmp(exit)).is_ok();
        known || self.others.is_some_and(|key| key.fits(exit))
    }

    /// For a message.
    fn told(&self) -> String {
        let computed = match self.others {
            None => None,
            Some(KeyType::TelephoneKey) => Some("the keys of the menu".to_owned()),
            Some(KeyType::Name | KeyType::Dial | KeyType::Number) => {
                Some("the rules of the switch".to_owned())
            }
        };
        let first = self.names.iter().take(EXITS_TOLD_MAX).map(|n| format!("`{n}`"));
        let list = computed.into_iter().chain(first).collect::<Vec<_>>().join(", ");
        match self.names.len() {
            0 => format!("{} has no exits: the call ends there", a_kind(self.kind)),
            n if n > EXITS_TOLD_MAX => format!("its exits are {list} and {} more", n - EXITS_TOLD_MAX),
            _ => format!("its exits are {list}"),
        }
    }
}

/// How many exits a message lists.
const EXITS_TOLD_MAX: usize = 16;

/// That a field names an entity which exists. The cure replaces what is wrong in the value, and nothing else.
fn exists(
    world: &dyn World,
    kind: EntityKind,
    (field, key): (&Field, &str),
    spec: &FieldSpec,
    sink: &mut Sink,
) {
    if world.entity(kind, key).is_some() {
        return;
    }
    let message = format!("there is no {} `{key}`", kind.noun());
    let finding = Diagnostic::new(Code::UnknownEntity, field.origin.place(), message)
        .help(format!("add it, or name {} that there is", diag::a(kind.noun())));
    let mut keys = if sink.suggests() { world.keys(kind) } else { Vec::new() };
    // Whoever is in the list already isn't meant by a slip in it.
    keys.retain(|key| !field.value.as_array().is_some_and(|listed| listed.iter().any(|l| l == key)));
    let with = |near: &str| match &field.value {
        Value::Array(keys) => {
            keys.iter().map(|k| if k == key { Value::from(near) } else { k.clone() }).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Value::from(near)
        }
    };
    sink.push(near_value(finding, key, keys, field, spec, with));
}

/// A fix of where an edge leads. On the canvas the finding stands at the edge's exit, which is right; an edge without an id
/// can't be named.
fn on_the_target(mut fix: diag::Fix) -> Option<diag::Fix> {
    for edit in &mut fix.edits {
        if let Place::Canvas { spot, edge, .. } = &mut edit.place {
            edge.as_ref()?;
            *spot = Spot::Field("target".to_owned());
        }
    }
    Some(fix)
}

/// "Did you mean" for a value: the fix writes the field again with it.
fn near_value<'a>(
    finding: Diagnostic,
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    field: &Field,
    spec: &FieldSpec,
    with: impl Fn(&str) -> Value,
) -> Diagnostic {
    match diag::nearest(written, candidates) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .fix(format!("Write `{near}`"), rewritten(field, spec, &with(near))),
        None => finding,
    }
}

/// What a field is for, for somebody who wrote something else there.
fn what_for(spec: &FieldSpec) -> String {
    let doc = spec.doc.trim().trim_end_matches('.').replace('\n', " ");
    let mut letters = doc.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    format!("what `{}` is for: {first}{}", spec.name, letters.as_str())
}

/// What replaces the place of a field that has another value: all of `name = value` in text, the value on the canvas.
fn rewritten(field: &Field, spec: &FieldSpec, value: &Value) -> String {
    match field.origin.place() {
        Place::Text(_) => format!("{} = {}", spec.name, crate::text::spelled(Some(spec.ty), value)),
        Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => {
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        }
    }
}

/// A field of another name with the same value, in text. A value that was read without knowing its type (`20s`) is written
/// as it stood; `None` if that can't be told any more.
fn renamed(field: &Field, spec: &FieldSpec) -> Option<String> {
    if value::check(spec.ty, &field.value).is_ok() {
        return Some(rewritten(field, spec, &field.value));
    }
    let word = field.value.as_str().filter(|w| !w.is_empty())?;
    let is_bare = word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-'));
    is_bare.then(|| format!("{} = {word}", spec.name))
}

/// Fields of a node, an entity or a part.
struct Fields<'a> {
    what: &'a str,
    specs: &'static [FieldSpec],
    owner: Place,
    world: &'a dyn World,
    /// Whether all of it could be read.
    whole: bool,
    /// Whether whole blocks of the project couldn't be read.
    lost: bool,
    /// The field that stands elsewhere, which is said.
    meant: Option<&'static str>,
}

impl Fields<'_> {
    fn check(&self, fields: &[Field], sink: &mut Sink) {
        let mut seen: HashMap<&str, &Field> = HashMap::new();
        for field in fields {
            if let Some(first) = seen.insert(&field.name, field) {
                let message = format!("`{}` is given twice", field.name);
                let finding = Diagnostic::new(Code::DuplicateField, field.origin.place(), message);
                let finding = finding.also(first.origin.place(), "first given here");
                sink.push(finding.help("only one can count: keep the one that is meant"));
            }
            match self.specs.iter().find(|s| s.name == field.name) {
                Some(spec) => self.value(field, spec, sink),
                None => self.unknown(field, sink),
            }
        }
        for spec in self.specs.iter().filter(|s| s.default == FieldDefault::Required && self.whole) {
            if !seen.contains_key(spec.name) && self.meant != Some(spec.name) {
                let message = format!("{} needs `{}`: {}", self.what, spec.name, value::wants(spec.ty));
                sink.push(
                    Diagnostic::new(Code::MissingField, self.owner.clone(), message).help(what_for(spec)),
                );
            }
        }
    }

    fn unknown(&self, field: &Field, sink: &mut Sink) {
        let message = format!("{} has no field `{}`", self.what, field.name);
        let finding = Diagnostic::new(Code::UnknownField, field.origin.place(), message);
        let mut finding = finding.did_you_mean(&field.name, self.specs.iter().map(|s| s.name));
        // The place is the whole `name = value` in text, and the value on the canvas, which has no place of the name.
        finding.fix = None;
        let near = diag::meant(&field.name, self.specs.iter().map(|s| s.name));
        let spec = self.specs.iter().find(|s| Some(s.name) == near);
        if let (Some(spec), Place::Text(_)) = (spec, field.origin.place())
            && let Some(text) = renamed(field, spec)
        {
            finding = finding.fix(format!("Write `{}`", spec.name), text);
        }
        let list = self.specs.iter().map(|s| format!("`{}`", s.name)).collect::<Vec<_>>().join(", ");
        sink.push(match (&finding.help, list.is_empty()) {
            (Some(_), _) => finding,
            (None, true) => finding.help(format!("{} has no fields", self.what)),
            (None, false) => finding.help(format!("its fields are {list}")),
        });
    }

    fn value(&self, field: &Field, spec: &FieldSpec, sink: &mut Sink) {
        let place = field.origin.place();
        match value::check(spec.ty, &field.value) {
            Ok(()) => self.references(field, spec, sink),
            Err(Wrong::Type(wants)) => {
                let message = format!("`{}` must be {wants}", field.name);
                if let Some(seconds) = time_meant(field, spec) {
                    let finding = Diagnostic::new(Code::WrongType, place, message);
                    return sink.push(written_as(finding, field, spec, &seconds));
                }
                let near = if spec.ty == FieldType::Zone { zone_meant(&field.value) } else { None };
                let help = near.map(|zone| format!("did you mean `\"{zone}\"`?"));
                let help = help.unwrap_or_else(|| what_for(spec));
                sink.push(Diagnostic::new(Code::WrongType, place, message).help(help));
            }
            Err(Wrong::Range(range)) => {
                let message = format!("`{}` must be {range}", field.name);
                sink.push(Diagnostic::new(Code::OutOfRange, place, message).help(what_for(spec)));
            }
            Err(Wrong::Word(words)) => {
                let written = field.value.as_str().unwrap_or("");
                let message = format!("`{}` must be {}", field.name, value::wants(spec.ty));
                let finding = Diagnostic::new(Code::WrongType, place, message);
                let words = words.iter().copied();
                sink.push(near_value(finding, written, words, field, spec, |near| Value::from(near)));
            }
        }
    }

    fn references(&self, field: &Field, spec: &FieldSpec, sink: &mut Sink) {
        let (FieldType::Ref(kind) | FieldType::Refs(kind)) = spec.ty else { return };
        if self.lost {
            return;
        }
        let keys = match &field.value {
            Value::Array(keys) => keys.as_slice(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                std::slice::from_ref(&field.value)
            }
        };
        for key in keys.iter().filter_map(Value::as_str) {
            exists(self.world, kind, (field, key), spec, sink);
        }
    }
}

fn entity(declaration: &Declaration, world: &dyn World, lost: bool, sink: &mut Sink) {
    let spec = entity_spec::of(declaration.kind);
    let noun = declaration.kind.noun();
    let place = declaration.origin.place();
    if !spec.key.fits(&declaration.key) {
        let message = format!("the key of {} must be {}", a(noun), spec.key.wants());
        sink.push(Diagnostic::new(Code::OutOfRange, place.clone(), message));
    }
    let what = format!("the {noun} `{}`", declaration.key);
    let whole = !declaration.unread.0;
    let of = Fields { what: &what, specs: spec.fields, owner: place, world, whole, lost, meant: None };
    of.check(&declaration.fields, sink);
    let mut seen: HashMap<(&str, &str), Place> = HashMap::new();
    for part in &declaration.parts {
        let place = part.origin.place();
        let Some(part_spec) = spec.part(&part.word) else {
            let message = format!("{} has no `{}`", a(noun), part.word);
            let finding = Diagnostic::new(Code::UnknownPart, place, message);
            let words = spec.parts.iter().map(|p| p.word);
            let known = words.clone().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(" and ");
            let known = if known.is_empty() { "nothing like it".to_owned() } else { known };
            let finding = finding.help(format!("{} has {known}", a(noun)));
            let mut finding = finding.did_you_mean(&part.word, words);
            finding.fix = None;
            sink.push(finding);
            continue;
        };
        let mut meant = None;
        if !part_spec.key.fits(&part.key) {
            let message =
                format!("the key of {} must be {}", a(&format!("`{}`", part.word)), part_spec.key.wants());
            let finding = Diagnostic::new(Code::OutOfRange, place.clone(), message);
            meant = cures::field_as_key(part, part_spec.fields);
            sink.push(match meant {
                None => finding,
                Some(field) => finding.help(format!(
                    "give it a name, and write this as a field: `{} NAME {{ {field} = {} … }}`",
                    part.word, part.key
                )),
            });
        }
        if let Some(first) = seen.insert((&part.word, &part.key), place.clone()) {
            let message = format!("{what} has two `{} {}`", part.word, part.key);
            let finding =
                Diagnostic::new(Code::DuplicateId, place.clone(), message).also(first, "first used here");
            sink.push(finding.help("a call can take one of them only: remove one, or give it another key"));
        }
        let part_what = format!("`{} {}`", part.word, part.key);
        let of =
            Fields { what: &part_what, specs: part_spec.fields, owner: place, world, whole, lost, meant };
        of.check(&part.fields, sink);
    }
    rule_exits(declaration, sink);
    exception_exits(declaration, sink);
    long_nights(declaration, sink);
}

/// The time that was meant by a number without a unit (`25`) or with another one (`25sec`). On the canvas times are plain
/// numbers of seconds, so that what is wrong there is a text.
fn time_meant(field: &Field, spec: &FieldSpec) -> Option<Value> {
    let (FieldType::Seconds { .. }, Value::String(written)) = (spec.ty, &field.value) else { return None };
    let seconds = Value::from(value::duration::meant(written)?);
    value::check(spec.ty, &seconds).is_ok().then_some(seconds)
}

/// "Did you mean" another spelling of the same value. What a fix writes on the canvas is text, and this is a number: there
/// it's said only.
fn written_as(finding: Diagnostic, field: &Field, spec: &FieldSpec, value: &Value) -> Diagnostic {
    match field.origin.place() {
        Place::Text(_) => {
            let spelled = crate::text::spelled(Some(spec.ty), value);
            let finding = finding.help(format!("did you mean `{spelled}`?"));
            finding.fix(format!("Write `{spelled}`"), rewritten(field, spec, value))
        }
        Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => {
            finding.help(format!("did you mean `{value}`?"))
        }
    }
}

/// The zone that was meant by its city (`Sydney`) or by a slip.
fn zone_meant(value: &Value) -> Option<&'static str> {
    let written = value.as_str()?;
    let city = written.replace(' ', "_");
    let is_city = |zone: &&str| zone.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(&city));
    zone::names().find(is_city).or_else(|| crate::diag::nearest(written, zone::names()))
}

/// A rule's key is its exit, and `default` is the exit of calls that no rule matches.
fn rule_exits(declaration: &Declaration, sink: &mut Sink) {
    let is_default = |p: &&Part| p.word == "rule" && p.key == "default";
    if declaration.kind == EntityKind::TimeSwitch
        && let Some(part) = declaration.parts.iter().find(is_default)
    {
        let message = "`default` is the exit of calls that no rule matches, so no rule can have this key";
        let finding = Diagnostic::new(Code::DuplicateId, part.origin.place(), message);
        sink.push(finding.help("give the rule another key"));
    }
}

/// Hours that pass midnight and last longer than this, in minutes, look like hours whose ends are swapped.
const NIGHT_MAX: u16 = 720;

/// Hours that pass midnight and last very long, unless another rule has the day between them.
fn long_nights(declaration: &Declaration, sink: &mut Sink) {
    if declaration.kind != EntityKind::TimeSwitch {
        return;
    }
    let hours_of = |part: &Part| {
        let field = part.fields.iter().find(|f| f.name == "hours");
        field.and_then(|f| value::hours(&f.value)).unwrap_or_default()
    };
    let days_of = |part: &Part| {
        let field = part.fields.iter().find(|f| f.name == "days");
        field.map(|f| value::weekdays(&f.value)).unwrap_or_default().0
    };
    for part in &declaration.parts {
        let Some(field) = part.fields.iter().find(|f| f.name == "hours") else { continue };
        for night in hours_of(part) {
            let lasts = (night.end + 1_440).saturating_sub(night.start);
            if night.start < night.end || lasts <= NIGHT_MAX {
                continue;
            }
            let has_the_day = |other: &Part| {
                let is_other = !std::ptr::eq(other, part) && other.word == part.word;
                let same_day = part.word != "rule" || days_of(other) & days_of(part) != 0;
                let overlaps = |h: &Hours| h.start < night.start && night.end < h.end && h.start < h.end;
                is_other && same_day && hours_of(other).iter().any(overlaps)
            };
            if declaration.parts.iter().any(has_the_day) {
                continue;
            }
            let (start, end) = (value::clock::print(night.start), value::clock::print(night.end));
            let long = match (lasts / 60, lasts % 60) {
                (hours, 0) => format!("{hours} hours"),
                (hours, minutes) => format!("{hours} hours and {minutes} minutes"),
            };
            let message = format!(
                "`{}` of `{}` lasts {long}: from {start} until {end} of the next day",
                part.key, declaration.key
            );
            let day = match part.word.as_str() {
                "rule" => format!("if the night is meant, give {end}..{start} a rule of its own"),
                _ => "if it is meant, make it two exceptions, one for each day".to_owned(),
            };
            let finding = Diagnostic::new(Code::LongNight, field.origin.place(), message);
            sink.push(finding.help(format!("if {end}..{start} is meant, write so; {day}")));
        }
    }
}

/// `as` of an exception names a rule, an exception or `default`.
fn exception_exits(declaration: &Declaration, sink: &mut Sink) {
    if declaration.kind != EntityKind::TimeSwitch {
        return;
    }
    let rules: HashSet<&str> =
        declaration.parts.iter().filter(|p| p.word == "rule").map(|p| p.key.as_str()).collect();
    let exceptions: HashSet<&str> =
        declaration.parts.iter().filter(|p| p.word == "except").map(|p| p.key.as_str()).collect();
    for part in declaration.parts.iter().filter(|p| p.word == "except") {
        let Some(field) = part.fields.iter().find(|f| f.name == "as") else { continue };
        let Some(exit) = field.value.as_str() else { continue };
        if exit != "default" && !exceptions.contains(exit) && !rules.contains(exit) {
            let message = format!("`{}` has no rule and no exception `{exit}`", declaration.key);
            let finding = Diagnostic::new(Code::UnknownExit, field.origin.place(), message);
            let finding = finding.help(format!(
                "leave `as` out: then `{}` is an exit of its own; or name a rule, another exception, or `default`",
                part.key
            ));
            if !sink.suggests() {
                sink.push(finding);
                continue;
            }
            let keys = declaration.parts.iter().map(|p| p.key.as_str());
            let mut finding = finding.did_you_mean(exit, keys.chain(["default"]));
            finding.fix = None;
            sink.push(finding);
        }
    }
}
