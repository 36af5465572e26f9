//! Every fix is applied, and what it was for is gone: nothing unread comes of it, and no other error.
#![expect(clippy::disallowed_methods, reason = "cases are files")]

use std::collections::BTreeSet;
use std::path::Path;

use flow_compiler::diag::{Code, Diagnostic, Place};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::{Source, check, read_text, world_of};

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
    assert_eq!((&exit.fix, exit.help.as_deref()), (&None, Some("its exits are `1`, `timeout`, `invalid`")));
}
