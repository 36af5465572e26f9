//! The whole way from a graph to a program.

use flow_vm::Program;

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Place};
use crate::emit;
use crate::graph::{Graph, called};
use crate::lower;
use crate::nodes::Kind;
use crate::world::World;

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
    let mut diagnostics = crate::check_flow(graph, world);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Compiled { diagnostics, program: None };
    }
    diagnostics.extend(broken_callees(graph, world));
    let is_entered = |n: &crate::graph::Node| n.kind.is_some_and(|k| k.spec().is_entry() && k != Kind::Start);
    if diagnostics.iter().any(Diagnostic::is_error) || !graph.nodes.values().any(is_entered) {
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

/// Flows that this one calls, by itself or through others, and that have errors of their own: no program can have them.
fn broken_callees(graph: &Graph, world: &dyn World) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([graph.key.as_str()]);
    let mut open: Vec<(&Graph, Option<Place>)> = vec![(graph, None)];
    while let Some((flow, place)) = open.pop() {
        for node in flow.nodes.values() {
            let Some(callee) = called(node).and_then(|key| graph.callee(key)) else { continue };
            if !seen.insert(callee.key.as_str()) {
                continue;
            }
            let place = place.clone().unwrap_or_else(|| node.origin.place());
            let own = Graph { library: graph.library.clone(), ..callee.clone() };
            if let Some(error) = crate::check_flow(&own, world).into_iter().find(Diagnostic::is_error) {
                let message =
                    format!("the flow `{}` has errors, so it can't be called: {}", callee.key, error.message);
                found.push(Diagnostic::new(Code::BrokenSubflow, place.clone(), message));
            }
            open.push((callee, Some(place)));
        }
    }
    found
}

/// Lowers, emits and verifies. The verifier checks again what the checks and the emitter promise.
fn program(graph: &Graph, world: &dyn World) -> Result<Program, Box<Diagnostic>> {
    let ir = lower::lower(graph, world).map_err(|hole| {
        let node = graph.nodes.get(hole.node).map_or("?", |n| n.name.as_str());
        let message = format!("`{node}` can't be compiled: {} is missing", hole.missing);
        Box::new(Diagnostic::new(Code::NotCompiled, graph.place_of(hole.node), message))
    })?;
    let bytes = emit::emit(&ir).map_err(|error| {
        let message = format!("`{}` can't be compiled: {error}", graph.key);
        let found = Diagnostic::new(Code::NotCompiled, graph.origin.place(), message);
        Box::new(found.help("split the flow into several"))
    })?;
    flow_vm::verify(&bytes).map_err(|error| {
        let message = format!("the program made of `{}` is refused by the verifier: {error}", graph.key);
        let found = Diagnostic::new(Code::NotCompiled, graph.origin.place(), message);
        Box::new(found.help("this is a mistake of the compiler; please report it with the flow"))
    })
}
