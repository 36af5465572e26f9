//! `docs/reference/` is written from the vocabularies in the code. `UPDATE=1` writes it; otherwise it must be fresh.

use std::fmt::Write as _;

use super::root;
use flow_compiler::diag::Code;
use flow_compiler::entity::spec::{EntitySpec, PartSpec};
use flow_compiler::entity::{self, EntityKind};
use flow_compiler::nodes::Kind;
use flow_compiler::nodes::spec::{
    Computed, EntityUse, ExitSpec, FieldDefault, FieldSpec, FieldType, Leaves, NodeSpec, Takes, Unwired,
};
use flow_vm::op::{OPS, OpSpec, Then};

const HEAD: &str = "<!-- Written by `make update` from the code; changes belong there. -->\n\n";

#[test]
fn reference_pages_are_fresh() {
    expect_file("docs/reference/nodes.md", &nodes());
    expect_file("docs/reference/entities.md", &entities());
    expect_file("docs/reference/diagnostics.md", &diagnostics());
    expect_file("docs/reference/bytecode.md", &bytecode());
}

fn expect_file(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "{path} is stale: run `make update` and commit it");
}

fn nodes() -> String {
    let mut page =
        format!("{HEAD}# Node kinds\n\nThe same names in text, JSON, call records and listings.\n");
    for kind in Kind::ALL {
        node(kind.spec(), &mut page);
    }
    page
}

fn node(spec: &NodeSpec, page: &mut String) {
    write!(page, "\n## `{}`\n\n{}\n\n", spec.name, plain(spec.doc)).unwrap();
    let entity = match spec.entity {
        EntityUse::None => None,
        EntityUse::One(kind) => Some(format!("one {}", kind.noun())),
        EntityUse::Many(kind) => Some(format!("one or more of: {}", kind.noun())),
    };
    if let Some(entity) = entity {
        writeln!(page, "- Works with {entity}.").unwrap();
    }
    writeln!(page, "- {}", takes(spec.takes)).unwrap();
    fields(spec.fields, page);
    if spec.exits.is_empty() && spec.computed == Computed::None {
        let back = spec.name == Kind::ComeBack.name();
        let what = if back { "goes on in the flow that sent it here" } else { "ends here" };
        writeln!(page, "\nThe call {what}.").unwrap();
        return;
    }
    page.push_str("\n| exit | leaves the call | without an edge | |\n|---|---|---|---|\n");
    match spec.computed {
        Computed::None => {}
        Computed::MenuKeys => exit("one per key of the menu", &spec.computed_exit, page),
        Computed::FlowExits => exit("one per exit of the flow", &spec.computed_exit, page),
        Computed::TimeRules => exit("one per rule of the time switch", &spec.computed_exit, page),
        Computed::Answers => exit("one per declared answer", &spec.computed_exit, page),
    }
    for e in spec.exits {
        exit(&format!("`{}`", e.name), e, page);
    }
}

fn entities() -> String {
    let mut page = format!(
        "{HEAD}# Entities\n\nWho and what is in the office. In text an entity is declared as `kind key \"Name\" {{ field = \
         value }}`; the key never changes, the name may. In `catalog.json` and on the server the fields have the same \
         names.\n"
    );
    for kind in EntityKind::ALL {
        let EntitySpec { kind: _, doc, key, fields: own, parts } = entity::spec::of(*kind);
        write!(page, "\n## `{}`\n\n{}\n\n- Its key: {}.\n", kind.name(), plain(doc), key.wants()).unwrap();
        fields(own, &mut page);
        for part in *parts {
            let PartSpec { word, list, doc, key, fields: own } = part;
            write!(
                page,
                "\n### `{word}`\n\n{} In JSON one of `{list}`.\n\n- Its key: {}.\n",
                plain(doc),
                key.wants()
            )
            .unwrap();
            fields(own, &mut page);
        }
    }
    page
}

fn fields(specs: &[FieldSpec], page: &mut String) {
    if specs.is_empty() {
        return;
    }
    page.push_str("\n| field | type | default | |\n|---|---|---|---|\n");
    for FieldSpec { name, doc, ty, default } in specs {
        writeln!(page, "| `{name}` | {} | {} | {} |", field_type(*ty), field_default(*default), cell(doc))
            .unwrap();
    }
}

