//! The door to the compiler: a draft becomes a program, a folder becomes entities and drafts.

use std::collections::{BTreeMap, BTreeSet};

use flow_compiler::compile as compiler;
use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::entity::catalog::{Catalog, Overlay};
use flow_compiler::entity::{EntityFacts, EntityKind};
use flow_compiler::graph::{Declaration, FlowId, Graph, Node, Project};
use flow_compiler::library;
use flow_compiler::nodes;
use flow_compiler::world::World;
use flow_compiler::{Source, check, check_flow, read_catalog, read_json, read_text, write_json};
use flow_vm::Program;
use flow_vm::effect::{EffectKind, EffectSet};
use flow_vm::op::Then;
use flow_vm::table::Target;
use rusqlite::Connection;
use serde::Serialize;

use crate::audit::By;
use crate::entity::{Entity, by_key};
use crate::error::{Error, Result};
use crate::import::ImportFile;
use crate::store::save_entity;
use crate::world::{Facts, Name, Watched};
use crate::{Extension, InboundNumber, IvrMenu, Prompt, RingGroup, TimeSwitch, Trunk, VoicemailBox};

/// A program and what it was made of.
#[derive(Debug)]
pub(crate) struct Made {
    pub program: Vec<u8>,
    pub program_hash: String,
    /// Number and entry node.
    pub numbers: Vec<(String, String)>,
    pub uses: BTreeSet<Name>,
    /// Snapshot of the facts used, as JSON.
    pub facts: String,
    pub warnings: Vec<Diagnostic>,
}

/// Compiles the source of a flow (React Flow JSON) with these facts.
pub(crate) fn compile(
    conn: &Connection,
    flow: &str,
    source: &str,
    facts: &Facts,
    effects: EffectSet,
) -> Result<Made> {
    let refused = |diagnostics| Error::Refused { flow: flow.to_owned(), diagnostics };
    let world = Watched::new(facts);
    let (graph, mut found) = read(flow, source, &world);
    check_calls(&graph)?;
    let unread = found.iter().any(Diagnostic::is_error);
    let compiled = compiler::compile(&graph, &world);
    found.extend(compiled.diagnostics);
    let Some(program) = compiled.program.filter(|_| !unread) else { return Err(refused(found)) };
    check_effects(flow, &program, effects)?;
    let uses = world.used();
    Ok(Made {
        program: program.encode(),
        program_hash: program.hash().to_string(),
        numbers: numbers(&graph),
        facts: snapshot(conn, &uses)?,
        uses,
        warnings: found,
    })
}

/// Makes rows for numbers that enter the flow and that nobody has entered yet.
pub(crate) fn ensure_numbers(conn: &Connection, flow: &str, source: &str, by: By<'_>) -> Result<()> {
    let facts = Facts::read(conn)?;
    let (graph, _) = read(flow, source, &facts);
    for (number, _) in numbers(&graph) {
        if facts.entity(EntityKind::InboundNumber, &number).is_none() {
            save_entity(conn, &InboundNumber::plain(&number)?, &mut BTreeSet::new(), by)?;
        }
    }
    Ok(())
}

/// Facts in which the numbers that enter a draft exist, as they will once it is published.
pub(crate) fn with_numbers(mut facts: Facts, flow: &str, source: &str) -> Facts {
    let (graph, _) = read(flow, source, &facts);
    for (number, _) in numbers(&graph) {
        // What isn't a number stays unknown, which is what the check says of it.
        if let Ok(number) = InboundNumber::plain(&number) {
            facts.suppose(&number);
        }
    }
    facts
}

/// A folder as the compiler reads it.
#[derive(Debug)]
pub(crate) struct Folder {
    /// The text files together, then each canvas by itself.
    projects: Vec<Project>,
    catalog: Catalog,
    /// Facts of the entities, by kind and key.
    pub facts: Vec<EntityFacts>,
    /// What was found that doesn't stop an import.
    pub warnings: Vec<Diagnostic>,
}

/// A flow to keep.
#[derive(Debug)]
pub(crate) struct Draft {
    pub key: String,
    pub label: String,
    pub source: String,
}

