//! What to do about findings whose cure stands somewhere else than they: at the entity, in the node's braces, at the end
//! of the flow.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a cure is for some kinds, types and places; others have none"
)]

use serde_json::{Value, json};

use super::rewritten;
use crate::diag::{Code, Diagnostic, Edit, Fix, Place, Span};
use crate::entity::spec::KeyType;
use crate::expr;
use crate::graph::{Edge, Graph, Node, Part};
use crate::nodes::Kind;
use crate::nodes::spec::{Computed, EntityUse, FieldDefault, FieldSpec, FieldType, Unwired};
use crate::text::foreign;
use crate::value;
use crate::world::World;

/// F103: the exit that a node hasn't, where it could have it: a key of the menu, a rule, an answer.
pub(super) fn exit_to_add(world: &dyn World, node: &Node, edge: &Edge, finding: Diagnostic) -> Diagnostic {
    let Some(kind) = node.kind else { return finding };
    let exit = edge.exit.as_str();
    // What is an exit of another kind isn't meant as a key or an answer.
    if Kind::ALL.iter().any(|k| k.spec().exit(exit).is_some()) {
        return finding;
    }
    let others = finding.help.clone().unwrap_or_default();
    let key = node.entity_key().unwrap_or_default();
    let (add, part) = match kind.spec().computed {
        Computed::MenuKeys if KeyType::TelephoneKey.fits(exit) => (format!("key {exit}"), "keys"),
        Computed::TimeRules if KeyType::Name.fits(exit) => (format!("rule {exit} {{ days = … }}"), "rules"),
        Computed::Answers if flow_vm::webhook::is_name(exit) => return answer_to_add(node, edge, finding),
        Computed::None
        | Computed::MenuKeys
        | Computed::TimeRules
        | Computed::Answers
        | Computed::FlowExits => return finding,
    };
    let Some(entity) = kind.spec().entity.kind() else { return finding };
    let finding = finding.help(format!("add `{add}` to `{} {key}`; {others} so far", entity.name()));
    match (world.declared(entity, key), edge.exit_origin.place()) {
        (Some(place), Place::Text(_)) => finding.also(place, format!("its {part} stand here")),
        _ => finding,
    }
}

/// An answer that a webhook doesn't declare.
fn answer_to_add(node: &Node, edge: &Edge, finding: Diagnostic) -> Diagnostic {
    let exit = edge.exit.as_str();
    let others = finding.help.clone().unwrap_or_default();
    let mut finding = finding.help(format!("add `{exit}` to `answers`; {others} so far"));
    let Some(spec) = node.kind.and_then(|k| k.spec().field("answers")) else { return finding };
    let Place::Text(at) = edge.exit_origin.place() else { return finding };
    let edit = match node.field("answers") {
        Some(field) => {
            let mut answers = field.value.clone();
            let Some(list) = answers.as_array_mut() else { return finding };
            list.push(json!({ "name": exit }));
            if value::check(spec.ty, &answers).is_err() {
                return finding;
            }
            Edit { place: field.origin.place(), with: rewritten(field, spec, &answers) }
        }
        None => Edit {
            place: Place::Text(Span { end: at.start, ..at }),
            with: format!("answers = {} ", crate::text::spelled(Some(spec.ty), &json!([{ "name": exit }]))),
        },
    };
    finding.fix = Some(Fix { title: format!("Add `{exit}` to the answers"), edits: vec![edit] });
    finding
}

/// F108: an edge to a kind instead of a node: `-> hangup`.
pub(super) fn kind_as_target(graph: &Graph, edge: &Edge, name: &str) -> Option<Diagnostic> {
    let kind = Kind::by_name(name).or_else(|| Kind::by_name(foreign::kind(name)?))?;
    let place = edge.target_origin.place();
    let message = format!("there is no node `{name}` to go to");
    let finding = Diagnostic::new(Code::EdgeToNowhere, place.clone(), message);
    let mut same = graph.nodes.values().filter(|n| n.kind == Some(kind));
    if let (Some(node), None) = (same.next(), same.next()) {
        let help =
            format!("exits lead to names of nodes: `{}` is the `{}` of this flow", node.name, kind.name());
        let finding = finding.help(help);
        return Some(match place {
            Place::Text(_) => finding.fix(format!("Write `{}`", node.name), crate::text::named(&node.name)),
            Place::Canvas { .. } | Place::Json { .. } | Place::Catalog { .. } | Place::Project => finding,
        });
    }
    let spec = kind.spec();
    let is_free = |name: &&str| graph.node(name).is_none();
    let new = new_name(kind).into_iter().find(is_free)?;
    let head = match spec.entity {
        EntityUse::None => kind.name().to_owned(),
        EntityUse::One(_) | EntityUse::Many(_) => format!("{} KEY", kind.name()),
    };
    let mut finding =
        finding.help(format!("exits lead to names of nodes: add `{new}: {head}` and write `-> {new}`"));
    let is_whole = spec.entity == EntityUse::None
        && spec.fields.iter().all(|f| f.default != FieldDefault::Required)
        && spec.exits.iter().all(|e| e.unwired != Unwired::Refused)
        && kind != Kind::Transfer;
    if let (true, Place::Text(_), Some((at, text))) =
        (is_whole, &place, room_for_node(graph, &format!("{new}: {head}")))
    {
        let edits = vec![Edit { place, with: new.to_owned() }, Edit { place: Place::Text(at), with: text }];
        finding.fix = Some(Fix { title: format!("Add `{new}: {head}`"), edits });
    }
    Some(finding)
}

