//! The whole way from a graph to a program.

use flow_vm::Program;

use crate::diag::{Code, Diagnostic};
use crate::emit;
use crate::graph::Graph;
use crate::lower;
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
    match program(graph, world) {
        Ok(program) => Compiled { diagnostics, program: Some(program) },
        Err(found) => {
            diagnostics.push(*found);
            Compiled { diagnostics, program: None }
        }
    }
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
