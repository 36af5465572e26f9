//! Renaming what is pointed at, in every file that names it.

use super::folder::{FileKind, Office};
use super::things::{self, At, Spotted};
use crate::entity::spec::{self as entity_spec, KeyType};
use crate::expr;
use crate::graph::FileId;
use crate::limits::NAME_BYTES_MAX;
use crate::text;
use crate::text::marks::{InFlow, Mark, Thing};

/// A replacement in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    /// What is replaced.
    pub at: Spotted,
    /// By what.
    pub with: String,
}

/// The word at a byte that would be renamed, and its name now.
///
/// # Errors
/// Why it can't be renamed, for people.
pub fn prepare(office: &Office, file: FileId, offset: usize) -> Result<(Spotted, String), String> {
    let mark = things::mark_at(office, file, offset).ok_or("there is nothing here that has a name")?;
    let thing = things::settled(office, &mark.thing);
    let name = name_of(&thing).ok_or("this isn't a name that can be chosen")?;
    changeable(office, &thing)?;
    let spotted = things::spotted(office, mark).ok_or("this file isn't part of the folder")?;
    Ok((spotted, name))
}

/// The edits that give it another name everywhere.
///
/// # Errors
/// Why it can't have this name, for people.
pub fn rename(office: &Office, at: At<'_>, name: &str) -> Result<Vec<Replace>, String> {
    let thing = things::thing(office, at).ok_or("there is nothing here that has a name")?;
    let before = name_of(&thing).ok_or("this isn't a name that can be chosen")?;
    changeable(office, &thing)?;
    if before == name {
        return Ok(Vec::new());
    }
    let renamed = with_name(&thing, name)?;
    if !things::made(office, &renamed).is_empty() {
        return Err(format!("there is one called `{name}` already"));
    }
    let words = things::words(office, &thing);
    let edits = words.filter_map(|mark| {
        Some(Replace { at: things::spotted(office, mark)?, with: spelled(office, mark, &renamed, name) })
    });
    let mut edits: Vec<_> = edits.collect();
    if let Thing::Flow(key) = &thing {
        edits.extend(nodes_in_tests(office, key, name));
    }
    edits.extend(on_canvases(office, &thing, name));
    Ok(edits)
}

/// The name of something that has one of its own.
fn name_of(thing: &Thing) -> Option<String> {
    match thing {
        Thing::Flow(name)
        | Thing::Node { name, .. }
        | Thing::Entity(_, name)
        | Thing::Part { key: name, .. }
        | Thing::FlowExit { name, .. }
        | Thing::Variable { name, .. }
        | Thing::Test(name) => Some(name.clone()),
        Thing::Word(_)
        | Thing::Kind(_)
        | Thing::EntityKind(_)
        | Thing::Exit(..)
        | Thing::Field(..)
        | Thing::PartWord(..)
        | Thing::Step(_)
        | Thing::Label
        | Thing::Value => None,
    }
}

/// Whether it's made in text, so that a new name holds.
fn changeable(office: &Office, thing: &Thing) -> Result<(), String> {
    if let Thing::Entity(kind, key) = thing
        && !things::in_catalogs(office, *kind, key).is_empty()
    {
        return Err(format!("`{key}` comes from a catalogue: rename it where the catalogue comes from"));
    }
    if things::made(office, thing).is_empty() {
        let name = name_of(thing).unwrap_or_default();
        return Err(format!("`{name}` isn't made in these files"));
    }
    Ok(())
}

/// The thing under its new name, if it may have it.
fn with_name(thing: &Thing, name: &str) -> Result<Thing, String> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(format!("a name has 1 to {NAME_BYTES_MAX} bytes"));
    }
    let fits =
        |key: KeyType| if key.fits(name) { Ok(()) } else { Err(format!("its key is {}", key.wants())) };
    let mut renamed = thing.clone();
    match &mut renamed {
        Thing::Flow(own)
        | Thing::Node { name: own, .. }
        | Thing::FlowExit { name: own, .. }
        | Thing::Test(own) => name.clone_into(own),
        Thing::Entity(kind, own) => {
            fits(entity_spec::of(*kind).key)?;
            name.clone_into(own);
        }
        Thing::Part { kind, key: own, .. } => {
            if let Some(part) = entity_spec::of(*kind).parts.first() {
                fits(part.key)?;
            }
            name.clone_into(own);
        }
        Thing::Variable { name: own, .. } => {
            if !expr::is_variable(name) {
                return Err(
                    "a variable's name has letters, digits and `_`, and means nothing else".to_owned()
                );
            }
            name.clone_into(own);
        }
        Thing::Word(_)
        | Thing::Kind(_)
        | Thing::EntityKind(_)
        | Thing::Exit(..)
        | Thing::Field(..)
        | Thing::PartWord(..)
        | Thing::Step(_)
        | Thing::Label
        | Thing::Value => return Err("this isn't a name that can be chosen".to_owned()),
    }
    Ok(renamed)
}