/// Names for a new node, the likeliest first.
fn new_name(kind: Kind) -> [&'static str; 3] {
    match kind {
        Kind::Hangup => ["bye", "goodbye", "the_end"],
        Kind::Voicemail => ["box", "night", "mailbox"],
        Kind::Extension => ["ann", "desk", "person"],
        Kind::IvrMenu => ["menu", "choices", "main_menu"],
        _ => ["next_step", "then", "later"],
    }
}

/// Where a node can be put in: before the last one, on a line of its own.
fn room_for_node(graph: &Graph, node: &str) -> Option<(Span, String)> {
    let is_entry = |n: &&Node| n.kind.is_some_and(|k| k.spec().is_entry());
    match graph.nodes.values().rfind(|n| !is_entry(n)).map(|n| n.origin.place()) {
        Some(Place::Text(at)) => Some((Span { end: at.start, ..at }, format!("{node}\n  "))),
        Some(_) => None,
        None => match graph.origin.place() {
            Place::Text(head) => {
                let behind = head.end.checked_add(1)?;
                Some((Span { start: behind, end: behind, ..head }, format!("\n  {node}")))
            }
            _ => None,
        },
    }
}

/// F112: what stands behind a kind that works with no entity is meant for a field.
pub(super) fn as_field(
    graph: &Graph,
    world: &dyn World,
    node: &Node,
    kind: Kind,
    finding: Diagnostic,
) -> Diagnostic {
    let Some(entity) = node.entities.first() else { return finding };
    let specs = kind.spec().fields;
    let Some((spec, value)) = meant_field(world, node, kind) else {
        let names: Vec<_> = specs.iter().map(|s| format!("`{}`", s.name)).collect();
        return finding.help(match names.is_empty() {
            true => "take it out".to_owned(),
            false => format!("its fields say what it works with: {}; take this out", names.join(", ")),
        });
    };
    let field = format!("{} = {}", spec.name, crate::text::spelled(Some(spec.ty), &value));
    let mut finding = finding.help(format!("write it as a field: `{} {{ {field} … }}`", kind.name()));
    finding.fix = put(graph, node, &entity.origin.place(), &field)
        .map(|edits| Fix { title: format!("Write `{field}`"), edits });
    finding
}

/// The field that is meant by what stands behind a kind that works with no entity, and its value.
pub(super) fn meant_field(world: &dyn World, node: &Node, kind: Kind) -> Option<(&'static FieldSpec, Value)> {
    let key = node.entities.first().filter(|_| kind.spec().entity == EntityUse::None)?.key.as_deref()?;
    let open = kind.spec().fields.iter().filter(|s| node.field(s.name).is_none());
    open.filter_map(|spec| Some((spec, takes(world, kind, spec, key)?))).next()
}

/// The dates of a part that were written in place of its key: `except 2026-12-25`.
pub(super) fn field_as_key(part: &Part, specs: &'static [FieldSpec]) -> Option<&'static str> {
    crate::text::dates(&part.key)?;
    let is_meant = |spec: &&FieldSpec| {
        spec.ty == FieldType::Dates && part.fields.iter().all(|field| field.name != spec.name)
    };
    specs.iter().find(is_meant).map(|spec| spec.name)
}

/// The value that a field has by a word that stands behind the kind, if it can be meant so.
fn takes(world: &dyn World, kind: Kind, spec: &FieldSpec, key: &str) -> Option<Value> {
    let value = match spec.ty {
        FieldType::Ref(entity) => world.entity(entity, key).map(|_| Value::from(key))?,
        FieldType::Url | FieldType::Variable | FieldType::Word(_) | FieldType::Flow | FieldType::Exit => {
            Value::from(key)
        }
        FieldType::Expr if kind == Kind::Transfer => {
            let phone = key.starts_with('+') || key.starts_with("tel:");
            phone.then(|| Value::from(key))?
        }
        FieldType::Expr => {
            let is_meant = spec.default == FieldDefault::Required && kind != Kind::Set;
            (is_meant && expr::read(key).is_ok()).then(|| Value::from(key))?
        }
        FieldType::Int { .. } => Value::from(key.trim_end_matches('%').parse::<i64>().ok()?),
        FieldType::Seconds { .. } => Value::from(value::duration::read(key)?),
        FieldType::Template if kind == Kind::SetCallerId => Value::from(key),
        _ => return None,
    };
    value::check(spec.ty, &value).is_ok().then_some(value)
}

/// The edits that take something from behind the kind and put a field into the node's braces.
fn put(graph: &Graph, node: &Node, from: &Place, field: &str) -> Option<Vec<Edit>> {
    let Place::Text(entity) = from else { return None };
    let of_node =
        graph.edges.values().filter(|e| graph.nodes.get(e.source).is_some_and(|n| std::ptr::eq(n, node)));
    let mut inside: Vec<u32> = Vec::new();
    for edge in of_node {
        match (edge.origin.place(), edge.exit_origin.place()) {
            // `-> node` behind the head; braces would come after it.
            (Place::Text(all), Place::Text(exit)) if all == exit => return None,
            (Place::Text(all), _) => inside.push(all.start),
            _ => return None,
        }
    }
    for other in &node.fields {
        let Place::Text(at) = other.origin.place() else { return None };
        inside.push(at.start);
    }
    let without = Edit { place: from.clone(), with: String::new() };
    Some(match inside.into_iter().min() {
        None => vec![Edit { place: from.clone(), with: format!("{{ {field} }}") }],
        Some(first) => {
            let at = Span { start: first, end: first, ..*entity };
            vec![without, Edit { place: Place::Text(at), with: format!("{field} ") }]
        }
    })
}
