//! Findings as people and programs read them. Text has its place shown by ariadne; a finding on a canvas names node,
//! exit and field.

pub mod ci;

use std::fmt::Write as _;
use std::ops::Range;

use ariadne::{CharSet, Color, Config, IndexType, Label, ReportKind};
use flow_compiler::diag::{Diagnostic, Place, Severity, Span, Spot};
use flow_compiler::graph::{FileId, Project};
use serde_json::{Value, json};

use crate::cli::Format;
use crate::commands::Failure;
use crate::output::Output;

/// A project with what was found in it.
pub struct Found<'a> {
    /// What was read.
    pub project: &'a Project,
    /// What was found.
    pub diagnostics: Vec<&'a Diagnostic>,
}

/// Writes findings and counts them.
pub struct Report<'a> {
    /// Where results go.
    pub out: &'a Output,
    /// How findings are written.
    pub format: Format,
    deny_warnings: bool,
}

impl<'a> Report<'a> {
    pub const fn new(out: &'a Output, format: Format, deny_warnings: bool) -> Self {
        Report { out, format, deny_warnings }
    }

    /// Whether findings leave the command's work undone.
    pub fn stops(&self, diagnostics: &[Diagnostic]) -> bool {
        diagnostics.iter().any(|d| d.is_error() || self.deny_warnings)
    }

    /// Writes all findings, in the order of the sources, and whether none is wrong enough.
    pub fn findings(&self, found: &[Found<'_>]) -> Result<bool, Failure> {
        let all = || found.iter().flat_map(|f| &f.diagnostics);
        let errors = all().filter(|d| d.severity == Severity::Error).count();
        let warnings = all().filter(|d| d.severity == Severity::Warning).count();
        match self.format {
            Format::Human => {
                self.out.result(&human(found, self.out.color()))?;
                if errors + warnings > 0 {
                    self.out.remark(&format!(
                        "{}, {}",
                        count(errors, "error"),
                        count(warnings, "warning")
                    ))?;
                }
            }
            Format::Json => self.out.result(&format!("{}\n", machine(found, errors, warnings)))?,
            Format::Sarif => self.out.result(&format!("{}\n", ci::sarif(&ci::findings(found))))?,
            Format::Github => self.out.result(&ci::github(&ci::findings(found)))?,
        }
        Ok(errors == 0 && (warnings == 0 || !self.deny_warnings))
    }
}

/// `1 error`, `2 errors`.
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// What couldn't be read first, because other findings may come of it; then in the order in which a reader meets their
/// places.
fn sorted<'a>(found: &Found<'a>) -> Vec<&'a Diagnostic> {
    let mut diagnostics = found.diagnostics.clone();
    diagnostics.sort_by(|a, b| (!a.is_unread(), a.place(), a.code).cmp(&(!b.is_unread(), b.place(), b.code)));
    diagnostics
}

