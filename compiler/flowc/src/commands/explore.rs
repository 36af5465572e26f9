//! `flowc explore`: every outcome of flows.

use std::fmt::Write as _;
use std::path::PathBuf;

use flow_compiler::compile::compile;
use flow_compiler::explore::{Explored, explore};
use flow_vm::text::end_text;
use serde_json::{Value, json};

use super::Failure;
use crate::cli::Format;
use crate::input::Input;
use crate::render::{Report, count};

/// Whether every flow could be explored whole, and calls came to all of its nodes.
pub fn run(paths: &[PathBuf], flow: Option<&str>, tests: bool, report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    // Warnings aren't this command's result.
    if report.stops(&input.diagnostics()) {
        return report.findings(&input.found());
    }
    let mut found: Vec<(&str, Explored)> = Vec::new();
    for (_, _, graph) in input.flows().filter(|(_, _, g)| flow.map_or(g.is_entered(), |key| g.key == key)) {
        if !graph.is_entered() {
            let why = "only other flows call it: explore one of those";
            return Err(Failure(format!("no number leads into `{}`; {why}", graph.key)));
        }
        let Some(program) = compile(graph, &input.world).program else { return Ok(false) };
        found.push((&graph.key, explore(&program, graph, &input.world)));
    }
    if found.is_empty() {
        return Err(Failure(match flow {
            Some(key) => format!("there is no flow `{key}` to explore"),
            None => "no number leads into a flow here: give an entry a number, or name the flows that call these too"
                .to_owned(),
        }));
    }
    match report.format {
        _ if tests => report.out.result(&examples(&found))?,
        Format::Human | Format::Sarif | Format::Github => {
            report.out.result(&found.iter().map(|(key, e)| said(key, e)).collect::<String>())?
        }
        Format::Json => {
            let all: Vec<Value> = found.iter().map(|(key, e)| machine(key, e)).collect();
            report.out.result(&format!("{}\n", json!({ "flows": all })))?;
        }
    }
    Ok(found.iter().all(|(_, e)| e.whole && e.never.is_empty() && e.unmet.is_empty()))
}

fn examples(found: &[(&str, Explored)]) -> String {
    let all = found.iter().flat_map(|(_, e)| &e.outcomes);
    all.map(|o| o.example.as_str()).collect::<Vec<_>>().join("\n")
}

fn said(key: &str, explored: &Explored) -> String {
    let Explored { outcomes, worst, never, unmet, calls, whole, places } = explored;
    let found = count(outcomes.len(), "outcome");
    let mut out = format!("flow `{key}`: {found}, {} looked at\n", count(*places, "place"));
    // Writing to a string can't fail.
    if !whole {
        out.push_str("  not everything could be looked at: there may be more\n");
    }
    for outcome in outcomes {
        let _ = writeln!(out, "\n{} = {}, {}", outcome.node, outcome.answer, end_text(outcome.end));
        let _ = writeln!(out, "  {}", way(&outcome.path));
        outcome.example.lines().for_each(|line| {
            let _ = writeln!(out, "    {line}");
        });
    }
    out.push('\n');
    if let Some(worst) = worst {
        let _ = writeln!(
            out,
            "worst wait before somebody is there: {}, each prompt counted as 3 s",
            seconds(worst.ms)
        );
        let _ = writeln!(out, "  {}", worst.path.join(" → "));
        if let Some(node) = &worst.endless {
            let _ = writeln!(
                out,
                "  and longer: callers can come round to `{node}` again and again, which isn't counted"
            );
        }
    }
    never.iter().for_each(|node| {
        let _ = writeln!(out, "no call comes to `{node}`: no way leads there");
    });
    unmet.iter().for_each(|node| {
        let _ = writeln!(
            out,
            "none of the {calls} calls tried came to `{node}`: a way leads there, but not for any number, time or digits that were tried"
        );
    });
    out
}

/// `office.next → hours.business → ann`.
fn way(path: &[String]) -> String {
    path.iter().fold(String::new(), |way, word| match word.starts_with('.') || way.is_empty() {
        true => way + word,
        false => way + " → " + word,
    })
}

fn seconds(ms: u64) -> String {
    let (minutes, seconds) = (ms / 60_000, ms % 60_000 / 1_000);
    if minutes == 0 { format!("{seconds} s") } else { format!("{minutes} min {seconds} s") }
}

fn machine(key: &str, explored: &Explored) -> Value {
    let outcome = |o: &flow_compiler::explore::Outcome| json!({ "node": o.node, "answer": o.answer, "end": end_text(o.end), "path": o.path, "example": o.example });
    let worst = explored.worst.as_ref();
    json!({
        "flow": key,
        "outcomes": explored.outcomes.iter().map(outcome).collect::<Vec<_>>(),
        "worst_wait": worst.map(|w| json!({ "ms": w.ms, "path": w.path, "endless": w.endless })),
        "never": explored.never,
        "unmet": explored.unmet,
        "calls": explored.calls,
        "whole": explored.whole,
        "places": explored.places,
    })
}
