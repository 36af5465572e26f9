//! Cases are data: `tests/cases/diff/*.txt` hold a version, `=== after`, another, and `=== says` with the sentences.
//! `UPDATE=1` rewrites them.
#![expect(clippy::disallowed_methods, reason = "cases are files")]

use std::path::{Path, PathBuf};

use super::{Side, diff, told};
use crate::graph::Project;
use crate::{Source, read_text, world_of};

fn read(text: &str) -> Project {
    let read = read_text(&[Source { name: "case.flow", bytes: text.as_bytes() }]);
    assert_eq!(read.diagnostics, [], "a case can be read");
    read.project
}

fn said(before: &Project, after: &Project) -> String {
    let (old, new) = (world_of(before).0, world_of(after).0);
    let before = Side { flows: before.flows.values().collect(), world: &old };
    let after = Side { flows: after.flows.values().collect(), world: &new };
    told(&diff(&before, &after), &before, &after)
}

fn cases() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/diff");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|p| (p.clone(), std::fs::read_to_string(p).unwrap())).collect()
}

#[test]
fn sentences_say_what_calls_do_differently() {
    let mut wrong = Vec::new();
    for (path, case) in cases() {
        let (before, rest) = case.split_once("=== after\n").expect("a version after");
        let (after, says) = rest.split_once("=== says\n").expect("what it says");
        let is = said(&read(before), &read(after));
        if is != says && std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("{before}=== after\n{after}=== says\n{is}")).unwrap();
        } else if is != says {
            wrong.push(format!("{}:\n{is}", path.display()));
        }
        // A version does what it does.
        assert_eq!(said(&read(before), &read(before)), "", "{}", path.display());
        assert_eq!(said(&read(after), &read(after)), "", "{}", path.display());
    }
    assert!(wrong.is_empty(), "{} cases differ (UPDATE=1 rewrites them):\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_said_one_way_is_said_the_other_way_too() {
    for (path, case) in cases() {
        let (before, rest) = case.split_once("=== after\n").expect("a version after");
        let (after, _) = rest.split_once("=== says\n").expect("what it says");
        let (before, after) = (read(before), read(after));
        let (there, back) = (said(&before, &after), said(&after, &before));
        assert_eq!(there.is_empty(), back.is_empty(), "{}:\n{there}---\n{back}", path.display());
    }
}
