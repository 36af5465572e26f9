//! A project in memory, and what is asked of it. Everything is the compiler's; here it only gets names.

use flow_compiler::compile::compile;
use flow_compiler::coverage::{Covered, covered};
use flow_compiler::diag::{Code, Diagnostic};
use flow_compiler::diff::{Change, Side, diff};
use flow_compiler::draw::{CARDS_MAX, Picture, Placed, dot, mermaid, places, svg};
use flow_compiler::edit::complete::complete;
use flow_compiler::edit::definition::definition;
use flow_compiler::edit::folder::{self, Office, Unit};
use flow_compiler::edit::hints;
use flow_compiler::edit::hover::hover;
use flow_compiler::edit::references::references;
use flow_compiler::edit::rename::rename;
use flow_compiler::edit::things::{At, Spotted};
use flow_compiler::entity::EntityKind;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{FileId, FlowId, Graph, Project};
use flow_compiler::nodes::Kind;
use flow_compiler::sim::{self, Verdict};
use flow_compiler::{entity, format_file, write_catalog, write_json, write_text};
use flow_vm::trace::ReplayEnd;
use flow_vm::{Program, Trace, asm, replay};

use crate::places::{Places, Text};
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

/// Files, and what was read of them. After a change only what it can affect is read and checked again.
#[derive(Debug)]
pub struct Folder(folder::Folder);

impl Folder {
    /// Reads and checks files. Of two with one name the last counts; a file that is neither `.flow` nor `.json` is left
    /// out.
    #[must_use]
    pub fn new(files: Vec<reply::File>) -> Folder {
        let mut folder = folder::Folder::new(Catalog::library());
        for reply::File { name, text } in files {
            folder.set(&name, text.into_bytes());
        }
        folder.office();
        Folder(folder)
    }

    /// Replaces a file or adds it.
    pub fn set(&mut self, reply::File { name, text }: reply::File) {
        self.0.set(&name, text.into_bytes());
        self.0.office();
    }

