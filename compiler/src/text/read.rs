//! Tree of shapes → graph. Only what the graph can't hold is diagnosed here (F0xx); what it holds but no call can use
//! is the business of [`crate::structure`], for both views alike.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::layout::Layout;
use super::tree::{self, Arg, Atom, NodeShape, Shape, Spelled, Statement};
use super::{foreign, mend, spell, steps};
use crate::diag::{Code, Diagnostic, Place, Sink, Span, a};
use crate::entity::{EntityKind, spec as entity_spec};
use crate::graph::{
    Declaration, Edge, EntityRef, FLOW_FIELDS, Field, FileId, FlowId, Graph, Item, Node, NodeId, Origin,
    Part, Project, SourceFile, Target, Test, Unread,
};
use crate::nodes::Kind;
use crate::nodes::spec::{EntityUse, FieldSpec};
use crate::{Source, library, limits};

/// A file in shapes: what doesn't depend on any other file, so that it's made again only when the file changes.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    name: String,
    text: String,
    pub(super) tree: tree::Tree,
    found: Sink,
    /// Where something couldn't be read, in order.
    holes: Vec<(u32, u32)>,
}

impl Parsed {
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Reads a file into shapes. Never fails.
pub(crate) fn parse(source: &Source<'_>, file: FileId) -> Parsed {
    let mut room = limits::TEXT_PIECES_MAX;
    parse_within(source, file, &mut room)
}

/// Reads a file of which only so many pieces are read, and takes off what it had.
fn parse_within(source: &Source<'_>, file: FileId, room: &mut usize) -> Parsed {
    let mut found = Sink::default();
    let mut text = text_of(source, file, &mut found);
    match room.checked_sub(pieces(&text)) {
        Some(left) => *room = left,
        None => {
            let message = format!(
                "`{}` isn't read: the text here has more than {} words and signs",
                source.name,
                limits::TEXT_PIECES_MAX
            );
            let whole = Place::Text(Span { file, start: 0, end: 0 });
            let found_here = Diagnostic::new(Code::TooLarge, whole, message);
            found.push(found_here.help("split it into several phone systems, each in a folder of its own"));
            text.clear();
        }
    }
    let mended = mend::mend(file, &text, &mut found);
    let mut shapes = Sink::default();
    let tree = tree::parse(file, &mended.text, &mut shapes);
    shapes.retain(|one| mend::explain(one, &mended.text, mended.braces_said));
    found.absorb(shapes);
    let mut holes = found.holes();
    holes.sort_unstable();
    found.absorb(mended.certain);
    Parsed { name: source.name.to_owned(), text, tree, found, holes }
}

/// Reads files of text into a project. Never fails: what can't be read is a finding.
pub(crate) fn read(sources: &[Source<'_>], sink: &mut Sink) -> Project {
    let mut room = limits::TEXT_PIECES_MAX;
    let files = sources.iter().take(limits::FILES_MAX).enumerate();
    let numbered =
        files.filter_map(|(n, s)| Some(parse_within(s, FileId::from_u32(u32::try_from(n).ok()?), &mut room)));
    let project = assemble(numbered, sink);
    if sources.len() > limits::FILES_MAX {
        let message = format!("more than {} files; the others were not read", limits::FILES_MAX);
        sink.push(Diagnostic::new(Code::TooLarge, Place::Project, message));
    }
    project
}

/// Makes a project of files in shapes, which were numbered in this order.
pub(crate) fn assemble(files: impl IntoIterator<Item = Parsed>, sink: &mut Sink) -> Project {
    let mut project = Project::default();
    let mut layouts = Vec::new();
    let mut lost = false;
    for Parsed { name, text, tree, found, holes } in files {
        let file = project.files.push(SourceFile { name, text, ..SourceFile::default() });
        sink.absorb(found);
        let mut reader =
            Reader { project: &mut project, layouts: &mut layouts, sink, file, holes: &holes, lost: false };
        reader.lost = reader.is_lost(&tree.items);
        let mut items = Vec::new();
        for item in tree.items {
            let before = items.len();
            items.extend(reader.item(item, before));
        }
        lost |= reader.lost;
        if let Some(f) = project.files.get_mut(file) {
            f.items = items;
            f.head = tree.head;
            f.tail = tree.tail;
        }
    }
    place(&mut project, layouts, sink);
    spread(&mut project, lost);
    library::link(project.flows.values_mut());
    project
}

/// What is missing in a file, or in an entity, is missing for the flows that look for it.
fn spread(project: &mut Project, lost: bool) {
    let holed = project.entities.values().filter(|d| d.unread.0);
    let holed: HashSet<(EntityKind, String)> = holed.map(|d| (d.kind, d.key.clone())).collect();
    for graph in project.flows.values_mut() {
        graph.lost.0 = lost;
        if holed.is_empty() {
            continue;
        }
        for node in graph.nodes.values_mut() {
            let Some(kind) = node.kind.and_then(|k| k.spec().entity.kind()) else { continue };
            if node.entity_key().is_some_and(|key| holed.contains(&(kind, key.to_owned()))) {
                node.unread.0 = true;
                graph.unread.0 = true;
            }
        }
    }
    project.lost = lost;
}

/// One `test` block, as JSON keeps it.
pub(crate) fn test(text: &str) -> Result<Test, Box<Diagnostic>> {
    let mut sink = Sink::default();
    let project = read(&[Source { name: "test", bytes: text.as_bytes() }], &mut sink);
    match sink.finish().into_iter().next() {
        Some(finding) => Err(Box::new(finding)),
        None => project.tests.values().next().cloned().ok_or_else(|| {
            Box::new(Diagnostic::new(Code::BadStep, Place::Project, "this isn't a `test` block"))
        }),
    }
}

fn text_of(source: &Source<'_>, file: FileId, sink: &mut Sink) -> String {
    let whole = Place::Text(Span { file, start: 0, end: 0 });
    if source.bytes.len() > limits::TEXT_FILE_BYTES_MAX {
        let max = limits::TEXT_FILE_BYTES_MAX;
        let message = format!("`{}` has more than {max} bytes; it isn't read", source.name);
        sink.push(Diagnostic::new(Code::TooLarge, whole, message));
        return String::new();
    }
    match std::str::from_utf8(source.bytes) {
        Ok(text) => text.to_owned(),
        Err(error) => {
            let at = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
            let place = Place::Text(Span { file, start: at, end: at });
            let message = format!("`{}` isn't UTF-8 from here on", source.name);
            sink.push(Diagnostic::new(Code::NotUtf8, place, message).help("save the file as UTF-8"));
            let text = String::from_utf8_lossy(source.bytes).into_owned();
            // Each byte that is none takes three; of so many nothing would be left to read.
            if text.len() > limits::TEXT_FILE_BYTES_MAX { String::new() } else { text }
        }
    }
}

/// Words, signs and line ends: about what the grammar makes of a text.
fn pieces(text: &str) -> usize {
    let mut in_word = false;
    let begins = text.bytes().filter(|byte| {
        let is_word = byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"_+*#.%@-/".contains(byte);
        let begins = if is_word { !in_word } else { !matches!(byte, b' ' | b'\t' | b'\r') };
        in_word = is_word;
        begins
    });
    begins.count()
}

/// Layout blocks are placed at the end: they may stand before their flow or in another file. Those of one flow become
/// one, where the first stands.
fn place(project: &mut Project, layouts: Vec<(FileId, usize, Layout)>, sink: &mut Sink) {
    let keys: HashMap<String, FlowId> =
        project.flows.iter().rev().map(|(id, flow)| (flow.key.clone(), id)).collect();
    let mut by_flow: BTreeMap<FlowId, Layout> = BTreeMap::new();
    let mut placed: BTreeMap<FileId, VecDeque<(usize, FlowId)>> = BTreeMap::new();
    for (file, at, layout) in layouts {
        let Some(flow) = keys.get(layout.key.text.as_str()).copied() else {
            let message = format!("there is no flow `{}` to lay out", tree::shorten(&layout.key.text));
            let names = project.flows.values().map(|f| f.key.as_str());
            let finding = Diagnostic::new(Code::LayoutOfNothing, Place::Text(layout.key.span), message);
            sink.push_near(finding, &layout.key.text, names);
            continue;
        };
        match by_flow.entry(flow) {
            Entry::Occupied(mut first) => first.get_mut().extend(layout),
            Entry::Vacant(first) => {
                first.insert(layout);
                placed.entry(file).or_default().push_back((at, flow));
            }
        }
    }
    for (flow, layout) in by_flow {
        if let Some(graph) = project.flows.get_mut(flow) {
            layout.apply(graph, sink);
        }
    }
    for (file, mut placed) in placed {
        let Some(f) = project.files.get_mut(file) else { continue };
        let mut items = Vec::with_capacity(f.items.len() + placed.len());
        for (number, item) in std::mem::take(&mut f.items).into_iter().enumerate() {
            while let Some((_, flow)) = placed.pop_front_if(|(at, _)| *at <= number) {
                items.push(Item::Layout(flow));
            }
            items.push(item);
        }
        items.extend(placed.into_iter().map(|(_, flow)| Item::Layout(flow)));
        f.items = items;
    }
}

struct Reader<'a> {
    project: &'a mut Project,
    layouts: &'a mut Vec<(FileId, usize, Layout)>,
    sink: &'a mut Sink,
    file: FileId,
    /// Where something couldn't be read, in order.
    holes: &'a [(u32, u32)],
    /// Whether blocks couldn't be read, or not even as what.
    lost: bool,
}

impl Reader<'_> {
    /// Whether something in this place couldn't be read.
    fn is_holed(&self, whole: Span) -> bool {
        let from = self.holes.partition_point(|(start, _)| *start < whole.start);
        self.holes.get(from).is_some_and(|(start, _)| *start < whole.end)
    }

