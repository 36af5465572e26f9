//! The state of one run: small, cloneable, and bytes when it must be kept.

use std::fmt;

use crate::effect::{Effect, End};
use crate::limits;
use crate::machine::Step;
use crate::op::Then;
use crate::operand::Counter;
use crate::program::{NodeIx, Program};
use crate::table::Target;
use crate::value::{CallFacts, Moment, MomentType, Text, Value, Values};

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The first input.
    Ready,
    /// The answer to the effect of the op at its place.
    Waiting,
    /// Nothing.
    Ended,
}

/// A run of a program: its place, its counters, its variables and what it has visited. Everything else is in
/// the program.
#[derive(Clone, PartialEq, Eq)]
pub struct State {
    /// The first bytes of the program's hash.
    program: u64,
    pub(crate) phase: Phase,
    /// The op that comes next, or whose effect is waiting.
    pub(crate) at: Target,
    /// Number of the last effect.
    pub(crate) effects: u32,
    /// Ops since the caller's last key.
    pub(crate) silent_steps: u32,
    counters: [u8; limits::COUNTERS_MAX as usize],
    /// The `call` of every subflow that the run is in.
    calls: [u32; limits::SUBFLOWS_MAX],
    /// How many of these there are.
    depth: u8,
    /// Visits since the caller's last key, four bits a slot.
    visits: [u8; limits::VISIT_SLOTS / 2],
    /// What is known of the call.
    pub(crate) facts: Box<CallFacts>,
    pub(crate) values: Values,
}

const _: () = assert!(size_of::<State>() <= limits::STATE_BYTES_MAX, "a call's state has a budget");
const _: () = assert!(State::BYTES <= limits::STATE_BYTES_MAX, "a call's state has a budget");

/// What keeps a run from being made or read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The program has no entry of this name.
    NoEntry(String),
    /// The bytes are of another length or version.
    Malformed,
    /// The bytes are of a run of another program.
    OtherProgram,
    /// The bytes name a place that a run of this program can't be at.
    Impossible,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::NoEntry(name) => write!(f, "the program has no entry {name:?}"),
            StateError::Malformed => write!(f, "these bytes are no state of this version"),
            StateError::OtherProgram => write!(f, "the state belongs to another program"),
            StateError::Impossible => write!(f, "a run of this program can't be at the place in these bytes"),
        }
    }
}

impl std::error::Error for StateError {}

impl State {
    /// Length of the serialised form, beside its facts and variables.
    pub const BYTES: usize = 1
        + 8
        + 1
        + 4
        + 4
        + 4
        + limits::COUNTERS_MAX as usize
        + limits::VISIT_SLOTS / 2
        + 1
        + 5 * limits::SUBFLOWS_MAX;

    /// Version of the serialised form.
    const VERSION: u8 = 3;

    /// A run that is about to begin at an entry.
    ///
    /// # Errors
    /// [`StateError::NoEntry`] when the program has no entry of this name.
    pub fn new(program: &Program, entry: &str) -> Result<State, StateError> {
        let at = program.entry(entry).ok_or_else(|| StateError::NoEntry(entry.to_owned()))?;
        Ok(State {
            program: mark(program),
            phase: Phase::Ready,
            at,
            effects: 0,
            silent_steps: 0,
            counters: [0; _],
            calls: [0; _],
            depth: 0,
            visits: [0; _],
            facts: Box::default(),
            values: Values::default(),
        })
    }

    /// The same run, of a call of which this is known. Give it before the start.
    #[must_use]
    pub fn with_facts(mut self, facts: CallFacts) -> State {
        *self.facts = facts;
        self
    }

    /// The number of the effect that waits for its answer: 0 before the start.
    #[must_use]
    pub const fn effect(&self) -> u32 {
        self.effects
    }

    /// Whether the run is over.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// The same place in the same circumstances, whatever came before: without the numbers of effects, steps and visits.
    /// Two runs that have it in common do the same from there on, but for the limits that end a run going round.
    #[must_use]
    pub fn place(&self) -> State {
        State { effects: 0, silent_steps: 0, visits: [0; _], ..self.clone() }
    }

    /// The same place whatever the texts and phone numbers in its variables are.
    #[must_use]
    pub fn place_apart_from_texts(&self) -> State {
        let mut place = self.place();
        place.values.blank_texts();
        place
    }

