//! Places as JavaScript counts them, and the node that a place belongs to.

use std::collections::BTreeMap;

use flow_compiler::diag::{self, Diagnostic};
use flow_compiler::graph::{FileId, Graph, Origin, Project};

use crate::reply::{self, Edit, Finding, Fix, Flow, FlowNode, Label, NodeName, Place, Range};

/// The texts of a project, ready to be counted, and where its nodes begin.
pub struct Places<'a> {
    project: &'a Project,
    texts: BTreeMap<FileId, Text<'a>>,
    /// What begins at a byte of a file: a node, or something else.
    begins: BTreeMap<(FileId, u32), Option<NodeName>>,
}

/// A file's text, ready to be counted.
pub struct Text<'a> {
    name: &'a str,
    text: &'a str,
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// Units before each line; `None` if all is ASCII, where a byte is a unit.
    units: Option<Vec<usize>>,
}

impl<'a> Text<'a> {
    /// Of a file.
    #[must_use]
    pub fn of(name: &'a str, text: &'a str) -> Text<'a> {
        let lines: Vec<usize> =
            [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let units = (!text.is_ascii()).then(|| {
            let mut before = 0;
            let mut units = vec![0];
            for line in text.split_inclusive('\n') {
                before += line.encode_utf16().count();
                units.push(before);
            }
            units
        });
        Text { name, text, lines, units }
    }

    /// Line, column and offset of a byte, the first two from 0.
    fn at(&self, byte: usize) -> (usize, usize, usize) {
        let byte = byte.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        match &self.units {
            None => (line, byte - start, byte),
            Some(units) => {
                let column = self.text.get(start..byte).map_or(0, |part| part.encode_utf16().count());
                (line, column, units.get(line).copied().unwrap_or(0) + column)
            }
        }
    }

    /// The byte at an offset in units.
    #[must_use]
    pub fn byte(&self, unit: u32) -> usize {
        let unit = usize::try_from(unit).unwrap_or(usize::MAX);
        let Some(units) = &self.units else { return unit.min(self.text.len()) };
        // Behind the last line stands its end.
        let line = units.partition_point(|before| *before <= unit).min(self.lines.len()).saturating_sub(1);
        let (start, mut at) =
            (self.lines.get(line).copied().unwrap_or(0), units.get(line).copied().unwrap_or(0));
        let rest = self.text.get(start..).unwrap_or_default();
        let before = rest.char_indices().find(|(_, c)| {
            let here = at >= unit;
            at += c.len_utf16();
            here
        });
        start + before.map_or(rest.len(), |(byte, _)| byte)
    }

    /// A range of bytes.
    #[must_use]
    pub fn range(&self, from: usize, to: usize) -> Range {
        let (line, column, start) = self.at(from);
        let (_, _, end) = self.at(to);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Range {
            file: self.name.to_owned(),
            from: number(start),
            to: number(end),
            line: number(line + 1),
            column: number(column + 1),
        }
    }
}

