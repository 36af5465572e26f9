//! The tree that editors see is the tree that the compiler reads.
//!
//! Both sides are taken from the real thing: the compiler's shapes from compiler/src/text/flow.pest itself, its findings
//! from `read_text`. What is claimed, for every `.flow` file of the repository, for what half-typed and damaged ones look
//! like, and for random texts:
//!
//! - tree-sitter's tree has no ERROR and no MISSING node, and its named nodes are those of the compiler's grammar:
//!   same names, same nesting, same places;
//! - `junk`, `stray`, `extra` and `missing_close` stand exactly where the compiler says F001, F002 or F009 about text that
//!   fits no shape. (F001 also covers shapes that lack a part, for example an edge to nowhere; their trees are whole.)

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flow_compiler::{Source, read_text};
use pest::iterators::Pair;
use pest_vm::Vm;
use proptest::prelude::*;
use tree_sitter::{InputEdit, Node, Parser, Point, Tree};

static COMPILER: LazyLock<Vm> = LazyLock::new(|| {
    let grammar = std::fs::read_to_string(root().join("compiler/src/text/flow.pest")).unwrap();
    let pairs = pest_meta::parser::parse(pest_meta::parser::Rule::grammar_rules, &grammar).unwrap();
    let rules = pest_meta::parser::consume_rules(pairs).unwrap();
    Vm::new(pest_meta::optimizer::optimize(rules))
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// A named node: depth, name, start, end. Space at its end doesn't count.
type Shape = (usize, String, usize, usize);

fn shape(text: &str, depth: usize, name: &str, start: usize, end: usize) -> Shape {
    (depth, name.to_owned(), start, trimmed(text, start, end))
}

fn trimmed(text: &str, start: usize, end: usize) -> usize {
    let inside = text[start..end].trim_end_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    start + inside.len()
}

fn compiler_shapes(text: &str) -> Vec<Shape> {
    fn walk(text: &str, depth: usize, pair: Pair<'_, &str>, out: &mut Vec<Shape>) {
        let (rule, span) = (pair.as_rule(), pair.as_span());
        match rule {
            "open" | "arrow" | "EOI" => return,
            "close" if span.as_str().is_empty() => {
                // The compiler's block ends before the end of the line, the editors' before the next one.
                let at = span.start();
                let eol = ["\r\n", "\n", "\r"].iter().find(|eol| text[at..].starts_with(**eol));
                let at = at + eol.map_or(0, |eol| eol.len());
                out.push(shape(text, depth, "missing_close", at, at));
                return;
            }
            "close" => return,
            _ => out.push(shape(text, depth, rule, span.start(), span.end())),
        }
        for inner in pair.into_inner() {
            walk(text, depth + 1, inner, out);
        }
    }
    let mut out = Vec::new();
    for pair in COMPILER.parse("file", text).expect("every text can be read") {
        for inner in pair.into_inner() {
            walk(text, 1, inner, &mut out);
        }
    }
    out
}

fn parse(text: &str, old: Option<&Tree>) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_flow::LANGUAGE.into()).unwrap();
    parser.parse(text, old).unwrap()
}

fn editor_shapes(text: &str, tree: &Tree) -> Vec<Shape> {
    fn walk(text: &str, depth: usize, node: Node<'_>, out: &mut Vec<Shape>) {
        if node.is_error() || node.is_missing() {
            out.push((depth, "ERROR".to_owned(), node.start_byte(), node.end_byte()));
        } else if node.is_named() && depth > 0 {
            out.push(shape(text, depth, node.kind(), node.start_byte(), node.end_byte()));
        }
        for n in 0..node.child_count() {
            walk(text, depth + 1, node.child(n).unwrap(), out);
        }
    }
    let mut out = Vec::new();
    walk(text, 0, tree.root_node(), &mut out);
    out
}

