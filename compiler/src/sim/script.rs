//! What a test's steps say about a call: who calls when, what the caller does, what the phones and mailboxes do.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use flow_vm::CallFacts;
use flow_vm::effect::{Key, LocalTime};
use flow_vm::value::Text;

use crate::entity::EntityKind;
use crate::graph::{FlowId, Graph, MailboxDoes, NodeId, PhoneDoes, Project, Step, StepKind, Test};
use crate::world::World;
use crate::zone;

/// When a call comes if the script doesn't say: Monday 2026-03-02, 10:00, in the flow's zone.
const AT: LocalTime = LocalTime { day: 20_514, second: 36_000 };

/// The zone of a flow without a time switch.
const ZONE: &str = "UTC";

/// What the caller does at one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Presses a key.
    Press(Key),
    /// Enters these keys one after the other; where one key is asked for, the first counts.
    Digits(Vec<Key>),
    /// Presses nothing.
    Wait,
    /// Hangs up.
    HangUp,
}

/// One call to be simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The flow that the number enters.
    pub flow: FlowId,
    /// The node at which it does.
    pub entry: NodeId,
    /// When the call comes, in milliseconds since 1970-01-01 UTC.
    pub wall_ms: i64,
    /// What is known of the call.
    pub facts: CallFacts,
    /// What draws give, in order; later ones give yes.
    pub draws: VecDeque<bool>,
    /// What the caller does, one at each question.
    pub acts: VecDeque<Act>,
    /// What phones do, by extension; all others ring unanswered.
    pub phones: BTreeMap<String, PhoneDoes>,
    /// What mailboxes do; all others take messages.
    pub mailboxes: BTreeMap<String, MailboxDoes>,
    /// What secrets are, by name; nothing is accepted for any other.
    pub secrets: BTreeMap<String, String>,
}

/// Why the steps make no call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptError {
    /// No step calls.
    NoCall,
    /// The n-th step calls a second time.
    SecondCall(usize),
    /// No entry of any flow has the number that the n-th step calls.
    NoSuchNumber(usize, String),
    /// The n-th step says what an extension or a mailbox does that doesn't exist.
    NoSuchEntity(usize, EntityKind, String),
    /// The n-th step names a zone that doesn't exist, or a day outside of the calendar.
    NoSuchTime(usize, String),
}

impl ScriptError {
    /// The step that is wrong; `None` if it's the test as a whole.
    #[must_use]
    pub const fn step(&self) -> Option<usize> {
        match self {
            ScriptError::NoCall => None,
            ScriptError::SecondCall(step)
            | ScriptError::NoSuchNumber(step, _)
            | ScriptError::NoSuchEntity(step, _, _)
            | ScriptError::NoSuchTime(step, _) => Some(*step),
        }
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScriptError::NoCall => f.write_str("nobody calls: add `call \"+61…\"` with a number of an entry"),
            ScriptError::SecondCall(_) => f.write_str("a test makes one call: write a test for each"),
            ScriptError::NoSuchNumber(_, number) => write!(f, "no entry of any flow has the number {number}"),
            ScriptError::NoSuchEntity(_, kind, key) => {
                write!(f, "there is no {} `{key}`, so this would say nothing about the call", kind.noun())
            }
            ScriptError::NoSuchTime(_, zone) => {
                write!(f, "there is no such time: `{zone}` is no zone, or the day is outside of the calendar")
            }
        }
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// The call that the steps of a test describe.
    ///
    /// # Errors
    /// They make no call, or one that no flow takes.
    pub fn of(test: &Test, project: &Project, world: &dyn World) -> Result<Script, ScriptError> {
        let (flow, entry) = called(test, project)?;
        let graph = project.flows.get(flow);
        let wall_ms = moment(&test.steps, graph, world)?;
        let mut script = Script {
            flow,
            entry,
            wall_ms,
            facts: CallFacts::default(),
            draws: VecDeque::new(),
            acts: VecDeque::new(),
            phones: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            secrets: BTreeMap::new(),
        };
        for (number, step) in test.steps.iter().enumerate() {
            if let Some((kind, key)) = named(&step.what)
                && world.entity(kind, key).is_none()
            {
                return Err(ScriptError::NoSuchEntity(number, kind, key.to_owned()));
            }
            script.take(&step.what);
        }
        Ok(script)
    }