    /// Whether something between the blocks couldn't be read.
    fn is_lost(&self, items: &[tree::Item]) -> bool {
        let within = |at: u32| {
            let next = items.partition_point(|item| item.whole.start <= at);
            let item = next.checked_sub(1).and_then(|n| items.get(n));
            item.is_some_and(|item| at < item.whole.end)
        };
        self.holes.iter().any(|(start, _)| !within(*start))
    }

    fn say(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.sink.push(Diagnostic::new(code, Place::Text(span), message));
    }

    fn item(&mut self, item: tree::Item, before: usize) -> Option<Item> {
        match item.word.text.as_str() {
            "flow" => Some(Item::Flow(self.flow(item))),
            "layout" => {
                self.layout(item, before);
                None
            }
            "test" => Some(Item::Test(self.test(item))),
            word => match EntityKind::by_name(word) {
                Some(kind) => Some(Item::Entity(self.entity(kind, item))),
                None => {
                    self.unknown_item(&item.word);
                    None
                }
            },
        }
    }

    fn unknown_item(&mut self, word: &Atom) {
        self.lost = true;
        let known = EntityKind::ALL.iter().map(|k| k.name()).chain(["flow", "layout", "test"]);
        let message = format!("`{}` begins no block", tree::shorten(&word.text));
        let finding = Diagnostic::new(Code::UnknownWord, Place::Text(word.span), message);
        let all = known.clone().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let is_kind = Kind::by_name(&word.text).is_some() && foreign::entity(&word.text).is_none();
        let finding = finding.help(match is_kind {
            true => format!("nodes stand in a flow: `flow main {{ name: {} … }}`", word.text),
            false => format!("what begins a block: {all}"),
        });
        self.sink.push(finding.did_you_mean(&word.text, known));
    }

