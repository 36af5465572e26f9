//! The call of an outcome as a `test` block.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flow_vm::effect::{
    Answer, Collected, ConferenceEnd, Effect, End, QueueEnd, RingEnd, TransferTo, VoicemailEnd, WebhookEnd,
};
use flow_vm::text::show_date;
use flow_vm::value::{CallFacts, Text, Value};

use super::{Asked, Visit, moments};
use crate::entity::{EntityFacts, EntityKind};
use crate::graph::Graph;
use crate::text::quoted;
use crate::world::World;
use crate::zone;

/// A test that makes this call and expects these nodes and this end. Where one phone would have to do two things in one call, which a
/// test can't say, a comment says so.
pub(super) fn of(
    name: &str,
    last: &Visit<'_>,
    met: &[&str],
    asked: &[Asked<'_, '_>],
    end: End,
    graph: &Graph,
    world: &dyn World,
) -> String {
    let mut out = format!("test {} {{\n", quoted(name));
    // Writing to a string can't fail.
    let zone = moments::zone(graph, world);
    if let Some(at) = zone::local_time(&zone, last.moment) {
        let (hour, minute) = (at.second / 3_600, at.second / 60 % 60);
        let second = match at.second % 60 {
            0 => String::new(),
            second => format!(":{second:02}"),
        };
        let _ = writeln!(out, "  at {} {hour:02}:{minute:02}{second}", show_date(at.day));
    }
    let CallFacts { caller_number, caller_name, called_number } = last.facts;
    if called_number != Text::EMPTY {
        let _ = write!(out, "  call {}", quoted(called_number.as_str()));
        if caller_number != Text::EMPTY {
            let _ = write!(out, " from {}", quoted(caller_number.as_str()));
        }
        out.push('\n');
    }
    if caller_name != Text::EMPTY {
        let _ = writeln!(out, "  caller_name {}", quoted(caller_name.as_str()));
    }
    let mut scene = Scene { world, does: BTreeMap::new(), torn: false, acts: Vec::new(), reply: None };
    for asked in asked {
        scene.take(asked);
    }
    scene.web();
    for ((what, key), does) in &scene.does {
        let _ = writeln!(out, "  {what} {} {does}", crate::text::named(key));
    }
    scene.acts.iter().for_each(|act| {
        let _ = writeln!(out, "  {act}");
    });
    for node in met {
        let _ = writeln!(out, "  expect node {}", crate::text::named(node));
    }
    if let End::Hangup(cause) = end {
        let _ = writeln!(out, "  expect end {}", cause.name());
    }
    if scene.torn {
        out.push_str("  // A phone or mailbox changes its mind during this call, which a test can't say.\n");
    }
    out.push_str("}\n");
    out
}

/// What phones and mailboxes do, and what the caller does at the questions.
struct Scene<'a> {
    world: &'a dyn World,
    does: BTreeMap<(&'static str, String), String>,
    torn: bool,
    acts: Vec<String>,
    /// What the last webhook replied: its node and the words of the reply.
    reply: Option<(String, String)>,
}

