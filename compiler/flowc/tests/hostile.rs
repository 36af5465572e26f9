//! Files that are made to choke whoever reads them: `flowc` says what is wrong with each, in bounded memory. How long it
//! took and how much memory it had is printed (`cargo test -p flowc --test hostile -- --nocapture`); only a hang fails by
//! time.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says by a panic what is wrong")]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// After so long nobody waits any more. In an optimised build every file takes less than a second.
const HANG: Duration = Duration::from_secs(300);
/// Most memory that a file may cost, in KiB. JSON of 64 MiB is held as bytes and as text.
const MEMORY_MAX_KIB: u64 = 400 << 10;

const MILLION: usize = 1_000_000;

/// A file, the command that reads it, and what is said of it.
struct Hostile {
    what: &'static str,
    file: &'static str,
    says: &'static str,
    make: fn() -> Vec<u8>,
}

const fn hostile(
    what: &'static str,
    file: &'static str,
    says: &'static str,
    make: fn() -> Vec<u8>,
) -> Hostile {
    Hostile { what, file, says, make }
}

fn canvas(nodes: &str) -> Vec<u8> {
    format!("{{\"nodes\":[{nodes}],\"edges\":[]}}").into_bytes()
}

fn numbered(line: impl Fn(usize) -> String) -> String {
    (0..MILLION).map(line).collect()
}

/// Bytes that look like nothing, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut x = 1_u64;
    let mut next = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        x.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

const ALL: &[Hostile] = &[
    hostile("a million nodes", "a.flow", "F004", || {
        format!("flow a {{\n{}}}\n", numbered(|n| format!("n{n}: hangup\n"))).into_bytes()
    }),
    hostile("a million nodes in 8 MB", "a.flow", "F004", || {
        format!("flow a {{\n{}}}\n", numbered(|n| format!("{n:x}:b\n"))).into_bytes()
    }),
    hostile("a million blocks in each other", "a.flow", "F001", || b"{".repeat(MILLION)),
    hostile("a million flows in each other", "a.flow", "F004", || b"flow a {".repeat(MILLION)),
    hostile("a million lists in each other", "a.flow", "F004", || {
        format!("trunk a {{ hosts = {}{} }}", "[".repeat(MILLION), "]".repeat(MILLION)).into_bytes()
    }),
    hostile("a million parentheses", "a.flow", "F004", || {
        let (open, close) = ("(".repeat(MILLION), ")".repeat(MILLION));
        format!("flow a {{ x: branch {{ when = \"{open}1{close}\" }} }}").into_bytes()
    }),
    hostile("parentheses as many as are read", "a.flow", "F105", || {
        let (open, close) = ("(".repeat(500), ")".repeat(500));
        format!("flow a {{ x: branch {{ when = \"{open}1{close}\" }} }}").into_bytes()
    }),
    hostile("text of 100 MB", "a.flow", "F004", || b"n: hangup\n".repeat(10 * MILLION)),
    hostile("text that isn't UTF-8", "a.flow", "F003", || vec![0xff; 12 * MILLION]),
    hostile("text whose last byte isn't UTF-8", "a.flow", "F003", || {
        let mut text = b"//\n".repeat(100_000);
        text.push(0xff);
        text
    }),
    hostile("12 MB of `}`", "a.flow", "F004", || b"}".repeat(12 * MILLION)),
    hostile("one line of words", "a.flow", "F010", || b"x ".repeat(900_000)),
    hostile("a field 100,000 times", "a.flow", "F113", || {
        format!("flow a {{ n: hangup {{\n{}}} }}", "cause = normal\n".repeat(100_000)).into_bytes()
    }),
    hostile("a number of 11 million digits", "a.flow", "F004", || {
        format!("flow a {{ x: extension 1 {{ ring = {} }} }}", "9".repeat(11 * MILLION)).into_bytes()
    }),
    hostile("a million nodes on a canvas", "a.json", "F004", || {
        let mut nodes = numbered(|n| format!("{{\"id\":\"n{n}\",\"type\":\"hangup\"}},"));
        nodes.pop();
        canvas(&nodes)
    }),
    hostile("a million lists in JSON", "a.json", "F004", || b"[".repeat(MILLION)),
    hostile("a million objects in JSON", "a.json", "F004", || b"{\"a\":".repeat(MILLION)),
    hostile("JSON of 100 MB", "a.json", "F004", || b"[0]".repeat(33 * MILLION + MILLION / 2)),
    hostile("31 million zeros", "a.json", "F004", || canvas(&("0,".repeat(31 * MILLION) + "0"))),
    hostile("9 million members of one name", "a.json", "F004", || {
        format!("{{{}\"nodes\":[]}}", "\"a\":1,".repeat(9 * MILLION)).into_bytes()
    }),
    hostile("a member of one name 100,000 times", "a.json", "F006", || {
        format!("{{{}\"nodes\":[],\"edges\":[]}}", "\"a\":1,".repeat(100_000)).into_bytes()
    }),
    hostile("a million members", "a.json", "F004", || {
        format!("{{{}\"nodes\":[]}}", numbered(|n| format!("\"{n}\":1,"))).into_bytes()
    }),
    hostile("JSON that isn't UTF-8", "a.json", "F005", || {
        [&b"{\"nodes\":[\""[..], &vec![0xff; 60 * MILLION], b"\"]}"].concat()
    }),
    hostile("a number with an exponent without end", "a.json", "F005", || {
        canvas("{\"id\":\"a\",\"type\":\"extension\",\"data\":{\"config\":{\"ring\":1e999999999}}}")
    }),
    hostile("a number of 60 million digits", "a.json", "F005", || {
        canvas(&format!("{{\"id\":\"a\",\"position\":{{\"x\":{}}}}}", "9".repeat(60 * MILLION)))
    }),
    hostile("an id of 60 MB", "a.json", "F007", || {
        canvas(&format!("{{\"id\":\"{}\",\"type\":\"hangup\"}}", "a".repeat(60 * MILLION)))
    }),
    hostile("a catalogue of 31 million zeros", "catalog.json", "F004", || {
        format!("{{\"extension\":[{}0]}}", "0,".repeat(31 * MILLION)).into_bytes()
    }),
    hostile("a catalogue of a million lists", "catalog.json", "F004", || b"{\"extension\":[".repeat(MILLION)),
    hostile("a catalogue of 100 MB", "catalog.json", "F004", || b" ".repeat(100 * MILLION)),
    hostile("a program of 100 MB", "a.fbc", "rule Container", || vec![0; 100 * MILLION]),
    hostile("a program of noise", "a.fbc", "rule Container", || noise(20 * MILLION)),
    hostile("a trace of 100 MB", "a.trace", "longer than a trace may be", || b"a\n".repeat(50 * MILLION)),
    hostile("a trace of 4 million lines", "a.trace", "this is no trace", || b"x\n".repeat(4 * MILLION - 1)),
    hostile("a trace that isn't UTF-8", "a.trace", "this isn't UTF-8", || noise(8 * MILLION)),
];

