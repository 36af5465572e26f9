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
