//! The whole way from a graph to a program.

use flow_vm::Program;
use flow_vm::builder::BuildError;
use flow_vm::limits::{ENTRIES_MAX, PROGRAM_BYTES_MAX};
use flow_vm::verify::Rule;

use std::collections::BTreeSet;

use crate::check::Callees;
use crate::diag::{Code, Diagnostic, Sink};
use crate::entity::EntityFacts;
use crate::graph::{Graph, Node};
use crate::world::World;
use crate::{emit, limits, lower};

/// What came of a compilation.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Everything that was found, errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The program, if nothing found was an error. Its bytes are [`Program::encode`].
    pub program: Option<Program>,
}

impl Compiled {
    /// The bytes of the program.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.program.as_ref().map(Program::encode)
    }
}

/// Checks a flow and, if nothing is wrong with it, makes its program. What the reader of the flow found isn't known
/// here: a flow that was read with errors must not be compiled.
#[must_use]
pub fn compile(graph: &Graph, world: &dyn World) -> Compiled {
    if graph.cut {
        let message = format!("`{}` wasn't read whole, so that no program can be made of it", graph.key);
        let found = Diagnostic::new(Code::TooLarge, graph.origin.place(), message);
        return Compiled {
            diagnostics: vec![found.help("see what `flowc check` says of its file")],
            program: None,
        };
    }
    let mut sink = Sink::default();
    let callees = Callees::of(&graph.library, [graph], world);
    crate::check_without_program(graph, world, &callees, &mut sink);
    let mut diagnostics = sink.finish();
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Compiled { diagnostics, program: None };
    }
    diagnostics.extend(broken_callees(graph, world, &callees));
    if diagnostics.iter().any(Diagnostic::is_error) || !graph.is_entered() {
        // A flow that only others call is part of their programs, and has none of its own.
        return Compiled { diagnostics, program: None };
    }
    match program(graph, world) {
        Ok(program) => Compiled { diagnostics, program: Some(program) },
        Err(found) => {
            diagnostics.push(*found);
            Compiled { diagnostics, program: None }
        }
    }
}

const REPORT: &str = "this is a mistake of the compiler; please report it with the flow";

/// Whether a flow is so large that its program could exceed a limit of programs: their ops, constants, tables and bytes
/// all grow by nodes, exits and the length of expressions. Entries have a limit of their own.
pub(crate) fn may_be_too_large(graph: &Graph, world: &dyn World) -> bool {
    let of_node = |node: &Node| {
        let facts = node.kind.and_then(|k| world.entity(k.spec().entity.kind()?, node.entity_key()?));
        let exits = node.kind.map_or(0, |k| k.spec().exits.len()) + facts.map_or(0, EntityFacts::exits_max);
        let text: usize = node.fields.iter().filter_map(|f| f.value.as_str()).map(str::len).sum();
        NODE_WEIGHT + EXIT_WEIGHT * exits + text
    };
    let entries = graph.nodes.values().filter(|n| n.kind.is_some_and(|k| k.spec().is_entry())).count();
    let called = reached(graph).into_iter().map(|(flow, _)| flow);
    let mut weights = called.chain([graph]).map(|flow| flow.nodes.values().map(of_node).sum::<usize>());
    weights
        .try_fold(0_usize, |all, one| Some(all + one).filter(|all| *all <= limits::UNTRIED_WEIGHT_MAX))
        .is_none()
        || entries > ENTRIES_MAX as usize
}

/// What a node weighs beside an expression's byte: about the ops and constants that it takes.
const NODE_WEIGHT: usize = 8;
/// What an exit weighs, or a range of hours.
const EXIT_WEIGHT: usize = 3;
/// Flows that this one calls, by itself or through others, and that have errors of their own: no program can have them.
fn broken_callees(graph: &Graph, world: &dyn World, callees: &Callees) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (callee, node) in reached(graph) {
        let own = Graph { library: graph.library.clone(), ..callee.clone() };
        let mut sink = Sink::default();
        crate::check_without_program(&own, world, callees, &mut sink);
        if let Some(error) = sink.finish().into_iter().find(Diagnostic::is_error) {
            let message =
                format!("the flow `{}` has errors, so it can't be called: {}", callee.key, error.message);
            let finding = Diagnostic::new(Code::BrokenSubflow, node.origin.place(), message);
            found.push(finding.help(format!("mend `{}` first", callee.key)));
        }
    }
    found
}

/// The flows that a flow calls, by itself or through others, each with the node of this flow by which calls first come
/// there.
fn reached(graph: &Graph) -> Vec<(&Graph, &Node)> {
    let mut seen = BTreeSet::from([graph.key.as_str()]);
    let mut all: Vec<(&Graph, &Node)> = Vec::new();
    for node in graph.nodes.values() {
        let mut open: Vec<&Graph> = graph.library.called_by(node).into_iter().collect();
        while let Some(flow) = open.pop() {
            if seen.insert(flow.key.as_str()) {
                all.push((flow, node));
                open.extend(flow.nodes.values().filter_map(|node| graph.library.called_by(node)));
            }
        }
    }
    all
}

/// Lowers, emits and verifies. The verifier checks again what the checks and the emitter promise.
pub(crate) fn program(graph: &Graph, world: &dyn World) -> Result<Program, Box<Diagnostic>> {
    let ir = lower::lower(graph, world).map_err(|hole| {
        let node = graph.nodes.get(hole.node).map_or("?", |n| n.name.as_str());
        let message = format!("`{node}` can't be compiled: {} is missing", hole.missing);
        Box::new(Diagnostic::new(Code::NotCompiled, graph.place_of(hole.node), message))
    })?;
    let bytes = emit::emit(&ir).map_err(|error| {
        let (code, help) = match error {
            BuildError::TooMany(_) => (Code::TooLargeFlow, "split the flow into several"),
            BuildError::Unbound(_) | BuildError::BoundTwice(_) | BuildError::OutsideNode => {
                (Code::NotCompiled, REPORT)
            }
        };
        let message = format!("`{}` can't be compiled: {error}", graph.key);
        Box::new(Diagnostic::new(code, graph.origin.place(), message).help(help))
    })?;
    if bytes.len() > PROGRAM_BYTES_MAX {
        let message = format!(
            "the program of `{}` has {} bytes; it may have {PROGRAM_BYTES_MAX}",
            graph.key,
            bytes.len()
        );
        let found = Diagnostic::new(Code::TooLargeFlow, graph.origin.place(), message);
        return Err(Box::new(found.help("split the flow into several")));
    }
    flow_vm::verify(&bytes).map_err(|error| {
        if error.rule == Rule::Limits {
            let message = format!("the program of `{}` would be too large: {}", graph.key, error.detail);
            let found = Diagnostic::new(Code::TooLargeFlow, graph.origin.place(), message);
            return Box::new(found.help("split the flow into several"));
        }
        let message = format!("the program made of `{}` is refused by the verifier: {error}", graph.key);
        let found = Diagnostic::new(Code::NotCompiled, graph.origin.place(), message);
        Box::new(found.help(REPORT))
    })
}
