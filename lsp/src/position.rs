//! Bytes of UTF-8 ⇄ lines and columns in UTF-16 code units, as editors count.

use std::ops::Range;

use lsp_types::Position;

/// Where the lines of a text begin.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Of a text. Lines end by `\n`, `\r\n` or `\r`.
    #[must_use]
    pub fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(n, b)| match b {
            b'\n' => true,
            b'\r' => bytes.get(n + 1) != Some(&b'\n'),
            _ => false,
        });
        Lines { starts: std::iter::once(0).chain(ends.map(|(n, _)| n + 1)).collect() }
    }

    /// How many lines there are; the last may be empty.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of a line without its end.
    #[must_use]
    pub fn line(&self, text: &str, line: usize) -> Range<usize> {
        let start = self.starts.get(line).copied().unwrap_or(text.len()).min(text.len());
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len()).min(text.len()).max(start);
        let shown = text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        start..start + shown.len()
    }

    /// The line of a byte.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The byte of a position; one past the end of a line is its end, one past the end of the text is that.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        if line >= self.starts.len() {
            return text.len();
        }
        let range = self.line(text, line);
        let mut units = usize::try_from(position.character).unwrap_or(usize::MAX);
        let mut at = range.start;
        for c in text.get(range.clone()).unwrap_or("").chars() {
            // A position in the middle of a pair of surrogates is the character's start.
            if units < c.len_utf16() {
                break;
            }
            units -= c.len_utf16();
            at += c.len_utf8();
        }
        at
    }

    /// The position of a byte; one inside of a character is that character's start.
    #[must_use]
    pub fn position(&self, text: &str, at: usize) -> Position {
        let at = (0..=at.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        let line = self.line_of(at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = text.get(start..at).unwrap_or("");
        let column = if before.is_ascii() { before.len() } else { before.encode_utf16().count() };
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: clip(line), character: clip(column) }
    }

    /// The range of bytes.
    #[must_use]
    pub fn range(&self, text: &str, range: &Range<usize>) -> lsp_types::Range {
        let start = self.position(text, range.start);
        lsp_types::Range { start, end: self.position(text, range.end.max(range.start)) }
    }

    /// The bytes of a range.
    #[must_use]
    pub fn bytes(&self, text: &str, range: lsp_types::Range) -> Range<usize> {
        let start = self.offset(text, range.start);
        start..self.offset(text, range.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a é 😀 b\r\nzweite\rdritte\n";

    #[test]
    fn columns_are_utf16_code_units() {
        let lines = Lines::of(TEXT);
        let at = TEXT.find('b').unwrap();
        // `a`, blank, `é`, blank, two for the emoji, blank.
        assert_eq!(lines.position(TEXT, at), Position { line: 0, character: 7 });
        assert_eq!(lines.offset(TEXT, Position { line: 0, character: 7 }), at);
        // The middle of the emoji is its start, in either count.
        let emoji = TEXT.find('😀').unwrap();
        assert_eq!(lines.offset(TEXT, Position { line: 0, character: 5 }), emoji);
        assert_eq!(lines.position(TEXT, emoji + 2), Position { line: 0, character: 4 });
    }

    #[test]
    fn lines_end_in_three_ways() {
        let lines = Lines::of(TEXT);
        assert_eq!(lines.count(), 4);
        assert_eq!(&TEXT[lines.line(TEXT, 0)], "a é 😀 b");
        assert_eq!(&TEXT[lines.line(TEXT, 1)], "zweite");
        assert_eq!(&TEXT[lines.line(TEXT, 2)], "dritte");
        assert_eq!(lines.position(TEXT, TEXT.len()), Position { line: 3, character: 0 });
    }

    #[test]
    fn what_is_past_an_end_is_the_end() {
        let lines = Lines::of(TEXT);
        assert_eq!(lines.offset(TEXT, Position { line: 1, character: 99 }), TEXT.find("\rd").unwrap());
        assert_eq!(lines.offset(TEXT, Position { line: 99, character: 0 }), TEXT.len());
    }

    #[test]
    fn every_byte_comes_back() {
        let lines = Lines::of(TEXT);
        for (at, _) in TEXT.char_indices().filter(|(_, c)| !matches!(c, '\r' | '\n')) {
            assert_eq!(lines.offset(TEXT, lines.position(TEXT, at)), at);
        }
    }
}
