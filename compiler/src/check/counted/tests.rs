use super::*;
use crate::check::tests::of_flow;

/// A variable and what it is set to.
type Set<'a> = (&'a str, &'a str);

/// How often the loop of a flow can be gone round, in which a branch comes first and then what sets variables.
fn rounds_of(starts: &[Set<'_>], when: &str, on: &str, body: &[Set<'_>]) -> Option<Rounds> {
    let off = if on == "yes" { "no" } else { "yes" };
    let chain = |name: &str, sets: &[Set<'_>]| -> String {
        let node = |(n, (variable, value)): (usize, &Set<'_>)| {
            let next = if n + 1 < sets.len() { format!("{name}{}", n + 1) } else { "enough".to_owned() };
            format!("  {name}{n}: set {{ variable = {variable}  value = \"{value}\"  next -> {next} }}\n")
        };
        sets.iter().enumerate().map(node).collect()
    };
    let text = format!(
        "flow main {{\n  entry office: inbound_number \"+61299998888\" -> start0\n{}  \
         enough: branch {{ when = \"{when}\"  {on} -> body0  {off} -> bye }}\n{}  bye: hangup\n}}\n\
         inbound_number \"+61299998888\"\n",
        chain("start", starts),
        chain("body", body),
    );
    of_flow(&text, |cx| {
        let looped =
            |(_, node, _): &(NodeId, &Node, &_)| node.name == "enough" || node.name.starts_with("body");
        let group: Vec<NodeId> = cx.nodes().filter(looped).map(|(id, ..)| id).collect();
        rounds(cx, &group)
    })
}

fn simple(start: i64, step: &str, when: &str, on: &str) -> Option<Rounds> {
    rounds_of(&[("n", &start.to_string())], when, on, &[("n", step)])
}

/// How often calls go round; `None` if they don't come out.
fn walked(start: i64, by: i64, goes_on: impl Fn(i64) -> bool) -> Option<i64> {
    (0..100).find(|rounds| !goes_on(start + by * rounds))
}

type Comparison = fn(i64, i64) -> bool;

/// Every comparison as it is written, and what it means.
const COMPARISONS: [(&str, Comparison); 10] = [
    ("n < L", |n, l| n < l),
    ("n <= L", |n, l| n <= l),
    ("n > L", |n, l| n > l),
    ("n >= L", |n, l| n >= l),
    ("L < n", |n, l| l < n),
    ("L <= n", |n, l| l <= n),
    ("L > n", |n, l| l > n),
    ("L >= n", |n, l| l >= n),
    ("not n < L", |n, l| n >= l),
    ("not L < n", |n, l| l >= n),
];

#[test]
fn loops_are_counted_as_they_are_walked() {
    for (when, holds) in COMPARISONS {
        for (start, limit, by) in
            [(0, 3, 1_i64), (0, 3, 2), (4, 4, 3), (5, 4, 3), (7, -3, 4), (-9, -2, 3), (6, 3, 2)]
        {
            let when = when.replace('L', &limit.to_string());
            for (step, by) in [
                (format!("n + {by}"), by),
                (format!("{by} + n"), by),
                (format!("n + -{by}"), -by),
                (format!("n - {by}"), -by),
            ] {
                for (on, yes) in [("yes", true), ("no", false)] {
                    let goes_on = |n| holds(n, limit) == yes;
                    // Whatever it starts with, it ends if it moves to where the branch lets nobody on.
                    let ends = !goes_on(1_000 * by.signum());
                    let expected = ends.then(|| walked(start, by, goes_on).unwrap()).map(Rounds::AtMost);
                    assert_eq!(simple(start, &step, &when, on), expected, "{start}, {step}, {when}, {on}");
                }
            }
        }
    }
}

#[test]
fn what_does_not_move_or_bound_the_variable_does_not_count() {
    for step in
        ["n + 0", "0 + n", "n - 0", "1 - n", "n", "3", "m + 1", "1 + m", "m - 1", "n + m", "n - m", "1 + 1"]
    {
        let starts = [("n", "0"), ("m", "0")];
        for when in ["n < 5", "n > 5"] {
            assert_eq!(rounds_of(&starts, when, "yes", &[("n", step)]), None, "{step}, {when}");
        }
    }
    for when in ["n == 5", "n != 5", "m < 5", "5 > m", "n < m", "m > n", "not m >= 5", "5 < 5"] {
        let starts = [("n", "0"), ("m", "0")];
        assert_eq!(rounds_of(&starts, when, "yes", &[("n", "n + 1")]), None, "{when}");
        assert_eq!(rounds_of(&starts, when, "no", &[("n", "n + 1")]), None, "no {when}");
    }
}

#[test]
fn a_bound_may_be_part_of_a_condition() {
    let ann = "caller.name == 'Ann'";
    let three = Some(Rounds::AtMost(3));
    assert_eq!(simple(0, "n + 1", &format!("n < 3 and {ann}"), "yes"), three);
    assert_eq!(simple(0, "n + 1", &format!("{ann} and n < 3"), "yes"), three);
    assert_eq!(simple(0, "n + 1", &format!("n >= 3 or {ann}"), "no"), three);
    assert_eq!(simple(0, "n + 1", &format!("{ann} or n >= 3"), "no"), three);
    assert_eq!(simple(0, "n + 1", &format!("not ({ann} or n >= 3)"), "yes"), three);
    // Ann, or whoever isn't Ann, goes on for ever.
    assert_eq!(simple(0, "n + 1", &format!("n < 3 or {ann}"), "yes"), None);
    assert_eq!(simple(0, "n + 1", &format!("n >= 3 and {ann}"), "no"), None);
}

