//! `flowc convert`: text to canvases, canvases to text.

use std::path::{Path, PathBuf};

use flow_compiler::diag::Diagnostic;
use flow_compiler::{write_catalog, write_json, write_text};

use super::{Failure, write, write_in};
use crate::cli::View;
use crate::input::{Input, Unit};
use crate::render::{Found, Report};

pub fn run(paths: &[PathBuf], to: View, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    // A flow with errors converts as well as any other; only what couldn't be read would be lost.
    let units = input.units.iter();
    let found: Vec<_> = units.map(|u| Found { project: &u.project, diagnostics: unread(u) }).collect();
    if found.iter().any(|f| f.diagnostics.iter().any(|d| d.is_error())) {
        report.findings(&found)?;
        return Ok(false);
    }
    match to {
        View::Json => to_json(&input, output, report),
        View::Text => to_text(&input, output, report),
    }
}

fn unread(unit: &Unit) -> Vec<&Diagnostic> {
    unit.diagnostics.iter().filter(|d| d.is_unread()).collect()
}

fn to_json(input: &Input, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let mut world = input.world.clone();
    world.number_all();
    match output {
        Some(folder) => {
            for (project, id, graph) in input.flows() {
                let json = write_json(project, id, &world);
                write_in(folder, &graph.key, "json", json.as_bytes())?;
            }
            write(&folder.join("catalog.json"), write_catalog(&world).as_bytes())?;
        }
        None => {
            let mut flows = input.flows();
            let (Some((project, id, _)), None) = (flows.next(), flows.next()) else {
                return Err(Failure("there are several flows: name a folder with `-o`".to_owned()));
            };
            report.out.result(&write_json(project, id, &world))?;
        }
    }
    Ok(true)
}

fn to_text(input: &Input, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    for unit in input.units.iter().filter(|u| !u.project.flows.is_empty() || u.is_text) {
        let text = write_text(&unit.project);
        match (output, unit.project.flows.values().next()) {
            (Some(folder), Some(flow)) => {
                write_in(folder, &flow.key, "flow", text.as_bytes())?;
            }
            (Some(_), None) => {}
            (None, _) => report.out.result(&text)?,
        }
    }
    Ok(true)
}
