//! What may stand at a place of a text, from the words before it: for completion, so that it works where nothing can be
//! read yet.

use super::lex::{Tok, Token, lex};
use crate::entity::EntityKind;
use crate::entity::spec as entity_spec;
use crate::nodes::Kind;
use crate::nodes::spec::FieldSpec;
use crate::text::marks::Owner;

/// A place in text with what it is for.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// What may stand there.
    pub slot: Slot,
    /// The word that is being written; empty bytes between words.
    pub word: std::ops::Range<usize>,
    /// Whether that word begins by a quote.
    pub quoted: bool,
    /// Whether something follows on the same line, so that nothing but the word may be written.
    pub more_follows: bool,
}

/// What may stand somewhere.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// A new block.
    Block,
    /// The key of a flow.
    Flow,
    /// The key of a new entity.
    NewKey(EntityKind),
    /// A new node, or a field of the flow.
    NewNode { entry: bool, inside: Inside },
    /// The kind of a node.
    Kind { entry: bool },
    /// Another entity of a node.
    Entity { kind: Kind, taken: Vec<String> },
    /// A node to go to, or to place.
    Node { flow: String, places: bool },
    /// A field, an exit or a part.
    Statement(Inside),
    /// The value of a field.
    Value { inside: Inside, spec: &'static FieldSpec },
    /// A word of a step.
    Step { words: Vec<String>, called: String },
    /// Nothing that is known.
    Nothing,
}

/// A block with fields.
#[derive(Clone, Debug)]
pub(crate) struct Inside {
    /// What the fields are of; `None` if the kind isn't known.
    pub owner: Option<Owner>,
    /// The flow, for a node.
    pub flow: String,
    /// The node's entity, or the entity itself.
    pub entity: Option<String>,
    /// The flow that its field `flow` names.
    pub calls: Option<String>,
    /// Names before `=` in the block.
    pub fields: Vec<String>,
    /// Names before `->` in the block.
    pub exits: Vec<String>,
}

/// An open block.
struct Frame {
    head: Vec<Token>,
    /// Its `{` among the tokens.
    open: usize,
}

/// What may stand at a byte.
pub(crate) fn at(text: &str, at: usize) -> Place {
    let tokens = lex(text);
    let before = tokens.partition_point(|t| t.start < at);
    let last = before.checked_sub(1).and_then(|n| tokens.get(n)).copied();
    let writing = last.filter(|t| {
        let inside = t.kind == Tok::String && at < t.end || t.kind == Tok::Word && at <= t.end;
        inside || t.kind == Tok::String && at == t.end && !closed(t.text(text))
    });
    let known = before - usize::from(writing.is_some());
    let in_comment = last.is_some_and(|t| t.kind == Tok::Comment && at <= t.end);
    let in_json = last.is_some_and(|t| t.kind == Tok::Json && at < t.end);
    let next = tokens.get(before).map(|t| t.kind);
    let slot = if in_comment || in_json { Slot::Nothing } else { slot(text, &tokens, known) };
    Place {
        slot,
        word: writing.map_or(at..at, |t| t.start..t.end),
        quoted: writing.is_some_and(|t| t.kind == Tok::String),
        more_follows: !matches!(next, None | Some(Tok::Line | Tok::Comment | Tok::Close)),
    }
}

fn closed(string: &str) -> bool {
    string.len() > 1 && string.ends_with('"')
}

/// Words that begin a block even where one is open, at the start of a line.
const ITEMS: [&str; 3] = ["flow", "layout", "test"];

fn slot(text: &str, tokens: &[Token], known: usize) -> Slot {
    let mut frames: Vec<Frame> = Vec::new();
    let mut line: Vec<Token> = Vec::new();
    let mut lists = 0_usize;
    // Where the line begins, if nothing has stood on it yet.
    let mut fresh = Some(0);
    for (number, token) in tokens.iter().enumerate().take(known) {
        match token.kind {
            Tok::Line if lists > 0 => {}
            Tok::Line => line.clear(),
            Tok::Comment => {}
            Tok::Open => {
                frames.push(Frame { head: std::mem::take(&mut line), open: number });
                lists = 0;
            }
            Tok::Close => {
                frames.pop();
                line.clear();
                lists = 0;
            }
            Tok::Word if fresh == Some(token.start) && ITEMS.contains(&token.text(text)) => {
                frames.clear();
                line = vec![*token];
                lists = 0;
            }
            Tok::ListOpen => {
                lists += 1;
                line.push(*token);
            }
            Tok::ListClose => {
                lists = lists.saturating_sub(1);
                line.push(*token);
            }
            Tok::Word | Tok::String | Tok::Json | Tok::Arrow | Tok::Equals | Tok::Comma | Tok::Other => {
                line.push(*token);
            }
        }
        fresh = (token.kind == Tok::Line).then_some(token.end);
        if lists == 0 && ends_statement(&line) && in_fields(text, &frames) {
            line.clear();
        }
    }
    of_frames(text, tokens, &frames, &line)
}

