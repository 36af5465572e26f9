//! Time switches: opening hours. Where a rule leads is said by the flow's edges.

use flow_compiler::entity;
use serde::{Deserialize, Serialize};

use crate::entity::{Id, Json, entity};

entity! {
    /// A time switch.
    TimeSwitch as TimeSwitch in "time_switches", secrets [] {
        /// IANA name of the zone.
        timezone: String = 1..=64,
        /// Weekly rules, in order.
        rules: Json<Vec<Rule>> = 0..=1_000,
        /// Dates that go another way, in order.
        exceptions: Json<Vec<DateRule>> = 0..=1_000,
    }
}

/// A weekly rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable key; the exit's name.
    pub key: String,
    /// What people see.
    pub label: String,
    /// Days on which it starts; bit 0 is Monday.
    pub days: u8,
    /// Times of those days; the whole day if empty.
    pub hours: Vec<Span>,
}

/// Minutes of the local day, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First minute, 0–1,439.
    pub start: u16,
    /// One past the last, 1–1,440.
    pub end: u16,
}

/// Dates that go another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateRule {
    /// Stable key.
    pub key: String,
    /// What people see.
    pub label: String,
    /// First date, in days since 1970-01-01.
    pub from_day: i32,
    /// Last date, inclusive.
    pub to_day: i32,
    /// Times of those dates; the whole day if empty.
    pub hours: Vec<Span>,
    /// The exit taken.
    pub exit: String,
}

impl TimeSwitch {
    /// The time switch with these facts.
    pub(crate) fn with_facts(facts: &entity::TimeSwitch) -> TimeSwitch {
        let rule = |r: &entity::TimeRule| Rule {
            key: r.key.clone(),
            label: r.name.clone(),
            days: r.days.0,
            hours: spans(&r.hours),
        };
        let exception = |e: &entity::DateException| DateRule {
            key: e.key.clone(),
            label: e.name.clone(),
            from_day: e.from.day,
            to_day: e.to.day,
            hours: spans(&e.hours),
            exit: e.exit.clone(),
        };
        TimeSwitch {
            id: Id::new(0),
            key: facts.key.clone(),
            label: facts.name.clone(),
            timezone: facts.timezone.clone(),
            rules: Json(facts.rules.iter().map(rule).collect()),
            exceptions: Json(facts.exceptions.iter().map(exception).collect()),
        }
    }

    pub(crate) fn to_facts(&self) -> entity::TimeSwitch {
        let rule = |r: &Rule| entity::TimeRule {
            key: r.key.clone(),
            name: r.label.clone(),
            days: entity::Weekdays(r.days),
            hours: hours(&r.hours),
        };
        let exception = |e: &DateRule| entity::DateException {
            key: e.key.clone(),
            name: e.label.clone(),
            from: entity::Date { day: e.from_day },
            to: entity::Date { day: e.to_day },
            hours: hours(&e.hours),
            exit: e.exit.clone(),
        };
        entity::TimeSwitch {
            key: self.key.clone(),
            name: self.label.clone(),
            timezone: self.timezone.clone(),
            rules: self.rules.0.iter().map(rule).collect(),
            exceptions: self.exceptions.0.iter().map(exception).collect(),
        }
    }
}

fn spans(hours: &[entity::Hours]) -> Vec<Span> {
    hours.iter().map(|h| Span { start: h.start, end: h.end }).collect()
}

fn hours(spans: &[Span]) -> Vec<entity::Hours> {
    spans.iter().map(|s| entity::Hours { start: s.start, end: s.end }).collect()
}
