//! `flow-wasm-bindgen MODULE web|node FOLDER`: writes the JavaScript around a compiled module, and its types.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [module, target, folder] = args.as_slice() else {
        eprintln!("usage: flow-wasm-bindgen MODULE web|node FOLDER");
        return ExitCode::from(2);
    };
    match write(module, target, folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(module: &str, target: &str, folder: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).typescript(true);
    let chosen = match target {
        "web" => bindgen.web(true),
        "node" => bindgen.nodejs(true),
        other => return Err(format!("there is no target `{other}`: web or node")),
    };
    chosen.and_then(|b| b.generate(folder)).map_err(|e| format!("{module}: {e:#}"))
}
