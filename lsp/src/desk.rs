//! Everything that is open: the folders of the workspace, what editors have changed in them, and what was told last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flow_compiler::edit::folder::{CATALOG, FileKind, Folder, Office};
use flow_compiler::entity::EntityKind;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::FileId;
use lsp_types::{TextDocumentContentChangeEvent, Uri};

use crate::document::Document;
use crate::limits::{FILE_BYTES_MAX, FOLDER_DEPTH_MAX, FOLDER_FILES_MAX, FOLDERS_MAX};
use crate::uri;

/// A folder with what editors have open in it.
#[derive(Debug)]
pub struct Shelf {
    folder: Folder,
    open: BTreeMap<String, Document>,
    /// What was told last, by file.
    pub told: BTreeMap<String, Vec<lsp_types::Diagnostic>>,
    /// Whether something changed since then.
    pub is_dirty: bool,
    /// Whether it is one file that stands in no folder.
    is_untitled: bool,
}

/// Where a document is: its folder and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The folder.
    pub folder: PathBuf,
    /// The file's name.
    pub name: String,
}

/// All folders.
#[derive(Debug, Default)]
pub struct Desk {
    shelves: BTreeMap<PathBuf, Shelf>,
}

/// A file with what its folder says.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// What the folder says.
    pub office: &'a Office,
    /// The file's name.
    pub name: &'a str,
    /// Its number among the text files; `None` for JSON.
    pub file: Option<FileId>,
    /// Its text.
    pub text: &'a str,
}

impl Shelf {
    /// What the folder says now.
    pub fn office(&mut self) -> &Office {
        self.folder.office()
    }

    /// What the folder said when it was last asked.
    #[must_use]
    pub fn known(&self) -> &Office {
        self.folder.known()
    }

    /// The files' names.
    pub fn names(&self) -> Vec<String> {
        self.folder.names().map(str::to_owned).collect()
    }

    /// The text of a file; empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.folder.bytes(name).unwrap_or_default()).into_owned()
    }

    /// The file as an editor has it open.
    #[must_use]
    pub fn open(&self, name: &str) -> Option<&Document> {
        self.open.get(name)
    }

    fn read_from_disk(&mut self, path: &Path) {
        let on_disk = if self.is_untitled { BTreeMap::new() } else { files_of(path) };
        for gone in
            self.names().into_iter().filter(|n| !on_disk.contains_key(n) && !self.open.contains_key(n))
        {
            self.folder.remove(&gone);
        }
        for (name, bytes) in on_disk {
            if !self.open.contains_key(&name) {
                self.folder.set(&name, bytes);
            }
        }
        self.is_dirty = true;
    }
}

/// The files of a folder that are ours.
fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.retain(|n| FileKind::of(n).is_some() && !n.starts_with('.'));
    names.sort();
    let read = |name: String| {
        let path = folder.join(&name);
        let data = std::fs::metadata(&path).ok()?;
        let bytes = (data.is_file() && data.len() <= FILE_BYTES_MAX).then(|| std::fs::read(&path).ok())??;
        is_ours(&name, &bytes).then_some((name, bytes))
    };
    names.into_iter().take(FOLDER_FILES_MAX).filter_map(read).collect()
}

/// Whether a file says something about calls: any text does, and JSON that names what a canvas or a catalogue has. Editors
/// have many other JSON files open.
fn is_ours(name: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let has = |word: &str| text.contains(&format!("\"{word}\""));
    match FileKind::of(name) {
        Some(FileKind::Text) => true,
        Some(FileKind::Catalog) => has("flowpbx") || EntityKind::ALL.iter().any(|k| has(k.name())),
        Some(FileKind::Canvas) => has("flowpbx") || (has("nodes") && has("edges")),
        None => false,
    }
}

impl Desk {
    /// Keeps the phone systems below a folder of the workspace: every folder with text or a catalogue, as `flowc` does.
    pub fn add_workspace(&mut self, root: &Path) {
        let mut below = vec![(root.to_owned(), 0)];
        while let Some((folder, depth)) = below.pop() {
            if self.shelves.len() >= FOLDERS_MAX {
                return;
            }
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let mut paths: Vec<PathBuf> = entries.map(|e| e.path()).collect();
            paths.sort();
            let is_text = |p: &PathBuf| p.extension().is_some_and(|e| e == "flow");
            if paths.iter().any(|p| is_text(p) || p.file_name().is_some_and(|n| n == CATALOG)) {
                self.shelf(&folder);
            }
            let hidden = |p: &PathBuf| p.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
            let built = |p: &PathBuf| p.file_name().is_some_and(|n| n == "node_modules" || n == "target");
            if depth < FOLDER_DEPTH_MAX {
                let inside = paths.into_iter().filter(|p| p.is_dir() && !hidden(p) && !built(p));
                below.extend(inside.map(|p| (p, depth + 1)));
            }
        }
    }

