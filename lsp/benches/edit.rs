//! How long an editor waits after a key stroke in a file of 1,000 nodes: 1,000 random edits, each followed by the findings, the
//! colours and a completion at the place. `cargo bench -p flow-lsp --bench edit`.
//!
//! Aim: p99 ≤ 20 ms. It stops if what is known at the end isn't what a fresh start finds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a bench prints, and stops at the first thing that isn't as it set it up"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

#[path = "../tests/client/mod.rs"]
mod client;
use client::Client;

/// As in flow-lsp.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EDITS: usize = 1_000;
const NODES: usize = 1_000;
const FILE: &str = "main.flow";

/// A flow of about so many nodes as people build them: floors of a building, and the menu's last key leads a floor up.
fn building(nodes: usize) -> String {
    let floors = nodes / 5;
    let mut text =
        "flow main {\n  entry office: inbound_number \"+61299998888\" -> hours0\n  bye: hangup\n".to_owned();
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
    text + "}\n"
}

const OFFICE: &str = "inbound_number \"+61299998888\"\nextension 101\nring_group sales { members = [101] }\n\
                      voicemail_box box\nivr_menu menu {\n  greeting = goodbye\n  key 1\n  key 2\n  key 9\n}\n\
                      time_switch hours {\n  timezone = \"Australia/Sydney\"\n  rule open { days = mon..fri }\n}\n";

/// A small generator of our own: the same edits every time.
struct Random(u64);
impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

fn opened(text: &str) -> (tempfile::TempDir, Client) {
    let disk = tempfile::tempdir().unwrap();
    let mut client = Client::new(disk.path());
    client.file(FILE, text);
    client.file("office.flow", OFFICE);
    client.start();
    client.open(FILE);
    (disk, client)
}

/// Processor time of all threads so far, where the system tells it: on a busy machine the time that passes is others' too.
fn worked() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of = |task: std::fs::DirEntry| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(tasks.filter_map(of).sum())
}

/// How long something took: the time that passed, and the processor time of both sides.
fn timed(times: &mut Vec<[Duration; 2]>, work: impl FnOnce()) {
    let (start, before) = (Instant::now(), worked());
    work();
    times.push([start.elapsed(), worked().saturating_sub(before)]);
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort();
    times[(times.len() - 1) * percent / 100]
}

fn main() {
    let start = Instant::now();
    let (_disk, mut client) = opened(&building(NODES));
    println!("first findings of {NODES} nodes: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    let mut random = Random(7);
    let words = ["a", "1", " ", "->", "bye", "{", "\n", "extension 101", "é", "\""];
    let (mut found, mut coloured, mut completed) = (Vec::new(), Vec::new(), Vec::new());
    // Every second edit takes the one before it back.
    for _ in 0..EDITS {
        let text = client.text(FILE);
        let at = (0..=random.below(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap();
        let word = words[random.below(words.len())];
        // Most edits are taken back by the next, as slips are: the file stays a file.
        for (range, with) in [(at..at, word), (at..at + word.len(), "")] {
            timed(&mut found, || {
                client.change(FILE, range, with);
                client.barrier();
            });
            timed(&mut coloured, || client.coloured(FILE));
            timed(&mut completed, || {
                client.completions(FILE, at);
            });
            client.told();
        }
    }
    for (what, times) in
        [("findings", &mut found), ("colours", &mut coloured), ("completion", &mut completed)]
    {
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        for (number, of) in ["passed", "worked"].into_iter().enumerate() {
            let mut one: Vec<Duration> = times.iter().map(|t| t[number]).collect();
            let (p50, p99) = (ms(percentile(&mut one, 50)), ms(percentile(&mut one, 99)));
            println!(
                "{what} after an edit in {NODES} nodes, {} edits: {of} p50 {p50:.1} ms, p99 {p99:.1} ms",
                one.len()
            );
        }
    }
    let (_fresh_disk, fresh) = opened(client.text(FILE));
    assert_eq!(client.findings, fresh.findings, "what is known at the end isn't what a fresh start finds");
    client.stop();
    fresh.stop();
    println!("no drift from a fresh start");
}
