//! Reads what was named: files, folders, standard input. Everything together is one phone system.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::edit::folder::{CATALOG, FileKind};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{FlowId, Graph, Project};
use flow_compiler::{Source, check, library, limits, read_catalog, read_json, read_text, world_of};

use crate::commands::Failure;
use crate::render::Found;

/// What a compiled program's file name ends by.
pub const PROGRAM_EXTENSION: &str = "fbc";

/// Files that are read together: all text, or one canvas, or one catalogue.
pub struct Unit {
    /// What was read.
    pub project: Project,
    /// What was wrong with it, reading and checking.
    pub diagnostics: Vec<Diagnostic>,
    /// The text files' paths, as the project numbers them; none of a canvas, a catalogue or standard input.
    pub paths: Vec<Option<PathBuf>>,
    /// Whether it is text.
    pub is_text: bool,
}

/// Everything that was named.
pub struct Input {
    /// What was read, text first.
    pub units: Vec<Unit>,
    /// All facts: declared, from catalogues, and the library's prompts.
    pub world: Catalog,
    /// Compiled programs, by name.
    pub programs: Vec<(String, Vec<u8>)>,
}

/// Why there is nothing to do.
const NO_FLOWS: &str = "no flows there: name `.flow` or `.json` files, or a folder with some";
/// Folders in folders; a link that leads round would never end.
const FOLDER_DEPTH_MAX: usize = 16;