/// Findings for people.
pub fn human(found: &[Found<'_>], color: bool) -> String {
    let mut out = String::new();
    for one in found {
        let sources = one.project.files.values().map(|f| (f.name.clone(), f.text.as_str()));
        let mut sources = ariadne::sources(sources);
        for diagnostic in sorted(one) {
            match diagnostic.place() {
                Some(Place::Text(span)) => {
                    shown(one.project, diagnostic, *span, color, &mut sources, &mut out)
                }
                Some(Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project)
                | None => plain(one.project, diagnostic, &mut out),
            }
        }
    }
    out
}

fn shown(
    project: &Project,
    diagnostic: &Diagnostic,
    main: Span,
    color: bool,
    sources: &mut impl ariadne::Cache<String>,
    out: &mut String,
) {
    let (kind, tint) = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let config = Config::default()
        .with_color(color)
        .with_char_set(CharSet::Unicode)
        .with_index_type(IndexType::Byte)
        .with_compact(false);
    let mut report = ariadne::Report::build(kind, place(project, main))
        .with_config(config)
        .with_code(diagnostic.code)
        .with_message(&diagnostic.message);
    for (number, label) in diagnostic.labels.iter().enumerate() {
        match &label.place {
            Place::Text(span) => {
                let tint = if number == 0 { tint } else { Color::Blue };
                let shown = Label::new(place(project, *span)).with_color(tint);
                let empty = label.text.is_empty();
                report.add_label(if empty && number > 0 { shown } else { shown.with_message(said(label)) });
            }
            other @ (Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project) => {
                report.add_note(format!("{}: {}", place_said(project, other), label.text));
            }
        }
    }
    if let Some(help) = &diagnostic.help {
        report.set_help(help);
    }
    let mut bytes = Vec::new();
    match report.finish().write(sources, &mut bytes) {
        Ok(()) => out.push_str(&String::from_utf8_lossy(&bytes)),
        Err(_) => plain(project, diagnostic, out),
    }
}

/// What stands at a label; ariadne draws nothing for a label without a word.
fn said(label: &flow_compiler::diag::Label) -> &str {
    if label.text.is_empty() { "here" } else { &label.text }
}

/// The source's name and the bytes, at least one of them, so that there is something to underline.
fn place(project: &Project, span: Span) -> (String, Range<usize>) {
    let file = project.files.get(span.file);
    let length = file.map_or(0, |f| f.text.len());
    let (start, end) = (bytes(span.start).min(length), bytes(span.end).min(length));
    let start = if start >= end { start.min(length.saturating_sub(1)) } else { start };
    (name(project, span.file), start..end.max((start + 1).min(length)))
}

fn bytes(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn name(project: &Project, file: FileId) -> String {
    project.files.get(file).map_or_else(|| "?".to_owned(), |f| f.name.clone())
}

/// A finding without text to show.
fn plain(project: &Project, diagnostic: &Diagnostic, out: &mut String) {
    let Diagnostic { code, severity, message, labels, help, .. } = diagnostic;
    // Writing to a string can't fail.
    let _ = writeln!(out, "{severity}[{code}]: {message}");
    for label in labels {
        let text = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
        let _ = writeln!(out, "  at {}{text}", place_said(project, &label.place));
    }
    if let Some(help) = help {
        let _ = writeln!(out, "  help: {help}");
    }
}

/// A place in words: `office.json: node "ann", exit "no_answer"`.
pub fn place_said(project: &Project, place: &Place) -> String {
    let whole = || project.files.values().next().map_or_else(|| "the project".to_owned(), |f| f.name.clone());
    match place {
        Place::Text(span) => {
            let text = project.files.get(span.file).map_or("", |f| f.text.as_str());
            let (line, column) = line_column(text, bytes(span.start));
            format!("{}:{line}:{column}", name(project, span.file))
        }
        Place::Canvas { node, spot, edge } => {
            let mut words = format!("{}:", whole());
            match (node.as_str(), edge) {
                ("", None) => words.push_str(" the flow as a whole"),
                ("", Some(_)) => {}
                (node, _) => words.push_str(&format!(" node \"{node}\"")),
            }
            match spot {
                Spot::Node => {}
                Spot::Field(field) => words.push_str(&format!(", field \"{field}\"")),
                Spot::Exit(exit) => words.push_str(&format!(", exit \"{exit}\"")),
                Spot::Entity => words.push_str(", its entity"),
            }
            if let Some(edge) = edge {
                words.push_str(&format!(", edge \"{edge}\""));
            }
            words
        }
        Place::Json { file, at } => {
            let text = project.files.get(*file).map_or("", |f| f.text.as_str());
            let (line, column) = line_column(text, bytes(*at));
            format!("{}:{line}:{column}", name(project, *file))
        }
        Place::Catalog { kind, key, field } => {
            let field = field.as_ref().map(|f| format!(", field \"{f}\"")).unwrap_or_default();
            format!("the catalogue: {kind} \"{key}\"{field}")
        }
        Place::Project => whole(),
    }
}

/// Line and column of a byte, both from 1; the column counts characters.
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let column = before.get(line_start..).map_or(0, |l| l.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}

/// Findings for programs: the compiler's own form, with names, lines and columns added to places in text.
fn machine(found: &[Found<'_>], errors: usize, warnings: usize) -> Value {
    let mut all = Vec::new();
    for one in found {
        for diagnostic in sorted(one) {
            let mut value = serde_json::to_value(diagnostic).unwrap_or(Value::Null);
            let places = |v: &mut Value| locate(one.project, v);
            for list in ["/labels", "/fix/edits"] {
                let items = value.pointer_mut(list).and_then(Value::as_array_mut);
                items.into_iter().flatten().filter_map(|i| i.get_mut("place")).for_each(places);
            }
            all.push(value);
        }
    }
    json!({ "diagnostics": all, "errors": errors, "warnings": warnings })
}

fn locate(project: &Project, place: &mut Value) {
    let number = |v: &Value, member: &str| v.get(member).and_then(Value::as_u64);
    let file = number(place, "file").and_then(|f| u32::try_from(f).ok()).map_or(0, |f| f);
    let Some((_, source)) = project.files.iter().nth(bytes(file)) else { return };
    let (start, end) = (number(place, "start").or(number(place, "at")), number(place, "end"));
    let Some(members) = place.as_object_mut() else { return };
    members.insert("path".to_owned(), source.name.clone().into());
    for (name, at) in [("from", start), ("to", end)] {
        if let Some(at) = at.and_then(|at| usize::try_from(at).ok()) {
            let (line, column) = line_column(&source.text, at);
            members.insert(name.to_owned(), json!({ "line": line, "column": column }));
        }
    }
}
