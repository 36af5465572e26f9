//! What may be written at a place: kinds, fields, exits, entities with their names, nodes to go to, values, steps of tests;
//! and snippets that wire what must be wired.

use std::ops::Range;

use super::folder::Office;
use super::slot::{self, Inside, Place, Slot};
use super::snippets::{self, Snippet};
use super::things::{self, At};
use super::values::{self, Choice};
use super::words;
use crate::diag::Spot;
use crate::entity::{EntityKind, spec as entity_spec};
use crate::expr::Variables;
use crate::graph::{Graph, Node, Project};
use crate::nodes::Kind;
use crate::nodes::spec::{EntityUse, FieldSpec};
use crate::text;
use crate::text::marks::{Owner, Thing};
use crate::text::sentence::{self, Next};
use crate::world::World as _;

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A word of the grammar or of a step.
    Keyword,
    /// A kind of node or of entity.
    Kind,
    /// A field.
    Field,
    /// An exit.
    Exit,
    /// An entity.
    Entity,
    /// A node.
    Node,
    /// A flow.
    Flow,
    /// A value.
    Value,
    /// A variable or a fact.
    Variable,
    /// Several words at once.
    Snippet,
}

/// Something that may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What people choose by; for a value also the bare value, as a canvas keeps it.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What it is, in a few words.
    pub detail: String,
    /// More about it, in Markdown; may be empty.
    pub doc: String,
    /// What is written: a snippet (`${1:…}`) if `is_snippet`.
    pub insert: String,
    /// Whether `insert` has places to fill in.
    pub is_snippet: bool,
    /// What typed letters are compared with.
    pub filter: String,
}

/// What may be written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// What is replaced; nothing on a canvas.
    pub replace: Range<usize>,
    /// In the order of the catalogue.
    pub items: Vec<Completion>,
}

/// What may be written where is pointed.
#[must_use]
pub fn complete(office: &Office, at: At<'_>) -> Completions {
    match at {
        At::Text { file, offset } => {
            let Some(source) = office.text.project.files.get(file) else { return Completions::default() };
            let place = slot::at(&source.text, offset);
            let mut found =
                Finder { office, project: &office.text.project, place: &place, items: Vec::new() };
            found.slot();
            let items = found.items;
            let in_text = matches!(&place.slot, Slot::Value { spec, .. } if values::has_expressions(spec.ty));
            if in_text {
                in_expression(&source.text, &place, offset, items)
            } else {
                Completions { replace: place.word, items }
            }
        }
        At::Canvas { unit, flow, node, spot } => {
            let Some(graph) = unit.project.flows.get(flow) else { return Completions::default() };
            let place =
                Place { slot: on_canvas(graph, node, spot), word: 0..0, quoted: false, more_follows: true };
            let mut found = Finder { office, project: &unit.project, place: &place, items: Vec::new() };
            found.slot();
            Completions { replace: 0..0, items: found.items }
        }
    }
}

/// What a part of a node on a canvas is for.
fn on_canvas(graph: &Graph, name: &str, spot: &Spot) -> Slot {
    let Some(node) = graph.node(name).and_then(|id| graph.nodes.get(id)) else { return Slot::Nothing };
    let inside = Inside {
        owner: node.kind.map(Owner::Node),
        flow: graph.key.clone(),
        entity: node.entity_key().map(str::to_owned),
        calls: crate::library::called(node).map(str::to_owned),
        fields: node.fields.iter().map(|f| f.name.clone()).collect(),
        exits: Vec::new(),
    };
    match (spot, node.kind) {
        (Spot::Field(field), _) if field == "type" => Slot::Kind { entry: false },
        (Spot::Field(field), Some(kind)) => match kind.spec().field(field) {
            Some(spec) => Slot::Value { inside, spec },
            None => Slot::Nothing,
        },
        (Spot::Exit(_), _) => Slot::Node { flow: graph.key.clone(), places: false },
        (Spot::Entity, Some(kind)) => Slot::Entity { kind, taken: Vec::new() },
        (Spot::Node, _) => Slot::Statement(inside),
        (Spot::Field(_) | Spot::Entity, None) => Slot::Nothing,
    }
}

/// Names in the text of an expression: what is replaced is the name that is being written.
fn in_expression(text: &str, place: &Place, offset: usize, mut items: Vec<Completion>) -> Completions {
    if !place.quoted {
        let snippet = Snippet::default().plain("\"").stop("").plain("\"");
        items.iter_mut().for_each(|item| item.insert = text::quoted(&item.insert));
        items.insert(
            0,
            Completion { kind: CompletionKind::Snippet, ..written("\"…\"", snippet, "an expression") },
        );
        return Completions { replace: place.word.clone(), items };
    }
    let before = text.get(place.word.start..offset).unwrap_or("");
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let name = before.len() - before.trim_end_matches(is_name).len();
    Completions { replace: offset - name..offset, items }
}

