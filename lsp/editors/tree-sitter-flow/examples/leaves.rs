//! Prints the leaves of the trees of some files, for the test of the TextMate grammar: a JSON array with an object a
//! file: its `path`; whether all of it fits a shape (`fits`); and its `leaves` as `[kinds, start, end]` with the kinds from
//! the outside in and places in UTF-16 units, as JavaScript counts.

use tree_sitter::{Node, Parser};

fn leaves(node: Node<'_>, kinds: &str, units: &[usize], out: &mut Vec<serde_json::Value>) {
    let kinds = format!("{kinds}/{}", node.kind());
    if node.child_count() == 0 && node.end_byte() > node.start_byte() {
        out.push(serde_json::json!([kinds, units[node.start_byte()], units[node.end_byte()]]));
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        leaves(child, &kinds, units, out);
    }
}

fn main() {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_flow::LANGUAGE.into())
        .expect("tree-sitter takes this version of the grammar");
    let mut files = Vec::new();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let tree = parser.parse(&text, None).expect("no time limit is set");
        let mut units = vec![0; text.len() + 1];
        let mut count = 0;
        for (at, c) in text.char_indices() {
            units[at] = count;
            count += c.len_utf16();
        }
        units[text.len()] = count;
        let mut found = Vec::new();
        leaves(tree.root_node(), "", &units, &mut found);
        let misfits = ["/junk", "/stray", "/extra"];
        let fits =
            !found.iter().any(|l| misfits.iter().any(|m| l[0].as_str().is_some_and(|k| k.ends_with(m))));
        files.push(serde_json::json!({ "path": path, "fits": fits, "leaves": found }));
    }
    println!("{}", serde_json::Value::Array(files));
}
