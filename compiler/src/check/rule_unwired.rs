//! F218: a rule of a time switch whose exit a node forgot.
//!
//! **Why:** callers at the rule's times are treated like those at no rule's: somebody opened on Saturdays, and callers of
//! Saturday still meet the mailbox of the night.
//!
//! **Example:** `hours: time_switch hours { open -> menu default -> night }`, and the switch has a `rule saturday` besides.
//!
//! **Cure:** lead the rule's exit to a node; to the one that `default` leads to, if that is meant.
//!
//! Where another node with the same switch leads the rule's exit somewhere, this one leaves it out on purpose. Exits that
//! only exceptions name go to `default` as days off do.

use std::collections::BTreeSet;

use super::hours::{self, By};
use super::{Cx, Sink, Site};
use crate::diag::{Code, Diagnostic, Edit, Fix, Place};
use crate::entity::{EntityFacts, TimeSwitch};
use crate::graph::{Edge, NodeId, Target};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut wired: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (_, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        for exit in site.exits.iter().filter(|e| e.edge.is_some()) {
            wired.insert((&switch.key, &exit.name));
        }
    }
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        if !hours::is_analysed(switch) {
            continue;
        }
        let Some(default) = site.exits.iter().find(|e| e.name == "default").and_then(|e| e.edge) else {
            continue;
        };
        let Some(default) = cx.graph.edges.get(default) else { continue };
        for (number, rule) in switch.rules.iter().enumerate() {
            if !wired.contains(&(switch.key.as_str(), rule.key.as_str())) {
                found(cx, (id, site), switch, number, default, out);
            }
        }
    }
}

fn found(
    cx: &Cx<'_>,
    (id, site): (NodeId, &Site<'_>),
    switch: &TimeSwitch,
    number: usize,
    default: &Edge,
    out: &mut Sink,
) {
    let week = hours::week(switch);
    let days = (0..).zip(&week);
    let times = days.flat_map(|(day, stretches)| stretches.iter().map(move |s| (day, s)));
    let times: Vec<_> =
        times.filter(|(_, s)| s.by == By::Rule(number)).map(|(day, s)| (day, s.from, s.to)).collect();
    // A rule without a time of its own is another finding.
    let (false, Some(rule), Target::Node(to)) = (times.is_empty(), switch.rules.get(number), &default.target)
    else {
        return;
    };
    let (name, to) = (cx.name(id), cx.name(*to));
    let message = format!(
        "callers of `{}` ({}) go where `default` goes, to `{to}`: `{name}` doesn't lead the rule's exit anywhere",
        rule.key,
        hours::told(&times)
    );
    let place = site
        .exits
        .iter()
        .find(|e| e.name == rule.key)
        .map_or_else(|| cx.graph.place_of(id), |exit| cx.exit_place(id, exit));
    let mut found = Diagnostic::new(Code::RuleUnwired, place, message)
        .help(format!("add `{} -> NODE` to `{name}`; `{} -> {to}`, if `{to}` is meant", rule.key, rule.key));
    if let place @ Place::Text(_) = default.exit_origin.place() {
        let with = format!("{} -> {}\n    default", crate::text::handle(&rule.key), crate::text::named(to));
        let title = format!("Lead `{}` to `{to}`", rule.key);
        found.fix = Some(Fix { title, edits: vec![Edit { place, with }] });
    }
    out.push(found);
}
