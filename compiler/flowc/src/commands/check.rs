//! `flowc check`: everything that is wrong, at its place.

use std::path::PathBuf;

use super::Failure;
use crate::input::Input;
use crate::render::{Report, count};

pub fn run(paths: &[PathBuf], report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    let fine = report.findings(&input.found())?;
    if fine && input.diagnostics().is_empty() {
        report.out.remark(&format!("{} checked, nothing found", count(input.flows().count(), "flow")))?;
    }
    Ok(fine)
}
