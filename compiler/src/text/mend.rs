//! Text as people paste it from a word processor or leave it half done, made readable without moving a byte: quotes and
//! arrows of print, strings without their end, blocks without their `}`. The cause is said here, once and at its place;
//! what follows is read as it was meant, so that it isn't reported as well.

use std::borrow::Cow;
use std::ops::Range;

use crate::diag::{Code, Diagnostic, Edit, Fix, Place, Sink, Span};
use crate::entity::EntityKind;
use crate::graph::FileId;
use crate::nodes::Kind;

/// What came of mending a text.
pub(super) struct Mended<'t> {
    /// The text, as long as it was.
    pub text: Cow<'t, str>,
    /// Findings of what is read as it was meant without a doubt.
    pub certain: Sink,
    /// Whether it was said where each missing `}` belongs.
    pub braces_said: bool,
}

/// Mends what can be mended; what was guessed goes into the sink.
pub(super) fn mend<'t>(file: FileId, text: &'t str, sink: &mut Sink) -> Mended<'t> {
    let mut mender = Mender {
        file,
        text,
        sink,
        changes: Vec::new(),
        quotes: Vec::new(),
        arrows: Vec::new(),
        names: Vec::new(),
    };
    let mut blocks = Blocks::default();
    let (mut at, mut json) = (0, false);
    for line in text.split_inclusive('\n') {
        if !json {
            mender.line_begins(&mut blocks, at, line);
        }
        json = mender.line(&mut blocks, at, line, json);
        at += line.len();
    }
    mender.item_ends(&mut blocks, None);
    mender.foreign_letters();
    let mut certain = Sink::default();
    mender.print_signs(&mut certain);
    let mut changes = mender.changes;
    if changes.is_empty() {
        return Mended { text: Cow::Borrowed(text), certain, braces_said: blocks.said };
    }
    changes.sort_by_key(|(at, _)| at.start);
    let mut mended = String::with_capacity(text.len());
    let mut from = 0;
    for (at, with) in changes {
        if at.start >= from {
            mended.push_str(text.get(from..at.start).unwrap_or_default());
            mended.push_str(&with);
            from = at.end;
        }
    }
    mended.push_str(text.get(from..).unwrap_or_default());
    debug_assert_eq!(mended.len(), text.len());
    Mended { text: Cow::Owned(mended), certain, braces_said: blocks.said }
}

/// An open `{`.
#[derive(Clone, Debug)]
struct Frame {
    /// Where it stands.
    open: usize,
    /// Where the line begins on which it stands, without its indentation.
    head: usize,
    /// The indentation of that line.
    indent: usize,
    /// The word that begins the block; empty of a block in a block.
    word: String,
}

/// The blocks around a place.
#[derive(Default)]
struct Blocks {
    open: Vec<Frame>,
    /// Blocks closed by a `}` that stands further to the left than they do, and where a `}` can be put in before it.
    askew: Vec<(Frame, Option<usize>, usize)>,
    /// The flow that was closed last, and by which `}`.
    closed: Option<(Frame, usize)>,
    /// Where what was read last ends.
    end: usize,
    /// Whether that is a comment.
    after_comment: bool,
    /// Whether a brace was said to be missing.
    said: bool,
}

struct Mender<'t, 's> {
    file: FileId,
    text: &'t str,
    sink: &'s mut Sink,
    /// What is written over what; never longer or shorter.
    changes: Vec<(Range<usize>, String)>,
    /// Quotes of print.
    quotes: Vec<Range<usize>>,
    /// Arrows of print.
    arrows: Vec<Range<usize>>,
    /// Names with letters that need quotes.
    names: Vec<Range<usize>>,
}

/// Bytes of a block's head that are looked at to name it.
const HEAD_BYTES_MAX: usize = 200;
/// Blocks of one item of which it's told that they don't end; the cause is among the first.
const OPEN_TOLD_MAX: usize = 16;
/// Bytes of a text in single quotes.
const SINGLE_BYTES_MAX: usize = 200;