    /// Its bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(State::BYTES);
        out.push(State::VERSION);
        out.extend(self.program.to_le_bytes());
        out.push(match self.phase {
            Phase::Ready => 0,
            Phase::Waiting => 1,
            Phase::Ended => 2,
        });
        for number in [self.at.0, self.effects, self.silent_steps] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.counters);
        out.extend(self.visits);
        out.push(self.depth);
        for (call, base) in self.calls().iter().zip(self.values.bases()) {
            out.extend(call.to_le_bytes());
            out.push(*base);
        }
        let CallFacts { caller_number, caller_name, called_number } = *self.facts;
        [caller_number, caller_name, called_number].iter().for_each(|fact| put_text(fact, &mut out));
        // The stack is empty between inputs.
        for variable in self.values.variables() {
            put_value(*variable, &mut out);
        }
        out
    }

    /// The run of these bytes.
    ///
    /// # Errors
    /// [`StateError`] when they aren't a state that a run of this program could be in.
    pub fn from_bytes(program: &Program, bytes: &[u8]) -> Result<State, StateError> {
        let mut rest = bytes;
        let [version] = take(&mut rest)?;
        let of = u64::from_le_bytes(take(&mut rest)?);
        let [phase] = take(&mut rest)?;
        let at = Target(u32::from_le_bytes(take(&mut rest)?));
        let effects = u32::from_le_bytes(take(&mut rest)?);
        let silent_steps = u32::from_le_bytes(take(&mut rest)?);
        let (counters, visits) = (take(&mut rest)?, take(&mut rest)?);
        if version != State::VERSION {
            return Err(StateError::Malformed);
        }
        let [depth] = take(&mut rest)?;
        if usize::from(depth) > limits::SUBFLOWS_MAX {
            return Err(StateError::Malformed);
        }
        let (mut calls, mut values) = ([0; _], Values::default());
        for slot in calls.iter_mut().take(usize::from(depth)) {
            *slot = u32::from_le_bytes(take(&mut rest)?);
            let [base] = take(&mut rest)?;
            values.come_from(base).ok_or(StateError::Malformed)?;
        }
        let caller_number = take_text(&mut rest)?;
        let caller_name = take_text(&mut rest)?;
        let facts = Box::new(CallFacts { caller_number, caller_name, called_number: take_text(&mut rest)? });
        for variable in 0..limits::CALL_VARIABLES_MAX {
            if rest.is_empty() {
                break;
            }
            if let Some(value) = take_value(&mut rest)? {
                values.put(variable, value);
            }
        }
        if !rest.is_empty() {
            return Err(StateError::Malformed);
        }
        let phase = match phase {
            0 => Phase::Ready,
            1 => Phase::Waiting,
            2 => Phase::Ended,
            3.. => return Err(StateError::Malformed),
        };
        let state = State {
            program: of,
            phase,
            at,
            effects,
            silent_steps,
            counters,
            calls,
            depth,
            visits,
            facts,
            values,
        };
        if !state.is_of(program) {
            return Err(StateError::OtherProgram);
        }
        if state.is_possible(program) { Ok(state) } else { Err(StateError::Impossible) }
    }

    fn is_possible(&self, program: &Program) -> bool {
        let waits_at = |at: Target| {
            let op = program.parts().ops.get(at.0 as usize);
            program.reaches(at) && op.is_some_and(|op| matches!(op.then(), Then::Asks(_)))
        };
        let is_call = |at: &u32| {
            program.reaches(Target(*at))
                && matches!(program.parts().ops.get(*at as usize), Some(crate::op::Op::Call { .. }))
        };
        if !self.calls().iter().all(is_call) {
            return false;
        }
        match self.phase {
            Phase::Ready => {
                self.effects == 0 && program.parts().entries.iter().any(|entry| entry.at == self.at)
            }
            Phase::Waiting => self.effects > 0 && waits_at(self.at),
            Phase::Ended => program.reaches(self.at),
        }
    }

    fn calls(&self) -> &[u32] {
        self.calls.get(..usize::from(self.depth)).unwrap_or_default()
    }

    /// Goes into a subflow from the `call` at this place; `false` when it is one too many.
    pub(crate) fn call(&mut self, keeps: u8) -> bool {
        let Some(slot) = self.calls.get_mut(usize::from(self.depth)) else { return false };
        if self.values.call(keeps).is_none() {
            return false;
        }
        *slot = self.at.0;
        self.depth += 1;
        true
    }

    /// Comes back from a subflow: the place of its `call`.
    pub(crate) fn come_back(&mut self) -> Option<Target> {
        self.depth = self.depth.checked_sub(1)?;
        self.values.come_back()?;
        self.calls.get_mut(usize::from(self.depth)).map(std::mem::take).map(Target)
    }

    /// Whether it is a run of this program.
    pub(crate) fn is_of(&self, program: &Program) -> bool {
        self.program == mark(program)
    }

    /// Counts a visit; `false` when it is one too many.
    pub(crate) fn visit(&mut self, node: NodeIx) -> bool {
        let slot = node.0 as usize % limits::VISIT_SLOTS;
        let shift = slot % 2 * 4;
        let Some(pair) = self.visits.get_mut(slot / 2) else { return false };
        if *pair >> shift & 0xf >= limits::VISITS_PER_NODE_MAX {
            return false;
        }
        *pair += 1 << shift;
        true
    }

    /// The caller pressed a key: what was visited before counts no more.
    pub(crate) fn forget_visits(&mut self) {
        self.visits = [0; _];
        self.silent_steps = 0;
    }

    pub(crate) fn counter(&mut self, counter: Counter) -> Option<&mut u8> {
        self.counters.get_mut(usize::from(counter.0))
    }

    pub(crate) fn ask<'p>(&mut self, effect: Effect<'p>) -> Step<'p> {
        let Some(number) = self.effects.checked_add(1) else { return self.end(End::OutOfFuel) };
        self.effects = number;
        self.phase = Phase::Waiting;
        Step::Effect { number, effect }
    }

    pub(crate) fn end<'p>(&mut self, end: End) -> Step<'p> {
        self.phase = Phase::Ended;
        Step::End(end)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({:?} at @{}, effect {})", self.phase, self.at.0, self.effects)
    }
}

