//! `flowc check`: everything that is wrong, at its place.

use std::path::PathBuf;

use super::Failure;
use crate::input::Input;
use crate::render::{Report, count};

pub fn run(paths: &[PathBuf], report: &Report<'_>) -> Result<bool, Failure> {
    let inputs = Input::systems(paths)?;
    let found: Vec<_> = inputs.iter().flat_map(Input::found).collect();
    let fine = report.findings(&found)?;
    if found.iter().all(|f| f.diagnostics.is_empty()) {
        let flows = inputs.iter().map(|i| i.flows().count()).sum();
        report.out.remark(&format!("{} checked, nothing found", count(flows, "flow")))?;
    }
    Ok(fine)
}
