//! The queries in queries/ are the source; those of the editors are the same with the editors' names for looks. `UPDATE=1`
//! writes them; otherwise they must be fresh. Every query of every editor must fit the grammar.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tree_sitter::{Language, Node, Parser, Query, QueryCursor, StreamingIterator as _};

const NOTE: &str =
    "; Written by `make update` from lsp/editors/tree-sitter-flow/queries; changes belong there.\n\n";

/// What a look is called here and in an editor.
type Look = (&'static str, &'static str);

/// Source, copy for an editor, and what looks are called there.
const COPIES: &[(&str, &str, &[Look])] = &[
    ("highlights", "neovim/queries/flow/highlights.scm", &[]),
    ("folds", "neovim/queries/flow/folds.scm", &[]),
    ("injections", "neovim/queries/flow/injections.scm", &[]),
    (
        "highlights",
        "helix/queries/flow/highlights.scm",
        &[
            ("@number", "@constant.numeric"),
            ("@boolean", "@constant.builtin.boolean"),
            ("@property", "@variable.other.member"),
        ],
    ),
    ("highlights", "zed/languages/flow/highlights.scm", &[]),
];

fn editors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn language() -> Language {
    tree_sitter_flow::LANGUAGE.into()
}

fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

fn source(name: &str) -> &'static str {
    match name {
        "highlights" => tree_sitter_flow::HIGHLIGHTS,
        "folds" => tree_sitter_flow::FOLDS,
        _ => tree_sitter_flow::INJECTIONS,
    }
}

#[test]
fn the_queries_of_the_editors_are_fresh() {
    for (name, copy, looks) in COPIES {
        let mut text = source(name).to_owned();
        for (ours, theirs) in *looks {
            text = text.replace(ours, theirs);
        }
        text.insert_str(0, NOTE);
        let file = editors().join(copy);
        if update() {
            std::fs::write(&file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(committed == text, "lsp/editors/{copy} is stale: run `make update` and commit it");
    }
}

#[test]
fn every_query_fits_the_grammar() {
    let mut folders = vec![editors()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "scm") {
                let text = std::fs::read_to_string(&path).unwrap();
                Query::new(&language(), &text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                seen += 1;
            }
        }
    }
    assert!(seen >= COPIES.len() + 3, "the queries are where they were");
}

/// The look of each leaf of the sample: that of the innermost node that has one.
#[test]
fn a_sample_looks_as_it_did() {
    let sample = std::fs::read_to_string(editors().join("vscode/test/sample.flow")).unwrap();
    let mut parser = Parser::new();
    parser.set_language(&language()).unwrap();
    let tree = parser.parse(&sample, None).unwrap();
    let query = Query::new(&language(), tree_sitter_flow::HIGHLIGHTS).unwrap();
    let mut looks: BTreeMap<usize, &str> = BTreeMap::new();
    let mut cursor = QueryCursor::new();
    let mut captures = cursor.captures(&query, tree.root_node(), sample.as_bytes());
    while let Some((found, at)) = captures.next() {
        let capture = found.captures()[*at];
        let look = query.capture_names()[capture.index as usize];
        let before = looks.insert(capture.node.id(), look);
        assert!(before.is_none_or(|b| b == look), "two looks for {:?}: {before:?}, {look}", capture.node);
    }
    let mut shown = String::new();
    show(tree.root_node(), None, &sample, &looks, &mut shown);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sample.txt");
    if update() {
        std::fs::write(&golden, &shown).unwrap();
    }
    let committed = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(committed == shown, "tests/sample.txt is another now:\n{shown}");
}

fn show<'a>(
    node: Node<'_>,
    outer: Option<&'a str>,
    text: &str,
    looks: &BTreeMap<usize, &'a str>,
    out: &mut String,
) {
    let look = looks.get(&node.id()).copied().or(outer);
    if node.child_count() == 0 {
        let leaf = text[node.byte_range()].trim_end();
        if !leaf.is_empty() {
            let row = node.start_position().row + 1;
            writeln!(out, "{row:>3} {:<22} {}", look.unwrap_or("-"), leaf.replace('\n', "⏎")).unwrap();
        }
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        show(child, look, text, looks, out);
    }
}
