//! `flowc fmt`: the canonical way of writing text.

use std::path::PathBuf;

use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::format_file;
use flow_compiler::graph::FileId;

use super::{Failure, write};
use crate::input::{Input, Unit};
use crate::render::{Found, Report, count};

pub fn run(paths: &[PathBuf], check: bool, report: &Report<'_>) -> Result<bool, Failure> {
    let (mut changed, mut fine) = (0, true);
    for input in Input::systems(paths)? {
        for unit in input.units.iter().filter(|u| u.is_text) {
            fine &= format(unit, check, &mut changed, report)?;
        }
    }
    let verb = if check { "would change" } else { "formatted" };
    if changed > 0 {
        report.out.remark(&format!("{} {verb}", count(changed, "file")))?;
    }
    Ok(fine)
}

fn format(unit: &Unit, check: bool, changed: &mut usize, report: &Report<'_>) -> Result<bool, Failure> {
    // What couldn't be read would be lost by writing.
    let unread: Vec<&Diagnostic> = unit.diagnostics.iter().filter(|d| d.is_unread()).collect();
    let mut fine = unread.is_empty();
    if !unread.is_empty() {
        report.findings(&[Found { project: &unit.project, diagnostics: unread.clone() }])?;
    }
    // Which files the findings are in that aren't listed, nobody can say.
    if unread.iter().any(|d| d.code == Code::MoreFindings) {
        return Ok(false);
    }
    let files = unit.project.files.iter().zip(&unit.paths);
    for ((id, file), path) in files.filter(|((id, _), _)| !unread.iter().any(|d| is_in(d, *id))) {
        let text = format_file(&unit.project, id);
        let differs = text != file.text;
        match path {
            _ if check && differs => {
                report.out.result(&format!("{}\n", file.name))?;
                fine = false;
            }
            Some(path) if !check && differs => write(path, text.as_bytes())?,
            None if !check => report.out.result(&text)?,
            Some(_) | None => {}
        }
        *changed += usize::from(differs);
    }
    Ok(fine)
}

fn is_in(diagnostic: &Diagnostic, file: FileId) -> bool {
    diagnostic.labels.iter().any(|label| match &label.place {
        Place::Text(span) => span.file == file,
        Place::Json { file: other, .. } => *other == file,
        Place::Canvas { .. } | Place::Catalog { .. } | Place::Project => false,
    })
}
