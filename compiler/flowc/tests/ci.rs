//! The recipes of `docs/ci.md`, taken from there and run: hook, drivers and the steps of the workflow, in real
//! repositories.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says by a panic what is wrong")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use yaml_rust2::{Yaml, YamlLoader};

const DOC: &str = include_str!("../../../docs/ci.md");

const FLOW: &str = r#"flow main {
  entry office: inbound_number "+61299998888" -> ann

  ann: extension 101 {
    ring = 20s
    no_answer -> night
  }

  night: voicemail night -> bye
  bye: hangup
}

layout main {
  office 0,0
  ann 200,0
  night 400,0
  bye 600,0
}
"#;

const OFFICE: &str = r#"inbound_number "+61299998888"

extension 101 "Ann"

extension 102 "Ben"

ring_group sales { members = [101, 102] }

voicemail_box night

test "nobody is there" {
  call "+61299998888"
  expect voicemail night
}
"#;

/// The n-th block of a language below a heading.
fn block(heading: &str, language: &str, n: usize) -> String {
    let below =
        DOC.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = below.split("\n## ").next().unwrap();
    let found = section
        .split(&format!("```{language}\n"))
        .nth(n + 1)
        .unwrap_or_else(|| panic!("no block in {heading}"));
    found.split("```").next().unwrap().to_owned()
}

struct Repository(tempfile::TempDir);

impl Repository {
    /// A repository with a small office in `flows`.
    fn new() -> Repository {
        let made = Repository(tempfile::tempdir().unwrap());
        made.git(&["init", "-q", "-b", "main"]);
        made.git(&["config", "user.name", "Ann"]);
        made.git(&["config", "user.email", "ann@example.com"]);
        std::fs::create_dir(made.path("flows")).unwrap();
        made.write("flows/main.flow", FLOW);
        made.write("flows/office.flow", OFFICE);
        assert!(made.sh("flowc fmt flows").status.success());
        made.commit("an office");
        made
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{from:?} isn't in {text}");
        self.write(name, &text.replace(from, to));
    }

