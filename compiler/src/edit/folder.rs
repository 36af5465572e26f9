//! A folder of files as one phone system, kept up to date while its files change: the same rule as `flowc`'s, and only
//! what a change can affect is read and checked again.
//!
//! A file is read into shapes again when its own bytes change. A flow is checked again when its block says something
//! else, or when the world answers one of the questions that its check asked otherwise. A canvas is read and checked again
//! when its bytes or the facts change. What is between flows (numbers at two entries, keys given twice) is looked at each
//! time.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::asked::{Asked, Recorder};
use super::json::Positions;
use crate::check::{self, Callees};
use crate::diag::{Diagnostic, Place, Sink, Span};
use crate::entity::catalog::Catalog;
use crate::graph::{FileId, FlowId, Graph, Project};
use crate::text::marks::{self, Block, Marks};
use crate::text::read::{self, Parsed};
use crate::{Source, library, limits, read_catalog, read_json, structure};

/// The file of a folder that holds facts and no flow.
pub const CATALOG: &str = "catalog.json";

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `.flow` text: one project with all the others.
    Text,
    /// `catalog.json`: facts.
    Catalog,
    /// Another `.json`: a canvas with one flow.
    Canvas,
}

impl FileKind {
    /// What a file of this name is; `None` if it's nothing of ours.
    #[must_use]
    pub fn of(name: &str) -> Option<FileKind> {
        let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
        match base.rsplit_once('.')?.1 {
            "flow" => Some(FileKind::Text),
            "json" if base == CATALOG => Some(FileKind::Catalog),
            "json" => Some(FileKind::Canvas),
            _ => None,
        }
    }
}

/// Files that were read together: all text, or one catalogue, or one canvas.
#[derive(Debug, Default)]
pub struct Unit {
    /// The files' names, as the project numbers them.
    pub names: Vec<String>,
    /// What was read.
    pub project: Project,
    /// What was wrong with it, reading and checking.
    pub diagnostics: Vec<Diagnostic>,
    /// Where things are in the JSON of a canvas or a catalogue; empty for text.
    pub positions: Positions,
    /// What each file's words mean, by file; text only.
    pub marks: Vec<Arc<Marks>>,
    /// The full extent of each flow's block and what its check asked and found; text only.
    checked: BTreeMap<FlowId, Checked>,
}

/// A flow's check, for the next time.
#[derive(Debug)]
struct Checked {
    block: Span,
    asked: Asked,
    /// The same for all flows that are called, if it calls one.
    inside: Option<Arc<Asked>>,
    found: Vec<Diagnostic>,
}

/// Everything that a folder says.
#[derive(Debug, Default)]
pub struct Office {
    /// The text files, as one project. They are always there, even if there are none.
    pub text: Unit,
    /// Catalogues and canvases, in this order, each by name.
    pub others: Vec<(FileKind, Unit)>,
    /// All facts: declared, from catalogues, and the library's prompts.
    pub world: Catalog,
}

/// A finding with its place in a file.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The unit that it is about.
    pub unit: &'a Unit,
    /// What was found.
    pub diagnostic: &'a Diagnostic,
}

impl Office {
    /// All units, text first.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        std::iter::once(&self.text).chain(self.others.iter().map(|(_, unit)| unit))
    }

    /// All findings.
    pub fn found(&self) -> impl Iterator<Item = Found<'_>> {
        self.units()
            .flat_map(|unit| unit.diagnostics.iter().map(move |diagnostic| Found { unit, diagnostic }))
    }

    /// The unit and the number in it of a file.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<(&Unit, FileId)> {
        self.units().find_map(|unit| {
            let number = unit.names.iter().position(|n| n == name)?;
            Some((unit, FileId::from_u32(u32::try_from(number).ok()?)))
        })
    }

    /// Where a place of a unit is: a file's name and a range of its bytes. The project as a whole is the start of its
    /// first file. `None` if there is no file at all.
    #[must_use]
    pub fn locate<'a>(&'a self, unit: &'a Unit, place: &Place) -> Option<(&'a str, Range<usize>)> {
        let first = || unit.names.first().or_else(|| self.text.names.first()).map(String::as_str);
        match place {
            // Findings of other units may point into text too.
            Place::Text(span) => Some((self.text.names.get(index(span.file))?, range(*span))),
            Place::Json { at, .. } => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                Some((first()?, at..at))
            }
            Place::Canvas { node, spot, edge } => {
                Some((first()?, unit.positions.canvas(node, spot, edge.as_deref()).unwrap_or(0..0)))
            }
            Place::Catalog { kind, key, field } => {
                let here = unit.positions.catalog(kind, key, field.as_deref());
                match here {
                    Some(range) => Some((first()?, range)),
                    None => {
                        let other = self.others.iter().find_map(|(_, u)| {
                            Some((u.names.first()?, u.positions.catalog(kind, key, field.as_deref())?))
                        });
                        other.map(|(name, range)| (name.as_str(), range)).or(Some((first()?, 0..0)))
                    }
                }
            }
            Place::Project => Some((first()?, 0..0)),
        }
    }
}

