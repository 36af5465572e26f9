//! `flowc` as people and scripts use it: exit statuses, standard input and output, and what findings look like.
//!
//! `UPDATE=1 cargo test -p flowc` writes the looks into `tests/golden`; look at the difference.
#![expect(clippy::unwrap_used, reason = "a test says by a panic what is wrong")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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

/// `GOOD` with a node that no call reaches.
fn warned() -> String {
    GOOD.replace("  bye: hangup\n", "  bye: hangup\n  lost: hangup\n")
}

/// `GOOD` with a slip and a cause that there isn't.
fn broken() -> String {
    GOOD.replace("-> bye", "-> by").replace("hangup\n", "hangup { cause = engaged }\n")
}

struct Place(tempfile::TempDir);

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Place(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs in the folder, so that findings name files as people would type them.
    fn run(&self, args: &[&str], stdin: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowc"));
        let command = command.args(args).current_dir(self.0.path());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn status(&self, args: &[&str]) -> i32 {
        self.run(args, "").status.code().unwrap()
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn is_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name} looks different (UPDATE=1 writes it)");
}

#[test]
fn the_status_is_0_for_clean_1_for_errors_2_for_wrong_use() {
    let place = Place::new(&[("good.flow", GOOD), ("warned.flow", &warned()), ("broken.flow", &broken())]);
    assert_eq!(place.status(&["check", "good.flow"]), 0);
    assert_eq!(place.status(&["check", "warned.flow"]), 0);
    assert_eq!(place.status(&["check", "--deny", "warnings", "warned.flow"]), 1);
    assert_eq!(place.status(&["check", "broken.flow"]), 1);
    assert_eq!(place.status(&["check", "missing.flow"]), 2);
    assert_eq!(place.status(&["check", "--no-such-flag"]), 2);
    assert_eq!(place.status(&[]), 2);
    assert_eq!(place.status(&["build", "broken.flow", "-o", "x.fbc"]), 1);
    assert!(!place.path("x.fbc").exists());
    assert_eq!(place.status(&["test", "broken.flow"]), 1);
    assert_eq!(place.status(&["explain", "F203"]), 0);
    assert_eq!(place.status(&["explain", "F999"]), 2);
}

#[test]
fn findings_in_text_show_the_text() {
    let place = Place::new(&[("broken.flow", &broken()), ("warned.flow", &warned())]);
    let shown = place.run(&["check", "broken.flow"], "");
    is_golden("text.txt", &out(&shown));
    assert!(!out(&shown).contains('\x1b'), "colour where there is no terminal");
    is_golden("warning.txt", &out(&place.run(&["check", "warned.flow"], "")));
    is_golden("findings.json", &out(&place.run(&["check", "--format", "json", "broken.flow"], "")));
}

#[test]
fn findings_on_a_canvas_name_node_exit_and_field() {
    let place = Place::new(&[("broken.flow", &broken())]);
    let json = out(&place.run(&["convert", "--to", "json", "broken.flow"], ""));
    let shown = place.run(&["check", "-"], &json);
    assert_eq!(shown.status.code(), Some(1));
    is_golden("canvas.txt", &out(&shown));
}

#[test]
fn text_and_canvas_on_standard_input_are_told_apart() {
    let place = Place::new(&[]);
    assert_eq!(place.run(&["check", "-"], GOOD).status.code(), Some(0));
    let json = out(&place.run(&["convert", "--to", "json", "-"], GOOD));
    assert!(json.starts_with('{'), "{json}");
    let text = out(&place.run(&["convert", "--to", "text", "-"], &json));
    assert!(text.contains("bye: hangup"), "{text}");
}

#[test]
fn formatting_changes_files_only_when_asked_and_never_loses_what_it_cannot_read() {
    let messy = GOOD.replace("  bye: hangup", "      bye:   hangup");
    let unread = format!("{messy}???\n");
    let place = Place::new(&[("messy.flow", &messy), ("unread.flow", &unread)]);
    let check = place.run(&["fmt", "--check", "messy.flow"], "");
    assert_eq!((check.status.code(), out(&check).as_str()), (Some(1), "messy.flow\n"));
    assert_eq!(std::fs::read_to_string(place.path("messy.flow")).unwrap(), messy);
    assert_eq!(place.status(&["fmt", "messy.flow"]), 0);
    assert_eq!(std::fs::read_to_string(place.path("messy.flow")).unwrap(), GOOD);
    assert_eq!(place.status(&["fmt", "--check", "messy.flow"]), 0);
    assert_eq!(place.status(&["fmt", "unread.flow"]), 1);
    assert_eq!(std::fs::read_to_string(place.path("unread.flow")).unwrap(), unread);
    assert_eq!(out(&place.run(&["fmt", "-"], &messy)), GOOD);
}

#[test]
fn a_built_program_disassembles_and_both_views_build_the_same() {
    let place = Place::new(&[("good.flow", GOOD)]);
    assert_eq!(place.status(&["build", "good.flow", "-o", "one.fbc"]), 0);
    let json = out(&place.run(&["convert", "--to", "json", "good.flow"], ""));
    // The canvas knows its number from the text beside it, which has no flow of its own.
    let entities = GOOD.lines().filter(|l| l.starts_with("inbound_number")).collect::<String>() + "\n";
    std::fs::write(place.path("facts.flow"), entities).unwrap();
    std::fs::write(place.path("main.json"), json).unwrap();
    assert_eq!(place.status(&["build", "facts.flow", "main.json", "-o", "two.fbc"]), 0);
    let read = |name| std::fs::read(place.path(name)).unwrap();
    assert_eq!(read("one.fbc"), read("two.fbc"));
    let listing = out(&place.run(&["disasm", "one.fbc"], ""));
    assert_eq!(listing, out(&place.run(&["disasm", "good.flow"], "")));
    assert!(listing.contains("hangup normal"), "{listing}");
}

#[test]
fn a_simulated_call_replays_to_the_same_effects() {
    let place = Place::new(&[("good.flow", GOOD)]);
    let run =
        place.run(&["run", "good.flow", "--do", "call \"+61299998888\"", "--save-trace", "call.trace"], "");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(out(&run).contains("ends: hangup normal"), "{}", out(&run));
    let replay = place.run(&["run", "--trace", "call.trace", "good.flow"], "");
    assert_eq!((replay.status.code(), out(&replay).as_str()), (Some(0), "hangup normal\n"));
    std::fs::write(place.path("same.txt"), "hangup normal\n").unwrap();
    std::fs::write(place.path("other.txt"), "answer\nhangup normal\n").unwrap();
    let compare = |file| place.status(&["run", "--trace", "call.trace", "--effects", file, "good.flow"]);
    assert_eq!((compare("same.txt"), compare("other.txt")), (0, 1));
    assert_eq!(place.status(&["run", "good.flow", "--do", "call \"+1\""]), 2);
}

#[test]
fn a_call_is_played_as_it_goes() {
    let place = Place::new(&[]);
    let office = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/office");
    // Silence, a word that means nothing, a wrong key and the right one, a phone that declines, a message.
    let args = ["run", "--live", office, "--do", "at 2026-03-02 10:00", "--save-trace", "call.trace"];
    let played = place.run(&args, "\n\nx\n9 1\nd\n\n");
    is_golden("live.txt", &out(&played));
    assert_eq!(played.status.code(), Some(0), "{}", out(&played));
    assert_eq!(place.status(&["run", "--trace", "call.trace", office]), 0);
    // Nobody types: the caller is gone at the first question.
    let silent = out(&place.run(&["run", "--live", office], ""));
    assert!(silent.ends_with("ends: caller_gone\n"), "{silent}");
}

#[test]
fn tests_pass_fail_and_are_chosen_by_name() {
    let failing = GOOD.replace("expect end normal", "expect end busy").replace("it ends", "it is busy");
    let both = format!("{GOOD}{}", failing.get(failing.find("\ntest").unwrap()..).unwrap());
    let place = Place::new(&[("both.flow", &both)]);
    let all = place.run(&["test", "both.flow"], "");
    assert_eq!(all.status.code(), Some(1));
    is_golden("test.txt", &out(&all));
    assert_eq!(place.status(&["test", "both.flow", "--only", "ends"]), 0);
    let json = out(&place.run(&["test", "--format", "json", "both.flow"], ""));
    assert!(json.contains("\"failed\":1"), "{json}");
}

#[test]
fn what_the_other_view_has_no_place_for_is_not_converted() {
    let twice = GOOD.replace("  bye: hangup\n", "  bye: hangup\n  bye: hangup\n");
    let field = GOOD.replace("bye: hangup\n", "bye: hangup {\n    cause = busy\n    cause = normal\n  }\n");
    let facts =
        format!("{GOOD}extension 101 {{ ring_timeout = 1s }}\nextension 101 {{ ring_timeout = 2s }}\n");
    let out_of = GOOD.replace("flow main", "flow \"../../main\"");
    let files = [("twice.flow", twice), ("field.flow", field), ("facts.flow", facts), ("out.flow", out_of)];
    for (name, text) in &files {
        let place = Place::new(&[(name, text)]);
        std::fs::create_dir(place.path("to")).unwrap();
        assert!(place.status(&["convert", "--to", "json", name, "-o", "to"]) != 0, "{name}");
        assert_eq!(std::fs::read_dir(place.path("to")).unwrap().count(), 0, "{name}");
        assert_eq!(place.status(&["convert", "--to", "text", name, "-o", "to"]).min(1), 1, "{name}");
    }
}

#[test]
fn a_folder_of_canvases_becomes_text_with_its_entities() {
    let place = Place::new(&[("main.flow", GOOD)]);
    for folder in ["json", "text"] {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    assert_eq!(place.status(&["convert", "--to", "json", "main.flow", "-o", "json"]), 0);
    assert_eq!(place.status(&["convert", "--to", "text", "json", "-o", "text"]), 0);
    let entities = std::fs::read_to_string(place.path("text").join("entities.flow")).unwrap();
    assert!(entities.contains("inbound_number \"+61299998888\""), "{entities}");
    assert_eq!(place.status(&["check", "text"]), 0);
    assert_eq!(place.status(&["convert", "--to", "json", "main.flow", "json", "-o", "text"]), 1);
    let found = out(&place.run(&["check", "main.flow", "json"], ""));
    assert!(found.contains("there twice: in main.flow and in json/main.json"), "{found}");
}

#[test]
fn tests_beside_a_canvas_are_kept_in_it() {
    let (flow, test) = GOOD.split_at(GOOD.find("test ").unwrap());
    let place = Place::new(&[("main.flow", flow)]);
    std::fs::create_dir(place.path("canvas")).unwrap();
    assert_eq!(place.status(&["convert", "--to", "json", "-o", "canvas", "main.flow"]), 0);
    std::fs::write(place.path("canvas/tests.flow"), test).unwrap();
    std::fs::create_dir(place.path("again")).unwrap();
    assert_eq!(place.status(&["convert", "--to", "json", "-o", "again", "canvas"]), 0);
    assert_eq!(out(&place.run(&["test", "again"], "")), "passed  it ends\n");
    // Nowhere to keep them: said, not dropped.
    let alone = place.run(&["convert", "--to", "json", "canvas/tests.flow"], "");
    assert_eq!(alone.status.code(), Some(2));
}

#[test]
fn folders_below_a_folder_are_systems_of_their_own() {
    let place = Place::new(&[]);
    for name in ["one", "two"] {
        std::fs::create_dir(place.path(name)).unwrap();
        std::fs::write(place.path(name).join("main.flow"), GOOD).unwrap();
    }
    // Read together they would both claim the number.
    assert_eq!(place.status(&["check", "."]), 0);
    assert_eq!(place.status(&["check", "one", "two"]), 1);
}

#[test]
fn two_versions_are_compared_by_what_calls_do() {
    let moved = format!("{GOOD}\nlayout main {{\n  office 1,1\n}}\n");
    let other = GOOD.replace("bye: hangup", "bye: hangup { cause = busy }");
    let place = Place::new(&[("a.flow", GOOD), ("moved.flow", &moved), ("b.flow", &other)]);
    assert_eq!(place.status(&["diff", "a.flow", "moved.flow"]), 0);
    let differs = place.run(&["diff", "a.flow", "b.flow"], "");
    assert_eq!(differs.status.code(), Some(1));
    assert_eq!(out(&differs), "`bye` (hangup) has `cause` busy now; before, normal.\n");
    let json = out(&place.run(&["diff", "--format", "json", "a.flow", "b.flow"], ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.pointer("/changes/0/node"), Some(&"bye".into()), "{json}");
    let new = out(&place.run(&["diff", "/dev/null", "a.flow"], ""));
    assert!(new.contains("Calls to +61299998888 come in now"), "{new}");
    assert_eq!(place.status(&["diff", "a.flow", "nowhere.flow"]), 2);
    let git =
        place.run(&["diff", "--git", "main.flow", "a.flow", "0", "100644", "b.flow", "0", "100644"], "");
    assert_eq!(git.status.code(), Some(0));
    assert!(out(&git).starts_with("flow main.flow\n`bye`"), "{}", out(&git));
}

#[test]
fn flows_are_drawn_and_never_outside_of_the_folder() {
    let office = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/office");
    let place =
        Place::new(&[("good.flow", GOOD), ("bad.flow", &GOOD.replace("flow main", "flow \"../out\""))]);
    for (to, name) in [("svg", "office.svg"), ("mermaid", "office.mmd"), ("dot", "office.dot")] {
        let drawn = place.run(&["graph", office.to_str().unwrap(), "--to", to], "");
        assert_eq!(drawn.status.code(), Some(0), "{}", String::from_utf8_lossy(&drawn.stderr));
        is_golden(name, &out(&drawn));
    }
    std::fs::create_dir(place.path("folder")).unwrap();
    assert_eq!(place.status(&["graph", "good.flow", "-o", "folder"]), 0);
    for command in
        [&["graph", "bad.flow", "-o", "folder"][..], &["convert", "--to", "json", "bad.flow", "-o", "folder"]]
    {
        assert_eq!(place.run(command, "").status.code(), Some(2), "{command:?}");
    }
    let mut written: Vec<_> =
        std::fs::read_dir(place.path("folder")).unwrap().map(|e| e.unwrap().file_name()).collect();
    written.sort();
    assert_eq!(written, ["main.svg"]);
    assert_eq!(place.status(&["graph", "good.flow", "--flow", "other"]), 2);
}

#[test]
fn outcomes_are_found_with_examples_that_pass() {
    let office = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/office");
    let office = office.to_str().unwrap();
    let place = Place::new(&[]);
    let explored = place.run(&["explore", office], "");
    assert_eq!(explored.status.code(), Some(0), "{}", String::from_utf8_lossy(&explored.stderr));
    is_golden("explore.txt", &out(&explored));
    // The examples alone are tests of the office, and pass.
    std::fs::write(place.path("tests.flow"), out(&place.run(&["explore", "--tests", office], ""))).unwrap();
    for file in ["main.flow", "office.flow"] {
        std::fs::copy(Path::new(office).join(file), place.path(file)).unwrap();
    }
    let tested = place.run(&["test", "--coverage", "."], "");
    assert_eq!(tested.status.code(), Some(0), "{}", out(&tested));
    is_golden("coverage.txt", &out(&tested));
    let json = out(&place.run(&["test", "--coverage", "--format", "json", "."], ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json.pointer("/coverage/0/flow"), Some(&"main".into()), "{json}");
}

#[test]
fn a_call_parts_where_the_flow_was_changed() {
    let place = Place::new(&[
        ("then.flow", GOOD),
        ("now.flow", &GOOD.replace("bye: hangup", "bye \"Busy\": hangup { cause = busy }")),
    ]);
    let run =
        place.run(&["run", "then.flow", "--do", "call \"+61299998888\"", "--save-trace", "call.trace"], "");
    assert_eq!(run.status.code(), Some(0));
    let same = place.run(&["replay", "call.trace", "then.flow"], "");
    assert_eq!(
        (same.status.code(), out(&same).as_str()),
        (Some(0), "office\n  leaves by next\nbye\nends: hangup normal\n")
    );
    let parted = place.run(&["replay", "call.trace", "now.flow", "--recorded", "then.flow"], "");
    assert_eq!(parted.status.code(), Some(1));
    is_golden("replay.txt", &out(&parted));
    let json =
        place.run(&["--format", "json", "replay", "call.trace", "now.flow", "--recorded", "then.flow"], "");
    assert_eq!(json.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json.pointer("/parts"), Some(&true.into()));
    assert_eq!(json.pointer("/call/0/node"), Some(&"office".into()));
    assert_eq!(json.pointer("/recorded/0/ends"), Some(&"hangup normal".into()));
    assert_eq!(json.pointer("/now/0/ends"), Some(&"hangup busy".into()));
    let json = out(&place.run(&["replay", "call.trace", "then.flow", "--format", "json"], ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json.pointer("/whole"), json.pointer("/call/3/ends")),
        (Some(&true.into()), Some(&"hangup normal".into()))
    );
    // A label is no difference.
    std::fs::write(place.path("now.flow"), GOOD.replace("bye: hangup", "bye \"Over\": hangup")).unwrap();
    assert_eq!(place.status(&["replay", "call.trace", "now.flow", "--recorded", "then.flow"]), 0);
}

#[test]
fn findings_come_as_code_hosts_want_them() {
    let place = Place::new(&[("broken.flow", &broken())]);
    let github = place.run(&["check", "--format", "github", "broken.flow"], "");
    assert_eq!(github.status.code(), Some(1));
    is_golden("github.txt", &out(&github));
    let sarif = out(&place.run(&["check", "--format", "sarif", "broken.flow"], ""));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let at = |pointer: &str| sarif.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/version"), "2.1.0");
    assert_eq!(at("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri"), "broken.flow");
    assert_eq!(at("/runs/0/results/0/locations/0/physicalLocation/region/startLine"), 2);
    assert_eq!(at("/runs/0/results/0/level"), "error");
}

#[test]
fn tests_that_fail_come_as_code_hosts_want_them() {
    let place = Place::new(&[("tests.flow", &GOOD.replace("expect end normal", "expect end busy"))]);
    let github = place.run(&["test", "--format", "github", "."], "");
    assert_eq!(github.status.code(), Some(1));
    is_golden("github-tests.txt", &out(&github));
    let sarif = out(&place.run(&["test", "--format", "sarif", "."], ""));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let at = |pointer: &str| sarif.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(at("/runs/0/results/0/ruleId"), "test");
    assert_eq!(at("/runs/0/results/0/locations/0/physicalLocation/region/startLine"), 10);
    assert!(
        at("/runs/0/results/0/message/text")
            .as_str()
            .unwrap()
            .starts_with("test failed: it ends\nexpected: end busy")
    );
}

#[test]
fn a_new_office_is_clean_and_its_tests_pass() {
    let place = Place::new(&[]);
    assert_eq!(place.status(&["new", "office"]), 0);
    assert_eq!(place.status(&["check", "--deny", "warnings", "office"]), 0);
    assert_eq!(place.status(&["fmt", "--check", "office"]), 0);
    assert_eq!(place.status(&["test", "office"]), 0);
    assert_eq!(place.status(&["new", "office"]), 2);
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    let place = Place::new(&[]);
    for args in [&["man"][..], &["completions", "bash"], &["completions", "fish"], &["completions", "zsh"]] {
        let said = place.run(args, "");
        assert_eq!(said.status.code(), Some(0));
        assert!(out(&said).contains("explore") && out(&said).contains("diff"), "{args:?}");
    }
}

/// An office whose main flow calls another, which asks for an account.
const CALLED: [(&str, &str); 4] = [
    ("main.flow", include_str!("called/main.flow")),
    ("verify.flow", include_str!("called/verify.flow")),
    ("office.flow", include_str!("called/office.flow")),
    ("tests.flow", include_str!("called/tests.flow")),
];

#[test]
fn flows_that_call_each_other_build_and_are_linked_across_canvases() {
    let place = Place::new(&CALLED);
    assert_eq!(place.status(&["check", "--deny", "warnings"]), 0);
    assert_eq!(place.status(&["fmt", "--check"]), 0);
    // The flow that is only called is in the program of the other one, and has none of its own.
    std::fs::create_dir(place.path("programs")).unwrap();
    assert_eq!(place.status(&["build", "-o", "programs"]), 0);
    let built: Vec<_> =
        std::fs::read_dir(place.path("programs")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(built, ["main.fbc"]);
    assert_eq!(place.status(&["convert", "--to", "json", "-o", "canvases"]), 0);
    std::fs::copy(place.path("office.flow"), place.path("canvases/office.flow")).unwrap();
    assert_eq!(place.status(&["check", "--deny", "warnings", "canvases"]), 0);
    assert_eq!(place.status(&["build", "canvases", "-o", "drawn.fbc"]), 0);
    let read = |name| std::fs::read(place.path(name)).unwrap();
    assert_eq!(read("programs/main.fbc"), read("drawn.fbc"));
    // One canvas alone calls a flow that isn't there; its name is a slip for the other's.
    std::fs::remove_file(place.path("canvases/verify.json")).unwrap();
    let found = out(&place.run(&["check", "canvases"], ""));
    assert!(found.contains("there is no flow `verify` to call"), "{found}");
    assert!(found.contains("canvases/main.json: node \"ask\", field \"flow\""), "{found}");
    assert_eq!(place.status(&["build", "canvases", "-o", "alone.fbc"]), 1);
}

#[test]
fn calls_through_a_called_flow_are_explored_covered_and_drawn() {
    let place = Place::new(&CALLED);
    let explored = place.run(&["explore"], "");
    assert_eq!(explored.status.code(), Some(0), "{}", String::from_utf8_lossy(&explored.stderr));
    is_golden("called-explore.txt", &out(&explored));
    let why = |args: &[&str]| String::from_utf8(place.run(args, "").stderr).unwrap();
    assert!(why(&["explore", "--flow", "verify"]).contains("only other flows call it"));
    assert!(why(&["explore", "verify.flow", "office.flow"]).contains("no number leads into a flow here"));
    is_golden("called-coverage.txt", &out(&place.run(&["test", "--coverage"], "")));
    // The examples that explore makes pass, inside of the called flow too.
    let tests = out(&place.run(&["explore", "--tests"], ""));
    std::fs::write(place.path("tests.flow"), &tests).unwrap();
    assert_eq!(place.status(&["test"]), 0, "{tests}");
    assert_eq!(place.status(&["graph", "-o", "pictures"]), 0);
    let drawn = |name| std::fs::read_to_string(place.path("pictures").join(name)).unwrap();
    assert!(drawn("main.svg").contains("verify") && drawn("verify.svg").contains("account"));
}

#[test]
fn a_changed_called_flow_is_told_and_calls_part_in_it() {
    let place = Place::new(&CALLED);
    let office: Vec<_> = CALLED.iter().map(|(name, _)| *name).collect();
    for folder in ["then", "now"] {
        std::fs::create_dir(place.path(folder)).unwrap();
        for name in &office {
            std::fs::copy(place.path(name), place.path(folder).join(name)).unwrap();
        }
    }
    let changed = CALLED[1].1.replace("yes -> ok", "yes -> failed");
    std::fs::write(place.path("now/verify.flow"), changed).unwrap();
    let diff = place.run(&["diff", "then", "now"], "");
    assert_eq!(diff.status.code(), Some(1));
    is_golden("called-diff.txt", &out(&diff));
    let call =
        ["run", "then", "--do", "call \"+61299998888\"", "--do", "digits 1234", "--save-trace", "call.trace"];
    assert_eq!(place.status(&call), 0);
    assert_eq!(place.status(&["replay", "call.trace", "then"]), 0);
    let parted = place.run(&["replay", "call.trace", "now", "--recorded", "then"], "");
    assert_eq!(parted.status.code(), Some(1));
    is_golden("called-replay.txt", &out(&parted));
}

#[test]
fn a_server_is_played_too() {
    let flow = r#"flow main {
  entry office: inbound_number "+61299998888" -> crm
  crm: webhook {
    url = "https://crm.example/calls"
    answers = ["known(customer: text)"]
    known -> ann
    default -> bye
    error -> bye
    timeout -> sorry
  }
  ann: extension 101 { no_answer -> bye }
  sorry: play_message goodbye -> bye
  bye: hangup
}
inbound_number "+61299998888"
extension 101
"#;
    let place = Place::new(&[("main.flow", flow)]);
    let played = |typed: &str| out(&place.run(&["run", "--live", "main.flow"], typed));
    // An answer without its field is asked for again.
    let known = played("known\nknown customer \"Ann O'Hara\"\na\n");
    is_golden("live-webhook.txt", &known);
    assert!(played("timeout\n").contains("leaves by timeout"));
    assert!(played("fails\n").contains("leaves by error"));
    assert!(played("\n").contains("leaves by default"));
    assert!(played("h\n").contains("ends: caller_gone"));
}

#[test]
fn a_damaged_program_is_a_finding_in_every_format() {
    let place = Place::new(&[("good.flow", GOOD)]);
    assert_eq!(place.status(&["build", "good.flow", "-o", "good.fbc"]), 0);
    assert_eq!(place.status(&["check", "good.fbc"]), 0);
    let mut bytes = std::fs::read(place.path("good.fbc")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(place.path("bad.fbc"), bytes).unwrap();
    let check = |format| place.run(&["check", "--format", format, "good.fbc", "bad.fbc"], "");
    let human = check("human");
    assert_eq!(human.status.code(), Some(1));
    is_golden("program.txt", &out(&human));
    let json: serde_json::Value = serde_json::from_str(&out(&check("json"))).unwrap();
    let at = |json: &serde_json::Value, pointer: &str| json.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!((at(&json, "/errors"), at(&json, "/diagnostics/0/code")), (1.into(), "F902".into()));
    assert_eq!(at(&json, "/diagnostics/0/labels/0/place/path"), "bad.fbc");
    let sarif: serde_json::Value = serde_json::from_str(&out(&check("sarif"))).unwrap();
    let place_of = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    assert_eq!(
        (at(&sarif, "/runs/0/results/0/ruleId"), at(&sarif, place_of)),
        ("F902".into(), "bad.fbc".into())
    );
    assert!(out(&check("github")).starts_with("::error file=bad.fbc,line=1,"));
}

#[test]
fn findings_on_a_canvas_come_as_code_hosts_want_them() {
    let place = Place::new(&[("broken.flow", &broken())]);
    let json = out(&place.run(&["convert", "--to", "json", "broken.flow"], ""));
    std::fs::write(place.path("main.json"), json).unwrap();
    is_golden("canvas-github.txt", &out(&place.run(&["check", "--format", "github", "main.json"], "")));
    let sarif = out(&place.run(&["check", "--format", "sarif", "main.json"], ""));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let results = sarif.pointer("/runs/0/results").unwrap();
    is_golden("canvas-sarif.json", &format!("{results:#}\n"));
}

#[test]
fn pictures_are_refused_where_they_would_mislead() {
    let two = format!(
        "{GOOD}{}",
        GOOD.replace("main", "shop").replace("8888", "9999").replace("it ends", "this too")
    );
    let place = Place::new(&[("one.flow", GOOD), ("two.flow", &two)]);
    let said = |args: &[&str]| {
        let done = place.run(args, "");
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    assert_eq!(said(&["graph", "one.flow", "--to", "mermaid", "-o", "one.mmd"]).0, Some(0));
    for (args, why) in [
        (&["graph", "one.flow", "-o", "one.png"][..], "flows are drawn as SVG"),
        (&["graph", "one.flow", "-o", "one.dot"], "take `--to dot`"),
        (&["graph", "two.flow"], "several flows: choose one with `--flow`"),
        (&["graph", "two.flow", "-o", "two.svg"], "need a folder to be drawn into"),
        (&["graph", "one.flow", "--flow", "shop"], "there is no flow `shop` to draw"),
    ] {
        let (status, said) = said(args);
        assert_eq!(status, Some(2), "{args:?}");
        assert!(said.contains(why), "{args:?}: {said}");
    }
    // A folder is made where several flows need one.
    assert_eq!(said(&["graph", "two.flow", "-o", "new/pictures"]).0, Some(0));
    assert!(place.path("new/pictures/shop.svg").exists() && place.path("new/pictures/main.svg").exists());
    assert_eq!(said(&["graph", "two.flow", "--flow", "shop", "-o", "shop.svg"]).0, Some(0));
}

#[test]
fn a_name_that_no_test_has_is_said_with_the_nearest() {
    let place = Place::new(&[("good.flow", GOOD)]);
    let done = place.run(&["test", "good.flow", "--only", "it endz"], "");
    assert_eq!(done.status.code(), Some(2));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        said.contains("no test has `it endz` in its name (1 test looked at); did you mean \"it ends\"?"),
        "{said}"
    );
}

#[test]
fn expectations_of_a_run_are_judged() {
    let place = Place::new(&[("good.flow", GOOD)]);
    let run = |expect: &str| {
        let done = place.run(&["run", "good.flow", "--do", "call \"+61299998888\"", "--do", expect], "");
        (done.status.code(), out(&done), String::from_utf8(done.stderr).unwrap())
    };
    let (status, said, _) = run("expect end normal");
    assert!(status == Some(0) && said.ends_with("as expected\n"), "{said}");
    let (status, said, _) = run("expect end busy");
    assert!(status == Some(1) && said.ends_with("expected: end busy\nhappened: hangup normal\n"), "{said}");
    let (status, said, _) = run("expect node by");
    assert!(status == Some(1) && said.contains("not as expected: "), "{said}");
    // A step that can't be read is a finding about the steps.
    let (status, said, _) = run("expects end");
    assert!(status == Some(1) && said.contains("the steps:"), "{said}");
}