    /// The key and the label of a block; what comes after them is said.
    fn key_and_label(&mut self, what: &str, word: &Atom, args: Vec<Atom>) -> (Atom, String) {
        let mut args = args.into_iter();
        let key = args.next().unwrap_or_else(|| {
            self.say(Code::Syntax, word.span, format!("this {what} has no key: `{} KEY`", word.text));
            Atom { text: String::new(), quoted: false, span: word.span }
        });
        if key.quoted && key.text.is_empty() {
            self.say(Code::Syntax, key.span, format!("the key of this {what} is empty"));
        }
        let key = self.named(key);
        let label = self.label(args.next());
        self.too_many(args);
        (key, label)
    }

    fn label(&mut self, label: Option<Atom>) -> String {
        let Some(label) = label else { return String::new() };
        if !label.quoted {
            let message = format!("a label stands in quotes: `\"{}\"`", label.text);
            self.say(Code::Syntax, label.span, message);
        }
        label.text
    }

    fn too_many(&mut self, rest: impl Iterator<Item = Atom>) {
        for atom in rest {
            let message = format!("`{}` is one word too many", tree::shorten(&atom.text));
            self.say(Code::Syntax, atom.span, message);
        }
    }

    /// A name within its limit.
    fn named(&mut self, mut name: Atom) -> Atom {
        let max = limits::NAME_BYTES_MAX;
        if name.text.len() > max {
            self.say(Code::TooLarge, name.span, format!("this name is longer than {max} bytes"));
            let cut = (0..=max).rev().find(|n| name.text.is_char_boundary(*n)).unwrap_or(0);
            name.text.truncate(cut);
        }
        name
    }

