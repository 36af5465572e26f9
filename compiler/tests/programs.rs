//! Whatever way a flow goes between text and canvas, its program is the same to the byte: for generated offices whose
//! flows compile.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fmt::Write as _;

use flow_compiler::compile::compile;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{FlowId, Project};
use flow_compiler::library::link;
use flow_compiler::{
    Source, read_catalog, read_json, read_text, world_of, write_catalog, write_json, write_text,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Nodes that need no more than names: `{}` is where an exit leads.
const KINDS: &[(&str, &str)] = &[
    ("extension 101 { ring = 25s", "answered no_answer busy"),
    ("extension 102 {", "no_answer declined unavailable"),
    ("ring_group sales {", "answered no_answer"),
    ("voicemail night {", "next full"),
    ("play_message hello { barge_in = true", "next interrupted"),
    ("play_message hello {", "next"),
    ("ivr_menu main { timeout = 7s", "1 2 * timeout invalid"),
    ("ivr_menu main {", "1 2 * timeout"),
    ("time_switch hours {", "open holiday default"),
    ("time_switch hours {", "default"),
    ("hangup {", ""),
    ("subflow { flow = verify  gives = [\"caller.name\", \"2\"]", "ok failed"),
    ("subflow { flow = count  gives = [\"3\"]", "done"),
];

const ENTITIES: &str = r#"
flow verify "Who is it?" {
  inputs = [name:text, tries:number]
  exits = [ok, failed]
  zone = "Europe/Berlin"
  entry begin: start -> known
  known: branch { when = "name == 'Ann' and now.time < 12:00"  yes -> count  no -> play }
  count: subflow { flow = count  gives = ["tries"]  done -> ok }
  play: play_message hello -> failed
  ok: return { exit = ok }
  failed: return { exit = failed }
}
flow count {
  inputs = [n:number]
  exits = [done]
  entry begin: start -> more
  more: branch { when = "n > 0"  yes -> again  no -> done }
  again: subflow { flow = count  gives = ["n - 1"]  done -> done }
  done: return { exit = done }
}
inbound_number "+61299998888"
inbound_number "+61299997777" "Fax"
extension 101 "Ann"
extension 102 { ring_timeout = 40s }
ring_group sales { members = [101, 102] }
voicemail_box night
prompt hello { file = "hello.wav" }
ivr_menu main {
  greeting = hello
  retries = 2
  key 1
  key 2 "Two"
  key *
}
time_switch hours {
  timezone = "Europe/Berlin"
  rule open { days = mon..fri  hours = [08:00..12:00, 22:00..02:00] }
  except holiday { date = 2026-12-24..2026-12-26  as = holiday }
}
"#;

/// A flow in text: the entry leads to the first node, node `n` is `names[n]`, and exits lead where the numbers say.
fn flow(names: &[String], nodes: &[(usize, Vec<usize>)], at: &[(i16, i16)]) -> String {
    let target = |n: usize| names[n % names.len()].as_str();
    let first = target(0);
    let mut text = format!(
        "flow main \"Main\" {{\n  entry in: inbound_number \"+61299998888\" \"+61299997777\" -> {first}\n"
    );
    for (name, (kind, targets)) in names.iter().zip(nodes) {
        let (head, exits) = KINDS[kind % KINDS.len()];
        write!(text, "  {name}: {head}").unwrap();
        for (exit, to) in exits.split_whitespace().zip(targets) {
            write!(text, "  {exit} -> {}", target(*to)).unwrap();
        }
        text.push_str(" }\n");
    }
    text.push_str("}\nlayout main {\n");
    for (name, (x, y)) in names.iter().zip(at) {
        writeln!(text, "  {name} {x},{y}").unwrap();
    }
    text + "}\n" + ENTITIES
}

fn text(text: &str) -> Project {
    let read = read_text(&[Source { name: "made.flow", bytes: text.as_bytes() }]);
    assert!(!read.diagnostics.iter().any(|d| d.is_error()), "{:?}\n{text}", read.diagnostics);
    read.project
}

/// A canvas. The flows that it calls have canvases of their own in the same folder.
fn canvas(json: &str, office: &Project, world: &Catalog) -> Project {
    let read = |json: &str| {
        let read = read_json(&Source { name: "made.json", bytes: json.as_bytes() }, world);
        assert!(!read.diagnostics.iter().any(|d| d.is_error()), "{:?}\n{json}", read.diagnostics);
        read.project
    };
    let mut drawn = read(json);
    let others = office.flows.keys().skip(1).map(|flow| read(&write_json(office, flow, world)));
    let others: Vec<_> =
        others.flat_map(|project| project.flows.values().cloned().collect::<Vec<_>>()).collect();
    for flow in others {
        drawn.flows.push(flow);
    }
    link(drawn.flows.values_mut());
    drawn
}

/// The bytes of the first flow; what was found, if there are none.
fn bytes(project: &Project, world: &Catalog) -> Result<Vec<u8>, String> {
    let flow = project.flows.values().next().ok_or("no flow")?;
    let compiled = compile(flow, world);
    compiled.bytes().ok_or_else(|| format!("{:#?}", compiled.diagnostics))
}

fn world(project: &Project) -> Catalog {
    let (mut world, _) = world_of(project);
    world.fill_with(&Catalog::of_library_prompts(["goodbye", "vm-greeting"].map(|name| (name, name))));
    world.number_all();
    world
}

/// Every name a plain word or not, all of them different.
fn names(count: usize) -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![3 => "[a-z]{1,6}", 1 => "[a-z]{1,3} [A-Zäß]{1,3}"];
    vec(name, count).prop_map(|names| {
        let numbered = names.into_iter().enumerate().map(|(n, name)| format!("{name}{n}"));
        numbered.map(|n| if n.contains(' ') { format!("{n:?}") } else { n }).collect()
    })
}

