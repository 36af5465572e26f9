//! `flowc diff`: what calls would do differently.

use std::path::{Path, PathBuf};

use flow_compiler::diag::Diagnostic;
use flow_compiler::diff::{Change, Side, diff, told};
use serde_json::json;

use super::Failure;
use crate::cli::Format;
use crate::input::Input;
use crate::render::{Report, count};

/// Whether calls would do the same.
pub fn run(before: &Path, after: &Path, report: &Report<'_>) -> Result<bool, Failure> {
    let (changes, said) = compare(before, after, report)?;
    match report.format {
        Format::Human | Format::Sarif | Format::Github => report.out.result(&said)?,
        Format::Json => report.out.result(&format!("{}\n", json!({ "changes": changes })))?,
    }
    if changes.is_empty() {
        report.out.remark("calls would do the same")?;
    }
    Ok(changes.is_empty())
}

/// What git gives an external diff driver is `path old-file old-hex old-mode new-file new-hex new-mode`, and for a file
/// that has another name now that name and a word on it; for a file with a conflict only the path.
pub fn for_git(path: &Path, old: &Path, more: &[PathBuf], report: &Report<'_>) -> Result<bool, Failure> {
    let Some(new) = more.get(2) else {
        return Err(Failure(format!("{}: git gives a diff driver seven arguments", path.display())));
    };
    let (changes, said) = compare(old, new, report)?;
    let name = more.get(5).map_or(path, PathBuf::as_path).display();
    let said = if changes.is_empty() { "calls would do the same\n".to_owned() } else { said };
    report.out.result(&format!("flow {name}\n{said}\n"))?;
    Ok(true)
}

/// The changes, and what is said of them.
fn compare(before: &Path, after: &Path, report: &Report<'_>) -> Result<(Vec<Change>, String), Failure> {
    let (old, new) = (load(before, report)?, load(after, report)?);
    let (old, new) = (side(&old), side(&new));
    let changes = diff(&old, &new);
    let said = told(&changes, &old, &new);
    Ok((changes, said))
}

fn side(input: &Input) -> Side<'_> {
    Side { flows: input.flows().map(|(_, _, graph)| graph).collect(), world: &input.world }
}

/// A version. It is compared as far as it could be read.
fn load(path: &Path, report: &Report<'_>) -> Result<Input, Failure> {
    if path == Path::new("/dev/null") {
        return Ok(Input::nothing());
    }
    let input = Input::load(&[path.to_owned()], None)?;
    if let Some((name, _)) = input.programs.first() {
        return Err(Failure(format!("{name}: a compiled program can't be compared; name its sources")));
    }
    let unread = input.diagnostics().iter().filter(|d| Diagnostic::is_unread(d)).count();
    if unread > 0 {
        let found = count(unread, "place");
        let name = path.display();
        report
            .out
            .remark(&format!("{name}: {found} couldn't be read and aren't compared (see `flowc check`)"))?;
    }
    Ok(input)
}
