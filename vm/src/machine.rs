//! The machine: runs ops between two questions to the world. It is a pure function of program, state and
//! input: no clock, no I/O, no allocation.

use std::fmt;

use crate::effect::{Answer, Collected, Effect, End, Input, Sound, TransferTo};
use crate::limits;
use crate::op::{Op, Then};
use crate::operand::{AnswersIx, Millis, SoundRef, StrIx, TextIx, TransferRef};
use crate::program::{ExitIx, NodeIx, Program};
use crate::state::{Phase, State};
use crate::table::{Table, TableIx, Target};
use crate::value::{Text, Value};
use crate::webhook::Answers;

/// Follows the path of a call through its flow. Names are in the program ([`Program::node_name`]).
pub trait Watch {
    /// The call goes into a node.
    fn enter(&mut self, node: NodeIx);
    /// The call leaves a node by an exit.
    fn leave(&mut self, node: NodeIx, exit: ExitIx);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn enter(&mut self, _node: NodeIx) {}
    fn leave(&mut self, _node: NodeIx, _exit: ExitIx) {}
}

/// What comes of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'p> {
    /// The program asks for something; the next input answers it.
    Effect {
        /// The effect's number, 1, 2, 3 …: what the answering [`Input::effect`] must say.
        number: u32,
        /// What it asks for.
        effect: Effect<'p>,
    },
    /// The run is over.
    End(End),
}

/// An input that doesn't fit. The state is as it was, except for [`Misuse::Corrupt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// The state was made for another program.
    OtherProgram,
    /// The run is over; there is nothing to answer.
    Ended,
    /// The input answers another effect than the one that is waiting.
    WrongEffect {
        /// The number of the waiting effect.
        waiting: u32,
        /// The number in the input.
        got: u32,
    },
    /// The waiting effect can't be answered so.
    WrongAnswer {
        /// The number of the waiting effect.
        effect: u32,
    },
    /// The state can't come from this program. A state that the machine made itself never is.
    Corrupt,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misuse::OtherProgram => write!(f, "the state belongs to another program"),
            Misuse::Ended => write!(f, "the run is over and takes no more inputs"),
            Misuse::WrongEffect { waiting, got } => {
                write!(f, "effect {waiting} waits for an answer, but the input answers effect {got}")
            }
            Misuse::WrongAnswer { effect } => write!(f, "effect {effect} can't be answered so"),
            Misuse::Corrupt => write!(f, "the state can't come from this program"),
        }
    }
}

impl std::error::Error for Misuse {}

/// Gives the machine an input and runs it until it asks for something or ends.
///
/// The first input answers effect 0 with [`Answer::Start`]. [`Answer::HungUp`] fits at any time and ends the
/// run.
///
/// # Errors
/// [`Misuse`] when the input doesn't fit; the state is unchanged then and another input may be given.
pub fn resume<'p>(
    program: &'p Program,
    state: &mut State,
    input: Input,
    watch: &mut dyn Watch,
) -> Result<Step<'p>, Misuse> {
    fits(program, state, input)?;
    if input.answer == Answer::HungUp {
        return Ok(state.end(End::CallerGone));
    }
    if is_pressed(input.answer) {
        state.forget_visits();
    }
    if state.phase == Phase::Waiting {
        state.at.0 += 1;
    }
    for _ in 0..limits::STEPS_PER_INPUT_MAX {
        if state.silent_steps >= limits::STEPS_WITHOUT_KEY_MAX {
            return Ok(state.end(End::OutOfFuel));
        }
        state.silent_steps += 1;
        match run(program, state, input.answer, watch)? {
            Go::Next => state.at.0 += 1,
            Go::To(target) => state.at = target,
            Go::Ask(effect) => return Ok(state.ask(effect)),
            Go::End(end) => return Ok(state.end(end)),
        }
    }
    Ok(state.end(End::OutOfFuel))
}

/// Whether the caller pressed a key for this answer.
pub(crate) const fn is_pressed(answer: Answer) -> bool {
    match answer {
        Answer::Key(_)
        | Answer::Collected(
            Collected::Digits(_) | Collected::Accepted | Collected::Refused | Collected::TooFew,
        ) => true,
        Answer::Start
        | Answer::Done
        | Answer::Timeout
        | Answer::Ring(_)
        | Answer::Voicemail(_)
        | Answer::LocalTime(_)
        | Answer::Chance(_)
        | Answer::Status(_)
        | Answer::Collected(Collected::Silent)
        | Answer::Value(_)
        | Answer::Webhook(_)
        | Answer::Queue(_)
        | Answer::Conference(_)
        | Answer::Failed
        | Answer::HungUp => false,
    }
}

