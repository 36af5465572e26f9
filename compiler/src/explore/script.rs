//! The call of an outcome as a `test` block.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flow_vm::effect::{Answer, Collected, Effect, End, RingEnd, VoicemailEnd};
use flow_vm::text::show_date;

use super::{Visit, moments};
use crate::entity::{EntityFacts, EntityKind};
use crate::graph::Graph;
use crate::text::quoted;
use crate::world::World;
use crate::zone;

/// A test that makes this call and expects this end. Where one phone would have to do two things in one call, which a
/// test can't say, a comment says so.
pub(super) fn of(
    name: &str,
    last: &Visit<'_>,
    asked: &[(Effect<'_>, Answer)],
    end: End,
    graph: &Graph,
    world: &dyn World,
) -> String {
    let mut out = format!("test {} {{\n", quoted(name));
    // Writing to a string can't fail.
    let zone = moments::zone(graph, world);
    if let Some(at) = zone::local_time(&zone, last.moment) {
        let (hour, minute) = (at.second / 3_600, at.second / 60 % 60);
        let _ = writeln!(out, "  at {} {hour:02}:{minute:02}", show_date(at.day));
    }
    let number = graph.node(last.entry).and_then(|id| graph.nodes.get(id)).and_then(|n| n.entity_key());
    if let Some(number) = number {
        let _ = writeln!(out, "  call {}", quoted(number));
    }
    let mut scene = Scene { world, does: BTreeMap::new(), torn: false, acts: Vec::new() };
    for (effect, answer) in asked {
        scene.take(effect, *answer);
    }
    for ((what, key), does) in &scene.does {
        let _ = writeln!(out, "  {what} {} {does}", crate::text::named(key));
    }
    scene.acts.iter().for_each(|act| {
        let _ = writeln!(out, "  {act}");
    });
    let _ = writeln!(out, "  expect node {}", crate::text::named(&last.node));
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
    does: BTreeMap<(&'static str, String), &'static str>,
    torn: bool,
    acts: Vec<String>,
}

impl Scene<'_> {
    fn take(&mut self, effect: &Effect<'_>, answer: Answer) {
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

    fn does(&mut self, what: &'static str, key: &str, does: &'static str) {
        let before = self.does.insert((what, key.to_owned()), does);
        self.torn |= before.is_some_and(|before| before != does);
    }
}
