//! F231: an answer of a webhook that has the name of another exit.
//!
//! **Why:** an answer is an exit of its node. `default`, `error` and `timeout` are there already, and an answer that is
//! declared twice would lead to two places.
//!
//! **Example:** `answers = [known, known]`, or `answers = [error]`.
//!
//! **Cure:** give each answer a name of its own; the server says that name.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::webhook;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, site) in cx.nodes() {
        let answers = webhook::of(node);
        let fixed = site.kind.map_or(&[][..], |kind| kind.spec().exits);
        for (place, answer) in answers.iter().enumerate() {
            let name = &answer.name;
            let message = if fixed.iter().any(|exit| exit.name == name) {
                format!(
                    "`{name}` is an exit of every webhook, so no answer of `{}` can be called so",
                    node.name
                )
            } else if answers.iter().take(place).any(|other| other.name == *name) {
                format!("`{}` has the answer `{name}` twice", node.name)
            } else {
                continue;
            };
            let found = Diagnostic::new(Code::WebhookAnswer, cx.field_place(id, "answers"), message);
            out.push(found.help("give the answer another name, and let the server say it"));
        }
    }
}
