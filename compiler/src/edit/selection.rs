//! What a selection grows to: the word, its statement, the inside of the block, the block, the file.

use std::ops::Range;

use super::folder::range;
use super::lex::{Tok, lex};
use crate::text::marks::{Block, Marks};

/// The ranges around a byte, the smallest first; each holds the one before it.
#[must_use]
pub fn around(text: &str, marks: &Marks, at: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let holds = |r: &Range<usize>| r.start <= at && at <= r.end;
    found.extend(marks.at(at).map(|m| range(m.span)));
    let mut open: Vec<usize> = Vec::new();
    let mut line = 0..0;
    for token in lex(text) {
        if token.kind == Tok::Line {
            found.extend(Some(line.clone()).filter(holds));
            line = token.end..token.end;
            continue;
        }
        line = if line.is_empty() { token.start..token.end } else { line.start..token.end };
        if token.kind == Tok::Open {
            open.push(token.start);
        } else if token.kind != Tok::Close {
            found.push(token.start..token.end);
        } else if let Some(start) = open.pop() {
            found.push(start + 1..token.start);
            found.push(start..token.end);
        }
    }
    found.push(line);
    blocks(&marks.blocks, &mut found);
    found.push(0..text.len());
    found.retain(|r| holds(r) && !r.is_empty());
    found.sort_by_key(|r| (r.len(), r.start));
    found.dedup();
    // Two that only cross each other aren't one in the other: the smaller stays.
    let mut nested: Vec<Range<usize>> = Vec::new();
    for range in found {
        if nested.last().is_none_or(|last| range.start <= last.start && last.end <= range.end) {
            nested.push(range);
        }
    }
    nested
}

fn blocks(blocks: &[Block], found: &mut Vec<Range<usize>>) {
    for block in blocks {
        found.push(range(block.whole));
        self::blocks(&block.inside, found);
    }
}
