//! Findings as code hosts want them: SARIF 2.1.0 (OASIS) and GitHub's workflow commands.

use std::fmt::Write as _;

use flow_compiler::diag::{Code, Diagnostic, Place, Severity};
use flow_compiler::graph::Project;
use serde_json::{Value, json};

use super::{Found, bytes, line_column, name, place_said, sorted};

/// Where a finding is in a file: its name, first line and column, last line and column.
type Spot = (String, (usize, usize), (usize, usize));

fn spot(project: &Project, diagnostic: &Diagnostic) -> Option<Spot> {
    let lines = |file, start: u32, end: u32| {
        let text = project.files.get(file).map_or("", |f| f.text.as_str());
        let (from, to) = (line_column(text, bytes(start)), line_column(text, bytes(end)));
        (name(project, file), from, to)
    };
    match diagnostic.place()? {
        Place::Text(span) => Some(lines(span.file, span.start, span.end)),
        Place::Json { file, at } => Some(lines(*file, *at, *at)),
        Place::Canvas { .. } | Place::Catalog { .. } | Place::Project => {
            project.files.values().next().map(|f| (f.name.clone(), (1, 1), (1, 1)))
        }
    }
}

/// What a finding says in one text, with the place in words where no line can say it.
fn text(project: &Project, diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(place @ (Place::Canvas { .. } | Place::Catalog { .. })) = diagnostic.place() {
        text.push_str(&format!(" ({})", place_said(project, place)));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}

/// A line for each finding, which GitHub shows at its place.
pub fn github(found: &[Found<'_>]) -> String {
    let mut out = String::new();
    for one in found {
        for diagnostic in sorted(one) {
            let command = match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let title = property(&format!("{}: {}", diagnostic.code, diagnostic.code.title()));
            let at = spot(one.project, diagnostic).map(|(file, (line, column), (end_line, end_column))| {
                let file = property(&file);
                format!("file={file},line={line},endLine={end_line},col={column},endColumn={end_column},")
            });
            let text = data(&text(one.project, diagnostic));
            // Writing to a string can't fail.
            let _ = writeln!(out, "::{command} {}title={title}::{text}", at.unwrap_or_default());
        }
    }
    out
}

/// Text of a workflow command: a line end would begin another command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// One SARIF log.
pub fn sarif(found: &[Found<'_>]) -> Value {
    let mut results = Vec::new();
    for one in found {
        results.extend(sorted(one).into_iter().map(|diagnostic| result(one.project, diagnostic)));
    }
    let rule = |code: &Code| {
        json!({
            "id": code.as_str(),
            "shortDescription": { "text": code.title() },
            "fullDescription": { "text": code.explanation().trim() },
            "defaultConfiguration": { "level": code.severity().to_string() },
        })
    };
    let rules: Vec<Value> = Code::ALL.iter().map(rule).collect();
    let driver = json!({ "name": "flowc", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

fn result(project: &Project, diagnostic: &Diagnostic) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": diagnostic.severity.to_string(),
        "message": { "text": text(project, diagnostic) },
    });
    if let (Some((file, from, to)), Some(members)) = (spot(project, diagnostic), result.as_object_mut()) {
        let region =
            json!({ "startLine": from.0, "startColumn": from.1, "endLine": to.0, "endColumn": to.1 });
        let place = json!({ "artifactLocation": { "uri": uri(&file) }, "region": region });
        members.insert("locations".to_owned(), json!([{ "physicalLocation": place }]));
    }
    result
}

/// A file's name as a relative reference (RFC 3986 §4.2).
fn uri(file: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    file.trim_start_matches("./")
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