    fn flow(&mut self, item: tree::Item) -> FlowId {
        let (before, whole) = (self.sink.unread(), item.whole);
        let (key, label) = self.key_and_label("flow", &item.word, item.args);
        let mut graph = Graph {
            key: key.text,
            label,
            comments: item.comments,
            origin: Origin::text(item.span),
            ..Graph::default()
        };
        let mut pending = Vec::new();
        for statement in item.statements {
            if graph.nodes.len() >= limits::NODES_MAX {
                let message = format!("more than {} nodes; the others were not read", limits::NODES_MAX);
                self.say(Code::TooLarge, statement.span, message);
                graph.cut = true;
                break;
            }
            match statement.shape {
                Shape::Node(shape) => {
                    let (before, whole) = (self.sink.unread(), statement.whole);
                    self.node(&mut graph, &mut pending, shape, statement.comments, statement.span);
                    let unread = self.sink.unread() > before || self.is_holed(whole);
                    if let Some((_, node)) = graph.nodes.iter_mut().next_back() {
                        node.unread.0 = unread;
                    }
                }
                Shape::Field { name, value: Some(value) }
                    if FLOW_FIELDS.iter().any(|f| f.name == name.text) =>
                {
                    let spec = FLOW_FIELDS.iter().find(|f| f.name == name.text);
                    graph.fields.push(field(name, &value, spec, statement.comments, statement.span));
                }
                edge @ Shape::Edge { .. } => self.misplaced(
                    edge,
                    statement.span,
                    "an edge stands with the node that it leaves: behind it, `name: kind … -> next`, or in its braces",
                ),
                other @ (Shape::Field { .. } | Shape::Spot { .. } | Shape::Sentence { .. }) => {
                    self.misplaced(
                        other,
                        statement.span,
                        "a flow has nodes: `name: kind …`, and the fields `zone`, `inputs` and `exits`",
                    );
                }
            }
        }
        self.wire(&mut graph, pending);
        graph.unread.0 = self.sink.unread() > before || self.is_holed(whole);
        self.project.flows.push(graph)
    }

    fn misplaced(&mut self, shape: Shape, span: Span, help: &str) {
        let what = match shape {
            Shape::Node(node) => format!("the node `{}`", node.name.text),
            Shape::Edge { exit, .. } => format!("the edge of `{}`", exit.text),
            Shape::Field { name, .. } => format!("the field `{}`", name.text),
            Shape::Spot { name, .. } => format!("the position of `{}`", name.text),
            Shape::Sentence { word, .. } => format!("`{}`", tree::shorten(&word.text)),
        };
        let finding =
            Diagnostic::new(Code::UnknownWord, Place::Text(span), format!("{what} has no place here"));
        self.sink.push(finding.help(help));
    }