/// The files of a folder, and what they say.
#[derive(Debug)]
pub struct Folder {
    files: BTreeMap<String, Vec<u8>>,
    library: Catalog,
    parsed: BTreeMap<String, ParsedFile>,
    office: Office,
    stale: bool,
}

/// A text file in shapes with what its words mean.
#[derive(Debug)]
struct ParsedFile {
    file: FileId,
    bytes: Vec<u8>,
    /// Nothing of a file that was changed just now: the next key stroke changes it again, and a copy would be for nothing.
    parsed: Option<Parsed>,
    marks: Arc<Marks>,
}

impl Folder {
    /// An empty folder. `library` is what every server has (its prompts).
    #[must_use]
    pub fn new(library: Catalog) -> Folder {
        Folder {
            files: BTreeMap::new(),
            library,
            parsed: BTreeMap::new(),
            office: Office::default(),
            stale: true,
        }
    }

    /// Gives a file its content. A name that is nothing of ours ([`FileKind::of`]) is left out.
    pub fn set(&mut self, name: &str, bytes: Vec<u8>) {
        if FileKind::of(name).is_some() && self.files.get(name) != Some(&bytes) {
            self.files.insert(name.to_owned(), bytes);
            self.stale = true;
        }
    }

    /// Takes a file away.
    pub fn remove(&mut self, name: &str) {
        self.stale |= self.files.remove(name).is_some();
    }

    /// The files' names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The content of a file.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// What the files said when [`Folder::office`] was last asked.
    #[must_use]
    pub fn known(&self) -> &Office {
        &self.office
    }

    /// What the files say now.
    pub fn office(&mut self) -> &Office {
        if self.stale {
            self.read();
            self.stale = false;
        }
        &self.office
    }

    fn read(&mut self) {
        let before = std::mem::take(&mut self.office);
        let mut text = self.read_text();
        let (mut world, conflicts) = Catalog::of(&text.project);
        text.diagnostics.extend(conflicts);
        let mut others = Vec::new();
        for (name, bytes) in self.of_kind(FileKind::Catalog) {
            others.push((FileKind::Catalog, catalog(name, bytes, &mut world)));
        }
        world.fill_with(&self.library);
        for (name, bytes) in self.of_kind(FileKind::Canvas) {
            others.push((FileKind::Canvas, canvas(name, bytes, &world)));
        }
        link(&mut text, &mut others);
        for (_, unit) in others.iter_mut().filter(|(kind, _)| *kind == FileKind::Canvas) {
            unit.diagnostics.extend(crate::check(&unit.project, &world));
        }
        check_text(&mut text, &world, &before);
        let mut office = Office { text, others, world };
        numbers_across(&mut office);
        // What can't be read may have an entry with the number.
        if !office.units().flat_map(|u| &u.diagnostics).any(Diagnostic::is_unread) {
            let flows = office.units().flat_map(|u| u.project.flows.values());
            let unused = check::unused(office.text.project.entities.values(), flows);
            office.text.diagnostics.extend(unused);
        }
        self.office = office;
    }

