use super::*;
use crate::check::tests::of_flow;

const OFFICE: &str = r#"
inbound_number "+61299998888"
extension 101 { ring_timeout = 20s }
prompt hello { file = "hello.wav" }
ivr_menu menu { greeting = hello  timeout = 5s  retries = 0  key 1 }
voicemail_box box { greeting = hello }
"#;

/// What is known of flow `sub` among these, where `main` calls flow `first`.
fn known_by(first: &str, flows: &str) -> String {
    let text = format!(
        "flow main {{\n  entry office: inbound_number \"+61299998888\" -> call\n  \
         call: subflow {{ flow = {first} }}\n}}\n{flows}{OFFICE}"
    );
    of_flow(&text, |cx| told(cx.callees.get("sub").unwrap()))
}

fn known(flows: &str) -> String {
    known_by("sub", flows)
}

/// A line for each way back, for each exit's wait, and for what else is known.
fn told(summary: &Summary) -> String {
    let mut lines = Vec::new();
    for (exit, back) in &summary.exits {
        for way in &back.ways {
            let words = [
                (way.waited, " waited"),
                (way.pressed, " pressed"),
                (way.told, " told"),
                (way.served, " served"),
            ];
            let words: String = words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
            lines.push(format!("{exit}: {:?} to {:?}{words}", way.came, way.left));
        }
        lines.extend(back.waited.map(|waited| format!("{exit}: {waited:?}")));
    }
    // Whether somebody was rung in vain is seen by what is said of abandoned callers; ways that differ in it alone are one.
    lines.dedup();
    let states: Vec<String> = summary.well.iter().map(|state| format!("{state:?}")).collect();
    if !states.is_empty() {
        lines.push(format!("well: {}", states.join(", ")));
    }
    lines.extend(summary.early_only.iter().map(|(_, node)| format!("early only: {node}")));
    if summary.longest_s > 0 {
        lines.push(format!("longest: {} s", summary.longest_s));
    }
    lines.join("\n")
}

#[test]
fn each_way_back_tells_what_callers_met_on_it() {
    let ways = known(
        r#"flow sub {
  exits = [quick, heard, rung, chosen, late, left]
  ann: extension 101 { answered -> rung  no_answer -> late }
  entry begin: start -> one
  one: branch { when = "caller.name == ''"  yes -> quick  no -> two }
  two: branch { when = "caller.name == 'a'"  yes -> hello  no -> three }
  three: branch { when = "caller.name == 'b'"  yes -> menu  no -> four }
  four: branch { when = "caller.name == 'c'"  yes -> ann  no -> box }
  hello: play_message hello -> heard
  menu: ivr_menu menu { 1 -> chosen  timeout -> late  invalid -> late }
  box: voicemail box -> left
  quick: return { exit = quick }
  heard: return { exit = heard }
  rung: return { exit = rung }
  chosen: return { exit = chosen }
  late: return { exit = late }
  left: return { exit = left }
}"#,
    );
    assert_eq!(
        ways,
        r"chosen: Early to Answered waited pressed
chosen: Answered to Answered waited pressed
chosen: Seconds(5)
heard: Early to Answered waited told
heard: Early to Answered waited pressed told
heard: Answered to Answered waited told
heard: Answered to Answered waited pressed told
heard: Seconds(0)
late: Early to Early waited
late: Early to Answered waited
late: Early to Answered waited pressed
late: Answered to Answered waited
late: Answered to Answered waited pressed
late: Seconds(20)
left: Early to Answered waited served
left: Answered to Answered waited served
quick: Early to Early
quick: Answered to Answered
quick: Seconds(0)
rung: Early to Answered waited served
rung: Answered to Answered waited served
well: Early, Answered
longest: 20 s"
    );
}

