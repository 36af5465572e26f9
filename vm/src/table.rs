//! Tables that switches go by. A table of slots has one target for everything that can happen, so that a
//! switch never falls off its end; a time table has rules in order and a target for when none matches.

use crate::effect::{
    Answer, Collected, ConferenceEnd, LocalTime, PhoneStatus, QueueEnd, RingEnd, VoicemailEnd, WebhookEnd,
};
use crate::limits::WEBHOOK_ANSWERS_MAX;
use crate::text::{days_from_date, show_date};

/// A place in the code: the number of an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target(pub u32);

/// A table of a program, by number. Table `n` belongs to the `n`th switch of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableIx(pub u32);

macro_rules! table_operands {
    ($($(#[doc = $doc:literal])* $Name:ident)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Name(pub TableIx);
    )*};
}

table_operands! {
    /// A table of [`SlotKind::Outcome`].
    OutcomeTable
    /// A table of [`SlotKind::Key`].
    KeyTable
    /// A table of [`SlotKind::Ring`].
    RingTable
    /// A table of [`SlotKind::Voicemail`].
    VoicemailTable
    /// A table of [`SlotKind::Chance`].
    ChanceTable
    /// A table of [`SlotKind::Status`].
    StatusTable
    /// A table of [`SlotKind::Webhook`].
    WebhookTable
    /// A table of [`SlotKind::Queue`].
    QueueTable
    /// A table of [`SlotKind::Conference`].
    ConferenceTable
    /// A table of [`SlotKind::Collect`].
    CollectTable
    /// A [`TimeTable`].
    TimeTableIx
}

/// What the slots of a table stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotKind {
    /// How an effect went: done, key, timeout, failed.
    Outcome,
    /// The key that was pressed, in the order of [`crate::effect::Key::ALL`].
    Key,
    /// How ringing ended, or that it failed.
    Ring,
    /// How a voicemail ended.
    Voicemail,
    /// What was drawn, or that nothing could be.
    Chance,
    /// How an extension is, or that it couldn't be told.
    Status,
    /// What a webhook answered; there is a slot for every answer that it could declare.
    Webhook,
    /// How waiting in a queue ended, or that it failed.
    Queue,
    /// How a conference ended, or that it failed.
    Conference,
    /// What was entered, or that nothing could be.
    Collect,
}

const _: () = assert!(WEBHOOK_ANSWERS_MAX == 8, "a webhook's table has a slot for each answer");

impl SlotKind {
    /// Every kind; its place here is its number in the bytes.
    pub const ALL: [SlotKind; 10] = [
        SlotKind::Outcome,
        SlotKind::Key,
        SlotKind::Ring,
        SlotKind::Voicemail,
        SlotKind::Chance,
        SlotKind::Status,
        SlotKind::Webhook,
        SlotKind::Queue,
        SlotKind::Conference,
        SlotKind::Collect,
    ];

