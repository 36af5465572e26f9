//! `flowc run --trace`: a recorded call again, on a compiled program.

use std::path::{Path, PathBuf};

use flow_compiler::compile::compile;
use flow_vm::trace::{ReplayEnd, replay};
use flow_vm::{Program, Trace};

use super::Failure;
use crate::input::Input;
use crate::render::Report;

/// Exit status 1 when the replay parts from the recording: it doesn't end with the trace's last input, or its effects
/// aren't those of `effects`.
pub fn run(
    paths: &[PathBuf],
    trace: &Path,
    effects: Option<&Path>,
    report: &Report<'_>,
) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    // Warnings aren't this command's result.
    if report.stops(&input.diagnostics()) {
        return report.findings(&input.found());
    }
    let trace = Trace::decode(&text(trace)?).map_err(|e| Failure(e.to_string()))?;
    let program = program(&input, &trace)?;
    let replayed = replay(&program, &trace);
    if !replayed.same_program {
        report.out.remark("the trace was recorded with another program")?;
    }
    let mut lines = replayed.effects.clone();
    lines.push(replayed.end.to_string());
    report.out.result(&format!("{}\n", lines.join("\n")))?;
    let whole = matches!(replayed.end, ReplayEnd::Ended { left: 0, .. });
    match effects {
        Some(path) => Ok(same(&lines, &text(path)?, report)? && whole),
        None => Ok(whole),
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure(format!("can't read {}: {e}", path.display())))
}

/// The program that the trace was recorded with, if it is there; otherwise the only one with its entry.
fn program(input: &Input, trace: &Trace) -> Result<Program, Failure> {
    let mut programs = Vec::new();
    for (name, bytes) in &input.programs {
        programs.push(flow_vm::verify(bytes).map_err(|e| Failure(format!("{name}: {e}")))?);
    }
    programs.extend(input.flows().filter_map(|(_, _, graph)| compile(graph, &input.world).program));
    if let Some(own) = programs.iter().find(|p| p.hash() == trace.program) {
        return Ok(own.clone());
    }
    let mut others = programs.into_iter().filter(|p| p.entries().any(|e| e == trace.entry));
    match (others.next(), others.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Failure(format!("no flow here has the trace's entry {:?}", trace.entry))),
        (Some(_), Some(_)) => {
            Err(Failure(format!("several flows have the trace's entry {:?}: name one", trace.entry)))
        }
    }
}

/// Whether the effects and the end are those recorded; says where they part.
fn same(replayed: &[String], recorded: &str, report: &Report<'_>) -> Result<bool, Failure> {
    let recorded: Vec<&str> = recorded.lines().filter(|l| !l.trim().is_empty()).collect();
    let length = replayed.len().max(recorded.len());
    let parted = (0..length).find(|n| replayed.get(*n).map(String::as_str) != recorded.get(*n).copied());
    if let Some(n) = parted {
        let now = replayed.get(n).map_or("nothing", String::as_str);
        let then = recorded.get(n).copied().unwrap_or("nothing");
        report.out.remark(&format!("effect {}: recorded `{then}`, replayed `{now}`", n + 1))?;
    }
    Ok(parted.is_none())
}
