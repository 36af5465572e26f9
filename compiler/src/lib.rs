//! The compiler of call flows: `.flow` text and React Flow JSON in, diagnostics and a program out.
//!
//! Pure: no files, no clock, no randomness. Facts come in through [`world::World`].
//!
//! The way of a flow: [`read_text`] or [`read_json`] give a [`graph::Project`] and what was wrong with it;
//! [`check`] looks at the whole project; [`compile::compile`] makes the program of one flow. [`format_file`],
//! [`write_text`] and [`write_json`] go the other way: nothing is lost between the two views.
//!
//! ```
//! use flow_compiler::{Source, check, compile::compile, read_text, world::Nothing, world_of};
//!
//! let text = "flow main {\n  entry in: inbound_number \"+61299998888\" -> bye\n  bye: hangup\n}\n\
//!             inbound_number \"+61299998888\"\n";
//! let read = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
//! assert!(read.diagnostics.is_empty());
//!
//! // What the files declare comes first, then what somebody else knows (a catalogue, the store).
//! let (declared, conflicts) = world_of(&read.project);
//! assert!(conflicts.is_empty());
//! let world = flow_compiler::entity::catalog::Overlay { declared: &declared, base: &Nothing };
//! assert!(check(&read.project, &world).is_empty());
//! for flow in read.project.flows.values() {
//!     assert!(compile(flow, &world).program.is_some());
//! }
//! ```

mod calendar;
pub mod check;
pub mod compile;
pub mod coverage;
pub mod diag;
pub mod diff;
pub mod draw;
pub mod edit;
pub mod emit;
pub mod entity;
pub mod explore;
pub mod expr;
mod fuel;
pub mod graph;
pub mod ir;
pub mod json;
pub mod library;
pub mod limits;
pub mod lower;
pub mod merge;
pub mod nodes;
pub mod sim;
mod structure;
pub mod text;
mod value;
pub mod webhook;
pub mod world;
pub mod zone;

use check::Callees;
use diag::{Diagnostic, Sink};
use entity::catalog::Catalog;
use graph::{FileId, FlowId, Project};
use world::World;

/// A file to read: its name as findings show it, and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Name, for people. The flow of a JSON file that doesn't say its key is named after it.
    pub name: &'a str,
    /// Content; nothing is assumed about it.
    pub bytes: &'a [u8],
}

/// What was read, and what couldn't be. The project is as whole as the files allow.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Flows, entities and tests.
    pub project: Project,
    /// Findings F0xx (and a few F1xx that only the reader can see).
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a folder of `.flow` files. Never fails.
#[must_use]
pub fn read_text(files: &[Source<'_>]) -> Read {
    let mut sink = Sink::default();
    let project = text::read::read(files, &mut sink);
    Read { project, diagnostics: sink.finish() }
}

/// Reads a canvas: React Flow JSON with one flow. `world` gives the keys of entities that JSON names by id. Never
/// fails.
#[must_use]
pub fn read_json(file: &Source<'_>, world: &dyn World) -> Read {
    let mut sink = Sink::default();
    let project = json::read(file, world, &mut sink);
    Read { project, diagnostics: sink.finish() }
}

/// Reads a `catalog.json`: its entities as declarations, in a project without flows. Never fails.
#[must_use]
pub fn read_catalog(file: &Source<'_>) -> Read {
    let mut sink = Sink::default();
    let mut project = Project::default();
    json::read_catalog(file, &mut project, &mut sink);
    Read { project, diagnostics: sink.finish() }
}

/// The facts that a project declares, and declarations that contradict each other.
#[must_use]
pub fn world_of(project: &Project) -> (Catalog, Vec<Diagnostic>) {
    Catalog::of(project)
}

/// Checks a whole project: its flows (structure, reach, call states, loops …), its entities, and numbers that enter two
/// flows. `world` must know the project's own declarations too ([`entity::catalog::Overlay`]).
#[must_use]
pub fn check(project: &Project, world: &dyn World) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    structure::project(project, world, &mut sink);
    let library = project.flows.values().next().map(|graph| graph.library.clone()).unwrap_or_default();
    let callees = Callees::of(&library, project.flows.values(), world);
    for graph in project.flows.values() {
        check_into(graph, world, &callees, &mut sink);
    }
    check::across(project.flows.values()).into_iter().for_each(|d| sink.push(d));
    sink.finish()
}

/// Checks one flow: its structure first, then what calls would meet in it.
#[must_use]
pub fn check_flow(graph: &graph::Graph, world: &dyn World) -> Vec<Diagnostic> {
    check_knowing(graph, world, &Callees::of(&graph.library, [graph], world))
}

/// The same, where it's known what the flows do that it calls.
pub(crate) fn check_knowing(graph: &graph::Graph, world: &dyn World, callees: &Callees) -> Vec<Diagnostic> {
    let mut sink = Sink::default();
    check_into(graph, world, callees, &mut sink);
    sink.finish()
}

/// One sink for all checks, so that their findings share one limit and one budget for "did you mean".
fn check_into(graph: &graph::Graph, world: &dyn World, callees: &Callees, sink: &mut Sink) {
    if graph.cut {
        return;
    }
    check_without_program(graph, world, callees, sink);
    // Nearly every flow is far too small to exceed what a program holds, or a call's fuel; of the others one is made to see.
    // A flow that only others call is part of their programs.
    if graph.is_entered()
        && (compile::may_be_too_large(graph, world) || compile::may_run_dry(graph))
        && !sink.has_error()
        && let Err(finding) = compile::program(graph, world)
    {
        sink.push(*finding);
    }
}

/// The checks without the question whether the program will be too large: for whoever makes it at once.
pub(crate) fn check_without_program(
    graph: &graph::Graph,
    world: &dyn World,
    callees: &Callees,
    sink: &mut Sink,
) {
    if let Some(finding) = structure::too_many_exits(graph, world) {
        return sink.push(finding);
    }
    structure::flow(graph, world, sink);
    check::check(graph, world, callees, sink);
}

/// The canonical text of a file that was read: its blocks in their order, comments kept. Don't write it over a file
/// with findings that are [`Diagnostic::is_unread`]: what couldn't be read isn't in it.
#[must_use]
pub fn format_file(project: &Project, file: FileId) -> String {
    text::print::file(project, file)
}

/// A whole project as one text: flows with their layouts, entities, tests.
#[must_use]
pub fn write_text(project: &Project) -> String {
    text::print::project(project)
}

/// One flow as React Flow JSON. `world` gives the ids of entities. Tests go with the first flow of a project.
#[must_use]
pub fn write_json(project: &Project, flow: FlowId, world: &dyn World) -> String {
    json::write(project, flow, world)
}

/// A catalogue as `catalog.json`.
#[must_use]
pub fn write_catalog(catalog: &Catalog) -> String {
    json::write_catalog(catalog)
}
