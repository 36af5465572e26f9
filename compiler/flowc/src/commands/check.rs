//! `flowc check`: everything that is wrong, at its place.

use std::path::PathBuf;

use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::graph::{Project, SourceFile};

use super::Failure;
use crate::input::Input;
use crate::render::{Found, Report, count};

pub fn run(paths: &[PathBuf], report: &Report<'_>) -> Result<bool, Failure> {
    let inputs = Input::systems(paths)?;
    let programs: Vec<_> = inputs.iter().flat_map(|input| &input.programs).collect();
    let broken: Vec<_> = programs.iter().filter_map(|(name, bytes)| broken(name, bytes)).collect();
    let of_programs = broken.iter().map(|(project, one)| Found { project, diagnostics: vec![one] });
    let found: Vec<_> = inputs.iter().flat_map(Input::found).chain(of_programs).collect();
    let fine = report.findings(&found)?;
    if fine && found.iter().all(|f| f.diagnostics.is_empty()) {
        let flows = inputs.iter().map(|i| i.flows().count()).sum();
        let mut checked = count(flows, "flow");
        if !programs.is_empty() {
            checked = format!("{checked} and {}", count(programs.len(), "program"));
        }
        report.out.remark(&format!("{checked} checked, nothing found"))?;
    }
    Ok(fine)
}

/// What is wrong with a compiled program, as a finding about its file.
fn broken(name: &str, bytes: &[u8]) -> Option<(Project, Diagnostic)> {
    let error = flow_vm::verify(bytes).err()?;
    let mut project = Project::default();
    let file = project.files.push(SourceFile { name: name.to_owned(), ..SourceFile::default() });
    let place = Place::Json { file, at: 0 };
    let found = Diagnostic::new(Code::BrokenProgram, place, format!("no call can run this program: {error}"));
    Some((project, found.help("build it again from its flows: `flowc build … -o FILE.fbc`")))
}