#[test]
fn a_message_is_the_last_that_was_heard_until_somebody_rings() {
    let ways = known(
        r#"flow sub {
  exits = [quick, late]
  entry begin: start -> hello
  hello: play_message hello -> one
  one: branch { when = "caller.name == ''"  yes -> quick  no -> menu }
  menu: ivr_menu menu { 1 -> quick  timeout -> late  invalid -> late }
  quick: return { exit = quick }
  late: return { exit = late }
}"#,
    );
    assert_eq!(
        ways,
        r"late: Early to Answered waited
late: Early to Answered waited pressed
late: Answered to Answered waited
late: Answered to Answered waited pressed
late: Seconds(5)
quick: Early to Answered waited told
quick: Early to Answered waited pressed
quick: Early to Answered waited pressed told
quick: Answered to Answered waited told
quick: Answered to Answered waited pressed
quick: Answered to Answered waited pressed told
quick: Seconds(5)
longest: 5 s"
    );
}

#[test]
fn what_callers_met_before_and_inside_of_a_flow_that_is_called_adds_up() {
    let inner = r#"flow inner {
  exits = [quick, heard, late, left]
  entry begin: start -> one
  one: branch { when = "caller.name == ''"  yes -> quick  no -> two }
  two: branch { when = "caller.name == 'a'"  yes -> hello  no -> three }
  three: branch { when = "caller.name == 'b'"  yes -> menu  no -> box }
  hello: play_message hello -> heard
  menu: ivr_menu menu { 1 -> late  timeout -> late  invalid -> late }
  box: voicemail box -> left
  quick: return { exit = quick }
  heard: return { exit = heard }
  late: return { exit = late }
  left: return { exit = left }
}"#;
    let sub = |before: &str| {
        known(&format!(
            r#"flow sub {{
  exits = [quick, heard, late, left]
  entry begin: start -> before
  {before}
  inner: subflow {{ flow = inner  quick -> quick  heard -> heard  late -> late  left -> left }}
  quick: return {{ exit = quick }}
  heard: return {{ exit = heard }}
  late: return {{ exit = late }}
  left: return {{ exit = left }}
  bye: hangup
}}
{inner}"#
        ))
    };
    let befores = [
        "before: set_caller_id { name = \"x\"  next -> inner }",
        "before: play_message hello -> inner",
        "before: ivr_menu menu { 1 -> inner  timeout -> bye  invalid -> bye }",
        "before: extension 101 { answered -> inner  no_answer -> bye }",
    ];
    let ways = befores.map(|before| format!("{before}\n{}", sub(before))).join("\n\n");
    assert_eq!(
        ways,
        r#"before: set_caller_id { name = "x"  next -> inner }
heard: Early to Answered waited told
heard: Early to Answered waited pressed told
heard: Answered to Answered waited told
heard: Answered to Answered waited pressed told
heard: Seconds(0)
late: Early to Answered waited
late: Early to Answered waited pressed
late: Answered to Answered waited
late: Answered to Answered waited pressed
late: Seconds(5)
left: Early to Answered waited served
left: Answered to Answered waited served
quick: Early to Early
quick: Answered to Answered
quick: Seconds(0)
well: Early, Answered
longest: 5 s

before: play_message hello -> inner
heard: Early to Answered waited told
heard: Early to Answered waited pressed told
heard: Answered to Answered waited told
heard: Answered to Answered waited pressed told
heard: Seconds(0)
late: Early to Answered waited
late: Early to Answered waited pressed
late: Answered to Answered waited
late: Answered to Answered waited pressed
late: Seconds(5)
left: Early to Answered waited served
left: Early to Answered waited pressed served
left: Answered to Answered waited served
left: Answered to Answered waited pressed served
quick: Early to Answered waited told
quick: Early to Answered waited pressed told
quick: Answered to Answered waited told
quick: Answered to Answered waited pressed told
quick: Seconds(0)
well: Early, Answered
longest: 5 s

before: ivr_menu menu { 1 -> inner  timeout -> bye  invalid -> bye }
heard: Early to Answered waited pressed told
heard: Answered to Answered waited pressed told
heard: Seconds(5)
late: Early to Answered waited pressed
late: Answered to Answered waited pressed
late: Seconds(10)
left: Early to Answered waited pressed served
left: Answered to Answered waited pressed served
quick: Early to Answered waited pressed
quick: Answered to Answered waited pressed
quick: Seconds(5)
well: Early, Answered
longest: 10 s

before: extension 101 { answered -> inner  no_answer -> bye }
heard: Early to Answered waited told served
heard: Early to Answered waited pressed told served
heard: Answered to Answered waited told served
heard: Answered to Answered waited pressed told served
late: Early to Answered waited served
late: Early to Answered waited pressed served
late: Answered to Answered waited served
late: Answered to Answered waited pressed served
left: Early to Answered waited served
left: Answered to Answered waited served
quick: Early to Answered waited served
quick: Answered to Answered waited served
well: Early, Answered
longest: 20 s"#
    );
}

