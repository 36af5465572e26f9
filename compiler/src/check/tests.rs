//! What the checks work out of a flow that their findings don't show: how long callers wait, and how calls come to nodes.

use super::*;
use crate::graph::Project;
use crate::{Source, read_text, world_of};

/// The first flow of a text as the checks see it.
pub(super) fn of_flow<R>(text: &str, asks: impl FnOnce(&Cx<'_>) -> R) -> R {
    let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
    assert_eq!(read.diagnostics, [], "{text}");
    let (world, conflicts) = world_of(&read.project);
    assert_eq!(conflicts, [], "{text}");
    let Project { flows, .. } = &read.project;
    let graph = flows.values().next().unwrap();
    let callees = Callees::of(&graph.library, [graph], &world);
    asks(&Cx::new(graph, &graph.library, &callees, &world))
}

const OFFICE: &str = r#"
inbound_number "+61299998888"
inbound_number "+61299998889"
extension 101 { ring_timeout = 20s }
extension 102 { ring_timeout = 15s }
ring_group sales { members = [101]  ring_timeout = 30s }
ring_group empty { ring_timeout = 30s }
voicemail_box box { greeting = choices }
prompt choices { file = "choices.wav" }
prompt hold { file = "hold.wav" }
ivr_menu menu {
  greeting = choices
  timeout = 5s
  retries = 2
  key 1
}
"#;

fn seconds(text: &str) -> Vec<(Longest, Vec<String>)> {
    of_flow(&format!("{text}{OFFICE}"), |cx| {
        let step = |(node, exit): &(NodeId, Option<String>)| match exit {
            Some(exit) => format!("{}.{exit}", cx.name(*node)),
            None => cx.name(*node).to_owned(),
        };
        let waits = waits(cx.graph, cx.world);
        waits.iter().map(|w| (w.longest, w.path.iter().map(step).collect())).collect()
    })
}

fn way(longest: Longest, path: &[&str]) -> (Longest, Vec<String>) {
    (longest, path.iter().map(|s| (*s).to_owned()).collect())
}

#[test]
fn the_longest_wait_is_that_of_the_worst_way_of_each_entry() {
    let text = r#"flow main {
  entry office: inbound_number "+61299998888" -> menu
  entry second: inbound_number "+61299998889" -> ben
  menu: ivr_menu menu {
    1 -> sales
    timeout -> ann
    invalid -> box
  }
  ann: extension 101 { no_answer -> ben }
  ben: extension 102 { no_answer -> box }
  sales: ring_group sales { no_answer -> box }
  box: voicemail box
}"#;
    // Five seconds five times, then 20 and 15, or 30.
    let first = way(Longest::Seconds(60), &["office.next", "menu.timeout", "ann.no_answer", "ben"]);
    let second = way(Longest::Seconds(15), &["second.next", "ben"]);
    assert_eq!(seconds(text), [first, second]);
}

#[test]
fn a_wait_is_endless_where_callers_who_press_nothing_go_round() {
    let round = r#"flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { no_answer -> wait }
  wait: play_message hold -> ann
}"#;
    assert_eq!(seconds(round), [way(Longest::Endless, &["office.next", "ann"])]);
    // A group of one, and a menu whose key leads back: who presses it has chosen so.
    let own = r#"flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { no_answer -> ann }
}"#;
    assert_eq!(seconds(own), [way(Longest::Endless, &["office.next", "ann"])]);
    let chosen = r#"flow main {
  entry office: inbound_number "+61299998888" -> menu
  menu: ivr_menu menu {
    1 -> sales
    timeout -> box
    invalid -> menu
  }
  sales: ring_group sales { no_answer -> menu }
  box: voicemail box
}"#;
    assert_eq!(seconds(chosen), [way(Longest::Seconds(25), &["office.next", "menu"])]);
}

#[test]
fn a_wait_goes_through_the_flows_that_are_called_exit_by_exit() {
    let text = r#"flow main {
  entry office: inbound_number "+61299998888" -> try
  try: subflow {
    flow = people
    talked -> sales
    nobody -> ben
  }
  ben: extension 102 { no_answer -> box }
  sales: ring_group sales { no_answer -> box }
  box: voicemail box
}
flow people {
  exits = [talked, nobody]
  entry begin: start -> ann
  ann: extension 101 {
    answered -> talked
    no_answer -> nobody
  }
  talked: return { exit = talked }
  nobody: return { exit = nobody }
}"#;
    // 20 seconds inside and 15 behind `nobody`; those who talked to Ann don't wait for her, and not for sales.
    assert_eq!(seconds(text), [way(Longest::Seconds(35), &["office.next", "try.nobody", "ben"])]);
}

