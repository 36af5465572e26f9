//! What the words of a file mean: each with its place, so that editors can say, find and rename it. Nothing here knows
//! other files: two marks are about one thing when their [`Thing`]s are equal.

use super::read::Parsed;
use super::sentence::{self, Next};
use super::tree::{Arg, Atom, Item, NodeShape, Shape, Spelled, Statement};
use crate::diag::Span;
use crate::entity::EntityKind;
use crate::entity::spec as entity_spec;
use crate::expr;
use crate::graph::FLOW_FIELDS;
use crate::nodes::Kind;
use crate::nodes::spec::{Computed, FieldSpec, FieldType};

/// Something that text names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A word of the grammar: `flow`, `entry`, `from`.
    Word(String),
    /// A flow, by its key.
    Flow(String),
    /// A node.
    Node {
        /// Its flow.
        flow: InFlow,
        /// Its name.
        name: String,
    },
    /// A kind of node.
    Kind(Kind),
    /// A kind of entity.
    EntityKind(EntityKind),
    /// An entity, by its key.
    Entity(EntityKind, String),
    /// An exit that the kind has.
    Exit(Kind, String),
    /// An exit by which a flow comes back to those that call it.
    FlowExit {
        /// The flow.
        flow: String,
        /// Its name.
        name: String,
    },
    /// A field.
    Field(Owner, String),
    /// The word that begins a part of an entity.
    PartWord(EntityKind, String),
    /// A part of an entity, and the exit that it is.
    Part {
        /// Kind of the entity.
        kind: EntityKind,
        /// Its key.
        entity: String,
        /// The part's key.
        key: String,
    },
    /// A variable.
    Variable {
        /// Its flow.
        flow: String,
        /// Its name.
        name: String,
    },
    /// A test, by its name.
    Test(String),
    /// The word that begins a step of a test.
    Step(String),
    /// What people call something.
    Label,
    /// A value.
    Value,
}

/// Which flow a node is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InFlow {
    /// The flow with this key.
    Key(String),
    /// The flow that this number enters.
    Called(String),
}

/// What a field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Flows.
    Flow,
    /// Nodes of a kind.
    Node(Kind),
    /// Entities of a kind.
    Entity(EntityKind),
    /// Parts of entities of a kind, by their word.
    Part(EntityKind, &'static str),
}

impl Owner {
    /// Its fields.
    #[must_use]
    pub fn fields(self) -> &'static [FieldSpec] {
        match self {
            Owner::Flow => FLOW_FIELDS,
            Owner::Node(kind) => kind.spec().fields,
            Owner::Entity(kind) => entity_spec::of(kind).fields,
            Owner::Part(kind, word) => entity_spec::of(kind).part(word).map_or(&[], |p| p.fields),
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|f| f.name == name)
    }
}

/// Whether a mark is where something is made, or names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It's made here.
    Defines,
    /// It's named here.
    Names,
}

/// A word with its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where, quotes included.
    pub span: Span,
    /// What it is about.
    pub thing: Thing,
    /// How.
    pub role: Role,
}

/// A block, or a node or part in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is about.
    pub thing: Thing,
    /// The word that begins it, or a node's kind.
    pub word: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Where its name stands.
    pub name: Span,
    /// Its head, up to the `{`.
    pub head: Span,
    /// All of it.
    pub whole: Span,
    /// What stands in it.
    pub inside: Vec<Block>,
}

/// The meaning of a file's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The words, in order.
    pub words: Vec<Mark>,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
}

impl Marks {
    /// The word at a byte; of two that touch there the second.
    #[must_use]
    pub fn at(&self, at: usize) -> Option<&Mark> {
        let at = u32::try_from(at).ok()?;
        let here = |m: &&Mark| m.span.start <= at && at <= m.span.end;
        let end = self.words.partition_point(|m| m.span.start <= at);
        self.words.get(end.saturating_sub(2)..end)?.iter().rev().find(here)
    }
}