/// The folders below one that are systems of their own.
fn find_systems(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if depth > FOLDER_DEPTH_MAX {
        return Err(Failure(format!("{}: too many folders in folders", folder.display())));
    }
    for path in entries(folder)? {
        let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
        if !path.is_dir() || hidden {
            continue;
        }
        let is_text = |p: &PathBuf| p.extension().is_some_and(|e| e == "flow");
        if entries(&path)?.iter().any(|p| is_text(p) || p.file_name() == Some(OsStr::new(CATALOG))) {
            found.push(path.clone());
        }
        find_systems(&path, depth + 1, found)?;
    }
    Ok(())
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e| Failure(format!("can't read the folder {}: {e}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths: Vec<PathBuf> =
        entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// A file before it is read as anything.
struct File {
    name: String,
    path: Option<PathBuf>,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Files {
    text: Vec<File>,
    canvases: Vec<File>,
    catalogs: Vec<File>,
    programs: Vec<File>,
    /// Of all of them.
    count: usize,
    bytes: usize,
}

impl Input {
    /// Reads and checks; `more` is text that stands in no file.
    pub fn load(paths: &[PathBuf], more: Option<&str>) -> Result<Input, Failure> {
        let files = collect(paths)?;
        if let Some(more) = more {
            return Ok(read(files, Some(File::of_text("the steps", more))));
        }
        Ok(read(files, None))
    }

    /// A phone system without anything in it.
    pub fn nothing() -> Input {
        read(Files::default(), None)
    }

    /// What was named, and the systems in folders below: a folder with text or a catalogue is a system of its own.
    pub fn systems(paths: &[PathBuf]) -> Result<Vec<Input>, Failure> {
        let mut below = Vec::new();
        let here = [PathBuf::from(".")];
        for path in if paths.is_empty() { &here } else { paths } {
            if path.is_dir() {
                find_systems(path, 0, &mut below)?;
            }
        }
        let mut inputs = Vec::new();
        let named = collect(paths);
        match (named, below.is_empty()) {
            (Ok(files), _) => inputs.push(read(files, None)),
            (Err(failure), true) => return Err(failure),
            // A folder with nothing but systems in it.
            (Err(failure), false) if failure.0 != NO_FLOWS => return Err(failure),
            (Err(_), false) => {}
        }
        for folder in below {
            inputs.push(read(collect(&[folder])?, None));
        }
        Ok(inputs)
    }

    /// What was found, for rendering.
    pub fn found(&self) -> Vec<Found<'_>> {
        let units = self.units.iter();
        units.map(|u| Found { project: &u.project, diagnostics: u.diagnostics.iter().collect() }).collect()
    }

    /// All findings.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.units.iter().flat_map(|u| u.diagnostics.iter().cloned()).collect()
    }

    /// Every flow with the project that it is in.
    pub fn flows(&self) -> impl Iterator<Item = (&Project, FlowId, &Graph)> {
        self.units.iter().flat_map(|u| u.project.flows.iter().map(move |(id, g)| (&u.project, id, g)))
    }
}

impl File {
    fn of_text(name: &str, text: &str) -> File {
        File { name: name.to_owned(), path: None, bytes: text.as_bytes().to_vec() }
    }

    fn source(&self) -> Source<'_> {
        Source { name: &self.name, bytes: &self.bytes }
    }
}

fn read(files: Files, more: Option<File>) -> Input {
    let mut units = Vec::new();
    let mut text = files.text;
    text.extend(more);
    let sources: Vec<_> = text.iter().map(File::source).collect();
    let read = read_text(&sources);
    let (mut world, conflicts) = world_of(&read.project);
    let paths = text.iter().map(|f| f.path.clone()).collect();
    let mut texts = Unit { project: read.project, diagnostics: read.diagnostics, paths, is_text: true };
    texts.diagnostics.extend(conflicts);
    units.push(texts);
    for file in &files.catalogs {
        let read = read_catalog(&file.source());
        let mut diagnostics = read.diagnostics;
        for declaration in read.project.entities.values() {
            diagnostics.extend(world.add(declaration.clone()));
        }
        units.push(Unit { project: read.project, diagnostics, paths: Vec::new(), is_text: false });
    }
    world.fill_with(&Catalog::library());
    for file in &files.canvases {
        let read = read_json(&file.source(), &world);
        units.push(Unit {
            project: read.project,
            diagnostics: read.diagnostics,
            paths: Vec::new(),
            is_text: false,
        });
    }
    // Flows of one file call those of the others.
    library::link(units.iter_mut().flat_map(|unit| unit.project.flows.values_mut()));
    for unit in &mut units {
        let found = check(&unit.project, &world);
        unit.diagnostics.extend(found);
    }
    numbers_across(&mut units);
    numbers_unused(&mut units);
    let programs = files.programs.into_iter().map(|f| (f.name, f.bytes)).collect();
    Input { units, world, programs }
}

/// The file of a flow; of a unit without that flow its first.
fn file_of(unit: &Unit, key: &str) -> String {
    let flow = unit.project.flows.values().find(|graph| graph.key == key);
    let file = match flow.map(|graph| graph.origin.place()) {
        Some(Place::Text(span)) => unit.project.files.get(span.file),
        Some(Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project) | None => {
            unit.project.files.values().next()
        }
    };
    file.map_or_else(String::new, |file| file.name.clone())
}

/// Flows that are there as text and as a canvas, as after `convert` into the same folder.
fn flows_twice(units: &mut [Unit]) -> BTreeSet<String> {
    let mut twice = BTreeSet::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for unit in units {
        let flows: Vec<(String, Place)> =
            unit.project.flows.values().map(|g| (g.key.clone(), g.origin.place())).collect();
        for (key, place) in flows {
            let file = file_of(unit, &key);
            match files.get(&key).filter(|first| **first != file && !unit.is_text) {
                Some(first) => {
                    let message = format!("the flow `{key}` is there twice: in {first} and in {file}");
                    let found = Diagnostic::new(Code::DuplicateId, place, message);
                    unit.diagnostics
                        .push(found.help("keep one of the two files, or give one flow another key"));
                    twice.insert(key);
                }
                None => {
                    files.entry(key).or_insert(file);
                }
            }
        }
    }
    twice
}

/// Numbers that enter flows of different units. Inside a unit they are found already.
fn numbers_across(units: &mut [Unit]) {
    let twice = flows_twice(units);
    let found = check::across_groups(units.iter().map(|unit| unit.project.flows.values()));
    for (unit, found) in units.iter_mut().zip(found) {
        let mut own = unit.project.flows.values().map(|g| &g.key);
        if let (Some(only), None) = (own.next(), own.next())
            && twice.contains(only)
        {
            continue;
        }
        // The other place is in another project, whose files these places don't know.
        unit.diagnostics.extend(found.into_iter().map(|mut found| {
            found.labels.truncate(1);
            found
        }));
    }
}

/// Declared numbers that enter no flow of any unit; the units that declare them say so.
fn numbers_unused(units: &mut [Unit]) {
    // What can't be read may have an entry with the number.
    if units.iter().flat_map(|u| &u.diagnostics).any(Diagnostic::is_unread) {
        return;
    }
    for at in 0..units.len() {
        let flows = units.iter().flat_map(|u| u.project.flows.values());
        let declared = units.get(at).into_iter().flat_map(|u| u.project.entities.values());
        let found = check::unused(declared, flows);
        if let Some(unit) = units.get_mut(at) {
            unit.diagnostics.extend(found);
        }
    }
}

fn collect(paths: &[PathBuf]) -> Result<Files, Failure> {
    let mut files = Files::default();
    let here = [PathBuf::from(".")];
    for path in if paths.is_empty() { &here } else { paths } {
        if path.as_os_str() == "-" {
            files.add_stdin()?;
        } else if path.is_dir() {
            files.add_folder(path)?;
        } else {
            files.add_file(path)?;
        }
    }
    if files.text.is_empty() && files.canvases.is_empty() && files.programs.is_empty() {
        return Err(Failure(NO_FLOWS.to_owned()));
    }
    Ok(files)
}

impl Files {
    fn add_stdin(&mut self) -> Result<(), Failure> {
        let bytes = read_at_most(std::io::stdin().lock(), limits::JSON_FILE_BYTES_MAX)
            .map_err(|e| Failure(format!("can't read standard input: {e}")))?;
        let file = File { name: "<stdin>".to_owned(), path: None, bytes };
        // A canvas is an object; no text begins by a brace.
        if file.bytes.trim_ascii_start().starts_with(b"{") {
            self.canvases.push(file);
        } else {
            self.text.push(file);
        }
        Ok(())
    }

    /// The flows and the catalogue of a folder. Folders in it are systems of their own, or hold other things.
    fn add_folder(&mut self, folder: &Path) -> Result<(), Failure> {
        for path in entries(folder)? {
            if path.is_file() && path.extension().is_some_and(|e| e == "flow" || e == "json") {
                self.add_file(&path)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let is_program = path.extension().is_some_and(|e| e == PROGRAM_EXTENSION);
        let (to, bytes_max) = match FileKind::of(&name) {
            Some(FileKind::Text) => (&mut self.text, limits::TEXT_FILE_BYTES_MAX),
            Some(FileKind::Catalog) => (&mut self.catalogs, limits::JSON_FILE_BYTES_MAX),
            Some(FileKind::Canvas) => (&mut self.canvases, limits::JSON_FILE_BYTES_MAX),
            None if is_program => (&mut self.programs, flow_vm::limits::PROGRAM_BYTES_MAX),
            None => {
                let message = "what kind of file is that? flows end by .flow or .json, programs by .fbc";
                return Err(Failure(format!("{name}: {message}")));
            }
        };
        let bytes = read_file(path, bytes_max)?;
        self.count += 1;
        self.bytes += bytes.len();
        if self.count > limits::FILES_MAX || self.bytes > limits::PROJECT_BYTES_MAX {
            return Err(Failure(format!(
                "too much for one phone system: at most {} files with {} MiB together are read",
                limits::FILES_MAX,
                limits::PROJECT_BYTES_MAX >> 20
            )));
        }
        to.push(File { name, path: Some(path.to_owned()), bytes });
        Ok(())
    }
}

/// Reads a file, of which at most this many bytes are wanted. One more is read, which shows whoever reads them that it is
/// too large.
pub fn read_file(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let failed = |e| Failure(format!("can't read {}: {e}", path.display()));
    read_at_most(std::fs::File::open(path).map_err(failed)?, bytes_max).map_err(failed)
}

fn read_at_most(from: impl Read, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