#[test]
fn calls_end_well_inside_with_a_goodbye_or_before_they_are_answered() {
    let end = |nodes: &str| known(&format!("flow sub {{\n  entry begin: start -> one\n  {nodes}\n}}"));
    assert_eq!(end("one: hangup"), "well: Early");
    assert_eq!(end("one: play_message hello -> bye\n  bye: hangup"), "well: Early, Answered");
    assert_eq!(
        end(
            "one: branch { when = \"caller.name == ''\"  yes -> bye  no -> busy }\n  bye: hangup\n  busy: hangup { cause = busy }"
        ),
        "well: Early\nearly only: busy"
    );
    assert_eq!(
        end("one: ivr_menu menu { 1 -> bye  timeout -> bye  invalid -> bye }\n  bye: hangup"),
        "longest: 5 s"
    );
    assert_eq!(end("one: voicemail box"), "well: Early, Answered");
}

#[test]
fn what_a_flow_that_calls_itself_does_grows_until_it_is_whole() {
    let ways = known(
        r#"flow sub {
  inputs = [n:number]
  exits = [one, two, three]
  entry begin: start -> count
  count: branch { when = "n < 5"  yes -> ann  no -> one }
  ann: extension 101 { answered -> one  no_answer -> again }
  again: subflow { flow = sub  gives = ["n + 1"]  one -> two  two -> three  three -> three }
  one: return { exit = one }
  two: return { exit = two }
  three: return { exit = three }
}"#,
    );
    assert_eq!(
        ways,
        r"one: Early to Early
one: Early to Answered waited served
one: Answered to Answered
one: Answered to Answered waited served
one: Seconds(0)
three: Early to Early waited
three: Early to Answered waited served
three: Answered to Answered waited
three: Answered to Answered waited served
three: Seconds(40)
two: Early to Early waited
two: Early to Answered waited served
two: Answered to Answered waited
two: Answered to Answered waited served
two: Seconds(20)
well: Early, Answered
longest: 20 s"
    );
}

#[test]
fn of_flows_that_call_each_other_each_knows_what_the_other_does() {
    let flows = |sub: &str, other: &str| {
        format!(
            r#"flow {sub} {{
  exits = [ok]
  entry begin: start -> look
  look: branch {{ when = "caller.name == ''"  yes -> more  no -> bye }}
  more: subflow {{ flow = {other}  ok -> ok }}
  ok: return {{ exit = ok }}
  bye: hangup
}}
flow {other} {{
  exits = [ok]
  entry begin: start -> look
  look: branch {{ when = "caller.name == ''"  yes -> more  no -> ann }}
  ann: extension 101 {{ answered -> more  no_answer -> ok }}
  more: subflow {{ flow = {sub}  ok -> ok }}
  ok: return {{ exit = ok }}
}}"#
        )
    };
    for first in ["sub", "other"] {
        assert_eq!(
            known_by(first, &flows("sub", "other")),
            r"ok: Early to Early
ok: Early to Early waited
ok: Early to Answered waited served
ok: Answered to Answered
ok: Answered to Answered waited
ok: Answered to Answered waited served
ok: Seconds(20)
well: Early, Answered
longest: 20 s",
            "{first}"
        );
    }
}
