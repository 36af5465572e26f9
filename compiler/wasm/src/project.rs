//! A project in memory, and what is asked of it. Everything is the compiler's; here it only gets names.

use flow_compiler::compile::compile;
use flow_compiler::coverage::{Covered, covered};
use flow_compiler::diag::{Code, Diagnostic};
use flow_compiler::diff::{Change, Side, diff};
use flow_compiler::draw::{CARDS_MAX, Picture, Placed, dot, mermaid, places, svg};
use flow_compiler::entity::EntityKind;
use flow_compiler::graph::{FileId, FlowId, Graph, Project};
use flow_compiler::nodes::Kind;
use flow_compiler::sim::{self, Verdict};
use flow_compiler::system::{CATALOG, Files, System};
use flow_compiler::{Source, entity, format_file, write_catalog, write_json, write_text};
use flow_vm::trace::ReplayEnd;
use flow_vm::{Program, Trace, asm, replay};

use crate::places::Places;
use crate::reply;

/// Why nothing came of a request, in words for people.
pub type Refusal = String;

/// The nodes, entities and codes that there are.
#[must_use]
pub fn catalogue() -> reply::Catalogue {
    reply::Catalogue {
        nodes: Kind::ALL.iter().map(|kind| kind.spec()).collect(),
        entities: EntityKind::ALL.iter().map(|kind| entity::spec::of(*kind)).collect(),
        codes: Code::ALL.iter().map(|code| explanation(*code)).collect(),
    }
}

/// The manual's paragraph on a code; `None` if there is no such code.
#[must_use]
pub fn explain(code: &str) -> Option<reply::Explanation> {
    let mut all = Code::ALL.iter();
    all.find(|known| known.as_str().eq_ignore_ascii_case(code)).map(|code| explanation(*code))
}

fn explanation(code: Code) -> reply::Explanation {
    let lines: Vec<&str> = code.explanation().lines().map(str::trim).collect();
    let text = lines.join("\n").trim().to_owned();
    reply::Explanation { code: code.as_str(), severity: code.severity(), title: code.title(), text }
}

/// Files, and what was read of them.
#[derive(Clone, Debug)]
pub struct Folder {
    files: Vec<reply::File>,
    system: System,
}

impl Folder {
    /// Reads and checks files. Of two with one name the last counts.
    #[must_use]
    pub fn new(files: Vec<reply::File>) -> Folder {
        let mut kept: Vec<reply::File> = Vec::new();
        for file in files {
            put(&mut kept, file);
        }
        let system = read(&kept);
        Folder { files: kept, system }
    }

    /// Replaces a file or adds it.
    pub fn set(&mut self, file: reply::File) {
        put(&mut self.files, file);
        self.system = read(&self.files);
    }

