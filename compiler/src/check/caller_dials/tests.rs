use super::*;
use crate::check::tests::of_flow;

/// What F261 says of a flow whose nodes are these: the messages up to the way.
fn said(nodes: &str) -> Vec<String> {
    let text = format!(
        "flow main {{\n  entry office: inbound_number \"+61299998888\" -> ask\n{nodes}  bye: hangup\n}}\n\
         inbound_number \"+61299998888\"\nprompt choices {{ file = \"choices.wav\" }}\n"
    );
    of_flow(&text, |cx| {
        let mut sink = Sink::default();
        check(cx, &mut sink);
        let short = |m: &str| m.replace("callers can choose the number that ", "");
        sink.finish().into_iter().map(|d| short(&d.message)).collect()
    })
}

/// The exits of a branch behind which `number` can be dialled by nobody but those that are meant.
fn safe_exits(when: &str) -> Vec<&'static str> {
    let told = said(&format!(
        "  ask: collect choices {{ variable = number  holds = phone  next -> more  timeout -> bye }}\n  \
           more: collect choices {{ variable = other  holds = phone  next -> look  timeout -> bye }}\n  \
           look: branch {{ when = \"{when}\"  yes -> a  no -> b }}\n  \
           a: transfer {{ number = \"number\"  failed -> bye }}\n  \
           b: transfer {{ number = \"number\"  failed -> bye }}\n"
    ));
    let is_told = |node: &str| told.iter().any(|m| m.starts_with(&format!("`{node}` dials")));
    [("a", "yes"), ("b", "no")].into_iter().filter(|(n, _)| !is_told(n)).map(|(_, exit)| exit).collect()
}

#[test]
fn numbers_are_let_on_where_a_condition_proves_that_they_are_meant() {
    let both = ["number starts_with +614", "other starts_with +614"];
    let [number, other] = both;
    for (when, safe) in [
        // Of one country, or at home.
        ("number starts_with +61", &["yes"][..]),
        ("number starts_with +6", &[]),
        ("number starts_with tel:04", &["yes"]),
        ("number starts_with tel:0", &[]),
        ("number starts_with tel:00", &[]),
        ("number starts_with tel:0044", &[]),
        ("number starts_with tel:01", &[]),
        ("number starts_with tel:011", &[]),
        ("number starts_with tel:01144", &[]),
        ("number starts_with tel:012", &["yes"]),
        ("text(number) starts_with '+61'", &["yes"]),
        ("not number starts_with +61", &["no"]),
        ("other starts_with +61", &[]),
        // One that is written.
        ("number == +61411111111", &["yes"]),
        ("+61411111111 == number", &["yes"]),
        ("number != +61411111111", &["no"]),
        ("number == other", &[]),
        ("number == caller.number", &[]),
        // A short one.
        ("length(number) == 4", &["yes"]),
        ("4 == length(number)", &["yes"]),
        ("length(number) == 5", &[]),
        ("length(number) == length(other)", &[]),
        ("length(number) <= 4", &["yes"]),
        ("length(number) <= 5", &[]),
        ("length(number) < 5", &["yes"]),
        ("length(number) < 6", &[]),
        ("length(number) > 4", &["no"]),
        ("length(number) > 5", &[]),
        ("length(number) >= 5", &["no"]),
        ("length(number) >= 6", &[]),
        ("4 < length(number)", &["no"]),
        ("5 < length(number)", &[]),
        ("5 > length(number)", &["yes"]),
        ("length(other) < 5", &[]),
        ("length(number) < length(other)", &[]),
        // Parts of a condition.
        (&format!("{number} and {other}"), &["yes"]),
        (&format!("{other} and {number}"), &["yes"]),
        (&format!("{number} and length(number) == 4"), &["yes"]),
        (&format!("{number} or {other}"), &[]),
        (&format!("{other} or {number}"), &[]),
        (&format!("{number} or length(number) == 4"), &["yes"]),
        (&format!("not ({number} or {other})"), &[]),
        (&format!("not {number} or {other}"), &["no"]),
        (&format!("not {number} or not {other}"), &["no"]),
        (&format!("not {number} and {other}"), &[]),
        (&format!("not {number} and not length(number) == 4"), &["no"]),
        (&format!("not (not {number} or {other})"), &["yes"]),
    ] {
        assert_eq!(safe_exits(when), safe, "{when}");
    }
}

#[test]
fn what_is_entered_twice_is_chosen_still() {
    let told = said(
        "  ask: collect choices { variable = number  holds = phone  next -> again  timeout -> bye }\n  \
           again: collect choices { variable = number  holds = phone  next -> out  timeout -> bye }\n  \
           out: transfer { number = \"number\"  failed -> bye }\n",
    );
    assert_eq!(
        told,
        ["`out` dials, at the office's expense: office → ask.next → again.next → out"],
        "the last of them is told"
    );
}

#[test]
fn what_no_call_comes_by_is_not_told_as_the_way() {
    for lost in [
        "lost: collect choices { variable = number  holds = phone  next -> out  timeout -> bye }",
        "lost: set { variable = number  value = \"caller.number\"  next -> out }",
        "lost: set { variable = number  value = \"other\"  next -> out }",
    ] {
        let told = said(&format!(
            "  ask: collect choices {{ variable = number  holds = phone  next -> keep  timeout -> bye }}\n  \
               keep: set {{ variable = other  value = \"+61411111111\"  next -> out }}\n  {lost}\n  \
               out: transfer {{ number = \"number\"  failed -> bye }}\n"
        ));
        assert_eq!(told, ["`out` dials, at the office's expense: office → ask.next → keep → out"], "{lost}");
    }
}

#[test]
fn a_value_is_made_of_all_that_stands_in_it() {
    let sets =
        ["one", "two"].map(|v| format!("  {v}: set {{ variable = {v}  value = \"'0'\"  next -> bye }}\n"));
    let text = format!(
        "flow main {{\n  entry office: inbound_number \"+61299998888\" -> bye\n{}  bye: hangup\n}}\n\
         inbound_number \"+61299998888\"\n",
        sets.concat()
    );
    of_flow(&text, |cx| {
        let variables = Variables::of(cx.graph);
        let of = |text: &str| values_of(&expr::read(text).unwrap(), &variables);
        let (one, two, caller) = (of("one"), of("two"), of("caller.number"));
        assert!(one != 0 && two != 0 && one != two && caller == bit(CALLER));
        assert_eq!(of("one + two"), one | two);
        assert_eq!(of("one - two"), one | two);
        assert_eq!(of("one - one"), one);
        assert_eq!(of("text(two) + caller.number"), two | caller);
        assert_eq!(of("caller.name + 'x'"), 0);
    });
}

#[test]
fn the_way_is_told_of_the_first_twenty() {
    let outs: String = (0..WAYS_TOLD_MAX + 2)
        .map(|n| format!("  out{n}: transfer {{ number = \"number\"  failed -> out{} }}\n", n + 1))
        .collect();
    let told = said(&format!(
        "  ask: collect choices {{ variable = number  holds = phone  next -> out0  timeout -> bye }}\n{outs}  \
           out{}: hangup\n",
        WAYS_TOLD_MAX + 2
    ));
    assert_eq!(told.len(), WAYS_TOLD_MAX + 2);
    assert_eq!(told.iter().filter(|m| m.contains(": office → ask.next → out0")).count(), WAYS_TOLD_MAX);
}