impl Scene<'_> {
    fn take(&mut self, asked: &Asked<'_, '_>) {
        let (effect, answer) = (&asked.effect, asked.answer);
        self.hands_over(asked);
        if let Answer::Key(key) = answer {
            self.acts.push(format!("press {key}"));
        }
        if let (Effect::Collect { rule, secret, .. }, Answer::Collected(entered)) = (effect, answer) {
            let end = rule.terminator.key().map_or_else(String::new, |key| key.to_string());
            let right = "1".repeat(usize::from(rule.min));
            self.acts.push(match (entered, secret) {
                (Collected::Digits(digits), _) => format!("digits {}{end}", digits.as_str()),
                (Collected::Accepted, Some(secret)) => {
                    format!("secret {} {right}\n  digits {right}{end}", crate::text::named(secret))
                }
                (Collected::Refused, _) => format!("digits {}{end}", right.replace('1', "0")),
                (Collected::TooFew, _) => format!("digits {}{end}", right.get(1..).unwrap_or_default()),
                (Collected::Silent | Collected::Accepted, _) => "wait".to_owned(),
            });
        }
        if let Answer::Chance(drawn) = answer {
            self.acts.push(format!("draw {}", if drawn { "yes" } else { "no" }));
        }
        if answer == Answer::Timeout {
            self.acts.push("wait".to_owned());
        }
        if answer == Answer::Done && matches!(effect, Effect::Play { barge_in: true, .. }) {
            self.acts.push("wait".to_owned());
        }
        if let (Effect::RingExtension { extension, .. }, Answer::Ring(end)) = (effect, answer) {
            self.rings(extension, end);
        }
        if let (Effect::RingGroup { group, .. }, Answer::Ring(end)) = (effect, answer) {
            let members = match self.world.entity(EntityKind::RingGroup, group) {
                Some(EntityFacts::RingGroup(group)) => group.members.clone(),
                Some(_) | None => Vec::new(),
            };
            let all = if end == RingEnd::Answered { 1 } else { members.len() };
            members.iter().take(all).for_each(|member| self.rings(member, end));
        }
        if let (Effect::Voicemail { mailbox, .. }, Answer::Voicemail(end)) = (effect, answer) {
            let does = match end {
                VoicemailEnd::Done => return,
                VoicemailEnd::Full => "full",
                VoicemailEnd::Failed => "fails",
            };
            self.does("mailbox", mailbox, does);
        }
    }

    /// Questions that hand the caller over, or ask somebody else.
    fn hands_over(&mut self, asked: &Asked<'_, '_>) {
        let (effect, answer) = (&asked.effect, asked.answer);
        if let (Effect::Transfer { to, .. }, Answer::Done | Answer::Failed) = (effect, answer) {
            let (inside, number) = match to {
                TransferTo::Extension(key) => (true, *key),
                TransferTo::Number(number) => {
                    let extension = self.world.entity(EntityKind::Extension, number.as_str());
                    (extension.is_some(), number.as_str())
                }
            };
            match (inside, answer == Answer::Done) {
                (true, true) => self.rings(number, RingEnd::Answered),
                (true, false) => self.rings(number, RingEnd::NoAnswer),
                (false, true) => self.torn |= self.does.contains_key(&("line", number.to_owned())),
                (false, false) => self.does("line", number, "fails"),
            }
        }
        if let (Effect::Webhook { answers, .. }, Answer::Webhook(end)) = (effect, answer) {
            self.web();
            let reply = match end {
                WebhookEnd::Answer(number) => {
                    let name = answers.iter().nth(usize::from(number)).map_or("", |declared| declared.name);
                    format!("replies {}", crate::text::named(name))
                }
                WebhookEnd::Default => return,
                WebhookEnd::Error => "fails".to_owned(),
                WebhookEnd::Timeout => "timeout".to_owned(),
            };
            self.reply = Some((asked.node.to_owned(), reply));
        }
        if let (Effect::WebhookField { field, .. }, Answer::Value(value), Some((_, reply))) =
            (effect, answer, &mut self.reply)
        {
            let value = match value {
                Value::Bool(yes) => yes.to_string(),
                Value::Number(number) => number.to_string(),
                Value::Text(text) | Value::Phone(text) => text.as_str().to_owned(),
                // No field is of such a type.
                Value::Moment(_) => return,
            };
            reply.push_str(&format!(" {} {}", crate::text::named(field), quoted(&value)));
        }
        if let (Effect::Queue { queue, .. }, Answer::Queue(end)) = (effect, answer) {
            let members = match self.world.entity(EntityKind::Queue, queue) {
                Some(EntityFacts::Queue(queue)) => queue.members.as_slice(),
                Some(_) | None => &[],
            };
            match (end, members.first()) {
                (QueueEnd::Answered, Some(first)) => self.rings(&first.clone(), RingEnd::Answered),
                (QueueEnd::Answered, None) => self.torn = true,
                (other, _) => self.does("queue", queue, other.name()),
            }
        }
        if let (Effect::Conference { conference }, Answer::Conference(end)) = (effect, answer) {
            match end {
                ConferenceEnd::Left => {}
                ConferenceEnd::Full => self.does("conference", conference, "full"),
                ConferenceEnd::Refused => self.does("conference", conference, "refuses"),
            }
        }
    }

    /// What the last webhook replied goes to the others.
    fn web(&mut self) {
        if let Some((node, reply)) = self.reply.take() {
            self.does("webhook", &node, &reply);
        }
    }

    fn rings(&mut self, extension: &str, end: RingEnd) {
        let does = match end {
            RingEnd::Answered => "answers",
            RingEnd::NoAnswer => {
                self.torn |= self.does.contains_key(&("phone", extension.to_owned()));
                return;
            }
            RingEnd::Busy => "busy",
            RingEnd::Declined => "declines",
            RingEnd::Unavailable => "unavailable",
        };
        self.does("phone", extension, does);
    }

    fn does(&mut self, what: &'static str, key: &str, does: &str) {
        let before = self.does.insert((what, key.to_owned()), does.to_owned());
        self.torn |= before.is_some_and(|before| before != does);
    }
}