/// Where to go after an op.
enum Go<'p> {
    Next,
    To(Target),
    Ask(Effect<'p>),
    End(End),
}

/// Runs the op at the state's place. `answer` is the last one, which the verifier has proved to suit a
/// switch.
fn run<'p>(
    program: &'p Program,
    state: &mut State,
    answer: Answer,
    watch: &mut dyn Watch,
) -> Result<Go<'p>, Misuse> {
    let string = |ix: StrIx| program.parts().constant(ix).ok_or(Misuse::Corrupt);
    let sound = |sound: SoundRef| match sound {
        SoundRef::Prompt(name) => string(name).map(Sound::Prompt),
        SoundRef::MenuGreeting(menu) => string(menu).map(Sound::MenuGreeting),
    };
    let switch = |ix: TableIx| target(program, ix, answer).map(Go::To).ok_or(Misuse::Corrupt);
    let op = op_at(program, state.at)?;
    Ok(match op {
        Op::Enter { node } => enter(state, node, watch),
        Op::Leave { by } => {
            watch.leave(by.node, by.exit);
            Go::Next
        }
        Op::Jump { to } => Go::To(to),
        Op::Set { counter, value } => set(state.counter(counter).ok_or(Misuse::Corrupt)?, value.0),
        Op::CountDown { counter, empty } => count_down(state.counter(counter).ok_or(Misuse::Corrupt)?, empty),
        Op::Answer {} => Go::Ask(Effect::Answer),
        Op::Play { sound: what, barge_in, early } => {
            Go::Ask(Effect::Play { sound: sound(what)?, barge_in: barge_in.0, early: early.0 })
        }
        Op::Menu { sound: what, timeout: Millis(timeout_ms) } => {
            Go::Ask(Effect::Menu { sound: sound(what)?, timeout_ms })
        }
        Op::RingExtension { extension, timeout: Millis(timeout_ms) } => {
            Go::Ask(Effect::RingExtension { extension: string(extension)?, timeout_ms })
        }
        Op::RingGroup { group, timeout: Millis(timeout_ms) } => {
            Go::Ask(Effect::RingGroup { group: string(group)?, timeout_ms })
        }
        Op::Voicemail { mailbox } => Go::Ask(Effect::Voicemail { mailbox: string(mailbox)? }),
        Op::LocalTime { zone } => Go::Ask(Effect::LocalTime { zone: string(zone)? }),
        Op::Hangup { cause } => Go::End(End::Hangup(cause)),
        Op::SwitchOutcome { table } => switch(table.0)?,
        Op::SwitchKey { table } => switch(table.0)?,
        Op::SwitchRing { table } => switch(table.0)?,
        Op::SwitchVoicemail { table } => switch(table.0)?,
        Op::SwitchTime { table } => switch(table.0)?,
        Op::SetCallerId { part } => Go::Ask(Effect::SetCallerId { part, text: pop_text(state)? }),
        Op::Chance { percent } => Go::Ask(Effect::Chance { percent: percent.0 }),
        Op::Status { extension } => Go::Ask(Effect::Status { extension: string(extension)? }),
        Op::SwitchChance { table } => switch(table.0)?,
        Op::SwitchStatus { table } => switch(table.0)?,
        Op::SwitchWebhook { table } => switch(table.0)?,
        Op::SwitchQueue { table } => switch(table.0)?,
        Op::SwitchConference { table } => switch(table.0)?,
        Op::Transfer { .. }
        | Op::Webhook { .. }
        | Op::WebhookField { .. }
        | Op::Queue { .. }
        | Op::Conference { .. } => Go::Ask(hand_over(program, state, op)?),
        Op::PushAnswer {} => push_answer(state, answer)?,
        Op::Collect { prompt, rule } => {
            Go::Ask(Effect::Collect { prompt: string(prompt)?, rule, secret: None })
        }
        Op::CollectSecret { prompt, secret, rule } => {
            Go::Ask(Effect::Collect { prompt: string(prompt)?, rule, secret: Some(string(secret)?) })
        }
        Op::SwitchCollect { table } => switch(table.0)?,
        Op::PushDigits { holds } => match answer {
            Answer::Collected(Collected::Digits(digits)) => push(state, holds.of(&digits)),
            _ => return Err(Misuse::Corrupt),
        },
        Op::PushNow { part } => match answer {
            Answer::LocalTime(now) => push(state, Value::Moment(part.of(now))),
            _ => return Err(Misuse::Corrupt),
        },
        Op::PushMoment { moment } => push(state, Value::Moment(moment)),
        Op::PushText { .. }
        | Op::PushPhone { .. }
        | Op::PushNumber { .. }
        | Op::PushBool { .. }
        | Op::PushFact { .. }
        | Op::Load { .. }
        | Op::Store { .. }
        | Op::Apply { .. }
        | Op::JumpUnless { .. } => compute(program, state, op)?,
    })
}

