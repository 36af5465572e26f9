//! What compiling costs: reading (both views), checking and compiling flows of 10 to 100,000 nodes, how that grows, and
//! how many calls a second the simulator runs on one core. `cargo bench -p flow-compiler --bench compile`.
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
use flow_compiler::{Source, check, read_json, read_text, world_of, write_json};
use rustix::time::{ClockId, clock_gettime};

/// Rounds of a measurement; the best counts, because everything else is the machine's other work.
const ROUNDS: usize = 9;
const ROUNDS_OF_LARGE: usize = 3;
/// How long one measurement of the simulator takes.
const SIMULATE: Duration = Duration::from_millis(500);

/// As in flowc and flow-lsp.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// The processor's time, not the clock's: what else the machine does in between doesn't count.
fn best(rounds: usize, mut work: impl FnMut()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
    };
    let times = (0..rounds).map(|_| {
        let start = now();
        work();
        now() - start
    });
    times.min().unwrap()
}

/// A flow whose nodes are wide: each is a switch with so many rules, and each rule has its edge.
fn wide(nodes: usize, rules: usize) -> String {
    let mut text =
        format!("flow main {{\n  entry office: inbound_number \"{NUMBER}\" -> hours0\n  bye: hangup\n");
    for n in 0..nodes {
        let up = if n + 1 < nodes { format!("hours{}", n + 1) } else { "bye".to_owned() };
        write!(text, "  hours{n}: time_switch wide {{\n    default -> {up}\n").unwrap();
        (0..rules).for_each(|rule| writeln!(text, "    r{rule} -> {up}").unwrap());
        text.push_str("  }\n");
    }
    text.push_str("}\ntime_switch wide {\n  timezone = \"UTC\"\n");
    for rule in 0..rules {
        let (hour, minute) = (rule / 60 % 24, rule % 60);
        let (end_hour, end) = ((rule + 1) / 60 % 24, (rule + 1) % 60);
        let hours = format!("{hour:02}:{minute:02}..{end_hour:02}:{end:02}");
        writeln!(text, "  rule r{rule} {{ days = mon hours = {hours} }}").unwrap();
    }
    text + "}\n" + ENTITIES
}

/// What one flow took.
struct Times {
    nodes: usize,
    /// Reading text, reading JSON, checking, checking and compiling.
    took: [Duration; 4],
    bytes: usize,
}

fn measure(text: &str) -> Times {
    let rounds = if text.len() > 1 << 20 { ROUNDS_OF_LARGE } else { ROUNDS };
    let source = [Source { name: "bench.flow", bytes: text.as_bytes() }];
    let project = read_text(&source).project;
    let (mut world, conflicts) = world_of(&project);
    let library = ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|name| (name, name));
    world.fill_with(&Catalog::of_library_prompts(library));
    let found = check(&project, &world);
    assert!(conflicts.is_empty() && !found.iter().any(Diagnostic::is_error), "{found:?}");
    let (id, graph) = project.flows.iter().next().unwrap();
    let json = write_json(&project, id, &world);
    let canvas = Source { name: "bench.json", bytes: json.as_bytes() };
    assert!(read_json(&canvas, &world).project.flows.values().next().unwrap().nodes == graph.nodes);
    let took = [
        best(rounds, || drop(black_box(read_text(&source)))),
        best(rounds, || drop(black_box(read_json(&canvas, &world)))),
        best(rounds, || drop(black_box(check(&project, &world)))),
        best(rounds, || drop(black_box(compile(graph, &world)))),
    ];
    Times { nodes: graph.nodes.len(), took, bytes: compile(graph, &world).bytes().map_or(0, |b| b.len()) }
}

fn table(title: &str, flows: impl Iterator<Item = String>) {
    println!("{title}");
    println!(
        "   nodes   read text   read JSON       check   check+compile   text+compile    growth     bytes"
    );
    let mut before: Option<Times> = None;
    for text in flows {
        let now = measure(&text);
        let [text, json, check, compile] = now.took.map(|t| t.as_secs_f64() * 1e3);
        // How much longer for each doubling: 2.00 is linear growth.
        let growth = before.map_or_else(String::new, |was| {
            let total = |t: &Times| (t.took[0] + t.took[3]).as_secs_f64();
            let doublings = (now.nodes as f64 / was.nodes as f64).log2();
            format!("{:.2}", (total(&now) / total(&was)).powf(1.0 / doublings))
        });
        println!(
            "{:>8} {text:>8.2} ms {json:>8.2} ms {check:>8.2} ms {compile:>12.2} ms {:>11.2} ms {growth:>9} {:>9}",
            now.nodes,
            text + compile,
            now.bytes
        );
        before = Some(now);
    }
}

fn main() {
    // `cargo bench … -- 1000 2000` measures these sizes only.
    let named: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let all = [10, 100, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 100_000];
    let sizes = if named.is_empty() { all.to_vec() } else { named.clone() };
    table("A building: floors with hours, menu, group, extension, mailbox", sizes.into_iter().map(building));
    println!(
        "aim: 1,000 nodes checked and compiled in ≤ 10 ms; growth by a doubling 2.00 up to 100,000 nodes\n"
    );
    if !named.is_empty() {
        return;
    }
    table(
        "Wide: twenty switches of so many rules",
        [50, 100, 200, 400, 800].into_iter().map(|n| wide(20, n)),
    );
    println!();
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
