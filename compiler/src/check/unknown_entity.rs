//! F104: a node names an entity that doesn't exist.
//!
//! **Why:** there is nothing to ring, to play or to record into.
//!
//! **Example:** `night: voicemail after-hour`, and the mailbox is `after-hours`.
//!
//! **Cure:** write the right key (the nearest is suggested), or add the entity.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes() {
        let Some(kind) = node.kind.and_then(|k| k.spec().entity.kind()) else { continue };
        for entity in &node.entities {
            let place = entity.origin.0.clone().unwrap_or_else(|| cx.entity_place(id));
            match (&entity.key, entity.id) {
                (Some(key), _) if cx.world.entity(kind, key).is_none() => {
                    let message = format!("there is no {} `{key}`", kind.noun());
                    let found = Diagnostic::new(Code::UnknownEntity, place, message);
                    let found = found.did_you_mean(key, cx.world.keys(kind));
                    out.push(match found.help {
                        Some(_) => found,
                        None => found.help(format!("add it, or name a {} that there is", kind.noun())),
                    });
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
