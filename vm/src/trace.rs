//! The trace of a run: everything that came in, with its time. The same program and the same trace give the
//! same effects.
//!
//! Its text has one line for each input:
//!
//! ```text
//! flowpbx-trace 2
//! program 64 hexadecimal digits
//! entry "office"
//! caller "+61411111111" "Ann"
//! called "+61299998888"
//! 0 0 1772492400000 start
//! 1 40 1772492400040 local_time 2026-03-02 22:00:00
//! 2 5120 1772492405120 key 1
//! ```
//!
//! with what is known of the call from its start, and for each input the number of the effect that is answered, milliseconds since the call began, milliseconds since 1970
//! UTC, and the answer. Version 1 had no `caller` and `called`; it is still read.

use std::fmt;

use crate::effect::{Answer, End, Input};
use crate::limits;
use crate::machine::{Misuse, Step, Unwatched, resume};
use crate::program::{Program, ProgramHash};
use crate::state::{State, StateError};
use crate::text::{Words, answer_text, effect_text, end_text, parse_answer, quote};
use crate::value::{CallFacts, Text};

const HEADER: &str = "flowpbx-trace 2";
/// Traces of calls before expressions.
const HEADER_1: &str = "flowpbx-trace 1";

/// What came into one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The program that ran.
    pub program: ProgramHash,
    /// The entry that the call came in by.
    pub entry: String,
    /// What was known of the call from its start.
    pub facts: CallFacts,
    /// Everything that came in, in order.
    pub inputs: Vec<Input>,
}

/// Why a text is no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub detail: &'static str,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trace, line {}: {}", self.line, self.detail)
    }
}

impl std::error::Error for TraceError {}

impl Trace {
    /// A trace with no inputs yet.
    #[must_use]
    pub fn new(program: &Program, entry: &str, facts: CallFacts) -> Trace {
        Trace { program: program.hash(), entry: entry.to_owned(), facts, inputs: Vec::new() }
    }

    /// A run that is about to begin as this one did.
    ///
    /// # Errors
    /// [`StateError::NoEntry`] when the program has no such entry.
    pub fn begin(&self, program: &Program) -> Result<State, StateError> {
        State::new(program, &self.entry).map(|state| state.with_facts(self.facts))
    }

    /// Its text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = format!("{HEADER}\nprogram {}\nentry ", self.program);
        quote(&self.entry, &mut out);
        let facts = &self.facts;
        for (before, fact) in [
            ("\ncaller ", &facts.caller_number),
            (" ", &facts.caller_name),
            ("\ncalled ", &facts.called_number),
        ] {
            out.push_str(before);
            quote(fact.as_str(), &mut out);
        }
        out.push('\n');
        for Input { effect, mono_ms, wall_ms, answer } in &self.inputs {
            out.push_str(&format!("{effect} {mono_ms} {wall_ms} {}\n", answer_text(*answer)));
        }
        out
    }

    /// The trace of a text that [`Trace::encode`] made.
    ///
    /// # Errors
    /// [`TraceError`] with the first line that doesn't fit. Texts beyond [`limits::TRACE_BYTES_MAX`] or
    /// [`limits::TRACE_INPUTS_MAX`] are refused.
    pub fn decode(text: &str) -> Result<Trace, TraceError> {
        let at = |line, detail| TraceError { line, detail };
        if text.len() > limits::TRACE_BYTES_MAX {
            return Err(at(1, "the trace is longer than a trace may be"));
        }
        let mut lines = text.lines();
        let has_facts = match lines.next() {
            Some(HEADER) => true,
            Some(HEADER_1) => false,
            Some(_) | None => {
                return Err(at(1, "this is no trace of version 1 or 2: `flowpbx-trace 2` is missing"));
            }
        };
        let program = lines.next().and_then(|line| ProgramHash::from_hex(line.strip_prefix("program ")?));
        let program = program.ok_or_else(|| at(2, "`program` and its hash are missing"))?;
        let entry = lines.next().and_then(|line| entry_name(line.strip_prefix("entry ")?));
        let entry = entry.ok_or_else(|| at(3, "`entry` and its name in quotes are missing"))?;
        let mut facts = CallFacts::default();
        if has_facts {
            let caller = lines.next().and_then(|line| caller(line.strip_prefix("caller ")?));
            (facts.caller_number, facts.caller_name) =
                caller.ok_or_else(|| at(4, "`caller` with number and name in quotes is missing"))?;
            let called = lines.next().and_then(|line| entry_name(line.strip_prefix("called ")?));
            let called = called.ok_or_else(|| at(5, "`called` and the number in quotes are missing"))?;
            facts.called_number = Text::cut(&called);
        }
        let mut inputs = Vec::new();
        for (line, number) in lines.zip(if has_facts { 6.. } else { 4.. }) {
            if inputs.len() >= limits::TRACE_INPUTS_MAX {
                return Err(at(number, "the trace has more inputs than a trace may have"));
            }
            let input = parse_input(line);
            inputs.push(input.ok_or_else(|| at(number, "this is no `effect mono_ms wall_ms answer`"))?);
        }
        Ok(Trace { program, entry, facts, inputs })
    }
}

