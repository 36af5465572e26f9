//! Every call that the machine runs goes as a plain walk over the drawn graph says ([`oracle::interpreter`]): the nodes
//! and exits, what is asked of the world, and the end. Over flows made of every kind of the catalogue with whatever the
//! world may answer, over simulated calls, and over the run cases and the sample office.
#![expect(clippy::disallowed_methods, reason = "cases are files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test says by a panic what is wrong; an answer that a node doesn't know is a failure, whichever it is"
)]

use std::collections::BTreeSet;
use std::path::Path;

use flow_compiler::compile::compile;
use flow_compiler::diag::Diagnostic;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{Graph, Node, Project};
use flow_compiler::sim::{self, Script, What};
use flow_compiler::world::World as _;
use flow_compiler::{Source, read_text, world_of};
use flow_vm::effect::{
    Answer, Collected, ConferenceEnd, Digits, Effect, Input, Key, LocalTime, PhoneStatus, QueueEnd, RingEnd,
    VoicemailEnd, WebhookEnd,
};
use flow_vm::text::effect_text;
use flow_vm::value::{Text, Type, Value};
use flow_vm::{CallFacts, ExitIx, NodeIx, Program, State, Step, Watch, resume};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

mod oracle {
    pub mod flows;
    pub mod interpreter;
    pub mod values;
}
use oracle::flows::{self, Choices, OFFICE};
use oracle::interpreter::{self, Did};

/// Answers that a generated call gets at most.
const ANSWERS_MAX: usize = 40;

fn world(project: &Project) -> Catalog {
    let (mut world, _) = world_of(project);
    let library =
        ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting", "after-hours"].map(|name| (name, name));
    world.fill_with(&Catalog::of_library_prompts(library));
    world
}

fn project(text: &str) -> Project {
    let read = read_text(&[Source { name: "made.flow", bytes: text.as_bytes() }]);
    assert!(!read.diagnostics.iter().any(Diagnostic::is_error), "{:?}\n{text}", read.diagnostics);
    read.project
}

// ---- the machine ----------------------------------------------------------------------------------------------------

/// What a call on the machine does, and the answers that it got.
struct Ran<'p> {
    program: &'p Program,
    did: Vec<Did>,
    answers: Vec<Answer>,
}

impl Watch for Ran<'_> {
    fn enter(&mut self, node: NodeIx) {
        self.did.push(Did::Enters(self.program.node_name(node).unwrap().to_owned()));
    }
    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        let name = self.program.node_name(node).unwrap().to_owned();
        self.did.push(Did::Leaves(name, self.program.exit_name(node, exit).unwrap().to_owned()));
    }
}

fn run<'p>(program: &'p Program, facts: CallFacts, choices: &mut Choices<'_>) -> Ran<'p> {
    let mut state = State::new(program, "in").unwrap().with_facts(facts);
    let mut ran = Ran { program, did: Vec::new(), answers: Vec::new() };
    let mut input = Input { effect: 0, mono_ms: 0, wall_ms: 0, answer: Answer::Start };
    loop {
        match resume(program, &mut state, input, &mut ran).expect("an answer that fits") {
            Step::Effect { number, effect } => {
                ran.did.push(Did::Asks(effect_text(&effect)));
                if ran.answers.len() == ANSWERS_MAX {
                    return ran;
                }
                let answer = answer(&effect, choices);
                ran.answers.push(answer);
                input = Input { effect: number, answer, ..input };
            }
            Step::End(end) => {
                ran.did.push(Did::Ends(end));
                return ran;
            }
        }
    }
}

