//! `layout` blocks: everything about a flow that changes nothing for calls. Positions, the viewport, ids and order of
//! edges, and what other programs keep in the canvas.
//!
//! ```text
//! layout main {
//!   office 0,0
//!   viewport = [0, 0, 1.5]
//!   edge office next "edge_1-2"
//! }
//! ```
//!
//! Lines that need more: `` edge NODE EXIT ["ID"] [to "HANDLE"] [`{…}`] `` (all edges are listed, in the order of the
//! JSON, as soon as one has an id of its own or their order isn't that of the nodes), `` node NAME `{…}` `` (members of
//! the node), `` data NAME `{…}` `` (members of its `data`), `` stray node|edge `…` `` (what is neither),
//! `` root = `{…}` `` and `` notes = `{…}` ``.

use std::collections::{HashMap, VecDeque};

use cranelift_entity::PrimaryMap;
use serde_json::{Map, Value};

use super::tree::{Arg, Atom, Shape, Spelled, Statement};
use super::{spell, tree};
use crate::diag::{Code, Diagnostic, Place, Sink, Span};
use crate::graph::{Comments, EdgeId, Graph, NodeId, Point, Stray, Viewport};

/// A layout block that waits for its flow.
pub(super) struct Layout {
    pub key: Atom,
    pub comments: Comments,
    pub statements: Vec<Statement>,
}

impl Layout {
    /// Takes over what another block says of the same flow.
    pub(super) fn extend(&mut self, other: Layout) {
        self.statements.extend(other.statements);
        let Comments { before, after, tail } = other.comments;
        self.comments.tail.extend(before.into_iter().chain(after).chain(tail));
    }

    /// Gives the flow its layout.
    pub(super) fn apply(self, graph: &mut Graph, sink: &mut Sink) {
        let names = graph.nodes.iter().rev().map(|(id, n)| (n.name.clone(), id)).collect();
        let mut loose = Comments::default();
        let mut applier = Applier { names, edges: by_exit(graph), order: Vec::new(), graph, sink };
        for mut statement in self.statements {
            let comments = std::mem::take(&mut statement.comments);
            if let Some(comments) = applier.statement(statement, comments) {
                loose.tail.extend(comments.before);
                loose.tail.extend(comments.after);
                loose.tail.extend(comments.tail);
            }
        }
        applier.reorder();
        graph.layout_comments = self.comments;
        loose.tail.append(&mut graph.layout_comments.tail);
        graph.layout_comments.tail = loose.tail;
    }
}

fn by_exit(graph: &Graph) -> HashMap<(NodeId, String), VecDeque<EdgeId>> {
    let mut edges: HashMap<_, VecDeque<EdgeId>> = HashMap::new();
    for (id, edge) in &graph.edges {
        edges.entry((edge.source, edge.exit.clone())).or_default().push_back(id);
    }
    edges
}

struct Applier<'a> {
    names: HashMap<String, NodeId>,
    edges: HashMap<(NodeId, String), VecDeque<EdgeId>>,
    order: Vec<EdgeId>,
    graph: &'a mut Graph,
    sink: &'a mut Sink,
}

