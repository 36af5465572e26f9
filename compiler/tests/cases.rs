//! Runs the cases in `tests/cases`: flows with their expectations in them, as comments that begin by `//~`.
//!
//! - `check` and `parse`: every finding stands below its line, with `^` under its place (or `@from..to` where there is no
//!   room for that). `F203.flow` must raise F203; `F203.near.flow` looks like it and must not.
//! - `json`: the canvas that the text becomes, and the same findings at their places on it.
//! - `lower`: the blocks and the bytecode.
//! - `run`: what came of the tests in the file, failures with the whole call.
//!
//! `UPDATE=1 cargo test -p flow-compiler --test cases` writes what is the case into the files; look at the difference.
#![expect(clippy::disallowed_methods, reason = "cases are files")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says by a panic what is wrong"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use flow_compiler::check::unused;
use flow_compiler::compile::compile;
use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{FileId, Graph, Project};
use flow_compiler::ir::Ir;
use flow_compiler::sim::{self, Verdict};
use flow_compiler::{Source, check, lower, nodes, read_json, read_text, world_of, write_json};
use flow_vm::asm;

/// What marks an expectation.
const MARK: &str = "//~";

/// How a case begins whose server has lost the library's prompts.
const NO_LIBRARY: &str = "// Without the library's prompts";

/// A case without its expectations.
struct Case {
    path: PathBuf,
    whole: String,
    source: String,
}

fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "flow"));
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", folder.display());
    let case = |path: PathBuf| {
        let whole = std::fs::read_to_string(&path).expect("a case in UTF-8");
        let kept = whole.split_inclusive('\n').filter(|l| !l.trim_start().starts_with(MARK));
        Case { source: kept.collect(), whole, path }
    };
    paths.into_iter().map(case).collect()
}

/// Compares a case with what it should be, or rewrites it.
fn settle(wrong: &mut Vec<String>, case: &Case, is: &str) {
    if case.whole == is {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&case.path, is).expect("a case that can be written");
        return;
    }
    let line = case.whole.lines().zip(is.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| case.whole.lines().count().min(is.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    let name = case.path.file_name().unwrap().to_string_lossy().into_owned();
    wrong.push(format!("{name}:{}\n  case: {}\n  is:   {}", line + 1, at(&case.whole), at(is)));
}

fn verdict(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cases differ (UPDATE=1 rewrites them):\n{}", wrong.len(), wrong.join("\n"));
}

/// Declarations, and the prompts that every server has: but for cases that begin by [`NO_LIBRARY`].
fn world(project: &Project) -> (Catalog, Vec<Diagnostic>) {
    let (mut world, conflicts) = world_of(project);
    if project.files.values().any(|f| f.text.starts_with(NO_LIBRARY)) {
        return (world, conflicts);
    }
    let library = ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|name| (name, name));
    world.fill_with(&Catalog::of_library_prompts(library));
    (world, conflicts)
}

fn read(case: &Case) -> (Project, Catalog, Vec<Diagnostic>) {
    let read = read_text(&[Source { name: "case.flow", bytes: case.source.as_bytes() }]);
    let (world, conflicts) = world(&read.project);
    let mut found = read.diagnostics;
    found.extend(conflicts);
    found.extend(check(&read.project, &world));
    if !found.iter().any(Diagnostic::is_unread) {
        found.extend(unused(read.project.entities.values(), read.project.flows.values()));
    }
    (read.project, world, found)
}

// ---- findings under their lines -------------------------------------------------------------------------------------

#[test]
fn findings_stand_at_their_places() {
    let mut wrong = Vec::new();
    for case in cases("check").iter().chain(&cases("parse")) {
        let (_, _, found) = read(case);
        settle(&mut wrong, case, &annotated(&case.source, &found));
    }
    verdict(&wrong);
}

/// A text with its findings below their lines, and those without a place in it at the end.
fn annotated(source: &str, found: &[Diagnostic]) -> String {
    let mut out = String::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        out.push_str(line);
        let here = start..start + line.len();
        let is_here = |d: &&Diagnostic| place(d).is_some_and(|(from, _)| here.contains(&from));
        let mut on_line: Vec<_> = found.iter().filter(is_here).collect();
        on_line.sort_by_key(|d| (place(d), d.code));
        for diagnostic in on_line {
            let (from, to) = place(diagnostic).unwrap();
            let end = line.trim_end().len().max(1);
            let (from, to) = (from - start, (to - start).min(end));
            let columns = |byte: usize| line.get(..byte).map_or(byte, |l| l.chars().count());
            let (from, to) = (columns(from), columns(to));
            let mark = match from.checked_sub(MARK.len()) {
                Some(gap) => format!("{MARK}{}{}", " ".repeat(gap), "^".repeat((to.max(from + 1)) - from)),
                None => format!("{MARK}@{from}..{to}"),
            };
            write_finding(&mut out, source, &mark, diagnostic);
        }
        start += line.len();
    }
    for diagnostic in found.iter().filter(|d| place(d).is_none_or(|(from, _)| from >= source.len())) {
        write_finding(&mut out, source, MARK, diagnostic);
    }
    out
}

