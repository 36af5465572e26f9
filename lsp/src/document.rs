//! A document as an editor has it open.
//!
//! Changes are places and texts in the version before, so their order is everything. Not every editor sends them in order:
//! Helix 25.01 hands each to a task of its own, and quick typing arrives shuffled. What came lately is therefore kept, and
//! a change that comes late is put where its version says.

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use crate::limits::{CHANGE_BYTES_KEPT, CHANGES_KEPT};
use crate::position::Lines;

/// A file that an editor has open.
#[derive(Debug)]
pub struct Document {
    /// As the editor writes it.
    pub uri: Uri,
    text: String,
    /// The text before the changes that are kept.
    settled: String,
    settled_version: i32,
    /// The last changes in the order of their versions.
    recent: Vec<Change>,
}

/// What one message changed.
#[derive(Debug)]
struct Change {
    version: i32,
    parts: Vec<TextDocumentContentChangeEvent>,
}

impl Change {
    fn apply(&self, text: &mut String) {
        for part in &self.parts {
            match part.range {
                Some(range) => {
                    let range = Lines::of(text).bytes(text, range);
                    text.replace_range(range, &part.text);
                }
                None => text.clone_from(&part.text),
            }
        }
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.text.len()).sum()
    }
}

impl Document {
    /// A document that is opened.
    #[must_use]
    pub fn new(uri: Uri, version: i32, text: String) -> Document {
        Document { uri, settled: text.clone(), text, settled_version: version, recent: Vec::new() }
    }

    /// The text as far as the changes are here.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The highest version that came.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.recent.last().map_or(self.settled_version, |last| last.version)
    }

    /// What a message changes. One that comes late stands where its version says, unless it's so late that what came after
    /// it has been settled; versions that don't grow are taken as they come.
    pub fn change(&mut self, version: i32, parts: Vec<TextDocumentContentChangeEvent>) {
        let is_late = self.settled_version < version && version < self.version();
        let change = Change { version, parts };
        if is_late {
            let place = self.recent.partition_point(|earlier| earlier.version <= version);
            self.recent.insert(place, change);
            self.text.clone_from(&self.settled);
            self.recent.iter().for_each(|change| change.apply(&mut self.text));
        } else {
            change.apply(&mut self.text);
            self.recent.push(change);
        }
        self.settle();
    }

    /// Lets go of the oldest changes, when there are too many.
    fn settle(&mut self) {
        let mut bytes: usize = self.recent.iter().map(Change::bytes).sum();
        let mut settled = 0;
        for change in &self.recent {
            if self.recent.len() - settled <= CHANGES_KEPT && bytes <= CHANGE_BYTES_KEPT {
                break;
            }
            bytes -= change.bytes();
            settled += 1;
        }
        for change in self.recent.drain(..settled) {
            change.apply(&mut self.settled);
            self.settled_version = change.version;
        }
    }
}

#[cfg(test)]
mod tests {
    use lsp_types::{Position, Range};

    use super::*;

    fn document(text: &str) -> Document {
        Document::new("file:///a.flow".parse().unwrap(), 1, text.to_owned())
    }

    fn typed(column: u32, text: &str) -> Vec<TextDocumentContentChangeEvent> {
        let at = Position { line: 0, character: column };
        let range = Some(Range { start: at, end: at });
        vec![TextDocumentContentChangeEvent { range, range_length: None, text: text.to_owned() }]
    }

    fn whole(text: &str) -> Vec<TextDocumentContentChangeEvent> {
        vec![TextDocumentContentChangeEvent { range: None, range_length: None, text: text.to_owned() }]
    }

    #[test]
    fn letters_that_arrive_shuffled_stand_in_their_order() {
        let mut document = document("");
        for at in [2_u32, 0, 1, 5, 3, 4, 6] {
            let letter = &"timeout"[at as usize..=at as usize];
            document.change(2 + i32::try_from(at).unwrap(), typed(at, letter));
        }
        assert_eq!(document.text(), "timeout");
        assert_eq!(document.version(), 8);
    }

    #[test]
    fn versions_that_do_not_grow_are_taken_as_they_come() {
        let mut document = document("");
        for (at, letter) in (0..).zip(["h", "a", "l", "l", "o"]) {
            document.change(0, typed(at, letter));
        }
        assert_eq!(document.text(), "hallo");
    }

    #[test]
    fn a_whole_text_that_comes_late_is_older_than_what_was_typed_into_it() {
        let mut document = document("old");
        document.change(3, typed(3, "!"));
        document.change(2, whole("new"));
        assert_eq!(document.text(), "new!");
    }

    #[test]
    fn only_so_much_is_kept() {
        let mut document = document("");
        let many = u32::try_from(CHANGES_KEPT).unwrap() + 10;
        for at in 0..many {
            document.change(2 + i32::try_from(at).unwrap(), typed(at, "x"));
            assert!(document.recent.len() <= CHANGES_KEPT);
        }
        document.change(1_000, whole(&"y".repeat(CHANGE_BYTES_KEPT + 1)));
        assert!(document.recent.is_empty());
        assert_eq!(document.version(), 1_000);
        assert_eq!(document.settled, document.text);
        document.change(1_001, whole("z"));
        assert_eq!(document.text(), "z");
    }
}
