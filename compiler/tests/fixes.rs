//! Every fix is applied, and what it was for is gone: nothing unread comes of it, and no other error.
#![expect(clippy::disallowed_methods, reason = "cases are files")]
#![expect(clippy::indexing_slicing, reason = "a test: JSON is indexed by what it has")]

use std::collections::BTreeSet;
use std::path::Path;

use flow_compiler::diag::{Code, Diagnostic, Place, Spot};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::FlowId;
use flow_compiler::nodes::Kind;
use flow_compiler::nodes::spec::FieldType;
use flow_compiler::{Source, check, read_json, read_text, world_of, write_json};
use serde_json::Value;

fn findings(text: &str) -> Vec<Diagnostic> {
    let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
    let (mut world, conflicts) = world_of(&read.project);
    let library = ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|name| (name, name));
    world.fill_with(&Catalog::of_library_prompts(library));
    let mut found = read.diagnostics;
    found.extend(conflicts);
    found.extend(check(&read.project, &world));
    found
}

/// The text with the edits of a fix, last ones first so that places hold; `None` if one isn't in it.
fn applied(text: &str, found: &Diagnostic) -> Option<String> {
    let mut edits: Vec<_> = found.fix.as_ref()?.edits.iter().collect();
    edits.sort_by(|a, b| b.place.cmp(&a.place));
    let mut text = text.to_owned();
    for edit in edits {
        let Place::Text(span) = edit.place else { return None };
        text.replace_range(span.start as usize..span.end as usize, &edit.with);
    }
    Some(text)
}

fn errors(found: &[Diagnostic]) -> usize {
    found.iter().filter(|d| d.is_error()).count()
}

#[test]
fn what_a_fix_is_for_is_gone_after_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut fixed = BTreeSet::new();
    for folder in ["check", "parse"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(cases.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            let text: String =
                text.split_inclusive('\n').filter(|l| !l.trim_start().starts_with("//~")).collect();
            let before = findings(&text);
            for found in before.iter().filter(|d| d.fix.is_some()) {
                let Some(after) = applied(&text, found) else {
                    panic!("{}: a fix of text leaves it: {found:?}", path.display())
                };
                let left = findings(&after);
                let shown = format!("{}: {found:?}\n{after}\n{left:#?}", path.display());
                let same = |d: &&Diagnostic| d.code == found.code && d.message == found.message;
                let count = |all: &[Diagnostic]| all.iter().filter(same).count();
                assert!(count(&left) < count(&before), "still there: {shown}");
                assert!(errors(&left) < errors(&before) || !found.is_error(), "no better: {shown}");
                let unread = |all: &[Diagnostic]| all.iter().filter(|d| d.is_unread()).count();
                assert!(unread(&left) <= unread(&before), "unread: {shown}");
                fixed.insert(found.code);
            }
        }
    }
    let due = [
        Code::UnknownKind,
        Code::UnknownField,
        Code::UnknownExit,
        Code::UnknownEntity,
        Code::WrongType,
        Code::EdgeToNowhere,
    ];
    let missing: Vec<_> = due.iter().filter(|c| !fixed.contains(c)).collect();
    assert!(missing.is_empty(), "no case has a fix of {missing:?}");
}

/// The value alone is replaced: the field's name and the other members stay.
#[test]
fn a_fix_of_a_reference_keeps_the_rest_of_the_field() {
    let text = "ring_group sales {\n  members = [101, 44445, 103]\n}\nextension 101\nextension 44444\nextension 103\n\
                voicemail_box night {\n  greeting = vm-greetin\n}\n";
    let found = findings(text);
    let after: Vec<String> = found.iter().filter_map(|d| applied(text, d)).collect();
    let members = text.replace("44445", "44444");
    let greeting = text.replace("vm-greetin\n", "vm-greeting\n");
    assert_eq!(after, [members, greeting], "{found:#?}");
}

/// Of one letter every other is near: key 2 is no slip for key 1.
#[test]
fn a_key_is_no_slip_for_another() {
    let text = "flow main {\n  entry in: inbound_number \"+61299998888\" -> menu\n  menu: ivr_menu main {\n    \
                2 -> menu\n  }\n}\ninbound_number \"+61299998888\"\nivr_menu main {\n  greeting = goodbye\n  key 1\n}\n";
    let found = findings(text);
    let exit = found.iter().find(|d| d.code == Code::UnknownExit).unwrap();
    assert_eq!(
        (&exit.fix, exit.help.as_deref()),
        (&None, Some("add `key 2` to `ivr_menu main`; its exits are `1`, `timeout`, `invalid` so far"))
    );
}

