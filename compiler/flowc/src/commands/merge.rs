//! `flowc merge`: git's merge driver for flows.

use std::path::Path;
use std::process::{Command, Stdio};

use flow_compiler::graph::{FileId, FlowId, Project};
use flow_compiler::limits::JSON_FILE_BYTES_MAX;
use flow_compiler::merge::{Merged, can_merge, merge};
use flow_compiler::world::Nothing;
use flow_compiler::{Source, format_file, read_json, read_text, write_json};
use serde_json::Value;
use similar::{DiffOp, TextDiff};

use super::{Failure, write};
use crate::input::read_file;
use crate::render::{Report, count};

/// The three versions, and where the result goes.
pub struct Versions<'a> {
    /// What both were made of.
    pub base: &'a Path,
    /// Ours.
    pub ours: &'a Path,
    /// Theirs.
    pub theirs: &'a Path,
    /// Where the result goes; standard output if nowhere.
    pub output: Option<&'a Path>,
    /// What the file is called in messages.
    pub name: Option<&'a str>,
}

/// Whether there was no conflict.
pub fn run(versions: &Versions<'_>, report: &Report<'_>) -> Result<bool, Failure> {
    let name = versions.name.map_or_else(|| versions.ours.display().to_string(), str::to_owned);
    let read = |path: &Path| {
        let bytes = read_file(path, JSON_FILE_BYTES_MAX)?;
        Ok::<_, Failure>(Version::read(&name, &bytes))
    };
    let (base, ours, theirs) = (read(versions.base)?, read(versions.ours)?, read(versions.theirs)?);
    let (merged, conflicts) = match (base, ours, theirs) {
        (Some(base), Some(ours), Some(theirs)) if base.goes_with(&ours) && ours.goes_with(&theirs) => {
            let of = merge(&base.project, &ours.project, &theirs.project);
            (told(&of, ours.is_text), of.conflicts)
        }
        (_, _, _) => {
            report
                .out
                .remark(&format!("{name} can't be read as flows in all versions: merged line by line"))?;
            return by_lines(versions, report);
        }
    };
    put(versions, merged.as_bytes(), report)?;
    for conflict in &conflicts {
        report.out.remark(&format!("{name}: both sides changed {conflict}"))?;
    }
    if !conflicts.is_empty() {
        report.out.remark(&format!("{} in {name}", count(conflicts.len(), "conflict")))?;
    }
    Ok(conflicts.is_empty())
}

/// A version that can be merged.
struct Version {
    project: Project,
    is_text: bool,
}

impl Version {
    /// `None` where something would be lost.
    fn read(name: &str, bytes: &[u8]) -> Option<Version> {
        let source = Source { name, bytes };
        // A canvas is an object; no text begins by a brace.
        let is_text = !bytes.trim_ascii_start().starts_with(b"{");
        let read = if is_text { read_text(&[source]) } else { read_json(&source, &Nothing) };
        let project = read.project;
        let is_whole = can_merge(&project, &read.diagnostics) && (is_text || is_the_same(&project, bytes));
        is_whole.then_some(Version { project, is_text })
    }

    /// A file that wasn't there before (git gives an empty one) goes with either view.
    fn goes_with(&self, other: &Version) -> bool {
        let is_empty = |v: &Version| v.project.flows.is_empty() && v.project.entities.is_empty();
        self.is_text == other.is_text || is_empty(self) || is_empty(other)
    }
}

/// Whether a canvas is written as it was read: ids of entities, for one, are known to the server alone.
fn is_the_same(project: &Project, bytes: &[u8]) -> bool {
    let again = write_json(project, FlowId::from_u32(0), &Nothing);
    let before = serde_json::from_slice::<Value>(bytes).ok();
    before.is_some() && serde_json::from_str::<Value>(&again).ok() == before
}

/// The result, with both sides of every conflict between the marks that git uses.
fn told(of: &Merged, is_text: bool) -> String {
    let print = |project: &Project| match is_text {
        true => format_file(project, FileId::from_u32(0)),
        false => write_json(project, FlowId::from_u32(0), &Nothing),
    };
    let (ours, theirs) = (print(&of.ours), print(&of.theirs));
    let diff = TextDiff::from_lines(&ours, &theirs);
    let mut out = String::new();
    for op in diff.ops() {
        let old = diff.old_slices().get(op.old_range()).unwrap_or_default().concat();
        match op {
            DiffOp::Equal { .. } => out.push_str(&old),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                let new = diff.new_slices().get(op.new_range()).unwrap_or_default().concat();
                out.push_str(&format!("<<<<<<< ours\n{old}=======\n{new}>>>>>>> theirs\n"));
            }
        }
    }
    out
}

/// Git's own merge, for what isn't a flow.
fn by_lines(versions: &Versions<'_>, report: &Report<'_>) -> Result<bool, Failure> {
    let mut command = Command::new("git");
    command.args(["merge-file", "-p", "-L", "ours", "-L", "base", "-L", "theirs"]);
    command.args([versions.ours, versions.base, versions.theirs]).stderr(Stdio::inherit());
    let merged = command.output().map_err(|e| Failure(format!("can't run git merge-file: {e}")))?;
    // The status is the number of conflicts; a failure is 255.
    match merged.status.code() {
        Some(conflicts @ 0..=127) => {
            put(versions, &merged.stdout, report)?;
            Ok(conflicts == 0)
        }
        Some(_) | None => Err(Failure("git merge-file couldn't merge these files".to_owned())),
    }
}

fn put(versions: &Versions<'_>, bytes: &[u8], report: &Report<'_>) -> Result<(), Failure> {
    match versions.output {
        Some(path) => write(path, bytes),
        None => Ok(report.out.bytes(bytes)?),
    }
}
