//! `flowc run`: one simulated call.

use std::path::{Path, PathBuf};

use flow_compiler::compile::compile;
use flow_compiler::graph::{Project, StepKind, Test};
use flow_compiler::sim::{self, Script, Verdict};

use super::live::{self, Typed};
use super::{Failure, write};
use crate::input::Input;
use crate::render::Report;

pub fn run(
    paths: &[PathBuf],
    steps: &[String],
    is_live: bool,
    save_trace: Option<&Path>,
    report: &Report<'_>,
) -> Result<bool, Failure> {
    // The steps are a test without a name in any file, so that they read as tests do.
    let mut text: String = steps.iter().map(|s| format!("  {s}\n")).collect();
    if is_live && !steps.iter().any(|s| s.trim_start().starts_with("call")) {
        text.push_str(&live::call(&Input::load(paths, None)?)?);
    }
    let input = Input::load(paths, Some(&format!("test \"{NAME}\" {{\n{text}}}\n")))?;
    // Warnings aren't this command's result.
    if report.stops(&input.diagnostics()) {
        return report.findings(&input.found());
    }
    let (project, test, script) = script(&input)?;
    let Some(graph) = project.flows.get(script.flow) else {
        return Err(Failure("the flow is gone".to_owned()));
    };
    let Some(program) = compile(graph, &input.world).program else { return Ok(false) };
    let mut typed = Typed::new(graph, report.out);
    let outcome = match is_live {
        true => sim::run_live(&program, graph, &script, &input.world, &mut typed),
        false => sim::run(&program, graph, &script, &input.world),
    };
    let Some(outcome) = outcome else {
        return Err(Failure(format!("the machine refused to run `{}`", graph.key)));
    };
    typed.tell(&outcome.happened)?;
    if let Some(path) = save_trace {
        write(path, outcome.trace.encode().as_bytes())?;
    }
    if !test.steps.iter().any(|s| matches!(s.what, StepKind::Expect(_))) {
        return Ok(true);
    }
    if is_live {
        report.out.remark("what is expected isn't looked at in a call that is played: `flowc test` does")?;
        return Ok(true);
    }
    expected(&sim::test(test, project, &input.world), report)
}

/// Whether what the steps expect happened.
fn expected(verdict: &Verdict, report: &Report<'_>) -> Result<bool, Failure> {
    match verdict {
        Verdict::Passed => report.out.result("as expected\n")?,
        Verdict::Failed { expected, happened, .. } => {
            report.out.result(&format!("expected: {expected}\nhappened: {happened}\n"))?;
        }
        Verdict::NotRun { why, .. } => report.out.result(&format!("not as expected: {why}\n"))?,
    }
    Ok(*verdict == Verdict::Passed)
}

/// The name of the test that the steps make.
const NAME: &str = "the call of `flowc run`";

/// The call, in the first project that has the number.
fn script(input: &Input) -> Result<(&Project, &Test, Script), Failure> {
    let tests = input.units.iter().flat_map(|u| u.project.tests.values());
    let mut own = tests.filter(|t| t.name == NAME);
    let Some(test): Option<&Test> = own.next() else {
        return Err(Failure("the steps make no test".to_owned()));
    };
    let mut why = None;
    for unit in &input.units {
        match Script::of(test, &unit.project, &input.world) {
            Ok(script) => return Ok((&unit.project, test, script)),
            Err(error) => why.get_or_insert(error),
        };
    }
    let why = why.map_or_else(|| "nothing to call".to_owned(), |e| e.to_string());
    Err(Failure(format!("{why} (give steps with `--do`, for example `--do 'call \"+61299998888\"'`)")))
}
