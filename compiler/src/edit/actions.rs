//! Cures that are safe to make without asking: those that findings bring with them.

use super::folder::{FileKind, Office};
use super::rename::Replace;
use super::things::Spotted;
use crate::diag::{Diagnostic, Edit, Place};
use crate::text;

/// A cure of one finding.
#[derive(Clone, Debug)]
pub struct Action<'a> {
    /// What it does, in the imperative.
    pub title: &'a str,
    /// The finding.
    pub cures: &'a Diagnostic,
    /// The edits, which don't overlap.
    pub edits: Vec<Replace>,
}

/// Every cure of findings that touch a range of a file, in the order of their places.
#[must_use]
pub fn actions<'a>(office: &'a Office, file: &str, range: &std::ops::Range<usize>) -> Vec<Action<'a>> {
    let mut actions = Vec::new();
    for found in office.found() {
        let (Some(fix), Some(place)) = (&found.diagnostic.fix, found.diagnostic.place()) else { continue };
        let Some((name, at)) = office.locate(found.unit, place) else { continue };
        if name != file || at.start > range.end || at.end < range.start {
            continue;
        }
        let edits: Option<Vec<_>> = fix.edits.iter().map(|e| replace(office, found.unit, e)).collect();
        if let Some(edits) = edits {
            actions.push((at.start, Action { title: &fix.title, cures: found.diagnostic, edits }));
        }
    }
    actions.sort_by_key(|(start, _)| *start);
    actions.into_iter().map(|(_, action)| action).collect()
}

/// An edit in its file. On a canvas what is replaced is a text in quotes; `None` where it's anything else.
fn replace(office: &Office, unit: &super::folder::Unit, edit: &Edit) -> Option<Replace> {
    let (name, at) = office.locate(unit, &edit.place)?;
    let with = match &edit.place {
        Place::Text(_) => edit.with.clone(),
        Place::Canvas { .. } => {
            let is_canvas =
                office.others.iter().any(|(k, u)| *k == FileKind::Canvas && std::ptr::eq(u, unit));
            let text = unit.project.files.values().next()?.text.get(at.clone())?;
            // An edge that is replaced by nothing is removed: that is the canvas's business.
            if !is_canvas || !text.starts_with('"') || edit.with.is_empty() {
                return None;
            }
            text::quoted(&edit.with)
        }
        Place::Json { .. } | Place::Catalog { .. } | Place::Project => return None,
    };
    Some(Replace { at: Spotted { file: name.to_owned(), range: (at.start, at.end) }, with })
}

/// All cures of a file at once; of two that touch each other the first.
#[must_use]
pub fn all(office: &Office, file: &str) -> Vec<Replace> {
    let mut edits: Vec<Replace> = Vec::new();
    for action in actions(office, file, &(0..usize::MAX)) {
        let crosses = |e: &Replace| {
            edits.iter().any(|o| {
                o.at.file == e.at.file && o.at.range.0 <= e.at.range.1 && e.at.range.0 <= o.at.range.1
            })
        };
        if !action.edits.iter().any(crosses) {
            edits.extend(action.edits);
        }
    }
    edits
}