impl Applier<'_> {
    /// One line. Returns its comments if they have no place of their own.
    fn statement(&mut self, statement: Statement, comments: Comments) -> Option<Comments> {
        match statement.shape {
            Shape::Spot { name, x, y } => {
                let Some(node) = self.node(&name).and_then(|id| self.graph.nodes.get_mut(id)) else {
                    return Some(comments);
                };
                node.position = Some(Point { x, y });
                node.layout_comments = comments;
                None
            }
            Shape::Field { name, value } => {
                if let Some(value) = value {
                    self.field(&name, &value);
                }
                Some(comments)
            }
            Shape::Sentence { word, args, .. } => {
                self.sentence(&word, &args);
                Some(comments)
            }
            Shape::Node(_) | Shape::Edge { .. } => {
                self.unknown(statement.span, "this line");
                Some(comments)
            }
        }
    }

    fn unknown(&mut self, span: Span, what: &str) {
        let message = format!("{what} has no place in a layout");
        let finding = Diagnostic::new(Code::UnknownWord, Place::Text(span), message);
        self.sink.push(finding.help("a layout has positions: `name 120,-40`"));
    }

    fn node(&mut self, name: &Atom) -> Option<NodeId> {
        let found = self.names.get(&name.text).copied();
        // It may be one that couldn't be read.
        if found.is_none() && !self.graph.unread.0 {
            let message = format!("there is no node `{}` to place", tree::shorten(&name.text));
            let finding = Diagnostic::new(Code::LayoutOfNothing, Place::Text(name.span), message);
            self.sink.push_near(finding, &name.text, self.graph.nodes.values().map(|n| n.name.as_str()));
        }
        found
    }

    fn field(&mut self, name: &Atom, value: &Spelled) {
        let value = spell::read(None, value);
        match (name.text.as_str(), value) {
            ("viewport", Value::Array(numbers)) => {
                let numbers: Vec<_> = numbers.iter().filter_map(Value::as_f64).collect();
                if let [x, y, zoom] = numbers.as_slice() {
                    self.graph.viewport = Some(Viewport { at: Point { x: *x, y: *y }, zoom: *zoom });
                } else {
                    self.unknown(name.span, "a viewport without three numbers");
                }
            }
            ("root", Value::Object(members)) => self.graph.extra = members,
            ("notes", Value::Object(members)) => self.graph.notes = members,
            _ => self.unknown(name.span, &format!("`{}`", name.text)),
        }
    }

    fn sentence(&mut self, word: &Atom, args: &[Arg]) {
        match (word.text.as_str(), args) {
            ("edge", [Arg::Atom(node), Arg::Atom(exit), rest @ ..]) => self.edge(node, exit, rest),
            ("node", [Arg::Atom(name), Arg::Json(Value::Object(members))]) => {
                if let Some(node) = self.node(name).and_then(|id| self.graph.nodes.get_mut(id)) {
                    node.extra = members.clone();
                }
            }
            ("data", [Arg::Atom(name), Arg::Json(Value::Object(members))]) => {
                if let Some(node) = self.node(name).and_then(|id| self.graph.nodes.get_mut(id)) {
                    node.data = members.clone();
                }
            }
            ("stray", [Arg::Atom(what), Arg::Json(json)]) => {
                self.graph.strays.push(Stray { edge: what.text == "edge", json: json.clone() });
            }
            _ => self.unknown(word.span, &format!("`{}`", tree::shorten(&word.text))),
        }
    }

    fn edge(&mut self, node: &Atom, exit: &Atom, rest: &[Arg]) {
        let Some(source) = self.node(node) else { return };
        let listed = self.edges.get_mut(&(source, exit.text.clone())).and_then(VecDeque::pop_front);
        if listed.is_none() && self.graph.unread.0 {
            return;
        }
        let Some(id) = listed else {
            let message = format!("`{}` has no (other) edge from `{}`", node.text, exit.text);
            self.sink.push(Diagnostic::new(Code::LayoutOfNothing, Place::Text(exit.span), message));
            return;
        };
        self.order.push(id);
        let Some(edge) = self.graph.edges.get_mut(id) else { return };
        let mut rest = rest.iter().peekable();
        while let Some(arg) = rest.next() {
            match arg {
                Arg::Atom(to) if to.text == "to" && !to.quoted => {
                    if let Some(Arg::Atom(handle)) = rest.next() {
                        edge.target_handle = Some(handle.text.clone());
                    }
                }
                Arg::Atom(name) => edge.id = Some(name.text.clone()),
                Arg::Json(Value::Object(members)) => edge.extra = members.clone(),
                Arg::Json(_) => {}
            }
        }
    }

    /// Puts the listed edges first, in the order listed.
    fn reorder(&mut self) {
        if self.order.is_empty() {
            return;
        }
        let edges = std::mem::replace(&mut self.graph.edges, PrimaryMap::new());
        let mut edges: Vec<_> = edges.into_iter().map(|(_, edge)| Some(edge)).collect();
        let listed = self.order.iter().map(|id| id.as_u32() as usize);
        let listed: Vec<_> = listed.filter_map(|at| edges.get_mut(at).and_then(Option::take)).collect();
        for edge in listed.into_iter().chain(edges.into_iter().flatten()) {
            self.graph.edges.push(edge);
        }
    }
}

/// The lines of a layout block; empty if there is nothing to lay out.
pub(super) fn lines(graph: &Graph, out: &mut super::print::Lines) {
    for node in graph.nodes.values() {
        if let Some(at) = node.position {
            let line = format!("{} {},{}", spell::name(&node.name), number(at.x), number(at.y));
            out.line(&line, &node.layout_comments);
        }
    }
    let plain = Comments::default();
    if let Some(v) = graph.viewport {
        let line = format!("viewport = [{}, {}, {}]", number(v.at.x), number(v.at.y), number(v.zoom));
        out.line(&line, &plain);
    }
    for node in graph.nodes.values() {
        for (word, members) in [("node", &node.extra), ("data", &node.data)] {
            if !members.is_empty() {
                out.line(&format!("{word} {} {}", spell::name(&node.name), object(members)), &plain);
            }
        }
    }
    if edges_are_special(graph) {
        for edge in graph.edges.values() {
            out.line(&edge_line(graph, edge), &plain);
        }
    }
    for stray in &graph.strays {
        let what = if stray.edge { "edge" } else { "node" };
        out.line(&format!("stray {what} {}", spell::backticks(&stray.json)), &plain);
    }
    for (name, members) in [("root", &graph.extra), ("notes", &graph.notes)] {
        if !members.is_empty() {
            out.line(&format!("{name} = {}", object(members)), &plain);
        }
    }
}

fn edges_are_special(graph: &Graph) -> bool {
    let special = |e: &crate::graph::Edge| e.id.is_some() || e.target_handle.is_some() || !e.extra.is_empty();
    let sources: Vec<_> = graph.edges.values().map(|e| e.source).collect();
    graph.edges.values().any(special) || !sources.is_sorted()
}

fn edge_line(graph: &Graph, edge: &crate::graph::Edge) -> String {
    let source = graph.nodes.get(edge.source).map_or("", |n| n.name.as_str());
    let mut line = format!("edge {} {}", spell::name(source), spell::handle(&edge.exit));
    if let Some(id) = &edge.id {
        line.push(' ');
        line.push_str(&spell::quote(id));
    }
    if let Some(handle) = &edge.target_handle {
        line.push_str(" to ");
        line.push_str(&spell::quote(handle));
    }
    if !edge.extra.is_empty() {
        line.push(' ');
        line.push_str(&object(&edge.extra));
    }
    line
}

fn object(members: &Map<String, Value>) -> String {
    spell::backticks(&Value::Object(members.clone()))
}

/// A number as the grammar's `number` reads it: no exponent, shortest digits.
fn number(n: f64) -> String {
    format!("{n}")
}
