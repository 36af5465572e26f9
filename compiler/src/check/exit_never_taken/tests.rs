use proptest::prelude::*;

use super::*;
use crate::check::hours;
use crate::entity::{Hours, Weekdays};

fn rule() -> impl Strategy<Value = TimeRule> {
    let range = (0..1_440u16, 1..=1_440u16).prop_filter("a range", |(a, b)| a != b);
    let hours = prop::collection::vec(range.prop_map(|(start, end)| Hours { start, end }), 0..3);
    (0..0x80u8, hours).prop_map(|(days, hours)| TimeRule {
        key: "r".into(),
        name: "r".into(),
        days: Weekdays(days),
        hours,
    })
}

/// The minutes of the week that a rule is for, as the other checks of times have them.
fn minutes(rule: &TimeRule) -> Vec<bool> {
    let switch = TimeSwitch {
        key: "s".into(),
        name: "s".into(),
        timezone: "Asia/Tokyo".into(),
        rules: vec![rule.clone()],
        exceptions: Vec::new(),
    };
    (0..7).flat_map(|weekday| hours::of_rule(&switch, 0, weekday)).collect()
}

fn bits(week: &Week) -> Vec<bool> {
    (0..64 * week.0.len()).map(|at| week.0[at / 64] >> (at % 64) & 1 == 1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_week_has_the_minutes_of_its_rules(a in rule(), b in rule()) {
        let (of_a, of_b) = (minutes(&a), minutes(&b));
        let (mut week_a, week_b) = (Week::of(&a), Week::of(&b));
        prop_assert_eq!(&bits(&week_a)[..7 * 1_440], &of_a);
        prop_assert!(bits(&week_a)[7 * 1_440..].iter().all(|bit| !bit), "minutes after the week's last");
        let within = of_a.iter().zip(&of_b).all(|(a, b)| !a || *b);
        prop_assert_eq!(week_a.is_within(&week_b), within);
        week_a.add(&week_b);
        let both: Vec<bool> = of_a.iter().zip(&of_b).map(|(a, b)| *a || *b).collect();
        prop_assert_eq!(&bits(&week_a)[..7 * 1_440], &both);
        prop_assert!(week_b.is_within(&week_a) && Week::of(&a).is_within(&week_a));
    }
}
