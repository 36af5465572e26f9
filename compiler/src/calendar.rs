//! The Gregorian calendar, as days since 1970-01-01.

/// Days of 400 years, after which the calendar begins anew.
const ERA_DAYS: i64 = 146_097;

/// Days from 0000-03-01 to 1970-01-01. A year of the reckoning begins in March, so that a leap day is its last.
const EPOCH: i64 = 719_468;

/// The day of a date; `None` if there is no such date, as 2026-02-29.
pub(crate) fn day(year: i64, month: u32, day_of_month: u32) -> Option<i64> {
    let known = (1..=12).contains(&month) && (1..=month_days(year, month)).contains(&day_of_month);
    let year = year - i64::from(month < 3);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day_of_month) - 1;
    let day = year.div_euclid(400) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
    known.then_some(day)
}

/// Year, month and day of the month.
pub(crate) fn date(day: i64) -> (i64, u32, u32) {
    let shifted = day + EPOCH;
    let of_era = shifted.rem_euclid(ERA_DAYS);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = shifted.div_euclid(ERA_DAYS) * 400 + year + i64::from(month < 3);
    // Both are below 32 by the remainders above.
    #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "1 to 31")]
    (year, month as u32, day_of_month as u32)
}

/// How many days a month has.
pub(crate) const fn month_days(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_and_dates_are_days() {
        let mut before = date(-800_001);
        for n in -800_000..800_000 {
            let (year, month, of_month) = date(n);
            assert_eq!(day(year, month, of_month), Some(n));
            assert!((year, month, of_month) > before && of_month <= month_days(year, month));
            before = (year, month, of_month);
        }
    }

    #[test]
    fn known_dates_have_their_days() {
        assert_eq!(day(1970, 1, 1), Some(0));
        assert_eq!(day(2000, 2, 29), Some(11_016));
        assert_eq!(day(2026, 12, 25), Some(20_812));
        assert_eq!(day(-1, 12, 31), Some(-719_529));
    }

    #[test]
    fn dates_that_do_not_exist_have_no_day() {
        let none = [
            (2026, 2, 29),
            (1900, 2, 29),
            (2026, 4, 31),
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 1, 0),
            (2026, 1, 32),
        ];
        for (year, month, of_month) in none {
            assert_eq!(day(year, month, of_month), None);
        }
    }
}
