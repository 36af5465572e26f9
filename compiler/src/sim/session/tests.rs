use flow_vm::effect::{Answer, Cause, End, Key, RingEnd};

use super::*;
use crate::compile::compile;
use crate::entity::catalog::Catalog;
use crate::graph::Project;
use crate::{Source, read_text, world_of};

const OFFICE: [(&str, &str); 2] = [
    ("main.flow", include_str!("../../../../examples/office/main.flow")),
    ("office.flow", include_str!("../../../../examples/office/office.flow")),
];

fn system(steps: &str) -> (Project, Catalog) {
    let test = format!("test \"call\" {{\n{steps}\n}}\n");
    let files = OFFICE.into_iter().chain([("call.flow", test.as_str())]);
    let files: Vec<_> = files.map(|(name, text)| Source { name, bytes: text.as_bytes() }).collect();
    let project = read_text(&files).project;
    let (mut world, _) = world_of(&project);
    world.fill_with(&Catalog::library());
    (project, world)
}

fn start((project, world): &(Project, Catalog)) -> Session {
    let test = project.tests.values().next().unwrap();
    let script = Script::of(test, project, world).unwrap();
    let graph = project.flows.get(script.flow).unwrap();
    let program = compile(graph, world).program.unwrap();
    Session::start(program, graph, &script).unwrap()
}

#[test]
fn a_call_through_a_menu_goes_as_the_caller_says() {
    let system = system("at 2026-03-02 10:00\ncall \"+61299998888\" from \"+61411111111\"");
    let mut call = start(&system);
    assert_eq!(call.asked().unwrap().kind, EffectKind::Menu);
    let keys = call.asked().unwrap().answers.iter().filter(|(a, _)| matches!(a, Answer::Key(_))).count();
    assert_eq!(keys, Key::ALL.len());
    call.answer(Answer::Key(Key::from_char('2').unwrap()), None).unwrap();
    assert_eq!(call.asked().unwrap().text, "ring_extension \"101\" 25000ms");
    let wrong = call.answer(Answer::Timeout, None).unwrap_err();
    assert_eq!(wrong.to_string(), "`timeout` is no answer to `ring_extension \"101\" 25000ms`");
    call.answer(Answer::Ring(RingEnd::Answered), Some(4_000)).unwrap();
    assert_eq!(call.end(), Some(End::Hangup(Cause::Normal)));
    assert_eq!(call.answer(Answer::HungUp, None), Err(SessionError::Over));
    let (project, world) = &system;
    let graph = project.flows.values().next().unwrap();
    let told = call.told(graph).join("\n");
    assert!(told.contains("ann: extension 101"), "{told}");
    let again = flow_vm::replay(&compile(graph, world).program.unwrap(), call.trace());
    assert_eq!(again.end.to_string(), "hangup normal");
}

#[test]
fn at_night_the_mailbox_takes_the_call() {
    let system = system("at 2026-03-01 10:00\ncall \"+61299998888\"");
    let mut call = start(&system);
    assert_eq!(call.asked().unwrap().kind, EffectKind::Play);
    call.answer(Answer::Done, None).unwrap();
    assert_eq!(call.asked().unwrap().kind, EffectKind::Voicemail);
    call.answer(Answer::HungUp, None).unwrap();
    assert_eq!(call.end(), Some(End::CallerGone));
}
