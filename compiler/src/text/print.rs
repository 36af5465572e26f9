//! The canonical printer: one way to write a graph, whatever it was read from. Comments are kept. Printing what was
//! printed changes nothing.

use super::{layout, spell, steps};
use crate::diag::{Place, Span};
use crate::entity::EntityKind;
use crate::entity::spec::{self as entity_spec, KeyType};
use crate::graph::{
    Comments, Declaration, Edge, EntityRef, FLOW_FIELDS, Field, FileId, FlowId, Graph, Item, Node, Part,
    Project, Target, Test,
};
use crate::nodes::spec::FieldSpec;

/// The text of one file, its blocks in the order in which they were read.
#[must_use]
pub fn file(project: &Project, file: FileId) -> String {
    match project.files.get(file) {
        Some(f) => items(project, &f.items, &f.head, &f.tail),
        None => String::new(),
    }
}

/// The text of the whole project as one file: flows with their layouts, entities, tests.
#[must_use]
pub fn project(project: &Project) -> String {
    let flows = project.flows.keys().flat_map(|id| [Item::Flow(id), Item::Layout(id)]);
    let entities = project.entities.keys().map(Item::Entity);
    let tests = project.tests.keys().map(Item::Test);
    let all: Vec<_> = flows.chain(entities).chain(tests).collect();
    let head: Vec<_> = project.files.values().flat_map(|f| f.head.iter().cloned()).collect();
    let tail: Vec<_> = project.files.values().flat_map(|f| f.tail.iter().cloned()).collect();
    items(project, &all, &head, &tail)
}

/// The text of one flow with its layout.
#[must_use]
pub fn flow(project: &Project, flow: FlowId) -> String {
    items(project, &[Item::Flow(flow), Item::Layout(flow)], &[], &[])
}

/// The text of one test.
#[must_use]
pub fn test(test: &Test) -> String {
    let mut lines = Lines::default();
    test_block(test, &mut lines);
    lines.out
}

/// The text of one entity, without the comments above it.
pub(crate) fn entity(declaration: &Declaration) -> String {
    let mut lines = Lines::default();
    let comments = Comments { before: Vec::new(), ..declaration.comments.clone() };
    entity_block(&Declaration { comments, ..declaration.clone() }, &mut lines);
    lines.out
}

/// The text of a part of an entity.
pub(crate) fn part(declaration: &Declaration, part: &Part) -> String {
    let mut lines = Lines::default();
    part_block(declaration.kind, part, &mut lines);
    lines.out
}

/// The text of a block, if it's the one with this head; without the comments above it, which stand where they stood.
pub(crate) fn item_at(project: &Project, item: Item, head: Span) -> Option<String> {
    let is_it = |origin: &crate::graph::Origin| matches!(origin.place(), Place::Text(at) if at.file == head.file && head.start <= at.start && at.end <= head.end);
    let mut lines = Lines::default();
    match item {
        Item::Flow(id) => {
            let graph = project.flows.get(id).filter(|g| is_it(&g.origin))?;
            flow_block(graph, &mut lines);
            let above = graph.comments.before.len();
            return Some(without_lines(&lines.out, above));
        }
        Item::Entity(id) => {
            return project.entities.get(id).filter(|d| is_it(&d.origin)).map(entity);
        }
        Item::Test(id) => {
            let test = project.tests.get(id).filter(|t| is_it(&t.origin))?;
            test_block(test, &mut lines);
            return Some(without_lines(&lines.out, test.comments.before.len()));
        }
        // Blocks of one flow become one: only the file as a whole can say where it stands.
        Item::Layout(_) => {}
    }
    None
}

fn without_lines(text: &str, lines: usize) -> String {
    text.split_inclusive('\n').skip(lines).collect()
}

