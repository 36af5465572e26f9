//! The whole way from a graph to a program.

use flow_vm::Program;
use flow_vm::builder::BuildError;
use flow_vm::limits::{ENTRIES_MAX, PROGRAM_BYTES_MAX, STEPS_PER_INPUT_MAX};
use flow_vm::verify::Rule;

use std::collections::BTreeSet;

use crate::check::Callees;
use crate::diag::{Code, Diagnostic, Sink};
use crate::entity::EntityFacts;
use crate::graph::{Graph, Node};
use crate::ir::Ir;
use crate::nodes::Kind;
use crate::world::World;
use crate::{emit, fuel, limits, lower};

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

/// Whether calls could run so many ops without a question that they end for want of fuel. What takes ops is counted as if it
/// all came in a row: an expression has no more than its bytes, and the rest of a node fewer than [`NODE_WEIGHT`].
pub(crate) fn may_run_dry(graph: &Graph) -> bool {
    let of_node = |node: &Node| {
        let text: usize = node.fields.iter().map(|field| text_bytes(&field.value)).sum();
        text + node.kind.map_or(0, |kind| if asks(kind) { 0 } else { NODE_WEIGHT })
    };
    let called = reached(graph).into_iter().map(|(flow, _)| flow);
    let mut weights = called.chain([graph]).flat_map(|flow| flow.nodes.values().map(of_node));
    let max = STEPS_PER_INPUT_MAX as usize;
    weights.try_fold(ENDS_WEIGHT, |all, one| Some(all + one).filter(|all| *all <= max)).is_none()
}

/// What the nodes take in which a run begins and ends.
const ENDS_WEIGHT: usize = 100;

fn text_bytes(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len(),
        serde_json::Value::Array(all) => all.iter().map(text_bytes).sum(),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Object(_) => 0,
    }
}

/// Whether every call that comes through a node of a kind waits for an answer of the world there, or ends.
fn asks(kind: Kind) -> bool {
    match kind {
        Kind::InboundNumber | Kind::Set | Kind::Branch | Kind::Start | Kind::Subflow | Kind::ComeBack => {
            false
        }
        Kind::TimeSwitch
        | Kind::IvrMenu
        | Kind::RingGroup
        | Kind::Extension
        | Kind::Voicemail
        | Kind::PlayMessage
        | Kind::Hangup
        | Kind::SetCallerId
        | Kind::Split
        | Kind::Status
        | Kind::Collect
        | Kind::Transfer
        | Kind::Webhook
        | Kind::Queue
        | Kind::Conference => true,
    }
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
    out_of_fuel(graph, &ir)?;
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

/// F252: a way on which a call runs more ops at once than the machine lets it.
fn out_of_fuel(graph: &Graph, ir: &Ir) -> Result<(), Box<Diagnostic>> {
    let Some(run) = fuel::longest(ir).filter(|run| run.ops > STEPS_PER_INPUT_MAX as usize) else {
        return Ok(());
    };
    let name = ir.nodes.get(run.node).map_or(graph.key.as_str(), |node| node.name.as_str());
    let place =
        graph.nodes.values().find(|node| node.name == name).map_or(&graph.origin, |node| &node.origin);
    let message = format!(
        "calls that come to `{name}` would be ended: so much is computed on the way that the server takes it for an \
         endless loop ({} steps at once, {STEPS_PER_INPUT_MAX} may be)",
        run.ops
    );
    let found = Diagnostic::new(Code::OutOfFuel, place.place(), message);
    Err(Box::new(
        found.help(
            "take some `set` and `branch` nodes before it out, or let callers hear something in between",
        ),
    ))
}
