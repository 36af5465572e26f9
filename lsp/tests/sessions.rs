//! Runs the sessions in `tests/cases/lsp`: an editor's messages as data, with what the server answers below each as lines
//! that begin by `~`. They go through the protocol: the server runs behind a connection.
//!
//! ```text
//! # findings in full       findings with what they say; without it, their places and codes
//! === main.flow            a file on disk, before the server starts; ‹a› marks a position
//! === session              steps, one a line:
//! open FILE                the editor opens the file as it is on disk
//! change FILE A..B "text"  it replaces a range (marks or LINE:COLUMN, from 0)
//! close FILE
//! write FILE "text"        another program writes the file; the editor says so
//! ask METHOD FILE [A[..B]] [{…}]   a request about a document, with members to add
//! complete FILE MARK [LABEL,…]     completions in short, all or some
//! colours FILE                      semantic tokens, a word each
//! apply METHOD FILE …      the same, and the edits of the answer (of its last code action) are made
//! command NAME {…}         workspace/executeCommand with one argument
//! workspace added|removed FOLDER    the editor's folders change
//! send METHOD {…}          a request as it stands
//! ```
//!
//! `UPDATE=1 cargo test -p flow-lsp --test sessions` writes what is the case into the files; look at the difference.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says by a panic what is wrong"
)]

mod client;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use client::Client;

#[test]
fn sessions_go_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/lsp");
    let entries = std::fs::read_dir(&folder).expect("the folder of sessions");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "session"));
    paths.sort();
    assert!(!paths.is_empty(), "no sessions");
    let mut wrong = Vec::new();
    for path in paths {
        let whole = std::fs::read_to_string(&path).unwrap();
        let is = played(&whole);
        if whole == is {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, is).unwrap();
            continue;
        }
        let line = whole.lines().zip(is.lines()).position(|(a, b)| a != b);
        let line = line.unwrap_or_else(|| whole.lines().count().min(is.lines().count()));
        let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        wrong.push(format!("{name}:{}\n  case: {}\n  is:   {}", line + 1, at(&whole), at(&is)));
    }
    assert!(
        wrong.is_empty(),
        "{} sessions differ (UPDATE=1 rewrites them):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The first line of sessions that are about what findings say; others show their places and codes.
const IN_FULL: &str = "# findings in full\n";

/// A session with what came of each step.
fn played(whole: &str) -> String {
    let kept: String = whole.split_inclusive('\n').filter(|l| !l.starts_with('~')).collect();
    let (files, steps) = kept.split_once("=== session\n").expect("a session has `=== session`");
    let disk = tempfile::tempdir().unwrap();
    let mut client = Client::new(disk.path());
    client.in_full = whole.starts_with(IN_FULL);
    let mut out = format!("{files}=== session\n");
    for file in files.split("=== ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        client.file(name.trim(), text);
    }
    client.start();
    note(&mut out, &client.told());
    for step in steps.lines() {
        out.push_str(step);
        out.push('\n');
        if !step.trim().is_empty() && !step.starts_with('#') {
            let answer = client.step(step);
            note(&mut out, &client.told());
            note(&mut out, &answer);
        }
    }
    client.stop();
    out
}

fn note(out: &mut String, said: &str) {
    for line in said.lines() {
        writeln!(out, "{}", format!("~ {line}").trim_end()).unwrap();
    }
}
