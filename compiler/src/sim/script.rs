//! What a test's steps say about a call: who calls when, what the caller does, what the phones and mailboxes do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use flow_vm::CallFacts;
use flow_vm::effect::{Key, LocalTime, QueueEnd};
use flow_vm::limits::VALUE_BYTES_MAX;
use flow_vm::value::{Text, Type, Value};

use crate::entity::EntityKind;
use crate::graph::{
    ConferenceDoes, FlowId, Graph, MailboxDoes, NodeId, PhoneDoes, Project, Step, StepKind, Test, WebhookDoes,
};
use crate::nodes::Kind;
use crate::webhook;
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
    /// What the servers of webhooks do, by node; all others reply something that no answer is declared for.
    pub webhooks: BTreeMap<String, WebhookDoes>,
    /// How waiting in queues ends; in all others callers wait for the phones of the members.
    pub queues: BTreeMap<String, QueueEnd>,
    /// What conferences do; all others let callers in.
    pub conferences: BTreeMap<String, ConferenceDoes>,
    /// Outside numbers at which nobody can be reached; at all others somebody answers.
    pub dead_lines: BTreeSet<String>,
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
    /// The n-th step lets a webhook reply what it can't, or a node that is no webhook; why.
    NoSuchReply(usize, String),
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
            | ScriptError::NoSuchReply(step, _)
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
            ScriptError::NoSuchReply(_, why) => f.write_str(why),
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
            webhooks: BTreeMap::new(),
            queues: BTreeMap::new(),
            conferences: BTreeMap::new(),
            dead_lines: BTreeSet::new(),
            secrets: BTreeMap::new(),
        };
        for (number, step) in test.steps.iter().enumerate() {
            if let Some((kind, key)) = named(&step.what)
                && world.entity(kind, key).is_none()
            {
                return Err(ScriptError::NoSuchEntity(number, kind, key.to_owned()));
            }
            if let StepKind::Webhook { node, does } = &step.what {
                let fits = graph.map_or(Ok(()), |graph| can_reply(graph, node, does));
                fits.map_err(|why| ScriptError::NoSuchReply(number, why))?;
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
            StepKind::Webhook { node, does } => {
                self.webhooks.insert(node.clone(), does.clone());
            }
            StepKind::Queue { queue, ends } => {
                self.queues.insert(queue.clone(), *ends);
            }
            StepKind::Conference { conference, does } => {
                self.conferences.insert(conference.clone(), *does);
            }
            StepKind::LineFails { number } => {
                self.dead_lines.insert(number.clone());
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
        StepKind::Queue { queue, .. } => Some((EntityKind::Queue, queue)),
        StepKind::Conference { conference, .. } => Some((EntityKind::Conference, conference)),
        StepKind::At { .. }
        | StepKind::Call { .. }
        | StepKind::Press(_)
        | StepKind::Digits(_)
        | StepKind::Secret { .. }
        | StepKind::Wait
        | StepKind::HangUp
        | StepKind::Webhook { .. }
        | StepKind::LineFails { .. }
        | StepKind::CallerName(_)
        | StepKind::Draw(_)
        | StepKind::Expect(_) => None,
    }
}

/// That the server of a webhook can reply so: a declared answer has its fields, of their types. The node is one of the flow
/// or, as `flow/node`, of one that it calls.
///
/// # Errors
/// Why it can't, for people.
pub fn can_reply(graph: &Graph, node: &str, does: &WebhookDoes) -> Result<(), String> {
    let found = graph.node_of_program(node).map(|(_, node)| node).filter(|n| n.kind == Some(Kind::Webhook));
    let found = found.ok_or_else(|| {
        let message = format!("there is no webhook `{node}`, so this would say nothing about the call");
        let mut called = graph.library.flows().filter(|flow| {
            let id = flow.node(node).filter(|_| flow.key != graph.key);
            id.and_then(|id| flow.nodes.get(id)).is_some_and(|n| n.kind == Some(Kind::Webhook))
        });
        match called.next() {
            Some(flow) => format!("{message}; that of the flow `{}` is `{}/{node}`", flow.key, flow.key),
            None => message,
        }
    })?;
    let WebhookDoes::Replies { answer, fields } = does else { return Ok(()) };
    let Some(declared) = webhook::of(found).into_iter().find(|one| one.name == *answer) else {
        return Ok(());
    };
    for (name, ty) in &declared.fields {
        let value = fields.iter().find(|(field, _)| field == name);
        let (_, value) = value.ok_or_else(|| format!("the answer `{answer}` needs the field `{name}`"))?;
        if value_of(*ty, value).is_none() {
            return Err(format!("`{name}` of `{answer}` is {}, which {value:?} isn't", ty.noun()));
        }
    }
    match fields.iter().find(|(field, _)| declared.fields.iter().all(|(name, _)| name != field)) {
        Some((field, _)) => Err(format!("the answer `{answer}` has no field `{field}`")),
        None => Ok(()),
    }
}

/// A field's value as a step writes it.
pub(super) fn value_of(ty: Type, text: &str) -> Option<Value> {
    if text.len() > VALUE_BYTES_MAX {
        return None;
    }
    let is_phone = |text: &str| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b"*#".contains(&b))
    };
    match ty {
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Number => text.parse().ok().map(Value::Number),
        Type::Text => Some(Value::Text(Text::cut(text))),
        Type::Phone => is_phone(text).then(|| Value::Phone(Text::cut(text))),
        // No field is of such a type.
        Type::Duration | Type::Time | Type::Date | Type::Weekday => None,
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
        | StepKind::Webhook { .. }
        | StepKind::Queue { .. }
        | StepKind::Conference { .. }
        | StepKind::LineFails { .. }
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
