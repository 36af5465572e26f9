//! Who may depend on whom. The table is ARCHITECTURE.md's; a new arrow is a decision, not an accident.

use super::root;
use std::process::Command;

/// Crate → the crates of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("flow-vm", &[]),
    ("flow-compiler", &["flow-vm"]),
    ("flowc", &["flow-compiler", "flow-vm"]),
    ("flow-wasm", &["flow-compiler", "flow-vm"]),
    ("flow-lsp", &["flow-compiler"]),
    ("tree-sitter-flow", &[]),
    ("flow-sip", &[]),
    ("flow-media", &[]),
    ("flow-call", &["flow-vm", "flow-compiler", "flow-sip", "flow-media"]),
    ("flow-store", &["flow-vm", "flow-compiler"]),
    ("flow-api", &["flow-store", "flow-compiler"]),
    (
        "flowpbx",
        &["flow-vm", "flow-compiler", "flow-sip", "flow-media", "flow-call", "flow-store", "flow-api"],
    ),
];

#[test]
fn crates_depend_only_along_the_arrows() {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let ours: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("a package has a name");
        if name == "flow-tests" {
            continue; // whole-system tests may use everything
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            panic!("crate `{name}` has no row in the table of arrows (tests/tests/house/arrows.rs)");
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let is_test_only = dependency["kind"].as_str() == Some("dev");
            if ours.contains(&to) && !allowed.contains(&to) && !is_test_only {
                wrong.push(format!("{name} → {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md doesn't have: {wrong:?}");
}
