//! What holds on every path: the verifier's rules on call state, answers and counters, by dataflow from the
//! entries.
//!
//! A fact at an op is a set of pairs (last answer, caller answered or not), the set of counters that are set
//! on every path to it, the types of the variables that are set on every path, and the types on the stack,
//! which must be the same on every path. Facts only grow (pairs) or shrink (counters, variables) and are
//! finite, so an op is looked at a bounded number of times: at most once for each of the pairs (two of every kind
//! of answer), 16 counters and 64 variables.

use crate::effect::{
    Answer, Collected, ConferenceEnd, Digits, Key, LocalTime, PhoneStatus, QueueEnd, RingEnd, VoicemailEnd,
    WebhookEnd,
};
use crate::limits;
use crate::machine::takes;
use crate::op::{Op, Then};
use crate::operand::TransferRef;
use crate::program::Parts;
use crate::table::{SlotKind, Table, TableIx, Target};
use crate::value::{Operator, Text, Type, Value};
use crate::verify::{Rule, VerifyError, at_op};

/// One answer of each kind that leads to another fact. Keys differ in where they lead, not in what holds
/// there.
const KINDS: [Answer; 20] = [
    Answer::Start,
    Answer::Done,
    Answer::Key(Key::ALL[0]),
    Answer::Timeout,
    Answer::Ring(RingEnd::Answered),
    Answer::Ring(RingEnd::NoAnswer),
    Answer::Voicemail(VoicemailEnd::Done),
    Answer::LocalTime(LocalTime { day: 0, second: 0 }),
    Answer::Chance(true),
    Answer::Status(PhoneStatus::Free),
    Answer::Failed,
    Answer::Value(Value::Bool(false)),
    Answer::Value(Value::Number(0)),
    Answer::Value(Value::Text(Text::EMPTY)),
    Answer::Value(Value::Phone(Text::EMPTY)),
    Answer::Webhook(WebhookEnd::Default),
    Answer::Queue(QueueEnd::Full),
    Answer::Conference(ConferenceEnd::Left),
    Answer::Collected(Collected::Digits(Digits::EMPTY)),
    Answer::Collected(Collected::Silent),
];

const _: () = assert!(KINDS.len() <= 32, "a set of pairs is 64 bits wide");

/// Whether the caller is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Early,
    Answered,
}

/// A set of pairs (kind of the last answer, caller): bit `2 × kind + caller`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pairs(u64);

const NONE: Pairs = Pairs(0);

impl Pairs {
    fn one(kind: usize, caller: Caller) -> Pairs {
        Pairs(1 << (2 * kind + usize::from(caller == Caller::Answered)))
    }

    fn and(self, other: Pairs) -> Pairs {
        Pairs(self.0 | other.0)
    }

    /// The pairs whose answer is of a kind.
    fn of(self, kind: usize) -> Pairs {
        Pairs(self.0 & (0b11 << (2 * kind)))
    }

    /// The type of the value that every one of the answers is; `None` if one is no value, or of another type.
    fn value(self) -> Option<Type> {
        let mut types =
            KINDS.into_iter().enumerate().filter(|(kind, _)| self.of(*kind) != NONE).map(|(_, answer)| {
                match answer {
                    Answer::Value(value) => Some(value.ty()),
                    Answer::Start
                    | Answer::Done
                    | Answer::Key(_)
                    | Answer::Timeout
                    | Answer::Ring(_)
                    | Answer::Voicemail(_)
                    | Answer::LocalTime(_)
                    | Answer::Chance(_)
                    | Answer::Status(_)
                    | Answer::Collected(_)
                    | Answer::Webhook(_)
                    | Answer::Queue(_)
                    | Answer::Conference(_)
                    | Answer::Failed
                    | Answer::HungUp => None,
                }
            });
        let first = types.next().flatten()?;
        types.all(|ty| ty == Some(first)).then_some(first)
    }

