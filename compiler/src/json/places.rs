//! Where things stand in JSON. `serde_json` doesn't say, and hardly anybody asks: so a file is looked through again, once
//! and only when there is something to point at.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::diag::Place;
use crate::graph::FileId;

/// Places in a file that is known to be well-formed.
pub(super) struct Places<'a> {
    file: FileId,
    bytes: &'a [u8],
    outline: OnceCell<HashMap<&'a [u8], Part<'a>>>,
}

/// A member of the file's root.
#[derive(Default)]
struct Part<'a> {
    name: usize,
    value: usize,
    /// What is directly in its value: elements of a list, or values of an object with their names.
    inside: Vec<(Option<&'a [u8]>, usize)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(file: FileId, bytes: &'a [u8]) -> Self {
        Places { file, bytes, outline: OnceCell::new() }
    }

    /// Where the file's value begins.
    pub(super) fn root(&self) -> Place {
        self.at(Tokens::new(self.bytes).next().map_or(0, |token| token.at))
    }

    /// The name of a member of the root; the root if it has no such member.
    pub(super) fn name(&self, name: &str) -> Place {
        self.part(name).map_or_else(|| self.root(), |part| self.at(part.name))
    }

    /// The value of a member of the root; the root if it has no such member.
    pub(super) fn value(&self, name: &str) -> Place {
        self.part(name).map_or_else(|| self.root(), |part| self.at(part.value))
    }

    /// An element of a list that is a member of the root, counted from 0.
    pub(super) fn element(&self, list: &str, number: usize) -> Place {
        let element = self.part(list).and_then(|part| part.inside.get(number));
        element.map_or_else(|| self.value(list), |(_, at)| self.at(*at))
    }

    /// The value of a member of an object that is a member of the root.
    pub(super) fn member(&self, object: &str, name: &str) -> Place {
        let mut inside = self.part(object).into_iter().flat_map(|part| &part.inside);
        let found = inside.find(|(own, _)| *own == Some(name.as_bytes()));
        found.map_or_else(|| self.value(object), |(_, at)| self.at(*at))
    }

    /// Names of members by their numbers, counted through the whole file from 0. In the order of `numbers`.
    pub(super) fn names(&self, numbers: &[usize]) -> Vec<Place> {
        if numbers.is_empty() {
            return Vec::new();
        }
        let wanted: std::collections::HashSet<_> = numbers.iter().copied().collect();
        let names = Tokens::new(self.bytes).filter(|token| token.is == Is::Name).enumerate();
        let found: HashMap<_, _> =
            names.filter(|(n, _)| wanted.contains(n)).map(|(n, token)| (n, token.at)).collect();
        numbers.iter().map(|n| self.at(found.get(n).copied().unwrap_or(0))).collect()
    }

    fn at(&self, at: usize) -> Place {
        Place::Json { file: self.file, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }

    /// Of members with the same name the first counts, as in reading. A name with escapes in it isn't found; none of ours
    /// has any.
    fn part(&self, name: &str) -> Option<&Part<'a>> {
        self.outline.get_or_init(|| outline(self.bytes)).get(name.as_bytes())
    }
}

fn outline(bytes: &[u8]) -> HashMap<&[u8], Part<'_>> {
    let mut parts: Vec<(&[u8], Part<'_>)> = Vec::new();
    let mut name = None;
    for token in Tokens::new(bytes) {
        match (token.is, token.depth) {
            (Is::Name, 1) => {
                parts.push((token.text(bytes), Part { name: token.at, ..Part::default() }));
            }
            (Is::Value, 1) => {
                if let Some((_, part)) = parts.last_mut() {
                    part.value = token.at;
                }
            }
            (Is::Name, 2) => name = Some(token.text(bytes)),
            (Is::Value, 2) => {
                if let Some((_, part)) = parts.last_mut() {
                    part.inside.push((name.take(), token.at));
                }
            }
            (Is::Name | Is::Value, _) => {}
        }
    }
    parts.into_iter().rev().collect()
}

/// Names and values of well-formed JSON, in order.
struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

/// A name, or the beginning of a value.
struct Token {
    is: Is,
    /// In how many lists and objects it stands.
    depth: usize,
    at: usize,
    /// One past a name or a text; elsewhere one past the first byte.
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    Name,
    Value,
}

impl Token {
    /// What stands between the quotes.
    fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.at + 1..self.end.saturating_sub(1)).unwrap_or_default()
    }
}

impl<'a> Tokens<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Tokens { bytes, at: 0, depth: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// One past the closing quote of the text that begins here.
    fn end_of_text(&self, start: usize) -> usize {
        let mut at = start + 1;
        loop {
            match self.byte(at) {
                Some(b'"') => return at + 1,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return self.bytes.len(),
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let (at, depth) = (self.at, self.depth);
            let value = |end| Token { is: Is::Value, depth, at, end };
            match self.byte(at)? {
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' => self.at += 1,
                b'}' | b']' => {
                    self.at += 1;
                    self.depth = depth.saturating_sub(1);
                }
                b'{' | b'[' => {
                    self.at += 1;
                    self.depth += 1;
                    return Some(value(at + 1));
                }
                b'"' => {
                    self.at = self.end_of_text(at);
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let is_name = rest.trim_ascii_start().first() == Some(&b':');
                    return Some(if is_name {
                        Token { is: Is::Name, ..value(self.at) }
                    } else {
                        value(self.at)
                    });
                }
                _ => {
                    let rest = self.bytes.get(at..).unwrap_or_default();
                    let ends = |b: &u8| b",]} \n\r\t".contains(b);
                    self.at = at + rest.iter().position(ends).unwrap_or(rest.len()).max(1);
                    return Some(value(at + 1));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#" {"a:\"": "b\\", "nodes": [1, {"x": [2]}, [], "n"], "flowpbx": {"key": {"format": 1}, "format" : 2},
        "nodes": [9]} "#;

    fn at(place: &Place) -> &str {
        let Place::Json { at, .. } = place else { panic!("{place:?}") };
        JSON.get(usize::try_from(*at).unwrap()..).unwrap()
    }

    #[test]
    fn places_are_found() {
        let places = Places::new(FileId::from_u32(0), JSON.as_bytes());
        assert!(at(&places.root()).starts_with("{\"a:"));
        assert!(at(&places.name("nodes")).starts_with("\"nodes\": [1"));
        assert!(at(&places.value("nodes")).starts_with("[1"));
        assert!(at(&places.element("nodes", 1)).starts_with("{\"x\""));
        assert!(at(&places.element("nodes", 3)).starts_with("\"n\"]"));
        assert!(at(&places.member("flowpbx", "format")).starts_with("2}"));
        assert!(at(&places.value("edges")).starts_with("{\"a:"));
        let names = places.names(&[7, 0, 2]);
        assert!(at(&names[0]).starts_with("\"nodes\": [9]"));
        assert!(at(&names[1]).starts_with("\"a:"));
        assert!(at(&names[2]).starts_with("\"x\""));
    }
}
