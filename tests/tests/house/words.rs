//! What must not stand in the repository: unfinished marks, paths of somebody's machine.

use super::{files, text_of};

#[test]
fn nothing_unfinished_and_no_machine_paths() {
    // Assembled from halves, so that this file doesn't find itself.
    let marks =
        [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"], ["unimplemented", "!("], ["/wo", "rk/"], ["/ro", "ot/"]]
            .map(|halves| halves.concat());
    let mut found = Vec::new();
    for path in files() {
        if path.ends_with(".lock") || path.starts_with("LICENSE") {
            continue;
        }
        let Some(text) = text_of(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            for mark in &marks {
                if line.contains(mark.as_str()) {
                    found.push(format!("{path}:{}: {mark}", number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