/// What a state knows its program by.
fn mark(program: &Program) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = program.hash().0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], StateError> {
    let (head, tail) = bytes.split_first_chunk().ok_or(StateError::Malformed)?;
    *bytes = tail;
    Ok(*head)
}

fn put_text(text: &Text, out: &mut Vec<u8>) {
    let bytes = text.as_str().as_bytes();
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend(bytes);
}

fn take_text(bytes: &mut &[u8]) -> Result<Text, StateError> {
    let [length] = take(bytes)?;
    let (head, tail) = bytes.split_at_checked(usize::from(length)).ok_or(StateError::Malformed)?;
    *bytes = tail;
    if head.len() > limits::VALUE_BYTES_MAX {
        return Err(StateError::Malformed);
    }
    str::from_utf8(head).map(Text::cut).map_err(|_| StateError::Malformed)
}

fn put_value(value: Option<Value>, out: &mut Vec<u8>) {
    match value {
        None => out.push(0),
        Some(Value::Bool(yes)) => out.extend([1, u8::from(yes)]),
        Some(Value::Number(number)) => {
            out.push(2);
            out.extend(number.to_le_bytes());
        }
        Some(Value::Text(text)) => {
            out.push(3);
            put_text(&text, out);
        }
        Some(Value::Phone(phone)) => {
            out.push(4);
            put_text(&phone, out);
        }
        Some(Value::Moment(Moment { ty, number })) => {
            let place = MomentType::ALL.iter().position(|one| *one == ty).unwrap_or_default();
            out.push(MOMENTS + u8::try_from(place).unwrap_or_default());
            out.extend(number.to_le_bytes());
        }
    }
}

fn take_value(bytes: &mut &[u8]) -> Result<Option<Value>, StateError> {
    let [tag] = take(bytes)?;
    Ok(match tag {
        0 => None,
        1 => match take(bytes)? {
            [0] => Some(Value::Bool(false)),
            [1] => Some(Value::Bool(true)),
            [_] => return Err(StateError::Malformed),
        },
        2 => Some(Value::Number(i64::from_le_bytes(take(bytes)?))),
        3 => Some(Value::Text(take_text(bytes)?)),
        4 => Some(Value::Phone(take_text(bytes)?)),
        tag => {
            let ty = MomentType::ALL.get(usize::from(tag - MOMENTS)).copied().ok_or(StateError::Malformed)?;
            let number = i32::from_le_bytes(take(bytes)?);
            let moment = ty.has(number).then_some(Moment { ty, number }).ok_or(StateError::Malformed)?;
            Some(Value::Moment(moment))
        }
    })
}

/// The tag of the first [`MomentType`]; those of other values are below it.
const MOMENTS: u8 = 5;