    /// The slots' names, in order.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            SlotKind::Outcome => &["done", "key", "timeout", "failed"],
            SlotKind::Key => &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"],
            SlotKind::Ring => &["answered", "no_answer", "busy", "declined", "unavailable", "failed"],
            SlotKind::Voicemail => &["done", "full", "failed"],
            SlotKind::Chance => &["yes", "no", "failed"],
            SlotKind::Status => &["unregistered", "do_not_disturb", "on_call", "free", "failed"],
            SlotKind::Webhook => {
                &["0", "1", "2", "3", "4", "5", "6", "7", "default", "error", "timeout", "failed"]
            }
            SlotKind::Queue => {
                &["answered", "no_answer", "busy", "declined", "unavailable", "timeout", "full", "failed"]
            }
            SlotKind::Conference => &["left", "full", "refused", "failed"],
            SlotKind::Collect => &["digits", "accepted", "refused", "too_few", "silent", "failed"],
        }
    }

    /// The slot of an answer; `None` for one that this kind of table knows nothing of.
    #[must_use]
    pub fn slot(self, answer: Answer) -> Option<usize> {
        match answer {
            Answer::Start | Answer::LocalTime(_) | Answer::HungUp => None,
            Answer::Done | Answer::Value(_) => self.only(SlotKind::Outcome, 0),
            Answer::Key(key) => match self {
                SlotKind::Outcome => Some(1),
                SlotKind::Key => Some(usize::from(key.event())),
                SlotKind::Ring
                | SlotKind::Voicemail
                | SlotKind::Chance
                | SlotKind::Status
                | SlotKind::Webhook
                | SlotKind::Queue
                | SlotKind::Conference
                | SlotKind::Collect => None,
            },
            Answer::Timeout => self.only(SlotKind::Outcome, 2),
            Answer::Ring(RingEnd::Answered) => self.only(SlotKind::Ring, 0),
            Answer::Ring(RingEnd::NoAnswer) => self.only(SlotKind::Ring, 1),
            Answer::Ring(RingEnd::Busy) => self.only(SlotKind::Ring, 2),
            Answer::Ring(RingEnd::Declined) => self.only(SlotKind::Ring, 3),
            Answer::Ring(RingEnd::Unavailable) => self.only(SlotKind::Ring, 4),
            Answer::Voicemail(VoicemailEnd::Done) => self.only(SlotKind::Voicemail, 0),
            Answer::Voicemail(VoicemailEnd::Full) => self.only(SlotKind::Voicemail, 1),
            Answer::Voicemail(VoicemailEnd::Failed) => self.only(SlotKind::Voicemail, 2),
            Answer::Chance(true) => self.only(SlotKind::Chance, 0),
            Answer::Chance(false) => self.only(SlotKind::Chance, 1),
            Answer::Status(PhoneStatus::Unregistered) => self.only(SlotKind::Status, 0),
            Answer::Status(PhoneStatus::DoNotDisturb) => self.only(SlotKind::Status, 1),
            Answer::Status(PhoneStatus::OnCall) => self.only(SlotKind::Status, 2),
            Answer::Status(PhoneStatus::Free) => self.only(SlotKind::Status, 3),
            Answer::Webhook(WebhookEnd::Answer(number)) => {
                let number = usize::from(number);
                self.only(SlotKind::Webhook, number).filter(|_| number < WEBHOOK_ANSWERS_MAX)
            }
            Answer::Webhook(WebhookEnd::Default) => self.only(SlotKind::Webhook, WEBHOOK_ANSWERS_MAX),
            Answer::Webhook(WebhookEnd::Error) => self.only(SlotKind::Webhook, WEBHOOK_ANSWERS_MAX + 1),
            Answer::Webhook(WebhookEnd::Timeout) => self.only(SlotKind::Webhook, WEBHOOK_ANSWERS_MAX + 2),
            Answer::Queue(QueueEnd::Answered) => self.only(SlotKind::Queue, 0),
            Answer::Queue(QueueEnd::NoAnswer) => self.only(SlotKind::Queue, 1),
            Answer::Queue(QueueEnd::Busy) => self.only(SlotKind::Queue, 2),
            Answer::Queue(QueueEnd::Declined) => self.only(SlotKind::Queue, 3),
            Answer::Queue(QueueEnd::Unavailable) => self.only(SlotKind::Queue, 4),
            Answer::Queue(QueueEnd::Timeout) => self.only(SlotKind::Queue, 5),
            Answer::Queue(QueueEnd::Full) => self.only(SlotKind::Queue, 6),
            Answer::Conference(ConferenceEnd::Left) => self.only(SlotKind::Conference, 0),
            Answer::Conference(ConferenceEnd::Full) => self.only(SlotKind::Conference, 1),
            Answer::Conference(ConferenceEnd::Refused) => self.only(SlotKind::Conference, 2),
            Answer::Collected(Collected::Digits(_)) => self.only(SlotKind::Collect, 0),
            Answer::Collected(Collected::Accepted) => self.only(SlotKind::Collect, 1),
            Answer::Collected(Collected::Refused) => self.only(SlotKind::Collect, 2),
            Answer::Collected(Collected::TooFew) => self.only(SlotKind::Collect, 3),
            Answer::Collected(Collected::Silent) => self.only(SlotKind::Collect, 4),
            Answer::Failed => match self {
                SlotKind::Outcome => Some(3),
                SlotKind::Key => None,
                SlotKind::Ring | SlotKind::Collect => Some(5),
                SlotKind::Voicemail | SlotKind::Chance => Some(2),
                SlotKind::Status => Some(4),
                SlotKind::Webhook => Some(WEBHOOK_ANSWERS_MAX + 3),
                SlotKind::Queue => Some(7),
                SlotKind::Conference => Some(3),
            },
        }
    }

    fn only(self, kind: SlotKind, slot: usize) -> Option<usize> {
        (self == kind).then_some(slot)
    }
}