    fn node(
        &mut self,
        graph: &mut Graph,
        pending: &mut Vec<PendingEdge>,
        shape: NodeShape,
        comments: crate::graph::Comments,
        span: Span,
    ) {
        let mut head = shape.head.into_iter();
        let kind_atom = head.next();
        let kind_name = kind_atom.as_ref().map_or("", |k| k.text.as_str()).to_owned();
        let kind = Kind::by_name(&kind_name);
        match kind {
            None if kind_name.is_empty() => {
                let message = format!("`{}` has no kind yet", shape.name.text);
                self.say(Code::Syntax, span, message);
            }
            _ => {}
        }
        if let (Some(entry), Some(kind)) = (shape.entry, kind)
            && !kind.spec().is_entry()
        {
            let message = format!("calls can't start at {}", a(&format!("`{}`", kind.name())));
            let finding = Diagnostic::new(Code::NotAnEntry, Place::Text(entry), message);
            self.sink.push(finding.help("leave the word `entry` out"));
        }
        if shape.name.text.is_empty() {
            self.say(Code::Syntax, shape.name.span, "the name of this node is empty");
        }
        let name = self.named(shape.name);
        let label = self.label(shape.label);
        let mut args: Vec<Atom> = head.collect();
        let equals = kind_atom.as_ref().and_then(|word| self.sign(word, &args));
        if let (Some(equals), Some(word)) = (equals, &kind_atom) {
            let after = (shape.statements.is_empty()).then_some(shape.wire.as_ref());
            self.outside(equals, word, &std::mem::take(&mut args), after);
        }
        let takes = match kind.map(|k| k.spec().entity) {
            Some(EntityUse::One(_)) => 1,
            Some(EntityUse::None) => 0,
            Some(EntityUse::Many(_)) | None => limits::LIST_MAX,
        };
        // An entity that a kind without entities names is kept, for the checks to name it.
        let spare = args.split_off(args.len().min(takes.max(1)));
        self.too_many(spare.into_iter());
        let mut node = Node {
            name: name.text,
            kind,
            kind_name,
            label,
            entities: args.iter().map(reference).collect(),
            comments,
            origin: Origin::text(name.span),
            kind_origin: Origin::text(kind_atom.map_or(span, |k| k.span)),
            ..Node::default()
        };
        let source = graph.nodes.next_key();
        if let Some((arrow, target)) = shape.wire {
            let exit = kind.map_or("next", |k| k.spec().plain_exit().map_or("", |e| e.name));
            pending.push(PendingEdge::new(source, exit, target, arrow));
        }
        for statement in shape.statements {
            self.node_statement(&mut node, source, pending, statement);
        }
        graph.nodes.push(node);
    }

    /// The sign of a field or an expression between the words of a node's head.
    fn sign(&self, kind: &Atom, args: &[Atom]) -> Option<Span> {
        let text = &self.project.files.get(self.file)?.text;
        let mut from = kind.span.end;
        for atom in args {
            let range = usize::try_from(from).ok()?..usize::try_from(atom.span.start).ok()?;
            let gap = text.get(range).unwrap_or_default();
            let sign = gap.trim();
            if mend::SIGNS.contains(&sign) {
                let blank = u32::try_from(gap.len() - gap.trim_start().len()).ok()?;
                let start = from.saturating_add(blank);
                let end = start.saturating_add(u32::try_from(sign.len()).ok()?);
                return Some(Span { start, end, ..kind.span });
            }
            from = atom.span.end;
        }
        None
    }

