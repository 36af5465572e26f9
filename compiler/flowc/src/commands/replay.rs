//! `flowc run --trace` and `flowc replay`: a recorded call again.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::{Path, PathBuf};

use flow_compiler::compile::compile;
use flow_vm::limits::TRACE_BYTES_MAX;
use flow_vm::text::{answer_text, effect_text, end_text};
use flow_vm::trace::{ReplayEnd, replay};
use flow_vm::{ExitIx, NodeIx, Program, Step, Trace, Watch, resume};
use serde_json::{Value, json};

use super::Failure;
use crate::cli::Format;
use crate::input::{Input, read_file};
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
    match report.format {
        Format::Json => {
            let (same, effects) = (replayed.same_program, &replayed.effects);
            let end = replayed.end.to_string();
            let whole = json!({ "same_program": same, "effects": effects, "end": end });
            report.out.result(&format!("{whole}\n"))?;
        }
        Format::Human | Format::Sarif | Format::Github => {
            report.out.result(&format!("{}\n", lines.join("\n")))?
        }
    }
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
    let is_json = report.format == Format::Json;
    let Some(recorded) = recorded else {
        if is_json {
            let call: Vec<_> = now.lines.iter().map(Line::machine).collect();
            report.out.result(&format!("{}\n", json!({ "whole": now.whole, "call": call })))?;
            return Ok(now.whole);
        }
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
    if is_json {
        let machine = |lines: &[Line], from: usize, to: usize| -> Vec<Value> {
            lines.iter().take(to).skip(from).map(Line::machine).collect()
        };
        let parts = same < now.lines.len() || same < then.lines.len();
        let whole = json!({
            "parts": parts,
            "whole": now.whole,
            "call": machine(&now.lines, 0, same),
            "recorded": machine(&then.lines, same, usize::MAX),
            "now": machine(&now.lines, same, usize::MAX),
        });
        report.out.result(&format!("{whole}\n"))?;
        return Ok(!parts && now.whole);
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// It comes to a node.
    Node(String),
    /// It leaves the node by an exit.
    Exit(String),
    /// It asks the world.
    Asks(String),
    /// The world's answer in the trace.
    Answer(String),
    /// It ends.
    Ends(String),
    /// Why it can't go on.
    Stops(String),
}

/// Something that happened, and what people call the node.
struct Line {
    what: What,
    label: Option<String>,
}

impl Line {
    fn machine(&self) -> Value {
        match (&self.what, &self.label) {
            (What::Node(node), Some(label)) => json!({ "node": node, "label": label }),
            (What::Node(node), None) => json!({ "node": node }),
            (What::Exit(exit), _) => json!({ "exit": exit }),
            (What::Asks(effect), _) => json!({ "asks": effect }),
            (What::Answer(answer), _) => json!({ "answer": answer }),
            (What::Ends(end), _) => json!({ "ends": end }),
            (What::Stops(why), _) => json!({ "stops": why }),
        }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            What::Node(node) => f.write_str(node)?,
            What::Exit(exit) => write!(f, "  leaves by {exit}")?,
            What::Asks(effect) => write!(f, "  {effect}")?,
            What::Answer(answer) => write!(f, "  = {answer}")?,
            What::Ends(end) => write!(f, "ends: {end}")?,
            What::Stops(why) => f.write_str(why)?,
        }
        self.label.as_ref().map_or(Ok(()), |label| write!(f, " \"{label}\""))
    }
}

impl From<What> for Line {
    fn from(what: What) -> Line {
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
        self.lines.push(Line { what: What::Node(name.to_owned()), label });
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        let exit = self.program.exit_name(node, exit).unwrap_or_default();
        self.lines.push(What::Exit(exit.to_owned()).into());
    }
}

fn told(program: &Program, trace: &Trace, input: &Input) -> Told {
    let graph = input.flows().map(|(_, _, g)| g).find(|g| g.node(&trace.entry).is_some());
    let labelled = graph.into_iter().flat_map(|g| g.nodes.values()).filter(|n| !n.label.is_empty());
    let labels = labelled.map(|n| (n.name.as_str(), n.label.as_str())).collect();
    let mut path = Way { program, labels, lines: Vec::new() };
    let Ok(mut state) = trace.begin(program) else {
        return Told {
            lines: vec![What::Stops(format!("there is no entry {:?}", trace.entry)).into()],
            whole: false,
        };
    };
    for (n, input) in trace.inputs.iter().enumerate() {
        if n > 0 {
            path.lines.push(What::Answer(answer_text(input.answer)).into());
        }
        match resume(program, &mut state, *input, &mut path) {
            Ok(Step::Effect { effect, .. }) => path.lines.push(What::Asks(effect_text(&effect)).into()),
            Ok(Step::End(end)) => {
                path.lines.push(What::Ends(end_text(end)).into());
                return Told { lines: path.lines, whole: n + 1 == trace.inputs.len() };
            }
            Err(error) => {
                path.lines.push(What::Stops(format!("  {error}")).into());
                return Told { lines: path.lines, whole: false };
            }
        }
    }
    path.lines.push(What::Stops("the trace is over, and the call isn't".to_owned()).into());
    Told { lines: path.lines, whole: false }
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read_file(path, TRACE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure(format!("{}: this isn't UTF-8 from byte {at} on", path.display()))
    })
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
