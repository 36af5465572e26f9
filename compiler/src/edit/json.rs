//! Where things are in the text of a JSON file: the canvas's nodes, fields and exits, and a catalogue's entities.

use std::ops::Range;

use crate::diag::Spot;
use crate::entity::EntityKind;
use crate::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};

/// A value with its place.
#[derive(Clone, Debug)]
struct Node {
    range: Range<usize>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Object(Vec<(String, Range<usize>, Node)>),
    Array(Vec<Node>),
    String(String),
    Other,
}

impl Node {
    fn member(&self, name: &str) -> Option<&Node> {
        match &self.what {
            What::Object(members) => members.iter().find(|(n, ..)| n == name).map(|(.., value)| value),
            What::Array(_) | What::String(_) | What::Other => None,
        }
    }

    fn items(&self) -> &[Node] {
        match &self.what {
            What::Array(items) => items,
            What::Object(_) | What::String(_) | What::Other => &[],
        }
    }

    fn text(&self) -> Option<&str> {
        match &self.what {
            What::String(text) => Some(text),
            What::Object(_) | What::Array(_) | What::Other => None,
        }
    }

    fn says(&self, name: &str, text: &str) -> bool {
        self.member(name).and_then(Node::text) == Some(text)
    }
}

/// Something that a JSON file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id or key.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// What people call it; empty if nothing.
    pub label: String,
    /// Where its name stands.
    pub at: Range<usize>,
    /// All of it.
    pub whole: Range<usize>,
}

/// The places of a JSON file. Broken JSON has those that come before the break.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    root: Option<Node>,
}

impl Positions {
    /// Reads a file. Never fails.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Positions {
        let mut scan = Scan { bytes, at: 0, broken: false, values: 0 };
        Positions { root: Some(scan.value(0)) }
    }

    /// Where a part of the canvas is. `None` if it isn't there.
    #[must_use]
    pub fn canvas(&self, node: &str, spot: &Spot, edge: Option<&str>) -> Option<Range<usize>> {
        let root = self.root.as_ref()?;
        if let Some(edge) = edge {
            let found = root.member("edges")?.items().iter().find(|e| e.says("id", edge))?;
            let at = match spot {
                Spot::Field(field) => found.member(field),
                Spot::Node | Spot::Exit(_) | Spot::Entity => found.member("sourceHandle"),
            };
            return Some(at.or_else(|| found.member("id")).unwrap_or(found).range.clone());
        }
        if node.is_empty() {
            let Spot::Field(field) = spot else { return None };
            let name = field.split('[').next().unwrap_or(field);
            let found = root.member(name).or_else(|| root.member("flowpbx")?.member(name))?;
            let number: Option<usize> = field.split(['[', ']']).nth(1).and_then(|n| n.parse().ok());
            return Some(number.and_then(|n| found.items().get(n)).unwrap_or(found).range.clone());
        }
        let found = root.member("nodes")?.items().iter().find(|n| n.says("id", node))?;
        let id = || found.member("id").unwrap_or(found).range.clone();
        let data = found.member("data");
        let at = match spot {
            Spot::Node => None,
            Spot::Field(field) => data
                .and_then(|d| d.member("config")?.member(field))
                .or_else(|| found.member(field))
                .or_else(|| data?.member(field)),
            Spot::Exit(exit) => self.edge(node, exit).and_then(|e| e.member("sourceHandle")),
            Spot::Entity => data.and_then(|d| d.member("entity_key").or_else(|| d.member("entity_id"))),
        };
        Some(at.map_or_else(id, |n| n.range.clone()))
    }

    fn edge(&self, node: &str, exit: &str) -> Option<&Node> {
        let edges = self.root.as_ref()?.member("edges")?.items();
        edges.iter().find(|e| e.says("source", node) && e.says("sourceHandle", exit))
    }

    /// Where an entity of a catalogue or a field of it is. `None` if it isn't there.
    #[must_use]
    pub fn catalog(&self, kind: &str, key: &str, field: Option<&str>) -> Option<Range<usize>> {
        let list = self.root.as_ref()?.member(kind)?;
        let entity = list.items().iter().find(|e| e.says("key", key))?;
        let at = field.and_then(|f| entity.member(f)).or_else(|| entity.member("key"));
        Some(at.unwrap_or(entity).range.clone())
    }

    /// What stands at a byte of a canvas: the node and the part of it.
    #[must_use]
    pub fn spot_at(&self, at: usize) -> Option<(String, Spot)> {
        let root = self.root.as_ref()?;
        let here = |n: &&Node| n.range.contains(&at);
        if let Some(edge) = root.member("edges").and_then(|e| e.items().iter().find(here)) {
            let text = |name: &str| edge.member(name).and_then(Node::text);
            if edge.member("target").is_some_and(|t| t.range.contains(&at)) {
                return Some((text("target")?.to_owned(), Spot::Node));
            }
            return Some((text("source")?.to_owned(), Spot::Exit(text("sourceHandle")?.to_owned())));
        }
        let node = root.member("nodes")?.items().iter().find(here)?;
        let id = node.member("id")?.text()?.to_owned();
        let What::Object(members) = &node.member("data").unwrap_or(node).what else { return None };
        let inside =
            |(_, name, value): &&(String, Range<usize>, Node)| name.start <= at && at < value.range.end;
        let spot = match members.iter().find(inside).map(|(name, ..)| name.as_str()) {
            Some(name) if name.starts_with("entity_") => Spot::Entity,
            Some("config") => {
                let config = node.member("data").and_then(|d| d.member("config"));
                let fields = match config.map(|c| &c.what) {
                    Some(What::Object(fields)) => fields.as_slice(),
                    Some(What::Array(_) | What::String(_) | What::Other) | None => &[],
                };
                fields.iter().find(inside).map_or(Spot::Node, |(name, ..)| Spot::Field(name.clone()))
            }
            Some(_) | None => {
                let on_type = node.member("type").is_some_and(|t| t.range.contains(&at));
                if on_type { Spot::Field("type".to_owned()) } else { Spot::Node }
            }
        };
        Some((id, spot))
    }

    /// The nodes of a canvas.
    #[must_use]
    pub fn nodes(&self) -> Vec<Named> {
        let nodes = self.root.as_ref().and_then(|r| r.member("nodes")).map_or(&[][..], Node::items);
        let one = |node: &Node| {
            let text = |n: Option<&Node>| n.and_then(Node::text).unwrap_or("").to_owned();
            let label = text(node.member("data").and_then(|d| d.member("label")));
            named(node, "id", text(node.member("type")), label)
        };
        nodes.iter().filter_map(one).collect()
    }

    /// The entities of a catalogue.
    #[must_use]
    pub fn entities(&self) -> Vec<Named> {
        let mut found = Vec::new();
        for kind in EntityKind::ALL {
            let list = self.root.as_ref().and_then(|r| r.member(kind.name())).map_or(&[][..], Node::items);
            let name = |e: &Node| e.member("name").and_then(Node::text).unwrap_or("").to_owned();
            found.extend(list.iter().filter_map(|e| named(e, "key", kind.name().to_owned(), name(e))));
        }
        found
    }
}