/// What people and word processors write for `->`.
const ARROWS: [&str; 8] = ["→", "⇒", "➔", "➜", "⟶", "–>", "—>", "=>"];
/// What word processors make of `"`.
const QUOTES: [char; 5] = ['“', '”', '„', '«', '»'];

/// Signs that begin something that is looked at: comments, JSON, texts, blocks and the arrow `=>`.
const SPECIAL: &[u8] = b"/`\"'{}=";

impl Mender<'_, '_> {
    fn span(&self, at: Range<usize>) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: clip(at.start), end: clip(at.end) }
    }

    /// Writes over a place, with spaces for what is left of it.
    fn over(&mut self, at: Range<usize>, with: &str, before: bool) {
        let spaces = " ".repeat(at.len().saturating_sub(with.len()));
        let with = if before { format!("{spaces}{with}") } else { format!("{with}{spaces}") };
        self.changes.push((at, with));
    }

    /// One line, or what of it isn't JSON in backticks; whether the line ends in JSON.
    fn line(&mut self, blocks: &mut Blocks, start: usize, line: &str, in_json: bool) -> bool {
        let line = line.trim_end_matches(['\n', '\r']);
        let mut json = in_json;
        if !in_json {
            self.exit_in_words(start, line);
        }
        let mut at = 0;
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            if json {
                let Some(end) = rest.find('`') else { break };
                at += end + 1;
                json = false;
                blocks.end = start + at;
                continue;
            }
            // Most of a line can't need mending, and is passed over at once.
            let plain = rest.bytes().take_while(|b| b.is_ascii() && !SPECIAL.contains(b)).count();
            if plain > 0 {
                let read = rest.get(..plain).unwrap_or_default().trim_ascii_end().len();
                if read > 0 {
                    (blocks.end, blocks.after_comment) = (start + at + read, false);
                }
                at += plain;
                continue;
            }
            let Some(first) = rest.chars().next() else { break };
            if rest.starts_with("//") {
                (blocks.end, blocks.after_comment) = (start + line.len(), true);
                return false;
            }
            if first == '`' {
                // One that nothing closes is no JSON.
                json = self.text.get(start + at + 1..).is_some_and(|rest| rest.contains('`'));
            }
            let step = match first {
                '"' => self.string(start + at, rest, first),
                c if QUOTES.contains(&c) => self.string(start + at, rest, first),
                '\'' => self.single(start + at, rest).unwrap_or(1),
                '{' | '}' => {
                    self.brace(blocks, start + at, start, first);
                    1
                }
                c if !c.is_ascii() && c.is_alphabetic() => self.name(start + at, rest),
                _ => self.arrow(start + at, rest, line.get(..at).unwrap_or_default()),
            };
            if !first.is_whitespace() && first != '\u{FEFF}' {
                (blocks.end, blocks.after_comment) = (start + at + step, false);
            }
            at += step;
        }
        json
    }

    /// An edge whose exit is written in words, `No answer -> bye`: a name has `_` between them.
    fn exit_in_words(&mut self, start: usize, line: &str) {
        let Some((before, _)) = line.split_once("->") else { return };
        let words = before.split('"').next().unwrap_or_default().trim();
        let is = |c: char| c == ' ' || c.is_ascii_alphabetic();
        if !words.contains(' ') || !words.chars().all(is) {
            return;
        }
        let name = words.replace(' ', "_").to_ascii_lowercase();
        if !Kind::ALL.iter().any(|kind| kind.spec().exits.iter().any(|exit| exit.name == name)) {
            return;
        }
        let at = start + line.len() - line.trim_start().len();
        let place = Place::Text(self.span(at..at + words.len()));
        let found =
            Diagnostic::new(Code::Syntax, place.clone(), format!("`{words}` can't be the name of an exit"));
        let mut found = found.help(format!("a name is one word: `{name}`"));
        found.fix =
            Some(Fix { title: format!("Write `{name}`"), edits: vec![Edit { place, with: name.clone() }] });
        self.sink.push(found);
        self.changes.push((at..at + words.len(), name));
    }

    /// The bytes of the rest of a name with letters that only stand in quotes.
    fn name(&mut self, at: usize, rest: &str) -> usize {
        let is = |c: char| c.is_alphanumeric() || c == '_';
        let before = self.text.get(..at).unwrap_or_default();
        let start = before.rfind(|c: char| !is(c)).map_or(0, |n| n + before.get(n..).map_or(1, first_bytes));
        let length = rest.find(|c: char| !is(c)).unwrap_or(rest.len());
        let letters = rest.get(..length).unwrap_or_default().char_indices().filter(|(_, c)| !c.is_ascii());
        for (n, letter) in letters {
            let bytes = letter.len_utf8();
            self.changes.push((at + n..at + n + bytes, "_".repeat(bytes)));
        }
        self.names.push(start..at + length);
        length
    }

    /// One finding for all names that need quotes.
    fn foreign_letters(&mut self) {
        let names = std::mem::take(&mut self.names);
        let Some(first) = names.first() else { return };
        let name = self.text.get(first.clone()).unwrap_or_default();
        let message = format!("`{name}` has letters that stand in quotes only");
        let found = Diagnostic::new(Code::Syntax, Place::Text(self.span(first.clone())), message);
        let mut found = found.help(format!("write `\"{name}\"`, or take a name of the letters a to z"));
        let quote = |at: usize| Edit { place: Place::Text(self.span(at..at)), with: "\"".to_owned() };
        let edits = names.iter().flat_map(|at| [quote(at.start), quote(at.end)]).collect();
        found.fix = Some(Fix { title: format!("Write `\"{name}\"`"), edits });
        self.sink.push(found);
    }

    /// The bytes of an arrow of print, or of the character that is there.
    fn arrow(&mut self, at: usize, rest: &str, before: &str) -> usize {
        let spaced = before.ends_with(' ') && (rest.starts_with("– ") || rest.starts_with("— "));
        let arrow = ARROWS.iter().find(|arrow| rest.starts_with(**arrow)).copied();
        match arrow.or(if spaced { rest.get(..'–'.len_utf8()) } else { None }) {
            Some(arrow) => {
                self.over(at..at + arrow.len(), "->", false);
                self.arrows.push(at..at + arrow.len());
                arrow.len()
            }
            None => rest.chars().next().map_or(1, char::len_utf8),
        }
    }

    /// The bytes of a string, which begins here.
    fn string(&mut self, at: usize, rest: &str, opens: char) -> usize {
        let closes = |c: char| match opens {
            '"' => c == '"',
            '„' => matches!(c, '“' | '”' | '"'),
            '«' => matches!(c, '»' | '"'),
            _ => matches!(c, '”' | '"'),
        };
        let inside = rest.get(opens.len_utf8()..).unwrap_or_default();
        let mut escaped = false;
        let mut ends = inside.char_indices().filter(|(_, c)| {
            let is = !escaped && closes(*c);
            escaped = !escaped && *c == '\\';
            is
        });
        let straight = ends.next();
        let end = straight.or_else(|| inside.char_indices().find(|(_, c)| *c == '”'));
        let open = at..at + opens.len_utf8();
        let printed = opens != '"';
        let Some((end, closing)) = end else { return self.without_end(open, inside) };
        let close = open.end + end..open.end + end + closing.len_utf8();
        if printed {
            self.over(open.clone(), "\"", true);
            self.quotes.push(open);
        }
        if closing != '"' {
            self.over(close.clone(), "\"", false);
            self.quotes.push(close.clone());
        }
        close.end - at
    }

    /// A string that doesn't end on its line: it is taken to end before what can't be text.
    fn without_end(&mut self, open: Range<usize>, inside: &str) -> usize {
        let code = inside.find("//").filter(|at| !inside.get(..*at).is_some_and(|b| b.ends_with(':')));
        let marks = [" -> ", " {", " }", ", ", "]", " from "];
        let mark = marks.iter().filter_map(|mark| inside.find(mark)).chain(code).min();
        // `"Label: kind …`: the label of a node.
        let colon = inside.match_indices(": ").map(|(at, _)| at).find(|at| {
            let word = inside.get(at + 2..).unwrap_or_default().split_whitespace().next();
            word.is_some_and(|word| Kind::by_name(word).is_some())
        });
        let end = mark.into_iter().chain(colon).min().unwrap_or(inside.len());
        let text = inside.get(..end).unwrap_or_default().trim_end();
        if text.is_empty() && self.without_begin(&open) {
            return open.len();
        }
        let end = open.end + text.len();
        let finding = Diagnostic::new(
            Code::BadString,
            Place::Text(self.span(open.start..end)),
            "this text has no closing `\"`",
        );
        let edits = vec![Edit { place: Place::Text(self.span(end..end)), with: "\"".to_owned() }];
        let mut finding = finding.help("a text ends on the line on which it begins: put a `\"` behind it");
        finding.fix = Some(Fix { title: "Close the text".to_owned(), edits });
        if text.contains(QUOTES) || self.text.get(open.clone()) != Some("\"") {
            finding.fix = None;
        }
        self.sink.push(finding);
        // The space before or behind it gives the byte for the missing quote.
        let space_behind = self.text.get(end..).is_some_and(|rest| rest.starts_with([' ', '\t']));
        let space_before = self.text.get(..open.start).is_some_and(|before| before.ends_with([' ', '\t']));
        if open.len() > 1 {
            self.changes.push((open.start..end, format!("{}\"{text}\"", " ".repeat(open.len() - 2))));
        } else if space_behind {
            self.over(end..end + 1, "\"", false);
        } else if space_before {
            self.changes.push((open.start - 1..end, format!("\"{text}\"")));
        }
        (end + usize::from(space_behind)) - open.start
    }

    /// A quote behind a word that has none before it: `extension 101 Ann"`.
    fn without_begin(&mut self, close: &Range<usize>) -> bool {
        let before = self.text.get(..close.start).unwrap_or_default();
        let word = before.rsplit([' ', '\t', '\n', '{', '=']).next().unwrap_or_default();
        let start = close.start - word.len();
        if word.is_empty() || close.len() > 1 || !before.get(..start).is_some_and(|b| b.ends_with(' ')) {
            return false;
        }
        let message = format!("a `\"` is missing before `{word}`");
        let finding = Diagnostic::new(Code::BadString, Place::Text(self.span(start..close.end)), message);
        let mut finding = finding.help("a text stands between two `\"`");
        let edits = vec![Edit { place: Place::Text(self.span(start..start)), with: "\"".to_owned() }];
        finding.fix = Some(Fix { title: "Open the text".to_owned(), edits });
        self.sink.push(finding);
        self.changes.push((start - 1..start, "\"".to_owned()));
        true
    }

    /// A text in single quotes where there is no expression: it's read as if the quotes were double. The bytes of it, none if
    /// that isn't one.
    fn single(&mut self, at: usize, rest: &str) -> Option<usize> {
        let inside = rest.strip_prefix('\'')?;
        let end = (0..=inside.len().min(SINGLE_BYTES_MAX)).rev().find(|n| inside.is_char_boundary(*n))?;
        let inside = inside.get(..end)?;
        let inside =
            inside.split_once('\'').map(|(inside, _)| inside).filter(|inside| !inside.contains('"'))?;
        let end = at + inside.len() + 2;
        let before = self.text.get(..at).unwrap_or_default().trim_end();
        let is_expression =
            before.ends_with("value =") || before.ends_with("when =") || before.ends_with("number =");
        let with = if is_expression { format!("\"'{inside}'\"") } else { format!("\"{inside}\"") };
        let place = Place::Text(self.span(at..end));
        let message = format!("`'{inside}'` can't stand here: single quotes are for texts in expressions");
        let help = match is_expression {
            true => {
                format!("an expression stands in double quotes, and a text in it in single ones: `{with}`")
            }
            false => format!("write `{with}`"),
        };
        let found = Diagnostic::new(Code::Syntax, place, message).help(help);
        self.sink.push(found.fix(format!("Write `{with}`"), with));
        self.changes.push((at..end, format!("\"{inside}\"")));
        Some(end - at)
    }

    /// One finding for all quotes of print, and one for all arrows: pasted text has many of them.
    fn print_signs(&mut self, certain: &mut Sink) {
        let text = self.text;
        for (places, is, with) in [
            (std::mem::take(&mut self.quotes), "a text stands between", "\""),
            (std::mem::take(&mut self.arrows), "an exit leads by", "->"),
        ] {
            let Some(first) = places.first() else { continue };
            let sign = text.get(first.clone()).unwrap_or_default();
            let message = format!("`{sign}` has no meaning here: {is} `{with}`");
            let found = Diagnostic::new(Code::Syntax, Place::Text(self.span(first.clone())), message);
            let many = match places.len() {
                0..=2 => String::new(),
                many => format!(", {many} times in this file"),
            };
            let mut found = found.help(format!(
                "write `{with}` instead of `{sign}`{many}; word processors change such signs by themselves"
            ));
            let edit = |at| Edit { place: Place::Text(self.span(at)), with: with.to_owned() };
            let edits = places.into_iter().map(edit).collect();
            found.fix = Some(Fix { title: format!("Write `{with}`"), edits });
            certain.push(found);
        }
    }

    // ---- blocks -----------------------------------------------------------------------------------------------------

    fn brace(&mut self, blocks: &mut Blocks, at: usize, line: usize, brace: char) {
        let before = self.text.get(line..at).unwrap_or_default();
        let indent = before.len() - before.trim_start().len();
        let first = before.trim_start();
        if brace == '{' {
            let word = if blocks.open.is_empty() { first_word(first) } else { "" };
            let (head, word) = (line + indent, word.to_owned());
            return blocks.open.push(Frame { open: at, head, indent, word });
        }
        let Some(frame) = blocks.open.pop() else { return };
        if first.is_empty() && indent < frame.indent && !blocks.open.is_empty() {
            let room = room(self.text, blocks, at).first().copied();
            blocks.askew.push((frame.clone(), room, at));
        }
        if blocks.open.is_empty() {
            blocks.closed = (frame.word == "flow").then_some((frame, at));
            blocks.askew.clear();
        }
    }

    /// What can only stand after the end of a block that is still open, or in one that was closed too early.
    fn line_begins(&mut self, blocks: &mut Blocks, start: usize, line: &str) {
        let words = line.trim_start();
        let at = start + line.len() - words.len();
        match blocks.open.as_slice() {
            [] if is_node(words) => {
                let Some((frame, brace)) = blocks.closed.take() else { return };
                let (name, node) =
                    (self.head(&frame), words.split(':').next().unwrap_or_default().trim_end());
                let message = format!("this `}}` ends the {name}, and the node `{node}` comes after it");
                let place = Place::Text(self.span(brace..brace + 1));
                let found = Diagnostic::new(Code::Braces, place, message);
                let help = "take it out, or look for the `{` that is missing in the lines before it";
                self.sink.push(
                    found.also(Place::Text(self.span(at..at + node.len())), "after the end").help(help),
                );
                self.changes.push((brace..brace + 1, " ".to_owned()));
                blocks.open.push(frame);
                blocks.said = true;
            }
            [] => {}
            [flow, inner] if flow.word == "flow" && is_node(words) => {
                let inner = inner.clone();
                blocks.open.pop();
                let put = room(self.text, blocks, at).first().copied();
                self.missing(blocks, &inner, put);
            }
            [item, ..] if words.len() == line.len() && is_item(words, &item.word) => {
                self.item_ends(blocks, Some(at));
            }
            [..] => {}
        }
    }

    /// A block begins here, or the text ends: nothing can be open any more.
    fn item_ends(&mut self, blocks: &mut Blocks, at: Option<usize>) {
        let mut left = std::mem::take(&mut blocks.open);
        let askew = std::mem::take(&mut blocks.askew);
        let mut here = at.map(|at| room(self.text, blocks, at)).unwrap_or_default().into_iter();
        for (frame, put, _) in askew.into_iter().take(left.len().min(OPEN_TOLD_MAX)) {
            left.pop();
            self.missing(blocks, &frame, put);
        }
        for frame in left.iter().rev().take(OPEN_TOLD_MAX) {
            self.missing(blocks, frame, here.next());
        }
        blocks.closed = None;
    }

    fn head(&self, frame: &Frame) -> String {
        let end = frame.open.min(frame.head + HEAD_BYTES_MAX);
        let head = self.text.get(frame.head..end).unwrap_or_default().trim_end();
        let words: Vec<&str> = head.split_whitespace().take(2).collect();
        match words.as_slice() {
            [node, ..] if node.ends_with(':') => format!("node `{}`", node.trim_end_matches(':')),
            [word, key] => format!("{word} `{}`", key.trim_matches('"')),
            _ => "block".to_owned(),
        }
    }

    /// Says that a block has no end, and puts one in where there is room.
    fn missing(&mut self, blocks: &mut Blocks, frame: &Frame, put: Option<usize>) {
        let message = format!("this `{{` has no `}}`: the {} doesn't end", self.head(frame));
        let place = Place::Text(self.span(frame.open..frame.open + 1));
        let mut found = Diagnostic::new(Code::Braces, place, message);
        let end = put.map_or(self.text.trim_end().len(), |put| {
            self.text.get(..put).map_or(put, |before| before.trim_end().len())
        });
        let indent = " ".repeat(frame.indent);
        let edits = vec![Edit { place: Place::Text(self.span(end..end)), with: format!("\n{indent}}}") }];
        found = found.help("put a `}` behind what belongs to it");
        found.fix = Some(Fix { title: "Add the `}`".to_owned(), edits });
        self.sink.push(found);
        if let Some(put) = put {
            self.changes.push((put..put + 1, "}".to_owned()));
        }
        blocks.said = true;
    }
}

