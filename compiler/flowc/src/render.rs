//! Findings as people and programs read them. Text has its place shown by ariadne; a finding on a canvas names node,
//! exit and field.

pub mod ci;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

use ariadne::{CharSet, Color, Config, IndexType, Label, ReportKind};
use flow_compiler::diag::{Diagnostic, Place, Severity, Span, Spot};
use flow_compiler::edit::json::Positions;
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

/// Longest line, in bytes, that is shown with what is wrong in it; of a longer one only the place is said.
const LINE_SHOWN_BYTES_MAX: usize = 2_000;
/// How many lines apart what is shown together may be.
const LINES_APART_MAX: usize = 200;

/// Where the lines of a project's files begin, looked for once.
pub struct Lines<'a> {
    project: &'a Project,
    starts: RefCell<BTreeMap<FileId, Rc<Vec<usize>>>>,
    positions: OnceCell<Positions>,
}

impl<'a> Lines<'a> {
    pub const fn of(project: &'a Project) -> Self {
        Lines { project, starts: RefCell::new(BTreeMap::new()), positions: OnceCell::new() }
    }

    fn text(&self, file: FileId) -> &'a str {
        self.project.files.get(file).map_or("", |f| f.text.as_str())
    }

    fn starts(&self, file: FileId) -> Rc<Vec<usize>> {
        let begin = || {
            let ends = self.text(file).bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            Rc::new(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
        };
        Rc::clone(self.starts.borrow_mut().entry(file).or_insert_with(begin))
    }

    /// Line and column of a byte, both from 1; the column counts characters, in a very long line bytes.
    fn line_column(&self, file: FileId, at: usize) -> (usize, usize) {
        let starts = self.starts(file);
        let line = starts.partition_point(|start| *start <= at).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text(file).get(start..at).unwrap_or_default();
        let column = if before.len() > LINE_SHOWN_BYTES_MAX { before.len() } else { before.chars().count() };
        (line, column + 1)
    }

    /// The first and the last line of a range.
    fn lines(&self, file: FileId, bytes: &Range<usize>) -> (usize, usize) {
        let starts = self.starts(file);
        let line = |at: usize| starts.partition_point(|start| *start <= at);
        (line(bytes.start), line(bytes.end))
    }

    /// Whether the lines from one byte to another can be shown.
    fn can_show(&self, file: FileId, bytes: Range<usize>) -> bool {
        let starts = self.starts(file);
        let (first, last) = self.lines(file, &bytes);
        let end = self.text(file).len();
        let length = |line: usize| {
            let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(end);
            starts.get(line).copied().unwrap_or(end) - start
        };
        last - first <= LINES_APART_MAX && (first..=last).all(|line| length(line) <= LINE_SHOWN_BYTES_MAX)
    }

    /// Whether another place is near enough to be shown with the main one.
    fn near(&self, main: Span, other: Span) -> bool {
        let (line, _) = self.lines(main.file, &place(self.project, main).1);
        let here = place(self.project, other).1;
        let (other_line, _) = self.lines(other.file, &here);
        // Text of another file stands by itself.
        let is_near = main.file != other.file || line.abs_diff(other_line) <= LINES_APART_MAX;
        is_near && self.can_show(other.file, here)
    }

    /// Where a part of a canvas or an entity of a catalogue stands in its JSON; none of text.
    fn in_json(&self, place: &Place) -> Option<(FileId, Range<usize>)> {
        let (file, source) = self.project.files.iter().next()?;
        let positions = self.positions.get_or_init(|| Positions::of(source.text.as_bytes()));
        let found = match place {
            Place::Canvas { node, spot, edge } => positions.canvas(node, spot, edge.as_deref()),
            Place::Catalog { kind, key, field } => positions.catalog(kind, key, field.as_deref()),
            Place::Text(_) | Place::Json { .. } | Place::Project => None,
        };
        Some((file, found?))
    }
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
        let lines = Lines::of(one.project);
        for diagnostic in sorted(one) {
            match diagnostic.place() {
                Some(Place::Text(span)) if lines.can_show(span.file, place(one.project, *span).1) => {
                    shown(&lines, diagnostic, *span, color, &mut sources, &mut out)
                }
                Some(
                    Place::Text(_)
                    | Place::Canvas { .. }
                    | Place::Json { .. }
                    | Place::Catalog { .. }
                    | Place::Project,
                )
                | None => plain(&lines, diagnostic, &mut out),
            }
        }
    }
    out
}