fn place(diagnostic: &Diagnostic) -> Option<(usize, usize)> {
    match diagnostic.place()? {
        Place::Text(span) => Some((span.start as usize, span.end as usize)),
        Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => None,
    }
}

fn write_finding(out: &mut String, source: &str, mark: &str, found: &Diagnostic) {
    let line_of = |place: &Place| match place {
        Place::Text(span) => {
            let before = source.get(..span.start as usize).unwrap_or(source);
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            format!("{}:{column}", before.matches('\n').count() + 1)
        }
        other @ (Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project) => {
            format!("{other:?}")
        }
    };
    let main = found.labels.first().map_or("", |l| l.text.as_str());
    let main = if main.is_empty() { String::new() } else { format!(" ({main})") };
    writeln!(out, "{mark} {}[{}]: {}{main}", found.severity, found.code, found.message).unwrap();
    for label in found.labels.iter().skip(1) {
        writeln!(out, "{MARK}   also {}: {}", line_of(&label.place), label.text).unwrap();
    }
    if let Some(help) = &found.help {
        writeln!(out, "{MARK}   help: {help}").unwrap();
    }
    if let Some(fix) = &found.fix {
        let edits: Vec<_> = fix.edits.iter().map(|e| format!("{} {:?}", line_of(&e.place), e.with)).collect();
        writeln!(out, "{MARK}   fix: {} [{}]", fix.title, edits.join(", ")).unwrap();
    }
}

/// Codes that no text can raise: they are about JSON and its catalogue, or about a mistake of the compiler.
const NOT_FROM_TEXT: &[Code] = &[
    Code::NotUtf8,
    Code::TooLarge,
    Code::JsonSyntax,
    Code::JsonDuplicateMember,
    Code::JsonShape,
    Code::NewerFormat,
    Code::EdgeFromNowhere,
    Code::UnknownData,
    Code::IdKeyDiffer,
    // Only a compilation says it; `programs.rs` holds it.
    Code::BrokenSubflow,
    Code::MoreFindings,
    Code::TooLargeFlow,
    Code::NotCompiled,
    // `flowc check` says it of a compiled program; its own tests hold it.
    Code::BrokenProgram,
];

#[test]
fn every_code_has_a_case_that_raises_it_and_a_near_miss_that_does_not() {
    let mut raised = BTreeSet::new();
    let mut near = BTreeSet::new();
    for case in cases("check").iter().chain(&cases("parse")) {
        let name = case.path.file_name().unwrap().to_string_lossy().into_owned();
        let codes: BTreeSet<Code> = read(case).2.iter().map(|d| d.code).collect();
        let Some(code) = Code::ALL.iter().find(|c| name.starts_with(c.as_str())) else {
            panic!("{name}: the name begins by the code that the case is about")
        };
        if name.contains(".near.") {
            assert!(!codes.contains(code), "{name} must not raise {code}");
            near.insert(*code);
        } else {
            assert!(codes.contains(code), "{name} must raise {code}, and raises {codes:?}");
            raised.insert(*code);
        }
    }
    let due: BTreeSet<Code> = Code::ALL.iter().copied().filter(|c| !NOT_FROM_TEXT.contains(c)).collect();
    let missing: Vec<_> = due.difference(&raised).map(|c| c.as_str()).collect();
    assert!(missing.is_empty(), "no case raises {missing:?}");
    // What can't be read has no near miss but ordinary text.
    let due_near = due.iter().filter(|c| !c.as_str().starts_with("F0"));
    let missing: Vec<_> = due_near.filter(|c| !near.contains(*c)).map(|c| c.as_str()).collect();
    assert!(missing.is_empty(), "no near miss of {missing:?}");
}

// ---- the canvas -----------------------------------------------------------------------------------------------------