/// Reads the files of a folder: text together, `catalog.json`, every other JSON as a canvas.
pub(crate) fn read_folder(files: &[ImportFile]) -> Result<Folder> {
    let texts: Vec<Source<'_>> = files.iter().filter(|f| f.path.ends_with(".flow")).map(source_of).collect();
    let text = read_text(&texts);
    let mut found = text.diagnostics;
    let (mut catalog, conflicts) = Catalog::of(&text.project);
    found.extend(conflicts);
    for file in files.iter().filter(|f| is_catalog(&f.path)) {
        let read = read_catalog(&source_of(file));
        found.extend(read.diagnostics.into_iter().map(|d| named(&file.path, d)));
        let (more, conflicts) = Catalog::of(&read.project);
        found.extend(conflicts);
        found.extend(catalog.add_all(&more));
    }
    found.extend(declare_sounds(&mut catalog, files));
    let mut projects = vec![text.project];
    for file in files.iter().filter(|f| f.path.ends_with(".json") && !is_catalog(&f.path)) {
        let read = read_json(&source_of(file), &catalog);
        found.extend(read.diagnostics.into_iter().map(|d| named(&file.path, d)));
        projects.push(read.project);
    }
    if found.iter().any(Diagnostic::is_error) {
        return Err(Error::ImportRefused { diagnostics: found });
    }
    let facts = catalog.facts().cloned().collect();
    let folder = Folder { projects, catalog, facts, warnings: found };
    folder.check_keys()?;
    folder.check_kinds()?;
    Ok(folder)
}

impl Folder {
    /// Checks the folder against what the store knows besides. Entities must be right; flows may be unfinished unless
    /// they are to be published, but a draft must be able to hold all of them.
    pub(crate) fn check(&mut self, facts: &Facts, publish: bool) -> Result<()> {
        self.declare_numbers(facts);
        let world = Overlay { declared: &self.catalog, base: facts };
        let mut entities = Project::default();
        for declaration in self.catalog.declarations() {
            entities.entities.push(declaration.clone());
        }
        let mut found = check(&entities, &world);
        let wrong = found.iter().any(Diagnostic::is_error);
        let mut flows = Vec::new();
        for project in &self.projects {
            flows.extend(project.flows.values().flat_map(|graph| check_flow(graph, &world)));
        }
        let unfinished = flows.iter().any(Diagnostic::is_error);
        // A draft is a canvas. What a canvas has no place for would be gone, and its finding with it.
        let lost = flows.iter().any(|d| d.is_error() && d.is_lost_by_converting());
        found.extend(flows);
        if wrong || lost || (publish && unfinished) {
            return Err(Error::ImportRefused { diagnostics: found });
        }
        self.warnings.extend(found);
        Ok(())
    }

    /// Numbers at the entries of the flows that nobody has declared exist by being there.
    fn declare_numbers(&mut self, facts: &Facts) {
        let listed: Vec<(String, String)> = self.flows().flat_map(|(_, _, graph)| numbers(graph)).collect();
        for (number, _) in listed {
            let world = Overlay { declared: &self.catalog, base: facts };
            if world.entity(EntityKind::InboundNumber, &number).is_none() {
                self.catalog.add(Declaration::new(EntityKind::InboundNumber, &number, ""));
            }
        }
        self.facts = self.catalog.facts().cloned().collect();
    }

    /// The flows as drafts; the store's row ids go into the JSON.
    pub(crate) fn drafts(&self, facts: &Facts) -> Vec<Draft> {
        self.flows()
            .map(|(project, id, graph)| Draft {
                key: graph.key.clone(),
                label: graph.label.clone(),
                source: write_json(project, id, facts),
            })
            .collect()
    }

    fn flows(&self) -> impl Iterator<Item = (&Project, FlowId, &Graph)> {
        self.projects.iter().flat_map(|p| p.flows.iter().map(move |(id, graph)| (p, id, graph)))
    }

