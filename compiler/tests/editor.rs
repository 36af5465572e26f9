//! The editor's queries over every case: what a folder finds is what the compiler finds, nothing panics wherever it's asked,
//! and everything in the catalogue is offered.
#![expect(clippy::disallowed_methods, reason = "cases are files")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says by a panic what is wrong")]

use std::path::Path;

use flow_compiler::check::unused;
use flow_compiler::diag::{Diagnostic, Spot};
use flow_compiler::edit::folder::Folder;
use flow_compiler::edit::things::At;
use flow_compiler::edit::{
    actions, complete, definition, folding, format, hints, hover, lenses, references, rename, selection,
    symbols, tokens,
};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::FileId;
use flow_compiler::nodes::Kind;
use flow_compiler::{Source, check, read_text, world_of, write_json};

/// The texts of the cases without their expectations.
fn cases() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["check", "parse", "run", "json"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases").join(folder);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "flow"))
        {
            let whole = std::fs::read_to_string(&path).unwrap();
            let kept = whole.split_inclusive('\n').filter(|l| !l.trim_start().starts_with("//~"));
            all.push((path.display().to_string(), kept.collect()));
        }
    }
    all.sort();
    all
}

fn library() -> Catalog {
    Catalog::of_library_prompts(["goodbye", "menu-timeout", "menu-invalid", "vm-greeting"].map(|n| (n, n)))
}

fn folder(text: &str) -> Folder {
    let mut folder = Folder::new(library());
    folder.set("case.flow", text.as_bytes().to_vec());
    folder
}

fn first() -> FileId {
    FileId::from_u32(0)
}

#[test]
fn a_folder_finds_what_the_compiler_finds() {
    for (name, text) in cases() {
        let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
        let (mut world, conflicts) = world_of(&read.project);
        world.fill_with(&library());
        let found = read.diagnostics.into_iter().chain(conflicts).chain(check(&read.project, &world));
        let mut found: Vec<Diagnostic> = found.collect();
        if !found.iter().any(Diagnostic::is_unread) {
            found.extend(unused(read.project.entities.values(), read.project.flows.values()));
        }
        let mut found: Vec<String> = found.iter().map(|d| format!("{d:?}")).collect();
        let mut folder = folder(&text);
        let mut kept: Vec<String> = folder.office().found().map(|f| format!("{:?}", f.diagnostic)).collect();
        found.sort();
        kept.sort();
        assert_eq!(kept, found, "{name}");
    }
}

#[test]
fn what_is_kept_from_before_an_edit_is_what_a_fresh_look_finds() {
    let told = |folder: &mut Folder| -> Vec<String> {
        let office = folder.office();
        let line = |f: flow_compiler::edit::folder::Found<'_>| {
            let place = f.diagnostic.place().and_then(|p| office.locate(f.unit, p));
            format!("{place:?} {:?}", f.diagnostic)
        };
        office.found().map(line).collect()
    };
    // A comment in front moves everything; a new entity is in everybody's world.
    for edit in ["// 😀 above\n\n", "extension 990 \"New\"\nextension 101 \"Other\"\n", "flow zz {\n}\n"] {
        for (name, text) in cases() {
            let mut kept = folder(&text);
            kept.office();
            kept.set("other.flow", b"flow other {\n  a: hangup\n}\n".to_vec());
            kept.office();
            kept.set("case.flow", format!("{edit}{text}").into_bytes());
            let mut fresh = folder(&format!("{edit}{text}"));
            fresh.set("other.flow", b"flow other {\n  a: hangup\n}\n".to_vec());
            assert_eq!(told(&mut kept), told(&mut fresh), "{name}");
        }
    }
}

#[test]
fn nothing_panics_wherever_it_is_asked() {
    for (number, (_, text)) in cases().into_iter().enumerate() {
        // The whole text, and one that breaks off in the middle.
        let cut = (0..text.len() / 2).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
        for text in [text.as_str(), &text[..cut]] {
            let mut folder = folder(text);
            let office = folder.office();
            let whole = 0..text.len();
            for at in (number % 19..=text.len()).step_by(19) {
                let point = At::Text { file: first(), offset: at };
                let _ = complete::complete(office, point);
                let _ = hover::hover(office, point);
                let _ = definition::definition(office, point);
                let _ = references::references(office, point, true);
                let _ = rename::prepare(office, first(), at);
                let _ = rename::rename(office, point, "other");
                let nested = selection::around(text, &office.text.marks[0], at);
                assert!(nested.windows(2).all(|w| w[1].start <= w[0].start && w[0].end <= w[1].end));
            }
            let _ = (hints::in_file(office, first()), lenses::lenses(office, first()), folding::folds(text));
            let _ = (symbols::of_folder(office, "a", 99), format::file(office, first()));
            let _ = (format::blocks(office, first(), &whole), actions::all(office, "case.flow"));
            let colours = tokens::colours(text, &office.text.marks[0]);
            assert!(colours.windows(2).all(|w| w[0].range.end <= w[1].range.start), "{colours:?}");
        }
    }
}