    /// Takes a file away. Whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.files.len();
        self.files.retain(|file| file.name != name);
        self.system = read(&self.files);
        self.files.len() < before
    }

    pub(crate) const fn system(&self) -> &System {
        &self.system
    }

    /// Everything that was found, in the order of the sources.
    #[must_use]
    pub fn check(&self) -> Vec<reply::Finding> {
        let mut found = Vec::new();
        for unit in &self.system.units {
            let places = Places::of(&unit.project);
            let mut sorted: Vec<&Diagnostic> = unit.diagnostics.iter().collect();
            sorted.sort_by(|a, b| (a.place(), a.code).cmp(&(b.place(), b.code)));
            found.extend(sorted.into_iter().map(|diagnostic| places.finding(diagnostic)));
        }
        found
    }

    /// The flows with their nodes.
    #[must_use]
    pub fn flows(&self) -> Vec<reply::Flow> {
        let mut flows = Vec::new();
        for unit in &self.system.units {
            let places = Places::of(&unit.project);
            flows.extend(unit.project.flows.values().map(|graph| places.flow(graph)));
        }
        flows
    }

    /// The canonical text of a file.
    ///
    /// # Errors
    /// It isn't text, or something of it couldn't be read and would be lost.
    pub fn format(&self, name: &str) -> Result<String, Refusal> {
        for unit in self.system.units.iter().filter(|u| u.is_text) {
            let Some(file) = file_of(&unit.project, name) else { continue };
            let unread = unit.diagnostics.iter().filter(|d| d.is_unread());
            let places = Places::of(&unit.project);
            let lost = unread.map(|d| places.finding(d)).find(|found| places.is_in(found, name));
            return match lost {
                None => Ok(format_file(&unit.project, file)),
                Some(found) => {
                    Err(format!("{name} can't be formatted before it can be read: {}", found.message))
                }
            };
        }
        Err(format!("there is no text file `{name}`"))
    }

    /// Every flow as a canvas.
    ///
    /// # Errors
    /// Something would be lost, or two flows have one key.
    pub fn to_json(&self) -> Result<reply::Canvases, Refusal> {
        self.converts()?;
        let mut world = self.system.world.clone();
        world.number_all();
        let canvas = |(project, id, graph): (&Project, FlowId, &Graph)| reply::File {
            name: format!("{}.json", graph.key),
            text: write_json(project, id, &world),
        };
        let flows = self.system.flows().map(canvas).collect();
        let catalog = reply::File { name: CATALOG.to_owned(), text: write_catalog(&world) };
        Ok(reply::Canvases { flows, catalog })
    }

    /// The project as text: one file for all that is text already, one for each canvas and catalogue.
    ///
    /// # Errors
    /// Something would be lost, or two flows have one key.
    pub fn to_text(&self) -> Result<Vec<reply::File>, Refusal> {
        self.converts()?;
        let mut files = Vec::new();
        for (number, unit) in self.system.units.iter().enumerate() {
            let text = write_text(&unit.project);
            if text.is_empty() {
                continue;
            }
            let name = match unit.project.flows.values().next() {
                Some(graph) => format!("{}.flow", graph.key),
                None if number <= 1 => "entities.flow".to_owned(),
                None => format!("entities-{number}.flow"),
            };
            files.push(reply::File { name, text });
        }
        Ok(files)
    }

    fn converts(&self) -> Result<(), Refusal> {
        let mut found = self.system.units.iter().flat_map(|u| &u.diagnostics);
        let lost =
            |d: &&Diagnostic| d.is_lost_by_converting() && (d.is_error() || d.code == Code::MoreFindings);
        match found.find(lost) {
            Some(found) => Err(format!("something would be lost by converting: {}", found.message)),
            None => Ok(()),
        }
    }

    pub(crate) fn flow(&self, key: &str) -> Result<&Graph, Refusal> {
        let mut flows = self.system.flows().map(|(_, _, graph)| graph);
        flows.find(|graph| graph.key == key).ok_or_else(|| format!("there is no flow `{key}`"))
    }

    /// The program of a flow.
    ///
    /// # Errors
    /// There is no such flow, or it has errors.
    pub fn program(&self, key: &str) -> Result<Program, Refusal> {
        self.is_read()?;
        let compiled = compile(self.flow(key)?, &self.system.world);
        let first = compiled.diagnostics.iter().find(|d| d.is_error()).map(|d| d.message.clone());
        let why = || format!("the flow `{key}` has errors: {}", first.unwrap_or_default());
        compiled.program.ok_or_else(why)
    }

    /// A flow that was read with errors must not become a program.
    fn is_read(&self) -> Result<(), Refusal> {
        let mut found = self.system.units.iter().flat_map(|u| &u.diagnostics);
        match found.find(|d| d.is_error() && d.is_unread()) {
            Some(found) => Err(format!("the files have errors: {}", found.message)),
            None => Ok(()),
        }
    }

    /// The listing of a flow's program.
    ///
    /// # Errors
    /// There is no such flow, or it has errors.
    pub fn listing(&self, key: &str) -> Result<String, Refusal> {
        Ok(asm::disassemble(&self.program(key)?))
    }

    /// Runs every `test` block.
    #[must_use]
    pub fn tests(&self) -> Vec<reply::TestResult> {
        let mut results = Vec::new();
        for unit in &self.system.units {
            let places = Places::of(&unit.project);
            for report in sim::tests(&unit.project, &self.system.world) {
                results.push(result(report.name, report.verdict, &places));
            }
        }
        results
    }

    /// What the tests come to, flow by flow.
    #[must_use]
    pub fn coverage(&self) -> Vec<Covered> {
        let units = self.system.units.iter();
        units.flat_map(|unit| covered(&unit.project, &self.system.world, &|_| true)).collect()
    }

    /// A picture of a flow.
    ///
    /// # Errors
    /// There is no such flow, it is too large to be drawn, or there is no such sort of picture.
    pub fn draw(&self, key: &str, to: &str) -> Result<String, Refusal> {
        let picture = self.picture(key)?;
        match to {
            "svg" => Ok(svg(&picture)),
            "mermaid" => Ok(mermaid(&picture)),
            "dot" => Ok(dot(&picture)),
            other => Err(format!("there is no picture of the sort `{other}`: svg, mermaid or dot")),
        }
    }

    /// Where the nodes of a flow's picture are.
    ///
    /// # Errors
    /// There is no such flow, or it is too large to be drawn.
    pub fn layout(&self, key: &str) -> Result<Placed, Refusal> {
        Ok(places(&self.picture(key)?))
    }

    fn picture(&self, key: &str) -> Result<Picture, Refusal> {
        let picture = Picture::of(self.flow(key)?, &self.system.world);
        picture.ok_or_else(|| format!("`{key}` has more than {CARDS_MAX} nodes; nobody could read it"))
    }

    /// What calls would do differently with another project.
    #[must_use]
    pub fn diff(&self, after: &Folder) -> Vec<Change> {
        diff(&self.side(), &after.side())
    }

    fn side(&self) -> Side<'_> {
        let flows = self.system.flows().map(|(_, _, graph)| graph).collect();
        Side { flows, world: &self.system.world }
    }

    /// A recorded call on the program that it was recorded with, if that is here, otherwise on the only one with its
    /// entry.
    ///
    /// # Errors
    /// The trace can't be read, or it isn't clear which flow is meant.
    pub fn replay(&self, trace: &str) -> Result<reply::Replayed, Refusal> {
        self.is_read()?;
        let trace = Trace::decode(trace).map_err(|e| e.to_string())?;
        let programs = self.system.flows().filter_map(|(_, _, g)| compile(g, &self.system.world).program);
        let mut fitting: Vec<Program> = programs.filter(|p| p.entries().any(|e| e == trace.entry)).collect();
        let own = fitting.iter().position(|p| p.hash() == trace.program);
        let program = match (own, fitting.len()) {
            (Some(own), _) => fitting.swap_remove(own),
            (None, 1) => fitting.swap_remove(0),
            (None, 0) => return Err(format!("no flow here has the trace's entry `{}`", trace.entry)),
            (None, _) => return Err(format!("several flows have the trace's entry `{}`", trace.entry)),
        };
        let replayed = replay(&program, &trace);
        Ok(reply::Replayed {
            same_program: replayed.same_program,
            whole: matches!(replayed.end, ReplayEnd::Ended { left: 0, .. }),
            end: replayed.end.to_string(),
            effects: replayed.effects,
        })
    }
}

