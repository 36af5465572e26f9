//! The house rules that a test can hold: arrows between crates, the banned clock, file and function sizes, generated
//! files, and what must not stand in the repository. `UPDATE=1` rewrites the generated files.
#![expect(clippy::expect_used, reason = "a test's helpers say what went wrong by panicking")]
#![expect(clippy::unwrap_used, reason = "a test's helpers say what went wrong by panicking")]

#[path = "house/arrows.rs"]
mod arrows;
#[path = "house/clock.rs"]
mod clock;
#[path = "house/generated.rs"]
mod generated;
#[path = "house/manual.rs"]
mod manual;
#[path = "house/sizes.rs"]
mod sizes;
#[path = "house/words.rs"]
mod words;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests live one level below the root")
        .to_path_buf()
}

/// Every file that git tracks or would track (`ls-files` with untracked but not ignored ones), as relative paths.
fn files() -> Vec<String> {
    let out = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git must be installed");
    let text = String::from_utf8(out.stdout).expect("paths in this repository are UTF-8");
    text.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

/// The text of a tracked file; `None` when it isn't text.
fn text_of(path: &str) -> Option<String> {
    String::from_utf8(std::fs::read(root().join(path)).ok()?).ok()
}