/// Anything that the world may answer; now and then that it can't, or that the caller is gone.
fn answer(effect: &Effect<'_>, choices: &mut Choices<'_>) -> Answer {
    let usual = choices.of(24);
    match usual {
        22 => return Answer::Failed,
        23 => return Answer::HungUp,
        0..=21 | 24.. => {}
    }
    let key = |choices: &mut Choices<'_>| Answer::Key(Key::ALL[choices.of(Key::ALL.len())]);
    match effect {
        Effect::Answer | Effect::SetCallerId { .. } => Answer::Done,
        Effect::Play { barge_in: true, .. } if usual.is_multiple_of(2) => key(choices),
        Effect::Play { .. } => Answer::Done,
        Effect::Menu { .. } if usual.is_multiple_of(3) => Answer::Timeout,
        Effect::Menu { .. } => key(choices),
        Effect::RingExtension { .. } | Effect::RingGroup { .. } => Answer::Ring(
            [RingEnd::Answered, RingEnd::NoAnswer, RingEnd::Busy, RingEnd::Declined, RingEnd::Unavailable]
                [choices.of(5)],
        ),
        Effect::Voicemail { .. } => {
            Answer::Voicemail([VoicemailEnd::Done, VoicemailEnd::Full, VoicemailEnd::Failed][choices.of(3)])
        }
        Effect::LocalTime { .. } => {
            // Around New Year and Christmas of 2026, and a week in March; at and beside the hours' ends.
            let day = [20_810, 20_811, 20_812, 20_813, 20_817, 20_818, 20_514, 20_518, 20_519, 20_520]
                [choices.of(10)];
            let minute = [
                0, 119, 120, 179, 180, 480, 719, 720, 780, 809, 810, 1_019, 1_020, 1_200, 1_319, 1_320, 1_439,
            ];
            let second = 60 * minute[choices.of(minute.len())] + 59 * choices.of(2) as u32;
            Answer::LocalTime(LocalTime { day, second })
        }
        Effect::Transfer { .. } => [Answer::Done, Answer::Failed][choices.of(2)],
        Effect::Webhook { answers, .. } => {
            let declared = (0..).zip(answers.iter()).map(|(number, _)| WebhookEnd::Answer(number));
            let others = [WebhookEnd::Default, WebhookEnd::Error, WebhookEnd::Timeout, WebhookEnd::Answer(7)];
            let ends: Vec<_> = declared.chain(others).collect();
            Answer::Webhook(ends[choices.of(ends.len())])
        }
        Effect::WebhookField { ty, .. } => Answer::Value(match ty {
            Type::Bool => Value::Bool(choices.of(2) == 1),
            Type::Number => Value::Number([0, 1, 7, i64::MAX][choices.of(4)]),
            Type::Text => Value::Text(Text::cut(choices.one(&["", "Ann", "x"]))),
            Type::Phone => Value::Phone(Text::cut(choices.one(&["101", "+61411111111"]))),
            other => panic!("{other:?} is never sent"),
        }),
        Effect::Queue { .. } => Answer::Queue(QueueEnd::ALL[choices.of(QueueEnd::ALL.len())]),
        Effect::Conference { .. } => {
            Answer::Conference(ConferenceEnd::ALL[choices.of(ConferenceEnd::ALL.len())])
        }
        Effect::Collect { .. } if usual.is_multiple_of(4) => Answer::Collected(Collected::Silent),
        Effect::Collect { secret: Some(_), .. } => {
            Answer::Collected([Collected::Accepted, Collected::Refused][choices.of(2)])
        }
        Effect::Collect { rule, .. } if rule.min > 1 && usual % 4 == 1 => {
            Answer::Collected(Collected::TooFew)
        }
        Effect::Collect { rule, .. } => {
            let digits = "0420173955551234"[..usize::from(rule.min.max(rule.max.min(4)))].to_owned();
            Answer::Collected(Collected::Digits(Digits::new(&digits).unwrap()))
        }
        Effect::Chance { .. } => Answer::Chance(choices.of(2) == 1),
        Effect::Status { .. } => Answer::Status(PhoneStatus::ALL[choices.of(PhoneStatus::ALL.len())]),
    }
}

// ---- what is compared -----------------------------------------------------------------------------------------------

/// A simulated call against the oracle.
fn compare_simulated(
    graph: &Graph,
    script: &Script,
    world: &Catalog,
    program: &Program,
) -> Result<(), String> {
    let outcome = sim::run(program, graph, script, world).expect("the flow's own program");
    let did: Vec<Did> = outcome
        .happened
        .into_iter()
        .filter_map(|h| match h.what {
            What::Enters(node) => Some(Did::Enters(node)),
            What::Leaves { node, exit } => Some(Did::Leaves(node, exit)),
            What::Asks(effect) => Some(Did::Asks(effect)),
            What::Ends(end) => Some(Did::Ends(end)),
            What::Shows(_) | What::Sends(_) | What::Reaches(_) | What::Hears(_) | What::Answer(_) => None,
        })
        .collect();
    let answers: Vec<Answer> = outcome.trace.inputs.iter().skip(1).map(|i| i.answer).collect();
    let entry = &graph.nodes[script.entry].name;
    same(&interpreter::call(graph, world, entry, &script.facts, &answers), &did)
}

fn same(oracle: &[Did], machine: &[Did]) -> Result<(), String> {
    if oracle == machine {
        return Ok(());
    }
    let at = oracle.iter().zip(machine).take_while(|(a, b)| a == b).count();
    let from = at.saturating_sub(3);
    let tail = |did: &[Did]| did.iter().skip(from).take(6).map(|d| format!("  {d:?}\n")).collect::<String>();
    Err(format!("they part at {at}:\noracle:\n{}machine:\n{}", tail(oracle), tail(machine)))
}

fn facts(choices: &mut Choices<'_>) -> CallFacts {
    let numbers = ["", "+61411111111", "+61299998888", "101"];
    let long = "Ö".repeat(60);
    CallFacts {
        caller_number: Text::cut(choices.one(&numbers)),
        caller_name: Text::cut(choices.one(&["", "Ann", &long])),
        called_number: Text::cut("+61299998888"),
    }
}