fn exit(name: &str, spec: &ExitSpec, page: &mut String) {
    let leaves = match spec.leaves {
        Leaves::AsItCame => "as it came".to_owned(),
        Leaves::Answered => "answered".to_owned(),
        Leaves::AnsweredUnless(field) => format!("answered, or with `{field}` as it came"),
    };
    let unwired = match spec.unwired {
        Unwired::Refused => "an error: it must be wired".to_owned(),
        Unwired::FallsTo(other) => format!("goes where `{other}` goes"),
        Unwired::HangsUp => "the call ends".to_owned(),
        Unwired::SaysGoodbye => "a goodbye, then the call ends (a warning)".to_owned(),
    };
    writeln!(page, "| {name} | {leaves} | {unwired} | {} |", cell(spec.doc)).unwrap();
}

fn takes(takes: Takes) -> String {
    match takes {
        Takes::Any => "Takes any call, answered or not.".to_owned(),
        Takes::Nothing => "Calls start here.".to_owned(),
        Takes::EarlyIf { field, values } => {
            format!(
                "With `{field}` = {} takes only a call that isn't answered; otherwise any.",
                values.join(", ")
            )
        }
    }
}

fn field_type(ty: FieldType) -> String {
    match ty {
        FieldType::Bool => "`true` or `false`".to_owned(),
        FieldType::Int { min, max } => format!("number, {min} to {max}"),
        FieldType::Seconds { min, max } => format!("time, {min}s to {max}s"),
        FieldType::Expr => "an expression".to_owned(),
        FieldType::Template => "text with expressions in `{…}`".to_owned(),
        FieldType::Variable => "name of a variable".to_owned(),
        FieldType::Url => "address: `https://…`".to_owned(),
        FieldType::Dial => "number to dial".to_owned(),
        FieldType::Answers => "answers: `[\"known(customer: text)\", unknown]`".to_owned(),
        FieldType::Inputs => "list of `name:type`".to_owned(),
        FieldType::Names => "list of names".to_owned(),
        FieldType::Flow => "key of a flow".to_owned(),
        FieldType::Exprs => "list of expressions".to_owned(),
        FieldType::Text { max } => format!("text, at most {max} bytes"),
        FieldType::Word(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        FieldType::Ref(kind) => {
            let noun = kind.noun();
            format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
        }
        FieldType::Refs(kind) => format!("{}s", kind.noun()),
        FieldType::Networks => "addresses and networks".to_owned(),
        FieldType::Zone => "time zone".to_owned(),
        FieldType::Weekdays => "days: `mon..fri`, `[sat, sun]`".to_owned(),
        FieldType::Hours => "hours: `08:30..17:00`, `[08:30..12:30, 13:30..17:00]`".to_owned(),
        FieldType::Dates => "dates: `2026-12-25`, `2026-12-25..2026-12-27`".to_owned(),
        FieldType::Exit => "an exit".to_owned(),
    }
}

fn field_default(default: FieldDefault) -> String {
    match default {
        FieldDefault::Required => "must be given".to_owned(),
        FieldDefault::Absent => "none".to_owned(),
        FieldDefault::Is(value) => format!("`{value}`"),
        FieldDefault::FromEntity(field) => format!("the entity's `{field}`"),
    }
}

fn diagnostics() -> String {
    let mut page = format!("{HEAD}# Findings\n\nWhat `flowc check` and a publish say, by code.\n");
    for code in Code::ALL {
        let (code, title, severity) = (code.as_str(), code.title(), code.severity());
        let text = plain(Code::ALL.iter().find(|c| c.as_str() == code).unwrap().explanation());
        write!(page, "\n## {code}: {title}\n\n*{severity}.* {text}\n").unwrap();
    }
    page
}

fn bytecode() -> String {
    let mut page = format!(
        "{HEAD}# Bytecode\n\nWhat `flowc disasm` prints. `asks` yields to the world and goes on when it has answered; \
         `ends` never goes on with the following op.\n\n| code | op | operands | then | |\n|---|---|---|---|---|\n"
    );
    for OpSpec { code, mnemonic, operands, then, doc } in OPS {
        let operands: Vec<_> = operands.iter().map(|(name, kind)| format!("{name}: {kind}")).collect();
        let then = match then {
            Then::Next => "next".to_owned(),
            Then::Asks(effect) => format!("asks `{}`", effect.name()),
            Then::Ends => "ends".to_owned(),
        };
        writeln!(page, "| `{code:#04x}` | `{mnemonic}` | {} | {then} | {} |", operands.join(", "), cell(doc))
            .unwrap();
    }
    page
}

/// A doc comment as a paragraph of Markdown.
fn plain(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// A doc comment as a cell of a table.
fn cell(doc: &str) -> String {
    plain(doc).replace('\n', " ").replace('|', "\\|")
}
