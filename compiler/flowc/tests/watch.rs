//! `flowc … --watch`: what changes is looked at again, until Ctrl-C.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test says by a panic what is wrong")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

const GOOD: &str = r#"flow main {
  entry office: inbound_number "+61299998888" -> bye
  bye: hangup
}

inbound_number "+61299998888"

test "it ends" {
  call "+61299998888"
  expect end normal
}
"#;

struct Watched {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Watched {
    fn new(folder: &Path, args: &[&str]) -> Watched {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
        let command = command.args(args).current_dir(folder).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Watched { child, out: BufReader::new(out), err: BufReader::new(err) }
    }

    /// Reads remarks up to one with this in it.
    fn remarks(&mut self, what: &str) {
        let mut line = String::new();
        while !line.contains(what) {
            line.clear();
            assert_ne!(self.err.read_line(&mut line).unwrap(), 0, "it ended before it said {what:?}");
        }
    }

    fn result(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Ctrl-C; the exit status.
    fn stop(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

#[test]
fn a_check_is_done_again_after_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("main.flow");
    std::fs::write(&file, GOOD).unwrap();
    let mut watched = Watched::new(folder.path(), &["check", "--format", "github", "--watch"]);
    watched.remarks("watching");
    watched.remarks("1 flow checked, nothing found");
    // As editors write: beside the file, then in its place.
    let beside = folder.path().join("main.flow.new");
    std::fs::write(&beside, GOOD.replace("-> bye", "-> by")).unwrap();
    std::fs::rename(&beside, &file).unwrap();
    watched.remarks("main.flow changed");
    assert!(watched.result().starts_with("::error file=main.flow,line=2"), "a slip");
    std::fs::write(&file, GOOD).unwrap();
    watched.remarks("nothing found");
    assert_eq!(watched.stop(), 0);
}

#[test]
fn tests_are_run_again_and_the_last_result_is_the_status() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.flow"), GOOD).unwrap();
    let mut watched = Watched::new(folder.path(), &["test", "--watch", "main.flow"]);
    watched.remarks("1 test passed, 0 failed");
    let wrong = GOOD.replace("expect end normal", "expect end busy");
    std::fs::write(folder.path().join("main.flow"), wrong).unwrap();
    watched.remarks("0 tests passed, 1 failed");
    assert_eq!(watched.stop(), 1);
}

#[test]
fn standard_input_cannot_be_watched() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = Watched::new(folder.path(), &["check", "--watch", "-"]);
    watched.remarks("standard input can't be watched");
    assert_eq!(watched.child.wait().unwrap().code(), Some(2));
}