/// The bytes between what was read last and this place that can be written over: spaces and ends of lines.
fn room(text: &str, blocks: &Blocks, at: usize) -> Vec<usize> {
    let gap = text.get(blocks.end..at).unwrap_or_default();
    let skip = if blocks.after_comment { gap.find('\n').map_or(gap.len(), |n| n + 1) } else { 0 };
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    let bytes = gap.bytes().enumerate().skip(skip).filter(|(_, b)| is_space(b));
    bytes.map(|(n, _)| blocks.end + n).collect()
}

fn first_bytes(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

fn first_word(line: &str) -> &str {
    let is = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.get(..line.find(|c| !is(c)).unwrap_or(line.len())).unwrap_or_default()
}

/// What follows a name at the start of a line.
fn behind_name(line: &str) -> Option<&str> {
    if let Some(inside) = line.strip_prefix('"') {
        return inside.split_once('"').map(|(_, rest)| rest.trim_start());
    }
    let is = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let end = line.find(|c| !is(c)).unwrap_or(line.len());
    (end > 0).then(|| line.get(end..).unwrap_or_default().trim_start())
}

/// Whether a line can only be the head of a node: `name "Label": kind …`.
fn is_node(line: &str) -> bool {
    let name = line.strip_prefix("entry ").map_or(line, str::trim_start);
    let Some(mut rest) = behind_name(name) else { return false };
    if rest.starts_with('"') {
        rest = behind_name(rest).unwrap_or_default();
    }
    let kind = rest.strip_prefix(':').map(|rest| first_word(rest.trim_start()));
    kind.is_some_and(|kind| Kind::by_name(kind).is_some() || super::foreign::kind(kind).is_some())
}

/// Whether a line without indentation can only begin a block of its own, in a block of this word.
fn is_item(line: &str, within: &str) -> bool {
    let word = first_word(line);
    let rest = line.get(word.len()..).unwrap_or_default();
    let key = rest.trim_start();
    let has_key = rest.starts_with(' ') && key.starts_with(|c: char| c == '"' || c.is_ascii_alphanumeric());
    match word {
        "flow" | "layout" | "test" => has_key,
        // Steps of tests begin with the names of what they are about.
        word if within == "test" => has_key && EntityKind::by_name(word).is_some() && line.contains('{'),
        word => has_key && EntityKind::by_name(word).is_some(),
    }
}

/// What the reader of shapes found, with what to do about it. Where it was said that a `}` is missing, it isn't said again;
/// signs in a node's head are said with the node.
pub(super) fn explain(found: Diagnostic, text: &str, braces_said: bool) -> Option<Diagnostic> {
    let Some(Place::Text(span)) = found.place().cloned() else { return Some(found) };
    let start = usize::try_from(span.start).unwrap_or(usize::MAX);
    let end = usize::try_from(span.end).unwrap_or(usize::MAX);
    if found.code == Code::Braces && braces_said && start == end {
        return None;
    }
    if found.code != Code::Syntax || found.help.is_some() {
        return Some(found);
    }
    let junk = text.get(start..end).unwrap_or_default().trim();
    if SIGNS.contains(&junk) {
        let before = text.get(..start).unwrap_or_default();
        let from = before.len().saturating_sub(HEAD_BYTES_MAX);
        let near = before.get(from..).unwrap_or_default();
        let line = near.rsplit('\n').next().unwrap_or_default().trim_start();
        if is_node(line) && !line.contains('{') {
            return None;
        }
    }
    Some(if junk.starts_with(',') { in_brackets(text, found, span) } else { hint(found, junk) })
}

/// Signs of fields and expressions, which have no place in a node's head.
pub(super) const SIGNS: [&str; 7] = ["=", "==", "!=", "<", ">", "<=", ">="];

/// Bytes of a list without brackets for which there is a cure.
const LIST_BYTES_MAX: usize = 500;

fn at_byte(near: Span, at: usize) -> Span {
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: at, end: at, ..near }
}