    fn has_caller(self, caller: Caller) -> bool {
        let columns = if caller == Caller::Early { 0x5555_5555_5555_5555 } else { 0xaaaa_aaaa_aaaa_aaaa };
        self.0 & columns != 0
    }
}

/// What holds before an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    pairs: Pairs,
    /// Counters set on every path, a bit each.
    set: u16,
    /// Variables set on every path, with their types.
    variables: Types<{ limits::VARIABLES_MAX as usize / 16 }>,
    /// Types on the stack, in the order of pushing.
    stack: Types<1>,
    /// How many are there.
    height: u8,
}

/// Types in four bits each; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types<const N: usize>([u64; N]);

const _: () = assert!(limits::VARIABLES_MAX.is_multiple_of(16), "sixteen types share a word");
const _: () = assert!(limits::STACK_MAX <= 16, "sixteen types share a word");

impl<const N: usize> Types<N> {
    const NONE: Types<N> = Types([0; N]);

    fn get(self, place: u8) -> Option<Type> {
        let number = self.0.get(usize::from(place / 16))? >> (place % 16 * 4) & 0xf;
        Type::ALL.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    fn set(&mut self, place: u8, ty: Option<Type>) {
        let number = ty.and_then(|ty| (1..).zip(Type::ALL).find(|(_, one)| *one == ty)).map_or(0, |(n, _)| n);
        if let Some(word) = self.0.get_mut(usize::from(place / 16)) {
            *word = *word & !(0xf << (place % 16 * 4)) | number << (place % 16 * 4);
        }
    }

    /// What both say alike.
    fn common(self, other: Types<N>) -> Types<N> {
        let mut common = self;
        for place in (0..limits::VARIABLES_MAX).filter(|place| self.get(*place) != other.get(*place)) {
            common.set(place, None);
        }
        common
    }
}

type Broken = (Rule, &'static str);

impl Facts {
    fn push(&mut self, ty: Type) -> Result<(), Broken> {
        if self.height >= limits::STACK_MAX {
            return Err((Rule::Values, "the expression has more values at once than the stack holds"));
        }
        self.stack.set(self.height, Some(ty));
        self.height += 1;
        Ok(())
    }

    fn pop(&mut self) -> Result<Type, Broken> {
        let empty = (Rule::Values, "the stack is empty, but the op takes a value");
        self.height = self.height.checked_sub(1).ok_or(empty)?;
        let ty = self.stack.get(self.height).ok_or(empty)?;
        self.stack.set(self.height, None);
        Ok(ty)
    }

    fn pop_a(&mut self, wanted: Type) -> Result<(), Broken> {
        if self.pop()? == wanted {
            Ok(())
        } else {
            Err((Rule::Values, "the value on the stack is of another type than the op takes"))
        }
    }

    /// The same without the value on top, which is of this type.
    fn taken(mut self, wanted: Type) -> Result<Facts, Broken> {
        self.pop_a(wanted).map(|()| self)
    }

    /// That the last answer is of a kind, whichever path was taken.
    fn answered(&self, is: fn(&Answer) -> bool, otherwise: &'static str) -> Result<(), Broken> {
        let pairs = KINDS.iter().position(is).map(|kind| self.pairs.of(kind));
        if pairs == Some(self.pairs) { Ok(()) } else { Err((Rule::Answers, otherwise)) }
    }

    fn apply(&mut self, operator: Operator) -> Result<(), Broken> {
        let second = self.pop()?;
        let first = if operator.takes() == 2 { self.pop()? } else { second };
        let result = operator.result(first, second);
        self.push(result.ok_or((Rule::Values, "the operator doesn't take values of these types"))?)
    }
}

/// Walks every path and returns which ops a call can reach.
pub(crate) fn check(parts: &Parts) -> Result<Vec<bool>, VerifyError> {
    let mut walk = Walk { parts, facts: vec![None; parts.ops.len()], due: Vec::new(), uneven: None };
    for entry in &parts.entries {
        let start = Facts {
            pairs: Pairs::one(0, Caller::Early),
            set: 0,
            variables: Types::NONE,
            stack: Types::NONE,
            height: 0,
        };
        walk.reach(entry.at, start);
    }
    while let Some(at) = walk.due.pop() {
        walk.step(at)?;
        if let Some(at) = walk.uneven {
            return Err(at_op(Rule::Values, at.0, "paths come here with different values on the stack"));
        }
    }
    let reached: Vec<bool> = walk.facts.iter().map(Option::is_some).collect();
    let mut mapped = vec![false; parts.ops.len()];
    for range in &parts.ranges {
        let ops = mapped.get_mut(range.first as usize..range.end as usize);
        ops.into_iter().flatten().for_each(|op| *op = true);
    }
    match reached.iter().zip(mapped).zip(0..).find(|((reached, mapped), _)| **reached && !mapped) {
        Some((_, at)) => Err(at_op(Rule::DebugEntry, at, "the op belongs to no node in the debug map")),
        None => Ok(reached),
    }
}

struct Walk<'p> {
    parts: &'p Parts,
    facts: Vec<Option<Facts>>,
    due: Vec<Target>,
    /// An op that paths reach with different stacks.
    uneven: Option<Target>,
}

impl Walk<'_> {
    /// Adds what holds on one more path to an op; looks at the op again if that is news.
    fn reach(&mut self, at: Target, new: Facts) {
        let Some(slot) = self.facts.get_mut(at.0 as usize) else { return };
        let joined = match *slot {
            None => new,
            Some(old) if old.stack != new.stack => {
                self.uneven = Some(at);
                return;
            }
            Some(old) => Facts {
                pairs: old.pairs.and(new.pairs),
                set: old.set & new.set,
                variables: old.variables.common(new.variables),
                ..old
            },
        };
        if *slot != Some(joined) {
            *slot = Some(joined);
            self.due.push(at);
        }
    }

