//! Time zones: the one place that knows the IANA tables.
//!
//! A program names a zone and asks for its local time as an effect; the host answers with [`local_time`] and the trace
//! keeps the answer, so that a change of the tables never breaks a replay. The compiler uses the same tables to check
//! names and to place the `at` of a test in time. Nothing here reads a clock.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use flow_vm::effect::LocalTime;

/// Seconds of a day; days are counted, not measured, so that a leap second can't appear.
const SECONDS_PER_DAY: i64 = 86_400;

/// Whether `name` is a zone of the IANA tables, spelled as they spell it (`Australia/Sydney`, `UTC`).
#[must_use]
pub fn is_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// Every zone name of the IANA tables, in their order. What "did you mean" and completion choose from.
pub fn names() -> impl Iterator<Item = &'static str> {
    TZ_VARIANTS.iter().map(|zone| zone.name())
}

/// What clocks in `name` show at `wall_ms` (milliseconds since 1970-01-01 UTC).
///
/// `None` if there is no such zone or the moment lies outside the calendar (about ±262,000 years).
#[must_use]
pub fn local_time(name: &str, wall_ms: i64) -> Option<LocalTime> {
    let utc = DateTime::from_timestamp_millis(wall_ms)?.naive_utc();
    let offset_s = zone(name)?.offset_from_utc_datetime(&utc).fix().local_minus_utc();
    let local_s = wall_ms.div_euclid(1_000).checked_add(i64::from(offset_s))?;
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
    let date = NaiveDate::from_num_days_from_ce_opt(local.day.checked_add(EPOCH_DAYS_FROM_CE)?)?;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(local.second, 0)?;
    let naive = NaiveDateTime::new(date, time);
    let offset_s = match zone.offset_from_local_datetime(&naive) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
            offset.fix().local_minus_utc()
        }
        MappedLocalTime::None => {
            let day_before = naive.checked_sub_signed(Duration::days(1))?;
            zone.offset_from_utc_datetime(&day_before).fix().local_minus_utc()
        }
    };
    let local_s = i64::from(local.day) * SECONDS_PER_DAY + i64::from(local.second);
    (local_s - i64::from(offset_s)).checked_mul(1_000)
}

/// Days from 0000-12-31 (day 0 of the common era in chrono's count) to 1970-01-01.
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `2026-03-02 22:00` and the like, as a `LocalTime`.
    fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> LocalTime {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let day = date.signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()).num_days();
        LocalTime { day: i32::try_from(day).unwrap(), second: hour * 3_600 + minute * 60 }
    }

    #[test]
    fn names_are_known_and_misspellings_are_not() {
        assert!(is_zone("Australia/Sydney"));
        assert!(is_zone("UTC"));
        assert!(!is_zone("Australia/Sidney"));
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
