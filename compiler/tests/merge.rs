//! Merging two versions of a file by what is in them.
#![expect(clippy::disallowed_methods, reason = "cases are files")]

use std::path::Path;

use flow_compiler::graph::{FileId, Project};
use flow_compiler::merge::{Merged, can_merge, merge};
use flow_compiler::{Source, format_file, read_text};

const BASE: &str = r#"// The main number.
flow main "Main" {
  entry in: inbound_number "+61299998888" -> menu

  menu: ivr_menu main {
    1       -> ann
    2       -> ben
    timeout -> night
    invalid -> night
  }

  ann:   extension 101 { ring = 20s  no_answer -> night }
  ben:   extension 102 { no_answer -> night }
  night: voicemail night -> bye
  bye:   hangup
}

layout main { in 0,0  menu 100,0  ann 200,0  ben 200,100 }

ring_group sales { members = [101, 102] }

test "at night" {
  call "+61299998888"
  expect voicemail night
}
"#;

fn read(text: &str) -> Project {
    let read = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
    assert!(can_merge(&read.project, &read.diagnostics), "{:?}\n{text}", read.diagnostics);
    read.project
}

fn merged(ours: &str, theirs: &str) -> Merged {
    let merged = merge(&read(BASE), &read(ours), &read(theirs));
    let back = merge(&read(BASE), &read(theirs), &read(ours));
    assert_eq!(merged.conflicts, back.conflicts, "which side is ours makes no conflict");
    merged
}

/// The result of a merge without conflicts.
fn clean(ours: &str, theirs: &str) -> String {
    let merged = merged(ours, theirs);
    assert_eq!(merged.conflicts, [] as [String; 0]);
    assert!(merged.ours.says_the_same(&merged.theirs));
    format_file(&merged.ours, FileId::from_u32(0))
}

fn canonical(text: &str) -> String {
    format_file(&read(text), FileId::from_u32(0))
}

#[test]
fn neighbouring_lines_fields_and_members_are_merged() {
    let ours = BASE.replace("ring = 20s", "ring = 30s").replace("[101, 102]", "[101, 102, 103]");
    let ours = ours.replace("1       -> ann", "1       -> ben");
    let theirs = BASE.replace("no_answer -> night }\n  ben", "no_answer -> ben }\n  ben");
    let theirs = theirs.replace("[101, 102]", "[104, 102]").replace("2       -> ben", "2       -> ann");
    let expected = BASE.replace("ring = 20s  no_answer -> night", "ring = 30s  no_answer -> ben");
    let expected = expected.replace("[101, 102]", "[104, 102, 103]");
    let expected =
        expected.replace("1       -> ann\n    2       -> ben", "1       -> ben\n    2       -> ann");
    assert_eq!(clean(&ours, &theirs), canonical(&expected));
}

#[test]
fn where_nodes_stand_is_no_conflict() {
    let ours = BASE.replace("ann 200,0", "ann 220,0");
    let theirs = BASE.replace("ann 200,0", "ann 240,0").replace("ben 200,100", "ben 200,140");
    let expected = BASE.replace("ann 200,0", "ann 220,0").replace("ben 200,100", "ben 200,140");
    assert_eq!(clean(&ours, &theirs), canonical(&expected));
}

#[test]
fn nodes_entities_and_tests_of_both_sides_are_there() {
    let node = "  eve: extension 103 { no_answer -> night }\n";
    let ours = BASE.replace("  night: voicemail", &format!("{node}  night: voicemail"));
    let ours = format!("{ours}\nextension 103 \"Eve\"\n");
    let fax = "  fax: hangup { cause = busy }\n";
    let theirs = BASE.replace("  bye:   hangup", &format!("{fax}  bye:   hangup"));
    let theirs = theirs.replace("ring_group sales", "voicemail_box night\n\nring_group sales");
    let text = clean(&ours, &theirs);
    for part in ["eve:", "fax:", "extension 103 \"Eve\"", "voicemail_box night", "test \"at night\""] {
        assert_eq!(text.matches(part).count(), 1, "{part}\n{text}");
    }
    let at = |part: &str| text.find(part).unwrap();
    assert!(at("ben:") < at("eve:") && at("eve:") < at("night:") && at("night:") < at("fax:"), "{text}");
}