    /// Refuses entities that this server has no place for.
    fn check_kinds(&self) -> Result<()> {
        let known = |kind: &EntityKind| match kind {
            EntityKind::Conference | EntityKind::Queue => false,
            EntityKind::Trunk
            | EntityKind::InboundNumber
            | EntityKind::Extension
            | EntityKind::RingGroup
            | EntityKind::VoicemailBox
            | EntityKind::IvrMenu
            | EntityKind::TimeSwitch
            | EntityKind::Prompt => true,
        };
        let strange = self.catalog.declarations().filter(|declaration| !known(&declaration.kind));
        let named: Vec<_> =
            strange.map(|d| format!("{} `{}`", d.kind.noun(), d.key.escape_debug())).collect();
        if named.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "this server has no conferences and no queues yet, and the folder declares some: {}. Nothing was imported. \
             Take them and the nodes that use them out, or import the folder into a newer flowpbx",
            named.join(", ")
        )))
    }

    fn check_keys(&self) -> Result<()> {
        let mut keys = BTreeSet::new();
        match self.flows().find(|(_, _, graph)| !keys.insert(graph.key.as_str())) {
            Some((_, _, graph)) => {
                Err(Error::Invalid(format!("flow `{}` is twice in the folder; keep one of them", graph.key)))
            }
            None => Ok(()),
        }
    }
}

/// Sounds that no declaration names are prompts; their file's name is their key.
/// Two of the same name are a finding: which one callers would hear isn't said anywhere.
fn declare_sounds(catalog: &mut Catalog, files: &[ImportFile]) -> Vec<Diagnostic> {
    let declared: BTreeMap<String, String> = catalog
        .facts()
        .filter_map(|f| match f {
            EntityFacts::Prompt(p) => p.file.as_ref().map(|file| (file.clone(), p.key.clone())),
            EntityFacts::Trunk(_)
            | EntityFacts::InboundNumber(_)
            | EntityFacts::Extension(_)
            | EntityFacts::RingGroup(_)
            | EntityFacts::VoicemailBox(_)
            | EntityFacts::IvrMenu(_)
            | EntityFacts::TimeSwitch(_)
            | EntityFacts::Conference(_)
            | EntityFacts::Queue(_) => None,
        })
        .collect();
    let mut undeclared: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.path.ends_with(".wav")) {
        let named = declared.keys().any(|path| names_file(path, &file.path));
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let key = name.strip_suffix(".wav").unwrap_or(name);
        if named {
            continue;
        }
        if let Some(first) = undeclared.get(key) {
            let message = format!("`{first}` and `{}` are both the prompt `{key}`", file.path);
            let finding = Diagnostic::new(Code::ConflictingFacts, Place::Project, message);
            found.push(finding.help(format!(
                "rename one of them, or declare it: `prompt NAME {{ file = \"{}\" }}`",
                file.path
            )));
        } else if catalog.entity(EntityKind::Prompt, key).is_none() {
            let mut declaration = Declaration::new(EntityKind::Prompt, key, "");
            declaration.set("file", file.path.as_str().into());
            catalog.add(declaration);
            undeclared.insert(key, &file.path);
        }
    }
    found
}

/// Whether a declaration's path (relative to the file that it stands in) names a file of the folder.
pub(crate) fn names_file(declared: &str, path: &str) -> bool {
    let declared = declared.trim_start_matches("./");
    path == declared || path.strip_suffix(declared).is_some_and(|rest| rest.ends_with('/'))
}

fn source_of(file: &ImportFile) -> Source<'_> {
    Source { name: &file.path, bytes: &file.bytes }
}

fn is_catalog(path: &str) -> bool {
    path == "catalog.json" || path.ends_with("/catalog.json")
}

/// A finding that says which file it is of: places in JSON don't.
fn named(path: &str, mut finding: Diagnostic) -> Diagnostic {
    finding.message = format!("{path}: {}", finding.message);
    finding
}

/// The graph of a source. Its key is the row's, whatever the JSON says.
fn read(flow: &str, source: &str, world: &dyn World) -> (Graph, Vec<Diagnostic>) {
    let read = read_json(&Source { name: flow, bytes: source.as_bytes() }, world);
    let mut graph = read.project.flows.values().next().cloned().unwrap_or_default();
    flow.clone_into(&mut graph.key);
    (graph, read.diagnostics)
}

/// The numbers of a graph's entries, each with its entry node.
fn numbers(graph: &Graph) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for node in graph.nodes.values() {
        if node.kind == Some(nodes::Kind::InboundNumber) {
            let keys = node.entities.iter().filter_map(|e| e.key.clone());
            found.extend(keys.map(|key| (key, node.name.clone())));
        }
    }
    found
}

