//! The one shape of a text, as edits: of a file, of the blocks in a range, of the block that was just closed.

use std::ops::Range;

use super::folder::{Office, range};
use super::lex::{Tok, lex};
use crate::diag::Place;
use crate::graph::FileId;
use crate::text::print;

/// A replacement in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub with: String,
}

/// The whole file. Nothing where something couldn't be read: it isn't in what would be printed.
#[must_use]
pub fn file(office: &Office, file: FileId) -> Vec<Change> {
    let Some(source) = office.text.project.files.get(file) else { return Vec::new() };
    if unread(office, file, &(0..source.text.len())) {
        return Vec::new();
    }
    changes(&source.text, 0..source.text.len(), &print::file(&office.text.project, file))
}

/// The blocks that a range touches, each as a whole.
#[must_use]
pub fn blocks(office: &Office, file: FileId, part: &Range<usize>) -> Vec<Change> {
    let number = usize::try_from(file.as_u32()).unwrap_or(usize::MAX);
    let source = office.text.project.files.get(file);
    let (Some(source), Some(marks)) = (source, office.text.marks.get(number)) else { return Vec::new() };
    let mut found = Vec::new();
    for block in &marks.blocks {
        let whole = range(block.whole);
        if whole.start > part.end || whole.end < part.start || unread(office, file, &whole) {
            continue;
        }
        let printed =
            source.items.iter().find_map(|item| print::item_at(&office.text.project, *item, block.head));
        if let Some(printed) = printed {
            found.extend(changes(&source.text, whole, printed.trim_end()));
        }
    }
    found
}

/// The blanks in front of the line of a byte that was just begun.
#[must_use]
pub fn indent(text: &str, at: usize) -> Vec<Change> {
    let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let blanks = text.get(start..).map_or(0, |l| l.len() - l.trim_start_matches([' ', '\t']).len());
    let before = lex(text).into_iter().take_while(|t| t.end <= start);
    let depth = before.fold(0_usize, |depth, token| {
        let more = depth + usize::from(token.kind == Tok::Open);
        more.saturating_sub(usize::from(token.kind == Tok::Close))
    });
    let closes = text.get(start + blanks..).is_some_and(|rest| rest.starts_with('}'));
    let with = "  ".repeat(depth.saturating_sub(usize::from(closes)));
    let now = start..start + blanks;
    if text.get(now.clone()) == Some(with.as_str()) { Vec::new() } else { vec![Change { range: now, with }] }
}

/// Whether something in a part of the file couldn't be read.
fn unread(office: &Office, file: FileId, part: &Range<usize>) -> bool {
    office.text.diagnostics.iter().filter(|d| d.is_unread()).any(|d| match d.place() {
        Some(Place::Text(span)) => {
            let at = range(*span);
            span.file == file && at.start <= part.end && part.start <= at.end
        }
        Some(Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project) | None => {
            true
        }
    })
}

/// What turns a part of a text into another, line by line from both ends, so that cursors and marks elsewhere stay.
fn changes(text: &str, part: Range<usize>, with: &str) -> Vec<Change> {
    let before = text.get(part.clone()).unwrap_or("");
    if before == with {
        return Vec::new();
    }
    let same = |a: &str, b: &str| a == b;
    let (old, new): (Vec<_>, Vec<_>) =
        (before.split_inclusive('\n').collect(), with.split_inclusive('\n').collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| same(a, b)).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| same(a, b)).count();
    let length = |lines: &[&str]| lines.iter().map(|l| l.len()).sum::<usize>();
    let cut = |lines: &[&str]| {
        (length(lines.get(..head).unwrap_or(&[])), length(lines.get(lines.len() - tail..).unwrap_or(&[])))
    };
    let ((head_bytes, tail_bytes), (new_head, new_tail)) = (cut(&old), cut(&new));
    let with = with.get(new_head..with.len() - new_tail).unwrap_or("").to_owned();
    vec![Change { range: part.start + head_bytes..part.end - tail_bytes, with }]
}
