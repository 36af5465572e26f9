//! Any text as a tree of generic shapes, comments attached. What fits no shape is a diagnostic; the rest is kept.
//!
//! It reads by hand what `flow.pest` says, rule for rule, in a tenth of the time that a parser made of the grammar takes;
//! `tree/tests.rs` holds it against such a parser. One thing the grammar doesn't say: blocks stand in one another at most
//! [`limits::BLOCK_DEPTH_MAX`] deep.

use std::ops::Range;

use crate::diag::{Code, Diagnostic, Place, Sink, Span};
use crate::graph::{Comments, FileId};
use crate::limits;

pub(crate) mod scan;
#[cfg(test)]
mod tests;

/// A word or a string.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    /// Its text, without quotes and escapes.
    pub text: String,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Where.
    pub span: Span,
}

/// What a field is given.
#[derive(Clone, Debug)]
pub(super) enum Spelled {
    Atom(Atom),
    List(Vec<Atom>),
    Json(serde_json::Value),
}

/// A word of a sentence.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Atom(Atom),
    Json(serde_json::Value),
}

/// A block at the top of a file.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub word: Atom,
    pub args: Vec<Atom>,
    pub statements: Vec<Statement>,
    pub comments: Comments,
    /// Its head, up to the `{`.
    pub span: Span,
    /// All of it.
    pub whole: Span,
}

/// What stands in a block.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub shape: Shape,
    pub comments: Comments,
    pub span: Span,
    /// All of it, with its block.
    pub whole: Span,
}

/// The shapes of statements.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Node(NodeShape),
    Edge { exit: Atom, label: Option<Atom>, target: Option<Atom> },
    Field { name: Atom, value: Option<Spelled> },
    Spot { name: Atom, x: f64, y: f64 },
    Sentence { word: Atom, args: Vec<Arg>, statements: Vec<Statement> },
}

/// `name "Label": kind args -> target { … }`
#[derive(Clone, Debug)]
pub(super) struct NodeShape {
    pub entry: Option<Span>,
    pub name: Atom,
    pub label: Option<Atom>,
    pub head: Vec<Atom>,
    pub wire: Option<(Span, Option<Atom>)>,
    pub statements: Vec<Statement>,
}

/// A file in shapes.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    /// Comments at the top that an empty line sets apart from the first block.
    pub head: Vec<String>,
    pub items: Vec<Item>,
    pub tail: Vec<String>,
}

/// Reads any text.
pub(super) fn parse(file: FileId, text: &str, sink: &mut Sink) -> Tree {
    let mut reader = Reader { file, text, bytes: text.as_bytes(), at: 0, depth: 0, sink };
    let mut body = reader.body(Inside::File, Reader::item);
    let mut head = Vec::new();
    if let Some(first) = body.found.first_mut() {
        let rest = first.comments.before.split_off(body.head);
        head = std::mem::replace(&mut first.comments.before, rest);
    }
    Tree { head, items: body.found, tail: body.tail }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    /// Where reading goes on.
    at: usize,
    /// How many blocks are open.
    depth: usize,
    sink: &'a mut Sink,
}

/// In what statements stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    File,
    /// The block of an item: it may have nodes and positions.
    Block,
    /// A block in it.
    Inner,
}

/// What a block holds.
struct Body<T> {
    found: Vec<T>,
    /// How many comments before the first one are set apart by an empty line.
    head: usize,
    /// Comments at its end; while it's read, those that wait for what comes.
    tail: Vec<String>,
    /// The comment beside its `{`.
    beside: Option<String>,
}

/// Something that comments attach to.
trait Commented {
    fn comments(&mut self) -> &mut Comments;
}
impl Commented for Item {
    fn comments(&mut self) -> &mut Comments {
        &mut self.comments
    }
}
impl Commented for Statement {
    fn comments(&mut self) -> &mut Comments {
        &mut self.comments
    }
}

/// A node up to its `:`.
struct NodeHead {
    entry: Option<Range<usize>>,
    name: Range<usize>,
    label: Option<Range<usize>>,
    /// Behind the `:`.
    end: usize,
}

