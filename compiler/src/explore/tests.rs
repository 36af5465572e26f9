use super::*;
use crate::compile::compile;
use crate::sim::{self, Verdict};
use crate::{Source, read_text, world_of};

const OFFICE: &str = r#"
flow main {
  entry in: inbound_number "+61299998888" -> hours
  hours: time_switch h { open -> menu  default -> night }
  menu: ivr_menu m { 1 -> ann  timeout -> menu-again  invalid -> night }
  menu-again: play_message hello -> ann
  ann: extension 101 { ring = 20s  answered -> bye  no_answer -> night  busy -> bye }
  night: voicemail box { next -> bye  full -> sorry }
  sorry: hangup
  bye: hangup
  lost: hangup
}
inbound_number "+61299998888"
extension 101
voicemail_box box
prompt hello { file = "hello.wav" }
time_switch h { timezone = "Australia/Sydney"  rule open { days = mon..fri  hours = 09:00..17:00 } }
ivr_menu m { greeting = hello  timeout = 5s  retries = 1  key 1 }
"#;

fn explored(text: &str) -> (Explored, crate::graph::Project) {
    let read = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
    let mut world = world_of(&read.project).0;
    world.fill_with(&crate::entity::catalog::Catalog::of_library_prompts(
        ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|n| (n, n)),
    ));
    let graph = read.project.flows.values().next().unwrap();
    let compiled = compile(graph, &world);
    assert!(compiled.program.is_some(), "{:?}", compiled.diagnostics);
    let found = explore(&compiled.program.expect("a program"), graph, &world);
    for outcome in found.outcomes.iter().filter(|o| !o.example.contains("//")) {
        let example = read_text(&[Source { name: "example.flow", bytes: outcome.example.as_bytes() }]);
        assert_eq!(example.diagnostics, [], "{}", outcome.example);
        for test in example.project.tests.values() {
            let verdict = sim::test(test, &read.project, &world);
            assert_eq!(verdict, Verdict::Passed, "{}", outcome.example);
        }
    }
    (found, read.project)
}

#[test]
fn every_outcome_is_found_and_its_example_passes() {
    let (found, _) = explored(OFFICE);
    let outcomes: Vec<String> = found.outcomes.iter().map(|o| format!("{} {}", o.node, o.answer)).collect();
    assert_eq!(
        outcomes,
        [
            "night voicemail done",
            "night voicemail full",
            "night voicemail failed",
            "ann ring answered",
            "ann ring busy"
        ]
        .map(str::to_owned),
    );
    assert!(found.whole);
    assert_eq!(found.never, ["lost"]);
}

#[test]
fn the_worst_wait_is_that_of_a_caller_who_makes_every_mistake() {
    let (found, _) = explored(OFFICE);
    // A wrong key and a word about it, twice 5 s of silence with a word between them, a message, 20 s of ringing.
    let worst = found.worst.unwrap();
    assert_eq!(
        (worst.ms, worst.endless),
        (8_000 + 3_000 + 8_000 + 3_000 + 8_000 + 3_000 + 20_000, None),
        "{:?}",
        worst.path
    );
    assert_eq!(worst.path, ["hours", "menu", "menu-again", "ann", "night"].map(str::to_owned));
}

#[test]
fn a_way_round_is_said_and_ends_the_search() {
    let round = OFFICE.replace("invalid -> night", "invalid -> menu");
    let worst = explored(&round).0.worst.unwrap();
    assert_eq!(worst.endless.as_deref(), Some("menu"));
}

/// Drivers, a holiday, staff by their number, an account and a customer of importance: ways that only some calls take.
const PICKY: &str = r#"
flow main {
  zone = "Australia/Sydney"
  entry in: inbound_number "+61299998888" "+61299998889" -> which
  which: branch { when = "called.number == +61299998889" yes -> second no -> driver }
  second: play_message hello -> driver
  driver: branch {
    when = "caller.number == +61411000001 or caller.number == +61411000002"
    yes -> store
    no -> mobile
  }
  store: extension 101 { no_answer -> bye }
  mobile: branch { when = "caller.number starts_with +6149" yes -> noted no -> xmas }
  noted: set { variable = note value = "'mobile'" next -> xmas }
  xmas: branch { when = "now.date >= 2026-12-25 and now.date < 2026-12-27" yes -> holiday no -> late }
  late: branch { when = "now.weekday == fri and now.time > 16:30" yes -> weekend no -> named }
  holiday: play_message hello -> bye
  weekend: voicemail box -> bye
  named: branch { when = "caller.name contains 'Bank'" yes -> bank no -> ask }
  bank: transfer { number = "+61299990000" failed -> bye }
  ask: collect hello {
    variable = account
    min = 4
    max = 4
    next -> staff
    timeout -> bye
    invalid -> bye
  }
  staff: branch { when = "account starts_with '99'" yes -> night no -> crm }
  night: voicemail box -> bye
  crm: webhook {
    url = "https://crm.example/x"
    answers = ["known(level: number)"]
    known -> level
    default -> bye
    error -> bye
    timeout -> bye
  }
  level: branch { when = "level > 7" yes -> gold no -> bye }
  gold: extension 101 { no_answer -> bye }
  odd: branch { when = "length(account) == 5" yes -> five no -> bye }
  five: hangup
  bye: hangup
}
inbound_number "+61299998888"
inbound_number "+61299998889"
extension 101
voicemail_box box
prompt hello { file = "hello.wav" }
"#;

#[test]
fn calls_are_made_up_that_take_every_condition() {
    let text = PICKY.replace("default -> bye\n", "default -> odd\n");
    let (found, _) = explored(&text);
    assert!(found.whole);
    assert_eq!((found.never.as_slice(), found.unmet.as_slice()), (&[][..], &["five".to_owned()][..]));
    let shown = |node: &str| found.outcomes.iter().any(|o| o.path.iter().any(|word| word == node));
    for node in ["second", "store", "noted", "holiday", "weekend", "bank", "night", "gold", "level", "odd"] {
        assert!(shown(node), "no example comes to `{node}`");
    }
}