fn items(project: &Project, items: &[Item], head: &[String], tail: &[String]) -> String {
    let mut all = Lines::default();
    all.comments(head);
    for item in items {
        let mut block = Lines::default();
        match item {
            Item::Flow(id) => project.flows.get(*id).into_iter().for_each(|g| flow_block(g, &mut block)),
            Item::Layout(id) => project.flows.get(*id).into_iter().for_each(|g| layout_block(g, &mut block)),
            Item::Entity(id) => {
                project.entities.get(*id).into_iter().for_each(|e| entity_block(e, &mut block))
            }
            Item::Test(id) => project.tests.get(*id).into_iter().for_each(|t| test_block(t, &mut block)),
        }
        all.paragraph(&block);
    }
    let mut last = Lines::default();
    last.comments(tail);
    all.paragraph(&last);
    all.out
}

fn flow_block(graph: &Graph, lines: &mut Lines) {
    let head = labelled(format!("flow {}", spell::name(&graph.key)), &graph.label);
    let wiring = graph.wiring();
    let order = graph.nodes.iter();
    lines.block(&head, &graph.comments, |lines| {
        fields(&graph.fields, FLOW_FIELDS, lines);
        if !graph.fields.is_empty() && !graph.nodes.is_empty() {
            lines.out.push('\n');
        }
        let mut last_was_block = false;
        let mut first = true;
        for (id, node) in order {
            let mut block = Lines { depth: lines.depth, ..Lines::default() };
            let edges: Vec<_> = wiring.from(id).iter().filter_map(|e| graph.edges.get(*e)).collect();
            node_block(graph, node, &edges, &mut block);
            let is_block = block.out.lines().count() > 1;
            if !first && (is_block || last_was_block) {
                lines.out.push('\n');
            }
            lines.out.push_str(&block.out);
            last_was_block = is_block;
            first = false;
        }
    });
}

fn node_block(graph: &Graph, node: &Node, edges: &[&Edge], lines: &mut Lines) {
    let mut head = String::new();
    if node.kind.is_some_and(|k| k.spec().is_entry()) {
        head.push_str("entry ");
    }
    // `entry "Label":` would be read as an entry whose name is in quotes.
    let quoted = node.name == "entry" && !node.label.is_empty();
    let name = if quoted { spell::quote(&node.name) } else { spell::name(&node.name) };
    head.push_str(&labelled(name, &node.label));
    head.push(':');
    if !node.kind_name.is_empty() || !node.entities.is_empty() {
        head.push(' ');
        head.push_str(&spell::name(&node.kind_name));
    }
    for entity in &node.entities {
        head.push(' ');
        head.push_str(&reference(node, entity));
    }
    let plain = node.kind.map_or(Some("next"), |k| k.spec().plain_exit().map(|e| e.name));
    match edges {
        [] if node.fields.is_empty() && node.comments.tail.is_empty() => lines.line(&head, &node.comments),
        [only]
            if plain == Some(only.exit.as_str())
                && only.label.is_empty()
                && only.comments.is_empty()
                && node.fields.is_empty()
                && node.comments.tail.is_empty() =>
        {
            lines.line(&format!("{head} -> {}", target(graph, only)), &node.comments);
        }
        edges => lines.block(&head, &node.comments, |lines| {
            let specs = node.kind.map_or(&[][..], |k| k.spec().fields);
            fields(&node.fields, specs, lines);
            for edge in edges {
                let from = labelled(spell::handle(&edge.exit), &edge.label);
                lines.line(&format!("{from} -> {}", target(graph, edge)), &edge.comments);
            }
        }),
    }
}

fn reference(node: &Node, entity: &EntityRef) -> String {
    match (&entity.key, entity.id) {
        (Some(text), _) => {
            let ty = node
                .kind
                .and_then(|k| k.spec().entity.kind())
                .map_or(KeyType::Name, |k| entity_spec::of(k).key);
            key(ty, text)
        }
        (None, Some(id)) => format!("id:{id}"),
        (None, None) => spell::quote(""),
    }
}

fn target(graph: &Graph, edge: &Edge) -> String {
    match &edge.target {
        Target::Node(id) => spell::name(graph.nodes.get(*id).map_or("", |n| n.name.as_str())),
        Target::Missing(name) => spell::name(name),
    }
}