    fn take(&mut self, step: &StepKind) {
        match step {
            StepKind::Press(keys) => self.acts.extend(keys.iter().copied().map(Act::Press)),
            StepKind::Digits(keys) => self.acts.push_back(Act::Digits(keys.clone())),
            StepKind::Secret { secret, digits } => {
                self.secrets.insert(secret.clone(), digits.iter().map(|key| key.to_char()).collect());
            }
            StepKind::Wait => self.acts.push_back(Act::Wait),
            StepKind::HangUp => self.acts.push_back(Act::HangUp),
            StepKind::Phone { extension, does } => {
                self.phones.insert(extension.clone(), *does);
            }
            StepKind::Mailbox { mailbox, does } => {
                self.mailboxes.insert(mailbox.clone(), *does);
            }
            StepKind::Call { number, from } => {
                self.facts.called_number = Text::cut(number);
                self.facts.caller_number = Text::cut(from.as_deref().unwrap_or_default());
            }
            StepKind::CallerName(name) => self.facts.caller_name = Text::cut(name),
            StepKind::Draw(draws) => self.draws.extend(draws),
            StepKind::At { .. } | StepKind::Expect(_) => {}
        }
    }
}

/// The entity that a step says something about.
fn named(step: &StepKind) -> Option<(EntityKind, &str)> {
    match step {
        StepKind::Phone { extension, .. } => Some((EntityKind::Extension, extension)),
        StepKind::Mailbox { mailbox, .. } => Some((EntityKind::VoicemailBox, mailbox)),
        StepKind::At { .. }
        | StepKind::Call { .. }
        | StepKind::Press(_)
        | StepKind::Digits(_)
        | StepKind::Secret { .. }
        | StepKind::Wait
        | StepKind::HangUp
        | StepKind::CallerName(_)
        | StepKind::Draw(_)
        | StepKind::Expect(_) => None,
    }
}

/// The entry that a number enters.
fn entry_of(project: &Project, number: &str) -> Option<(FlowId, NodeId)> {
    project.flows.iter().find_map(|(flow, graph)| {
        let mut entries = graph.nodes.iter().filter(|(_, n)| n.kind.is_some_and(|k| k.spec().is_entry()));
        let has = |e: &crate::graph::EntityRef| e.key.as_deref() == Some(number);
        entries.find(|(_, n)| n.entities.iter().any(has)).map(|(node, _)| (flow, node))
    })
}

fn called(test: &Test, project: &Project) -> Result<(FlowId, NodeId), ScriptError> {
    let mut found = None;
    for (number, step) in test.steps.iter().enumerate() {
        if let StepKind::Call { number: dialled, .. } = &step.what {
            if found.is_some() {
                return Err(ScriptError::SecondCall(number));
            }
            let entry = entry_of(project, dialled);
            found = Some(entry.ok_or_else(|| ScriptError::NoSuchNumber(number, dialled.clone()))?);
        }
    }
    found.ok_or(ScriptError::NoCall)
}

fn moment(steps: &[Step], graph: Option<&Graph>, world: &dyn World) -> Result<i64, ScriptError> {
    let found = graph.and_then(|g| crate::expr::zone_of(g, world));
    let own_zone = found.as_deref().unwrap_or(ZONE);
    let said = steps.iter().enumerate().find_map(|(number, step)| match &step.what {
        StepKind::At { date, second, zone } => {
            let local = LocalTime { day: date.day, second: *second };
            Some((number, local, zone.as_deref().unwrap_or(own_zone)))
        }
        StepKind::Call { .. }
        | StepKind::Press(_)
        | StepKind::Digits(_)
        | StepKind::Secret { .. }
        | StepKind::Wait
        | StepKind::HangUp
        | StepKind::Phone { .. }
        | StepKind::Mailbox { .. }
        | StepKind::CallerName(_)
        | StepKind::Draw(_)
        | StepKind::Expect(_) => None,
    });
    let (number, local, zone) = said.unwrap_or((0, AT, own_zone));
    zone::wall_ms(zone, local).ok_or_else(|| ScriptError::NoSuchTime(number, zone.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_time_is_a_monday_at_ten() {
        assert_eq!((AT.weekday(), AT.minute()), (0, 600));
        assert_eq!(flow_vm::text::show_date(AT.day), "2026-03-02");
    }
}
