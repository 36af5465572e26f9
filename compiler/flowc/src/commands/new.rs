//! `flowc new`: a small phone system to begin with.

use std::path::Path;

use super::{Failure, write};
use crate::render::Report;

/// The files of a beginning; a test checks and runs them.
const FILES: [(&str, &str); 3] = [
    ("main.flow", include_str!("../../template/main.flow")),
    ("office.flow", include_str!("../../template/office.flow")),
    ("tests.flow", include_str!("../../template/tests.flow")),
];

/// Writes into a folder that isn't there yet, or is empty.
pub fn run(folder: &Path, report: &Report<'_>) -> Result<bool, Failure> {
    let failed = |e: std::io::Error| Failure(format!("can't make the folder {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(Failure(format!("{} isn't empty: name a new folder", folder.display())));
    }
    for (name, text) in FILES {
        write(&folder.join(name), text.as_bytes())?;
    }
    let folder = folder.display();
    report.out.remark(&format!("a small office is in {folder}; try `flowc test {folder}`"))?;
    Ok(true)
}
