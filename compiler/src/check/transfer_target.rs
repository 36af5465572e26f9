//! F230: a transfer to nobody, or to two places.
//!
//! **Why:** a call is handed over to one place. Without one there is nothing to ring; of two nobody could say which counts.
//!
//! **Example:** `out: transfer { ring = 30s }`, or `out: transfer { extension = 101  number = "+61411111111" }`.
//!
//! **Cure:** name an `extension` or a `number`, and only one of them.

use super::{Cx, Sink, spot};
use crate::diag::{Code, Diagnostic, Spot};
use crate::nodes::Kind;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Transfer)) {
        match (node.field("extension"), node.field("number")) {
            // What stands behind the kind is meant, which is said.
            (None, None) if !node.entities.is_empty() => {}
            (None, None) => {
                let message = format!("`{}` doesn't say to whom it transfers the call", node.name);
                let place = spot(cx.graph, id, Spot::Field("extension".to_owned()));
                let found = Diagnostic::new(Code::TransferTarget, place, message);
                out.push(found.help("name one: `extension = 101`, or `number = \"+61411111111\"`"));
            }
            (Some(extension), Some(_)) => {
                let message = format!("`{}` transfers the call to an extension and to a number", node.name);
                let found = Diagnostic::new(Code::TransferTarget, cx.field_place(id, "number"), message);
                let found = found.also(extension.origin.place(), "the extension");
                out.push(found.help("a call is handed over to one place: keep one of them"));
            }
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
}
