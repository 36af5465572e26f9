//! F210: an exit that no call can take.
//!
//! **Why:** what it leads to looks as if it worked. Either the exit is left over, or a rule before it takes more than was
//! meant.
//!
//! **Example:** a rule `friday { days = fri }` after `week { days = mon..fri }`; `invalid` of a menu that offers all twelve
//! keys; `interrupted` of a message without `barge_in`; `yes` of `called.number == +61299990000` in a flow that this
//! number doesn't enter.
//!
//! **Cure:** remove the edge or the rule, or put the narrower rule first.

use std::collections::{BTreeSet, HashSet};

use flow_vm::effect::Key;
use flow_vm::value::{Fact, Operator};

use super::summary::Summary;
use super::{Cx, Exit, Sink, Site};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, IvrMenu, TimeRule, TimeSwitch};
use crate::expr::{self, Expr};
use crate::graph::{Node, NodeId};
use crate::ir::Pushed;
use crate::library::called;
use crate::nodes::{Config, Kind};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let entities = cx.graph.nodes.values().flat_map(|node| &node.entities);
    let keys: HashSet<&str> = entities.filter_map(|entity| entity.key.as_deref()).collect();
    for (id, node, site) in cx.nodes() {
        match node.kind {
            Some(Kind::TimeSwitch) => shadowed_rules(cx, id, site, out),
            Some(Kind::IvrMenu) => invalid_of_a_full_menu(cx, id, site, out),
            Some(Kind::Collect) => refused_without_a_secret(cx, id, node, site, out),
            Some(Kind::PlayMessage) => interrupted_without_keys(cx, id, node, site, out),
            Some(Kind::Branch) => always_the_same_way(cx, id, node, &keys, out),
            Some(Kind::Subflow) => never_comes_back(cx, id, node, site, out),
            Some(
                Kind::InboundNumber
                | Kind::RingGroup
                | Kind::Extension
                | Kind::Voicemail
                | Kind::Hangup
                | Kind::SetCallerId
                | Kind::Set
                | Kind::Split
                | Kind::Status
                | Kind::Transfer
                | Kind::Conference
                | Kind::Queue
                | Kind::Webhook
                | Kind::Start
                | Kind::ComeBack,
            )
            | None => {}
        }
    }
}

/// Every exit that no call can take, with or without an edge.
pub(super) fn all(cx: &Cx<'_>) -> BTreeSet<(NodeId, String)> {
    let mut never = BTreeSet::new();
    for (id, node, site) in cx.nodes() {
        let exits = match (Config::read(node), site.facts) {
            (Some(Config::TimeSwitch(_)), Some(EntityFacts::TimeSwitch(switch))) => {
                shadowed(switch).map(|rule| rule.key.clone()).collect()
            }
            (Some(Config::IvrMenu(_)), Some(EntityFacts::IvrMenu(menu))) if offers_every_key(menu) => {
                vec!["invalid".to_owned()]
            }
            (Some(Config::Collect(config)), _) if config.secret.is_none() => vec!["refused".to_owned()],
            (Some(Config::PlayMessage(config)), _) if !config.barge_in => vec!["interrupted".to_owned()],
            // Callers in a queue wait until `timeout`: no queue sends them away after a round.
            (Some(Config::Queue(_)), _) if wired(site, "no_answer").is_none() => vec!["no_answer".to_owned()],
            (Some(Config::Subflow(_)), _) => {
                let calls = site.calls.as_deref().map(|calls| not_come_back_by(site, calls));
                calls.into_iter().flatten().map(|exit| exit.name.clone()).collect()
            }
            _ => Vec::new(),
        };
        never.extend(exits.into_iter().map(|exit| (id, exit)));
    }
    never
}

/// The exits of a flow that is called by which no call comes back.
fn not_come_back_by<'s>(site: &'s Site<'_>, calls: &'s Summary) -> impl Iterator<Item = &'s Exit> {
    site.exits.iter().filter(|exit| exit.known && calls.by(&exit.name).next().is_none())
}

fn offers_every_key(menu: &IvrMenu) -> bool {
    Key::ALL.iter().all(|key| menu.keys.iter().any(|k| k.key == *key))
}

fn wired<'s>(site: &'s Site<'_>, name: &str) -> Option<&'s Exit> {
    site.exits.iter().find(|e| e.name == name && e.edge.is_some())
}

fn invalid_of_a_full_menu(cx: &Cx<'_>, id: NodeId, site: &Site<'_>, out: &mut Sink) {
    let Some(EntityFacts::IvrMenu(menu)) = site.facts else { return };
    if offers_every_key(menu)
        && let Some(exit) = wired(site, "invalid")
    {
        let message = format!("`invalid` is never taken: the menu `{}` offers every key", menu.key);
        let found = Diagnostic::new(Code::ExitNeverTaken, cx.exit_place(id, exit), message);
        out.push(cx.without(found.help("remove the edge"), exit));
    }
}

fn interrupted_without_keys(cx: &Cx<'_>, id: NodeId, node: &Node, site: &Site<'_>, out: &mut Sink) {
    let Some(Config::PlayMessage(config)) = Config::read(node) else { return };
    if !config.barge_in
        && let Some(exit) = wired(site, "interrupted")
    {
        let message = format!("`interrupted` is never taken: no key ends the message of `{}`", node.name);
        let found = Diagnostic::new(Code::ExitNeverTaken, cx.exit_place(id, exit), message);
        out.push(cx.without(found.help("remove the edge, or set `barge_in = true`"), exit));
    }
}