fn named(node: &Node, id: &str, kind: String, label: String) -> Option<Named> {
    let id = node.member(id)?;
    let name = id.text()?.to_owned();
    Some(Named { name, kind, label, at: id.range.clone(), whole: node.range.clone() })
}

/// Reads values with their places, as deep and as many as the compiler reads of JSON.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    broken: bool,
    values: usize,
}

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Takes this byte if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Node {
        let first = self.peek();
        let start = self.at;
        self.values += 1;
        self.broken |= depth > JSON_DEPTH_MAX || self.values > JSON_VALUES_MAX;
        let what = match first {
            _ if self.broken => What::Other,
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map_or(What::Other, What::String),
            Some(_) => self.word(),
            None => {
                self.broken = true;
                What::Other
            }
        };
        Node { range: start..self.at, what }
    }

    fn object(&mut self, depth: usize) -> What {
        self.at += 1;
        let mut members = Vec::new();
        while !self.broken && !self.take(b'}') {
            self.peek();
            let start = self.at;
            let name = self.string();
            let range = start..self.at;
            self.broken |= name.is_none() || !self.take(b':');
            if let (Some(name), false) = (name, self.broken) {
                let value = self.value(depth + 1);
                members.push((name, range, value));
            }
            if !self.take(b',') && self.peek() != Some(b'}') {
                self.broken = true;
            }
        }
        What::Object(members)
    }

    fn array(&mut self, depth: usize) -> What {
        self.at += 1;
        let mut items = Vec::new();
        while !self.broken && !self.take(b']') {
            items.push(self.value(depth + 1));
            if !self.take(b',') && self.peek() != Some(b']') {
                self.broken = true;
            }
        }
        What::Array(items)
    }

    fn string(&mut self) -> Option<String> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += if *byte == b'\\' { 2 } else { 1 };
            if *byte == b'"' {
                return self.bytes.get(start..self.at).and_then(|s| serde_json::from_slice(s).ok());
            }
        }
        self.at = self.bytes.len();
        self.broken = true;
        None
    }

    fn word(&mut self) -> What {
        let start = self.at;
        let ends = |b: &u8| b.is_ascii_whitespace() || b",]}:\"{[".contains(b);
        while self.bytes.get(self.at).is_some_and(|b| !ends(b)) {
            self.at += 1;
        }
        self.broken |= self.at == start;
        What::Other
    }
}
