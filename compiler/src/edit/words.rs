//! What the catalogue says, as sentences for people: hover and completion show them.

use std::fmt::Write as _;

use crate::graph::Graph;
use crate::nodes::Kind;
use crate::nodes::spec::{
    Computed, EntityUse, ExitSpec, FieldDefault, FieldSpec, Leaves, NodeSpec, Takes, Unwired,
};
use crate::{diag, text, value};

/// A doc comment as a paragraph.
pub(crate) fn plain(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// The first sentence of a doc comment.
pub(crate) fn first(doc: &str) -> String {
    let plain = plain(doc);
    plain.split("\n\n").next().unwrap_or("").replace('\n', " ")
}

/// A kind of node, as a page.
pub(crate) fn kind(kind: Kind) -> String {
    let spec = kind.spec();
    let mut page = format!("**`{}`**\n\n{}\n", spec.name, plain(spec.doc));
    // Writing to a string can't fail.
    let _ = write!(page, "\n{}{}\n", works_with(spec), takes(spec.takes));
    if !spec.fields.is_empty() {
        page.push_str("\nFields:\n");
        for field in spec.fields {
            let _ = writeln!(page, "- `{}`: {}", field.name, first(field.doc));
        }
    }
    let exits = exits(spec);
    if spec.name == Kind::ComeBack.name() {
        page.push_str("\nThe call goes on in the flow that called this one.\n");
    } else if exits.is_empty() {
        page.push_str("\nThe call ends here.\n");
    } else {
        let _ = write!(page, "\nExits:\n{exits}");
    }
    page
}

/// What a flow takes from those that call it, and how it comes back to them.
pub(crate) fn interface(flow: &Graph) -> String {
    let inputs: Vec<_> = flow.inputs().iter().map(|(name, ty)| format!("{name}: {}", ty.name())).collect();
    format!("({}) → {}", inputs.join(", "), flow.own_exits().join(", "))
}

fn works_with(spec: &NodeSpec) -> String {
    match spec.entity {
        EntityUse::None => String::new(),
        EntityUse::One(kind) => format!("Works with {}. ", diag::a(kind.noun())),
        EntityUse::Many(kind) => format!("Works with one or more {}s. ", kind.noun()),
    }
}

fn exits(spec: &NodeSpec) -> String {
    let mut out = String::new();
    let noun = spec.entity.kind().map_or("entity", |k| k.noun());
    let computed = match spec.computed {
        Computed::None => None,
        Computed::MenuKeys | Computed::TimeRules => Some(format!("those that the {noun} gives")),
        Computed::Answers => Some("one for each of its `answers`".to_owned()),
        Computed::FlowExits => Some("the `exits` of the flow that it calls".to_owned()),
    };
    if let Some(computed) = computed {
        let _ = writeln!(out, "- {computed}: {}", unwired(&spec.computed_exit));
    }
    for exit in spec.exits {
        let _ = writeln!(out, "- `{}`: {} {}", exit.name, first(exit.doc), sentence(unwired(exit)));
    }
    out
}

fn sentence(text: String) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect::<String>() + ".")
}

fn takes(takes: Takes) -> String {
    match takes {
        Takes::Any => "Takes any call, answered or not.".to_owned(),
        Takes::Nothing => "Calls start here.".to_owned(),
        Takes::EarlyIf { field, values } => {
            let values = values.join(", ");
            format!("With `{field}` = {values} takes only a call that isn't answered; otherwise any.")
        }
    }
}

/// What happens without an edge.
pub(crate) fn unwired(exit: &ExitSpec) -> String {
    match exit.unwired {
        Unwired::Refused => "must lead somewhere".to_owned(),
        Unwired::FallsTo(other) => format!("without an edge goes where `{other}` goes"),
        Unwired::HangsUp => "without an edge the call ends".to_owned(),
        Unwired::SaysGoodbye => "without an edge callers hear a goodbye and are cut off".to_owned(),
    }
}

/// The state of the call behind an exit.
pub(crate) fn leaves(exit: &ExitSpec) -> String {
    match exit.leaves {
        Leaves::AsItCame => "The call goes on as it came.".to_owned(),
        Leaves::Answered => "The caller was answered.".to_owned(),
        Leaves::AnsweredUnless(field) => format!("The caller was answered, unless `{field}` is set."),
    }
}

/// An exit, as a page.
pub(crate) fn exit(name: &str, spec: &ExitSpec) -> String {
    let doc = plain(spec.doc);
    format!(
        "**exit `{name}`**\n\n{doc}\n\n{} {}.\n",
        leaves(spec),
        sentence(unwired(spec)).trim_end_matches('.')
    )
}

/// A field, as a page.
pub(crate) fn field(spec: &FieldSpec) -> String {
    let default =
        default(spec).map_or_else(|| "It must be given.".to_owned(), |d| format!("Without it: {d}."));
    let (doc, wants) = (plain(spec.doc), value::wants(spec.ty));
    format!("**field `{}`**\n\n{doc}\n\n{}. {default}\n", spec.name, sentence(wants).trim_end_matches('.'))
}

/// What a field is without being given; `None` if it must be given.
pub(crate) fn default(spec: &FieldSpec) -> Option<String> {
    match spec.default {
        FieldDefault::Required => None,
        FieldDefault::Absent => Some("nothing".to_owned()),
        FieldDefault::Is(json) => {
            let value = serde_json::from_str(json).unwrap_or_default();
            Some(format!("`{}`", text::spelled(Some(spec.ty), &value)))
        }
        FieldDefault::FromEntity(field) => Some(format!("the entity's `{field}`")),
    }
}
