//! One run of a program: the machine's state, the trace of its inputs and the path through the flow.

use std::sync::Arc;
use std::time::Duration;

use flow_vm::effect::{Answer, Effect, End, Input};
use flow_vm::state::StateError;
use flow_vm::{CallFacts, ExitIx, NodeIx, Program, State, Step, Trace, Watch, resume};

use crate::limits;
use crate::office::Entry;
use crate::record::PathStep;

/// The machine of a call, with the program that it began with.
pub(crate) struct Run {
    program: Arc<Program>,
    state: State,
    trace: Trace,
    path: Path,
    began: Duration,
}

/// What the machine wants next.
pub(crate) enum Next<'p> {
    Perform(Effect<'p>),
    End(End),
    /// It can't go on, for a reason of ours.
    Broken(String),
}

impl Run {
    /// A run that has not started.
    pub(crate) fn new(entry: &Entry, facts: CallFacts, now: Duration) -> Result<Run, StateError> {
        let program = Arc::clone(&entry.program);
        let state = State::new(&program, &entry.entry)?.with_facts(facts);
        let trace = Trace::new(&program, &entry.entry, facts);
        Ok(Run { program, state, trace, path: Path::default(), began: now })
    }

    pub(crate) fn program(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    /// Gives the machine the answer to its pending effect. `program` is [`Run::program`], held by the caller so that
    /// the effect can be carried out while the run changes.
    pub(crate) fn resume<'p>(
        &mut self,
        program: &'p Program,
        now: Duration,
        wall_ms: i64,
        answer: Answer,
    ) -> Next<'p> {
        // One place is kept for the caller's end.
        if self.trace.inputs.len() + 1 >= flow_vm::limits::TRACE_INPUTS_MAX && answer != Answer::HungUp {
            return Next::Broken("the run took more inputs than a trace can hold".to_owned());
        }
        let mono_ms = u64::try_from(now.saturating_sub(self.began).as_millis()).unwrap_or(u64::MAX);
        let input = Input { effect: self.state.effect(), mono_ms, wall_ms, answer };
        self.trace.inputs.push(input);
        match resume(program, &mut self.state, input, &mut self.path) {
            Ok(Step::Effect { effect, .. }) => Next::Perform(effect),
            Ok(Step::End(end)) => Next::End(end),
            Err(misuse) => Next::Broken(misuse.to_string()),
        }
    }

    /// The trace, to be replayed.
    pub(crate) fn trace_text(&self) -> String {
        self.trace.encode()
    }

    /// Hash of the program, in hex.
    pub(crate) fn program_hash(&self) -> String {
        self.program.hash().to_string()
    }

    /// The nodes passed, by name.
    pub(crate) fn path(&self) -> Vec<PathStep> {
        let name = |(node, exit): &(NodeIx, Option<ExitIx>)| PathStep {
            node: self.program.node_name(*node).unwrap_or_default().to_owned(),
            exit: exit.and_then(|exit| self.program.exit_name(*node, exit)).map(str::to_owned),
        };
        self.path.steps.iter().map(name).collect()
    }
}

/// The nodes passed, by index.
#[derive(Debug, Default)]
struct Path {
    steps: Vec<(NodeIx, Option<ExitIx>)>,
}

impl Watch for Path {
    fn enter(&mut self, node: NodeIx) {
        if self.steps.len() < limits::PATH_STEPS_MAX {
            self.steps.push((node, None));
        }
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        if let Some((last, left @ None)) = self.steps.last_mut()
            && *last == node
        {
            *left = Some(exit);
        }
    }
}