#[test]
fn whatever_it_is_given_flowc_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    println!("{:<42} {:>10} {:>9} {:>8}", "file", "bytes", "memory", "time");
    for one in ALL {
        let path = folder.path().join(one.file);
        let bytes = (one.make)();
        std::fs::write(&path, &bytes).unwrap();
        let Ran { said, status, peak_kib, took } = run(one, folder.path());
        println!("{:<42} {:>10} {:>5} MiB {:>5} ms", one.what, bytes.len(), peak_kib >> 10, took.as_millis());
        let told: String = said.chars().take(500).collect();
        assert!(said.contains(one.says), "{}: {} is due, and this was said: {told}", one.what, one.says);
        assert!(matches!(status, Some(1 | 2)), "{}: status {status:?}: {told}", one.what);
        assert!(said.len() < 2 * MILLION, "{}: {} bytes are said", one.what, said.len());
        assert!(peak_kib < MEMORY_MAX_KIB, "{}: {} MiB", one.what, peak_kib >> 10);
        std::fs::remove_file(&path).unwrap();
    }
}

struct Ran {
    said: String,
    status: Option<i32>,
    /// The most memory that was seen; the system keeps the mark while the process lives.
    peak_kib: u64,
    took: Duration,
}

fn run(one: &Hostile, folder: &Path) -> Ran {
    let out = folder.join("said.out");
    let file = std::fs::File::create(&out).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
    let path = folder.join(one.file);
    if one.file.ends_with(".trace") {
        command.arg("replay").arg(&path).arg(folder.join("none.flow"));
    } else if one.file == "catalog.json" {
        std::fs::write(folder.join("main.flow"), "flow main {\n}\n").unwrap();
        command.arg("check").arg(folder);
    } else {
        command.arg("check").arg(&path);
    }
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak_of(child.id()));
        match child.try_wait().unwrap() {
            Some(status) => break status.code(),
            None if start.elapsed() > HANG => {
                child.kill().unwrap();
                panic!("{}: flowc hangs", one.what);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let took = start.elapsed();
    let mut said = String::new();
    std::fs::File::open(&out).unwrap().read_to_string(&mut said).unwrap();
    Ran { said, status, peak_kib, took }
}

/// `VmHWM` of a process; 0 where there is no such thing, or no such process any more.
fn peak_of(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}
