use super::*;
use proptest::prelude::*;

/// The steps of an expression as the IR prints them.
fn steps(text: &str) -> String {
    let variables = Variables::default();
    match read(text).and_then(|expr| expr.steps(&variables)) {
        Ok(steps) => steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Err(error) => format!("! {error}"),
    }
}

#[test]
fn precedence() {
    for (text, wanted) in [
        ("1 + 2 * 3 < 8", "push 1; push 2; push 3; apply multiply; apply add; push 8; apply less"),
        ("(1 + 2) * 3 > 8", "push 8; push 1; push 2; apply add; push 3; apply multiply; apply less"),
        ("not true and false", "push true; apply not; push false; apply and"),
        ("true or true and false", "push true; push true; push false; apply and; apply or"),
        ("5 -3", "push 5; push 3; apply subtract"),
        ("1 <= -2", "push -2; push 1; apply less; apply not"),
        ("'a' + \"b\" != 'it''", "! a text has no closing quote"),
        ("'a' + \"it's\" == ''", "push \"a\"; push \"it's\"; apply concat; push \"\"; apply equal"),
        ("caller.number == +61", "push caller_number; push tel:+61; apply equal"),
        ("called.number ends_with tel:101", "push called_number; push tel:101; apply ends_with"),
        ("length(caller.name) == 0", "push caller_name; apply length; push 0; apply equal"),
        (
            "now.time + 90min < 17:30",
            "push now:time; push duration:5400; apply add; push time:63000; apply less",
        ),
        ("now.date == 2026-12-25", "push now:date; push date:20812; apply equal"),
        ("now.weekday != sun", "push now:weekday; push weekday:6; apply equal; apply not"),
        (
            "8:30:15 - 7:00 >= 1h",
            "push time:30615; push time:25200; apply subtract; push duration:3600; apply less; apply not",
        ),
        (
            "now.time < 25",
            "! `<`, `<=`, `>` and `>=` compare two numbers, two lengths of time, two times of day or two dates, not a time of day and a number; a length of time has its unit: `25s`, `2min`, `1h`",
        ),
        ("text(7) contains '7'", "push 7; apply to_text; push \"7\"; apply contains"),
    ] {
        assert_eq!(steps(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_expression() {
    for (text, wanted) in [
        ("", "a value is missing at the end"),
        ("1 +", "a value is missing at the end"),
        ("1 2", "the number `2` is one word too many"),
        ("1 < 2 < 3", "`<` is one word too many"),
        ("(1", "`)` is missing"),
        ("length 1", "`(` is missing"),
        (
            "caller.age == 1",
            "nothing is called `caller.age`; there are `caller.number`, `caller.name`, `called.number`, `now.time`, `now.date`, `now.weekday`",
        ),
        ("a = 1", "`=` gives a value; `==` compares"),
        ("1 & 2", "`&` has no meaning in an expression"),
        ("tel:", "a phone number is missing behind `tel:`"),
        ("99999999999999999999", "the number `99999999999999999999` is too large"),
        ("and", "`and` stands where a value is due"),
        ("25sec", "`25sec` isn't how a length of time is written; did you mean `25s`?"),
        ("3x", "`3x` is neither a number nor a length of time such as `25s` or `2min`"),
        ("24:00", "`24:00` is no time of day such as `08:30`"),
        ("2026-02-30", "there is no day `2026-02-30`"),
        (
            "now.year",
            "nothing is called `now.year`; there are `caller.number`, `caller.name`, `called.number`, `now.time`, `now.date`, `now.weekday`",
        ),
    ] {
        assert_eq!(read(text), Err(ExprError(wanted.to_owned())), "{text}");
    }
}

#[test]
fn types_do_not_mix() {
    for (text, wanted) in [
        (
            "caller.number == '101'",
            "! `==` and `!=` compare two values of one type, not a phone number and text; a phone number is written `+61411111111` or `tel:101`",
        ),
        (
            "1 + 'a'",
            "! `+` takes two numbers, two texts, two lengths of time, or a time of day and a length of time, not a number and text",
        ),
        ("not 1", "! `and`, `or` and `not` take yes or no, not a number"),
        ("vip", "! no `set` gives `vip` a value"),
    ] {
        assert_eq!(steps(text), wanted, "{text}");
    }
}

#[test]
fn templates() {
    let shown = |text: &str| match read_template(text).and_then(|e| e.steps(&Variables::default())) {
        Ok(steps) => steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        Err(error) => format!("! {error}"),
    };
    assert_eq!(shown(""), "push \"\"");
    assert_eq!(shown("Sales {{1}}"), "push \"Sales {1}\"");
    assert_eq!(shown("{caller.number}"), "push caller_number; apply to_text");
    assert_eq!(
        shown("Sales: {caller.name}!"),
        "push \"Sales: \"; push caller_name; apply to_text; apply concat; push \"!\"; apply concat"
    );
    assert_eq!(shown("a } b"), "! a `{` or `}` stands alone: `{caller.name}`, or `{{` for a brace");
    assert_eq!(shown("{1 +}"), "! a value is missing at the end");
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{}1{}", "(".repeat(400), ")".repeat(400));
    assert!(read(&deep).is_err());
    let right = format!("{}1{}", "1+(".repeat(20), ")".repeat(20));
    assert!(read(&right).is_ok_and(|e| e.ty(&Variables::default()).is_err()), "more than the stack holds");
    assert!(read(&"1+".repeat(10_000)).is_err());
    let long = format!("1{}", "+1".repeat(249));
    assert!(read(&long).is_ok_and(|e| e.ty(&Variables::default()) == Ok(Type::Number)));
    let longer = format!("1{}", "+1".repeat(250));
    assert!(read(&longer).is_ok_and(|e| e.ty(&Variables::default()).is_err()), "more than a call computes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics(text in any::<String>(), words in prop::collection::vec("[a-z'+(){}<=!. 0-9-]{0,6}", 0..20)) {
        for text in [text, words.join(" ")] {
            for expr in [read(&text), read_template(&text)].into_iter().flatten() {
                let _ = expr.steps(&Variables::default());
            }
        }
    }
}
