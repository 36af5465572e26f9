//! The reader by hand reads what `flow.pest` says.

#![expect(clippy::disallowed_methods, reason = "the case files are read from disk")]

use std::path::Path;

use proptest::prelude::*;

use super::*;

mod by_grammar;

fn same(text: &str) {
    let file = FileId::from_u32(0);
    let (mut found, mut by_grammar) = (Sink::default(), Sink::default());
    let tree = parse(file, text, &mut found);
    let wanted = by_grammar::parse(file, text, &mut by_grammar);
    assert_eq!(format!("{tree:#?}"), format!("{wanted:#?}"), "{text:?}");
    assert_eq!(found.finish(), by_grammar.finish(), "{text:?}");
}

fn cases() -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases")];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "flow") {
                texts.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(texts.len() > 100, "the case files are where they were");
    texts
}

#[test]
fn every_case_has_the_tree_of_the_grammar() {
    for text in cases() {
        same(&text);
    }
}

#[test]
fn what_is_half_typed_has_the_tree_of_the_grammar() {
    for (number, text) in cases().iter().enumerate() {
        let at = |n: usize| (0..=text.len() * n / 7).rev().find(|n| text.is_char_boundary(*n)).unwrap();
        let (from, to) = (at(number % 7), at(number % 5 + 1));
        same(&text[..to]);
        same(&text[from..]);
        same(&format!("{}{}", &text[..from.min(to)], &text[from.max(to)..]));
    }
}

#[test]
fn blocks_that_stand_too_deep_are_said_and_the_rest_is_read() {
    let deep = format!("flow a {{ {} }}\nflow b {{ c: d }}\n", "x {".repeat(limits::BLOCK_DEPTH_MAX + 1));
    let mut found = Sink::default();
    let tree = parse(FileId::from_u32(0), &deep, &mut found);
    assert_eq!(tree.items.len(), 2);
    assert!(found.finish().iter().any(|d| d.message == "`{x { }` can't be read"));
}

/// Pieces in which tokens, lines and blocks begin, end and touch.
const PIECES: &[&str] = &[
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "{",
    "}",
    "\"",
    "`",
    "//",
    "/",
    "-",
    "->",
    ">",
    "=",
    ":",
    ",",
    ".",
    "[",
    "]",
    "+",
    "*",
    "#",
    "\\",
    ";",
    "é",
    "\u{FEFF}",
    "\u{a0}",
    "ſ",
    "\u{1}",
    "a",
    "entry",
    "entry ",
    "entry\t",
    "flow ",
    "flow",
    "layout ",
    "test ",
    "test",
    "5",
    "-2",
    "0.5",
    "0,0",
    "1.",
    "\"x\"",
    "\"{\"",
    "\"\\\"\"",
    "\"\\n\"",
    "\"\\q\"",
    "`{}`",
    "a b",
    "a: b",
    "a = b",
    "a -> b",
    "x-y",
    "x--",
    "lay",
    "\nflow ",
    "\ntest ",
    "\n\n",
    "// c\n",
    "[1, 2]",
    "[1,\n// c\n\"b\"]",
    "[1 2,, 3]",
    " { ",
    " }\n",
];

fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

fn any_block() -> impl Strategy<Value = String> {
    (any_text(), any_text()).prop_map(|(a, b)| format!("flow x {{\n{a}\n k {{ {b}\n}}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_the_tree_of_the_grammar(text in prop_oneof![any_text(), any_block()]) {
        same(&text);
    }
}