impl<'a> Places<'a> {
    /// Of a project.
    #[must_use]
    pub fn of(project: &'a Project) -> Places<'a> {
        let texts = project.files.iter().map(|(id, file)| (id, Text::of(&file.name, &file.text))).collect();
        let mut begins = BTreeMap::new();
        let mut begin = |origin: &Origin, name: Option<NodeName>| {
            if let diag::Place::Text(span) = origin.place() {
                begins.insert((span.file, span.start), name);
            }
        };
        for graph in project.flows.values() {
            begin(&graph.origin, None);
            for node in graph.nodes.values() {
                begin(&node.origin, Some(name(graph, &node.name)));
            }
        }
        project.entities.values().for_each(|entity| begin(&entity.origin, None));
        project.tests.values().for_each(|test| begin(&test.origin, None));
        Places { project, texts, begins }
    }

    /// A finding.
    #[must_use]
    pub fn finding(&self, found: &Diagnostic) -> Finding {
        let label = |label: &diag::Label| Label { place: self.place(&label.place), text: label.text.clone() };
        let edit = |edit: &diag::Edit| Edit { place: self.place(&edit.place), with: edit.with.clone() };
        let fix =
            |fix: &diag::Fix| Fix { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() };
        Finding {
            code: found.code.as_str(),
            severity: found.severity,
            message: found.message.clone(),
            labels: found.labels.iter().map(label).collect(),
            help: found.help.clone(),
            fix: found.fix.as_ref().map(fix),
            about: found.place().and_then(|place| self.about(place)),
        }
    }

    /// A place.
    #[must_use]
    pub fn place(&self, place: &diag::Place) -> Place {
        let bytes = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let range =
            |file: &FileId, from, to| self.texts.get(file).map(|text| text.range(bytes(from), bytes(to)));
        match place {
            diag::Place::Text(span) => {
                range(&span.file, span.start, span.end).map_or(Place::Project, Place::Text)
            }
            diag::Place::Json { file, at } => range(file, *at, *at).map_or(Place::Project, Place::Json),
            diag::Place::Canvas { node, spot, edge } => {
                Place::Canvas { node: node.clone(), spot: spot.clone(), edge: edge.clone() }
            }
            diag::Place::Catalog { kind, key, field } => {
                Place::Catalog { kind: kind.clone(), key: key.clone(), field: field.clone() }
            }
            diag::Place::Project => Place::Project,
        }
    }

    /// The node that a place is in.
    fn about(&self, place: &diag::Place) -> Option<NodeName> {
        match place {
            diag::Place::Text(span) => {
                let mut before = self.begins.range((span.file, 0)..=(span.file, span.start));
                before.next_back().and_then(|(_, name)| name.clone())
            }
            diag::Place::Canvas { node, .. } => {
                let mut graphs = self.project.flows.values();
                graphs.find(|graph| graph.node(node).is_some()).map(|graph| name(graph, node))
            }
            diag::Place::Json { .. } | diag::Place::Catalog { .. } | diag::Place::Project => None,
        }
    }

    /// Whether a finding is about a file, or may be.
    #[must_use]
    pub fn is_in(&self, found: &Finding, name: &str) -> bool {
        found.labels.iter().any(|label| match &label.place {
            Place::Text(range) | Place::Json(range) => range.file == name,
            Place::Canvas { .. } | Place::Catalog { .. } => false,
            Place::Project => true,
        })
    }

    /// A flow with its nodes.
    #[must_use]
    pub fn flow(&self, graph: &Graph) -> Flow {
        let is_entry = |node: &&flow_compiler::graph::Node| node.kind.is_some_and(|k| k.spec().is_entry());
        let entries = graph.nodes.values().filter(is_entry);
        let numbers = entries.flat_map(|node| node.entities.iter().filter_map(|entity| entity.key.clone()));
        let node = |node: &flow_compiler::graph::Node| FlowNode {
            name: node.name.clone(),
            kind: node.kind_name.clone(),
            label: node.label.clone(),
            place: self.place(&node.origin.place()),
        };
        reply::Flow {
            key: graph.key.clone(),
            label: graph.label.clone(),
            numbers: numbers.collect(),
            nodes: graph.nodes.values().map(node).collect(),
        }
    }
}

fn name(graph: &Graph, node: &str) -> NodeName {
    NodeName { flow: graph.key.clone(), node: node.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_utf16_units() {
        let text = Text::of("a.flow", "ab\n// 𝄞 ü\nflow");
        let range = text.range(14, 18);
        assert_eq!((range.from, range.to, range.line, range.column), (11, 15, 3, 1), "{range:?}");
        assert_eq!(text.range(2, 2).from, 2);
        assert_eq!(text.range(900, 900).from, 15);
        assert_eq!([text.byte(11), text.byte(15), text.byte(2), text.byte(900)], [14, 18, 2, 18]);
        assert_eq!(Text::of("b.flow", "abc").byte(2), 2);
    }
}
