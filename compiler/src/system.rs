//! Files that make one phone system: text, canvases and a catalogue, read together and checked together. What `flowc`
//! does with a folder and the browser with what it was given.

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::entity::catalog::Catalog;
use crate::graph::{FlowId, Graph, Project};
use crate::{Read, Source, check, read_catalog, read_json, read_text, world_of};

/// The prompts that every server has.
const LIBRARY_PROMPTS: &str = include_str!("../../stdlib-prompts/manifest.json");
/// The file of a folder that holds facts and no flow.
pub const CATALOG: &str = "catalog.json";

/// The files of a system, by what is in them.
#[derive(Clone, Debug, Default)]
pub struct Files<'a> {
    /// `.flow` files.
    pub text: Vec<Source<'a>>,
    /// Canvases: JSON with one flow each.
    pub canvases: Vec<Source<'a>>,
    /// Catalogues: facts and no flow.
    pub catalogs: Vec<Source<'a>>,
}

impl<'a> Files<'a> {
    /// Sorts a file by its name: `catalog.json` is a catalogue, other `.json` files are canvases, the rest is text.
    pub fn add(&mut self, file: Source<'a>) {
        let name = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        if name == CATALOG {
            self.catalogs.push(file);
        } else if name.ends_with(".json") {
            self.canvases.push(file);
        } else {
            self.text.push(file);
        }
    }
}

/// Files that are read together: all text, or one canvas, or one catalogue.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What was read.
    pub project: Project,
    /// What was wrong with it, reading and checking.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it is text.
    pub is_text: bool,
}

/// A phone system.
#[derive(Clone, Debug)]
pub struct System {
    /// What was read: text first (there is always one unit of it), then catalogues, then canvases.
    pub units: Vec<Unit>,
    /// All facts: declared, from catalogues, and the library's prompts.
    pub world: Catalog,
}

impl System {
    /// Reads and checks. Never fails: what is wrong is in the units' findings.
    #[must_use]
    pub fn read(files: &Files<'_>) -> System {
        let mut units = Vec::new();
        let Read { project, mut diagnostics } = read_text(&files.text);
        let (mut world, conflicts) = world_of(&project);
        diagnostics.extend(conflicts);
        units.push(Unit { project, diagnostics, is_text: true });
        for file in &files.catalogs {
            let Read { project, mut diagnostics } = read_catalog(file);
            for declaration in project.entities.values() {
                diagnostics.extend(world.add(declaration.clone()));
            }
            units.push(Unit { project, diagnostics, is_text: false });
        }
        world.fill_with(&library());
        for file in &files.canvases {
            let Read { project, diagnostics } = read_json(file, &world);
            units.push(Unit { project, diagnostics, is_text: false });
        }
        for unit in &mut units {
            let found = check(&unit.project, &world);
            unit.diagnostics.extend(found);
        }
        numbers_across(&mut units);
        System { units, world }
    }

    /// Every flow with the project that it is in.
    pub fn flows(&self) -> impl Iterator<Item = (&Project, FlowId, &Graph)> {
        self.units.iter().flat_map(|u| u.project.flows.iter().map(move |(id, g)| (&u.project, id, g)))
    }
}

/// Numbers that enter flows of different units. Inside a unit they are found already.
fn numbers_across(units: &mut [Unit]) {
    let mut known: Vec<Diagnostic> = Vec::new();
    for last in 0..units.len() {
        let flows = units.iter().take(last + 1).flat_map(|u| u.project.flows.values());
        let all = crate::check::across(flows);
        let new: Vec<_> = all.iter().filter(|d| !known.contains(d)).cloned().collect();
        known = all;
        if let Some(unit) = units.get_mut(last) {
            let new: Vec<_> = new.into_iter().filter(|d| !unit.diagnostics.contains(d)).collect();
            unit.diagnostics.extend(new);
        }
    }
}

/// The prompts of the library as facts.
#[must_use]
pub fn library() -> Catalog {
    // The file is part of the program; a test reads it.
    let manifest: Value = serde_json::from_str(LIBRARY_PROMPTS).unwrap_or_default();
    let prompts = manifest.get("prompts").and_then(Value::as_array).into_iter().flatten();
    let text = |prompt: &'_ Value, member: &str| prompt.get(member)?.as_str().map(str::to_owned);
    let prompts: Vec<_> = prompts.filter_map(|p| Some((text(p, "name")?, text(p, "text")?))).collect();
    Catalog::of_library_prompts(prompts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entity::EntityKind;
    use crate::world::World as _;

    #[test]
    fn the_library_has_what_menus_and_mailboxes_say() {
        for prompt in ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"] {
            assert!(library().entity(EntityKind::Prompt, prompt).is_some(), "{prompt}");
        }
    }

    #[test]
    fn files_are_known_by_their_names() {
        let mut files = Files::default();
        for name in ["a/catalog.json", "main.json", "office.flow", "notes"] {
            files.add(Source { name, bytes: b"" });
        }
        assert_eq!((files.catalogs.len(), files.canvases.len(), files.text.len()), (1, 1, 2));
    }
}