fn fields(fields: &[Field], specs: &[FieldSpec], lines: &mut Lines) {
    for field in fields {
        let ty = specs.iter().find(|s| s.name == field.name).map(|s| s.ty);
        let line = format!("{} = {}", spell::name(&field.name), spell::print(ty, &field.value));
        lines.line(&line, &field.comments);
    }
}

fn layout_block(graph: &Graph, lines: &mut Lines) {
    let mut inside = Lines::default();
    layout::lines(graph, &mut inside);
    if inside.out.is_empty() && graph.layout_comments.is_empty() {
        return;
    }
    let head = format!("layout {}", spell::name(&graph.key));
    lines.block(&head, &graph.layout_comments, |lines| layout::lines(graph, lines));
}

fn entity_block(declaration: &Declaration, lines: &mut Lines) {
    let spec = entity_spec::of(declaration.kind);
    let head = format!("{} {}", declaration.kind.name(), key(spec.key, &declaration.key));
    let head = labelled(head, &declaration.label);
    if declaration.fields.is_empty() && declaration.parts.is_empty() && declaration.comments.tail.is_empty() {
        lines.line(&head, &declaration.comments);
        return;
    }
    lines.block(&head, &declaration.comments, |lines| {
        fields(&declaration.fields, spec.fields, lines);
        for part in &declaration.parts {
            part_block(declaration.kind, part, lines);
        }
    });
}

fn part_block(kind: EntityKind, part: &Part, lines: &mut Lines) {
    let specs = entity_spec::of(kind).part(&part.word).map_or(&[][..], |p| p.fields);
    let head = labelled(format!("{} {}", part.word, spell::handle(&part.key)), &part.label);
    if part.fields.is_empty() && part.comments.tail.is_empty() {
        lines.line(&head, &part.comments);
    } else {
        lines.block(&head, &part.comments, |lines| fields(&part.fields, specs, lines));
    }
}

/// Numbers from outside are always quoted: they are text, not figures.
fn key(ty: KeyType, key: &str) -> String {
    if ty == KeyType::Number { spell::quote(key) } else { spell::name(key) }
}

fn test_block(test: &Test, lines: &mut Lines) {
    lines.block(&format!("test {}", spell::quote(&test.name)), &test.comments, |lines| {
        for step in &test.steps {
            lines.line(&steps::print(&step.what), &step.comments);
        }
    });
}

fn labelled(head: String, label: &str) -> String {
    if label.is_empty() { head } else { format!("{head} {}", spell::quote(label)) }
}

/// Indented lines.
#[derive(Default)]
pub(super) struct Lines {
    out: String,
    depth: usize,
}

impl Lines {
    /// One line with its comments.
    pub(super) fn line(&mut self, text: &str, comments: &Comments) {
        self.comments(&comments.before);
        self.indent();
        self.out.push_str(text);
        self.after(comments);
        self.comments(&comments.tail);
    }

    fn block(&mut self, head: &str, comments: &Comments, inside: impl FnOnce(&mut Lines)) {
        self.comments(&comments.before);
        self.indent();
        self.out.push_str(head);
        self.out.push_str(" {");
        self.after(comments);
        self.depth += 1;
        inside(self);
        self.comments(&comments.tail);
        self.depth -= 1;
        self.indent();
        self.out.push_str("}\n");
    }

    fn after(&mut self, comments: &Comments) {
        if let Some(after) = &comments.after {
            self.out.push(' ');
            self.comment(after);
        }
        self.out.push('\n');
    }

    fn comments(&mut self, comments: &[String]) {
        for comment in comments {
            self.indent();
            self.comment(comment);
            self.out.push('\n');
        }
    }

    fn comment(&mut self, comment: &str) {
        self.out.push_str("//");
        if !comment.is_empty() {
            self.out.push(' ');
            self.out.push_str(comment);
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    /// Another block after an empty line.
    fn paragraph(&mut self, block: &Lines) {
        if !block.out.is_empty() {
            if !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.push_str(&block.out);
        }
    }
}
