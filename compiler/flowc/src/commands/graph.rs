//! `flowc graph`: pictures of flows.

use std::path::{Path, PathBuf};

use flow_compiler::draw::{CARDS_MAX, Picture, dot, mermaid, svg};
use flow_compiler::graph::Graph;

use super::{Failure, file_of, make_folder, write};
use crate::cli::Drawing;
use crate::input::Input;
use crate::render::Report;

/// A flow with findings is drawn too: a picture is a way to see what is wrong.
pub fn run(
    paths: &[PathBuf],
    to: Drawing,
    flow: Option<&str>,
    output: Option<&Path>,
    report: &Report<'_>,
) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    let wanted = input.flows().map(|(_, _, graph)| graph).filter(|g| flow.is_none_or(|key| g.key == key));
    let graphs: Vec<&Graph> = wanted.collect();
    if let Some(path) = output {
        fits(path, to)?;
        // `-o pictures/` is a folder, there or not; so is a name without an ending for several flows.
        let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
        if is_folder || (graphs.len() > 1 && path.extension().is_none()) {
            make_folder(path)?;
        }
    }
    match (graphs.as_slice(), output) {
        ([], _) => {
            let which = flow.map_or_else(String::new, |key| format!(" `{key}`"));
            return Err(Failure(format!("there is no flow{which} to draw")));
        }
        ([only], Some(path)) if !path.is_dir() => write(path, drawn(only, to, &input)?.as_bytes())?,
        (many, Some(folder)) if folder.is_dir() => {
            for graph in many {
                write(&file_of(folder, &graph.key, extension(to))?, drawn(graph, to, &input)?.as_bytes())?;
            }
        }
        (many, Some(_)) => {
            return Err(Failure(format!(
                "{} flows need a folder to be drawn into: `-o pictures/`, or choose one with `--flow`",
                many.len()
            )));
        }
        ([only], None) => report.out.result(&drawn(only, to, &input)?)?,
        (many, None) => {
            let keys: Vec<_> = many.iter().map(|g| g.key.as_str()).collect();
            let message = "several flows: choose one with `--flow`, or a folder with `--output`";
            return Err(Failure(format!("{message} ({})", keys.join(", "))));
        }
    }
    Ok(true)
}

/// That the file is called what is drawn into it.
fn fits(path: &Path, to: Drawing) -> Result<(), Failure> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let name = path.display();
    if ["png", "jpg", "jpeg", "gif", "webp", "pdf"].contains(&ending.as_str()) {
        let message = "flows are drawn as SVG, which browsers open and programs for pictures convert";
        let svg = path.with_extension("svg");
        return Err(Failure(format!("{name}: {message}; write `-o {}`", svg.display())));
    }
    let others = [("svg", Drawing::Svg), ("mmd", Drawing::Mermaid), ("dot", Drawing::Dot)];
    match others.iter().find(|(known, _)| *known == ending && ending != extension(to)) {
        Some((_, Drawing::Svg)) => Err(Failure(format!("{name}: for this file take `--to svg`"))),
        Some((_, Drawing::Mermaid)) => Err(Failure(format!("{name}: for this file take `--to mermaid`"))),
        Some((_, Drawing::Dot)) => Err(Failure(format!("{name}: for this file take `--to dot`"))),
        None => Ok(()),
    }
}

fn drawn(graph: &Graph, to: Drawing, input: &Input) -> Result<String, Failure> {
    let too_large =
        || Failure(format!("`{}` has more than {CARDS_MAX} nodes; nobody could read it", graph.key));
    let picture = Picture::of(graph, &input.world).ok_or_else(too_large)?;
    Ok(match to {
        Drawing::Svg => svg(&picture),
        Drawing::Mermaid => mermaid(&picture),
        Drawing::Dot => dot(&picture),
    })
}

const fn extension(to: Drawing) -> &'static str {
    match to {
        Drawing::Svg => "svg",
        Drawing::Mermaid => "mmd",
        Drawing::Dot => "dot",
    }
}