    fn of_kind(&self, kind: FileKind) -> impl Iterator<Item = (&str, &[u8])> {
        let files = self.files.iter().filter(move |(name, _)| FileKind::of(name) == Some(kind));
        files.map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// Shapes of files that changed, then one project of all.
    fn read_text(&mut self) -> Unit {
        let mut kept = std::mem::take(&mut self.parsed);
        let mut unit = Unit::default();
        let (mut files, mut shapes) = (BTreeMap::new(), Vec::new());
        let texts = self.of_kind(FileKind::Text).take(limits::FILES_MAX);
        for ((name, bytes), number) in texts.zip(0_u32..) {
            let file = FileId::from_u32(number);
            let known = kept.remove(name).filter(|p| p.file == file && p.bytes == bytes);
            let parse = || read::parse(&Source { name, bytes }, file);
            let one = match known {
                Some(known) => ParsedFile { parsed: known.parsed.or_else(|| Some(parse())), ..known },
                None => {
                    let parsed = parse();
                    let marks = Arc::new(marks::of(&parsed));
                    shapes.push(parsed);
                    ParsedFile { file, bytes: bytes.to_vec(), parsed: None, marks }
                }
            };
            shapes.extend(one.parsed.clone());
            unit.names.push(name.to_owned());
            unit.marks.push(Arc::clone(&one.marks));
            files.insert(name.to_owned(), one);
        }
        let mut sink = Sink::default();
        unit.project = read::assemble(shapes, &mut sink);
        unit.diagnostics = sink.finish();
        self.parsed = files;
        unit
    }
}

fn index(file: FileId) -> usize {
    usize::try_from(file.as_u32()).unwrap_or(usize::MAX)
}

/// The bytes of a span.
pub(crate) fn range(span: Span) -> Range<usize> {
    let bytes = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    bytes(span.start)..bytes(span.end)
}

fn catalog(name: &str, bytes: &[u8], world: &mut Catalog) -> Unit {
    let read = read_catalog(&Source { name, bytes });
    let mut diagnostics = read.diagnostics;
    for declaration in read.project.entities.values() {
        diagnostics.extend(world.add(declaration.clone()));
    }
    let mut found = Sink::default();
    structure::project(&read.project, world, &mut found);
    diagnostics.extend(found.finish());
    Unit {
        names: vec![name.to_owned()],
        project: read.project,
        diagnostics,
        positions: Positions::of(bytes),
        ..Unit::default()
    }
}

fn canvas(name: &str, bytes: &[u8], world: &Catalog) -> Unit {
    let read = read_json(&Source { name, bytes }, world);
    Unit {
        names: vec![name.to_owned()],
        project: read.project,
        diagnostics: read.diagnostics,
        positions: Positions::of(bytes),
        ..Unit::default()
    }
}

/// Flows of canvases call those of the text and of each other. That those of the text do is done already.
fn link(text: &mut Unit, others: &mut [(FileKind, Unit)]) {
    if others.iter().any(|(kind, _)| *kind == FileKind::Canvas) {
        let units = std::iter::once(text).chain(others.iter_mut().map(|(_, unit)| unit));
        library::link(units.flat_map(|unit| unit.project.flows.values_mut()));
    }
}

/// What is between flows, then flow by flow: what the last check found where nothing changed that it looked at.
fn check_text(unit: &mut Unit, world: &Catalog, before: &Office) {
    let mut shared = Sink::default();
    structure::project(&unit.project, world, &mut shared);
    check::across(unit.project.flows.values()).into_iter().for_each(|d| shared.push(d));
    unit.diagnostics.extend(shared.finish());
    let mut checked = BTreeMap::new();
    let flows = before.text.project.flows.iter();
    let known: HashMap<&str, FlowId> = flows.rev().map(|(id, graph)| (graph.key.as_str(), id)).collect();
    let alike = callees_alike(&unit.project, &before.text.project);
    let inside = LazyCell::new(|| {
        let recorder = Recorder::new(world);
        let library = unit.project.flows.values().next().map(|graph| graph.library.clone());
        let callees = Callees::of(&library.unwrap_or_default(), unit.project.flows.values(), &recorder);
        (callees, Arc::new(recorder.asked()))
    });
    for (id, graph) in &unit.project.flows {
        let Some(block) = block_of(unit, graph) else { continue };
        let calls = library::calls(graph);
        let old = known.get(graph.key.as_str()).copied().filter(|_| alike || !calls);
        let kept = old.and_then(|old| again(unit, (graph, block), world, (before, old)));
        let one = kept.unwrap_or_else(|| {
            let recorder = Recorder::new(world);
            let (found, inside) = if calls {
                let (callees, asked) = &*inside;
                (crate::check_knowing(graph, &recorder, callees), Some(Arc::clone(asked)))
            } else {
                (crate::check_flow(graph, &recorder), None)
            };
            Checked { block, asked: recorder.asked(), inside, found }
        });
        checked.insert(id, one);
    }
    for one in checked.values() {
        unit.diagnostics.extend(one.found.iter().cloned());
    }
    unit.checked = checked;
}

/// Whether every flow that flows of the text call, or called before, says what it said.
fn callees_alike(now: &Project, before: &Project) -> bool {
    let called = |project: &'_ Project| -> BTreeSet<String> {
        let nodes = project.flows.values().flat_map(|graph| graph.nodes.values());
        nodes.filter_map(library::called).map(str::to_owned).collect()
    };
    let keys: BTreeSet<String> = called(now).into_iter().chain(called(before)).collect();
    let library = |project: &Project| project.flows.values().next().map(|graph| graph.library.clone());
    let (new, old) = (library(now).unwrap_or_default(), library(before).unwrap_or_default());
    keys.iter().all(|key| new.get(key) == old.get(key))
}

