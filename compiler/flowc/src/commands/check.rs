//! `flowc check`: everything that is wrong, at its place.

use std::path::PathBuf;

use super::Failure;
use crate::input::Input;
use crate::render::{Report, count};

pub fn run(paths: &[PathBuf], report: &Report<'_>) -> Result<bool, Failure> {
    let inputs = Input::systems(paths)?;
    let found: Vec<_> = inputs.iter().flat_map(Input::found).collect();
    let mut fine = report.findings(&found)?;
    let programs: Vec<_> = inputs.iter().flat_map(|input| &input.programs).collect();
    for (name, bytes) in &programs {
        if let Err(error) = flow_vm::verify(bytes) {
            fine = false;
            report.out.remark(&format!("{name}: {error}"))?;
        }
    }
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
