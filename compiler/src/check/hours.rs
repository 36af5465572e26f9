//! What a time switch does, minute by minute: over the week, on the dates of its exceptions, and when the clocks of its
//! zone are put forward or back. What the checks of times read, and whoever shows a switch to a person.

use flow_vm::effect::LocalTime;
use flow_vm::table::Minutes;

use crate::entity::{Date, Hours, TimeSwitch};
use crate::limits::HOURS_ANALYSED_MAX;
use crate::value::{clock, date};
use crate::zone;

/// Minutes of a day.
pub const DAY: u16 = 1_440;

/// Days of a week, in minutes' order.
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// What decides where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The exception of this number.
    Exception(usize),
    /// The rule of this number.
    Rule(usize),
    /// None matches.
    Default,
}

impl By {
    /// The exit that calls take.
    #[must_use]
    pub fn exit(self, switch: &TimeSwitch) -> &str {
        let exit = match self {
            By::Exception(n) => switch.exceptions.get(n).map(|e| e.exit.as_str()),
            By::Rule(n) => switch.rules.get(n).map(|r| r.key.as_str()),
            By::Default => None,
        };
        exit.unwrap_or("default")
    }
}

/// Minutes of one day in which one thing decides, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// First minute, 0–1,439.
    pub from: u16,
    /// One past the last, 1–1,440.
    pub to: u16,
    /// What decides.
    pub by: By,
}

/// Local times that the clocks of a zone skip or show twice on one day, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The day.
    pub date: Date,
    /// First minute that is skipped or comes twice.
    pub from: u16,
    /// One past the last.
    pub to: u16,
    /// Whether they come twice (the clocks go back); otherwise they are skipped.
    pub twice: bool,
}

/// A year of a time switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// What the rules say of each day of the week, Monday first.
    pub week: [Vec<Stretch>; 7],
    /// The dates of the year on which an exception has a say.
    pub dates: Vec<(Date, Vec<Stretch>)>,
    /// When the clocks jump.
    pub jumps: Vec<Jump>,
}

impl Year {
    /// The `days` days from `first` on. `None` for a switch of more than [`HOURS_ANALYSED_MAX`] ranges, which nobody
    /// could read anyway.
    #[must_use]
    pub fn of(switch: &TimeSwitch, first: Date, days: u16) -> Option<Year> {
        if !is_analysed(switch) {
            return None;
        }
        let all = (0..i32::from(days)).map_while(|n| first.day.checked_add(n)).map(|day| Date { day });
        let touched = |date: &Date| {
            let touches = |e: &crate::entity::DateException| {
                (e.from.day..=e.to.day.saturating_add(1)).contains(&date.day)
            };
            switch.exceptions.iter().any(touches)
        };
        Some(Year {
            week: week(switch),
            dates: all.filter(touched).map(|date| (date, day(switch, date))).collect(),
            jumps: jumps(&switch.timezone, first, days),
        })
    }
}

/// Whether a switch is small enough to be looked at minute by minute.
pub(super) fn is_analysed(switch: &TimeSwitch) -> bool {
    let rules = switch.rules.iter().map(|r| r.hours.len().max(1));
    let exceptions = switch.exceptions.iter().map(|e| e.hours.len().max(1));
    rules.chain(exceptions).sum::<usize>() <= HOURS_ANALYSED_MAX
}

/// What decides on one date, from midnight to midnight.
#[must_use]
pub fn day(switch: &TimeSwitch, date: Date) -> Vec<Stretch> {
    let mut minutes = by_rules(switch, weekday(date.day), weekday(date.day.saturating_sub(1)));
    for (number, e) in switch.exceptions.iter().enumerate().rev() {
        let on = |day: i32| (e.from.day..=e.to.day).contains(&day);
        let (today, eve) = (on(date.day), on(date.day.saturating_sub(1)));
        paint(&mut minutes, &e.hours, today, eve, By::Exception(number));
    }
    stretches(&minutes)
}

/// What the rules say of each day of the week, exceptions apart.
#[must_use]
pub fn week(switch: &TimeSwitch) -> [Vec<Stretch>; 7] {
    [0, 1, 2, 3, 4, 5, 6].map(|weekday| stretches(&by_rules(switch, weekday, (weekday + 6) % 7)))
}

/// The minutes of a day of the week that one rule is for, whatever comes before it.
pub(super) fn of_rule(switch: &TimeSwitch, rule: usize, weekday: u8) -> Vec<bool> {
    let mut minutes = [By::Default; DAY as usize];
    if let Some(r) = switch.rules.get(rule) {
        let (today, eve) = (r.days.contains(weekday), r.days.contains((weekday + 6) % 7));
        paint(&mut minutes, &r.hours, today, eve, By::Rule(rule));
    }
    minutes.iter().map(|by| *by != By::Default).collect()
}

fn weekday(day: i32) -> u8 {
    LocalTime { day, second: 0 }.weekday()
}

fn by_rules(switch: &TimeSwitch, today: u8, eve: u8) -> [By; DAY as usize] {
    let mut minutes = [By::Default; DAY as usize];
    // The first that matches wins, so it is painted last.
    for (number, rule) in switch.rules.iter().enumerate().rev() {
        let (today, eve) = (rule.days.contains(today), rule.days.contains(eve));
        paint(&mut minutes, &rule.hours, today, eve, By::Rule(number));
    }
    minutes
}