    fn step(&mut self, at: Target) -> Result<(), VerifyError> {
        let place = at.0 as usize;
        let (Some(op), Some(facts)) =
            (self.parts.ops.get(place).copied(), self.facts.get(place).copied().flatten())
        else {
            return Ok(());
        };
        let after = self.after(op, facts).map_err(|(rule, detail)| at_op(rule, at.0, detail))?;
        if matches!(op.then(), Then::Asks(_)) && after.height != 0 {
            return Err(at_op(Rule::Values, at.0, "a value is left on the stack while the world is asked"));
        }
        if op.then() == Then::Ends {
            return Ok(());
        }
        let next = Target(at.0 + 1);
        if next.0 as usize >= self.parts.ops.len() {
            return Err(at_op(Rule::BlockEnds, at.0, "the code ends here, but the call would go on"));
        }
        self.reach(next, after);
        Ok(())
    }

    /// Checks an op, reaches where it leads to elsewhere, and returns what holds behind it.
    fn after(&mut self, op: Op, facts: Facts) -> Result<Facts, (Rule, &'static str)> {
        match op {
            Op::Enter { .. } | Op::Leave { .. } | Op::Hangup { .. } => Ok(facts),
            Op::Jump { to } => {
                self.reach(to, facts);
                Ok(facts)
            }
            Op::Set { counter, .. } => Ok(Facts { set: facts.set | bit(counter.0), ..facts }),
            Op::CountDown { counter, empty } => {
                if facts.set & bit(counter.0) == 0 {
                    return Err((Rule::Counters, "the counter isn't set on every path to here"));
                }
                self.reach(empty, facts);
                Ok(facts)
            }
            Op::Answer {}
            | Op::RingExtension { .. }
            | Op::RingGroup { .. }
            | Op::LocalTime { .. }
            | Op::Chance { .. }
            | Op::Status { .. }
            | Op::Transfer { to: TransferRef::Extension(_), .. }
            | Op::WebhookField { .. } => Ok(answered_by(op, facts)),
            Op::SetCallerId { .. } | Op::Webhook { .. } => {
                facts.taken(Type::Text).map(|f| answered_by(op, f))
            }
            Op::Transfer { to: TransferRef::Number, .. } => {
                facts.taken(Type::Phone).map(|f| answered_by(op, f))
            }
            Op::Play { early, .. } if early.0 => {
                if facts.pairs.has_caller(Caller::Answered) {
                    return Err((Rule::CallState, "early sound for a caller that may be answered already"));
                }
                Ok(answered_by(op, facts))
            }
            Op::Play { .. }
            | Op::Menu { .. }
            | Op::Voicemail { .. }
            | Op::Queue { .. }
            | Op::Conference { .. }
            | Op::Collect { .. }
            | Op::CollectSecret { .. } => {
                if facts.pairs.has_caller(Caller::Early) {
                    return Err((Rule::CallState, "the caller may not be answered yet: answer first"));
                }
                Ok(answered_by(op, facts))
            }
            Op::SwitchOutcome { table } => self.switch(table.0, facts),
            Op::SwitchKey { table } => self.switch(table.0, facts),
            Op::SwitchRing { table } => self.switch(table.0, facts),
            Op::SwitchVoicemail { table } => self.switch(table.0, facts),
            Op::SwitchTime { table } => self.switch(table.0, facts),
            Op::SwitchChance { table } => self.switch(table.0, facts),
            Op::SwitchStatus { table } => self.switch(table.0, facts),
            Op::SwitchWebhook { table } => self.switch(table.0, facts),
            Op::SwitchQueue { table } => self.switch(table.0, facts),
            Op::SwitchConference { table } => self.switch(table.0, facts),
            Op::SwitchCollect { table } => self.switch(table.0, facts),
            Op::PushText { .. }
            | Op::PushPhone { .. }
            | Op::PushNumber { .. }
            | Op::PushBool { .. }
            | Op::PushFact { .. }
            | Op::Load { .. }
            | Op::Store { .. }
            | Op::Apply { .. }
            | Op::PushAnswer {}
            | Op::JumpUnless { .. }
            | Op::PushDigits { .. }
            | Op::PushMoment { .. }
            | Op::PushNow { .. } => self.compute(op, facts),
        }
    }