// ---- the canvas -----------------------------------------------------------------------------------------------------

/// A canvas with the edits of a fix; `None` if one isn't on it.
fn applied_to_canvas(canvas: &Value, found: &Diagnostic) -> Option<Value> {
    let mut canvas = canvas.clone();
    for edit in &found.fix.as_ref()?.edits {
        let Place::Canvas { node, spot, edge } = &edit.place else { return None };
        let with = || Value::from(edit.with.as_str());
        if let Some(edge) = edge {
            let edges = canvas["edges"].as_array_mut()?;
            let at = edges.iter().position(|e| e["id"] == edge.as_str())?;
            match spot {
                Spot::Exit(_) if edit.with.is_empty() => drop(edges.remove(at)),
                Spot::Exit(_) => edges[at]["sourceHandle"] = with(),
                Spot::Field(field) => edges[at][field] = with(),
                Spot::Node | Spot::Entity => return None,
            }
            continue;
        }
        let node = canvas["nodes"].as_array_mut()?.iter_mut().find(|n| n["id"] == node.as_str())?;
        match spot {
            Spot::Field(field) if field == "type" => node["type"] = with(),
            Spot::Field(field) => {
                let kind = Kind::by_name(node["type"].as_str()?)?;
                let is_text = kind.spec().field(field).is_some_and(|f| {
                    matches!(
                        f.ty,
                        FieldType::Word(_) | FieldType::Ref(_) | FieldType::Zone | FieldType::Text { .. }
                    ) || matches!(f.ty, FieldType::Expr | FieldType::Template | FieldType::Variable)
                });
                let value = if is_text {
                    with()
                } else {
                    serde_json::from_str(&edit.with).unwrap_or_else(|_| with())
                };
                node["data"]["config"][field] = value;
            }
            Spot::Entity => node["data"]["entity_key"] = with(),
            Spot::Exit(_) | Spot::Node => return None,
        }
    }
    Some(canvas)
}

#[test]
fn what_a_fix_on_the_canvas_is_for_is_gone_after_it() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/check");
    let mut fixed = BTreeSet::new();
    let mut paths: Vec<_> = std::fs::read_dir(cases).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let project = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]).project;
        let (mut world, _) = world_of(&project);
        let library = ["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|name| (name, name));
        world.fill_with(&Catalog::of_library_prompts(library));
        let findings = |canvas: &Value| {
            let json = canvas.to_string();
            let read = read_json(&Source { name: "case.json", bytes: json.as_bytes() }, &world);
            let mut found = read.diagnostics;
            found.extend(check(&read.project, &world));
            found
        };
        for flow in project.flows.keys().map(|id: FlowId| write_json(&project, id, &world)) {
            let mut canvas: Value = serde_json::from_str(&flow).unwrap();
            // The tests of a case are about the text.
            canvas["flowpbx"].as_object_mut().unwrap().remove("tests");
            let before = findings(&canvas);
            for found in before.iter().filter(|d| d.fix.is_some()) {
                let Some(after) = applied_to_canvas(&canvas, found) else {
                    panic!("{}: a fix of a canvas leaves it: {found:?}\n{canvas:#}", path.display())
                };
                let left = findings(&after);
                let shown = format!("{}: {found:?}\n{after:#}\n{left:#?}", path.display());
                let same = |d: &&Diagnostic| d.code == found.code && d.message == found.message;
                let count = |all: &[Diagnostic]| all.iter().filter(same).count();
                assert!(count(&left) < count(&before), "still there: {shown}");
                assert!(errors(&left) < errors(&before) || !found.is_error(), "no better: {shown}");
                fixed.insert(found.code);
            }
        }
    }
    let due = [
        Code::UnknownKind,
        Code::UnknownExit,
        Code::UnknownEntity,
        Code::EdgeToNowhere,
        Code::ExitNeverTaken,
    ];
    let missing: Vec<_> = due.iter().filter(|c| !fixed.contains(c)).collect();
    assert!(missing.is_empty(), "no case has a fix of {missing:?} on the canvas");
}
