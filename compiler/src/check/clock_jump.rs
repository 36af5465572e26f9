//! F214: opening hours that the change to or from summer time breaks.
//!
//! **Why:** when clocks go forward, an hour of that night doesn't exist, and a rule that is only for this hour is never
//! taken. When they go back, an hour comes twice, and a boundary inside of it is crossed twice: callers are in, out and in
//! again.
//!
//! **Example:** `rule backup { days = sun hours = 02:00..03:00 }` in `Australia/Sydney`.
//!
//! **Cure:** let hours begin and end outside of the hour that is skipped or comes twice.

use std::collections::BTreeSet;

use super::hours::{self, By, Jump, Stretch};
use super::{Cx, Exit, Sink, Site};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, TimeSwitch};
use crate::value::{clock, date};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut known = BTreeSet::new();
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        if !known.insert(&switch.key) || !hours::is_analysed(switch) {
            continue;
        }
        let (first, days) = hours::usual_year(switch);
        for jump in hours::jumps(&switch.timezone, first, days) {
            let stretches = hours::day(switch, jump.date);
            let said = if jump.twice {
                twice(&stretches, jump, switch, site)
            } else {
                skipped(&stretches, jump, switch)
            };
            if let Some(message) = said {
                let help = format!(
                    "let the hours of `{}` begin and end outside of {}",
                    switch.key,
                    hours::range(jump.from, jump.to)
                );
                out.push(Diagnostic::new(Code::ClockJump, cx.entity_place(id), message).help(help));
            }
        }
    }
}

fn skipped(stretches: &[Stretch], jump: Jump, switch: &TimeSwitch) -> Option<String> {
    let inside = |s: &&Stretch| s.by != By::Default && jump.from <= s.from && s.to <= jump.to;
    let lost = stretches.iter().find(inside)?;
    Some(format!(
        "clocks skip {} on {}, so that `{}` ({}) isn't taken that day",
        hours::range(jump.from, jump.to),
        date::print(jump.date),
        lost.by.exit(switch),
        hours::range(lost.from, lost.to)
    ))
}

fn twice(stretches: &[Stretch], jump: Jump, switch: &TimeSwitch, site: &Site<'_>) -> Option<String> {
    let exit = |by: By| site.exits.iter().find(|e| e.name == by.exit(switch));
    let differ = |a: &Exit, b: &Exit| a.target != b.target;
    let mut changes = stretches.windows(2).filter_map(|two| match two {
        [a, b] if jump.from < b.from && b.from < jump.to => Some((*a, *b)),
        _ => None,
    });
    let (before, after) =
        changes.find(|(a, b)| exit(a.by).zip(exit(b.by)).is_some_and(|(a, b)| differ(a, b)))?;
    Some(format!(
        "clocks show {} twice on {}, so that {} comes twice: callers take `{}`, then `{}`, then both again",
        hours::range(jump.from, jump.to),
        date::print(jump.date),
        clock::print(after.from),
        before.by.exit(switch),
        after.by.exit(switch)
    ))
}