/// The extent of a flow's block.
fn block_of(unit: &Unit, graph: &Graph) -> Option<Span> {
    let Place::Text(head) = graph.origin.place() else { return None };
    let blocks = &unit.marks.get(index(head.file))?.blocks;
    let at = blocks.partition_point(|b: &Block| b.head.start < head.start);
    blocks.get(at).filter(|b| b.head == head).map(|b| b.whole)
}

/// The last check of this flow, moved to where its block is now; `None` if it must be checked again.
fn again(
    unit: &Unit,
    (graph, block): (&Graph, Span),
    world: &Catalog,
    (before, old): (&Office, FlowId),
) -> Option<Checked> {
    let checked = before.text.checked.get(&old)?;
    let same_text = text_of(&unit.project, block)? == text_of(&before.text.project, checked.block)?;
    let was = before.text.project.flows.get(old)?;
    if !same_text || was != graph || !was.is_read_like(graph) {
        return None;
    }
    let alike = |asked: &Asked| asked.answered_alike(&before.world, world);
    if !alike(&checked.asked) || !checked.inside.as_deref().is_none_or(alike) {
        return None;
    }
    let found = checked.found.iter().map(|d| moved(d, checked.block, block)).collect();
    Some(Checked { block, asked: checked.asked.clone(), inside: checked.inside.clone(), found })
}

fn text_of(project: &Project, span: Span) -> Option<&str> {
    project.files.get(span.file)?.text.get(range(span))
}

/// A finding whose block stands somewhere else now.
fn moved(found: &Diagnostic, from: Span, to: Span) -> Diagnostic {
    let mut found = found.clone();
    let shift = |place: &mut Place| {
        // What stands outside of the block didn't move: the check asked where it is.
        let within = |span: &Span| span.file == from.file && from.start <= span.start && span.end <= from.end;
        if let Place::Text(span) = place
            && within(span)
        {
            let by = |n: u32| n.wrapping_sub(from.start).wrapping_add(to.start);
            *span = Span { file: to.file, start: by(span.start), end: by(span.end) };
        }
    };
    found.labels.iter_mut().for_each(|l| shift(&mut l.place));
    found.fix.iter_mut().flat_map(|f| &mut f.edits).for_each(|e| shift(&mut e.place));
    found
}

/// Numbers that enter flows of different units. Inside a unit they are found already.
fn numbers_across(office: &mut Office) {
    let found = check::across_groups(office.units().map(|unit| unit.project.flows.values()));
    for ((_, unit), found) in office.others.iter_mut().zip(found.into_iter().skip(1)) {
        unit.diagnostics.extend(found);
    }
}
