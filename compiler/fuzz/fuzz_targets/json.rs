//! Any bytes as a canvas and as a catalogue: read, checked, compiled and written again without a panic; what was written
//! reads back as the same JSON.
#![no_main]

use flow_compiler::compile::compile;
use flow_compiler::world::Nothing;
use flow_compiler::{Source, check, read_catalog, read_json, world_of, write_catalog, write_json, write_text};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let source = Source { name: "any.json", bytes };
    let (catalog, _) = world_of(&read_catalog(&source).project);
    let _ = write_catalog(&catalog);
    let read = read_json(&source, &Nothing);
    let _ = check(&read.project, &Nothing);
    let _ = write_text(&read.project);
    for (id, flow) in &read.project.flows {
        let _ = compile(flow, &Nothing);
        let json = write_json(&read.project, id, &Nothing);
        let again = read_json(&Source { name: "again.json", bytes: json.as_bytes() }, &Nothing);
        if let Some(id) = again.project.flows.keys().next()
            && !read.diagnostics.iter().any(|d| d.is_unread())
        {
            assert_eq!(write_json(&again.project, id, &Nothing), json);
        }
    }
});