    /// What holds behind an op of expressions.
    fn compute(&mut self, op: Op, mut facts: Facts) -> Result<Facts, Broken> {
        match op {
            Op::PushText { .. } => facts.push(Type::Text)?,
            Op::PushPhone { .. } => facts.push(Type::Phone)?,
            Op::PushNumber { .. } => facts.push(Type::Number)?,
            Op::PushBool { .. } => facts.push(Type::Bool)?,
            Op::PushFact { fact } => facts.push(fact.ty())?,
            Op::Load { variable } => {
                let unset = (Rule::Values, "the variable isn't set, with one type, on every path to here");
                facts.push(facts.variables.get(variable.0).ok_or(unset)?)?;
            }
            Op::Store { variable } => {
                let ty = facts.pop()?;
                facts.variables.set(variable.0, Some(ty));
            }
            Op::Apply { operator } => facts.apply(operator)?,
            Op::PushAnswer {} => {
                let wrong = "the last answer may be no value, or values of different types";
                facts.push(facts.pairs.value().ok_or((Rule::Answers, wrong))?)?;
            }
            Op::PushMoment { moment } => facts.push(moment.ty.ty())?,
            Op::PushNow { part } => {
                facts.answered(
                    |a| matches!(a, Answer::LocalTime(_)),
                    "the last answer isn't a local time on every path to here",
                )?;
                facts.push(part.ty())?;
            }
            Op::PushDigits { holds } => {
                facts.answered(
                    |a| matches!(a, Answer::Collected(Collected::Digits(_))),
                    "the last answer isn't digits on every path to here",
                )?;
                facts.push(holds.ty())?;
            }
            Op::JumpUnless { no } => {
                facts.pop_a(Type::Bool)?;
                self.reach(no, facts);
            }
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
            | Op::Collect { .. }
            | Op::CollectSecret { .. }
            | Op::SwitchCollect { .. } => {}
        }
        Ok(facts)
    }

