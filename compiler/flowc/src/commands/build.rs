//! `flowc build`: programs of flows.

use std::path::{Path, PathBuf};

use flow_compiler::compile::compile;

use super::{Failure, file_of, write};
use crate::input::{Input, PROGRAM_EXTENSION};
use crate::render::{Report, count};

pub fn run(paths: &[PathBuf], output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    if report.stops(&input.diagnostics()) || output != Some(Path::new("-")) {
        let fine = report.findings(&input.found())?;
        if !fine {
            return Ok(false);
        }
    }
    let programs: Vec<_> = input
        .flows()
        .filter_map(|(_, _, graph)| Some((graph.key.as_str(), compile(graph, &input.world).bytes()?)))
        .collect();
    // What passed the checks compiles; if not, it is said and no file is written.
    let entered = || input.flows().filter(|(_, _, graph)| graph.is_entered());
    if programs.len() < entered().count() {
        for (_, _, graph) in entered() {
            let found = compile(graph, &input.world).diagnostics;
            found.iter().try_for_each(|d| report.out.remark(&d.message))?;
        }
        return Ok(false);
    }
    match (output, programs.as_slice()) {
        (Some(to), [(_, bytes)]) if to == Path::new("-") => report.out.bytes(bytes)?,
        (Some(to), [(_, bytes)]) if !to.is_dir() => write(to, bytes)?,
        (Some(to), _) if !to.is_dir() => {
            return Err(Failure(format!(
                "{} isn't a folder, and there are {} to write",
                to.display(),
                count(programs.len(), "program")
            )));
        }
        (to, _) => {
            for (key, bytes) in &programs {
                write(&file_of(to.unwrap_or(Path::new(".")), key, PROGRAM_EXTENSION)?, bytes)?;
            }
        }
    }
    report.out.remark(&format!("{} built", count(programs.len(), "program")))?;
    Ok(true)
}