/// Refuses a flow that calls others, with the nodes that do: a version keeps one flow, and a change of another one's draft
/// mustn't change what calls do. Refuses a flow that only others could call, too.
fn check_calls(graph: &Graph) -> Result<()> {
    let calls = |node: &Node| Some(format!("`{}` calls `{}`", node.name, library::called(node)?));
    let told: Vec<String> = graph.nodes.values().filter_map(calls).collect();
    if !told.is_empty() {
        return Err(Error::Invalid(format!(
            "flow `{}` can't go live, because this server can't publish flows that call others yet: {}. Draw what they do \
             in this flow, or publish it on a newer flowpbx",
            graph.key,
            told.join("; ")
        )));
    }
    if graph.start().is_some() && !graph.is_entered() {
        return Err(Error::Invalid(format!(
            "flow `{}` can't go live by itself: no number leads into it, only calls of other flows. Keep it as a draft, \
             or add an `inbound_number`",
            graph.key
        )));
    }
    Ok(())
}

/// Refuses a program that asks for what the server can't do, with the nodes that do.
fn check_effects(flow: &str, program: &Program, effects: EffectSet) -> Result<()> {
    let parts = program.parts();
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (at, op) in (0..).zip(&parts.ops) {
        if let Then::Asks(kind) = op.then()
            && !effects.has(kind)
        {
            let node = parts.node_at(Target(at)).and_then(|node| parts.node_name(node));
            missing.entry(told(kind)).or_default().extend(node);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = missing
        .iter()
        .map(|(what, nodes)| {
            let nodes: Vec<_> = nodes.iter().map(|node| format!("`{node}`")).collect();
            format!("{what} ({})", nodes.join(", "))
        })
        .collect();
    Err(Error::Invalid(format!(
        "flow `{flow}` can't go live, because this server can't do yet what some of its nodes ask for: {}. Take these \
         nodes out of the flow, or publish it on a newer flowpbx",
        told.join("; ")
    )))
}

/// What an effect is to somebody who runs an office.
const fn told(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Answer => "answering calls",
        EffectKind::Play => "playing messages",
        EffectKind::Menu => "asking for a key",
        EffectKind::RingExtension => "ringing extensions",
        EffectKind::RingGroup => "ringing groups",
        EffectKind::Voicemail => "taking voicemail",
        EffectKind::LocalTime => "telling the time",
        EffectKind::SetCallerId => "changing the caller's name or number",
        EffectKind::Chance => "drawing lots",
        EffectKind::Status => "looking at a phone's status",
        EffectKind::Collect => "taking digits from callers",
        EffectKind::Transfer => "transferring calls",
        EffectKind::Webhook | EffectKind::WebhookField => "asking a server on the web by a webhook",
        EffectKind::Queue => "letting callers wait in a queue",
        EffectKind::Conference => "holding a conference",
    }
}

/// The used rows as JSON, by kind and key.
fn snapshot(conn: &Connection, uses: &BTreeSet<Name>) -> Result<String> {
    let mut out: BTreeMap<&str, Vec<serde_json::Value>> = BTreeMap::new();
    for (kind, key) in uses {
        let row = match kind {
            EntityKind::Trunk => row::<Trunk>(conn, key)?,
            EntityKind::InboundNumber => row::<InboundNumber>(conn, key)?,
            EntityKind::Extension => row::<Extension>(conn, key)?,
            EntityKind::RingGroup => row::<RingGroup>(conn, key)?,
            EntityKind::VoicemailBox => row::<VoicemailBox>(conn, key)?,
            EntityKind::IvrMenu => row::<IvrMenu>(conn, key)?,
            EntityKind::TimeSwitch => row::<TimeSwitch>(conn, key)?,
            EntityKind::Prompt => row::<Prompt>(conn, key)?,
            // There are no rows of these, so that no flow that names one compiles.
            EntityKind::Conference | EntityKind::Queue => continue,
        };
        out.entry(kind.name()).or_default().push(row);
    }
    serde_json::to_string(&out).map_err(|e| Error::Invalid(format!("facts can't be written as JSON: {e}")))
}

fn row<E: Entity + Serialize>(conn: &Connection, key: &str) -> Result<serde_json::Value> {
    let row = by_key::<E>(conn, key)?;
    serde_json::to_value(row).map_err(|e| Error::Invalid(format!("facts can't be written as JSON: {e}")))
}
