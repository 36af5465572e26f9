//! What can be folded: blocks, and comments of several lines.

use std::ops::Range;

use super::lex::{Tok, lex};

/// A part of a text that can be folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From the end of what stays visible to the end of what is hidden.
    pub range: Range<usize>,
    /// Whether it is a comment.
    pub is_comment: bool,
}

/// The folds of a text, in the order of their ends. Each goes over more than one line.
#[must_use]
pub fn folds(text: &str) -> Vec<Fold> {
    let mut folds = Vec::new();
    let mut open = Vec::new();
    let mut comments: Option<Range<usize>> = None;
    let mut blank = true;
    for token in lex(text) {
        if token.kind == Tok::Open {
            open.push(token.end);
        } else if token.kind == Tok::Close {
            folds.extend(open.pop().map(|start| (start..token.start, false)));
        } else if token.kind == Tok::Comment && blank {
            comments.get_or_insert(token.start..token.end).end = token.end;
        }
        let is_line = token.kind == Tok::Line;
        let ends = !is_line && token.kind != Tok::Comment || is_line && blank;
        if ends {
            folds.extend(comments.take().map(|range| (range, true)));
        }
        blank = is_line;
    }
    folds.extend(comments.map(|range| (range, true)));
    let long = |range: &Range<usize>| text.get(range.clone()).is_some_and(|t| t.contains(['\n', '\r']));
    folds.into_iter().filter(|(r, _)| long(r)).map(|(range, is_comment)| Fold { range, is_comment }).collect()
}