impl Reader<'_> {
    /// A place without the space at its end.
    fn span(&self, range: Range<usize>) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: clip(range.start), end: clip(self.stop(range)) }
    }

    /// Where something ends without the space at its end.
    fn stop(&self, range: Range<usize>) -> usize {
        range.start + self.written(range).trim_end().len()
    }

    fn written(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    fn say(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.sink.push(Diagnostic::new(code, Place::Text(span), message));
    }

    fn is_at(&self, what: u8) -> bool {
        scan::byte(self.bytes, self.at) == Some(what)
    }

    fn blanks(&mut self) {
        self.at = scan::blanks(self.bytes, self.at);
    }

    /// The token that stands here, if it does.
    fn take(&mut self, token: fn(&[u8], usize) -> Option<usize>) -> Option<Range<usize>> {
        let start = self.at;
        self.at = token(self.bytes, start)?;
        Some(start..self.at)
    }

    /// The statements of a block with their comments, up to its end. Its `{` is read already.
    fn body<T: Commented>(&mut self, inside: Inside, read: fn(&mut Self, Inside) -> Option<T>) -> Body<T> {
        let mut body = Body { found: Vec::<T>::new(), head: 0, tail: Vec::new(), beside: None };
        // Where the last thing ended, and where the last one did that a comment can stand beside.
        let mut last = (inside != Inside::File).then_some(self.at);
        let mut end = last;
        while !self.is_end(inside) {
            let start = self.at;
            if self.take(scan::line_end).is_some() {
                continue;
            }
            if body.found.is_empty() && last.is_some_and(|last| self.lines(last..start) > 1) {
                body.head = body.tail.len();
            }
            if let Some(range) = self.take(scan::comment) {
                let is_beside = end.is_some_and(|end| self.is_one_line(end..start));
                self.comment_in(&mut body, range, is_beside);
                last = Some(self.stop(start..self.at));
                continue;
            }
            match read(self, inside) {
                Some(mut one) => {
                    let mut before = std::mem::take(&mut body.tail);
                    before.append(&mut one.comments().before);
                    one.comments().before = before;
                    body.found.push(one);
                }
                None => self.stray(),
            }
            last = Some(self.stop(start..self.at));
            end = last;
        }
        body
    }

    /// Whether a block is over here; its `}` is read.
    fn is_end(&mut self, inside: Inside) -> bool {
        self.blanks();
        let is_text_over = self.at >= self.bytes.len();
        if inside == Inside::File {
            return is_text_over;
        }
        if self.is_at(b'}') {
            self.at += 1;
            return true;
        }
        let is_missing = is_text_over || scan::is_item_line(self.bytes, self.at);
        if is_missing {
            let message = "a `}` is missing: this block ends where the next one begins";
            self.say(Code::Braces, self.span(self.at..self.at), message);
        }
        is_missing
    }

    /// A comment belongs to what it stands beside, or waits for what comes.
    fn comment_in<T: Commented>(&self, body: &mut Body<T>, range: Range<usize>, is_beside: bool) {
        let text = self.comment(range);
        match body.found.last_mut().map(Commented::comments) {
            Some(c) if is_beside && c.after.is_none() => c.after = Some(text),
            None if is_beside && body.beside.is_none() => body.beside = Some(text),
            _ => body.tail.push(text),
        }
    }

    fn comment(&self, range: Range<usize>) -> String {
        let text = self.written(range).strip_prefix("//").unwrap_or_default();
        text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
    }

    fn lines(&self, gap: Range<usize>) -> usize {
        self.written(gap).bytes().filter(|b| *b == b'\n').count()
    }

    fn is_one_line(&self, gap: Range<usize>) -> bool {
        !self.written(gap).contains(['\n', '\r'])
    }

    /// What fits no shape.
    fn stray(&mut self) {
        let start = self.at;
        if self.is_at(b'}') {
            self.at += 1;
            return self.say(Code::Braces, self.span(start..self.at), "this `}` closes nothing");
        }
        self.at = scan::stray(self.bytes, start).unwrap_or(self.bytes.len());
        let first = self.written(start..self.at).lines().next().unwrap_or("").trim();
        let message = format!("`{}` can't be read", shorten(first));
        self.say(Code::Syntax, self.span(start..self.at), message);
    }

    fn junk(&mut self, range: Range<usize>) {
        let written = self.written(range.clone());
        if written.starts_with('"') {
            self.say(Code::BadString, self.span(range), "this string has no closing quote");
        } else {
            let message = format!("`{}` has no meaning here", shorten(written.trim()));
            self.say(Code::Syntax, self.span(range), message);
        }
    }

    /// The words and strings that come; junk between them is said.
    fn words(&mut self) -> Vec<Atom> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            if let Some(range) = self.take(scan::atom) {
                words.push(self.atom(range));
            } else if let Some(range) = self.take(scan::junk) {
                self.junk(range);
            } else {
                return words;
            }
        }
    }

    fn item(&mut self, _: Inside) -> Option<Item> {
        let start = self.at;
        let word = self.take(scan::ident)?;
        let word = self.atom(word);
        let args = self.words();
        let span = self.span(start..self.at);
        let mut item =
            Item { word, args, statements: Vec::new(), comments: Comments::default(), span, whole: span };
        if self.is_at(b'{') {
            item.span.end = u32::try_from(self.at).unwrap_or(u32::MAX);
            item.statements = self.block(Inside::Block, &mut item.comments);
            item.whole = self.span(start..self.at);
        }
        Some(item)
    }

    /// A block, if one stands here.
    fn block(&mut self, inside: Inside, comments: &mut Comments) -> Vec<Statement> {
        self.blanks();
        if !self.is_at(b'{') || self.depth >= limits::BLOCK_DEPTH_MAX {
            return Vec::new();
        }
        self.at += 1;
        self.depth += 1;
        let body = self.body(inside, Reader::statement);
        self.depth -= 1;
        comments.after = body.beside;
        comments.tail = body.tail;
        body.found
    }

    fn statement(&mut self, inside: Inside) -> Option<Statement> {
        let start = self.at;
        let mut comments = Comments::default();
        let is_in_block = inside == Inside::Block;
        let shape = if let Some(head) = is_in_block.then(|| self.node_head()).flatten() {
            self.node(head, &mut comments)
        } else if let Some((name, value)) = self.field_head() {
            self.at = value;
            self.field(start, name, &mut comments)
        } else if let Some((exit, label, target)) = self.edge_head() {
            self.at = target;
            let exit = self.atom(exit);
            let label = label.map(|l| self.atom(l));
            Shape::Edge { exit, label, target: self.target() }
        } else if let Some((name, x, y)) = is_in_block.then(|| self.spot_head()).flatten() {
            self.at = y.end;
            self.spot(start, name, x, y)
        } else {
            let lead = self.take(scan::word)?;
            self.sentence(lead, &mut comments)
        };
        let whole = self.span(start..self.at);
        let span = match &shape {
            Shape::Node(node) => Span { end: node.head.last().unwrap_or(&node.name).span.end, ..whole },
            Shape::Edge { .. } | Shape::Field { .. } | Shape::Spot { .. } | Shape::Sentence { .. } => whole,
        };
        Some(Statement { shape, comments, span, whole })
    }

    fn node_head(&self) -> Option<NodeHead> {
        let (text, start) = (self.bytes, self.at);
        let word = start..start + "entry".len();
        let is_entry = scan::is(text, start, b"entry ") || scan::is(text, start, b"entry\t");
        let behind = scan::blanks(text, word.end);
        let (entry, name) = match scan::name(text, behind).filter(|_| is_entry) {
            Some(end) => (Some(word), behind..end),
            None => (None, start..scan::name(text, start)?),
        };
        let (label, at) = scan::label(text, name.end);
        (scan::byte(text, at) == Some(b':')).then_some(NodeHead { entry, name, label, end: at + 1 })
    }

    fn node(&mut self, head: NodeHead, comments: &mut Comments) -> Shape {
        self.at = head.end;
        let entry = head.entry.map(|e| self.span(e));
        let name = self.atom(head.name);
        let label = head.label.map(|l| self.atom(l));
        let head = self.words();
        let wire = self.take(scan::arrow).map(|arrow| {
            let target = self.target();
            (self.span(arrow.start..self.at), target)
        });
        let statements = self.block(Inside::Inner, comments);
        Shape::Node(NodeShape { entry, name, label, head, wire, statements })
    }

    /// What stands behind an arrow.
    fn target(&mut self) -> Option<Atom> {
        self.blanks();
        let range = self.take(scan::name)?;
        Some(self.atom(range))
    }

    /// An edge up to its arrow: its exit, its label, where its target may begin.
    fn edge_head(&self) -> Option<(Range<usize>, Option<Range<usize>>, usize)> {
        let exit = self.at..scan::atom(self.bytes, self.at)?;
        let (label, at) = scan::label(self.bytes, exit.end);
        Some((exit, label, scan::arrow(self.bytes, at)?))
    }

    /// A field up to its `=`: its name, and where its value may begin.
    fn field_head(&self) -> Option<(Range<usize>, usize)> {
        let name = self.at..scan::name(self.bytes, self.at)?;
        let at = scan::blanks(self.bytes, name.end);
        let value = (scan::byte(self.bytes, at) == Some(b'=')).then(|| scan::blanks(self.bytes, at + 1))?;
        (scan::byte(self.bytes, value) != Some(b'>')).then_some((name, value))
    }

    fn field(&mut self, start: usize, name: Range<usize>, comments: &mut Comments) -> Shape {
        let name = self.atom(name);
        let value = self.value(comments);
        if value.is_none() {
            let message = format!("`{}` is given no value", shorten(&name.text));
            self.say(Code::Syntax, self.span(start..self.at), message);
        }
        Shape::Field { name, value }
    }

    fn value(&mut self, comments: &mut Comments) -> Option<Spelled> {
        if let Some(list) = scan::list(self.bytes, self.at) {
            self.at = list.end;
            let mut atoms = Vec::new();
            for (range, is_comment) in list.parts {
                if is_comment {
                    comments.before.push(self.comment(range));
                } else {
                    atoms.push(self.atom(range));
                }
            }
            return Some(Spelled::List(atoms));
        }
        if let Some(range) = self.take(scan::json) {
            return self.json(range).map(Spelled::Json);
        }
        let range = self.take(scan::atom)?;
        Some(Spelled::Atom(self.atom(range)))
    }

    fn json(&mut self, range: Range<usize>) -> Option<serde_json::Value> {
        match serde_json::from_str(self.written(range.clone()).trim_matches('`')) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = format!("the JSON in backticks can't be read: {error}");
                self.say(Code::JsonSyntax, self.span(range), message);
                None
            }
        }
    }

    /// A position: the node's name and both numbers.
    fn spot_head(&self) -> Option<(Range<usize>, Range<usize>, Range<usize>)> {
        let number = |at: usize| {
            let at = scan::blanks(self.bytes, at);
            Some(at..scan::number(self.bytes, at)?)
        };
        let name = self.at..scan::name(self.bytes, self.at)?;
        let x = number(name.end)?;
        let comma = scan::blanks(self.bytes, x.end);
        let y = (scan::byte(self.bytes, comma) == Some(b',')).then(|| number(comma + 1))??;
        Some((name, x, y))
    }

    fn spot(&mut self, start: usize, name: Range<usize>, x: Range<usize>, y: Range<usize>) -> Shape {
        let name = self.atom(name);
        // Digits with a point always parse; a number too large to hold is infinite and isn't kept.
        let number = |range| self.written(range).parse().ok().filter(|n: &f64| n.is_finite());
        if let (Some(x), Some(y)) = (number(x), number(y)) {
            return Shape::Spot { name, x, y };
        }
        self.say(Code::TooLarge, self.span(start..self.at), "this position is off every canvas");
        Shape::Spot { name, x: 0.0, y: 0.0 }
    }

    fn sentence(&mut self, lead: Range<usize>, comments: &mut Comments) -> Shape {
        let word = self.atom(lead);
        let mut args = Vec::new();
        loop {
            self.blanks();
            if let Some(range) = self.take(scan::atom) {
                args.push(Arg::Atom(self.atom(range)));
            } else if let Some(range) = self.take(scan::json) {
                args.extend(self.json(range).map(Arg::Json));
            } else if let Some(range) = self.take(scan::junk) {
                self.junk(range);
            } else {
                break;
            }
        }
        Shape::Sentence { word, args, statements: self.block(Inside::Inner, comments) }
    }

    fn atom(&mut self, range: Range<usize>) -> Atom {
        let span = self.span(range.clone());
        let written = self.text.get(range).unwrap_or("");
        let Some(inside) = written.strip_prefix('"') else {
            return Atom { text: self.short(written, span), quoted: false, span };
        };
        let inside = inside.strip_suffix('"').unwrap_or(inside);
        // Most strings say what they mean.
        let text = if inside.bytes().all(|b| b >= b' ' && b != b'\\') {
            self.short(inside, span)
        } else {
            let text = serde_json::from_str::<String>(written).unwrap_or_else(|_| {
                let message =
                    "this string has an escape that isn't one: `\\\"`, `\\\\`, `\\n`, `\\t`, `\\u0041` are";
                self.say(Code::BadString, span, message);
                written.trim_matches('"').to_owned()
            });
            self.short(&text, span)
        };
        Atom { text, quoted: true, span }
    }

    /// A word or string within its limit.
    fn short(&mut self, text: &str, span: Span) -> String {
        let max = limits::TEXT_BYTES_MAX;
        if text.len() <= max {
            return text.to_owned();
        }
        let message = format!("this text is longer than {max} bytes; the rest was left out");
        self.say(Code::TooLarge, span, message);
        let cut = (0..=max).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        text.get(..cut).unwrap_or("").to_owned()
    }
}

/// A text that is quoted in a message.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