    fn switch(&mut self, ix: TableIx, facts: Facts) -> Result<Facts, (Rule, &'static str)> {
        let parts = self.parts;
        let Some(table) = parts.table(ix) else { return Ok(facts) };
        for (kind, answer) in KINDS.into_iter().enumerate() {
            let pairs = facts.pairs.of(kind);
            if pairs == NONE {
                continue;
            }
            let targets = leads_to(table, answer);
            if targets.is_empty() {
                return Err((
                    Rule::Answers,
                    "the switch may be reached with an answer that its table doesn't know",
                ));
            }
            for to in targets {
                self.reach(to, Facts { pairs, ..facts });
            }
        }
        Ok(facts)
    }
}

/// Where a table leads with any answer of a kind.
fn leads_to(table: &Table, answer: Answer) -> Vec<Target> {
    match (table, answer) {
        (Table::Slots { kind: SlotKind::Key, targets }, Answer::Key(_)) => targets.clone(),
        (Table::Slots { kind: SlotKind::Ring, targets }, Answer::Ring(RingEnd::NoAnswer)) => {
            // This kind stands for every end of ringing but the first, `answered`; the last slot is for
            // failures.
            let ends = targets.len().saturating_sub(2);
            targets.iter().skip(1).take(ends).copied().collect()
        }
        (Table::Slots { kind: SlotKind::Collect, targets }, Answer::Collected(Collected::Silent)) => {
            // This kind stands for everything entered but the first, `digits`; the last slot is for failures.
            let ends = targets.len().saturating_sub(2);
            targets.iter().skip(1).take(ends).copied().collect()
        }
        (Table::Slots { kind: SlotKind::Voicemail, targets }, Answer::Voicemail(_))
        | (Table::Slots { kind: SlotKind::Chance, targets }, Answer::Chance(_))
        | (Table::Slots { kind: SlotKind::Status, targets }, Answer::Status(_))
        | (Table::Slots { kind: SlotKind::Webhook, targets }, Answer::Webhook(_))
        | (Table::Slots { kind: SlotKind::Queue, targets }, Answer::Queue(_))
        | (Table::Slots { kind: SlotKind::Conference, targets }, Answer::Conference(_)) => targets.clone(),
        (Table::Slots { kind, targets }, _) => {
            kind.slot(answer).and_then(|slot| targets.get(slot)).copied().into_iter().collect()
        }
        (Table::Time(table), Answer::LocalTime(_)) => {
            table.rules.iter().map(|rule| rule.to).chain([table.default]).collect()
        }
        (Table::Time(table), _) => table.target(answer).into_iter().collect(),
    }
}

/// What holds when an op's effect has been answered.
fn answered_by(op: Op, facts: Facts) -> Facts {
    let mut pairs = NONE;
    for (kind, answer) in KINDS.into_iter().enumerate().filter(|(_, answer)| may_be(op, *answer)) {
        for before in [Caller::Early, Caller::Answered] {
            if facts.pairs.has_caller(before) {
                pairs = pairs.and(Pairs::one(kind, caller_after(op, answer, before)));
            }
        }
    }
    Facts { pairs, ..facts }
}

/// Whether an op may be answered by something of this kind. Digits stand for all digits there are.
fn may_be(op: Op, answer: Answer) -> bool {
    match (op, answer) {
        (Op::Collect { .. }, Answer::Collected(Collected::Digits(_))) => true,
        _ => takes(op, answer),
    }
}

fn caller_after(op: Op, answer: Answer, before: Caller) -> Caller {
    let answers = matches!((op, answer), (Op::Answer {} | Op::Transfer { .. }, Answer::Done))
        || matches!(answer, Answer::Ring(RingEnd::Answered));
    if answers { Caller::Answered } else { before }
}

fn bit(counter: u8) -> u16 {
    1_u16.checked_shl(u32::from(counter)).unwrap_or_default()
}
