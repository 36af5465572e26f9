//! What a file or a folder has: flows with their nodes, entities with their parts, tests.

use std::ops::Range;

use super::folder::{FileKind, Office, Unit, range};
use super::json::Named;
use crate::graph::FileId;
use crate::text::marks::{Block, Thing};

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A flow.
    Flow,
    /// Its layout.
    Layout,
    /// A node.
    Node,
    /// An entity.
    Entity,
    /// A part of an entity.
    Part,
    /// A test.
    Test,
}

/// A symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is.
    pub kind: SymbolKind,
    /// Its name or key.
    pub name: String,
    /// Its kind and label.
    pub detail: String,
    /// Where its name stands.
    pub at: Range<usize>,
    /// All of it.
    pub whole: Range<usize>,
    /// What it has.
    pub inside: Vec<Symbol>,
}

/// The symbols of a file, in its order.
#[must_use]
pub fn of_file(unit: &Unit, file: FileId) -> Vec<Symbol> {
    let number = usize::try_from(file.as_u32()).unwrap_or(usize::MAX);
    match unit.marks.get(number) {
        Some(marks) => marks.blocks.iter().map(of_block).collect(),
        None => of_json(unit),
    }
}

fn of_block(block: &Block) -> Symbol {
    let (kind, name) = match &block.thing {
        Thing::Flow(key) if block.word == "layout" => (SymbolKind::Layout, format!("layout {key}")),
        Thing::Flow(key) => (SymbolKind::Flow, key.clone()),
        Thing::Node { name, .. } => (SymbolKind::Node, name.clone()),
        Thing::Entity(_, key) => (SymbolKind::Entity, key.clone()),
        Thing::Part { key, .. } => (SymbolKind::Part, key.clone()),
        Thing::Test(name) => (SymbolKind::Test, name.clone()),
        Thing::Word(_)
        | Thing::Kind(_)
        | Thing::EntityKind(_)
        | Thing::Exit(..)
        | Thing::FlowExit { .. }
        | Thing::Field(..)
        | Thing::PartWord(..)
        | Thing::Variable { .. }
        | Thing::Step(_)
        | Thing::Label
        | Thing::Value => (SymbolKind::Part, String::new()),
    };
    // An empty name would be left out by editors.
    let name = if name.is_empty() { block.word.clone() } else { name };
    Symbol {
        kind,
        name,
        detail: detail(&block.word, &block.label),
        at: range(block.name),
        whole: range(block.whole),
        inside: block.inside.iter().map(of_block).collect(),
    }
}

fn detail(word: &str, label: &str) -> String {
    if label.is_empty() { word.to_owned() } else { format!("{word} “{label}”") }
}

fn of_json(unit: &Unit) -> Vec<Symbol> {
    let symbol = |kind| {
        move |one: Named| Symbol {
            kind,
            detail: detail(&one.kind, &one.label),
            name: one.name,
            at: one.at,
            whole: one.whole,
            inside: Vec::new(),
        }
    };
    let nodes = unit.positions.nodes().into_iter().map(symbol(SymbolKind::Node));
    nodes.chain(unit.positions.entities().into_iter().map(symbol(SymbolKind::Entity))).collect()
}

/// The symbols of a folder whose name or detail has these letters in this order, case apart; each with its file.
#[must_use]
pub fn of_folder<'a>(office: &'a Office, letters: &str, max: usize) -> Vec<(&'a str, Symbol)> {
    let letters: Vec<char> = letters.chars().flat_map(char::to_lowercase).collect();
    let mut found = Vec::new();
    let units = std::iter::once((FileKind::Text, &office.text));
    for (_, unit) in units.chain(office.others.iter().map(|(kind, unit)| (*kind, unit))) {
        for (name, number) in unit.names.iter().zip(0_u32..) {
            let symbols = of_file(unit, FileId::from_u32(number));
            let all = symbols.into_iter().flat_map(|mut symbol| {
                let inside = std::mem::take(&mut symbol.inside);
                std::iter::once(symbol).chain(inside)
            });
            let fits = all.filter(|s| has_letters(&format!("{} {}", s.name, s.detail), &letters));
            found.extend(fits.take(max.saturating_sub(found.len())).map(|s| (name.as_str(), s)));
        }
    }
    found
}

fn has_letters(text: &str, letters: &[char]) -> bool {
    let mut wanted = letters.iter().peekable();
    for c in text.chars().flat_map(char::to_lowercase) {
        wanted.next_if(|w| **w == c);
    }
    wanted.peek().is_none()
}