#[test]
fn formatting_by_blocks_is_formatting_the_file() {
    for (name, text) in cases() {
        let mut folder = folder(&text);
        let office = folder.office();
        for mut changes in [format::file(office, first()), format::blocks(office, first(), &(0..text.len()))]
        {
            changes.sort_by_key(|c| std::cmp::Reverse(c.range.start));
            let mut after = text.clone();
            changes.into_iter().for_each(|c| after.replace_range(c.range, &c.with));
            let again = read_text(&[Source { name: "case.flow", bytes: after.as_bytes() }]);
            let before = &office.text.project;
            assert!(again.project.says_the_same(before), "{name}:\n{after}");
        }
    }
}

#[test]
fn every_kind_is_offered_and_explained() {
    let text = "flow main {\n  a: \n  b: hangup\n}\n";
    let mut folder = folder(text);
    let office = folder.office();
    let at = text.find("a: ").unwrap() + 3;
    let found = complete::complete(office, At::Text { file: first(), offset: at });
    let labels: Vec<_> = found.items.iter().map(|i| i.label.as_str()).collect();
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| k.name()).collect();
    assert_eq!(labels, kinds);
    assert!(found.items.iter().all(|i| !i.doc.is_empty() && !i.detail.is_empty()));
}

#[test]
fn the_canvas_asks_by_node_and_part() {
    let text = "flow main {\n  entry in: inbound_number \"+61299998888\" -> ann\n  ann: extension 101 { no_answer -> bye }\n  \
                bye: hangup\n}\ninbound_number \"+61299998888\"\nextension 101 \"Ann\"\nextension 102 \"Ben\"\n";
    let mut folder = folder(text);
    let office = folder.office();
    let (unit, flow) = (&office.text, office.text.project.flow("main").unwrap());
    let at = |node: &'static str, spot: &'static Spot| At::Canvas { unit, flow, node, spot };
    let labels = |at| complete::complete(office, at).items.into_iter().map(|i| i.label).collect::<Vec<_>>();
    assert_eq!(labels(at("ann", &Spot::Entity)), ["101", "102"]);
    static NO_ANSWER: std::sync::LazyLock<Spot> =
        std::sync::LazyLock::new(|| Spot::Exit("no_answer".to_owned()));
    static KIND: std::sync::LazyLock<Spot> = std::sync::LazyLock::new(|| Spot::Field("type".to_owned()));
    static CAUSE: std::sync::LazyLock<Spot> = std::sync::LazyLock::new(|| Spot::Field("cause".to_owned()));
    assert_eq!(labels(at("ann", &NO_ANSWER)), ["ann", "bye"]);
    assert!(labels(at("bye", &CAUSE)).contains(&"busy".to_owned()));
    assert_eq!(labels(at("ann", &KIND)).len(), Kind::ALL.len());
    assert!(hover::hover(office, at("ann", &Spot::Node)).unwrap().contains("`no_answer` → `bye`"));
    let used = references::on_canvas(office, at("bye", &Spot::Node));
    let used: Vec<_> = used.iter().map(|u| (u.node.as_str(), &u.spot)).collect();
    assert_eq!(used, [("bye", &Spot::Node), ("ann", &*NO_ANSWER)]);
    let noted = hints::on_canvas(office, unit.project.flows.get(flow).unwrap());
    assert_eq!(noted[0].label, "not answered");
    assert_eq!(rename::rename(office, at("ann", &Spot::Node), "anna").unwrap().len(), 2);
}

#[test]
fn an_input_of_a_flow_is_made_where_the_flow_names_it() {
    let text = "flow main {\n  inputs = [account:number]\n  a: branch { when = \"account > 3\"  yes -> b  no -> b }\n  \
                b: hangup\n}\n";
    let mut folder = folder(text);
    let at = At::Text { file: first(), offset: text.find("account >").unwrap() + 2 };
    let made = definition::definition(folder.office(), at);
    let ranges: Vec<_> = made.iter().map(|m| &text[m.range.0..m.range.1]).collect();
    assert_eq!(ranges, ["account"]);
}

#[test]
fn a_canvas_in_json_says_where_things_are() {
    for (name, text) in cases().into_iter().filter(|(name, _)| name.contains("cases/json")) {
        let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
        let (mut world, _) = world_of(&read.project);
        world.number_all();
        for id in read.project.flows.keys() {
            let json = write_json(&read.project, id, &world);
            let mut folder = Folder::new(library());
            folder.set("a.json", json.clone().into_bytes());
            let office = folder.office();
            for found in office.found() {
                let place = found.diagnostic.place().unwrap();
                let (file, range) = office.locate(found.unit, place).unwrap();
                assert_eq!(file, "a.json", "{name}");
                assert!(json.get(range).is_some(), "{name}");
            }
            for at in (0..json.len()).step_by(5) {
                let (unit, _) = office.file("a.json").unwrap();
                let Some((node, spot)) = unit.positions.spot_at(at) else { continue };
                let flow = unit.project.flows.keys().next().unwrap();
                let _ = hover::hover(office, At::Canvas { unit, flow, node: &node, spot: &spot });
            }
        }
    }
}
