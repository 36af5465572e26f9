//! The compiler's plain terms as the protocol's.

use std::path::Path;

use flow_compiler::diag::{Code, Diagnostic, Place, Severity};
use flow_compiler::edit::folder::{Found, Office};
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Uri,
};

use crate::desk::Shelf;
use crate::position::Lines;
use crate::uri;

/// The URI of a file of a folder: as the editor writes it, if it has it open.
#[must_use]
pub fn uri_of(shelf: &Shelf, folder: &Path, name: &str) -> Option<Uri> {
    match shelf.open(name) {
        Some(open) => Some(open.uri.clone()),
        None => uri::uri_of(&folder.join(name)),
    }
}

/// A range of a file as the protocol has it.
#[must_use]
pub fn location(
    shelf: &Shelf,
    folder: &Path,
    name: &str,
    range: &std::ops::Range<usize>,
) -> Option<Location> {
    let text = shelf.text(name);
    Some(Location { uri: uri_of(shelf, folder, name)?, range: Lines::of(&text).range(&text, range) })
}

/// A finding; `text` and `lines` are those of its file.
#[must_use]
pub fn finding(
    office: &Office,
    found: Found<'_>,
    shelf: &Shelf,
    folder: &Path,
    (text, lines, range): (&str, &Lines, std::ops::Range<usize>),
) -> lsp_types::Diagnostic {
    let Diagnostic { code, severity, message, labels, help, .. } = found.diagnostic;
    let mut said = message.clone();
    if let Some(label) = labels.first().filter(|l| !l.text.is_empty()) {
        said.push_str(&format!(" ({})", label.text));
    }
    if let Some(help) = help {
        said.push_str(&format!("\nhelp: {help}"));
    }
    let related = labels.iter().skip(1).filter_map(|label| {
        let (name, range) = office.locate(found.unit, &label.place)?;
        let is_there = !matches!(label.place, Place::Project);
        let location = is_there.then(|| location(shelf, folder, name, &range))??;
        Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<_> = related.collect();
    let is_idle = matches!(code, Code::UnreachableNode | Code::ExitNeverTaken);
    lsp_types::Diagnostic {
        range: lines.range(text, &range),
        severity: Some(match severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(code.as_str().to_owned())),
        source: Some("flow".to_owned()),
        message: said,
        related_information: (!related.is_empty()).then_some(related),
        tags: is_idle.then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..lsp_types::Diagnostic::default()
    }
}