/// Days of the week; bit 0 is Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DayMask(pub u8);

impl DayMask {
    /// Names of the days, Monday first.
    pub const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    /// All seven days.
    pub const EVERY: DayMask = DayMask(0x7f);

    /// The mask with a day (0 = Monday … 6 = Sunday) added. Other numbers add nothing.
    #[must_use]
    pub const fn with(self, weekday: u8) -> DayMask {
        if weekday < 7 { DayMask(self.0 | 1 << weekday) } else { self }
    }

    /// Whether a day (0 = Monday) is in it.
    #[must_use]
    pub const fn has(self, weekday: u8) -> bool {
        weekday < 7 && self.0 >> weekday & 1 == 1
    }
}

/// Which days a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// The same days of every week.
    Weekly(DayMask),
    /// Dates from `first` to `last`, both included, in days since 1970-01-01.
    Dates {
        /// The first day.
        first: i32,
        /// The last day; the first again for a single date.
        last: i32,
    },
}

impl Days {
    /// Earliest date that a rule may name: 0001-01-01.
    pub const FIRST: i32 = days_from_date(1, 1, 1) as i32;
    /// Latest date that a rule may name: 9999-12-31.
    pub const LAST: i32 = days_from_date(9999, 12, 31) as i32;

    fn has(self, time: LocalTime) -> bool {
        match self {
            Days::Weekly(mask) => mask.has(time.weekday()),
            Days::Dates { first, last } => (first..=last).contains(&time.day),
        }
    }
}

/// Minutes of the day, `[start, end)`. With `end` before `start` it passes midnight and belongs to the day on
/// which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes {
    start: u16,
    end: u16,
}

impl Minutes {
    /// The whole day.
    pub const ALL_DAY: Minutes = Minutes { start: 0, end: 1_440 };

    /// The range; an `end` of 0 is midnight at the end of the day. `None` for a `start` above 1,439, an `end`
    /// above 1,440 or an empty range.
    #[must_use]
    pub const fn new(start: u16, end: u16) -> Option<Minutes> {
        let end = if end == 0 { 1_440 } else { end };
        if start <= 1_439 && end <= 1_440 && start != end { Some(Minutes { start, end }) } else { None }
    }

    /// First minute of the range, 0–1,439.
    #[must_use]
    pub const fn start(self) -> u16 {
        self.start
    }

    /// Minute at which it is over, 1–1,440.
    #[must_use]
    pub const fn end(self) -> u16 {
        self.end
    }

    /// Whether it goes on after midnight.
    #[must_use]
    pub const fn passes_midnight(self) -> bool {
        self.end < self.start
    }
}

/// When a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// On which days.
    pub days: Days,
    /// From when to when.
    pub minutes: Minutes,
}

impl When {
    /// Whether a moment is inside.
    #[must_use]
    pub fn matches(self, time: LocalTime) -> bool {
        let minute = time.minute();
        let Minutes { start, end } = self.minutes;
        if !self.minutes.passes_midnight() {
            return (start..end).contains(&minute) && self.days.has(time);
        }
        let eve = LocalTime { day: time.day.saturating_sub(1), second: time.second };
        (minute >= start && self.days.has(time)) || (minute < end && self.days.has(eve))
    }

