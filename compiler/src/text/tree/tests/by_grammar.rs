//! Reads by a parser made of `flow.pest`: what the reader by hand is held against.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`Rule` lists the grammar; each place knows the rules below it"
)]

use pest::Parser;
use pest::iterators::Pair;

use super::super::*;

mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "text/flow.pest"]
    pub(super) struct FlowParser;
}
use grammar::{FlowParser, Rule};

/// Reads any text.
pub(in super::super) fn parse(file: FileId, text: &str, sink: &mut Sink) -> Tree {
    let mut reader = Reader { file, text, sink };
    match FlowParser::parse(Rule::file, text) {
        Ok(pairs) => {
            let body = pairs.flat_map(Pair::into_inner);
            let mut body = reader.body(body, Reader::item);
            let mut head = Vec::new();
            if let Some(first) = body.found.first_mut() {
                let rest = first.comments.before.split_off(body.head);
                head = std::mem::replace(&mut first.comments.before, rest);
            }
            Tree { head, items: body.found, tail: body.tail }
        }
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) => (at, at),
                pest::error::InputLocation::Span(span) => span,
            };
            let span = reader.at(at.0, at.1);
            reader.say(Code::Syntax, span, "this can't be read");
            Tree::default()
        }
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    sink: &'a mut Sink,
}

