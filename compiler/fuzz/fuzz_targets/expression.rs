//! Any text as an expression and as a text with expressions: read without a panic; what the checks let through becomes a
//! program that is verified and runs to its end.
#![no_main]

use flow_compiler::compile::compile;
use flow_compiler::diag::Code;
use flow_compiler::entity::EntityKind;
use flow_compiler::expr::{Variables, read, read_template};
use flow_compiler::graph::{Declaration, Project};
use flow_compiler::{Source, read_json, world_of};
use flow_vm::effect::{Answer, Input};
use flow_vm::{Program, State, Step, Unwatched, resume};
use serde_json::{Value, json};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for expr in [read(text), read_template(text)].into_iter().flatten() {
        let variables = Variables::default();
        assert_eq!(expr.ty(&variables).is_ok(), expr.steps(&variables).is_ok());
    }
    compiled("set", &["next"], json!({ "variable": "v", "value": text }));
    compiled("branch", &["yes", "no"], json!({ "when": text }));
    compiled("set_caller_id", &["next"], json!({ "name": text }));
});

const NUMBER: &str = "+61299998888";

/// A flow with the text in one node, behind one that makes `v` a number.
fn compiled(kind: &str, exits: &[&str], config: Value) {
    let node = |id: &str, kind: &str, config: Value| json!({ "id": id, "type": kind, "data": { "config": config } });
    let edge = |from: &str, exit: &str, to: &str| json!({ "source": from, "sourceHandle": exit, "target": to });
    let mut edges = vec![edge("in", "next", "first"), edge("first", "next", "it")];
    edges.extend(exits.iter().map(|exit| edge("it", exit, "bye")));
    let canvas = json!({
        "nodes": [
            { "id": "in", "type": "inbound_number", "data": { "entity_key": NUMBER } },
            node("first", "set", json!({ "variable": "v", "value": "1" })),
            node("it", kind, config),
            node("bye", "hangup", json!({})),
        ],
        "edges": edges,
    });
    let mut number = Project::default();
    number.entities.push(Declaration::new(EntityKind::InboundNumber, NUMBER, ""));
    let (world, _) = world_of(&number);
    let bytes = canvas.to_string();
    let read = read_json(&Source { name: "any.json", bytes: bytes.as_bytes() }, &world);
    for graph in read.project.flows.values() {
        let made = compile(graph, &world);
        assert!(!made.diagnostics.iter().any(|d| d.code == Code::NotCompiled), "{:?}", made.diagnostics);
        if let Some(program) = made.program {
            run(&program);
        }
    }
}

fn run(program: &Program) {
    let mut state = State::new(program, "in").expect("the entry");
    for effect in 0..100 {
        let answer = if effect == 0 { Answer::Start } else { Answer::Done };
        let input = Input { effect, mono_ms: 0, wall_ms: 0, answer };
        if let Step::End(_) = resume(program, &mut state, input, &mut Unwatched).expect("an answer that fits") {
            return;
        }
    }
    panic!("a run without an end");
}