    /// Runs in the repository, with `flowc` on the path and none of the user's settings of git.
    fn run(&self, program: &str, args: &[&str]) -> Output {
        let work = self.0.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        let own = Path::new(env!("CARGO_BIN_EXE_flowc")).parent().unwrap();
        let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command.args(args).current_dir(work).env("PATH", path).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_PAGER", "cat");
        command.env("GITHUB_STEP_SUMMARY", self.0.path().join("summary"));
        for inherited in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(inherited);
        }
        command.output().unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let done = self.run("git", args);
        assert!(done.status.success(), "git {args:?}: {}", said(&done));
        said(&done)
    }

    fn sh(&self, script: &str) -> Output {
        self.run("bash", &["-e", "-c", script])
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// A branch off main on which `change` is done, and back.
    fn branch(&self, name: &str, change: impl FnOnce()) {
        self.git(&["checkout", "-q", "-b", name, "main"]);
        change();
        self.commit(name);
        self.git(&["checkout", "-q", "main"]);
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_hook_looks_at_what_is_committed() {
    let repository = Repository::new();
    let hook = repository.path(".git/hooks/pre-commit");
    std::fs::write(&hook, block("Before each commit", "sh", 0)).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let commit = || repository.run("git", &["commit", "-q", "-a", "-m", "change"]);

    repository.change("flows/main.flow", "20s", "25s");
    assert!(commit().status.success());
    repository.change("flows/main.flow", "no_answer -> night", "no_answer -> nihgt");
    let refused = commit();
    assert!(!refused.status.success() && said(&refused).contains("nihgt"), "{}", said(&refused));
    // A test that fails, and text in another shape.
    repository.change("flows/main.flow", "no_answer -> nihgt", "no_answer -> bye");
    assert!(said(&commit()).contains("FAILED  nobody is there"));
    repository.change("flows/main.flow", "no_answer -> bye", "no_answer   -> night");
    assert!(said(&commit()).contains("main.flow"));
    // What isn't staged isn't looked at.
    repository.change("flows/main.flow", "no_answer   -> night", "no_answer -> night");
    repository.change("flows/main.flow", "25s", "30s");
    repository.git(&["add", "flows/main.flow"]);
    repository.write("flows/main.flow", "flow {{{");
    assert!(repository.run("git", &["commit", "-q", "-m", "staged"]).status.success());
}

#[test]
fn git_diff_says_what_calls_would_do() {
    let repository = Repository::new();
    assert!(repository.sh(&block("git diff", "sh", 0)).status.success());
    repository.change("flows/main.flow", "no_answer -> night", "no_answer -> bye");
    let diff = repository.git(&["diff", "--", "flows"]);
    assert!(
        diff.contains("flow flows/main.flow") && diff.contains("whom nobody answers at `ann` go to `bye`"),
        "{diff}"
    );
    assert!(!diff.contains("@@"), "{diff}");

    assert!(repository.sh(&block("git diff", "sh", 1)).status.success());
    assert!(
        repository
            .sh("flowc convert --to json flows/main.flow > flows/canvas.json && git add flows")
            .status
            .success()
    );
    repository.git(&["commit", "-q", "-m", "a canvas"]);
    let canvas = repository.read("flows/canvas.json").replace("\"ring\": 20", "\"ring\": 45");
    repository.write("flows/canvas.json", &canvas);
    let diff = repository.git(&["diff", "--", "flows/canvas.json"]);
    assert!(diff.contains("-    ring = 20s") && diff.contains("+    ring = 45s"), "{diff}");
}

/// Both change the same lines: git alone stops at every one of them, the driver at the one thing that was changed twice.
#[test]
fn git_merge_stops_only_where_both_changed_the_same_thing() {
    let repository = Repository::new();
    repository.branch("hers", || {
        repository.change("flows/main.flow", "ring = 20s", "ring = 30s");
        repository.change("flows/main.flow", "ann 200,0", "ann 200,40");
        repository.change("flows/office.flow", "[101, 102]", "[101, 102, 103]");
        repository.change(
            "flows/office.flow",
            "extension 102 \"Ben\"",
            "extension 102 \"Ben\"\n\nextension 103 \"Eve\"",
        );
    });
    repository.branch("his", || {
        repository.change("flows/main.flow", "no_answer -> night", "no_answer -> bye\n    busy -> night");
        repository.change("flows/main.flow", "ann 200,0", "ann 200,80");
        repository.change("flows/office.flow", "[101, 102]", "[102]");
        repository.change("flows/office.flow", "expect voicemail night", "expect extension 101 no_answer");
    });
    repository.git(&["merge", "-q", "hers"]);
    let alone = repository.run("git", &["merge", "-q", "his"]);
    assert!(!alone.status.success(), "without the driver there are conflicts");
    repository.git(&["merge", "--abort"]);

    assert!(repository.sh(&block("git merge", "sh", 0)).status.success());
    repository.git(&["merge", "-q", "his"]);
    repository.commit("the driver");
    let main = repository.read("flows/main.flow");
    let node = "  ann: extension 101 {\n    ring = 30s\n    no_answer -> bye\n    busy -> night\n  }\n";
    assert!(main.contains(node) && main.contains("ann 200,40"), "{main}");
    let office = repository.read("flows/office.flow");
    assert!(
        office.contains("members = [102, 103]") && office.contains("expect extension 101 no_answer"),
        "{office}"
    );
    assert!(
        repository
            .sh("flowc check --deny warnings flows && flowc test flows && flowc fmt --check flows")
            .status
            .success()
    );

    // Now the same thing twice.
    repository.branch("hers2", || repository.change("flows/main.flow", "ring = 30s", "ring = 40s"));
    repository.change("flows/main.flow", "ring = 30s", "ring = 50s");
    repository.change("flows/main.flow", "busy -> night", "busy -> bye");
    repository.commit("his2");
    let stopped = repository.run("git", &["merge", "hers2"]);
    assert!(!stopped.status.success());
    let expected = "flows/main.flow: both sides changed node `ann`: `ring`";
    assert!(said(&stopped).contains(expected), "{}", said(&stopped));
    let main = repository.read("flows/main.flow");
    let conflict = "<<<<<<< ours\n    ring = 50s\n=======\n    ring = 40s\n>>>>>>> theirs\n    no_answer -> bye\n    busy -> bye\n";
    assert!(main.contains(conflict), "{main}");
    assert_eq!(main.matches("<<<<<<<").count(), 1, "{main}");
    assert!(repository.git(&["status", "--short"]).contains("UU flows/main.flow"));
    // Until it is settled nothing takes it for a flow.
    assert!(!repository.sh("flowc check flows").status.success());
    repository.write(
        "flows/main.flow",
        &main.replace("<<<<<<< ours\n    ring = 50s\n=======\n", "").replace(">>>>>>> theirs\n", ""),
    );
    repository.commit("settled");
    assert!(repository.sh("flowc check flows").status.success());
}

#[test]
fn canvases_are_merged_as_flows_are() {
    let repository = Repository::new();
    let make = "flowc convert --to json flows/main.flow > flows/canvas.json; rm flows/main.flow";
    assert!(repository.sh(make).status.success());
    assert!(repository.sh(&block("git merge", "sh", 0)).status.success());
    repository.commit("a canvas");
    let change = |from: &str, to: &str| repository.change("flows/canvas.json", from, to);
    repository.branch("hers", || {
        change("\"ring\": 20", "\"ring\": 30");
        change("\"x\": 200", "\"x\": 240");
    });
    repository.branch("his", || {
        change("\"x\": 200", "\"x\": 280");
        change("\"x\": 600", "\"x\": 640");
    });
    repository.git(&["merge", "-q", "hers"]);
    repository.git(&["merge", "-q", "his"]);
    let merged = repository.read("flows/canvas.json");
    for part in ["\"ring\": 30", "\"x\": 240", "\"x\": 640"] {
        assert!(merged.contains(part), "{part}: {merged}");
    }
    // Not a flow at all: git's own merge.
    repository.write("flows/notes.json", "[\n1,\n2,\n3\n]\n");
    repository.commit("notes");
    repository.branch("notes-hers", || repository.write("flows/notes.json", "[\n10,\n2,\n3\n]\n"));
    repository.write("flows/notes.json", "[\n1,\n2,\n30\n]\n");
    repository.commit("notes-his");
    repository.git(&["merge", "-q", "notes-hers"]);
    assert_eq!(repository.read("flows/notes.json"), "[\n10,\n2,\n30\n]\n");
}

#[test]
fn the_steps_of_the_workflow_run() {
    let workflow = block("GitHub", "yaml", 0);
    let workflow = YamlLoader::load_from_str(&workflow).unwrap();
    let workflow = workflow.first().unwrap();
    let steps = workflow["jobs"]["flows"]["steps"].as_vec().unwrap();
    // What runs without a server of GitHub; `uses` names actions of theirs.
    let run = |step: &Yaml| step["run"].as_str().map(|s| s.replace("${{ github.base_ref }}", "main"));
    let runs: Vec<String> = steps.iter().filter_map(run).collect();
    assert_eq!(runs.len() + 1, steps.len());
    assert!(runs.iter().all(|r| !r.contains("${{")), "{runs:?}");

    let repository = Repository::new();
    repository.git(&["remote", "add", "origin", "."]);
    repository.git(&["checkout", "-q", "-b", "change"]);
    repository.change("flows/main.flow", "ring = 20s", "ring = 30s");
    repository.commit("ring longer");
    repository.git(&["fetch", "-q", "origin"]);
    for step in &runs {
        let done = repository.sh(step);
        assert!(done.status.success(), "{step}: {}", said(&done));
    }
    let summary = std::fs::read_to_string(repository.0.path().join("summary")).unwrap();
    assert!(summary.contains("30 s") || summary.contains("30s"), "{summary}");

    // A slip, and a test that fails, at their lines.
    repository.change("flows/main.flow", "no_answer -> night", "no_answer -> bye");
    let failed: Vec<String> =
        runs.iter().map(|s| repository.sh(s)).filter(|d| !d.status.success()).map(|d| said(&d)).collect();
    assert!(failed.iter().any(|s| s.contains("::error file=flows/office.flow,line=")), "{failed:?}");
}