/// The meaning of the words of a file in shapes.
pub(crate) fn of(parsed: &Parsed) -> Marks {
    let mut maker = Maker { text: parsed.text(), marks: Vec::new() };
    let blocks = parsed.tree.items.iter().filter_map(|item| maker.item(item)).collect();
    let mut words = maker.marks;
    words.sort_by_key(|m| (m.span.start, m.span.end));
    Marks { words, blocks }
}

struct Maker<'a> {
    text: &'a str,
    marks: Vec<Mark>,
}

/// What the fields of a block are about.
#[derive(Clone, Copy)]
struct Within<'a> {
    owner: Option<Owner>,
    flow: &'a str,
    entity: Option<(EntityKind, &'a str)>,
}

impl Maker<'_> {
    fn mark(&mut self, span: Span, thing: Thing, role: Role) {
        if span.end > span.start {
            self.marks.push(Mark { span, thing, role });
        }
    }

    fn names(&mut self, atom: &Atom, thing: Thing) {
        self.mark(atom.span, thing, Role::Names);
    }

    fn defines(&mut self, atom: &Atom, thing: Thing) {
        self.mark(atom.span, thing, Role::Defines);
    }

    fn label(&mut self, label: Option<&Atom>) -> String {
        label.map_or_else(String::new, |label| {
            self.names(label, Thing::Label);
            label.text.clone()
        })
    }

    fn item(&mut self, item: &Item) -> Option<Block> {
        let key = item.args.first();
        let text = key.map_or("", |k| k.text.as_str());
        let word = Thing::Word(item.word.text.clone());
        let (thing, inside) = match item.word.text.as_str() {
            "flow" => {
                self.names(&item.word, word);
                let thing = Thing::Flow(text.to_owned());
                key.into_iter().for_each(|k| self.defines(k, thing.clone()));
                (thing, item.statements.iter().filter_map(|s| self.in_flow(s, text)).collect())
            }
            "layout" => {
                self.names(&item.word, word);
                let thing = Thing::Flow(text.to_owned());
                key.into_iter().for_each(|k| self.names(k, thing.clone()));
                item.statements.iter().for_each(|s| self.in_layout(s, text));
                (thing, Vec::new())
            }
            "test" => {
                self.names(&item.word, word);
                let thing = Thing::Test(text.to_owned());
                key.into_iter().for_each(|k| self.defines(k, thing.clone()));
                self.test(&item.statements);
                (thing, Vec::new())
            }
            other => {
                let kind = EntityKind::by_name(other)?;
                self.names(&item.word, Thing::EntityKind(kind));
                let thing = Thing::Entity(kind, text.to_owned());
                key.into_iter().for_each(|k| self.defines(k, thing.clone()));
                (thing, self.entity(kind, text, &item.statements))
            }
        };
        let label = self.label(item.args.get(1));
        let name = key.map_or(item.word.span, |k| k.span);
        let word = item.word.text.clone();
        Some(Block { thing, word, label, name, head: item.span, whole: item.whole, inside })
    }

    fn in_flow(&mut self, statement: &Statement, flow: &str) -> Option<Block> {
        if let Shape::Field { name, value } = &statement.shape {
            let within = Within { owner: Some(Owner::Flow), flow, entity: None };
            self.field(name, value.as_ref(), within);
        }
        let Shape::Node(node) = &statement.shape else { return None };
        self.node(node, flow);
        let thing = Thing::Node { flow: InFlow::Key(flow.to_owned()), name: node.name.text.clone() };
        Some(Block {
            thing,
            word: node.head.first().map_or_else(String::new, |k| k.text.clone()),
            label: node.label.as_ref().map_or_else(String::new, |l| l.text.clone()),
            name: node.name.span,
            head: statement.span,
            whole: statement.whole,
            inside: Vec::new(),
        })
    }

    fn node(&mut self, node: &NodeShape, flow: &str) {
        if let Some(entry) = node.entry {
            self.mark(entry, Thing::Word("entry".to_owned()), Role::Names);
        }
        let in_flow = InFlow::Key(flow.to_owned());
        self.defines(&node.name, Thing::Node { flow: in_flow.clone(), name: node.name.text.clone() });
        self.label(node.label.as_ref());
        let mut head = node.head.iter();
        let kind = head.next().and_then(|atom| {
            let kind = Kind::by_name(&atom.text)?;
            self.names(atom, Thing::Kind(kind));
            Some(kind)
        });
        let wanted = kind.and_then(|k| k.spec().entity.kind());
        let mut entity = None;
        if let Some(wanted) = wanted {
            for atom in head.filter(|a| a.quoted || !a.text.starts_with("id:")) {
                entity.get_or_insert((wanted, atom.text.as_str()));
                self.names(atom, Thing::Entity(wanted, atom.text.clone()));
            }
        }
        if let Some(target) = node.wire.as_ref().and_then(|(_, target)| target.as_ref()) {
            self.names(target, Thing::Node { flow: in_flow.clone(), name: target.text.clone() });
        }
        let within = Within { owner: kind.map(Owner::Node), flow, entity };
        let called = if kind == Some(Kind::Subflow) { called(&node.statements) } else { None };
        for statement in &node.statements {
            match &statement.shape {
                Shape::Edge { exit, label, target } => {
                    let name = &exit.text;
                    let back =
                        called.map(|flow| Thing::FlowExit { flow: flow.to_owned(), name: name.clone() });
                    if let Some(thing) = back.or_else(|| exit_thing(kind?, entity, name)) {
                        self.names(exit, thing);
                    }
                    self.label(label.as_ref());
                    if let Some(target) = target {
                        self.names(target, Thing::Node { flow: in_flow.clone(), name: target.text.clone() });
                    }
                }
                Shape::Field { name, value } => self.field(name, value.as_ref(), within),
                Shape::Node(_) | Shape::Spot { .. } | Shape::Sentence { .. } => {}
            }
        }
    }

    fn field(&mut self, name: &Atom, value: Option<&Spelled>, within: Within<'_>) {
        let spec = within.owner.and_then(|o| Some((o, o.field(&name.text)?)));
        if let Some((owner, _)) = spec {
            self.names(name, Thing::Field(owner, name.text.clone()));
        }
        let atoms = match value {
            Some(Spelled::Atom(atom)) => std::slice::from_ref(atom),
            Some(Spelled::List(atoms)) => atoms.as_slice(),
            Some(Spelled::Json(_)) | None => &[],
        };
        for atom in atoms {
            match spec {
                Some((_, spec)) => self.value(atom, spec.ty, within),
                None => self.names(atom, Thing::Value),
            }
        }
    }

    fn value(&mut self, atom: &Atom, ty: FieldType, within: Within<'_>) {
        match (ty, within.entity) {
            (FieldType::Ref(kind) | FieldType::Refs(kind), _) => {
                self.names(atom, Thing::Entity(kind, atom.text.clone()));
            }
            (FieldType::Exit, Some((kind, entity))) => {
                self.names(atom, Thing::Part { kind, entity: entity.to_owned(), key: atom.text.clone() });
            }
            (FieldType::Exit, None) => {
                self.names(atom, Thing::FlowExit { flow: within.flow.to_owned(), name: atom.text.clone() });
            }
            (FieldType::Names, _) => {
                self.defines(atom, Thing::FlowExit { flow: within.flow.to_owned(), name: atom.text.clone() });
            }
            (FieldType::Flow, _) => self.names(atom, Thing::Flow(atom.text.clone())),
            (FieldType::Exprs, _) => self.expression(atom, FieldType::Expr, within.flow),
            (FieldType::Variable, _) => {
                let name = atom.text.clone();
                self.defines(atom, Thing::Variable { flow: within.flow.to_owned(), name });
            }
            // `account:number`: the name up to the colon is a variable from the flow's start.
            (FieldType::Inputs, _) => {
                let name = atom.text.split(':').next().unwrap_or_default().to_owned();
                let end = atom.span.start.saturating_add(u32::try_from(name.len()).unwrap_or(u32::MAX));
                let span = Span { end: end.min(atom.span.end), ..atom.span };
                if !atom.quoted {
                    let thing = Thing::Variable { flow: within.flow.to_owned(), name };
                    self.mark(span, thing, Role::Defines);
                }
            }
            (FieldType::Expr | FieldType::Template, _) => self.expression(atom, ty, within.flow),
            (
                FieldType::Bool
                | FieldType::Int { .. }
                | FieldType::Seconds { .. }
                | FieldType::Text { .. }
                | FieldType::Word(_)
                | FieldType::Networks
                | FieldType::Zone
                | FieldType::Weekdays
                | FieldType::Hours
                | FieldType::Dates
                | FieldType::Url
                | FieldType::Dial
                | FieldType::Answers,
                _,
            ) => self.names(atom, Thing::Value),
        }
    }

    /// The variables that an expression reads, each at its place. Names have no escapes, so that the text between the
    /// quotes can be looked through as it stands.
    fn expression(&mut self, atom: &Atom, ty: FieldType, flow: &str) {
        let Some(Ok(read)) = expr::of_field(ty, &atom.text) else { return };
        let mut reads = Vec::new();
        read.reads(&mut reads);
        let range = crate::edit::folder::range(atom.span);
        let Some(written) = self.text.get(range) else { return };
        for (from, to) in variables::of(written, ty == FieldType::Template) {
            let Some(name) = written.get(from..to).filter(|n| reads.contains(n)) else { continue };
            let at = |n: usize| atom.span.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
            let span = Span { start: at(from), end: at(to), ..atom.span };
            self.mark(span, Thing::Variable { flow: flow.to_owned(), name: name.to_owned() }, Role::Names);
        }
    }

    fn in_layout(&mut self, statement: &Statement, flow: &str) {
        let node = |atom: &Atom| Thing::Node { flow: InFlow::Key(flow.to_owned()), name: atom.text.clone() };
        match &statement.shape {
            Shape::Spot { name, .. } => self.names(name, node(name)),
            Shape::Sentence { word, args, .. } => {
                self.names(word, Thing::Word(word.text.clone()));
                if let (true, Some(Arg::Atom(name))) = (word.text != "stray", args.first()) {
                    self.names(name, node(name));
                }
            }
            Shape::Node(_) | Shape::Edge { .. } | Shape::Field { .. } => {}
        }
    }

    fn entity(&mut self, kind: EntityKind, key: &str, statements: &[Statement]) -> Vec<Block> {
        let within = Within { owner: Some(Owner::Entity(kind)), flow: "", entity: Some((kind, key)) };
        let mut parts = Vec::new();
        for statement in statements {
            match &statement.shape {
                Shape::Field { name, value } => self.field(name, value.as_ref(), within),
                Shape::Sentence { word, args, statements } => {
                    let spec = entity_spec::of(kind).part(&word.text);
                    let args: Vec<&Atom> = args.iter().filter_map(atom_of).collect();
                    let part = args.first().map_or("", |a| a.text.as_str());
                    let thing = Thing::Part { kind, entity: key.to_owned(), key: part.to_owned() };
                    self.names(word, Thing::PartWord(kind, word.text.clone()));
                    args.first().into_iter().for_each(|a| self.defines(a, thing.clone()));
                    let label = self.label(args.get(1).copied());
                    let owner = spec.map(|s| Owner::Part(kind, s.word));
                    for inner in statements {
                        if let Shape::Field { name, value } = &inner.shape {
                            self.field(name, value.as_ref(), Within { owner, ..within });
                        }
                    }
                    parts.push(Block {
                        thing,
                        word: word.text.clone(),
                        label,
                        name: args.first().map_or(word.span, |a| a.span),
                        head: statement.span,
                        whole: statement.whole,
                        inside: Vec::new(),
                    });
                }
                Shape::Node(_) | Shape::Edge { .. } | Shape::Spot { .. } => {}
            }
        }
        parts
    }

    fn test(&mut self, statements: &[Statement]) {
        let sentences = statements.iter().filter_map(|s| match &s.shape {
            Shape::Sentence { word, args, .. } => {
                Some((word, args.iter().filter_map(atom_of).collect::<Vec<_>>()))
            }
            Shape::Node(_) | Shape::Edge { .. } | Shape::Field { .. } | Shape::Spot { .. } => None,
        });
        let sentences: Vec<(&Atom, Vec<&Atom>)> = sentences.collect();
        let called = sentences.iter().find(|(word, _)| word.text == "call");
        let called = called.and_then(|(_, args)| args.first()).map_or("", |a| a.text.as_str());
        for (word, args) in &sentences {
            self.names(word, Thing::Step(word.text.clone()));
            let mut words = vec![word.text.as_str()];
            for arg in args {
                if let Some(thing) = step_thing(&words, arg, called) {
                    self.names(arg, thing);
                }
                words.push(&arg.text);
            }
        }
    }
}

