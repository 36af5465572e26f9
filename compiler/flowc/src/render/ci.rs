//! Findings and failed tests as code hosts want them: SARIF 2.1.0 (OASIS) and GitHub's workflow commands.

use std::fmt::Write as _;
use std::rc::Rc;

use flow_compiler::diag::{Code, Diagnostic, Place, Severity};
use flow_compiler::sim::{TestReport, Verdict};
use serde_json::{Value, json};

use super::{Found, Lines, bytes, name, place_said, sorted};

/// Something to show at a line: a finding, or a test that failed.
pub struct Item<'a> {
    lines: Rc<Lines<'a>>,
    place: Option<&'a Place>,
    severity: Severity,
    /// The code of a finding, or [`TEST`].
    rule: &'a str,
    title: String,
    text: String,
}

/// The rule of tests that fail.
const TEST: &str = "test";

/// Where something is in a file: its name, first line and column, last line and column.
type Spot = (String, (usize, usize), (usize, usize));

/// All findings as items.
pub fn findings<'a>(found: &[Found<'a>]) -> Vec<Item<'a>> {
    let of = |one: &Found<'a>| {
        let lines = Rc::new(Lines::of(one.project));
        sorted(one).into_iter().map(move |d| Item {
            lines: Rc::clone(&lines),
            place: d.place(),
            severity: d.severity,
            rule: d.code.as_str(),
            title: format!("{}: {}", d.code, d.code.title()),
            text: text(&lines, d),
        })
    };
    found.iter().flat_map(of).collect()
}

/// The tests that didn't pass as items.
pub fn failures<'a>(reports: &'a [(Rc<Lines<'a>>, TestReport)]) -> Vec<Item<'a>> {
    let item = |(lines, report): &'a (Rc<Lines<'a>>, TestReport)| {
        let (place, text) = match &report.verdict {
            Verdict::Passed => return None,
            Verdict::NotRun { place, why } => (place, why.clone()),
            Verdict::Failed { place, expected, happened, story } => {
                let text =
                    format!("expected: {expected}\nhappened: {happened}\nthe call:\n{}", story.join("\n"));
                (place, text)
            }
        };
        let title = format!("test failed: {}", report.name);
        Some(Item {
            lines: Rc::clone(lines),
            place: Some(place),
            severity: Severity::Error,
            rule: TEST,
            title,
            text,
        })
    };
    reports.iter().filter_map(item).collect()
}

fn spot(lines: &Lines<'_>, place: Option<&Place>) -> Option<Spot> {
    let project = lines.project;
    let of = |file, start, end| {
        (name(project, file), lines.line_column(file, start), lines.line_column(file, end))
    };
    match place? {
        Place::Text(span) => Some(of(span.file, bytes(span.start), bytes(span.end))),
        Place::Json { file, at } => Some(of(*file, bytes(*at), bytes(*at))),
        place @ (Place::Canvas { .. } | Place::Catalog { .. } | Place::Project) => match lines.in_json(place)
        {
            Some((file, range)) => Some(of(file, range.start, range.end)),
            None => project.files.values().next().map(|f| (f.name.clone(), (1, 1), (1, 1))),
        },
    }
}

/// What a finding says in one text, with the place in words where no line can say it.
fn text(lines: &Lines<'_>, diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(place @ (Place::Canvas { .. } | Place::Catalog { .. })) = diagnostic.place() {
        text.push_str(&format!(" ({})", place_said(lines, place)));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}

/// A line for each item, which GitHub shows at its place.
pub fn github(items: &[Item<'_>]) -> String {
    let mut out = String::new();
    for item in items {
        let command = match item.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let title = property(&item.title);
        let at = spot(&item.lines, item.place).map(|(file, (line, column), (end_line, end_column))| {
            let file = property(file.trim_start_matches("./"));
            format!("file={file},line={line},endLine={end_line},col={column},endColumn={end_column},")
        });
        let text = data(&item.text);
        // Writing to a string can't fail.
        let _ = writeln!(out, "::{command} {}title={title}::{text}", at.unwrap_or_default());
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
pub fn sarif(items: &[Item<'_>]) -> Value {
    let rule = |id: &str, short: &str, full: &str, level: String| {
        json!({
            "id": id,
            "shortDescription": { "text": short },
            "fullDescription": { "text": full },
            "defaultConfiguration": { "level": level },
        })
    };
    let of = |code: &Code| {
        rule(code.as_str(), code.title(), code.explanation().trim(), code.severity().to_string())
    };
    let mut rules: Vec<Value> = Code::ALL.iter().map(of).collect();
    let full = "A `test` block expects something of a call that didn't happen, or can't be run.";
    rules.push(rule(TEST, "test that fails", full, Severity::Error.to_string()));
    let results: Vec<Value> = items.iter().map(result).collect();
    let driver = json!({ "name": "flowc", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

fn result(item: &Item<'_>) -> Value {
    // A finding's title is its rule's; which test failed only the result can say.
    let text = if item.rule == TEST { format!("{}\n{}", item.title, item.text) } else { item.text.clone() };
    let mut result = json!({
        "ruleId": item.rule,
        "level": item.severity.to_string(),
        "message": { "text": text },
    });
    if let (Some((file, from, to)), Some(members)) = (spot(&item.lines, item.place), result.as_object_mut()) {
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