fn written(label: &str, snippet: Snippet, detail: &str) -> Completion {
    Completion {
        label: label.to_owned(),
        kind: CompletionKind::Snippet,
        detail: detail.to_owned(),
        doc: String::new(),
        insert: snippet.text,
        is_snippet: true,
        filter: label.to_owned(),
    }
}

struct Finder<'a> {
    office: &'a Office,
    project: &'a Project,
    place: &'a Place,
    items: Vec<Completion>,
}

impl Finder<'_> {
    fn slot(&mut self) {
        match self.place.slot.clone() {
            Slot::Block => self.blocks(),
            Slot::Flow => {
                for graph in self.project.flows.values() {
                    self.plain(CompletionKind::Flow, &graph.key, &text::named(&graph.key), &graph.label);
                }
            }
            Slot::NewKey(kind) => self.new_keys(kind),
            Slot::NewNode { entry, inside } => self.new_nodes(entry, &inside),
            Slot::Kind { entry } => self.kinds(entry),
            Slot::Entity { kind, taken } => self.entities_of(kind, &taken),
            Slot::Node { flow, places } => self.nodes(&flow, places),
            Slot::Statement(inside) => self.statements(&inside),
            Slot::Value { inside, spec } => self.values(&inside, spec),
            Slot::Step { words, called } => self.step(&words, &called),
            Slot::Nothing => {}
        }
    }

    fn push(&mut self, mut item: Completion) {
        if self.place.quoted {
            // What is replaced has its quote, and typed letters are compared from there on.
            item.filter = item.insert.clone();
        }
        self.items.push(item);
    }

    fn plain(&mut self, kind: CompletionKind, label: &str, insert: &str, detail: &str) {
        self.push(Completion {
            label: label.to_owned(),
            kind,
            detail: detail.to_owned(),
            doc: String::new(),
            insert: insert.to_owned(),
            is_snippet: false,
            filter: if detail.is_empty() { label.to_owned() } else { format!("{label} {detail}") },
        });
    }

    /// A snippet, or only its label where something follows on the line.
    fn snippet(&mut self, kind: CompletionKind, label: &str, snippet: Snippet, detail: &str, doc: String) {
        let item = match self.place.more_follows {
            true => {
                Completion { insert: label.to_owned(), is_snippet: false, ..written(label, snippet, detail) }
            }
            false => written(label, snippet, detail),
        };
        self.push(Completion { kind, doc, ..item });
    }

    fn blocks(&mut self) {
        let flow = Snippet::default().plain("flow ").stop("main").plain(" \"").stop("Name").plain("\" {\n  ");
        let flow = flow.stop("").plain("\n}");
        self.snippet(CompletionKind::Keyword, "flow", flow, "what happens to a call", String::new());
        let test = Snippet::default().plain("test \"").stop("what it shows").plain("\" {\n  call ");
        let kind = things::entries_kind();
        let number = kind.map_or("\"\"".to_owned(), |k| {
            let keys = values::entities(self.office, k);
            keys.first().map_or_else(|| values::spelled_key(k, values::sample_key(k)), |c| c.spelled.clone())
        });
        let test = test.stop(&number).plain("\n  expect ").stop("end normal").plain("\n}");
        self.snippet(CompletionKind::Keyword, "test", test, "a call and what must come of it", String::new());
        let layout = Snippet::default().plain("layout ").stop("main").plain(" {\n  ").stop("").plain("\n}");
        self.snippet(CompletionKind::Keyword, "layout", layout, "where nodes stand", String::new());
        for kind in EntityKind::ALL {
            let doc = format!("Its key is {}.", entity_spec::of(*kind).key.wants());
            self.snippet(CompletionKind::Kind, kind.name(), snippets::entity(*kind), kind.noun(), doc);
        }
    }

    /// Keys that something names and nothing makes.
    fn new_keys(&mut self, kind: EntityKind) {
        let marks = self.office.text.marks.iter().flat_map(|m| &m.words);
        let is_new = |key: &String| self.office.world.entity(kind, key).is_none();
        let named = marks.filter_map(|m| {
            let Thing::Entity(of, key) = &m.thing else { return None };
            (*of == kind && is_new(key)).then(|| key.clone())
        });
        let keys: std::collections::BTreeSet<String> = named.collect();
        for key in keys {
            self.plain(
                CompletionKind::Entity,
                &key,
                &values::spelled_key(kind, &key),
                "named, but not there yet",
            );
        }
    }

    fn new_nodes(&mut self, entry: bool, inside: &Inside) {
        if !entry {
            self.statements(inside);
            let snippet = Snippet::default().plain("entry ");
            self.snippet(CompletionKind::Keyword, "entry", snippet, "where calls start", String::new());
        }
        for kind in Kind::ALL.iter().filter(|k| snippets::fits(**k, entry)) {
            let lead = if kind.spec().is_entry() && !entry { "entry " } else { "" };
            let head = Snippet::default().plain(lead).stop("name").plain(": ");
            let snippet = snippets::node(*kind, &self.office.world, head);
            let detail = words::first(kind.spec().doc);
            self.snippet(CompletionKind::Kind, kind.name(), snippet, &detail, words::kind(*kind));
        }
    }

    fn kinds(&mut self, entry: bool) {
        for kind in Kind::ALL.iter().filter(|k| !entry || k.spec().is_entry()) {
            let snippet = snippets::node(*kind, &self.office.world, Snippet::default());
            let detail = words::first(kind.spec().doc);
            self.snippet(CompletionKind::Kind, kind.name(), snippet, &detail, words::kind(*kind));
        }
    }

    fn choices(&mut self, kind: CompletionKind, choices: Vec<Choice>, taken: &[String]) {
        for choice in choices.into_iter().filter(|c| !taken.contains(&c.value)) {
            self.plain(kind, &choice.value, &choice.spelled, &choice.detail);
        }
    }

    fn entities_of(&mut self, kind: Kind, taken: &[String]) {
        let Some(entity) = kind.spec().entity.kind() else { return };
        if matches!(kind.spec().entity, EntityUse::One(_)) && !taken.is_empty() {
            return;
        }
        let choices = values::entities(self.office, entity);
        if taken.is_empty() && !self.place.more_follows && !self.place.quoted {
            for choice in &choices {
                let exits = snippets::required(kind, Some(&choice.value), &self.office.world);
                let head = Snippet::default().plain(&choice.spelled);
                let snippet = snippets::body(kind, &exits, head);
                if snippet.text != choice.spelled {
                    let label = format!("{} …", choice.value);
                    let item = written(&label, snippet, &format!("{} with its exits", choice.detail));
                    self.push(item);
                }
            }
        }
        self.choices(CompletionKind::Entity, choices, taken);
    }

    fn nodes(&mut self, flow: &str, places: bool) {
        let Some(graph) = self.project.flow(flow).and_then(|id| self.project.flows.get(id)) else { return };
        for node in graph.nodes.values() {
            let is_entry = node.kind.is_some_and(|k| k.spec().is_entry());
            if if places { node.position.is_some() } else { is_entry } {
                continue;
            }
            let entity = node.entity_key().map(|k| format!(" {k}")).unwrap_or_default();
            let label = if node.label.is_empty() { String::new() } else { format!(" “{}”", node.label) };
            let detail = format!("{}{entity}{label}", node.kind_name);
            self.plain(CompletionKind::Node, &node.name, &text::named(&node.name), &detail);
        }
    }

    fn statements(&mut self, inside: &Inside) {
        let Some(owner) = inside.owner else { return };
        if let Owner::Node(kind) = owner {
            self.exits(kind, inside);
        }
        for spec in owner.fields().iter().filter(|f| !inside.fields.iter().any(|n| n == f.name)) {
            let snippet = snippets::field(spec, Snippet::default());
            let detail = words::first(spec.doc);
            self.snippet(CompletionKind::Field, spec.name, snippet, &detail, words::field(spec));
        }
        if let Owner::Entity(kind) = owner {
            for spec in entity_spec::of(kind).parts {
                self.snippet(
                    CompletionKind::Keyword,
                    spec.word,
                    snippets::part(spec),
                    spec.doc,
                    String::new(),
                );
            }
        }
    }

    fn exits(&mut self, kind: Kind, inside: &Inside) {
        let is_wired = |name: &str| inside.exits.iter().any(|e| e == name);
        let mut missing = snippets::required(kind, inside.entity.as_deref(), &self.office.world);
        missing.retain(|name| !is_wired(name));
        if missing.len() > 1 && !self.place.more_follows {
            let lines = missing.iter().enumerate().fold(Snippet::default(), |snippet, (n, exit)| {
                let end = if n == 0 { "" } else { "\n" };
                snippet.plain(&format!("{end}{} -> ", text::handle(exit))).stop("node")
            });
            self.push(written("all required exits", lines, &missing.join(", ")));
        }
        let called = inside.calls.as_deref().filter(|_| kind == Kind::Subflow);
        let called = called.and_then(|key| {
            let own = self.project.flows.get(self.project.flow(&inside.flow)?)?;
            own.library.get(key)
        });
        for name in
            called.map(Graph::own_exits).unwrap_or_default().into_iter().filter(|name| !is_wired(name))
        {
            let shown = text::handle(name);
            let snippet = Snippet::default().plain(&format!("{shown} -> ")).stop("node");
            let page = words::exit(name, &kind.spec().computed_exit);
            self.snippet(CompletionKind::Exit, &shown, snippet, "the flow comes back by it", page);
        }
        let facts = kind.spec().entity.kind().zip(inside.entity.as_deref());
        let facts = facts.and_then(|(kind, key)| self.office.world.entity(kind, key));
        for (name, spec) in
            kind.exits(&Node::default(), facts).into_iter().filter(|(name, _)| !is_wired(name))
        {
            let shown = text::handle(&name);
            let snippet = Snippet::default().plain(&format!("{shown} -> ")).stop("node");
            let label = words::first(spec.doc);
            let detail = if label.is_empty() { words::unwired(spec) } else { label };
            self.snippet(CompletionKind::Exit, &shown, snippet, &detail, words::exit(&name, spec));
        }
    }

    fn values(&mut self, inside: &Inside, spec: &'static FieldSpec) {
        let flow = self.project.flow(&inside.flow).and_then(|id| self.project.flows.get(id));
        let variables = flow.map(Variables::of).unwrap_or_default();
        let entity = match inside.owner {
            Some(Owner::Entity(kind) | Owner::Part(kind, _)) => Some(kind),
            Some(Owner::Node(_) | Owner::Flow) | None => None,
        };
        let entity = entity.zip(inside.entity.as_deref());
        let kind =
            if values::has_expressions(spec.ty) { CompletionKind::Variable } else { CompletionKind::Value };
        let choices = values::choices(self.office, spec, &variables, entity);
        self.choices(kind, choices, &[]);
    }

    fn step(&mut self, words: &[String], called: &str) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for next in sentence::next(&words) {
            match next {
                Next::Words(known) => {
                    for word in known {
                        let example =
                            text::step_example(word).filter(|_| words.is_empty()).unwrap_or_default();
                        self.plain(CompletionKind::Keyword, word, word, example);
                    }
                }
                Next::Entity(kind) => {
                    let choices = values::entities(self.office, kind);
                    self.choices(CompletionKind::Entity, choices, &[]);
                }
                Next::Kind => {
                    for kind in Kind::ALL {
                        let detail = words::first(kind.spec().doc);
                        self.plain(CompletionKind::Kind, kind.name(), kind.name(), &detail);
                    }
                }
                Next::Exit(kind, entity) => {
                    let facts = kind.spec().entity.kind().zip(entity.as_deref());
                    let facts = facts.and_then(|(kind, key)| self.office.world.entity(kind, key));
                    for (name, spec) in kind.exits(&Node::default(), facts) {
                        self.plain(
                            CompletionKind::Exit,
                            &name,
                            &text::handle(&name),
                            &words::first(spec.doc),
                        );
                    }
                }
                Next::Node => self.nodes_called(called, None),
                Next::ExitOfNode(node) => self.nodes_called(called, Some(&node)),
                Next::Key => {
                    for key in flow_vm::effect::Key::ALL {
                        self.plain(CompletionKind::Value, &key.to_string(), &key.to_string(), "");
                    }
                }
                Next::Value(look) => self.plain(CompletionKind::Value, look, look, ""),
            }
        }
    }

    /// The nodes of the flow that a test calls, or the exits of one of them.
    fn nodes_called(&mut self, called: &str, exits_of: Option<&str>) {
        let thing =
            Thing::Node { flow: crate::text::marks::InFlow::Called(called.to_owned()), name: String::new() };
        let Thing::Node { flow: crate::text::marks::InFlow::Key(flow), .. } =
            things::settled(self.office, &thing)
        else {
            return;
        };
        let graph = self.project.flow(&flow).and_then(|id| self.project.flows.get(id));
        match (exits_of, graph) {
            (None, _) => self.nodes(&flow, false),
            (Some(name), Some(graph)) => {
                let node = graph.node(name).and_then(|id| graph.nodes.get(id));
                let Some((node, kind)) = node.and_then(|n| Some((n, n.kind?))) else { return };
                let facts = kind.spec().entity.kind().zip(node.entity_key());
                let facts = facts.and_then(|(kind, key)| self.office.world.entity(kind, key));
                for (name, spec) in kind.exits(node, facts) {
                    self.plain(CompletionKind::Exit, &name, &text::handle(&name), &words::first(spec.doc));
                }
            }
            (Some(_), None) => {}
        }
    }
}