/// The flow that a `subflow` node calls.
fn called(statements: &[Statement]) -> Option<&str> {
    statements.iter().find_map(|statement| match &statement.shape {
        Shape::Field { name, value: Some(Spelled::Atom(flow)) } if name.text == "flow" => {
            Some(flow.text.as_str())
        }
        Shape::Field { .. }
        | Shape::Node(_)
        | Shape::Edge { .. }
        | Shape::Spot { .. }
        | Shape::Sentence { .. } => None,
    })
}

fn atom_of(arg: &Arg) -> Option<&Atom> {
    match arg {
        Arg::Atom(atom) => Some(atom),
        Arg::Json(_) => None,
    }
}

/// What a word of a step is, behind these words of it.
fn step_thing(words: &[&str], arg: &Atom, called: &str) -> Option<Thing> {
    let text = arg.text.clone();
    sentence::next(words).into_iter().find_map(|next| match next {
        Next::Words(known) => known.contains(&arg.text.as_str()).then(|| Thing::Word(text.clone())),
        Next::Entity(kind) => Some(Thing::Entity(kind, text.clone())),
        Next::Kind => Kind::by_name(&arg.text).map(Thing::Kind),
        Next::Exit(kind, entity) => {
            exit_thing(kind, kind.spec().entity.kind().zip(entity.as_deref()), &arg.text)
        }
        Next::Node => Some(Thing::Node { flow: InFlow::Called(called.to_owned()), name: text.clone() }),
        Next::ExitOfNode(_) | Next::Key | Next::Value(_) => Some(Thing::Value),
    })
}

