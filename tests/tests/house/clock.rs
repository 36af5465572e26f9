//! The pure crates take time, randomness and files as arguments. Clippy holds it (`disallowed-methods`); this test
//! holds that clippy is told so.

use super::{files, root, text_of};

/// Folders in which nothing reads a clock, opens a file or a socket, or starts a thread.
const PURE: &[&str] = &["vm", "compiler", "compiler/wasm", "runtime/sip", "runtime/media", "runtime/call"];

/// What each of those folders' clippy.toml has to ban.
const BANNED: &[&str] = &["std::time::Instant::now", "std::time::SystemTime::now", "std::thread::spawn"];

#[test]
fn clippy_bans_the_clock_in_pure_crates() {
    for folder in PURE {
        let path = root().join(folder).join("clippy.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{folder} needs a clippy.toml"));
        for method in BANNED {
            assert!(text.contains(method), "{folder}/clippy.toml must ban {method}");
        }
    }
}

#[test]
fn no_pure_source_names_a_clock() {
    let mut found = Vec::new();
    for path in files() {
        let pure = PURE.iter().any(|folder| path.starts_with(&format!("{folder}/src/")));
        if !pure || !path.ends_with(".rs") {
            continue;
        }
        let text = text_of(&path).expect("sources are UTF-8");
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for banned in ["Instant::now(", "SystemTime::now(", "Utc::now(", "Local::now(", "thread::spawn("] {
            if product.contains(banned) {
                found.push(format!("{path}: {banned}…)"));
            }
        }
    }
    assert!(found.is_empty(), "pure code takes `now` as an argument: {found:#?}");
}