/// A flow's calls, machine against oracle; `None` for a flow that has errors.
fn check(nodes: &[Vec<u16>], script: &[u16], answers: &[u16]) -> Option<Result<Vec<Did>, String>> {
    let office = world(&project(OFFICE));
    let text = flows::text(nodes, script, &office);
    let project = project(&text);
    let graph = project.flows.values().next().unwrap();
    let program = compile(graph, &office).program?;
    let mut choices = Choices(answers.iter());
    let facts = facts(&mut choices);
    let ran = run(&program, facts, &mut choices);
    let oracle = interpreter::call(graph, &office, "in", &facts, &ran.answers);
    let simulated = || {
        let test = project.tests.values().next().unwrap();
        let script = Script::of(test, &project, &office).expect("a script");
        compare_simulated(graph, &script, &office, &program)
    };
    let verdict = same(&oracle, &ran.did).and_then(|()| simulated());
    Some(verdict.map(|()| ran.did).map_err(|why| format!("{why}answers: {:?}\n{text}", ran.answers)))
}

fn calls() -> impl Strategy<Value = (Vec<Vec<u16>>, Vec<u16>, Vec<u16>)> {
    (vec(vec(any::<u16>(), 24), 1..9), vec(any::<u16>(), 24), vec(any::<u16>(), 100))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, max_global_rejects: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_on_the_machine_go_as_the_drawn_graph_says((nodes, script, answers) in calls()) {
        // A made flow may have a call in the wrong state.
        let Some(verdict) = check(&nodes, &script, &answers) else { return Err(TestCaseError::reject("errors")) };
        prop_assert!(verdict.is_ok(), "{}", verdict.unwrap_err());
    }
}

/// The property would be worth little if the flows were all alike: some call leaves each kind by each of its exits.
#[test]
fn generated_calls_come_to_every_kind_and_exit() {
    let office = world(&project(OFFICE));
    let mut runner = TestRunner::deterministic();
    let mut due = exits_of_every_kind(&office);
    let (mut ran, mut tried) = (0, 0);
    // Most are met within the first thousand; a few need a flow and answers that are rare.
    while !due.is_empty() && tried < 8_000 {
        use proptest::strategy::ValueTree as _;
        tried += 1;
        let (nodes, script, answers) = calls().new_tree(&mut runner).unwrap().current();
        let Some(verdict) = check(&nodes, &script, &answers) else { continue };
        ran += 1;
        let text = flows::text(&nodes, &script, &office);
        let project = project(&text);
        let graph = project.flows.values().next().unwrap();
        for did in verdict.unwrap_or_else(|why| panic!("{why}")) {
            if let Did::Leaves(node, exit) = did {
                let kind = graph.node_of_program(&node).unwrap().1.kind.unwrap();
                due.remove(&(kind.name().to_owned(), exit));
            }
        }
    }
    assert!(ran * 2 > tried, "only {ran} of {tried} made flows compile");
    assert!(due.is_empty(), "of {ran} calls none leaves a node so: {due:?}");
}

/// Kind and exit of all nodes that can be made with these facts.
fn exits_of_every_kind(office: &Catalog) -> BTreeSet<(String, String)> {
    let mut every = BTreeSet::new();
    for kind in flows::kinds() {
        let exits: Vec<_> = match kind.spec().entity.kind() {
            None => kind.exits(&Node::default(), None),
            Some(entity) => (office.keys(entity).into_iter())
                .flat_map(|key| kind.exits(&Node::default(), office.entity(entity, key)))
                .collect(),
        };
        every.extend(exits.into_iter().map(|(exit, _)| (kind.name().to_owned(), exit)));
    }
    every
}

#[test]
fn the_run_cases_and_the_sample_office_go_as_their_graphs_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut calls = 0;
    for folder in ["tests/cases/run", "examples/office"] {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        files.retain(|f| f.extension().is_some_and(|e| e == "flow"));
        let texts: Vec<_> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
        // A case is a file of its own; an office is its files together.
        let one = |bytes: &Vec<u8>| read_text(&[Source { name: "case.flow", bytes }]).project;
        let projects: Vec<Project> = if folder.starts_with("tests") {
            texts.iter().map(one).collect()
        } else {
            let sources: Vec<_> = texts.iter().map(|bytes| Source { name: "office.flow", bytes }).collect();
            vec![read_text(&sources).project]
        };
        for project in projects {
            let world = world(&project);
            for test in project.tests.values() {
                let Ok(script) = Script::of(test, &project, &world) else { continue };
                let graph = &project.flows[script.flow];
                let program = compile(graph, &world).program.expect("a flow without errors");
                let verdict = compare_simulated(graph, &script, &world, &program);
                assert_eq!(verdict, Ok(()), "{}", test.name);
                calls += 1;
            }
        }
    }
    assert!(calls > 60, "only {calls} calls");
}
