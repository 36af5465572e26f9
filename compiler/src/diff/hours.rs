//! Opening hours compared by what they come to: the minutes of an ordinary week, and the dates of exceptions.

use std::collections::{BTreeMap, BTreeSet};

use flow_vm::text::show_date;

use crate::entity::{DateException, Hours, TimeRule, TimeSwitch, Weekdays};

/// Minutes of a day.
const DAY: u16 = 1_440;
/// Exit of times that nothing matches.
const DEFAULT: &str = "default";

/// What two versions of a time switch decide differently, as sentences.
pub(crate) fn compare(whose: &str, was: &TimeSwitch, is: &TimeSwitch) -> Vec<String> {
    let mut found = week(whose, was, is);
    found.extend(exceptions(whose, was, is));
    found
}

/// A stretch of minutes in which one exit is taken instead of another.
type Stretch = (u16, u16, String, String);

/// Differences of an ordinary week, days with the same ones told together.
fn week(whose: &str, was: &TimeSwitch, is: &TimeSwitch) -> Vec<String> {
    let mut days: BTreeMap<Stretch, u8> = BTreeMap::new();
    for weekday in 0..7 {
        for stretch in day(weekday, &was.rules, &is.rules) {
            *days.entry(stretch).or_default() |= 1 << weekday;
        }
    }
    let told = |((from, to, before, after), days): (Stretch, u8)| {
        let when = format!("{} {}", days_said(Weekdays(days)), range_said(from, to));
        format!("{whose} takes `{after}` on {when} now; before, `{before}`.")
    };
    days.into_iter().map(told).collect()
}

fn day(weekday: u8, was: &[TimeRule], is: &[TimeRule]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for minute in 0..DAY {
        let (before, after) = (exit(was, weekday, minute), exit(is, weekday, minute));
        if before == after {
            continue;
        }
        match stretches.last_mut() {
            Some((_, to, b, a)) if *to == minute && b == before && a == after => *to = minute + 1,
            Some(_) | None => stretches.push((minute, minute + 1, before.to_owned(), after.to_owned())),
        }
    }
    stretches
}

/// The exit that rules choose in a minute of the week.
pub(crate) fn exit(rules: &[TimeRule], weekday: u8, minute: u16) -> &str {
    let yesterday = (weekday + 6) % 7;
    let matches = |rule: &&TimeRule| {
        let whole_day = rule.hours.is_empty() && rule.days.contains(weekday);
        let in_hours = |h: &Hours| {
            if h.start < h.end {
                rule.days.contains(weekday) && (h.start..h.end).contains(&minute)
            } else {
                rule.days.contains(weekday) && minute >= h.start
                    || rule.days.contains(yesterday) && minute < h.end
            }
        };
        whole_day || rule.hours.iter().any(in_hours)
    };
    rules.iter().find(matches).map_or(DEFAULT, |rule| rule.key.as_str())
}

fn range_said(from: u16, to: u16) -> String {
    if (from, to) == (0, DAY) { "all day".to_owned() } else { format!("{}..{}", clock(from), clock(to)) }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `mon..fri`, `sat, sun`.
fn days_said(days: Weekdays) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (n, _) in (0_u8..).zip(Weekdays::NAMES).filter(|(n, _)| days.contains(*n)) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == usize::from(n) => *last += 1,
            Some(_) | None => runs.push((usize::from(n), usize::from(n))),
        }
    }
    let name = |n: usize| Weekdays::NAMES.get(n).copied().unwrap_or_default();
    let said = |(first, last): &(usize, usize)| {
        if first == last { name(*first).to_owned() } else { format!("{}..{}", name(*first), name(*last)) }
    };
    runs.iter().map(said).collect::<Vec<_>>().join(", ")
}

/// Exceptions that came, went or say something else. They are told apart by what they do, not by their keys.
fn exceptions(whose: &str, was: &TimeSwitch, is: &TimeSwitch) -> Vec<String> {
    let says = |e: &DateException| (e.from, e.to, e.hours.clone(), e.exit.clone());
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (was.exceptions.iter().map(says).collect(), is.exceptions.iter().map(says).collect());
    let when = |e: &DateException| {
        let days = match e.from == e.to {
            true => show_date(e.from.day),
            false => format!("{}..{}", show_date(e.from.day), show_date(e.to.day)),
        };
        let hours: Vec<String> = e.hours.iter().map(|h| range_said(h.start, h.end)).collect();
        if hours.is_empty() { days } else { format!("{days} {}", hours.join(", ")) }
    };
    let new = is.exceptions.iter().filter(|e| !before.contains(&says(e)));
    let gone = was.exceptions.iter().filter(|e| !after.contains(&says(e)));
    let mut found: Vec<String> =
        new.map(|e| format!("{whose} takes `{}` on {} now, an exception.", e.exit, when(e))).collect();
    found.extend(gone.map(|e| format!("{whose} makes no exception (`{}`) on {} any more.", e.exit, when(e))));
    let order: Vec<_> = was.exceptions.iter().map(says).collect();
    if found.is_empty() && order != is.exceptions.iter().map(says).collect::<Vec<_>>() {
        found.push(format!(
            "{whose} looks at its exceptions in another order; the first that matches counts."
        ));
    }
    found
}
