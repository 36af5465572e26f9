//! The tokens of `flow.pest`: each function is given where a token may begin and says where it ends. They look at bytes,
//! because whatever ends a token is ASCII.

use std::ops::Range;

/// What stands at a byte; `None` behind the end.
pub(super) fn byte(text: &[u8], at: usize) -> Option<u8> {
    text.get(at).copied()
}

/// Whether this stands here.
pub(super) fn is(text: &[u8], at: usize, what: &[u8]) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(what))
}

/// Behind the bytes that fit, which may be none.
fn while_it(text: &[u8], from: usize, fits: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or(&[]);
    from + rest.iter().position(|b| !fits(*b)).unwrap_or(rest.len())
}

/// Behind the blanks, if there are any.
pub(super) fn blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        at += match byte(text, at) {
            Some(b' ' | b'\t') => 1,
            Some(0xEF) if is(text, at, "\u{FEFF}".as_bytes()) => 3,
            _ => return at,
        };
    }
}

fn is_line_end(b: u8) -> bool {
    matches!(b, b'\n' | b'\r')
}

/// `eol`
pub(super) fn line_end(text: &[u8], at: usize) -> Option<usize> {
    match byte(text, at)? {
        b'\n' => Some(at + 1),
        b'\r' => Some(at + if byte(text, at + 1) == Some(b'\n') { 2 } else { 1 }),
        _ => None,
    }
}

/// `item_line`: the end of a line, and behind it a word that can only begin a new block.
pub(super) fn is_item_line(text: &[u8], at: usize) -> bool {
    let next = line_end(text, at);
    next.is_some_and(|at| [&b"flow "[..], b"layout ", b"test "].iter().any(|word| is(text, at, word)))
}

/// `comment`
pub(super) fn comment(text: &[u8], at: usize) -> Option<usize> {
    is(text, at, b"//").then(|| while_it(text, at, |b| !is_line_end(b)))
}

/// `word_char` without the two that depend on what follows them.
fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'*' | b'#' | b':' | b'.' | b'%' | b'@')
}

/// `word_char`
fn is_word_char(text: &[u8], at: usize) -> bool {
    match byte(text, at) {
        Some(b'-') => byte(text, at + 1) != Some(b'>'),
        Some(b'/') => byte(text, at + 1) != Some(b'/'),
        Some(b) => is_plain(b),
        None => false,
    }
}

/// `word`
pub(crate) fn word(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = while_it(text, at, is_plain);
        if !is_word_char(text, at) {
            return (at > from).then_some(at);
        }
        at += 1;
    }
}

/// `ident`: no `-` at its ends.
pub(super) fn ident(text: &[u8], from: usize) -> Option<usize> {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let mut end = while_it(text, from, is_letter);
    if end == from {
        return None;
    }
    loop {
        let dashes = while_it(text, end, |b| b == b'-');
        let next = while_it(text, dashes, is_letter);
        if next == dashes {
            return Some(end);
        }
        end = next;
    }
}

/// `string`: closed on its line.
pub(super) fn string(text: &[u8], at: usize) -> Option<usize> {
    if byte(text, at) != Some(b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at = while_it(text, at, |b| !matches!(b, b'"' | b'\\' | b'\n' | b'\r'));
        match (byte(text, at)?, byte(text, at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b)) if !is_line_end(b) => at += 2,
            _ => return None,
        }
    }
}

/// `json`, in backticks.
pub(super) fn json(text: &[u8], at: usize) -> Option<usize> {
    let inside = (byte(text, at) == Some(b'`')).then_some(at + 1)?;
    let end = while_it(text, inside, |b| b != b'`');
    (end < text.len()).then_some(end + 1)
}

/// `junk`
pub(super) fn junk(text: &[u8], at: usize) -> Option<usize> {
    if byte(text, at) == Some(b'"') {
        return Some(while_it(text, at, |b| !is_line_end(b)));
    }
    // A `-` and a `/` are part of a word, of an arrow or of a comment.
    let ends =
        |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'{' | b'}' | b'"' | b'-' | b'/') || is_plain(b);
    let end = while_it(text, at, |b| !ends(b));
    (end > at).then_some(end)
}

/// `number`
pub(super) fn number(text: &[u8], at: usize) -> Option<usize> {
    let digits = |at| {
        let end = while_it(text, at, |b| b.is_ascii_digit());
        (end > at).then_some(end)
    };
    let whole = digits(at + usize::from(byte(text, at) == Some(b'-')))?;
    let point = (byte(text, whole) == Some(b'.')).then(|| digits(whole + 1)).flatten();
    let end = point.unwrap_or(whole);
    (!is_word_char(text, end)).then_some(end)
}

/// `stray`
pub(super) fn stray(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at = while_it(text, at, |b| !is_line_end(b) && !matches!(b, b'{' | b'}' | b'/'));
        if byte(text, at) != Some(b'/') || byte(text, at + 1) == Some(b'/') {
            break;
        }
        at += 1;
    }
    skipped(text, at).or((at > from).then_some(at))
}

/// `skipped`: to the next `}` that stands in no string.
fn skipped(text: &[u8], from: usize) -> Option<usize> {
    let mut at = (byte(text, from) == Some(b'{')).then_some(from + 1)?;
    // Where a string isn't closed on its line, no later one of that line is.
    let mut open_until = 0;
    loop {
        at = while_it(text, at, |b| !matches!(b, b'"' | b'}'));
        match byte(text, at) {
            None => return Some(at),
            Some(b'}') => return Some(at + 1),
            Some(_) if at < open_until => at += 1,
            Some(_) => match string(text, at) {
                Some(end) => at = end,
                None => {
                    open_until = while_it(text, at, |b| !is_line_end(b));
                    at += 1;
                }
            },
        }
    }
}

/// `atom`, and `handle`
pub(super) fn atom(text: &[u8], at: usize) -> Option<usize> {
    word(text, at).or_else(|| string(text, at))
}

/// `name`, and `target`
pub(super) fn name(text: &[u8], at: usize) -> Option<usize> {
    ident(text, at).or_else(|| string(text, at))
}

/// `arrow`
pub(super) fn arrow(text: &[u8], at: usize) -> Option<usize> {
    is(text, at, b"->").then_some(at + 2)
}

/// A label, if there is one, and where what comes behind it begins.
pub(super) fn label(text: &[u8], at: usize) -> (Option<Range<usize>>, usize) {
    let start = blanks(text, at);
    match string(text, start) {
        Some(end) => (Some(start..end), blanks(text, end)),
        None => (None, start),
    }
}

/// What a `list` has in it.
pub(super) struct List {
    /// Its words and comments, each with whether it's a comment.
    pub parts: Vec<(Range<usize>, bool)>,
    /// Behind its `]`.
    pub end: usize,
}

/// `list`
pub(super) fn list(text: &[u8], at: usize) -> Option<List> {
    let mut at = (byte(text, at) == Some(b'[')).then_some(at + 1)?;
    let mut parts = Vec::new();
    // Whether a comma may stand here.
    let mut is_behind_word = false;
    loop {
        at = blanks(text, at);
        if let Some(end) = line_end(text, at) {
            at = end;
        } else if let Some(end) = comment(text, at) {
            parts.push((at..end, true));
            at = end;
        } else if is_behind_word && byte(text, at) == Some(b',') {
            is_behind_word = false;
            at += 1;
        } else if let Some(end) = string(text, at).or_else(|| word(text, at)) {
            parts.push((at..end, false));
            is_behind_word = true;
            at = end;
        } else {
            return (byte(text, at) == Some(b']')).then_some(List { parts, end: at + 1 });
        }
    }
}