fn put(files: &mut Vec<reply::File>, file: reply::File) {
    match files.iter_mut().find(|known| known.name == file.name) {
        Some(known) => *known = file,
        None => files.push(file),
    }
}

fn read(files: &[reply::File]) -> System {
    let mut sorted = Files::default();
    files.iter().for_each(|file| sorted.add(Source { name: &file.name, bytes: file.text.as_bytes() }));
    System::read(&sorted)
}

fn file_of(project: &Project, name: &str) -> Option<FileId> {
    project.files.iter().find(|(_, file)| file.name == name).map(|(id, _)| id)
}

fn result(name: String, verdict: Verdict, places: &Places<'_>) -> reply::TestResult {
    let failed = |place, expected, happened, call| reply::TestResult {
        name: name.clone(),
        passed: false,
        place: Some(places.place(place)),
        expected: Some(expected),
        happened,
        call,
    };
    match verdict {
        Verdict::Passed => {
            let (place, expected, happened) = (None, None, None);
            reply::TestResult { name, passed: true, place, expected, happened, call: Vec::new() }
        }
        Verdict::NotRun { place, why } => failed(&place, why, None, Vec::new()),
        Verdict::Failed { place, expected, happened, story } => {
            failed(&place, expected, Some(happened), story)
        }
    }
}

#[cfg(test)]
mod tests;
