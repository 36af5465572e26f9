//! F211: a short time between two rules in which neither matches.
//!
//! **Why:** callers of a lunch hour, or of one forgotten minute, are treated as at night. `08:30..12:00` ends as the clock
//! strikes twelve, so that a rule from `12:01` on leaves a minute to `default`.
//!
//! **Example:** `rule morning { hours = 08:30..12:00 }` and `rule afternoon { hours = 13:00..17:00 }`.
//!
//! **Cure:** let the rules meet; a pause that is meant is a rule of its own, or two ranges of one rule.

use std::collections::BTreeMap;

use super::hours::{self, By, DAY, Stretch};
use super::{Cx, Sink, Site};
use crate::diag::{Code, Diagnostic};
use crate::entity::{EntityFacts, TimeSwitch};
use crate::graph::NodeId;

/// Longest time between two rules that is taken for a slip, in minutes; a longer one is the time when nobody is there.
const BETWEEN_RULES_MAX: usize = 120;
/// Longest time between two ranges of one rule that is taken for a slip, in minutes.
const INSIDE_RULE_MAX: usize = 5;

/// A time without a rule: the rules before and after it, and when.
type Gaps = BTreeMap<(usize, usize), Vec<(u8, u16, u16)>>;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut known: BTreeMap<&str, Gaps> = BTreeMap::new();
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        let gaps = known.entry(&switch.key).or_insert_with(|| gaps(switch));
        for ((before, after), ranges) in gaps.iter() {
            found(cx, id, site, switch, (*before, *after), ranges, out);
        }
    }
}

fn found(
    cx: &Cx<'_>,
    id: NodeId,
    site: &Site<'_>,
    switch: &TimeSwitch,
    (before, after): (usize, usize),
    ranges: &[(u8, u16, u16)],
    out: &mut Sink,
) {
    let Some(otherwise) = site.exits.iter().find(|e| e.name == "default") else { return };
    let (before, after) = (By::Rule(before).exit(switch), By::Rule(after).exit(switch));
    // Where callers are sent to the same place all the same, nobody notices.
    if otherwise.target.is_none() || [before, after].iter().any(|r| site.leads_as(r, otherwise)) {
        return;
    }
    let when = hours::told(ranges);
    let message = format!("no rule of `{}` matches on {when}: callers take `default`", switch.key);
    let help = match before == after {
        true => format!("hours end as the clock strikes: `..12:00` and `12:00..` of `{before}` meet"),
        false => {
            format!("let `{before}` and `{after}` meet; if the pause is meant, give it a rule of its own")
        }
    };
    out.push(Diagnostic::new(Code::TimeGap, cx.exit_place(id, otherwise), message).help(help));
}

fn gaps(switch: &TimeSwitch) -> Gaps {
    let mut gaps = Gaps::new();
    if !hours::is_analysed(switch) {
        return gaps;
    }
    let runs = runs(&hours::week(switch));
    for (n, run) in runs.iter().enumerate().filter(|(_, r)| r.by == By::Default) {
        let (before, after) = (runs.get((n + runs.len() - 1) % runs.len()), runs.get((n + 1) % runs.len()));
        if let (Some(By::Rule(before)), Some(By::Rule(after))) = (before.map(|r| r.by), after.map(|r| r.by)) {
            let longest = if before == after { INSIDE_RULE_MAX } else { BETWEEN_RULES_MAX };
            if run.minutes() <= longest {
                gaps.entry((before, after)).or_default().extend(&run.ranges);
            }
        }
    }
    gaps
}

/// A time of the week in which one thing decides, maybe over midnight.
struct Run {
    by: By,
    ranges: Vec<(u8, u16, u16)>,
}

impl Run {
    fn minutes(&self) -> usize {
        self.ranges.iter().map(|(_, from, to)| usize::from(to - from)).sum()
    }
}

/// The week in order, going round: what passes midnight, also that of Sunday, is one run.
fn runs(week: &[Vec<Stretch>; 7]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (weekday, day) in (0..).zip(week) {
        for stretch in day {
            let range = (weekday, stretch.from, stretch.to);
            match runs.last_mut().filter(|r| r.by == stretch.by) {
                Some(run) => run.ranges.push(range),
                None => runs.push(Run { by: stretch.by, ranges: vec![range] }),
            }
        }
    }
    let goes_round = runs.len() > 1 && runs.first().map(|r| r.by) == runs.last().map(|r| r.by);
    if goes_round
        && let Some(last) = runs.pop()
        && let Some(first) = runs.first_mut()
    {
        first.ranges.splice(0..0, last.ranges);
    }
    debug_assert_eq!(runs.iter().map(Run::minutes).sum::<usize>(), 7 * usize::from(DAY));
    runs
}
