//! What the native compiler says of projects: reads a list of projects (lists of `{name, text}`) as JSON from standard
//! input and prints, for each, findings, texts, canvases, programs and tests. The wasm tests ask the same of the
//! package and compare.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool of the tests")]

use std::io::Read as _;

use flow_wasm::project::Folder;
use flow_wasm::reply::File;
use serde_json::{Value, json};

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let projects: Vec<Vec<File>> = serde_json::from_str(&text).unwrap();
    let answers: Vec<Value> = projects.into_iter().map(answers).collect();
    println!("{}", json!(answers));
}

fn answers(files: Vec<File>) -> Value {
    let names: Vec<String> = files.iter().map(|f| f.name.clone()).collect();
    let folder = Folder::new(files);
    let formatted: Vec<_> = names.iter().map(|name| or_null(folder.format(name))).collect();
    let flows = folder.flows();
    let program = |key: &str| -> Value {
        let bytes = folder.program(key).ok().map(|program| program.encode());
        bytes.map_or(Value::Null, |bytes| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>().into())
    };
    let programs: Vec<Value> = flows.iter().map(|flow| program(&flow.key)).collect();
    let pictures: Vec<Value> = flows.iter().map(|flow| or_null(folder.draw(&flow.key, "svg"))).collect();
    json!({
        "check": folder.check(),
        "formatted": formatted,
        "flows": flows,
        "programs": programs,
        "pictures": pictures,
        "json": or_null(folder.to_json()),
        "tests": folder.tests(),
    })
}

fn or_null(value: Result<impl serde::Serialize, String>) -> Value {
    value.map_or(Value::Null, |value| json!(value))
}
