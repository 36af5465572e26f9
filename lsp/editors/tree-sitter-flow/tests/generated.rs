//! src/parser.c and its company are written by tree-sitter from grammar.js. `UPDATE=1` writes them; otherwise they must be
//! fresh.

use std::fs;
use std::path::Path;

use tree_sitter_generate::{OptLevel, generate_parser_in_directory};

/// What editors in use can load: Neovim takes 15 from version 0.11 on only.
const ABI: usize = 14;

const GENERATED: &[&str] = &[
    "grammar.json",
    "node-types.json",
    "parser.c",
    "tree_sitter/alloc.h",
    "tree_sitter/array.h",
    "tree_sitter/parser.h",
];

#[test]
fn the_generated_parser_is_fresh() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().unwrap();
    for file in ["grammar.js", "tree-sitter.json"] {
        fs::copy(here.join(file), scratch.path().join(file)).unwrap();
    }
    let mut notes = Vec::new();
    generate_parser_in_directory(
        scratch.path(),
        None::<&Path>,
        None::<&Path>,
        ABI,
        None,
        Some("node"),
        true,
        OptLevel::default(),
        &mut notes,
    )
    .expect("tree-sitter takes grammar.js; Node reads it");
    assert!(notes.is_empty(), "tree-sitter has something to say about grammar.js");
    let mut stale = Vec::new();
    for file in GENERATED {
        let fresh = fs::read_to_string(scratch.path().join("src").join(file)).unwrap();
        let committed = here.join("src").join(file);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(committed.parent().unwrap()).unwrap();
            fs::write(&committed, &fresh).unwrap();
        }
        if fs::read_to_string(&committed).unwrap_or_default() != fresh {
            stale.push(file);
        }
    }
    assert!(stale.is_empty(), "{stale:?} of lsp/editors/tree-sitter-flow/src are stale: run `make update`");
}