/// Where the tree says that text fits no shape: code, start, end.
fn misfits(text: &str, shapes: &[Shape]) -> Vec<(&'static str, usize, usize)> {
    let mut found = Vec::new();
    for (_, name, start, end) in shapes {
        let code = match name.as_str() {
            "junk" if text[*start..].starts_with('"') => "F009",
            "junk" | "stray" => "F001",
            "extra" => "F002",
            "missing_close" if *start == text.len() => "F002",
            "missing_close" => {
                let eol = if text[..*start].ends_with("\r\n") { 2 } else { 1 };
                found.push(("F002", start - eol, start - eol));
                continue;
            }
            _ => continue,
        };
        found.push((code, *start, *end));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What the compiler says of text that can't be read. It mends what it understands nevertheless (quotes and arrows of print, a
/// missing end), so its findings aren't where the tree has what fits no shape; but it is silent only where the tree has none.
fn unread(text: &str) -> Vec<String> {
    let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
    let found = read.diagnostics.iter().filter(|d| d.is_unread());
    found.map(|d| format!("{}: {}", d.code.as_str(), d.message)).collect()
}

fn compare(what: &str, text: &str) -> Tree {
    let tree = parse(text, None);
    let editor = editor_shapes(text, &tree);
    let compiler = compiler_shapes(text);
    if editor != compiler {
        let first = editor.iter().zip(&compiler).position(|(a, b)| a != b);
        let at = first.unwrap_or(editor.len().min(compiler.len()));
        panic!(
            "{what}: the trees part in {text:?}\n editor:   {:?}\n compiler: {:?}",
            &editor[at.saturating_sub(1)..editor.len().min(at + 3)],
            &compiler[at.saturating_sub(1)..compiler.len().min(at + 3)]
        );
    }
    tree
}

fn compare_findings(what: &str, text: &str) {
    let tree = compare(what, text);
    let misfits = misfits(text, &editor_shapes(text, &tree));
    let unread = unread(text);
    assert!(misfits.is_empty() || !unread.is_empty(), "{what}: {misfits:?} is said by nobody in {text:?}");
    let misread = unread.iter().find(|said| said.starts_with("F001") && said.ends_with("can't be read"));
    assert!(
        !misfits.is_empty() || misread.is_none(),
        "{what}: {misread:?} of a tree without a fault in {text:?}"
    );
}

/// Every `.flow` file of the repository, and the examples of the manual.
fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders =
        ["tests/cases", "examples", "compiler", "docs"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".flow") {
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            } else if name.ends_with(".md") {
                let page = std::fs::read_to_string(&path).unwrap();
                let examples = page.split("```flow\n").skip(1).filter_map(|rest| rest.split("```").next());
                found.extend(examples.map(|text| (name.clone(), text.to_owned())));
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "the case files are where they were");
    found
}

#[test]
fn every_file_has_the_same_tree() {
    for (name, text) in texts() {
        compare_findings(&name, &text);
    }
}

#[test]
fn what_is_half_typed_has_the_same_tree() {
    for (name, text) in texts().into_iter().step_by(17) {
        let ends = (0..text.len()).filter(|at| text.is_char_boundary(*at));
        for end in ends.step_by(3) {
            compare(&name, &text[..end]);
        }
    }
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
    "a",
    "entry",
    "entry ",
    "flow ",
    "flow",
    "layout ",
    "test ",
    "test",
    "5",
    "-2",
    "0.5",
    "0,0",
    "\"x\"",
    "\"{\"",
    "\"\\\"\"",
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
    "[1, 2]",
    "[1,\n// c\n\"b\"]",
    " { ",
    " }\n",
];

fn any_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..24).prop_map(|pieces| pieces.concat())
}

fn any_block() -> impl Strategy<Value = String> {
    (any_text(), any_text()).prop_map(|(a, b)| format!("flow x {{\n{a}\n k {{ {b}\n}}\n"))
}

fn edit(text: &str, from: usize, to: usize, new: &str) -> (String, InputEdit) {
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let (from, to) = (floor(from.min(to)), floor(from.max(to)));
    let after = format!("{}{new}{}", &text[..from], &text[to..]);
    let point = |text: &str, at: usize| {
        let row = text[..at].matches('\n').count();
        Point::new(row, at - text[..at].rfind('\n').map_or(0, |n| n + 1))
    };
    let edit = InputEdit {
        start_byte: from,
        old_end_byte: to,
        new_end_byte: from + new.len(),
        start_position: point(text, from),
        old_end_position: point(text, to),
        new_end_position: point(&after, from + new.len()),
    };
    (after, edit)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_the_same_tree(text in prop_oneof![any_text(), any_block()]) {
        compare_findings("random", &text);
    }

    #[test]
    fn an_edited_tree_is_that_of_the_new_text(
        text in any_block(), from in 0usize..200, to in 0usize..200, new in any_text()
    ) {
        let mut old = parse(&text, None);
        let (after, edit) = edit(&text, from, to, &new);
        old.edit(&edit);
        let tree = parse(&after, Some(&old));
        prop_assert_eq!(editor_shapes(&after, &tree), compiler_shapes(&after), "{:?} -> {:?}", text, after);
    }
}
