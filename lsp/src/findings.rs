//! Findings of whole folders, told when they change.

use std::collections::BTreeMap;
use std::path::Path;

use lsp_types::PublishDiagnosticsParams;

use crate::convert;
use crate::desk::{Desk, Shelf};
use crate::document::Document;
use crate::limits::FINDINGS_MAX;
use crate::position::Lines;

/// What has to be told of every folder that changed.
pub fn news(desk: &mut Desk) -> Vec<PublishDiagnosticsParams> {
    let mut news = Vec::new();
    for (folder, shelf) in desk.shelves().filter(|(_, shelf)| shelf.is_dirty) {
        shelf.is_dirty = false;
        let found = of(shelf, folder);
        for (name, diagnostics) in found {
            let Some(uri) = convert::uri_of(shelf, folder, &name) else { continue };
            let version = shelf.open(&name).map(Document::version);
            let last = shelf.told.insert(name, diagnostics.clone());
            if last.as_ref() != Some(&diagnostics) {
                news.push(PublishDiagnosticsParams { uri, diagnostics, version });
            }
        }
        let names = shelf.names();
        let gone: Vec<String> = shelf.told.keys().filter(|n| !names.contains(n)).cloned().collect();
        for name in gone {
            shelf.told.remove(&name);
            let uri = convert::uri_of(shelf, folder, &name);
            news.extend(uri.map(|uri| PublishDiagnosticsParams {
                uri,
                diagnostics: Vec::new(),
                version: None,
            }));
        }
    }
    desk.tidy();
    news
}

/// The findings of a folder by file, in the order of their places. Every file has a list.
fn of(shelf: &mut Shelf, folder: &Path) -> BTreeMap<String, Vec<lsp_types::Diagnostic>> {
    shelf.office();
    let shelf = &*shelf;
    let office = shelf.known();
    let mut all = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for name in shelf.names() {
        let text = shelf.text(&name);
        texts.insert(name.clone(), (Lines::of(&text), text));
        all.insert(name, Vec::new());
    }
    for found in office.found() {
        let place = found.diagnostic.place();
        let Some((name, range)) = place.and_then(|p| office.locate(found.unit, p)) else { continue };
        let (Some((lines, text)), Some(list)) = (texts.get(name), all.get_mut(name)) else { continue };
        if list.len() < FINDINGS_MAX {
            list.push(convert::finding(office, found, shelf, folder, (text, lines, range)));
        }
    }
    for list in all.values_mut() {
        let key = |d: &lsp_types::Diagnostic| (d.range.start, d.range.end, format!("{:?}", d.code));
        list.sort_by_key(key);
    }
    all
}