/// Whether the open block has fields and edges, several of which may stand on one line.
fn in_fields(text: &str, frames: &[Frame]) -> bool {
    match frames {
        [only] => only.head.first().is_some_and(|t| EntityKind::by_name(t.text(text)).is_some()),
        [first, _] => first.head.first().is_some_and(|t| t.text(text) != "test"),
        _ => false,
    }
}

/// `name = value` or `exit -> target`.
fn ends_statement(line: &[Token]) -> bool {
    let kinds: Vec<Tok> = line.iter().map(|t| t.kind).collect();
    matches!(
        kinds.as_slice(),
        [.., Tok::Equals | Tok::Arrow, Tok::Word | Tok::String | Tok::Json]
            | [_, Tok::Equals, Tok::ListOpen, .., Tok::ListClose]
    )
}

fn of_frames(text: &str, tokens: &[Token], frames: &[Frame], line: &[Token]) -> Slot {
    let Some((first, rest)) = frames.split_first() else { return at_top(text, line) };
    let mut head = first.head.iter();
    let word = head.next().map_or("", |t| t.text(text));
    let key = head.next().map(|t| t.plain(text)).unwrap_or_default();
    match (word, rest) {
        ("flow", []) => {
            let inside = inside(text, tokens, first.open);
            in_flow(text, Inside { owner: Some(Owner::Flow), flow: key, ..inside }, line)
        }
        ("flow", [node]) => {
            let head = NodeHead::of(text, &node.head);
            let kind = Kind::by_name(&head.kind.unwrap_or_default());
            let inside = inside(text, tokens, node.open);
            let entity = head.entities.into_iter().next();
            in_fields_of(text, Inside { owner: kind.map(Owner::Node), flow: key, entity, ..inside }, line)
        }
        ("layout", []) if line.is_empty() => Slot::Node { flow: key, places: true },
        ("test", []) => Slot::Step {
            words: line.iter().map(|t| t.plain(text)).collect(),
            called: called(text, tokens, first.open),
        },
        (word, rest) => {
            let Some(kind) = EntityKind::by_name(word) else { return Slot::Nothing };
            let (owner, open) = match rest {
                [] => (Some(Owner::Entity(kind)), first.open),
                [part] => {
                    let word = part.head.first().map_or("", |t| t.text(text));
                    let spec = entity_spec::of(kind).part(word);
                    (spec.map(|s| Owner::Part(kind, s.word)), part.open)
                }
                _ => return Slot::Nothing,
            };
            let inside = inside(text, tokens, open);
            in_fields_of(text, Inside { owner, entity: Some(key), ..inside }, line)
        }
    }
}

fn at_top(text: &str, line: &[Token]) -> Slot {
    match line {
        [] => Slot::Block,
        [word] => match EntityKind::by_name(word.text(text)) {
            Some(kind) => Slot::NewKey(kind),
            None if word.text(text) == "layout" => Slot::Flow,
            None => Slot::Nothing,
        },
        _ => Slot::Nothing,
    }
}

fn in_flow(text: &str, inside: Inside, line: &[Token]) -> Slot {
    if line.get(1).is_some_and(|t| t.kind == Tok::Equals) {
        return in_fields_of(text, inside, line);
    }
    let flow = inside.flow.clone();
    let head = NodeHead::of(text, line);
    match (head.colon, head.kind) {
        _ if head.arrows == 1 && line.last().is_some_and(|t| t.kind == Tok::Arrow) => {
            Slot::Node { flow, places: false }
        }
        _ if head.arrows > 0 => Slot::Nothing,
        (true, None) => Slot::Kind { entry: head.entry },
        (true, Some(kind)) => match Kind::by_name(&kind) {
            Some(kind) => Slot::Entity { kind, taken: head.entities },
            None => Slot::Nothing,
        },
        (false, _) if head.name.is_none() => Slot::NewNode { entry: head.entry, inside },
        (false, _) => Slot::Nothing,
    }
}

