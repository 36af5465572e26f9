//! One flow is one program, whichever view it comes from: generated flows that compile give the same bytes over
//! text → JSON → text and over JSON → text → JSON.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use flow_compiler::compile::compile;
use flow_compiler::entity::catalog::{Catalog, Overlay};
use flow_compiler::graph::{FlowId, Graph, Project};
use flow_compiler::world::World;
use flow_compiler::{Source, read_json, read_text, world_of, write_json, write_text};
use proptest::collection::vec;
use proptest::prelude::*;

const ENTITIES: &str = include_str!("../../examples/office/office.flow");
const LIBRARY: [&str; 5] = ["vm-greeting", "goodbye", "menu-invalid", "menu-timeout", "after-hours"];

/// What a node may be: head behind its name, and the exits that are wired, each with how likely.
const SHAPES: [(&str, &[(&str, bool)]); 10] = [
    ("time_switch office-hours", &[("business", true), ("default", true)]),
    ("ivr_menu main-menu", &[("1", true), ("2", true), ("3", true), ("timeout", false), ("invalid", false)]),
    ("ivr_menu main-menu", &[("3", true), ("timeout", true), ("2", true), ("1", true), ("invalid", true)]),
    (
        "ring_group sales",
        &[("no_answer", true), ("answered", false), ("busy", false), ("unavailable", false)],
    ),
    ("extension 101", &[("no_answer", true), ("answered", false), ("declined", false)]),
    ("extension 102", &[("answered", true), ("busy", false), ("no_answer", true)]),
    ("voicemail sales", &[("next", false), ("full", false), ("failed", false)]),
    ("voicemail after-hours", &[("next", true)]),
    ("play_message after-hours", &[("next", true), ("interrupted", false)]),
    ("hangup", &[]),
];

/// A node: its shape, a number that decides on optional things, and where its exits lead.
type NodePlan = (usize, u32, Vec<usize>);

fn flow_text(plans: &[NodePlan], names: &[String]) -> String {
    let name = |n: usize| format!("\"{} {}\"", names[n % names.len()], n % plans.len());
    let mut text = "// A generated flow.\nflow made \"Made\" {\n".to_owned();
    text += &format!("  entry start: inbound_number \"+61299998888\" -> {}\n", name(0));
    for (n, (shape, chance, targets)) in plans.iter().enumerate() {
        let (head, exits) = SHAPES[shape % SHAPES.len()];
        text += &format!("  // Node {n}.\n  {} \"Label {n}\": {head} {{\n", name(n));
        if head.starts_with("extension") && chance % 3 == 0 {
            text += &format!("    ring = {}s\n", 5 + chance % 60);
        }
        if head == "hangup" && chance % 2 == 0 {
            text += "    cause = normal\n";
        }
        for (i, (exit, required)) in exits.iter().enumerate() {
            if *required || chance >> i & 1 == 1 {
                text += &format!("    {exit} -> {} // exit {i}\n", name(targets[i % targets.len()]));
            }
        }
        text += "  }\n";
    }
    text + "}\n"
}

fn only_flow(project: &Project) -> &Graph {
    project.flows.get(FlowId::from_u32(0)).unwrap()
}

fn bytes(project: &Project, world: &dyn World) -> Option<Vec<u8>> {
    compile(only_flow(project), world).bytes()
}

fn text_of(text: &str) -> Project {
    let read = read_text(&[Source { name: "made.flow", bytes: text.as_bytes() }]);
    assert_eq!(read.diagnostics, [], "{text}");
    read.project
}

fn canvas_of(json: &str, world: &dyn World) -> Project {
    read_json(&Source { name: "made.json", bytes: json.as_bytes() }, world).project
}

/// The same bytes by every way; whether there are any.
fn same_by_every_way(text: &str) -> bool {
    let (entities, _) = world_of(&text_of(ENTITIES));
    let library = Catalog::of_library_prompts(LIBRARY.map(|name| (name, "")));
    let world = Overlay { declared: &entities, base: &library };
    let flow = FlowId::from_u32(0);

    let first = text_of(text);
    let program = bytes(&first, &world);
    let canvas = write_json(&first, flow, &world);
    let from_canvas = canvas_of(&canvas, &world);
    assert_eq!(bytes(&from_canvas, &world), program, "text → JSON\n{text}\n{canvas}");
    let printed = write_text(&from_canvas);
    let from_print = text_of(&printed);
    assert_eq!(bytes(&from_print, &world), program, "text → JSON → text\n{text}\n{printed}");
    let canvas_again = write_json(&from_print, flow, &world);
    assert_eq!(bytes(&canvas_of(&canvas_again, &world), &world), program, "JSON → text → JSON\n{printed}");
    program.is_some()
}

fn plans() -> impl Strategy<Value = (Vec<NodePlan>, Vec<String>)> {
    let node = (0..SHAPES.len(), any::<u32>(), vec(0..64usize, 1..6));
    (vec(node, 1..14), vec("[a-z]{1,5}(-[a-z]{1,2})?", 1..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_gives_the_same_program((plans, names) in plans()) {
        same_by_every_way(&flow_text(&plans, &names));
    }
}

/// The generator isn't worth much if what it makes never compiles.
#[test]
fn most_generated_flows_compile() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let made = (0..100).map(|_| plans().new_tree(&mut runner).unwrap().current());
    let compiled = made.filter(|(plans, names)| same_by_every_way(&flow_text(plans, names))).count();
    assert!(compiled >= 50, "only {compiled} of 100 generated flows compile");
}

/// Dropping an edge on the way must show.
#[test]
fn a_lost_edge_is_noticed() {
    let text = flow_text(&[(4, 3, vec![1, 1, 1]), (9, 1, vec![0])], &["a".to_owned()]);
    let (entities, _) = world_of(&text_of(ENTITIES));
    let project = text_of(&text);
    let whole = bytes(&project, &entities);
    assert!(whole.is_some(), "{text}");
    let answered = text.lines().find(|line| line.contains("answered ->")).unwrap();
    assert_ne!(bytes(&text_of(&text.replace(answered, "")), &entities), whole);
}