fn never_comes_back(cx: &Cx<'_>, id: NodeId, node: &Node, site: &Site<'_>, out: &mut Sink) {
    let (Some(calls), Some(key)) = (&site.calls, called(node)) else { return };
    for exit in not_come_back_by(site, calls) {
        let message = format!("`{}` is never taken: no call comes back from `{key}` by it", exit.name);
        let found = Diagnostic::new(Code::ExitNeverTaken, cx.exit_place(id, exit), message);
        let help =
            format!("lead calls to a `return` of `{key}` with this exit, or take it out of its `exits`");
        out.push(found.help(help));
    }
}

fn always_the_same_way(cx: &Cx<'_>, id: NodeId, node: &Node, keys: &HashSet<&str>, out: &mut Sink) {
    let Some(Config::Branch(config)) = Config::read(node) else { return };
    let Some(Ok(when)) = config.when.as_deref().map(expr::read) else { return };
    let finding = |message: String, help: &str| {
        Diagnostic::new(Code::ExitNeverTaken, cx.field_place(id, "when"), message).help(help)
    };
    if !when.looks_at_the_call() {
        let message =
            format!("every call leaves `{}` by the same exit: its condition is the same for all", node.name);
        out.push(finding(
            message,
            "compare something of the call, such as `caller.number`, or remove the node",
        ));
    } else if let Some(number) = number_called(&when)
        // A flow that others call gets calls to their numbers too.
        && cx.graph.start().is_none()
        && !keys.contains(number)
    {
        let message =
            format!("`yes` of `{}` is never taken: calls to {number} don't enter this flow", node.name);
        out.push(finding(message, "write a number of an entry as it stands there, or remove the node"));
    }
}

/// The number that must have been dialled for a condition to hold.
fn number_called(when: &Expr) -> Option<&str> {
    match when {
        Expr::Two(Operator::Equal, a, b) => match (a.as_ref(), b.as_ref()) {
            (Expr::Is(Pushed::Fact(Fact::CalledNumber)), Expr::Is(Pushed::Phone(number)))
            | (Expr::Is(Pushed::Phone(number)), Expr::Is(Pushed::Fact(Fact::CalledNumber))) => Some(number),
            (_, _) => None,
        },
        Expr::Two(Operator::And, a, b) => number_called(a).or_else(|| number_called(b)),
        Expr::Is(_) | Expr::Variable(_) | Expr::One(..) | Expr::Two(..) | Expr::Plus(..) => None,
    }
}

fn refused_without_a_secret(cx: &Cx<'_>, id: NodeId, node: &Node, site: &Site<'_>, out: &mut Sink) {
    if node.field("secret").is_none()
        && let Some(exit) = wired(site, "refused")
    {
        let message = format!("`refused` is never taken: `{}` compares the digits with no secret", node.name);
        let found = Diagnostic::new(Code::ExitNeverTaken, cx.exit_place(id, exit), message);
        out.push(found.help("remove the edge, or name the `secret`"));
    }
}

fn shadowed_rules(cx: &Cx<'_>, id: NodeId, site: &Site<'_>, out: &mut Sink) {
    let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { return };
    for rule in shadowed(switch) {
        let Some(exit) = site.exits.iter().find(|e| e.name == rule.key) else { continue };
        let message = if Week::of(rule) == Week::default() {
            format!("`{}` is never taken: the rule has no time of any day", rule.key)
        } else {
            format!("`{}` is never taken: the rules before it cover all of its times", rule.key)
        };
        let found = Diagnostic::new(Code::ExitNeverTaken, cx.exit_place(id, exit), message);
        out.push(found.help(format!("change or remove the rule in `{}`, or put it first", switch.key)));
    }
}

/// Rules all of whose times are taken by rules before them.
fn shadowed(switch: &TimeSwitch) -> impl Iterator<Item = &TimeRule> {
    let mut before = Week::default();
    switch.rules.iter().filter(move |rule| {
        let times = Week::of(rule);
        let shadowed = times.is_within(&before) && !by_exception(switch, rule);
        before.add(&times);
        shadowed
    })
}

/// Whether a date takes the rule's exit, whatever the rule itself says.
fn by_exception(switch: &TimeSwitch, rule: &TimeRule) -> bool {
    switch.exceptions.iter().any(|e| e.exit == rule.key)
}

/// Minutes of a day.
const DAY: usize = 1_440;
/// Minutes of a week.
const WEEK: usize = 7 * DAY;

/// The minutes of a week that a rule matches; bit 0 is Monday 00:00.
#[derive(PartialEq, Eq)]
struct Week([u64; WEEK.div_ceil(64)]);

impl Default for Week {
    fn default() -> Self {
        Week([0; WEEK.div_ceil(64)])
    }
}

impl Week {
    fn of(rule: &TimeRule) -> Week {
        let mut week = Week::default();
        for (day, start) in (0..7).zip((0..).step_by(DAY)).filter(|(day, _)| rule.days.contains(*day)) {
            debug_assert!(day < 7, "a week has seven days");
            if rule.hours.is_empty() {
                week.fill(start, start + DAY);
            }
            for hours in &rule.hours {
                let (from, to) = (usize::from(hours.start), usize::from(hours.end));
                let to = if to <= from { to + DAY } else { to };
                week.fill(start + from, start + to);
            }
        }
        week
    }

    fn fill(&mut self, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            let minute = at % WEEK;
            // As many as stand in one word, before the end of the range and of the week; at least one.
            let count = (64 - minute % 64).min(to - at).min(WEEK - minute);
            if let Some(word) = self.0.get_mut(minute / 64) {
                *word |= u64::MAX >> (64 - count) << (minute % 64);
            }
            at += count;
        }
    }

    fn is_within(&self, other: &Week) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    fn add(&mut self, other: &Week) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }
}

#[cfg(test)]
mod tests;