fn in_fields_of(text: &str, inside: Inside, line: &[Token]) -> Slot {
    let is_node = matches!(inside.owner, None | Some(Owner::Node(_)));
    match line {
        [] => Slot::Statement(inside),
        [.., last] if last.kind == Tok::Arrow && is_node => Slot::Node { flow: inside.flow, places: false },
        [name, equals, rest @ ..] if equals.kind == Tok::Equals => {
            let in_list = rest.first().is_some_and(|t| t.kind == Tok::ListOpen);
            let spec = inside.owner.and_then(|o| o.field(&name.plain(text)));
            match spec {
                Some(spec) if rest.is_empty() || in_list => Slot::Value { inside, spec },
                Some(_) | None => Slot::Nothing,
            }
        }
        _ => Slot::Nothing,
    }
}

/// The names before `=` and `->` in a block, before and behind the place.
fn inside(text: &str, tokens: &[Token], open: usize) -> Inside {
    let mut inside = Inside {
        owner: None,
        flow: String::new(),
        entity: None,
        calls: None,
        fields: Vec::new(),
        exits: Vec::new(),
    };
    let (mut depth, mut names_flow) = (0_usize, false);
    let body = tokens.get(open + 1..).unwrap_or(&[]);
    let mut words: Vec<&Token> = Vec::new();
    for token in body {
        match token.kind {
            Tok::Open => depth += 1,
            Tok::Close if depth == 0 => break,
            Tok::Close => depth -= 1,
            Tok::Equals if depth == 0 => {
                inside.fields.extend(words.last().map(|t| t.plain(text)));
                names_flow = words.last().is_some_and(|t| t.text(text) == "flow");
            }
            Tok::Word | Tok::String if names_flow => {
                names_flow = false;
                inside.calls = Some(token.plain(text));
            }
            Tok::Arrow if depth == 0 => {
                // A label may stand between the exit and the arrow.
                let exit = match words.as_slice() {
                    [.., exit, label] if label.kind == Tok::String && exit.kind == Tok::Word => Some(exit),
                    [.., exit] => Some(exit),
                    [] => None,
                };
                inside.exits.extend(exit.map(|t| t.plain(text)));
            }
            Tok::Line
            | Tok::ListOpen
            | Tok::ListClose
            | Tok::Comma
            | Tok::Comment
            | Tok::Json
            | Tok::Other => {}
            Tok::Word | Tok::String | Tok::Equals | Tok::Arrow => {}
        }
        match token.kind {
            Tok::Word | Tok::String => words.push(token),
            Tok::Line | Tok::Arrow | Tok::Equals | Tok::Open | Tok::Close => words.clear(),
            Tok::ListOpen | Tok::ListClose | Tok::Comma | Tok::Comment | Tok::Json | Tok::Other => {}
        }
    }
    inside
}

/// The number that the test calls.
fn called(text: &str, tokens: &[Token], open: usize) -> String {
    let body = tokens.get(open..).unwrap_or(&[]);
    let body = body.split(|t| t.kind == Tok::Close).next().unwrap_or(&[]);
    let call = body.windows(2).find(|pair| {
        matches!(pair, [word, number] if word.text(text) == "call" && matches!(number.kind, Tok::Word | Tok::String))
    });
    match call {
        Some([_, number]) => number.plain(text),
        Some(_) | None => String::new(),
    }
}

/// `entry name "Label": kind entity …`, as far as it's written.
#[derive(Default)]
struct NodeHead {
    entry: bool,
    name: Option<String>,
    colon: bool,
    kind: Option<String>,
    entities: Vec<String>,
    arrows: usize,
}

impl NodeHead {
    fn of(text: &str, tokens: &[Token]) -> NodeHead {
        let (mut before, mut behind, mut colon) = (Vec::new(), Vec::new(), false);
        let head = tokens.iter().take_while(|t| t.kind != Tok::Arrow);
        for token in head.filter(|t| matches!(t.kind, Tok::Word | Tok::String)) {
            let plain = token.plain(text);
            match plain.split_once(':').filter(|_| token.kind == Tok::Word && !colon) {
                Some((name, kind)) => {
                    colon = true;
                    before.extend((!name.is_empty()).then(|| name.to_owned()));
                    behind.extend((!kind.is_empty()).then(|| kind.to_owned()));
                }
                None if colon => behind.push(plain),
                None => before.push(plain),
            }
        }
        // `entry:` is a node of this name.
        let entry = before.first().is_some_and(|w| w == "entry") && (before.len() > 1 || !colon);
        let mut behind = behind.into_iter();
        NodeHead {
            entry,
            name: before.into_iter().nth(usize::from(entry)),
            colon,
            kind: behind.next(),
            entities: behind.collect(),
            arrows: tokens.iter().filter(|t| t.kind == Tok::Arrow).count(),
        }
    }
}
