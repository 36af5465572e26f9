//! Text with places to fill in, as editors take it (`${1:name}`): nodes with their required exits wired, entities with
//! their required fields.

use super::values;
use crate::entity::EntityKind;
use crate::entity::spec as entity_spec;
use crate::nodes::Kind;
use crate::nodes::spec::{EntityUse, ExitSpec, FieldDefault, FieldSpec, Unwired};
use crate::text;
use crate::world::World;

/// How many entities a place to fill in offers as a choice.
const CHOICES_MAX: usize = 20;

/// A snippet while it is written.
#[derive(Debug, Default)]
pub(crate) struct Snippet {
    pub(crate) text: String,
    stops: usize,
}

impl Snippet {
    /// Text as it stands.
    pub(crate) fn plain(mut self, text: &str) -> Self {
        // A brace is special only inside of a place to fill in.
        self.text.push_str(&text.replace('\\', "\\\\").replace('$', "\\$"));
        self
    }

    /// A place to fill in.
    pub(crate) fn stop(mut self, placeholder: &str) -> Self {
        self.stops += 1;
        self.text.push_str(&format!("${{{}:{}}}", self.stops, escaped(placeholder)));
        self
    }

    /// One of some words.
    pub(crate) fn choice(mut self, words: &[String]) -> Self {
        self.stops += 1;
        let words: Vec<_> =
            words.iter().map(|w| escaped(w).replace(',', "\\,").replace('|', "\\|")).collect();
        self.text.push_str(&format!("${{{}|{}|}}", self.stops, words.join(",")));
        self
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}")
}

/// The exits of a node that shouldn't stay without an edge.
pub(crate) fn required(kind: Kind, entity: Option<&str>, world: &dyn World) -> Vec<String> {
    let facts = kind.spec().entity.kind().zip(entity).and_then(|(kind, key)| world.entity(kind, key));
    let needs = |spec: &ExitSpec| matches!(spec.unwired, Unwired::Refused | Unwired::SaysGoodbye);
    kind.exits(&crate::graph::Node::default(), facts)
        .into_iter()
        .filter(|(_, spec)| needs(spec))
        .map(|(name, _)| name)
        .collect()
}

/// A node's kind with its entity, and what has to stand in its block.
pub(crate) fn node(kind: Kind, world: &dyn World, snippet: Snippet) -> Snippet {
    let mut snippet = snippet.plain(kind.name());
    if let Some(entity) = kind.spec().entity.kind() {
        let keys: Vec<String> =
            world.keys(entity).into_iter().map(|k| values::spelled_key(entity, k)).collect();
        snippet = snippet.plain(" ");
        snippet = match keys.len() {
            1..=CHOICES_MAX => snippet.choice(&keys),
            _ => snippet.stop(&values::spelled_key(entity, values::sample_key(entity))),
        };
    }
    body(kind, &required(kind, None, world), snippet)
}

/// What follows a node's head: the arrow of its only exit, or a block.
pub(crate) fn body(kind: Kind, exits: &[String], snippet: Snippet) -> Snippet {
    let spec = kind.spec();
    let fields: Vec<_> = spec.fields.iter().filter(|f| f.default == FieldDefault::Required).collect();
    let plain = spec.plain_exit().map(|e| e.name);
    match exits {
        [] if fields.is_empty() => snippet,
        [only] if fields.is_empty() && plain == Some(only.as_str()) => snippet.plain(" -> ").stop("node"),
        exits => {
            let mut snippet = snippet.plain(" {\n");
            for spec in fields {
                snippet = field(spec, snippet.plain("  ")).plain("\n");
            }
            for exit in exits {
                snippet = snippet.plain(&format!("  {} -> ", text::handle(exit))).stop("node").plain("\n");
            }
            snippet.plain("}")
        }
    }
}

/// `name = value`.
pub(crate) fn field(spec: &FieldSpec, snippet: Snippet) -> Snippet {
    snippet.plain(&format!("{} = ", spec.name)).stop(&values::sample(spec))
}

/// A new entity with what it must have.
pub(crate) fn entity(kind: EntityKind) -> Snippet {
    let spec = entity_spec::of(kind);
    let key = values::spelled_key(kind, values::sample_key(kind));
    let snippet =
        Snippet::default().plain(kind.name()).plain(" ").stop(&key).plain(" \"").stop("Name").plain("\"");
    fields(spec.fields, snippet)
}

/// A new part of an entity.
pub(crate) fn part(spec: &entity_spec::PartSpec) -> Snippet {
    let key = values::sample_of(spec.key);
    let snippet =
        Snippet::default().plain(spec.word).plain(" ").stop(key).plain(" \"").stop("Name").plain("\"");
    fields(spec.fields, snippet)
}

fn fields(specs: &[FieldSpec], snippet: Snippet) -> Snippet {
    let required: Vec<_> = specs.iter().filter(|f| f.default == FieldDefault::Required).collect();
    if required.is_empty() {
        return snippet;
    }
    let mut snippet = snippet.plain(" {\n");
    for spec in required {
        snippet = field(spec, snippet.plain("  ")).plain("\n");
    }
    snippet.plain("}")
}

/// A node's kind may be chosen where an entry is meant, or where none is.
pub(crate) fn fits(kind: Kind, entry: bool) -> bool {
    let spec = kind.spec();
    spec.is_entry() || !(entry || matches!(spec.entity, EntityUse::Many(_)))
}