    /// What is wrong with it, for the verifier.
    pub(crate) fn fault(self) -> Option<String> {
        match self.days {
            Days::Weekly(DayMask(0)) => Some("a weekly rule needs at least one day".to_owned()),
            Days::Weekly(DayMask(bits)) if bits > 0x7f => Some("a week has seven days".to_owned()),
            Days::Weekly(_) => None,
            Days::Dates { first, last } => {
                let fits = Days::FIRST <= first && first <= last && last <= Days::LAST;
                (!fits).then(|| format!("there are no dates {} to {}", show_date(first), show_date(last)))
            }
        }
    }
}

/// One rule of a time table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRule {
    /// When it matches.
    pub when: When,
    /// Where to go then.
    pub to: Target,
}

/// Rules in order; the first that matches wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeTable {
    /// The rules.
    pub rules: Vec<TimeRule>,
    /// Where to go when no rule matches.
    pub default: Target,
    /// Where to go when the host couldn't tell the time.
    pub failed: Target,
}

impl TimeTable {
    /// Where an answer leads; `None` for one that isn't about time.
    #[must_use]
    pub fn target(&self, answer: Answer) -> Option<Target> {
        match answer {
            Answer::LocalTime(time) => Some(
                self.rules.iter().find(|rule| rule.when.matches(time)).map_or(self.default, |rule| rule.to),
            ),
            Answer::Failed => Some(self.failed),
            Answer::Start
            | Answer::Done
            | Answer::Key(_)
            | Answer::Timeout
            | Answer::Ring(_)
            | Answer::Voicemail(_)
            | Answer::Chance(_)
            | Answer::Status(_)
            | Answer::Value(_)
            | Answer::Webhook(_)
            | Answer::Queue(_)
            | Answer::Conference(_)
            | Answer::Collected(_)
            | Answer::HungUp => None,
        }
    }
}

/// A table of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// A target for everything that can happen.
    Slots {
        /// What the slots stand for.
        kind: SlotKind,
        /// One target a slot.
        targets: Vec<Target>,
    },
    /// A table of times.
    Time(TimeTable),
}

impl Table {
    /// Replaces every target.
    pub(crate) fn retarget(&mut self, with: &mut dyn FnMut(Target) -> Target) {
        match self {
            Table::Slots { targets, .. } => targets.iter_mut().for_each(|to| *to = with(*to)),
            Table::Time(table) => {
                table.rules.iter_mut().for_each(|rule| rule.to = with(rule.to));
                table.default = with(table.default);
                table.failed = with(table.failed);
            }
        }
    }

    /// Every target, in the order of the bytes.
    pub(crate) fn targets(&self) -> Vec<Target> {
        match self {
            Table::Slots { targets, .. } => targets.clone(),
            Table::Time(table) => {
                table.rules.iter().map(|rule| rule.to).chain([table.default, table.failed]).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A slot's name is the word of the answer that leads to it, so a listing says what happens.
    #[test]
    fn slots_are_named_after_their_answers() {
        for kind in SlotKind::ALL {
            let mut filled = vec![false; kind.names().len()];
            for answer in crate::sample::answers() {
                let Some(slot) = kind.slot(answer) else { continue };
                filled[slot] = true;
                let text = crate::text::answer_text(answer);
                let mut words = text.split(' ');
                let first = words.next();
                let word = if kind == SlotKind::Outcome { first } else { words.next().or(first) };
                assert_eq!(word, Some(kind.names()[slot]), "{kind:?} {answer:?}");
            }
            assert!(filled.iter().all(|filled| *filled), "{kind:?}: {filled:?}");
        }
    }

    #[test]
    fn minutes_that_are_no_range() {
        for (start, end) in [(1_440, 1), (0, 1_441), (60, 60), (1_439, 1_439)] {
            assert_eq!(Minutes::new(start, end), None, "{start} {end}");
        }
        assert_eq!(Minutes::new(0, 0), Some(Minutes::ALL_DAY));
        assert_eq!(Minutes::new(1_080, 0).map(Minutes::passes_midnight), Some(false));
        assert_eq!(Minutes::new(1_080, 1).map(Minutes::passes_midnight), Some(true));
    }
}
