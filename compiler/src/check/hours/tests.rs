use flow_vm::table::{DayMask, Days, Minutes, When};
use proptest::prelude::*;

use super::*;
use crate::entity::{DateException, TimeRule, Weekdays};

fn on(text: &str) -> Date {
    date::read(text).unwrap()
}

fn rule(key: &str, days: u8, hours: &[(u16, u16)]) -> TimeRule {
    let hours = hours.iter().map(|(start, end)| Hours { start: *start, end: *end }).collect();
    TimeRule { key: key.into(), name: key.into(), days: Weekdays(days), hours }
}

fn switch(rules: Vec<TimeRule>, exceptions: Vec<DateException>) -> TimeSwitch {
    TimeSwitch { key: "s".into(), name: "s".into(), timezone: "Australia/Sydney".into(), rules, exceptions }
}

#[test]
fn ranges_are_told_as_people_write_them() {
    let week = |from, to| (0..5).map(move |d| (d, from, to));
    assert_eq!(told(&week(720, 780).collect::<Vec<_>>()), "Mon–Fri 12:00–13:00");
    let mixed = [(0, 0, 60), (2, 0, 60), (5, 600, 660), (6, 600, 660)];
    assert_eq!(told(&mixed), "Mon, Wed 00:00–01:00, Sat, Sun 10:00–11:00");
    assert_eq!(told(&[(6, 1_380, 1_440)]), "Sun 23:00–24:00");
}

#[test]
fn the_clocks_of_zones_jump_when_they_do() {
    let year = |zone| jumps(zone, on("2026-01-01"), 365);
    let jump = |date, from, to, twice| Jump { date: on(date), from, to, twice };
    let sydney = [jump("2026-04-05", 120, 180, true), jump("2026-10-04", 120, 180, false)];
    assert_eq!(year("Australia/Sydney"), sydney);
    // Half an hour only; at midnight; never; nowhere.
    let lord_howe = [jump("2026-04-05", 90, 120, true), jump("2026-10-04", 120, 150, false)];
    assert_eq!(year("Australia/Lord_Howe"), lord_howe);
    assert_eq!(year("Africa/Cairo").last(), Some(&jump("2026-10-29", 1_380, 1_440, true)));
    assert_eq!(year("Asia/Tokyo"), []);
    assert_eq!(year("Nowhere/Else"), []);
    // Over midnight.
    let newfoundland = [jump("2006-10-28", 1_381, 1_440, true), jump("2006-10-29", 0, 1, true)];
    assert_eq!(jumps("America/St_Johns", on("2006-10-01"), 60), newfoundland);
    // A whole day was skipped.
    assert_eq!(jumps("Pacific/Apia", on("2011-12-28"), 5), [jump("2011-12-30", 0, 1_440, false)]);
}

#[test]
fn a_year_shows_the_dates_on_which_an_exception_has_a_say() {
    let nye = DateException {
        key: "nye".into(),
        name: "nye".into(),
        from: on("2026-12-31"),
        to: on("2026-12-31"),
        hours: vec![Hours { start: 1_200, end: 120 }],
        exit: "default".into(),
    };
    let switch = switch(vec![rule("open", 0x7f, &[])], vec![nye]);
    let year = Year::of(&switch, on("2026-12-01"), 60).unwrap();
    let (open, nye) = (By::Rule(0), By::Exception(0));
    let st = |from, to, by| Stretch { from, to, by };
    assert_eq!(year.week[3], [st(0, 1_440, open)]);
    assert_eq!(
        year.dates,
        [
            (on("2026-12-31"), vec![st(0, 1_200, open), st(1_200, 1_440, nye)]),
            (on("2027-01-01"), vec![st(0, 120, nye), st(120, 1_440, open)]),
        ]
    );
    assert_eq!(
        (nye.exit(&switch), open.exit(&switch), By::Default.exit(&switch)),
        ("default", "open", "default")
    );
}

#[test]
fn a_switch_that_nobody_could_read_is_not_looked_at() {
    let many = (0..=HOURS_ANALYSED_MAX).map(|n| rule(&format!("r{n}"), 1, &[])).collect();
    assert_eq!(Year::of(&switch(many, vec![]), on("2026-01-01"), 365), None);
}

fn hours() -> impl Strategy<Value = Vec<Hours>> {
    let one = (0..1_440u16, 1..=1_440u16).prop_filter("a range", |(a, b)| a != b);
    prop::collection::vec(one.prop_map(|(start, end)| Hours { start, end }), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// What is told of a day is what the machine's own table does, at every minute.
    #[test]
    fn a_day_is_what_the_machine_does(
        rules in prop::collection::vec((0..0x80u8, hours()), 0..4),
        exceptions in prop::collection::vec((0..20i32, 0..3i32, hours()), 0..4),
        today in 0..24i32,
    ) {
        let rules = rules.into_iter().map(|(days, hours)| TimeRule { hours, ..rule("r", days, &[]) }).collect();
        let exceptions = exceptions.into_iter().map(|(from, more, hours)| DateException {
            key: "e".into(), name: "e".into(), hours, exit: "r".into(),
            from: Date { day: from }, to: Date { day: from + more },
        });
        let switch = switch(rules, exceptions.collect());
        let matches = |days, hours: &[Hours], time| match hours {
            [] => When { days, minutes: Minutes::ALL_DAY }.matches(time),
            some => some.iter().any(|h| {
                When { days, minutes: Minutes::new(h.start, h.end).unwrap() }.matches(time)
            }),
        };
        let told = day(&switch, Date { day: today });
        prop_assert_eq!(told.iter().map(|s| s.to - s.from).sum::<u16>(), DAY);
        let weekday = weekday(today);
        let usual = &week(&switch)[usize::from(weekday)];
        let alone: Vec<Vec<bool>> = (0..switch.rules.len()).map(|n| of_rule(&switch, n, weekday)).collect();
        for minute in 0..DAY {
            let time = LocalTime { day: today, second: u32::from(minute) * 60 };
            let exception = switch.exceptions.iter().position(|e| {
                matches(Days::Dates { first: e.from.day, last: e.to.day }, &e.hours, time)
            });
            let rule = switch.rules.iter().position(|r| matches(Days::Weekly(DayMask(r.days.0)), &r.hours, time));
            let by = exception.map(By::Exception).or(rule.map(By::Rule)).unwrap_or(By::Default);
            let ruled = usual.iter().find(|s| (s.from..s.to).contains(&minute)).unwrap();
            prop_assert_eq!(ruled.by, rule.map_or(By::Default, By::Rule), "usually at {}", minute);
            for (r, alone) in switch.rules.iter().zip(&alone) {
                let is = matches(Days::Weekly(DayMask(r.days.0)), &r.hours, time);
                prop_assert_eq!(alone[usize::from(minute)], is, "alone at {}", minute);
            }
            let found = told.iter().find(|s| (s.from..s.to).contains(&minute)).unwrap();
            prop_assert_eq!(found.by, by, "at {}", minute);
        }
    }
}
