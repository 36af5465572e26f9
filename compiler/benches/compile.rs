//! What compiling costs: reading, checking and compiling flows of 10 to 10,000 nodes, how that grows, and how many
//! calls a second the simulator runs. `cargo bench -p flow-compiler --bench compile`.
//!
//! Aims (language.md): a flow of 1,000 nodes checked and compiled in ≤ 10 ms; growth linear to 100,000 nodes.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures real time, and stops at the first thing that isn't as it set it up"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use flow_compiler::compile::compile;
use flow_compiler::diag::Diagnostic;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::sim::{self, Script};
use flow_compiler::{Source, check, read_text, world_of};

/// Rounds of a measurement; the best counts, because everything else is the machine's other work.
const ROUNDS: usize = 7;
/// How long one measurement of the simulator takes.
const SIMULATE: Duration = Duration::from_millis(500);

const NUMBER: &str = "+61299998888";

/// A flow of about so many nodes as people build them: floors of a building, each with hours, a menu, a group, an
/// extension and a mailbox, and the menu's last key leads a floor up.
fn building(nodes: usize) -> String {
    let floors = (nodes / 5).max(1);
    let mut text =
        format!("flow main {{\n  entry office: inbound_number \"{NUMBER}\" -> hours0\n  bye: hangup\n");
    for n in 0..floors {
        let up = if n + 1 < floors { format!("hours{}", n + 1) } else { "bye".to_owned() };
        write!(
            text,
            "  hours{n}: time_switch hours {{\n    open -> menu{n}\n    default -> night{n}\n  }}\n  \
             menu{n}: ivr_menu menu {{\n    1 -> sales{n}\n    2 -> ann{n}\n    9 -> {up}\n    timeout -> night{n}\n    \
             invalid -> night{n}\n  }}\n  sales{n}: ring_group sales {{\n    answered -> bye\n    no_answer -> ann{n}\n  }}\n  \
             ann{n}: extension 101 {{\n    answered -> bye\n    no_answer -> night{n}\n  }}\n  \
             night{n}: voicemail box -> bye\n"
        )
        .unwrap();
    }
    text + "}\n" + ENTITIES
}

const ENTITIES: &str = r#"inbound_number "+61299998888"
extension 101
ring_group sales { members = [101] }
voicemail_box box { greeting = choices }
prompt choices { file = "choices.wav" }
ivr_menu menu {
  greeting = choices
  key 1
  key 2
  key 9
}
time_switch hours {
  timezone = "Australia/Sydney"
  rule open {
    days = mon..fri
    hours = 08:30..17:00
  }
}
test "one call" {
  at 2026-03-02 10:00
  call "+61299998888"
  press 9 9 1
  phone 101 answers after 5s
  expect end normal
}
"#;

fn best(mut work: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap()
}

fn main() {
    println!(
        "{:>8} {:>10} {:>10} {:>12} {:>10} {:>8}",
        "nodes", "read", "check", "check+compile", "ratio", "bytes"
    );
    let mut before: Option<(usize, Duration)> = None;
    for nodes in [10, 100, 1_000, 2_000, 4_000, 8_000, 10_000] {
        let text = building(nodes);
        let source = [Source { name: "bench.flow", bytes: text.as_bytes() }];
        let read = best(|| drop(black_box(read_text(&source))));
        let project = read_text(&source).project;
        let (mut world, conflicts) = world_of(&project);
        let library = ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|name| (name, name));
        world.fill_with(&Catalog::of_library_prompts(library));
        let found = check(&project, &world);
        assert!(conflicts.is_empty() && !found.iter().any(Diagnostic::is_error), "{found:?}");
        let graph = project.flows.values().next().unwrap();
        let checked = best(|| drop(black_box(check(&project, &world))));
        let compiled = best(|| drop(black_box(compile(graph, &world))));
        let bytes = compile(graph, &world).bytes().unwrap().len();
        // How much longer for each doubling: 2.0 is linear growth.
        let ratio = before.map_or_else(String::new, |(n, t)| {
            let doublings = (graph.nodes.len() as f64 / n as f64).log2();
            format!("{:.2}", (compiled.as_secs_f64() / t.as_secs_f64()).powf(1.0 / doublings))
        });
        before = Some((graph.nodes.len(), compiled));
        let [read, checked, compiled] =
            [read, checked, compiled].map(|t| format!("{:.2} ms", t.as_secs_f64() * 1e3));
        println!("{:>8} {read:>10} {checked:>10} {compiled:>12} {ratio:>10} {bytes:>8}", graph.nodes.len());
    }
    println!("aim: 1,000 nodes checked and compiled in 10 ms; ratio per doubling 2.0");
    simulate();
}

fn simulate() {
    let text = building(100);
    let project = read_text(&[Source { name: "bench.flow", bytes: text.as_bytes() }]).project;
    let (world, _) = world_of(&project);
    let graph = project.flows.values().next().unwrap();
    let program = compile(graph, &world).program.unwrap();
    let script = Script::of(project.tests.values().next().unwrap(), &project, &world).unwrap();
    let (start, mut calls) = (Instant::now(), 0_u32);
    while start.elapsed() < SIMULATE {
        let outcome = sim::run(&program, graph, black_box(&script), &world).unwrap();
        assert!(outcome.end.is_some() && outcome.left.is_empty());
        calls += 1;
    }
    let effects = sim::run(&program, graph, &script, &world).unwrap().trace.inputs.len() - 1;
    println!(
        "simulator: {:.0} calls a second of {effects} effects each",
        f64::from(calls) / start.elapsed().as_secs_f64()
    );
}
