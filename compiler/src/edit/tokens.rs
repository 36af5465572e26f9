//! What each word is, for colours: the grammar's words, and what those mean that name something.

use std::ops::Range;

use super::folder::range;
use super::lex::{Tok, lex};
use crate::text::marks::{Marks, Role, Thing};

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenKind {
    /// A word of the grammar.
    Keyword,
    /// A kind of node or entity.
    Kind,
    /// The key of a flow.
    Flow,
    /// The name of a node.
    Node,
    /// The key of an entity.
    Entity,
    /// An exit.
    Exit,
    /// A field.
    Field,
    /// A variable.
    Variable,
    /// A text in quotes.
    String,
    /// A value that isn't in quotes.
    Value,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// `->` and `=`.
    Operator,
}

impl TokenKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [TokenKind; 13] = [
        TokenKind::Keyword,
        TokenKind::Kind,
        TokenKind::Flow,
        TokenKind::Node,
        TokenKind::Entity,
        TokenKind::Exit,
        TokenKind::Field,
        TokenKind::Variable,
        TokenKind::String,
        TokenKind::Value,
        TokenKind::Number,
        TokenKind::Comment,
        TokenKind::Operator,
    ];
}

/// A coloured word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colour {
    /// Where.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// Whether something is made here.
    pub is_made: bool,
}

/// The words of a text, in order; they don't overlap, and none goes over the end of a line.
#[must_use]
pub fn colours(text: &str, marks: &Marks) -> Vec<Colour> {
    let mut colours = Vec::new();
    let mut marks = marks.words.iter().peekable();
    for token in lex(text) {
        let plain = match token.kind {
            Tok::String => Some(TokenKind::String),
            Tok::Json => Some(TokenKind::Value),
            Tok::Comment => Some(TokenKind::Comment),
            Tok::Arrow | Tok::Equals => Some(TokenKind::Operator),
            Tok::Word => word(token.text(text)),
            Tok::Open | Tok::Close | Tok::ListOpen | Tok::ListClose | Tok::Comma | Tok::Line | Tok::Other => {
                None
            }
        };
        let mut at = token.start;
        while let Some(mark) = marks.next_if(|m| range(m.span).start < token.end) {
            let named = range(mark.span);
            let Some(kind) = meaning(&mark.thing) else { continue };
            if named.start < at || named.end > token.end {
                continue;
            }
            push(&mut colours, text, at..named.start, plain, false);
            at = named.end;
            push(&mut colours, text, named, Some(kind), mark.role == Role::Defines);
        }
        // What is left of a word in front of its colon is the colon.
        let rest = if token.kind == Tok::Word && at > token.start { None } else { plain };
        push(&mut colours, text, at..token.end, rest, false);
    }
    colours
}

fn push(colours: &mut Vec<Colour>, text: &str, range: Range<usize>, kind: Option<TokenKind>, is_made: bool) {
    let Some(kind) = kind else { return };
    let mut start = range.start;
    for line in text.get(range).unwrap_or("").split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        if end > start {
            colours.push(Colour { range: start..end, kind, is_made });
        }
        start += line.len();
    }
}

/// A word that names nothing.
fn word(text: &str) -> Option<TokenKind> {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    Some(if is_number { TokenKind::Number } else { TokenKind::Value })
}

fn meaning(thing: &Thing) -> Option<TokenKind> {
    Some(match thing {
        Thing::Word(_) | Thing::PartWord(..) | Thing::Step(_) => TokenKind::Keyword,
        Thing::Flow(_) => TokenKind::Flow,
        Thing::Node { .. } => TokenKind::Node,
        Thing::Kind(_) | Thing::EntityKind(_) => TokenKind::Kind,
        Thing::Entity(..) => TokenKind::Entity,
        Thing::Exit(..) | Thing::FlowExit { .. } | Thing::Part { .. } => TokenKind::Exit,
        Thing::Field(..) => TokenKind::Field,
        Thing::Variable { .. } => TokenKind::Variable,
        // What they are stands in their letters.
        Thing::Test(_) | Thing::Label | Thing::Value => return None,
    })
}
