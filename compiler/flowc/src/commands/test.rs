//! `flowc test`: the `test` blocks.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_compiler::graph::Project;
use flow_compiler::sim::{self, TestReport, Verdict};
use serde_json::{Value, json};

use super::Failure;
use crate::cli::Format;
use crate::input::Input;
use crate::render::{Report, count, place_said};

pub fn run(paths: &[PathBuf], only: Option<&str>, report: &Report<'_>) -> Result<bool, Failure> {
    let inputs = Input::systems(paths)?;
    if inputs.iter().any(|i| report.stops(&i.diagnostics())) {
        let found: Vec<_> = inputs.iter().flat_map(Input::found).collect();
        report.findings(&found)?;
        return Ok(false);
    }
    let mut reports: Vec<(&Project, TestReport)> = Vec::new();
    for input in &inputs {
        for unit in &input.units {
            let all = sim::tests(&unit.project, &input.world).into_iter();
            let wanted = all.filter(|r| only.is_none_or(|part| r.name.contains(part)));
            reports.extend(wanted.map(|r| (&unit.project, r)));
        }
    }
    let failed = reports.iter().filter(|(_, r)| r.verdict != Verdict::Passed).count();
    match report.format {
        Format::Human => {
            let text: String = reports.iter().map(|(project, r)| said(project, r)).collect();
            report.out.result(&text)?;
        }
        Format::Json => {
            let all: Vec<_> = reports.iter().map(|(project, r)| machine(project, r)).collect();
            report.out.result(&format!("{}\n", json!({ "tests": all, "failed": failed })))?;
        }
    }
    let passed = count(reports.len() - failed, "test");
    report.out.remark(&format!("{passed} passed, {failed} failed"))?;
    Ok(failed == 0)
}

fn said(project: &Project, report: &TestReport) -> String {
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = match &report.verdict {
        Verdict::Passed => writeln!(out, "passed  {}", report.name),
        Verdict::NotRun { place, why } => {
            writeln!(out, "FAILED  {}\n  at {}\n  {why}", report.name, place_said(project, place))
        }
        Verdict::Failed { place, expected, happened, story } => {
            let _ = writeln!(out, "FAILED  {}\n  at {}", report.name, place_said(project, place));
            let _ = writeln!(out, "  expected: {expected}\n  happened: {happened}\n  the call:");
            story.iter().try_for_each(|line| writeln!(out, "  {line}"))
        }
    };
    out
}

fn machine(project: &Project, report: &TestReport) -> Value {
    match &report.verdict {
        Verdict::Passed => json!({ "test": report.name, "passed": true }),
        Verdict::NotRun { place, why } => {
            json!({ "test": report.name, "passed": false, "at": place_said(project, place), "why": why })
        }
        Verdict::Failed { place, expected, happened, story } => json!({
            "test": report.name, "passed": false, "at": place_said(project, place),
            "expected": expected, "happened": happened, "call": story,
        }),
    }
}