#[test]
fn the_worst_start_counts_and_one_that_nobody_knows_bounds_only() {
    let of = |starts: &[Set<'_>]| rounds_of(starts, "n < 5", "yes", &[("n", "n + 1")]);
    assert_eq!(of(&[("n", "3"), ("n", "1"), ("n", "4"), ("m", "-9")]), Some(Rounds::AtMost(4)));
    assert_eq!(of(&[("n", "3"), ("m", "1"), ("n", "m")]), Some(Rounds::Bounded));
}

#[test]
fn a_variable_that_two_nodes_of_the_loop_set_does_not_count() {
    let of = |body: &[Set<'_>]| rounds_of(&[("n", "0")], "n < 5", "yes", body);
    let more = ("n", "n + 1");
    assert_eq!(of(&[more]), Some(Rounds::AtMost(5)));
    assert_eq!(of(&[more, ("m", "0")]), Some(Rounds::AtMost(5)));
    assert_eq!(of(&[more, ("n", "0")]), None);
    assert_eq!(of(&[more, more]), None);
}

#[test]
fn a_variable_that_a_reply_may_set_does_not_count() {
    let of = |from: &str, within: &str| {
        let text = format!(
            r#"flow main {{
  entry office: inbound_number "+61299998888" -> start
  start: set {{ variable = n  value = "0"  next -> ask0 }}
  ask0: webhook {{ url = "https://crm.example/x"  answers = ["{from}"]  known -> enough  default -> bye  error -> bye }}
  enough: branch {{ when = "n < 5"  yes -> body0  no -> bye }}
  body0: set {{ variable = n  value = "n + 1"  next -> body1 }}
  body1: webhook {{ url = "https://crm.example/y"  answers = ["{within}"]  known -> enough  default -> bye  error -> bye }}
  bye: hangup
}}
inbound_number "+61299998888"
"#
        );
        of_flow(&text, |cx| {
            let looped =
                |(_, node, _): &(NodeId, &Node, &_)| node.name == "enough" || node.name.starts_with("body");
            let group: Vec<NodeId> = cx.nodes().filter(looped).map(|(id, ..)| id).collect();
            rounds(cx, &group)
        })
    };
    assert_eq!(of("known(m: number)", "known(k: number)"), Some(Rounds::AtMost(5)));
    assert_eq!(of("known(n: number)", "known(k: number)"), Some(Rounds::Bounded));
    assert_eq!(of("known(m: number)", "known(k: number, n: number)"), None);
}

#[test]
fn only_so_many_variables_and_branches_of_a_loop_are_looked_at() {
    let max = LOOP_TRIES_MAX;
    // The last variable is the one that counts.
    let of = |sets: usize| {
        let others: Vec<String> = (1..sets).map(|n| format!("v{n}")).collect();
        let more: Vec<String> = others.iter().map(|v| format!("{v} + 1")).collect();
        let starts: Vec<Set<'_>> = others.iter().map(|v| (v.as_str(), "0")).chain([("n", "0")]).collect();
        let steps = others.iter().zip(&more).map(|(v, more)| (v.as_str(), more.as_str()));
        rounds_of(&starts, "n < 5", "yes", &steps.chain([("n", "n + 1")]).collect::<Vec<_>>())
    };
    assert_eq!(of(max), Some(Rounds::AtMost(5)));
    assert_eq!(of(max + 1), None);
    // The last branch is the one that every way round passes: the others send calls past each other.
    let of = |branches: usize| {
        let others: String = (1..branches)
            .map(|n| {
                format!(
                    "  s{n}: branch {{ when = \"caller.name == '{n}'\"  yes -> b{n}  no -> s{} }}\n  \
                       b{n}: branch {{ when = \"n < 9\"  yes -> last  no -> bye }}\n",
                    n + 1
                )
            })
            .collect();
        let text = format!(
            "flow main {{\n  entry office: inbound_number \"+61299998888\" -> start\n  \
               start: set {{ variable = n  value = \"0\"  next -> s1 }}\n{others}  \
               s{branches}: branch {{ when = \"caller.name == 'x'\"  yes -> last  no -> last }}\n  \
               last: branch {{ when = \"n < 5\"  yes -> more  no -> bye }}\n  \
               more: set {{ variable = n  value = \"n + 1\"  next -> s1 }}\n  bye: hangup\n}}\n\
             inbound_number \"+61299998888\"\n"
        );
        of_flow(&text, |cx| {
            let looped = |(_, node, _): &(NodeId, &Node, &_)| {
                !["office", "start", "bye"].contains(&node.name.as_str())
            };
            let group: Vec<NodeId> = cx.nodes().filter(looped).map(|(id, ..)| id).collect();
            rounds(cx, &group)
        })
    };
    assert_eq!(of(max), Some(Rounds::AtMost(5)));
    assert_eq!(of(max + 1), None);
}
