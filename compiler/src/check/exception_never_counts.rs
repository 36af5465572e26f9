//! F213: an exception of a time switch whose dates and times are all taken by exceptions before it.
//!
//! **Why:** it looks as if that day were taken care of, and what it says never happens.
//!
//! **Example:** `except summer { date = 2026-12-20..2027-01-10 as = default }` before
//! `except sale { date = 2026-12-27 as = business }`.
//!
//! **Cure:** put the exception for fewer days first.

use std::collections::{BTreeMap, BTreeSet};

use super::hours::{self, By};
use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::{Date, EntityFacts, TimeSwitch};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut known = BTreeSet::new();
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        if !known.insert(&switch.key) || !hours::is_analysed(switch) {
            continue;
        }
        for (hidden, by) in hidden(switch) {
            let key = |n: usize| switch.exceptions.get(n).map_or("", |e| e.key.as_str());
            // Two dates of one exception that lie in one another.
            if key(hidden) == key(by) {
                continue;
            }
            let message = format!(
                "the exception `{}` of `{}` never counts: what stands before it takes all of its time, `{}` first",
                key(hidden),
                switch.key,
                key(by)
            );
            let help = format!("put `{}` before `{}`, or remove it", key(hidden), key(by));
            let place = cx.entity_place(id);
            out.push(Diagnostic::new(Code::ExceptionNeverCounts, place, message).help(help));
        }
    }
}

/// The exceptions that never decide, each with the one that decides where it begins.
fn hidden(switch: &TimeSwitch) -> Vec<(usize, usize)> {
    let dates = || switch.exceptions.iter().flat_map(|e| [e.from.day, e.to.day]);
    // Between two of these days every day is like the one before it.
    let days: BTreeSet<i32> =
        dates().flat_map(|day| [day, day.saturating_add(1), day.saturating_add(2)]).collect();
    let mut decides = BTreeSet::new();
    let mut first: BTreeMap<i32, Vec<hours::Stretch>> = BTreeMap::new();
    for day in days {
        let stretches = hours::day(switch, Date { day });
        decides.extend(stretches.iter().map(|s| s.by));
        first.insert(day, stretches);
    }
    let never = (0..switch.exceptions.len()).filter(|n| !decides.contains(&By::Exception(*n)));
    let by = |n: usize| {
        let exception = switch.exceptions.get(n)?;
        let start = exception.hours.first().map_or(0, |h| h.start);
        let stretch = first.get(&exception.from.day)?.iter().find(|s| (s.from..s.to).contains(&start))?;
        match stretch.by {
            By::Exception(by) => Some((n, by)),
            By::Rule(_) | By::Default => None,
        }
    };
    never.filter_map(by).collect()
}