#[test]
fn what_one_side_removed_is_gone_unless_the_other_needs_it() {
    let without_ben = BASE.replace("  ben:   extension 102 { no_answer -> night }\n", "");
    let without_ben = without_ben.replace("    2       -> ben\n", "").replace("  ben 200,100", "");
    let moved = BASE.replace("ben 200,100", "ben 200,300").replace("ring = 20s", "ring = 40s");
    let text = clean(&without_ben, &moved);
    assert!(!text.contains("ben") && text.contains("ring = 40s"), "{text}");

    let changed = BASE.replace("102 { no_answer", "102 { ring = 9s  no_answer");
    let kept = merged(&without_ben, &changed);
    assert_eq!(kept.conflicts, ["node `ben`: removed and changed, or led to"]);
    assert!(!format_file(&kept.ours, FileId::from_u32(0)).contains("ben"));
    let theirs = format_file(&kept.theirs, FileId::from_u32(0));
    assert!(theirs.contains("ben: extension 102") || theirs.contains("ben:   extension 102"), "{theirs}");
    assert!(theirs.contains("ring = 9s") && theirs.contains("no_answer -> night"), "{theirs}");

    let led_to = BASE.replace("timeout -> night", "timeout -> ben");
    assert_eq!(merged(&without_ben, &led_to).conflicts, ["node `ben`: removed and changed, or led to"]);
}

#[test]
fn only_the_same_thing_changed_twice_is_a_conflict() {
    let ours = BASE.replace("ring = 20s", "ring = 30s").replace("1       -> ann", "1       -> night");
    let theirs = BASE.replace("ring = 20s", "ring = 40s").replace("1       -> ann", "1       -> bye");
    let both = merged(&ours, &theirs);
    assert_eq!(both.conflicts, ["node `ann`: `ring`", "node `menu`: where `1` leads"]);
    let print = |project| format_file(project, FileId::from_u32(0));
    assert_eq!((print(&both.ours), print(&both.theirs)), (canonical(&ours), canonical(&theirs)));
    // The same change on both sides is none.
    assert_eq!(clean(&ours, &ours), canonical(&ours));
}

#[test]
fn what_is_there_twice_or_unread_is_not_merged_so() {
    for text in [
        BASE.replace("  ben:   extension 102", "  ann:   extension 102"),
        BASE.replace("flow main", "flwo main"),
        BASE.replace("2       -> ben", "1       -> ben"),
        BASE.replace("layout main", "layout other"),
        BASE.replace("ring = 20s", "ring = 20s  ring = 30s"),
    ] {
        let read = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
        assert!(!can_merge(&read.project, &read.diagnostics), "{text}");
    }
}

/// Where one side changed nothing, the other has its way: over every pair of neighbouring cases.
#[test]
fn a_side_that_changed_nothing_gives_way() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut texts = Vec::new();
    for name in ["run", "check", "lower"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder.join(name)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        texts.extend(paths.iter().map(|p| std::fs::read_to_string(p).unwrap()));
    }
    let all: Vec<Project> = texts
        .iter()
        .map(|text| read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]))
        .filter(|read| can_merge(&read.project, &read.diagnostics))
        .map(|read| read.project)
        .collect();
    assert!(all.len() > 150, "only {} cases", all.len());
    let print = |project: &Project| format_file(project, FileId::from_u32(0));
    for pair in all.windows(2) {
        let [old, new] = pair else { continue };
        for (ours, theirs) in [(old, new), (new, old), (new, new)] {
            let merged = merge(old, ours, theirs);
            assert_eq!(merged.conflicts, [] as [String; 0]);
            assert_eq!(print(&merged.ours), print(new));
            assert_eq!(print(&merged.theirs), print(new));
        }
    }
}