#[test]
fn text_becomes_a_canvas_with_the_same_findings_and_the_same_program() {
    let mut wrong = Vec::new();
    for case in cases("json") {
        let (project, mut world, _) = read(&case);
        world.number_all();
        let mut is = case.source.clone();
        for (id, flow) in &project.flows {
            let json = write_json(&project, id, &world);
            json.lines().for_each(|line| writeln!(is, "{MARK} {line}").unwrap());
            let back = read_json(&Source { name: "case.json", bytes: json.as_bytes() }, &world);
            let mut found = back.diagnostics;
            found.extend(check(&back.project, &world));
            for diagnostic in &found {
                let places: Vec<_> = diagnostic.labels.iter().map(|l| spot(&l.place)).collect();
                let Diagnostic { severity, code, message, .. } = diagnostic;
                writeln!(is, "{MARK} {severity}[{code}] at {}: {message}", places.join(", ")).unwrap();
            }
            let other = back.project.flows.values().next().expect("a flow");
            assert_eq!(other.nodes, flow.nodes, "{}", case.path.display());
            let bytes = |graph: &Graph| compile(graph, &world).bytes();
            // Flows that it calls come from the same folder.
            let other = Graph { library: flow.library.clone(), ..other.clone() };
            assert_eq!(bytes(&other), bytes(flow), "{}: another program", case.path.display());
        }
        settle(&mut wrong, &case, &is);
    }
    verdict(&wrong);
}

/// A place of the canvas in short.
fn spot(place: &Place) -> String {
    match place {
        Place::Canvas { node, spot, edge } => {
            let edge = edge.as_ref().map(|e| format!(" edge {e}")).unwrap_or_default();
            format!("{node} {spot:?}{edge}")
        }
        other @ (Place::Text(_) | Place::Json { .. } | Place::Catalog { .. } | Place::Project) => {
            format!("{other:?}")
        }
    }
}

// ---- blocks and bytecode --------------------------------------------------------------------------------------------

#[test]
fn flows_lower_to_blocks_and_bytecode() {
    let mut wrong = Vec::new();
    for case in cases("lower") {
        let (project, world, found) = read(&case);
        assert!(!found.iter().any(Diagnostic::is_error), "{}: {found:?}", case.path.display());
        let mut is = case.source.clone();
        // A flow that only others call is in their programs.
        for flow in project.flows.values().filter(|flow| flow.is_entered()) {
            let ir = lower::lower(flow, &world).expect("a flow without errors");
            let text = ir.to_string();
            assert_eq!(Ir::parse(&text).expect("what was printed"), ir);
            let program = compile(flow, &world).program.expect("a program");
            let listing = asm::disassemble(&program);
            assert_eq!(asm::assemble(&listing).expect("what was listed"), program.encode());
            for line in text.lines().chain(["----"]).chain(listing.lines()) {
                writeln!(is, "{}", format!("{MARK} {line}").trim_end()).unwrap();
            }
        }
        settle(&mut wrong, &case, &is);
    }
    verdict(&wrong);
}

// ---- calls ----------------------------------------------------------------------------------------------------------

#[test]
fn calls_go_as_the_tests_in_the_cases_say() {
    let mut wrong = Vec::new();
    for case in cases("run") {
        let (project, world, found) = read(&case);
        assert!(!found.iter().any(Diagnostic::is_error), "{}: {found:?}", case.path.display());
        let mut is = case.source.clone();
        for report in sim::tests(&project, &world) {
            match report.verdict {
                Verdict::Passed => writeln!(is, "{MARK} passed: {}", report.name).unwrap(),
                Verdict::NotRun { why, .. } => {
                    writeln!(is, "{MARK} not run: {}: {why}", report.name).unwrap()
                }
                Verdict::Failed { expected, happened, story, .. } => {
                    writeln!(is, "{MARK} failed: {}", report.name).unwrap();
                    writeln!(is, "{MARK}   expected: {expected}\n{MARK}   happened: {happened}").unwrap();
                    story.iter().for_each(|line| writeln!(is, "{MARK} {line}").unwrap());
                }
            }
        }
        settle(&mut wrong, &case, &is);
    }
    verdict(&wrong);
}

#[test]
fn every_kind_has_a_run_case() {
    let names: BTreeSet<String> =
        cases("run").iter().map(|c| c.path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let missing: Vec<_> = nodes::Kind::ALL.iter().map(|k| k.name()).filter(|k| !names.contains(*k)).collect();
    assert!(missing.is_empty(), "tests/cases/run has no case named {missing:?}");
}

#[test]
fn text_that_was_printed_makes_the_same_program() {
    for folder in ["run", "lower", "json"] {
        for case in cases(folder) {
            let (project, world, _) = read(&case);
            let printed = flow_compiler::format_file(&project, FileId::from_u32(0));
            let again = read_text(&[Source { name: "again.flow", bytes: printed.as_bytes() }]).project;
            for (one, other) in project.flows.values().zip(again.flows.values()) {
                let bytes = |graph| compile(graph, &world).bytes();
                assert_eq!(bytes(one), bytes(other), "{}", case.path.display());
            }
        }
    }
}
