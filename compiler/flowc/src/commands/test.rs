//! `flowc test`: the `test` blocks.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

use flow_compiler::coverage::{Covered, covered};
use flow_compiler::diag::nearest;
use flow_compiler::sim::{self, TestReport, Verdict};
use serde_json::{Value, json};

use super::Failure;
use crate::cli::Format;
use crate::input::Input;
use crate::render::{Lines, Report, ci, count, place_said};

pub fn run(
    paths: &[PathBuf],
    only: Option<&str>,
    coverage: bool,
    report: &Report<'_>,
) -> Result<bool, Failure> {
    let inputs = Input::systems(paths)?;
    if inputs.iter().any(|i| report.stops(&i.diagnostics())) {
        let found: Vec<_> = inputs.iter().flat_map(Input::found).collect();
        report.findings(&found)?;
        return Ok(false);
    }
    let mut reports: Vec<(Rc<Lines<'_>>, TestReport)> = Vec::new();
    for input in &inputs {
        for unit in &input.units {
            let all = sim::tests(&unit.project, &input.world).into_iter();
            let wanted = all.filter(|r| only.is_none_or(|part| r.name.contains(part)));
            let lines = Rc::new(Lines::of(&unit.project));
            reports.extend(wanted.map(|r| (Rc::clone(&lines), r)));
        }
    }
    if let (Some(part), true) = (only, reports.is_empty()) {
        let tests = inputs.iter().flat_map(|i| &i.units).flat_map(|u| u.project.tests.values());
        let names: Vec<&str> = tests.map(|t| t.name.as_str()).collect();
        let near = nearest(part, names.iter().copied());
        let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        let all = count(names.len(), "test");
        return Err(Failure(format!("no test has `{part}` in its name ({all} looked at){near}")));
    }
    let covered: Vec<Covered> = if coverage {
        let unit = |input: &'_ Input| -> Vec<Covered> {
            let wanted = |name: &str| only.is_none_or(|part| name.contains(part));
            input.units.iter().flat_map(|u| covered(&u.project, &input.world, &wanted)).collect()
        };
        inputs.iter().flat_map(unit).collect()
    } else {
        Vec::new()
    };
    let failed = reports.iter().filter(|(_, r)| r.verdict != Verdict::Passed).count();
    match report.format {
        Format::Human => {
            let text: String = reports.iter().map(|(lines, r)| said(lines, r)).collect();
            report.out.result(&text)?;
            report.out.result(&covered.iter().map(coverage_said).collect::<String>())?;
        }
        Format::Github => {
            report.out.result(&ci::github(&ci::failures(&reports)))?;
            report.out.result(&covered.iter().map(coverage_said).collect::<String>())?;
        }
        Format::Sarif => report.out.result(&format!("{}\n", ci::sarif(&ci::failures(&reports))))?,
        Format::Json => {
            let all: Vec<_> = reports.iter().map(|(lines, r)| machine(lines, r)).collect();
            let mut whole = json!({ "tests": all, "failed": failed });
            if let Some(members) = whole.as_object_mut().filter(|_| coverage) {
                members.insert("coverage".to_owned(), json!(covered));
            }
            report.out.result(&format!("{whole}\n"))?;
        }
    }
    let passed = count(reports.len() - failed, "test");
    report.out.remark(&format!("{passed} passed, {failed} failed"))?;
    Ok(failed == 0)
}

/// What no test comes to, flow by flow.
fn coverage_said(covered: &Covered) -> String {
    let Covered { flow, nodes, exits, missed_nodes, missed_exits } = covered;
    let met = |(met, all): &(usize, usize)| format!("{met} of {all}");
    let mut out = format!("coverage of `{flow}`: {} nodes, {} exits\n", met(nodes), met(exits));
    let missed = missed_nodes.iter().map(|node| format!("  no test comes to `{node}`\n"));
    let missed = missed
        .chain(missed_exits.iter().map(|(node, exit)| format!("  no test leaves `{node}` by {exit}\n")));
    out.extend(missed);
    out
}

fn said(lines: &Lines<'_>, report: &TestReport) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = match &report.verdict {
        Verdict::Passed => writeln!(out, "passed  {}", report.name),
        Verdict::NotRun { place, why } => {
            writeln!(out, "FAILED  {}\n  at {}\n  {why}", report.name, place_said(lines, place))
        }
        Verdict::Failed { place, expected, happened, story } => {
            let _ = writeln!(out, "FAILED  {}\n  at {}", report.name, place_said(lines, place));
            let _ = writeln!(out, "  expected: {expected}\n  happened: {happened}\n  the call:");
            story.iter().try_for_each(|line| writeln!(out, "  {line}"))
        }
    };
    out
}

fn machine(lines: &Lines<'_>, report: &TestReport) -> Value {
    match &report.verdict {
        Verdict::Passed => json!({ "test": report.name, "passed": true }),
        Verdict::NotRun { place, why } => {
            json!({ "test": report.name, "passed": false, "at": place_said(lines, place), "why": why })
        }
        Verdict::Failed { place, expected, happened, story } => json!({
            "test": report.name, "passed": false, "at": place_said(lines, place),
            "expected": expected, "happened": happened, "call": story,
        }),
    }
}