fn shown(
    lines: &Lines<'_>,
    diagnostic: &Diagnostic,
    main: Span,
    color: bool,
    sources: &mut impl ariadne::Cache<String>,
    out: &mut String,
) {
    let project = lines.project;
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
            Place::Text(span) if number == 0 || lines.near(main, *span) => {
                let tint = if number == 0 { tint } else { Color::Blue };
                let shown = Label::new(place(project, *span)).with_color(tint);
                let empty = label.text.is_empty();
                report.add_label(if empty && number > 0 { shown } else { shown.with_message(said(label)) });
            }
            other @ (Place::Text(_)
            | Place::Canvas { .. }
            | Place::Json { .. }
            | Place::Catalog { .. }
            | Place::Project) => {
                report.add_note(format!("{}: {}", place_said(lines, other), label.text));
            }
        }
    }
    if let Some(help) = &diagnostic.help {
        report.set_help(help);
    }
    let mut bytes = Vec::new();
    match report.finish().write(sources, &mut bytes) {
        Ok(()) => out.push_str(&String::from_utf8_lossy(&bytes)),
        Err(_) => plain(lines, diagnostic, out),
    }
}

/// What stands at a label; ariadne draws nothing for a label without a word.
fn said(label: &flow_compiler::diag::Label) -> &str {
    if label.text.is_empty() { "here" } else { &label.text }
}

/// The source's name and the bytes, at least one of them, so that there is something to underline.
fn place(project: &Project, span: Span) -> (String, Range<usize>) {
    let file = project.files.get(span.file);
    let text = file.map_or("", |f| f.text.as_str());
    let (start, end) = (bytes(span.start).min(text.len()), bytes(span.end).min(text.len()));
    // Between characters, never in one: what isn't UTF-8 became characters of three bytes.
    let before = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let after = |at: usize| (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let start = before(if start >= end { start.min(text.len().saturating_sub(1)) } else { start });
    (name(project, span.file), start..after(end.max(start + 1)))
}

fn bytes(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn name(project: &Project, file: FileId) -> String {
    project.files.get(file).map_or_else(|| "?".to_owned(), |f| f.name.clone())
}

/// A finding without text to show.
fn plain(lines: &Lines<'_>, diagnostic: &Diagnostic, out: &mut String) {
    let Diagnostic { code, severity, message, labels, help, .. } = diagnostic;
    // Writing to a string can't fail.
    let _ = writeln!(out, "{severity}[{code}]: {message}");
    for label in labels {
        let text = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
        let _ = writeln!(out, "  at {}{text}", place_said(lines, &label.place));
    }
    if let Some(help) = help {
        let _ = writeln!(out, "  help: {help}");
    }
}

/// A place in words: `office.json: node "ann", exit "no_answer"`.
pub fn place_said(lines: &Lines<'_>, place: &Place) -> String {
    let project = lines.project;
    let whole = || project.files.values().next().map_or_else(|| "the project".to_owned(), |f| f.name.clone());
    match place {
        Place::Text(span) => {
            let (line, column) = lines.line_column(span.file, bytes(span.start));
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
            let (line, column) = lines.line_column(*file, bytes(*at));
            format!("{}:{line}:{column}", name(project, *file))
        }
        Place::Catalog { kind, key, field } => {
            let field = field.as_ref().map(|f| format!(", field \"{f}\"")).unwrap_or_default();
            format!("the catalogue: {kind} \"{key}\"{field}")
        }
        Place::Project => whole(),
    }
}

/// Findings for programs: the compiler's own form, with names, lines and columns added to places in text.
fn machine(found: &[Found<'_>], errors: usize, warnings: usize) -> Value {
    let mut all = Vec::new();
    for one in found {
        let lines = Lines::of(one.project);
        for diagnostic in sorted(one) {
            let mut value = serde_json::to_value(diagnostic).unwrap_or(Value::Null);
            let places = |v: &mut Value| locate(&lines, v);
            for list in ["/labels", "/fix/edits"] {
                let items = value.pointer_mut(list).and_then(Value::as_array_mut);
                items.into_iter().flatten().filter_map(|i| i.get_mut("place")).for_each(places);
            }
            all.push(value);
        }
    }
    json!({ "diagnostics": all, "errors": errors, "warnings": warnings })
}

fn locate(lines: &Lines<'_>, place: &mut Value) {
    let number = |v: &Value, member: &str| v.get(member).and_then(Value::as_u64);
    let file = number(place, "file").and_then(|f| u32::try_from(f).ok()).map_or(0, |f| f);
    let Some((file, source)) = lines.project.files.iter().nth(bytes(file)) else { return };
    let (start, end) = (number(place, "start").or(number(place, "at")), number(place, "end"));
    let Some(members) = place.as_object_mut() else { return };
    members.insert("path".to_owned(), source.name.clone().into());
    for (name, at) in [("from", start), ("to", end)] {
        if let Some(at) = at.and_then(|at| usize::try_from(at).ok()) {
            let (line, column) = lines.line_column(file, at);
            members.insert(name.to_owned(), json!({ "line": line, "column": column }));
        }
    }
}
