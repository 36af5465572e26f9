//! Every place that names what is pointed at.

use super::folder::Office;
use super::things::{self, At, OnCanvas, Spotted};
use crate::text::marks::{Role, Thing};

/// In the text files, in their order; `made` tells whether the places where it's made count too.
#[must_use]
pub fn references(office: &Office, at: At<'_>, made: bool) -> Vec<Spotted> {
    let Some(thing) = things::thing(office, at).filter(is_named) else { return Vec::new() };
    let words = things::words(office, &thing).filter(|m| made || m.role == Role::Names);
    let mut found: Vec<_> = words.filter_map(|m| things::spotted(office, m)).collect();
    if let (Thing::Entity(kind, key), true) = (&thing, made) {
        found.extend(things::in_catalogs(office, *kind, key));
    }
    found
}

/// On the canvas that is pointed at, or for text on that of the flows in text.
#[must_use]
pub fn on_canvas(office: &Office, at: At<'_>) -> Vec<OnCanvas> {
    let thing = things::thing(office, at).filter(is_named);
    thing.map(|thing| things::on_canvases(things::project(office, at), &thing)).unwrap_or_default()
}

/// Whether something has a name that other places can use.
fn is_named(thing: &Thing) -> bool {
    !matches!(thing, Thing::Label | Thing::Value | Thing::Word(_))
}
