//! The words of a text that may be broken anywhere, with where they stand: what completion, folding and colours are read
//! from. The words are the grammar's (`text/flow.pest`).

use crate::text::scan;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tok {
    Word,
    /// With its quotes; without the second if it isn't closed.
    String,
    /// JSON in backticks.
    Json,
    Comment,
    Open,
    Close,
    Arrow,
    Equals,
    ListOpen,
    ListClose,
    Comma,
    /// The end of a line.
    Line,
    Other,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Tok,
    pub start: usize,
    pub end: usize,
}

impl Token {
    /// Its text.
    pub(crate) fn text<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Its text without quotes and escapes.
    pub(crate) fn plain(&self, text: &str) -> String {
        let written = self.text(text);
        if self.kind != Tok::String {
            return written.to_owned();
        }
        serde_json::from_str(written).unwrap_or_else(|_| written.trim_matches('"').to_owned())
    }
}

/// The tokens of a text, in order. Blanks aren't among them.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(first) = bytes.get(start).copied() {
        let next = bytes.get(start + 1).copied();
        let (kind, end) = match (first, next) {
            (b' ' | b'\t', _) => {
                start += 1;
                continue;
            }
            (b'\r', Some(b'\n')) => (Tok::Line, start + 2),
            (b'\n' | b'\r', _) => (Tok::Line, start + 1),
            (b'/', Some(b'/')) => (Tok::Comment, line_end(bytes, start)),
            (b'-', Some(b'>')) => (Tok::Arrow, start + 2),
            (b'"', _) => (Tok::String, string_end(bytes, start)),
            (b'`', _) => (Tok::Json, json_end(bytes, start)),
            (b'{', _) => (Tok::Open, start + 1),
            (b'}', _) => (Tok::Close, start + 1),
            (b'=', _) => (Tok::Equals, start + 1),
            (b'[', _) => (Tok::ListOpen, start + 1),
            (b']', _) => (Tok::ListClose, start + 1),
            (b',', _) => (Tok::Comma, start + 1),
            _ => match scan::word(bytes, start) {
                Some(end) => (Tok::Word, end),
                None => {
                    let next = (start + 1..bytes.len()).find(|n| text.is_char_boundary(*n));
                    (Tok::Other, next.unwrap_or(bytes.len()))
                }
            },
        };
        tokens.push(Token { kind, start, end });
        start = end;
    }
    tokens
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    (from..bytes.len()).find(|n| matches!(bytes.get(*n), Some(b'\n' | b'\r'))).unwrap_or(bytes.len())
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let end = line_end(bytes, start);
    let mut at = start + 1;
    while at < end {
        match bytes.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            _ => at += 1,
        }
    }
    end
}

fn json_end(bytes: &[u8], start: usize) -> usize {
    let close = (start + 1..bytes.len()).find(|n| bytes.get(*n) == Some(&b'`'));
    close.map_or_else(|| line_end(bytes, start), |n| n + 1)
}
