//! What can be run from a text: its tests, and a call to each number.

use std::ops::Range;

use super::folder::{Office, range};
use crate::diag::Place;
use crate::graph::{FileId, Origin};

/// What a lens runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// The test of this name.
    Test(String),
    /// A call to this number.
    Call(String),
}

/// Something that can be run, above a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// What it is about.
    pub at: Range<usize>,
    /// For people.
    pub title: String,
    /// What it runs.
    pub run: Run,
}

/// The lenses of a text file, in its order.
#[must_use]
pub fn lenses(office: &Office, file: FileId) -> Vec<Lens> {
    let here = |origin: &Origin| match origin.place() {
        Place::Text(span) if span.file == file => Some(range(span)),
        Place::Text(_)
        | Place::Canvas { .. }
        | Place::Json { .. }
        | Place::Catalog { .. }
        | Place::Project => None,
    };
    let project = &office.text.project;
    let tests = project.tests.values().filter_map(|test| {
        let at = here(&test.origin)?;
        Some(Lens { at, title: "Run this test".to_owned(), run: Run::Test(test.name.clone()) })
    });
    let mut lenses: Vec<Lens> = tests.collect();
    for graph in project.flows.values() {
        for entry in super::things::entries(graph) {
            let Some(at) = here(&entry.origin) else { continue };
            for number in entry.entities.iter().filter_map(|e| e.key.as_deref()) {
                let title = format!("Simulate a call to {number}");
                lenses.push(Lens { at: at.clone(), title, run: Run::Call(number.to_owned()) });
            }
        }
    }
    lenses.sort_by_key(|l| l.at.start);
    lenses
}