/// What stands behind a comma: the rest of a list without brackets.
fn in_brackets(text: &str, mut found: Diagnostic, rest: Span) -> Diagnostic {
    let before = text.get(..rest.start as usize).unwrap_or_default();
    let from = before.len().saturating_sub(LIST_BYTES_MAX);
    let near = before.get(from..).unwrap_or_default();
    let line = near.rfind('\n').map_or(from, |n| from + n + 1);
    let value = before.get(line..).and_then(|line| line.rfind('=')).map(|n| line + n + 1);
    let start = value.map(|at| at + before.get(at..).map_or(0, |v| v.len() - v.trim_start().len()));
    let part = |from| text.get(from..rest.end as usize).unwrap_or_default();
    let is = |c: char| c.is_ascii_alphanumeric() || "_+.:-\",".contains(c);
    let start = start.filter(|from| {
        if rest.end as usize - from > LIST_BYTES_MAX {
            return false;
        }
        let values = part(*from).replace(", ", ",").replace(" ,", ",");
        !values.starts_with('[') && values.chars().all(is)
    });
    let Some(start) = start else { return found.help("a list stands in brackets: `[101, 102]`") };
    let list = format!("[{}]", part(start));
    let edits = [(start, "["), (rest.end as usize, "]")];
    let edit =
        |(at, with): (usize, &str)| Edit { place: Place::Text(at_byte(rest, at)), with: with.to_owned() };
    found.fix = Some(Fix { title: format!("Write `{list}`"), edits: edits.into_iter().map(edit).collect() });
    found.help(format!("a list stands in brackets: `{list}`"))
}

/// What to do about signs that people bring from elsewhere.
fn hint(found: Diagnostic, junk: &str) -> Diagnostic {
    let first = junk.chars().next();
    match first {
        Some('#') => found.help("a comment begins with `//`"),
        Some(';') => found.help("nothing stands at the end of a line: take it out"),
        Some('–' | '—') => found.help("this is a dash of print: write `-`, or `->` for an exit"),
        Some('(' | ')') => {
            found.help("round brackets stand in expressions only; a list stands in square ones: `[101, 102]`")
        }
        Some('=') => found.help("a field stands in braces: `{ ring = 25s }`"),
        Some(letter) if letter.is_alphabetic() && !letter.is_ascii() => {
            found.help("a name with other letters than a to z stands in quotes: `\"máy\": extension 101`")
        }
        Some(_) | None => found,
    }
}
