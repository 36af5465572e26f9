//! Runs the cases in `tests/cases/verify`: listings of bytecode, with what the verifier says of each below it, as a comment
//! that begins by `;~`. `RULE.what.asm` must break the rule; `RULE.near.asm` and `RULE.what.near.asm` look like it and must not.
//!
//! `UPDATE=1 cargo test -p flow-vm --test cases` writes what is the case into the files; look at the difference.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says by a panic what is wrong")]
#![expect(clippy::disallowed_methods, reason = "cases are files")]

use std::path::{Path, PathBuf};

use flow_vm::{asm, verify};

/// What marks an expectation.
const MARK: &str = ";~";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/verify");
    let entries = std::fs::read_dir(folder).expect("the folder of cases");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a case").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases");
    paths
}

/// What the verifier says of a listing, and whether it's what the file's name says.
fn verdict(name: &str, listing: &str) -> (String, bool) {
    let bytes = asm::assemble(listing).unwrap_or_else(|error| panic!("{name}: {error}"));
    let rule = name.split('.').next().unwrap_or_default();
    match verify(&bytes) {
        Ok(_) => ("passes".to_owned(), name.ends_with(".near.asm")),
        Err(error) => {
            (error.to_string(), !name.ends_with(".near.asm") && format!("{:?}", error.rule) == rule)
        }
    }
}

#[test]
fn the_verifier_says_what_the_cases_say() {
    let mut wrong = Vec::new();
    for path in cases() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let whole = std::fs::read_to_string(&path).expect("a case is text");
        let lines = whole.lines().filter(|line| !line.starts_with(MARK));
        let listing: String = lines.flat_map(|line| [line, "\n"]).collect();
        let (said, fits) = verdict(&name, &listing);
        let is = format!("{listing}{MARK} {said}\n");
        if !fits {
            wrong.push(format!("{name} isn't what its name says: {said}"));
        } else if is != whole && std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, is).expect("the case is written");
        } else if is != whole {
            wrong.push(format!("{name}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
