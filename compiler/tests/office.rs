//! The sample office, in both views.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use flow_compiler::entity::catalog::{Catalog, Overlay};
use flow_compiler::graph::Project;
use flow_compiler::{
    Source, check, format_file, read_catalog, read_json, read_text, world_of, write_catalog, write_json,
    write_text,
};

const FILES: [(&str, &str); 3] = [
    ("main.flow", include_str!("../../examples/office/main.flow")),
    ("office.flow", include_str!("../../examples/office/office.flow")),
    ("tests.flow", include_str!("../../examples/office/tests.flow")),
];
const LIBRARY: [&str; 5] = ["vm-greeting", "goodbye", "menu-invalid", "menu-timeout", "after-hours"];
const TWIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/office-json");

fn office() -> Project {
    let files = FILES.map(|(name, text)| Source { name, bytes: text.as_bytes() });
    let read = read_text(&files);
    assert_eq!(read.diagnostics, []);
    read.project
}

fn library() -> Catalog {
    Catalog::of_library_prompts(LIBRARY.map(|name| (name, "")))
}

#[test]
fn it_has_no_findings() {
    let office = office();
    let (declared, conflicts) = world_of(&office);
    assert_eq!(conflicts, []);
    let library = library();
    let world = Overlay { declared: &declared, base: &library };
    assert_eq!(check(&office, &world), []);
    let flow = office.flows.values().next().unwrap();
    let compiled = flow_compiler::compile::compile(flow, &world);
    assert!(compiled.program.is_some(), "{:?}", compiled.diagnostics);
}

#[test]
fn it_is_written_canonically() {
    let office = office();
    for (file, (name, text)) in office.files.keys().zip(FILES) {
        assert_eq!(format_file(&office, file), text, "{name}");
    }
}

/// The twin in `examples/office-json` is what converting gives; `UPDATE=1` writes it.
#[test]
fn the_twin_is_fresh_and_says_the_same() {
    let office = office();
    let (mut catalog, _) = world_of(&office);
    catalog.number_all();
    let flow = office.flow("main").unwrap();
    let made =
        [("main.json", write_json(&office, flow, &catalog)), ("catalog.json", write_catalog(&catalog))];
    for (name, text) in &made {
        let path = format!("{TWIN}/{name}");
        if option_env!("UPDATE").is_some() {
            write(&path, text);
        }
        assert_eq!(&read(&path), text, "{name} is out of date: run with UPDATE=1");
    }
    let [(_, flow), (_, facts)] = &made;
    let facts = read_catalog(&Source { name: "catalog.json", bytes: facts.as_bytes() });
    assert_eq!(facts.diagnostics, []);
    let (world, _) = world_of(&facts.project);
    let back = read_json(&Source { name: "main.json", bytes: flow.as_bytes() }, &world);
    assert_eq!(back.diagnostics, []);
    assert!(back.project.flows.values().eq(office.flows.values()));
    assert!(back.project.tests.values().eq(office.tests.values()));
    let there = write_text(&back.project);
    let again = read_text(&[Source { name: "main.flow", bytes: there.as_bytes() }]);
    assert!(again.project.says_the_same(&back.project));
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own repository")]
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[expect(clippy::disallowed_methods, reason = "a test that is asked to writes what it made")]
fn write(path: &str, text: &str) {
    std::fs::create_dir_all(TWIN).unwrap();
    std::fs::write(path, text).unwrap();
}