fn enter<'p>(state: &mut State, node: NodeIx, watch: &mut dyn Watch) -> Go<'p> {
    if !state.visit(node) {
        return Go::End(End::TooManyVisits);
    }
    watch.enter(node);
    Go::Next
}

fn set<'p>(counter: &mut u8, value: u8) -> Go<'p> {
    *counter = value;
    Go::Next
}

/// What an op asks that gives the caller to somebody else, or asks somebody else.
fn hand_over<'p>(program: &'p Program, state: &mut State, op: Op) -> Result<Effect<'p>, Misuse> {
    let string = |ix: StrIx| program.parts().constant(ix).ok_or(Misuse::Corrupt);
    Ok(match op {
        Op::Transfer { to, timeout: Millis(timeout_ms) } => {
            let to = match to {
                TransferRef::Extension(key) => TransferTo::Extension(string(key)?),
                TransferRef::Number => TransferTo::Number(pop_phone(state)?),
            };
            Effect::Transfer { to, timeout_ms }
        }
        Op::Webhook { url, method, answers: AnswersIx(answers), timeout: Millis(timeout_ms) } => {
            let answers = Answers::new(string(answers)?).map_err(|_| Misuse::Corrupt)?;
            let send = pop_text(state)?;
            Effect::Webhook { url: string(url)?, method, send, answers, timeout_ms }
        }
        Op::WebhookField { field, ty } => Effect::WebhookField { field: string(field)?, ty },
        Op::Queue { queue, timeout: Millis(timeout_ms) } => {
            Effect::Queue { queue: string(queue)?, timeout_ms }
        }
        Op::Conference { conference } => Effect::Conference { conference: string(conference)? },
        Op::Answer {}
        | Op::PushAnswer {}
        | Op::Enter { .. }
        | Op::Leave { .. }
        | Op::Jump { .. }
        | Op::Set { .. }
        | Op::CountDown { .. }
        | Op::Play { .. }
        | Op::Menu { .. }
        | Op::RingExtension { .. }
        | Op::RingGroup { .. }
        | Op::Voicemail { .. }
        | Op::LocalTime { .. }
        | Op::SetCallerId { .. }
        | Op::Chance { .. }
        | Op::Status { .. }
        | Op::Hangup { .. }
        | Op::SwitchOutcome { .. }
        | Op::SwitchKey { .. }
        | Op::SwitchRing { .. }
        | Op::SwitchVoicemail { .. }
        | Op::SwitchTime { .. }
        | Op::SwitchChance { .. }
        | Op::SwitchStatus { .. }
        | Op::SwitchWebhook { .. }
        | Op::SwitchQueue { .. }
        | Op::SwitchConference { .. }
        | Op::PushText { .. }
        | Op::PushPhone { .. }
        | Op::PushNumber { .. }
        | Op::PushBool { .. }
        | Op::PushFact { .. }
        | Op::Load { .. }
        | Op::Store { .. }
        | Op::Apply { .. }
        | Op::Collect { .. }
        | Op::CollectSecret { .. }
        | Op::SwitchCollect { .. }
        | Op::PushDigits { .. }
        | Op::PushMoment { .. }
        | Op::PushNow { .. }
        | Op::JumpUnless { .. } => return Err(Misuse::Corrupt),
    })
}

fn count_down<'p>(left: &mut u8, empty: Target) -> Go<'p> {
    match left.checked_sub(1) {
        Some(less) => {
            *left = less;
            Go::Next
        }
        None => Go::To(empty),
    }
}

fn pop_text(state: &mut State) -> Result<Text, Misuse> {
    match state.values.pop() {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Bool(_) | Value::Number(_) | Value::Phone(_) | Value::Moment(_)) | None => {
            Err(Misuse::Corrupt)
        }
    }
}

