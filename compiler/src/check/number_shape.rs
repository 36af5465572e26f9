//! F258: an entry has a number that no carrier sends calls for.
//!
//! **Why:** carriers name the dialled number in E.164, with `+` and the country's code. An extension's number, or one as
//! people write it, is never dialled so: no call would enter here, and a server refuses the number.
//!
//! **Example:** `entry office: inbound_number 101`, or `"0299998888"` for `"+61299998888"`.
//!
//! **Cure:** write the number as the carrier does: `+`, country, number. Calls to an extension need no flow.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::EntityKind;
use crate::entity::spec::KeyType;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes() {
        if node.kind.and_then(|k| k.spec().entity.kind()) != Some(EntityKind::InboundNumber) {
            continue;
        }
        for entity in &node.entities {
            let Some(number) = entity.key.as_deref().filter(|key| !KeyType::Number.fits(key)) else {
                continue;
            };
            let place = entity.origin.0.clone().unwrap_or_else(|| cx.entity_place(id));
            let message =
                format!("no call can enter at `{}`: no carrier sends calls to `{number}`", node.name);
            let help = if cx.world.entity(EntityKind::Extension, number).is_some() {
                format!(
                    "`{number}` is an extension, which phones reach without a flow; name a number of the carrier"
                )
            } else {
                format!("write {}", KeyType::Number.wants())
            };
            out.push(Diagnostic::new(Code::NumberShape, place, message).help(help));
        }
    }
}