/// Paints the minutes of a day on which hours start (`today`), or on whose eve they started.
fn paint(minutes: &mut [By], hours: &[Hours], today: bool, eve: bool, by: By) {
    let mut fill = |from: u16, to: u16| {
        if let Some(minutes) = minutes.get_mut(usize::from(from)..usize::from(to)) {
            minutes.fill(by);
        }
    };
    if hours.is_empty() && today {
        fill(0, DAY);
    }
    for range in hours.iter().filter_map(|h| Minutes::new(h.start, h.end)) {
        if today {
            fill(range.start(), if range.passes_midnight() { DAY } else { range.end() });
        }
        if eve && range.passes_midnight() {
            fill(0, range.end());
        }
    }
}

fn stretches(minutes: &[By]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (minute, by) in (0_u16..).zip(minutes) {
        match all.last_mut().filter(|last| last.by == *by) {
            Some(last) => last.to = minute + 1,
            None => all.push(Stretch { from: minute, to: minute + 1, by: *by }),
        }
    }
    all
}

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// When the clocks of a zone jump in `days` days from `first` on. Nothing for a zone that there isn't.
#[must_use]
pub fn jumps(zone: &str, first: Date, days: u16) -> Vec<Jump> {
    let mut jumps = Vec::new();
    let start = i64::from(first.day) * 24 * HOUR_MS;
    let end = start + i64::from(days) * 24 * HOUR_MS;
    let mut week = start;
    // A week at a time, in which no zone changes twice; the moment of a change is then looked for by halves.
    while week < end {
        let (mut before, mut after) = (week, end.min(week + 7 * 24 * HOUR_MS));
        week = after;
        let (Some(old), Some(new)) = (offset(zone, before), offset(zone, after)) else { continue };
        if old == new {
            continue;
        }
        while after - before > 60_000 {
            let middle = before + (after - before) / 120_000 * 60_000;
            if offset(zone, middle) == Some(old) { before = middle } else { after = middle }
        }
        let (shown, then) = ((after + old) / 60_000, (after + new) / 60_000);
        split(&mut jumps, shown.min(then), shown.max(then), new < old);
    }
    jumps
}

/// How far a zone is ahead of UTC at a moment, in milliseconds.
fn offset(zone: &str, wall_ms: i64) -> Option<i64> {
    let LocalTime { day, second } = zone::local_time(zone, wall_ms)?;
    Some((i64::from(day) * 86_400 + i64::from(second)) * 1_000 - wall_ms)
}

/// Minutes since 1970-01-01 as parts of days.
fn split(jumps: &mut Vec<Jump>, mut from: i64, to: i64, twice: bool) {
    let day_minutes = i64::from(DAY);
    while from < to {
        let (day, begins) = (from.div_euclid(day_minutes), from.rem_euclid(day_minutes));
        let ends = (begins + to - from).min(day_minutes);
        if let (Ok(day), Ok(from), Ok(to)) = (i32::try_from(day), u16::try_from(begins), u16::try_from(ends))
        {
            jumps.push(Jump { date: Date { day }, from, to, twice });
        }
        from += ends - begins;
    }
}

/// The year that is looked at for jumps of the clocks: that of the last exception, or 2026. The rules of zones repeat, so
/// that one year speaks for those that follow.
pub(super) fn usual_year(switch: &TimeSwitch) -> (Date, u16) {
    let last = switch.exceptions.iter().map(|e| date::print(e.from)).max();
    let year = last.as_deref().and_then(|d| d.get(..4)).unwrap_or("2026").clamp("2026", "2100");
    (date::read(&format!("{year}-01-01")).unwrap_or(Date { day: 0 }), 365)
}

/// Ranges of days of the week (0 = Monday) in words: `Mon–Fri 12:00–13:00, Sat 10:00–11:00`.
#[must_use]
pub fn told(ranges: &[(u8, u16, u16)]) -> String {
    let mut by_hours: Vec<((u16, u16), [bool; 7])> = Vec::new();
    for (weekday, from, to) in ranges {
        let days = match by_hours.iter_mut().find(|(hours, _)| *hours == (*from, *to)) {
            Some((_, days)) => days,
            None => {
                by_hours.push(((*from, *to), [false; 7]));
                let Some((_, days)) = by_hours.last_mut() else { continue };
                days
            }
        };
        if let Some(day) = days.get_mut(usize::from(*weekday)) {
            *day = true;
        }
    }
    let each = by_hours.iter().map(|((from, to), days)| format!("{} {}", days_told(days), range(*from, *to)));
    each.collect::<Vec<_>>().join(", ")
}

/// `12:00–13:00`.
#[must_use]
pub fn range(from: u16, to: u16) -> String {
    format!("{}–{}", clock::print(from), clock::print(to))
}

fn days_told(days: &[bool; 7]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(first) = (at..7).find(|d| days.get(*d) == Some(&true)) {
        let end = (first..7).find(|d| days.get(*d) != Some(&true)).unwrap_or(7);
        let name = |d: usize| WEEKDAYS.get(d).copied().unwrap_or("");
        match end - first {
            1 => parts.push(name(first).to_owned()),
            2 => parts.extend([name(first).to_owned(), name(first + 1).to_owned()]),
            _ => parts.push(format!("{}–{}", name(first), name(end - 1))),
        }
        at = end;
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests;