#[test]
fn nobody_waits_where_nobody_rings() {
    let text = r#"flow main {
  entry office: inbound_number "+61299998888" -> empty
  empty: ring_group empty { no_answer -> box }
  box: voicemail box
}"#;
    assert_eq!(seconds(text), [way(Longest::Seconds(0), &["office"])]);
}

fn arrivals_told(text: &str) -> Vec<String> {
    of_flow(&format!("{text}{OFFICE}"), |cx| {
        let arrivals = arrivals(cx.graph, cx.world);
        let told = |(id, node): (NodeId, &Node)| {
            let Arrival { early, answered, waited } = arrivals[id];
            let state = match (early, answered) {
                (true, false) => "early",
                (false, true) => "answered",
                (true, true) => "both",
                (false, false) => "never",
            };
            let waited = match waited {
                Some(Longest::Seconds(s)) => format!("{s} s"),
                Some(Longest::Endless) => "endless".to_owned(),
                None => "-".to_owned(),
            };
            format!("{}: {state}, {waited}", node.name)
        };
        cx.graph.nodes.iter().map(told).collect()
    })
}

#[test]
fn calls_arrive_in_the_states_and_after_the_waits_of_all_ways_to_a_node() {
    let text = r#"flow main {
  entry office: inbound_number "+61299998888" -> menu
  entry second: inbound_number "+61299998889" -> ben
  menu: ivr_menu menu {
    1 -> sales
    timeout -> ann
    invalid -> box
  }
  ann: extension 101 { no_answer -> ben }
  ben: extension 102 { answered -> after  no_answer -> box }
  sales: ring_group sales { no_answer -> box }
  box: voicemail box
  after: hangup
  lost: extension 101 { no_answer -> lost }
}"#;
    let told = [
        "office: early, 0 s",
        "second: early, 0 s",
        "menu: early, 0 s",
        "ann: answered, 25 s",
        "ben: both, 45 s",
        "sales: answered, 25 s",
        "box: both, 60 s",
        "after: answered, -",
        "lost: never, -",
    ];
    assert_eq!(arrivals_told(text), told);
    // Whoever has been in an endless loop has waited for ever everywhere behind it.
    let round = r#"flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { busy -> sales  no_answer -> wait }
  wait: play_message hold -> ann
  sales: ring_group sales { no_answer -> box }
  box: voicemail box
}"#;
    let told = [
        "office: early, 0 s",
        "ann: both, endless",
        "wait: both, endless",
        "sales: both, endless",
        "box: both, endless",
    ];
    assert_eq!(arrivals_told(round), told);
    let own = r#"flow main {
  entry office: inbound_number "+61299998888" -> ann
  ann: extension 101 { no_answer -> ann }
}"#;
    assert_eq!(arrivals_told(own), ["office: early, 0 s", "ann: early, endless"]);
}

#[test]
fn a_question_for_digits_is_waited_at_for_every_slip_that_it_forgives() {
    let longest = |confirm: &str| {
        let text = format!(
            r#"flow main {{
  entry office: inbound_number "+61299998888" -> code
  code: collect choices {{
    variable = code
    timeout = 7s
    digit_timeout = 3s
    retries = 3
    {confirm}
    next -> box
    timeout -> box
    invalid -> box
  }}
  box: voicemail box
}}"#
        );
        seconds(&text).first().map(|(longest, _)| *longest)
    };
    // Ten seconds seven times; and seven seconds four times to confirm.
    assert_eq!(longest(""), Some(Longest::Seconds(70)));
    assert_eq!(longest("confirm = choices"), Some(Longest::Seconds(98)));
}

#[test]
fn an_exit_falls_back_to_where_its_fallback_falls() {
    let text = r#"flow main {
  entry office: inbound_number "+61299998888" -> line
  line: queue support { timeout -> box }
  box: voicemail box
}
queue support { members = [101] }"#;
    of_flow(&format!("{text}{OFFICE}"), |cx| {
        let named = |name: &str| cx.nodes().find(|(_, n, _)| n.name == name).map(|(id, ..)| id).unwrap();
        let exits = cx.exits(named("line")).iter().map(|e| (e.name.as_str(), e.target));
        let (nowhere, to): (Vec<_>, Vec<_>) = exits.partition(|(_, target)| target.is_none());
        assert_eq!(nowhere, [("answered", None)]);
        assert!(to.len() > 4 && to.iter().all(|(_, target)| *target == Some(named("box"))), "{to:?}");
    });
}