fn pop_phone(state: &mut State) -> Result<Text, Misuse> {
    match state.values.pop() {
        Some(Value::Phone(phone)) => Ok(phone),
        Some(Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Moment(_)) | None => {
            Err(Misuse::Corrupt)
        }
    }
}

/// Runs an op of expressions.
fn compute<'p>(program: &Program, state: &mut State, op: Op) -> Result<Go<'p>, Misuse> {
    let value = |ix: TextIx| program.parts().constant(ix.0).map(Text::cut).ok_or(Misuse::Corrupt);
    Ok(match op {
        Op::PushText { text } => push(state, Value::Text(value(text)?)),
        Op::PushPhone { phone } => push(state, Value::Phone(value(phone)?)),
        Op::PushNumber { number } => push(state, Value::Number(number.0)),
        Op::PushBool { value } => push(state, Value::Bool(value.0)),
        Op::PushFact { fact } => {
            let value = fact.of(&state.facts);
            push(state, value)
        }
        Op::Load { variable } => {
            let value = state.values.load(variable.0).ok_or(Misuse::Corrupt)?;
            push(state, value)
        }
        Op::Store { variable } => {
            let value = state.values.pop().ok_or(Misuse::Corrupt)?;
            state.values.store(variable.0, value);
            Go::Next
        }
        Op::Apply { operator } => {
            state.values.apply(operator).ok_or(Misuse::Corrupt)?;
            Go::Next
        }
        Op::JumpUnless { no } => match state.values.pop() {
            Some(Value::Bool(true)) => Go::Next,
            Some(Value::Bool(false)) => Go::To(no),
            Some(Value::Number(_) | Value::Text(_) | Value::Phone(_) | Value::Moment(_)) | None => {
                return Err(Misuse::Corrupt);
            }
        },
        Op::Enter { .. }
        | Op::Leave { .. }
        | Op::Jump { .. }
        | Op::Set { .. }
        | Op::CountDown { .. }
        | Op::Answer {}
        | Op::Play { .. }
        | Op::Menu { .. }
        | Op::RingExtension { .. }
        | Op::RingGroup { .. }
        | Op::Voicemail { .. }
        | Op::LocalTime { .. }
        | Op::SetCallerId { .. }
        | Op::Chance { .. }
        | Op::Status { .. }
        | Op::Hangup { .. }
        | Op::SwitchOutcome { .. }
        | Op::SwitchKey { .. }
        | Op::SwitchRing { .. }
        | Op::SwitchVoicemail { .. }
        | Op::SwitchTime { .. }
        | Op::SwitchChance { .. }
        | Op::SwitchStatus { .. }
        | Op::SwitchWebhook { .. }
        | Op::SwitchQueue { .. }
        | Op::SwitchConference { .. }
        | Op::Transfer { .. }
        | Op::Webhook { .. }
        | Op::WebhookField { .. }
        | Op::Queue { .. }
        | Op::Conference { .. }
        | Op::PushAnswer {}
        | Op::Collect { .. }
        | Op::CollectSecret { .. }
        | Op::SwitchCollect { .. }
        | Op::PushDigits { .. }
        | Op::PushMoment { .. }
        | Op::PushNow { .. } => return Err(Misuse::Corrupt),
    })
}

fn push_answer<'p>(state: &mut State, answer: Answer) -> Result<Go<'p>, Misuse> {
    let Answer::Value(value) = answer else { return Err(Misuse::Corrupt) };
    Ok(push(state, value))
}

fn push<'p>(state: &mut State, value: Value) -> Go<'p> {
    state.values.push(value);
    Go::Next
}

/// Where a table leads with an answer.
fn target(program: &Program, ix: TableIx, answer: Answer) -> Option<Target> {
    match program.parts().table(ix)? {
        Table::Slots { kind, targets } => targets.get(kind.slot(answer)?).copied(),
        Table::Time(table) => table.target(answer),
    }
}

fn op_at(program: &Program, at: Target) -> Result<Op, Misuse> {
    program.parts().ops.get(at.0 as usize).copied().ok_or(Misuse::Corrupt)
}

/// Whether an input may be given now.
fn fits(program: &Program, state: &State, input: Input) -> Result<(), Misuse> {
    if !state.is_of(program) {
        return Err(Misuse::OtherProgram);
    }
    if state.phase == Phase::Ended {
        return Err(Misuse::Ended);
    }
    if input.effect != state.effects {
        return Err(Misuse::WrongEffect { waiting: state.effects, got: input.effect });
    }
    let fits = match state.phase {
        Phase::Ready => matches!(input.answer, Answer::Start | Answer::HungUp),
        Phase::Waiting => takes(op_at(program, state.at)?, input.answer),
        Phase::Ended => false,
    };
    if fits { Ok(()) } else { Err(Misuse::WrongAnswer { effect: state.effects }) }
}