/// The name as it is written at a place.
fn spelled(office: &Office, mark: &Mark, renamed: &Thing, name: &str) -> String {
    match renamed {
        Thing::Test(_) => text::quoted(name),
        Thing::Variable { .. } => name.to_owned(),
        Thing::Part { .. } | Thing::FlowExit { .. } => text::handle(name),
        Thing::Entity(kind, _) => match entity_spec::of(*kind).key {
            KeyType::Number => text::quoted(name),
            KeyType::Name | KeyType::Dial | KeyType::TelephoneKey => text::named(name),
        },
        // In a test, a node of a flow that is called.
        Thing::Node { flow: InFlow::Key(flow), .. } if in_called(mark) == Some(flow.as_str()) => {
            text::node_in_test(&format!("{flow}/{name}"))
        }
        // `entry "Label":` would be read as an entry whose name is in quotes.
        Thing::Node { flow: InFlow::Key(_) | InFlow::Called(_), .. } if name == "entry" => text::quoted(name),
        Thing::Word(_)
        | Thing::Flow(_)
        | Thing::Node { .. }
        | Thing::Kind(_)
        | Thing::EntityKind(_)
        | Thing::Exit(..)
        | Thing::Field(..)
        | Thing::PartWord(..)
        | Thing::Step(_)
        | Thing::Label
        | Thing::Value => {
            // What stood in quotes by the writer's choice stays so.
            let written = things::spotted(office, mark).and_then(|s| {
                let (unit, file) = office.file(&s.file)?;
                unit.project.files.get(file)?.text.get(s.range.0..s.range.1).map(str::to_owned)
            });
            let quoted = written.is_some_and(|w| w.starts_with('"'));
            if quoted { text::quoted(name) } else { text::named(name) }
        }
    }
}

/// The flow by which a test names a node, `flow/node`.
fn in_called(mark: &Mark) -> Option<&str> {
    let Thing::Node { flow: InFlow::Called(_), name } = &mark.thing else { return None };
    name.split_once('/').map(|(flow, _)| flow)
}

/// The key of a flow in the names of its nodes in tests.
fn nodes_in_tests(office: &Office, key: &str, name: &str) -> Vec<Replace> {
    let marks = office.text.marks.iter().flat_map(|marks| &marks.words).filter(|m| in_called(m) == Some(key));
    let edits = marks.filter_map(|mark| {
        let Thing::Node { flow: InFlow::Key(flow), name: node } = things::settled(office, &mark.thing) else {
            return None;
        };
        let with = text::node_in_test(&format!("{name}/{node}"));
        (flow == key).then_some(Replace { at: things::spotted(office, mark)?, with })
    });
    edits.collect()
}

/// The key of an entity in the canvases of the folder.
fn on_canvases(office: &Office, thing: &Thing, name: &str) -> Vec<Replace> {
    let Thing::Entity(..) = thing else { return Vec::new() };
    let mut edits = Vec::new();
    for (_, unit) in office.others.iter().filter(|(kind, _)| *kind == FileKind::Canvas) {
        let Some((file, source)) = unit.names.first().zip(unit.project.files.values().next()) else {
            continue;
        };
        for found in things::on_canvases(&unit.project, thing) {
            let Some(range) = unit.positions.canvas(&found.node, &found.spot, None) else { continue };
            let before = name_of(thing).map(|n| text::quoted(&n));
            if source.text.get(range.clone()) == before.as_deref() {
                let at = Spotted { file: file.clone(), range: (range.start, range.end) };
                edits.push(Replace { at, with: text::quoted(name) });
            }
        }
    }
    edits
}