    /// Takes a file away. Whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let was = self.0.bytes(name).is_some();
        self.0.remove(name);
        self.0.office();
        was
    }

    pub(crate) fn office(&self) -> &Office {
        self.0.known()
    }

    fn graphs(&self) -> impl Iterator<Item = (&Project, FlowId, &Graph)> {
        self.office().units().flat_map(|u| u.project.flows.iter().map(move |(id, g)| (&u.project, id, g)))
    }

    fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.office().found().map(|found| found.diagnostic)
    }

    /// Everything that was found, in the order of the sources.
    #[must_use]
    pub fn check(&self) -> Vec<reply::Finding> {
        let mut found = Vec::new();
        for unit in self.office().units() {
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
        for unit in self.office().units() {
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
        let unit = &self.office().text;
        let file = file_of(unit, name).ok_or_else(|| format!("there is no text file `{name}`"))?;
        let unread = unit.diagnostics.iter().filter(|d| d.is_unread());
        let places = Places::of(&unit.project);
        let lost = unread.map(|d| places.finding(d)).find(|found| places.is_in(found, name));
        match lost {
            None => Ok(format_file(&unit.project, file)),
            Some(found) => Err(format!("{name} can't be formatted before it can be read: {}", found.message)),
        }
    }

    /// Every flow as a canvas.
    ///
    /// # Errors
    /// Something would be lost, or two flows have one key.
    pub fn to_json(&self) -> Result<reply::Canvases, Refusal> {
        self.converts()?;
        let mut world = self.office().world.clone();
        world.number_all();
        let canvas = |(project, id, graph): (&Project, FlowId, &Graph)| reply::File {
            name: format!("{}.json", graph.key),
            text: write_json(project, id, &world),
        };
        let flows = self.graphs().map(canvas).collect();
        let catalog = reply::File { name: folder::CATALOG.to_owned(), text: write_catalog(&world) };
        Ok(reply::Canvases { flows, catalog })
    }

    /// The project as text: one file for all that is text already, one for each canvas and catalogue.
    ///
    /// # Errors
    /// Something would be lost, or two flows have one key.
    pub fn to_text(&self) -> Result<Vec<reply::File>, Refusal> {
        self.converts()?;
        let mut files = Vec::new();
        for (number, unit) in self.office().units().enumerate() {
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
        let mut found = self.diagnostics();
        let lost =
            |d: &&Diagnostic| d.is_lost_by_converting() && (d.is_error() || d.code == Code::MoreFindings);
        match found.find(lost) {
            Some(found) => Err(format!("something would be lost by converting: {}", found.message)),
            None => Ok(()),
        }
    }

    pub(crate) fn flow(&self, key: &str) -> Result<&Graph, Refusal> {
        let mut flows = self.graphs().map(|(_, _, graph)| graph);
        flows.find(|graph| graph.key == key).ok_or_else(|| format!("there is no flow `{key}`"))
    }

    /// The program of a flow.
    ///
    /// # Errors
    /// There is no such flow, or it has errors.
    pub fn program(&self, key: &str) -> Result<Program, Refusal> {
        self.is_read()?;
        let compiled = compile(self.flow(key)?, &self.office().world);
        if !self.flow(key)?.is_entered() {
            return Err(format!(
                "no number leads into `{key}`: it's in the programs of the flows that call it"
            ));
        }
        let first = compiled.diagnostics.iter().find(|d| d.is_error()).map(|d| d.message.clone());
        let why = || format!("the flow `{key}` has errors: {}", first.unwrap_or_default());
        compiled.program.ok_or_else(why)
    }

    /// A flow that was read with errors must not become a program.
    fn is_read(&self) -> Result<(), Refusal> {
        let mut found = self.diagnostics();
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
        for unit in self.office().units() {
            let places = Places::of(&unit.project);
            for report in sim::tests(&unit.project, &self.office().world) {
                results.push(result(report.name, report.verdict, &places));
            }
        }
        results
    }

    /// What the tests come to, flow by flow.
    #[must_use]
    pub fn coverage(&self) -> Vec<Covered> {
        let units = self.office().units();
        units.flat_map(|unit| covered(&unit.project, &self.office().world, &|_| true)).collect()
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
        let picture = Picture::of(self.flow(key)?, &self.office().world);
        picture.ok_or_else(|| format!("`{key}` has more than {CARDS_MAX} nodes; nobody could read it"))
    }

    /// What calls would do differently with another project.
    #[must_use]
    pub fn diff(&self, after: &Folder) -> Vec<Change> {
        diff(&self.side(), &after.side())
    }

    fn side(&self) -> Side<'_> {
        let flows = self.graphs().map(|(_, _, graph)| graph).collect();
        Side { flows, world: &self.office().world }
    }

    /// What is pointed at, for the compiler's queries.
    fn ask<T>(
        &self,
        pointer: &reply::Pointer,
        query: impl FnOnce(&Office, At<'_>) -> T,
    ) -> Result<T, Refusal> {
        let office = self.office();
        match pointer {
            reply::Pointer::Text { file: name, offset } => {
                let file = file_of(&office.text, name);
                let file = file.ok_or_else(|| format!("there is no text file `{name}`"))?;
                let text = office.text.project.files.get(file).map_or("", |f| f.text.as_str());
                Ok(query(office, At::Text { file, offset: Text::of(name, text).byte(*offset) }))
            }
            reply::Pointer::Canvas { flow: key, node, spot } => {
                let found = office.units().find_map(|unit| Some((unit, unit.project.flow(key)?)));
                let (unit, flow) = found.ok_or_else(|| format!("there is no flow `{key}`"))?;
                Ok(query(office, At::Canvas { unit, flow, node, spot }))
            }
        }
    }

    /// What may be written where is pointed.
    ///
    /// # Errors
    /// There is no such file or flow.
    pub fn complete(&self, pointer: &reply::Pointer) -> Result<reply::Completions, Refusal> {
        let found = self.ask(pointer, complete)?;
        let (from, to) = match pointer {
            reply::Pointer::Text { file, .. } => {
                let range = self.range(file, found.replace.start, found.replace.end);
                range.map_or((0, 0), |range| (range.from, range.to))
            }
            reply::Pointer::Canvas { .. } => (0, 0),
        };
        Ok(reply::Completions {
            from,
            to,
            items: found.items.into_iter().map(reply::Completion::of).collect(),
        })
    }

    /// What is pointed at, explained in Markdown.
    ///
    /// # Errors
    /// There is no such file or flow.
    pub fn hover(&self, pointer: &reply::Pointer) -> Result<Option<String>, Refusal> {
        self.ask(pointer, hover)
    }

    /// Where it is made.
    ///
    /// # Errors
    /// There is no such file or flow.
    pub fn definition(&self, pointer: &reply::Pointer) -> Result<Vec<reply::Range>, Refusal> {
        Ok(self.ranges(self.ask(pointer, definition)?))
    }

    /// Where it is named.
    ///
    /// # Errors
    /// There is no such file or flow.
    pub fn references(&self, pointer: &reply::Pointer) -> Result<Vec<reply::Range>, Refusal> {
        Ok(self.ranges(self.ask(pointer, |office, at| references(office, at, true))?))
    }

    /// The edits that give it another name everywhere.
    ///
    /// # Errors
    /// There is no such file or flow, or it can't have this name.
    pub fn rename(&self, pointer: &reply::Pointer, name: &str) -> Result<Vec<reply::Edit>, Refusal> {
        let replaced = self.ask(pointer, |office, at| rename(office, at, name))??;
        let edit = |replace: flow_compiler::edit::rename::Replace| {
            let range = self.range(&replace.at.file, replace.at.range.0, replace.at.range.1)?;
            Some(reply::Edit { place: reply::Place::Text(range), with: replace.with })
        };
        Ok(replaced.into_iter().filter_map(edit).collect())
    }

    /// Small notes beside the nodes of a text file.
    ///
    /// # Errors
    /// There is no such file.
    pub fn hints(&self, name: &str) -> Result<Vec<reply::Hint>, Refusal> {
        let file = file_of(&self.office().text, name);
        let file = file.ok_or_else(|| format!("there is no text file `{name}`"))?;
        let hint = |hint: hints::Hint| {
            let at = self.range(name, hint.at, hint.at)?.from;
            Some(reply::Hint { at, label: hint.label, detail: hint.detail })
        };
        Ok(hints::in_file(self.office(), file).into_iter().filter_map(hint).collect())
    }

    fn ranges(&self, spotted: Vec<Spotted>) -> Vec<reply::Range> {
        let ranges = spotted.into_iter().filter_map(|s| self.range(&s.file, s.range.0, s.range.1));
        ranges.collect()
    }

    /// Bytes of a file as JavaScript counts.
    fn range(&self, name: &str, from: usize, to: usize) -> Option<reply::Range> {
        let text = String::from_utf8_lossy(self.0.bytes(name)?);
        Some(Text::of(name, &text).range(from, to))
    }

    /// A recorded call on the program that it was recorded with, if that is here, otherwise on the only one with its
    /// entry.
    ///
    /// # Errors
    /// The trace can't be read, or it isn't clear which flow is meant.
    pub fn replay(&self, trace: &str) -> Result<reply::Replayed, Refusal> {
        self.is_read()?;
        let trace = Trace::decode(trace).map_err(|e| e.to_string())?;
        let programs = self.graphs().filter_map(|(_, _, g)| compile(g, &self.office().world).program);
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

fn file_of(unit: &Unit, name: &str) -> Option<FileId> {
    let number = unit.names.iter().position(|known| known == name)?;
    Some(FileId::from_u32(u32::try_from(number).ok()?))
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