/// Whether an op's effect may be answered so. This is what the verifier's rule on answers goes by, too.
pub(crate) fn takes(op: Op, answer: Answer) -> bool {
    use crate::effect::{EffectKind as Kind, WebhookEnd};
    let Then::Asks(kind) = op.then() else { return false };
    match answer {
        Answer::Start => false,
        Answer::HungUp | Answer::Failed => true,
        Answer::Done => matches!(kind, Kind::Answer | Kind::Play | Kind::SetCallerId | Kind::Transfer),
        Answer::Key(_) => match op {
            Op::Play { barge_in, .. } => barge_in.0,
            Op::Menu { .. } => true,
            Op::Enter { .. }
            | Op::Leave { .. }
            | Op::Jump { .. }
            | Op::Set { .. }
            | Op::CountDown { .. }
            | Op::Answer {}
            | Op::RingExtension { .. }
            | Op::RingGroup { .. }
            | Op::Voicemail { .. }
            | Op::LocalTime { .. }
            | Op::Hangup { .. }
            | Op::SwitchOutcome { .. }
            | Op::SwitchKey { .. }
            | Op::SwitchRing { .. }
            | Op::SwitchVoicemail { .. }
            | Op::SwitchTime { .. }
            | Op::SetCallerId { .. }
            | Op::Chance { .. }
            | Op::Status { .. }
            | Op::SwitchChance { .. }
            | Op::SwitchStatus { .. }
            | Op::SwitchWebhook { .. }
            | Op::SwitchQueue { .. }
            | Op::SwitchConference { .. }
            | Op::Transfer { .. }
            | Op::Webhook { .. }
            | Op::WebhookField { .. }
            | Op::Queue { .. }
            | Op::Conference { .. }
            | Op::PushAnswer {}
            | Op::Collect { .. }
            | Op::CollectSecret { .. }
            | Op::SwitchCollect { .. }
            | Op::PushDigits { .. }
            | Op::PushMoment { .. }
            | Op::PushNow { .. }
            | Op::PushText { .. }
            | Op::PushPhone { .. }
            | Op::PushNumber { .. }
            | Op::PushBool { .. }
            | Op::PushFact { .. }
            | Op::Load { .. }
            | Op::Store { .. }
            | Op::Apply { .. }
            | Op::JumpUnless { .. } => false,
        },
        Answer::Timeout => matches!(kind, Kind::Menu),
        Answer::Ring(_) => matches!(kind, Kind::RingExtension | Kind::RingGroup),
        Answer::Voicemail(_) => matches!(kind, Kind::Voicemail),
        Answer::Chance(_) => matches!(kind, Kind::Chance),
        Answer::Status(_) => matches!(kind, Kind::Status),
        Answer::Value(value) => matches!(op, Op::WebhookField { ty, .. } if ty == value.ty()),
        Answer::Webhook(WebhookEnd::Answer(number)) => {
            matches!(kind, Kind::Webhook) && usize::from(number) < limits::WEBHOOK_ANSWERS_MAX
        }
        Answer::Webhook(WebhookEnd::Default | WebhookEnd::Error | WebhookEnd::Timeout) => {
            matches!(kind, Kind::Webhook)
        }
        Answer::Queue(_) => matches!(kind, Kind::Queue),
        Answer::Conference(_) => matches!(kind, Kind::Conference),
        Answer::Collected(entered) => can_enter(op, entered),
        Answer::LocalTime(time) => matches!(kind, Kind::LocalTime) && time.second < 86_400,
    }
}

/// Whether this can be entered where an op asks for digits.
fn can_enter(op: Op, entered: Collected) -> bool {
    let (rule, is_secret) = match op {
        Op::Collect { rule, .. } => (rule, false),
        Op::CollectSecret { rule, .. } => (rule, true),
        _ => return false,
    };
    match entered {
        Collected::Digits(digits) => !is_secret && (rule.min..=rule.max).contains(&digits.count()),
        Collected::Accepted | Collected::Refused => is_secret,
        // The terminator may come at once.
        Collected::TooFew => rule.min > 1 || rule.terminator.key().is_some(),
        Collected::Silent => true,
    }
}

#[cfg(test)]
mod tests;
