//! F257: answered callers who hear nothing for a long time.
//!
//! **Why:** after some seconds of silence people say "hello?", think that the line is dead, and hang up. Ringing, music
//! and prompts are all something to hear; waiting for a key isn't.
//!
//! **Example:** `menu: ivr_menu main-menu { timeout = 60s … }`: a caller who looks for the right key hears nothing for a
//! minute.
//!
//! **Cure:** wait for a shorter time and repeat the greeting instead (`retries` of the menu).

use super::{Cx, Sink, stay};
use crate::diag::{Code, Diagnostic};
use crate::limits::SILENCE_WARNED_S;
use crate::nodes::Kind;
use crate::nodes::spec::CallState;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, site) in cx.nodes() {
        let Some(silence) = stay::silence(node, site).filter(|s| s.longest_s > SILENCE_WARNED_S) else {
            continue;
        };
        // A webhook answers nobody: callers who aren't answered hear their own phone ring meanwhile.
        let answers = site.kind != Some(Kind::Webhook);
        if !cx.paths.reaches(id) || !answers && !cx.paths.can_be(id, CallState::Answered) {
            continue;
        }
        let place = match node.field(silence.field) {
            Some(_) => cx.field_place(id, silence.field),
            None => cx.entity_place(id),
        };
        let message = format!(
            "callers at `{}` may hear nothing for {} seconds, and think that the line is dead",
            node.name, silence.longest_s
        );
        let found = Diagnostic::new(Code::HeldInSilence, place, message);
        out.push(found.help(format!("{}, at most {SILENCE_WARNED_S} seconds", silence.cure)));
    }
}
