//! `flowc run --trace` and `flowc replay`: a recorded call again.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use flow_compiler::compile::compile;
use flow_vm::text::{answer_text, effect_text, end_text};
use flow_vm::trace::{ReplayEnd, replay};
use flow_vm::{ExitIx, NodeIx, Program, Step, Trace, Watch, resume};

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

/// `flowc replay`: the way of a recorded call through a flow, node by node, and where it parts from the way that it went
/// through the flow that it was recorded with. Exit status 1 when it does.
pub fn compare(
    paths: &[PathBuf],
    trace: &Path,
    recorded: Option<&Path>,
    report: &Report<'_>,
) -> Result<bool, Failure> {
    let trace = Trace::decode(&text(trace)?).map_err(|e| Failure(e.to_string()))?;
    let input = Input::load(paths, None)?;
    // Warnings aren't this command's result.
    if report.stops(&input.diagnostics()) {
        return report.findings(&input.found());
    }
    let now = told(&program(&input, &trace)?, &trace, &input);
    let Some(recorded) = recorded else {
        report.out.result(&now.lines.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        return Ok(now.whole);
    };
    let input = Input::load(&[recorded.to_owned()], None)?;
    let program = program(&input, &trace)?;
    if program.hash() != trace.program {
        report.out.remark("the trace was recorded with yet another program")?;
    }
    let then = told(&program, &trace, &input);
    // Labels are shown; only what happens is compared.
    let same = now.lines.iter().zip(&then.lines).take_while(|(now, then)| now.what == then.what).count();
    let common: String = now.lines.iter().take(same).map(|line| format!("{line}\n")).collect();
    if same == now.lines.len() && same == then.lines.len() {
        report.out.result(&common)?;
        return Ok(now.whole);
    }
    let rest = |told: &Told| -> String {
        let rest: Vec<String> = told.lines.iter().skip(same).map(|line| format!("  {line}\n")).collect();
        if rest.is_empty() { "  nothing more\n".to_owned() } else { rest.concat() }
    };
    report.out.result(&format!("{common}here they part\nrecorded:\n{}now:\n{}", rest(&then), rest(&now)))?;
    Ok(false)
}

/// Something that happened in a replayed call.
struct Line {
    what: String,
    label: Option<String>,
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        self.label.as_ref().map_or(Ok(()), |label| write!(f, " \"{label}\""))
    }
}

impl From<String> for Line {
    fn from(what: String) -> Line {
        Line { what, label: None }
    }
}

/// A replayed call as lines.
struct Told {
    lines: Vec<Line>,
    /// Whether it ended with the trace.
    whole: bool,
}

/// Writes down nodes and exits as people call them.
struct Way<'a> {
    program: &'a Program,
    labels: BTreeMap<&'a str, &'a str>,
    lines: Vec<Line>,
}

impl Watch for Way<'_> {
    fn enter(&mut self, node: NodeIx) {
        let name = self.program.node_name(node).unwrap_or_default();
        let label = self.labels.get(name).map(|label| (*label).to_owned());
        self.lines.push(Line { what: name.to_owned(), label });
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        self.lines
            .push(format!("  leaves by {}", self.program.exit_name(node, exit).unwrap_or_default()).into());
    }
}

fn told(program: &Program, trace: &Trace, input: &Input) -> Told {
    let graph = input.flows().map(|(_, _, g)| g).find(|g| g.node(&trace.entry).is_some());
    let labelled = graph.into_iter().flat_map(|g| g.nodes.values()).filter(|n| !n.label.is_empty());
    let labels = labelled.map(|n| (n.name.as_str(), n.label.as_str())).collect();
    let mut path = Way { program, labels, lines: Vec::new() };
    let Ok(mut state) = trace.begin(program) else {
        return Told { lines: vec![format!("there is no entry {:?}", trace.entry).into()], whole: false };
    };
    for (n, input) in trace.inputs.iter().enumerate() {
        if n > 0 {
            path.lines.push(format!("  = {}", answer_text(input.answer)).into());
        }
        match resume(program, &mut state, *input, &mut path) {
            Ok(Step::Effect { effect, .. }) => path.lines.push(format!("  {}", effect_text(&effect)).into()),
            Ok(Step::End(end)) => {
                path.lines.push(format!("ends: {}", end_text(end)).into());
                return Told { lines: path.lines, whole: n + 1 == trace.inputs.len() };
            }
            Err(error) => {
                path.lines.push(format!("  {error}").into());
                return Told { lines: path.lines, whole: false };
            }
        }
    }
    path.lines.push("the trace is over, and the call isn't".to_owned().into());
    Told { lines: path.lines, whole: false }
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
