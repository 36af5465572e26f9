//! Findings of the compiler, for a terminal: code, words, `file:line:column`, help.

use std::fmt::Write;

use flow_store::ImportFile;
use serde_json::Value;

/// Findings as text, one after the other. `files` are those that were sent, for lines and columns: a place in text
/// counts the `.flow` files among them.
#[must_use]
pub fn render(findings: &[Value], files: &[ImportFile]) -> String {
    let texts: Vec<&ImportFile> = files.iter().filter(|f| f.path.ends_with(".flow")).collect();
    let mut out = String::new();
    for finding in findings {
        one(&mut out, finding, &texts);
    }
    out
}

fn one(out: &mut String, finding: &Value, files: &[&ImportFile]) {
    let word = |name: &str| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    // Writing to a String can't fail.
    let _ = writeln!(out, "{}[{}]: {}", word("severity"), word("code"), word("message"));
    let labels = finding.get("labels").and_then(Value::as_array);
    for label in labels.into_iter().flatten() {
        let text = label.get("text").and_then(Value::as_str).unwrap_or_default();
        let place = label.get("place").map(|p| place(p, files)).unwrap_or_default();
        if !place.is_empty() {
            let _ = writeln!(out, "  --> {place}{}{text}", if text.is_empty() { "" } else { "  " });
        }
    }
    if !word("help").is_empty() {
        let _ = writeln!(out, "  help: {}", word("help"));
    }
}

fn place(place: &Value, files: &[&ImportFile]) -> String {
    let word = |name: &str| place.get(name).and_then(Value::as_str);
    let number = |name: &str| place.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    match word("view") {
        Some("json") => number("at").map(|at| format!("byte {at}")).unwrap_or_default(),
        Some("text") => {
            let file = number("file").and_then(|n| files.get(n));
            match (file, number("start")) {
                (Some(file), Some(at)) => {
                    let (line, column) = line_column(&file.bytes, at);
                    format!("{}:{line}:{column}", file.path)
                }
                _ => String::new(),
            }
        }
        Some("canvas") => match word("node") {
            Some("") | None => "the flow as a whole".to_owned(),
            Some(node) => format!("node `{node}`"),
        },
        Some("catalog") => {
            let mut out =
                format!("{} `{}`", word("kind").unwrap_or("entity"), word("key").unwrap_or_default());
            if let Some(field) = word("field") {
                let _ = write!(out, ", field `{field}`");
            }
            out
        }
        _ => String::new(),
    }
}

/// Line and column, from 1, of a byte of a text.
fn line_column(text: &[u8], at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_finding_says_where_it_is() {
        let files = [
            ImportFile { path: "a.wav".into(), bytes: Vec::new() },
            ImportFile { path: "main.flow".into(), bytes: "flow é {\n  xé y\n}".into() },
        ];
        let finding = json!({
            "code": "F104", "severity": "error", "message": "there is no mailbox `nigth`",
            "labels": [{"place": {"view": "text", "file": 0, "start": 16, "end": 17}, "text": "here"},
                       {"place": {"view": "canvas", "node": "menu", "spot": "node"}, "text": ""}],
            "help": "did you mean `night`?"
        });
        assert_eq!(
            render(&[finding], &files),
            "error[F104]: there is no mailbox `nigth`\n  --> main.flow:2:6  here\n  --> node `menu`\n  help: did you mean `night`?\n"
        );
    }
}