/// What the checks say of a flow whose nodes are these.
fn said(nodes: &str) -> Vec<String> {
    let text = format!(
        "flow main {{\n  entry office: inbound_number \"+61299998888\" -> n0\n{nodes}  bye: hangup\n}}{OFFICE}"
    );
    of_flow(&text, |cx| {
        let mut sink = Sink::default();
        variables::check(cx, &mut sink);
        sink.finish().into_iter().map(|d| d.message).collect()
    })
}

#[test]
fn each_variable_that_is_too_many_is_named() {
    let most = usize::from(flow_vm::limits::VARIABLES_MAX);
    let sets = |count: usize| -> String {
        let next = |n| if n + 1 < count { format!("n{}", n + 1) } else { "bye".to_owned() };
        let set = |n| format!("  n{n}: set {{ variable = v{n:03}  value = \"1\"  next -> {} }}\n", next(n));
        (0..count).map(set).collect()
    };
    assert_eq!(said(&sets(most)), [""; 0]);
    let spare = |n: usize| format!("`v{n:03}` is one variable too many: a flow has at most {most}");
    assert_eq!(said(&sets(most + 1)), [spare(most)]);
    assert_eq!(said(&sets(most + 2)), [spare(most), spare(most + 1)]);
}

#[test]
fn of_many_variables_that_are_not_set_the_first_twenty_are_told_with_the_way() {
    let reads: String = (0..22)
        .map(|n| format!("  n{n}: branch {{ when = \"vip\"  yes -> n{}  no -> bye }}\n", n + 1))
        .chain(["  n22: set { variable = vip  value = \"true\"  next -> bye }\n".to_owned()])
        .collect();
    let told = said(&reads);
    assert_eq!(told.len(), 22);
    assert_eq!(told.iter().filter(|m| m.contains(": office")).count(), 20);
    assert!(told[..20].iter().all(|m| m.contains(": office")), "{told:?}");
}

#[test]
fn a_name_is_replaced_where_it_is_read_and_nowhere_else() {
    for (text, is) in [
        ("a + aa + a.b + a_ + 'a' + a", "x + aa + a.b + a_ + 'a' + x"),
        ("'{a' + a + '}a' + a", "'{a' + x + '}a' + x"),
        ("äa(a)", "äx(x)"),
    ] {
        assert_eq!(variables::replaced(text, "a", "x", false), is);
    }
    for (text, is) in [
        ("a {a} a{a + 'a' + a}", "a {x} a{x + 'a' + x}"),
        ("a's {a} and '{a}'", "a's {x} and '{x}'"),
        ("{{a}} {a} {{{a}}}", "{{a}} {x} {{{x}}}"),
        ("{'a} a {a}", "{'a} a {x}"),
    ] {
        assert_eq!(variables::replaced(text, "a", "x", true), is);
    }
}

#[test]
fn exits_that_no_call_can_take_are_known_with_or_without_an_edge() {
    let keys: String = "0123456789*#".chars().map(|key| format!("  key {key}\n")).collect();
    let text = format!(
        r#"flow main {{
  entry office: inbound_number "+61299998888" -> hours
  hours: time_switch times {{ all -> full  late -> menu  default -> said }}
  full: ivr_menu full {{ 1 -> said  timeout -> said  invalid -> said }}
  menu: ivr_menu menu {{ 1 -> said  timeout -> said  invalid -> said }}
  said: play_message choices -> barged
  barged: play_message choices {{ barge_in = true  next -> code }}
  code: collect choices {{ variable = code  next -> door  timeout -> door  invalid -> door }}
  door: collect choices {{ secret = "door"  next -> line  timeout -> line  invalid -> line }}
  line: queue support {{ timeout -> short }}
  short: queue support {{ timeout -> call  no_answer -> call }}
  call: subflow {{ flow = half  ok -> box  never -> box }}
  box: voicemail box
}}
flow half {{
  exits = [ok, never]
  entry begin: start -> ok
  ok: return {{ exit = ok }}
}}
time_switch times {{
  timezone = "Australia/Sydney"
  rule all {{ days = mon..sun }}
  rule late {{ days = mon..fri  hours = 20:00..22:00 }}
}}
queue support {{ members = [101] }}
ivr_menu full {{
  greeting = choices
{keys}}}
{OFFICE}"#
    );
    of_flow(&text, |cx| {
        let never = never_taken(cx.graph, cx.world);
        let told = never.iter().map(|(id, exit)| format!("{}.{exit}", cx.name(*id)));
        let exits = [
            "hours.late",
            "full.invalid",
            "said.interrupted",
            "code.refused",
            "line.no_answer",
            "call.never",
        ];
        assert_eq!(told.collect::<Vec<_>>(), exits);
    });
}