/// What an exit of a node is: a part of its entity, or an exit of the kind.
pub(crate) fn exit_thing(kind: Kind, entity: Option<(EntityKind, &str)>, exit: &str) -> Option<Thing> {
    let spec = kind.spec();
    match (spec.exit(exit), spec.computed, entity) {
        (Some(_), _, _) => Some(Thing::Exit(kind, exit.to_owned())),
        (None, Computed::None, _) | (None, _, None) => None,
        (None, _, Some((kind, entity))) => {
            Some(Thing::Part { kind, entity: entity.to_owned(), key: exit.to_owned() })
        }
    }
}

/// Where names stand in an expression.
pub(crate) mod variables {
    /// Byte ranges of words that may be variables. `template`: only those inside of braces.
    pub(crate) fn of(written: &str, template: bool) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let bytes = written.as_bytes();
        let at = |n: usize| bytes.get(n).copied().unwrap_or(0);
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let (mut n, mut inside, mut text) = (0, !template, false);
        while n < bytes.len() {
            match at(n) {
                b'{' if template && at(n + 1) == b'{' => n += 2,
                b'{' if template => {
                    inside = true;
                    n += 1;
                }
                b'}' if template => {
                    (inside, text) = (false, false);
                    n += 1;
                }
                b'\'' if inside => {
                    text = !text;
                    n += 1;
                }
                b if inside && !text && is_word(b) => {
                    let end = (n..bytes.len()).find(|m| !is_word(at(*m))).unwrap_or(bytes.len());
                    let joined = |b: u8| b == b'.' || b == b':' || b == b'+';
                    let before = n.checked_sub(1).map_or(0, at);
                    if !joined(before) && !joined(at(end)) && !b.is_ascii_digit() {
                        found.push((n, end));
                    }
                    n = end;
                }
                _ => n += 1,
            }
        }
        found
    }
}
