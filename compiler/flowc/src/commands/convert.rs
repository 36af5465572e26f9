//! `flowc convert`: text to canvases, canvases to text.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use flow_compiler::diag::{Code, Diagnostic};
use flow_compiler::graph::{FlowId, Project, Test};
use flow_compiler::{write_catalog, write_json, write_text};

use super::{Failure, file_of, make_folder, write};
use crate::cli::View;
use crate::input::{Input, Unit};
use crate::render::{Found, Report};

pub fn run(paths: &[PathBuf], to: View, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    // A flow with errors converts as well as any other, if the other view can hold all of it.
    let units = input.units.iter();
    let found: Vec<_> = units.map(|u| Found { project: &u.project, diagnostics: lost(u) }).collect();
    let mut all = found.iter().flat_map(|f| &f.diagnostics);
    if all.any(|d| d.is_error() || d.code == Code::MoreFindings) {
        report.findings(&found)?;
        return Ok(false);
    }
    let mut keys = BTreeSet::new();
    if let Some((_, _, twice)) = input.flows().find(|(_, _, graph)| !keys.insert(graph.key.as_str())) {
        return Err(Failure(format!(
            "the flow `{}` is in two of these files: convert them apart",
            twice.key
        )));
    }
    match to {
        View::Json => to_json(&input, output, report),
        View::Text => to_text(&input, output, report),
    }
}

fn lost(unit: &Unit) -> Vec<&Diagnostic> {
    unit.diagnostics.iter().filter(|d| d.is_lost_by_converting()).collect()
}

fn to_json(input: &Input, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let mut world = input.world.clone();
    world.number_all();
    let mut stray = stray_tests(input);
    if input.flows().next().is_none() && !stray.is_empty() {
        return Err(Failure(
            "tests are kept in a flow's JSON, and there is no flow: name its file too".to_owned(),
        ));
    }
    // Tests that stand in no file of a flow go with the first flow.
    let mut json = |project: &Project, id: FlowId| {
        let mut project = project.clone();
        std::mem::take(&mut stray).into_iter().for_each(|test| {
            project.tests.push(test);
        });
        write_json(&project, id, &world)
    };
    match output {
        Some(folder) => {
            make_folder(folder)?;
            for (project, id, graph) in input.flows() {
                let json = json(project, id);
                write(&file_of(folder, &graph.key, "json")?, json.as_bytes())?;
            }
            write(&folder.join("catalog.json"), write_catalog(&world).as_bytes())?;
        }
        None => {
            let mut flows = input.flows();
            let (Some((project, id, _)), None) = (flows.next(), flows.next()) else {
                return Err(Failure("there are several flows: name a folder with `-o`".to_owned()));
            };
            report.out.result(&json(project, id))?;
        }
    }
    Ok(true)
}

/// Tests of files without a flow, such as `tests.flow` beside a canvas.
fn stray_tests(input: &Input) -> Vec<Test> {
    let without = input.units.iter().filter(|u| u.project.flows.is_empty());
    without.flat_map(|u| u.project.tests.values().cloned()).collect()
}

/// A flow's text has the flow's name. Entities and tests without a flow (a catalogue's, say) have files of their own.
fn to_text(input: &Input, output: Option<&Path>, report: &Report<'_>) -> Result<bool, Failure> {
    let mut others = 0;
    if let Some(folder) = output {
        make_folder(folder)?;
    }
    for unit in &input.units {
        let text = write_text(&unit.project);
        match (output, unit.project.flows.values().next()) {
            _ if text.is_empty() => {}
            (Some(folder), Some(flow)) => write(&file_of(folder, &flow.key, "flow")?, text.as_bytes())?,
            (Some(folder), None) => {
                others += 1;
                let name = if others == 1 { "entities".to_owned() } else { format!("entities-{others}") };
                if input.flows().any(|(_, _, graph)| graph.key == name) {
                    return Err(Failure(format!("the flow `{name}` has the name of the file for entities")));
                }
                write(&file_of(folder, &name, "flow")?, text.as_bytes())?;
            }
            (None, _) => report.out.result(&text)?,
        }
    }
    Ok(true)
}