#[test]
fn a_number_that_enters_flows_of_two_groups_is_told_in_the_later_one() {
    let group = |text: &str| {
        let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
        assert_eq!(read.diagnostics, [], "{text}");
        read.project
    };
    let flow = |key: &str, number: u32| {
        format!(
            "flow {key} {{\n  entry office: inbound_number \"+6129999888{number}\" -> bye\n  bye: hangup\n}}\n"
        )
    };
    let numbers = "inbound_number \"+61299998881\"\ninbound_number \"+61299998882\"\n";
    let groups = [
        // Twice inside a group is the group's own finding.
        group(&format!("{}{}{numbers}", flow("a", 1), flow("b", 1))),
        group(&format!("{}{numbers}", flow("c", 2))),
        group(&format!("{}{}{numbers}", flow("d", 1), flow("e", 2))),
    ];
    let found = across_groups(groups.iter().map(|group| group.flows.values()));
    let told: Vec<Vec<String>> =
        found.into_iter().map(|group| group.into_iter().map(|d| d.message).collect()).collect();
    let is = |number: u32, flows: &str| {
        format!("calls to +6129999888{number} can start at one place only, but it is in {flows}")
    };
    assert_eq!(told, [vec![], vec![], vec![is(1, "`a` and in `d`"), is(2, "`c` and in `e`")]]);
}

#[test]
fn flows_are_linked_only_where_one_calls_another() {
    let flows = |text: &str| {
        let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
        assert_eq!(read.diagnostics, [], "{text}");
        read.project.flows.values().cloned().collect::<Vec<_>>()
    };
    let b = "flow b {\n  entry begin: start -> bye\n  bye: hangup\n}\n";
    let alone = flows(&format!("flow a {{\n  entry begin: start -> bye\n  bye: hangup\n}}\n{b}"));
    for flow in &alone {
        assert!(!crate::library::calls(flow) && flow.library.flows().next().is_none());
    }
    let linked =
        flows(&format!("flow a {{\n  entry begin: start -> b\n  b: subflow {{ flow = b }}\n}}\n{b}"));
    let [a, b] = linked.as_slice() else { panic!("two flows") };
    assert!(crate::library::calls(a) && !crate::library::calls(b));
    let keys: Vec<&str> = b.library.flows().map(|flow| flow.key.as_str()).collect();
    assert_eq!(keys, ["a", "b"]);
    // However often they are linked, what was linked before isn't kept.
    let mut again = linked.clone();
    crate::library::link(&mut again);
    let copies: Vec<_> = again.iter().flat_map(|flow| flow.library.flows()).collect();
    assert!(copies.len() == 4 && copies.iter().all(|flow| flow.library.flows().next().is_none()));
    let bye = &b.nodes[b.node("bye").unwrap()];
    assert_eq!(crate::library::name_in_programs(b, bye), "b/bye");
}

#[test]
fn of_a_long_wait_the_beginning_and_the_end_are_told() {
    for count in [10, 11, 12, 13, 14, 40] {
        let mut text = "flow main {\n  entry office: inbound_number \"+61299998881\" -> a0\n".to_owned();
        for n in 0..count {
            text += &format!("  a{n}: extension 101 {{\n    ring = 2m\n    no_answer -> a{}\n  }}\n", n + 1);
        }
        text += &format!("  a{count}: voicemail box\n}}\n");
        text += "inbound_number \"+61299998881\"\nextension 101\nvoicemail_box box\n";
        let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
        assert_eq!(read.diagnostics, [], "{text}");
        let (world, _) = world_of(&read.project);
        let found = crate::check(&read.project, &world);
        let found = found.iter().find(|d| d.code == crate::diag::Code::LongWait).unwrap();
        // The mailbox takes callers at once: the last who lets them wait ends the way.
        let mut words = vec!["office".to_owned()];
        words.extend((0..count - 1).map(|n| format!("a{n}.no_answer")));
        words.push(format!("a{}", count - 1));
        if words.len() > 12 {
            words.splice(6..words.len() - 6, ["…".to_owned()]);
        }
        let way = format!("takes them: {}", words.join(" → "));
        assert!(found.message.ends_with(&way), "{}\n{way}", found.message);
        assert!(found.message.contains(&format!("may wait {} min,", 2 * count)), "{}", found.message);
    }
}