    /// Lets go of the folders below one that left the workspace; those with open documents stay.
    pub fn remove_workspace(&mut self, root: &Path) {
        for (folder, shelf) in &mut self.shelves {
            if folder.starts_with(root) && shelf.open.is_empty() {
                shelf.names().iter().for_each(|name| shelf.folder.remove(name));
                shelf.is_dirty = true;
            }
        }
    }

    /// The folder's shelf, read from disk if it's new.
    fn shelf(&mut self, folder: &Path) -> &mut Shelf {
        let is_untitled = !folder.is_absolute();
        self.shelves.entry(folder.to_owned()).or_insert_with(|| {
            let mut shelf = Shelf {
                folder: Folder::new(Catalog::library()),
                open: BTreeMap::new(),
                told: BTreeMap::new(),
                is_dirty: true,
                is_untitled,
            };
            shelf.read_from_disk(folder);
            shelf
        })
    }

    /// Where a document is. One that stands in no folder has a folder of its own.
    #[must_use]
    pub fn spot(uri: &Uri) -> Option<Spot> {
        match uri::path_of(uri.as_str()) {
            Some(path) => {
                let name = path.file_name()?.to_str()?.to_owned();
                FileKind::of(&name)?;
                Some(Spot { folder: path.parent()?.to_owned(), name })
            }
            None => {
                let kind = if uri.as_str().ends_with(".json") { "json" } else { "flow" };
                Some(Spot { folder: PathBuf::from(uri.as_str()), name: format!("untitled.{kind}") })
            }
        }
    }

    /// An editor opens a document.
    pub fn open(&mut self, uri: Uri, version: i32, text: String) {
        let Some(spot) = Desk::spot(&uri) else { return };
        if !is_ours(&spot.name, text.as_bytes()) {
            return;
        }
        let shelf = self.shelf(&spot.folder);
        shelf.folder.set(&spot.name, text.as_bytes().to_vec());
        shelf.told.remove(&spot.name);
        shelf.open.insert(spot.name, Document::new(uri, version, text));
        shelf.is_dirty = true;
    }

    /// An editor changes a document.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let Some(spot) = Desk::spot(uri) else { return };
        let Some(shelf) = self.shelves.get_mut(&spot.folder) else { return };
        let Some(open) = shelf.open.get_mut(&spot.name) else { return };
        open.change(version, changes);
        shelf.folder.set(&spot.name, open.text().as_bytes().to_vec());
        shelf.is_dirty = true;
    }

    /// An editor closes a document: what is on disk counts again.
    pub fn close(&mut self, uri: &Uri) {
        let Some(spot) = Desk::spot(uri) else { return };
        if let Some(shelf) = self.shelves.get_mut(&spot.folder) {
            shelf.open.remove(&spot.name);
            shelf.read_from_disk(&spot.folder);
        }
    }

    /// Files on disk changed, came or went.
    pub fn refresh(&mut self, uri: &Uri) {
        let Some(spot) = Desk::spot(uri) else { return };
        self.shelf(&spot.folder).read_from_disk(&spot.folder);
    }

    /// All folders.
    pub fn shelves(&mut self) -> impl Iterator<Item = (&PathBuf, &mut Shelf)> {
        self.shelves.iter_mut()
    }

    /// Forgets folders in which nothing is left and nothing more is to be told.
    pub fn tidy(&mut self) {
        self.shelves.retain(|_, s| s.is_dirty || !s.open.is_empty() || s.folder.names().next().is_some());
    }

    /// A document with what its folder says.
    pub fn view<T>(&mut self, uri: &Uri, ask: impl FnOnce(View<'_>, &Shelf, &Path) -> T) -> Option<T> {
        let spot = Desk::spot(uri)?;
        let shelf = self.shelves.get_mut(&spot.folder)?;
        let text = shelf.text(&spot.name);
        shelf.folder.bytes(&spot.name)?;
        shelf.folder.office();
        let office = shelf.folder.known();
        let number = office.text.names.iter().position(|n| *n == spot.name);
        let file = number.and_then(|n| u32::try_from(n).ok()).map(FileId::from_u32);
        let view = View { office, name: &spot.name, file, text: &text };
        Some(ask(view, shelf, &spot.folder))
    }
}
