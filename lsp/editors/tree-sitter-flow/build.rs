//! Compiles the generated parser and the scanner.

fn main() {
    println!("cargo:rerun-if-changed=src");
    cc::Build::new()
        .std("c11")
        .include("src")
        .file("src/parser.c")
        .file("src/scanner.c")
        // The generated parser has parameters that this grammar doesn't use.
        .flag_if_supported("-Wno-unused-parameter")
        .compile("tree-sitter-flow");
}
