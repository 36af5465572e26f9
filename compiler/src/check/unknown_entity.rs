//! F104: a node names an entity that doesn't exist.
//!
//! **Why:** there is nothing to ring, to play or to record into.
//!
//! **Example:** `night: voicemail after-hour`, and the mailbox is `after-hours`.
//!
//! **Cure:** write the right key (the nearest is suggested), or add the entity.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic, a};
use crate::entity::EntityKind;
use crate::entity::spec::KeyType;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    if cx.graph.lost.0 {
        return;
    }
    for (id, node, _) in cx.nodes() {
        let Some(kind) = node.kind.and_then(|k| k.spec().entity.kind()) else { continue };
        for entity in &node.entities {
            let place = entity.origin.0.clone().unwrap_or_else(|| cx.entity_place(id));
            match (&entity.key, entity.id) {
                // That it could be no number at all is said elsewhere.
                (Some(key), _) if kind == EntityKind::InboundNumber && !KeyType::Number.fits(key) => {}
                (Some(key), _) if cx.world.entity(kind, key).is_none() => {
                    let message = format!("there is no {} `{key}`", kind.noun());
                    let found = Diagnostic::new(Code::UnknownEntity, place, message)
                        .help(format!("add it, or name {} that there is", a(kind.noun())));
                    let keys = if out.suggests() { cx.world.keys(kind) } else { Vec::new() };
                    out.push_near(found, key, keys);
                }
                (None, Some(id)) => {
                    let message = format!("there is no {} with the id {id}", kind.noun());
                    let found = Diagnostic::new(Code::UnknownEntity, place, message);
                    out.push(found.help("it may have been deleted; choose another"));
                }
                (Some(_), _) | (None, None) => {}
            }
        }
    }
}
