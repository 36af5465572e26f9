//! F232: a webhook that isn't encrypted.
//!
//! **Why:** callers' numbers and names, and what they typed, go over the net for everybody on the way to read, and anybody
//! on the way can change where calls go. A server on the same machine is no matter.
//!
//! **Example:** `url = "http://crm.example/calls"`.
//!
//! **Cure:** write `https://`, if the server speaks it.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::nodes::Kind;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes().filter(|(_, node, _)| node.kind == Some(Kind::Webhook)) {
        let url = node.field("url").and_then(|field| field.value.as_str());
        let Some(rest) = url.and_then(|url| url.strip_prefix("http://")) else { continue };
        let own = ["localhost", "127.0.0.1", "[::1]"];
        let is_own = |host: &str| {
            rest.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
        };
        if own.into_iter().any(is_own) {
            continue;
        }
        let message = format!("what `{}` tells about callers goes over the net unencrypted", node.name);
        let found = Diagnostic::new(Code::WebhookUnencrypted, cx.field_place(id, "url"), message);
        out.push(found.help("write `https://`, if the server speaks it"));
    }
}
