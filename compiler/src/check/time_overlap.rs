//! F212: two rules claim the same time and send callers to different places.
//!
//! **Why:** the rule that stands first has its way, which is rarely what the second one's reader expects. A narrow rule
//! before a wide one (`lunch` before `business`) is how exceptions of a week are written, and is no finding.
//!
//! **Example:** `rule morning { hours = 08:00..12:30 }` before `rule afternoon { hours = 12:00..17:00 }`.
//!
//! **Cure:** let the first end where the second begins, or put the narrower one first.

use std::collections::BTreeMap;

use super::hours::{self, By};
use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, TimeSwitch};

/// Times that two rules claim, by the numbers of the first and of the second.
type Overlaps = BTreeMap<(usize, usize), Vec<(u8, u16, u16)>>;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut known: BTreeMap<&str, Overlaps> = BTreeMap::new();
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        let overlaps = known.entry(&switch.key).or_insert_with(|| overlaps(switch));
        for ((first, second), ranges) in overlaps.iter() {
            let (first, second) = (By::Rule(*first).exit(switch), By::Rule(*second).exit(switch));
            let Some(exit) = site.exits.iter().find(|e| e.name == second) else { continue };
            if exit.target.is_none() || site.leads_as(first, exit) {
                continue;
            }
            let when = hours::told(ranges);
            let message = format!(
                "{when} belongs to both `{first}` and `{second}` of `{}`: `{first}` stands first and takes the calls",
                switch.key
            );
            let help = "let one end where the other begins, or put the narrower rule first";
            out.push(Diagnostic::new(Code::TimeOverlap, cx.exit_place(id, exit), message).help(help));
        }
    }
}

fn overlaps(switch: &TimeSwitch) -> Overlaps {
    let mut all = Overlaps::new();
    if !hours::is_analysed(switch) {
        return all;
    }
    let week = hours::week(switch);
    for second in 0..switch.rules.len() {
        // A rule that never has its way at all is another check's.
        if !week.iter().flatten().any(|s| s.by == By::Rule(second)) {
            continue;
        }
        for (weekday, day) in (0..).zip(&week) {
            let own = hours::of_rule(switch, second, weekday);
            for stretch in day {
                let By::Rule(first) = stretch.by else { continue };
                let minutes = usize::from(stretch.from)..usize::from(stretch.to);
                let claimed: Vec<u16> = (stretch.from..)
                    .zip(own.get(minutes).unwrap_or_default())
                    .filter_map(|(minute, claimed)| claimed.then_some(minute))
                    .collect();
                let (Some(from), Some(last)) = (claimed.first(), claimed.last()) else { continue };
                if first < second && !is_narrower(switch, (first, &own), weekday) {
                    all.entry((first, second)).or_default().push((weekday, *from, last + 1));
                }
            }
        }
    }
    all
}

/// Whether a day's times of a rule lie inside of those of a later one that has more.
fn is_narrower(switch: &TimeSwitch, (rule, wide): (usize, &[bool]), weekday: u8) -> bool {
    let narrow = hours::of_rule(switch, rule, weekday);
    let inside = narrow.iter().zip(wide).all(|(narrow, wide)| !narrow || *wide);
    inside && narrow != wide
}
