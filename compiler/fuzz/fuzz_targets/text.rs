//! Any bytes as `.flow` text: read, checked, compiled and simulated without a panic; what was read whole is printed so
//! that it reads back as the same text.
#![no_main]

use flow_compiler::compile::compile;
use flow_compiler::{Source, check, read_text, sim, world_of, write_json, write_text};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let read = read_text(&[Source { name: "any.flow", bytes }]);
    let (world, _) = world_of(&read.project);
    let found = check(&read.project, &world);
    for (id, flow) in &read.project.flows {
        let _ = write_json(&read.project, id, &world);
        let _ = compile(flow, &world);
    }
    if !found.iter().any(|d| d.is_error()) {
        let _ = sim::tests(&read.project, &world);
    }
    if !read.diagnostics.iter().any(|d| d.is_unread()) {
        let text = write_text(&read.project);
        let again = read_text(&[Source { name: "again.flow", bytes: text.as_bytes() }]);
        assert_eq!(write_text(&again.project), text);
    }
});