/// What a block holds.
struct Body<T> {
    found: Vec<T>,
    /// How many comments before the first one are set apart by an empty line.
    head: usize,
    /// Comments at its end.
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

impl<'a> Reader<'a> {
    fn at(&self, start: usize, end: usize) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: clip(start), end: clip(end) }
    }

    fn span(&self, pair: &Pair<'a, Rule>) -> Span {
        let span = pair.as_span();
        let trimmed = span.as_str().trim_end();
        self.at(span.start(), span.start() + trimmed.len())
    }

    fn say(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.sink.push(Diagnostic::new(code, Place::Text(span), message));
    }

    /// The statements of a block with their comments.
    fn body<T: Commented>(
        &mut self,
        pairs: impl Iterator<Item = Pair<'a, Rule>>,
        mut read: impl FnMut(&mut Self, Pair<'a, Rule>) -> T,
    ) -> Body<T> {
        let mut found: Vec<T> = Vec::new();
        let mut waiting = Vec::new();
        let mut beside = None;
        let mut end = None;
        let (mut head, mut last) = (0, None);
        for pair in pairs {
            let (start, stop) = (pair.as_span().start(), self.span(&pair).end as usize);
            let empty_line =
                |from| self.text.get(from..start).is_some_and(|gap| gap.matches('\n').count() > 1);
            if found.is_empty() && last.is_some_and(empty_line) {
                head = waiting.len();
            }
            last = Some(stop);
            match pair.as_rule() {
                Rule::comment => {
                    let text = comment(&pair);
                    let same_line = end.is_some_and(|e| !self.breaks(e, start));
                    match found.last_mut().map(Commented::comments) {
                        Some(c) if same_line && c.after.is_none() => c.after = Some(text),
                        None if same_line && beside.is_none() => beside = Some(text),
                        _ => waiting.push(text),
                    }
                }
                Rule::open => end = Some(stop),
                Rule::close => {
                    if pair.as_str().is_empty() {
                        let message = "a `}` is missing: this block ends where the next one begins";
                        self.say(Code::Braces, self.at(start, start), message);
                    }
                }
                Rule::stray | Rule::extra => {
                    self.stray(&pair);
                    end = Some(stop);
                }
                Rule::EOI => {}
                _ => {
                    let mut one = read(self, pair);
                    let mut before = std::mem::take(&mut waiting);
                    before.append(&mut one.comments().before);
                    one.comments().before = before;
                    found.push(one);
                    end = Some(stop);
                }
            }
        }
        Body { found, head, tail: waiting, beside }
    }

    fn breaks(&self, from: usize, to: usize) -> bool {
        self.text.get(from..to).is_none_or(|between| between.contains(['\n', '\r']))
    }

    fn stray(&mut self, pair: &Pair<'a, Rule>) {
        let span = self.span(pair);
        if pair.as_str().starts_with('}') {
            self.say(Code::Braces, span, "this `}` closes nothing");
        } else {
            let first = pair.as_str().lines().next().unwrap_or("").trim();
            self.say(Code::Syntax, span, format!("`{}` can't be read", shorten(first)));
        }
    }

    fn junk(&mut self, pair: &Pair<'a, Rule>) {
        let span = self.span(pair);
        if pair.as_str().starts_with('"') {
            self.say(Code::BadString, span, "this string has no closing quote");
        } else {
            self.say(Code::Syntax, span, format!("`{}` has no meaning here", shorten(pair.as_str().trim())));
        }
    }

    fn item(&mut self, pair: Pair<'a, Rule>) -> Item {
        let span = self.span(&pair);
        let mut item = Item {
            word: self.nothing(span),
            args: Vec::new(),
            statements: Vec::new(),
            comments: Comments::default(),
            span,
            whole: span,
        };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::ident => item.word = self.atom(&part),
                Rule::word | Rule::string => item.args.push(self.atom(&part)),
                Rule::junk => self.junk(&part),
                Rule::block => {
                    item.span.end = self.span(&part).start;
                    let body = self.body(part.into_inner(), Reader::statement);
                    item.statements = body.found;
                    item.comments = Comments { before: Vec::new(), after: body.beside, tail: body.tail };
                }
                _ => {}
            }
        }
        item
    }

    fn statement(&mut self, pair: Pair<'a, Rule>) -> Statement {
        let whole = self.span(&pair);
        let mut span = whole;
        let mut comments = Comments::default();
        let rule = pair.as_rule();
        let parts = pair.into_inner();
        let shape = match rule {
            Rule::node => {
                let shape = self.node(parts, span, &mut comments);
                span = Span { end: shape.head.last().map_or(shape.name.span, |a| a.span).end, ..span };
                Shape::Node(shape)
            }
            Rule::edge => self.edge(parts, span),
            Rule::field => self.field(parts, span, &mut comments),
            Rule::spot => self.spot(parts, span),
            _ => self.sentence(parts, span, &mut comments),
        };
        Statement { shape, comments, span, whole }
    }

    fn node(
        &mut self,
        parts: impl Iterator<Item = Pair<'a, Rule>>,
        span: Span,
        comments: &mut Comments,
    ) -> NodeShape {
        let mut shape = NodeShape {
            entry: None,
            name: self.nothing(span),
            label: None,
            head: Vec::new(),
            wire: None,
            statements: Vec::new(),
        };
        for part in parts {
            match part.as_rule() {
                Rule::entry => shape.entry = Some(self.span(&part)),
                Rule::name => shape.name = self.atom(&part),
                Rule::label => shape.label = Some(self.atom(&part)),
                Rule::word | Rule::string => shape.head.push(self.atom(&part)),
                Rule::junk => self.junk(&part),
                Rule::wire => {
                    let span = self.span(&part);
                    let target = part.into_inner().find(|p| p.as_rule() == Rule::target);
                    shape.wire = Some((span, target.map(|t| self.atom(&t))));
                }
                Rule::inner => shape.statements = self.inner(part, comments),
                _ => {}
            }
        }
        shape
    }

    fn inner(&mut self, pair: Pair<'a, Rule>, comments: &mut Comments) -> Vec<Statement> {
        let body = self.body(pair.into_inner(), Reader::statement);
        comments.after = body.beside;
        comments.tail = body.tail;
        body.found
    }

    fn edge(&mut self, parts: impl Iterator<Item = Pair<'a, Rule>>, span: Span) -> Shape {
        let (mut exit, mut label, mut target) = (self.nothing(span), None, None);
        for part in parts {
            match part.as_rule() {
                Rule::handle => exit = self.atom(&part),
                Rule::label => label = Some(self.atom(&part)),
                Rule::target => target = Some(self.atom(&part)),
                _ => {}
            }
        }
        Shape::Edge { exit, label, target }
    }

    fn field(
        &mut self,
        parts: impl Iterator<Item = Pair<'a, Rule>>,
        span: Span,
        comments: &mut Comments,
    ) -> Shape {
        let (mut name, mut value) = (self.nothing(span), None);
        for part in parts {
            match part.as_rule() {
                Rule::name => name = self.atom(&part),
                Rule::value => value = part.into_inner().next().and_then(|v| self.value(v, comments)),
                _ => {}
            }
        }
        if value.is_none() {
            let message = format!("`{}` is given no value", shorten(&name.text));
            self.say(Code::Syntax, span, message);
        }
        Shape::Field { name, value }
    }

    fn value(&mut self, pair: Pair<'a, Rule>, comments: &mut Comments) -> Option<Spelled> {
        match pair.as_rule() {
            Rule::list => {
                let mut atoms = Vec::new();
                for part in pair.into_inner() {
                    match part.as_rule() {
                        Rule::word | Rule::string => atoms.push(self.atom(&part)),
                        Rule::comment => comments.before.push(comment(&part)),
                        _ => {}
                    }
                }
                Some(Spelled::List(atoms))
            }
            Rule::json => self.json(&pair).map(Spelled::Json),
            _ => Some(Spelled::Atom(self.atom(&pair))),
        }
    }

    fn json(&mut self, pair: &Pair<'a, Rule>) -> Option<serde_json::Value> {
        let inside = pair.as_str().trim_matches('`');
        match serde_json::from_str(inside) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = self.span(pair);
                self.say(Code::JsonSyntax, span, format!("the JSON in backticks can't be read: {error}"));
                None
            }
        }
    }

    fn spot(&mut self, parts: impl Iterator<Item = Pair<'a, Rule>>, span: Span) -> Shape {
        let mut name = self.nothing(span);
        let mut numbers = Vec::new();
        for part in parts {
            match part.as_rule() {
                Rule::name => name = self.atom(&part),
                // Digits with a point always parse; a number too large to hold is infinite and isn't kept.
                Rule::number => numbers.push(part.as_str().parse().ok().filter(|n: &f64| n.is_finite())),
                _ => {}
            }
        }
        match numbers.as_slice() {
            [Some(x), Some(y)] => Shape::Spot { name, x: *x, y: *y },
            _ => {
                self.say(Code::TooLarge, span, "this position is off every canvas");
                Shape::Spot { name, x: 0.0, y: 0.0 }
            }
        }
    }

    fn sentence(
        &mut self,
        parts: impl Iterator<Item = Pair<'a, Rule>>,
        span: Span,
        comments: &mut Comments,
    ) -> Shape {
        let mut word = self.nothing(span);
        let (mut args, mut statements) = (Vec::new(), Vec::new());
        for part in parts {
            match part.as_rule() {
                Rule::lead => word = self.atom(&part),
                Rule::word | Rule::string => args.push(Arg::Atom(self.atom(&part))),
                Rule::json => args.extend(self.json(&part).map(Arg::Json)),
                Rule::junk => self.junk(&part),
                Rule::inner => statements = self.inner(part, comments),
                _ => {}
            }
        }
        Shape::Sentence { word, args, statements }
    }

    fn nothing(&self, span: Span) -> Atom {
        Atom { text: String::new(), quoted: false, span }
    }

    fn atom(&mut self, pair: &Pair<'a, Rule>) -> Atom {
        let span = self.span(pair);
        let written = pair.as_str().trim_end();
        if !written.starts_with('"') {
            return Atom { text: self.short(written, span), quoted: false, span };
        }
        let text = match serde_json::from_str::<String>(written) {
            Ok(text) => text,
            Err(_) => {
                let message =
                    "this string has an escape that isn't one: `\\\"`, `\\\\`, `\\n`, `\\t`, `\\u0041` are";
                self.say(Code::BadString, span, message);
                written.trim_matches('"').to_owned()
            }
        };
        Atom { text: self.short(&text, span), quoted: true, span }
    }

    /// A word or string within its limit.
    fn short(&mut self, text: &str, span: Span) -> String {
        let max = crate::limits::TEXT_BYTES_MAX;
        if text.len() <= max {
            return text.to_owned();
        }
        self.say(
            Code::TooLarge,
            span,
            format!("this text is longer than {max} bytes; the rest was left out"),
        );
        let cut = (0..=max).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        text.get(..cut).unwrap_or("").to_owned()
    }
}

fn comment(pair: &Pair<'_, Rule>) -> String {
    let text = pair.as_str().strip_prefix("//").unwrap_or_default();
    let text = text.strip_prefix(' ').unwrap_or(text);
    text.trim_end().to_owned()
}