fn entry_name(text: &str) -> Option<String> {
    let mut words = Words::new(text);
    let name = words.quoted().ok()?;
    words.is_done().then_some(name)
}

fn caller(text: &str) -> Option<(Text, Text)> {
    let mut words = Words::new(text);
    let (number, name) = (words.quoted().ok()?, words.quoted().ok()?);
    words.is_done().then(|| (Text::cut(&number), Text::cut(&name)))
}

fn parse_input(line: &str) -> Option<Input> {
    let mut parts = line.splitn(4, ' ');
    Some(Input {
        effect: parts.next()?.parse().ok()?,
        mono_ms: parts.next()?.parse().ok()?,
        wall_ms: parts.next()?.parse().ok()?,
        answer: parse_answer(parts.next()?)?,
    })
}

/// What a replay gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Whether the trace was made by this very program.
    pub same_program: bool,
    /// The effects in order, as [`effect_text`] has them.
    pub effects: Vec<String>,
    /// How it ended.
    pub end: ReplayEnd,
}

/// How a replay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplayEnd {
    /// The run ended.
    Ended {
        /// How.
        end: End,
        /// Inputs of the trace that were left over: more than none only on another program.
        left: usize,
    },
    /// The trace has no fitting answer to the last of the effects.
    Parted {
        /// The effect's number; 0 when the run couldn't even start.
        effect: u32,
        /// The answer in the trace that doesn't fit; `None` when the trace is over.
        answer: Option<Answer>,
    },
    /// The program has no such entry.
    NoEntry(String),
}

impl fmt::Display for ReplayEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayEnd::Ended { end, left: 0 } => write!(f, "{}", end_text(*end)),
            ReplayEnd::Ended { end, left } => {
                write!(f, "{}, with {left} inputs of the trace left over", end_text(*end))
            }
            ReplayEnd::Parted { effect, answer: None } => {
                write!(f, "the trace is over and has no answer to effect {effect}")
            }
            ReplayEnd::Parted { effect, answer: Some(answer) } => {
                write!(f, "parts at effect {effect}: the trace answers `{}`", answer_text(*answer))
            }
            ReplayEnd::NoEntry(name) => write!(f, "the program has no entry {name:?}"),
        }
    }
}

/// Runs a program by a trace, its own or another's.
#[must_use]
pub fn replay(program: &Program, trace: &Trace) -> Replay {
    let mut effects = Vec::new();
    let end = match trace.begin(program) {
        Ok(state) => run(program, state, &trace.inputs, &mut effects),
        Err(
            StateError::NoEntry(_)
            | StateError::Malformed
            | StateError::OtherProgram
            | StateError::Impossible,
        ) => ReplayEnd::NoEntry(trace.entry.clone()),
    };
    Replay { same_program: program.hash() == trace.program, effects, end }
}

fn run(program: &Program, mut state: State, inputs: &[Input], effects: &mut Vec<String>) -> ReplayEnd {
    for (done, input) in inputs.iter().enumerate() {
        match resume(program, &mut state, *input, &mut Unwatched) {
            Ok(Step::Effect { effect, .. }) => effects.push(effect_text(&effect)),
            Ok(Step::End(end)) => return ReplayEnd::Ended { end, left: inputs.len() - done - 1 },
            Err(
                Misuse::OtherProgram
                | Misuse::Ended
                | Misuse::WrongEffect { .. }
                | Misuse::WrongAnswer { .. }
                | Misuse::Corrupt,
            ) => return ReplayEnd::Parted { effect: state.effect(), answer: Some(input.answer) },
        }
    }
    ReplayEnd::Parted { effect: state.effect(), answer: None }
}

#[cfg(test)]
mod tests;