    /// A field outside of the braces: `lang: set lang = en -> next`. What is in the head besides is about it.
    fn outside(
        &mut self,
        equals: Span,
        kind: &Atom,
        args: &[Atom],
        after: Option<Option<&(Span, Option<Atom>)>>,
    ) {
        let end = args.last().map_or(equals, |a| a.span).end.max(equals.end);
        let raw = |from: u32, to: u32| {
            let file = self.project.files.get(self.file);
            let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
            file.zip(range)
                .and_then(|(f, (from, to))| f.text.get(from..to))
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let (left, right) = (raw(kind.span.end, equals.start), raw(equals.end, end));
        let fields = Kind::by_name(&kind.text).map_or(&[][..], |k| k.spec().fields);
        let has = |name: &str| fields.iter().any(|f| f.name == name);
        let whole = raw(kind.span.end, end);
        let inside = if has(&left) {
            Some(whole)
        } else if has("variable") && has("value") {
            let bare = right.trim_matches('"');
            let is_text = crate::expr::is_variable(bare);
            Some(format!(
                "variable = {left} value = {}",
                spell::quote(&if is_text { format!("'{bare}'") } else { bare.to_owned() })
            ))
        } else if has("when") {
            Some(format!("when = {}", spell::quote(&whole.replace('"', "'"))))
        } else {
            None
        };
        let message = "the fields of a node stand in braces";
        let span = Span { start: kind.span.end.saturating_add(1).min(end), end, ..kind.span };
        let found = Diagnostic::new(Code::Syntax, Place::Text(span), message);
        let Some(inside) = inside else {
            let names: Vec<_> = fields.iter().map(|f| format!("`{}`", f.name)).collect();
            return self
                .sink
                .push(found.help(format!("its fields are {}: `{{ name = value }}`", names.join(", "))));
        };
        let mut found = found.help(format!("write `{} {{ {inside} }}`", kind.text));
        let edit = |at: Span, with: String| crate::diag::Edit { place: Place::Text(at), with };
        let edits = match after {
            Some(None) => Some(vec![edit(span, format!("{{ {inside} }}"))]),
            Some(Some((_, Some(target)))) => {
                let behind = Span { start: target.span.end, ..target.span };
                Some(vec![
                    edit(Span { start: kind.span.end, ..span }, String::new()),
                    edit(behind, format!(" {{ {inside} }}")),
                ])
            }
            Some(Some((_, None))) | None => None,
        };
        found.fix = edits.map(|edits| crate::diag::Fix { title: "Put it in braces".to_owned(), edits });
        self.sink.push(found);
    }

    fn node_statement(
        &mut self,
        node: &mut Node,
        source: NodeId,
        pending: &mut Vec<PendingEdge>,
        statement: Statement,
    ) {
        match statement.shape {
            Shape::Edge { exit, label, target } => {
                let exit = self.named(exit);
                let label = self.label(label);
                let mut edge = PendingEdge::new(source, &exit.text, target, statement.span);
                edge.exit_span = exit.span;
                edge.label = label;
                edge.comments = statement.comments;
                pending.push(edge);
            }
            Shape::Field { name, value: Some(value) } => {
                let spec = node.kind.and_then(|k| k.spec().field(&name.text));
                node.fields.push(field(name, &value, spec, statement.comments, statement.span));
            }
            // Said by the tree already.
            Shape::Field { value: None, .. } => {}
            other @ (Shape::Node(_) | Shape::Spot { .. } | Shape::Sentence { .. }) => {
                self.misplaced(other, statement.span, "a node has fields and edges");
            }
        }
    }

    fn wire(&mut self, graph: &mut Graph, pending: Vec<PendingEdge>) {
        let names: HashMap<String, NodeId> =
            graph.nodes.iter().rev().map(|(id, node)| (node.name.clone(), id)).collect();
        for edge in pending.into_iter().take(limits::EDGES_MAX) {
            let Some(target) = edge.target else {
                self.say(Code::Syntax, edge.span, "this edge leads nowhere yet");
                continue;
            };
            let target = self.named(target);
            let target = match names.get(&target.text) {
                Some(id) => Target::Node(*id),
                None => Target::Missing(target.text),
            };
            graph.edges.push(Edge {
                source: edge.source,
                exit: edge.exit,
                target,
                id: None,
                label: edge.label,
                target_handle: None,
                extra: serde_json::Map::new(),
                comments: edge.comments,
                origin: Origin::text(edge.span),
                exit_origin: Origin::text(edge.exit_span),
                target_origin: Origin::text(edge.target_span),
            });
        }
    }

    fn layout(&mut self, item: tree::Item, before: usize) {
        let (key, _) = self.key_and_label("layout", &item.word, item.args);
        let layout = Layout { key, comments: item.comments, statements: item.statements };
        self.layouts.push((self.file, before, layout));
    }

    fn test(&mut self, item: tree::Item) -> crate::graph::TestId {
        let mut args = item.args.into_iter();
        let name = args.next();
        if name.is_none() {
            self.say(Code::Syntax, item.span, "this test has no name: `test \"what it shows\" { … }`");
        }
        self.too_many(args);
        let name = self.label(name);
        let read = item.statements.into_iter().filter_map(|s| steps::read(s, self.sink)).collect();
        let origin = Origin::text(item.span);
        self.project.tests.push(Test { name, steps: read, comments: item.comments, origin })
    }

    fn entity(&mut self, kind: EntityKind, item: tree::Item) -> crate::graph::DeclId {
        let (before, whole) = (self.sink.unread(), item.whole);
        let (key, label) = self.key_and_label(kind.noun(), &item.word, item.args);
        let spec = entity_spec::of(kind);
        let mut declaration = Declaration {
            kind,
            key: key.text,
            label,
            id: None,
            fields: Vec::new(),
            parts: Vec::new(),
            comments: item.comments,
            origin: Origin::text(key.span),
            unread: Unread::default(),
        };
        for statement in item.statements {
            match statement.shape {
                Shape::Field { name, value: Some(value) } => {
                    let spec = spec.fields.iter().find(|f| f.name == name.text);
                    let field = field(name, &value, spec, statement.comments, statement.span);
                    declaration.fields.push(field);
                }
                Shape::Field { value: None, .. } => {}
                Shape::Sentence { .. } if declaration.parts.len() >= limits::PARTS_MAX => {
                    let message = format!("more than {} parts; the others were not read", limits::PARTS_MAX);
                    self.say(Code::TooLarge, statement.span, message);
                    break;
                }
                Shape::Sentence { word, args, statements } => {
                    let part = self.part(spec, word, args, statements, statement.comments);
                    declaration.parts.push(part);
                }
                other @ (Shape::Node(_) | Shape::Edge { .. } | Shape::Spot { .. }) => {
                    self.misplaced(other, statement.span, "an entity has fields and parts");
                }
            }
        }
        declaration.unread.0 = self.sink.unread() > before || self.is_holed(whole);
        self.project.entities.push(declaration)
    }

    fn part(
        &mut self,
        spec: &entity_spec::EntitySpec,
        word: Atom,
        args: Vec<Arg>,
        statements: Vec<Statement>,
        comments: crate::graph::Comments,
    ) -> Part {
        let args = args.into_iter().filter_map(|a| match a {
            Arg::Atom(atom) => Some(atom),
            Arg::Json(_) => None,
        });
        let (key, label) = self.key_and_label("part", &word, args.collect());
        let fields_spec = spec.parts.iter().find(|p| p.word == word.text).map_or(&[][..], |p| p.fields);
        let mut part = Part {
            word: word.text,
            key: key.text,
            label,
            fields: Vec::new(),
            comments,
            origin: Origin::text(Span { end: key.span.end, ..word.span }),
        };
        for statement in statements {
            match statement.shape {
                Shape::Field { name, value: Some(value) } => {
                    let spec = fields_spec.iter().find(|f| f.name == name.text);
                    part.fields.push(field(name, &value, spec, statement.comments, statement.span));
                }
                Shape::Field { value: None, .. } => {}
                other @ (Shape::Node(_)
                | Shape::Edge { .. }
                | Shape::Spot { .. }
                | Shape::Sentence { .. }) => {
                    self.misplaced(other, statement.span, "it has fields only");
                }
            }
        }
        part
    }
}

struct PendingEdge {
    source: NodeId,
    exit: String,
    label: String,
    target: Option<Atom>,
    comments: crate::graph::Comments,
    span: Span,
    exit_span: Span,
    target_span: Span,
}

impl PendingEdge {
    fn new(source: NodeId, exit: &str, target: Option<Atom>, span: Span) -> Self {
        PendingEdge {
            source,
            exit: exit.to_owned(),
            label: String::new(),
            target_span: target.as_ref().map_or(span, |t| t.span),
            target,
            comments: crate::graph::Comments::default(),
            span,
            exit_span: span,
        }
    }
}

/// `id:12` is a row id whose key nobody knew when JSON was converted.
fn reference(atom: &Atom) -> EntityRef {
    let id = atom.text.strip_prefix("id:").filter(|_| !atom.quoted).and_then(|n| n.parse().ok());
    let key = id.is_none().then(|| atom.text.clone());
    EntityRef { key, id, origin: Origin::text(atom.span) }
}

fn field(
    name: Atom,
    value: &Spelled,
    spec: Option<&FieldSpec>,
    comments: crate::graph::Comments,
    span: Span,
) -> Field {
    let value = spell::read(spec.map(|s| s.ty), value);
    Field { name: name.text, value, comments, origin: Origin::text(span) }
}