prop_compose! {
    fn office()(count in 1..9usize)(
        names in names(count),
        nodes in vec((0..KINDS.len(), vec(0..count, 5)), count),
        at in vec((any::<i16>(), any::<i16>()), count),
    ) -> String {
        flow(&names, &nodes, &at)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_global_rejects: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn programs_survive_every_way_between_text_and_canvas(office in office()) {
        let first = text(&office);
        let facts = world(&first);
        // A loop without a wait is the one error that a made flow can have.
        let Ok(program) = bytes(&first, &facts) else { return Err(TestCaseError::reject("a hot loop")) };

        let printed = write_text(&first);
        prop_assert_eq!(bytes(&text(&printed), &facts), Ok(program.clone()), "text → text\n{}", printed);

        let json = write_json(&first, FlowId::from_u32(0), &facts);
        let drawn = canvas(&json, &first, &facts);
        prop_assert_eq!(bytes(&drawn, &facts), Ok(program.clone()), "text → JSON\n{}", json);

        let back = text(&write_text(&drawn));
        prop_assert_eq!(bytes(&back, &facts), Ok(program.clone()), "text → JSON → text\n{}", write_text(&drawn));
        let again = write_json(&back, FlowId::from_u32(0), &facts);
        prop_assert_eq!(bytes(&canvas(&again, &back, &facts), &facts), Ok(program.clone()), "JSON → text → JSON\n{}", again);

        // The catalogue as the other source of facts.
        let catalog = write_catalog(&facts);
        let read = read_catalog(&Source { name: "catalog.json", bytes: catalog.as_bytes() });
        prop_assert_eq!(bytes(&drawn, &world(&read.project)), Ok(program), "facts of a catalogue\n{}", catalog);
    }
}

/// A flow that others call has no program of its own, and one with errors makes none for those that call it.
#[test]
fn a_flow_with_errors_cannot_be_called() {
    let text = |exit: &str| {
        format!(
            "flow main {{\n  entry in: inbound_number \"+61299998888\" -> a\n  a: subflow {{ flow = verify  ok -> bye }}\n  \
             bye: hangup\n}}\nflow verify {{\n  exits = [ok]\n  entry begin: start -> ok\n  ok: return {{ exit = {exit} }}\n}}\n\
             inbound_number \"+61299998888\"\n"
        )
    };
    for (exit, works) in [("ok", true), ("okay", false)] {
        let text = text(exit);
        let read =
            flow_compiler::read_text(&[flow_compiler::Source { name: "a.flow", bytes: text.as_bytes() }]);
        let (world, _) = flow_compiler::world_of(&read.project);
        let mut flows = read.project.flows.values();
        let main = flow_compiler::compile::compile(flows.next().unwrap(), &world);
        assert_eq!(main.program.is_some(), works);
        let codes: Vec<_> = main.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        let broken = flow_compiler::diag::Code::BrokenSubflow;
        assert_eq!(codes, if works { vec![] } else { vec![broken] });
        assert!(flow_compiler::compile::compile(flows.next().unwrap(), &world).program.is_none());
    }
}
