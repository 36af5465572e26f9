//! F240: fields of a `collect` that don't go together.
//!
//! **Why:** digits that are a secret must never enter the flow, and digits that aren't have to go somewhere; and nobody can
//! enter at least eight digits of at most four.
//!
//! **Example:** `door: collect ask-code { secret = "door"  variable = code }`.
//!
//! **Cure:** give a `collect` either a `variable` or a `secret`, and a `min` that isn't above its `max`.

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::nodes::Config;
use flow_vm::value::DigitsAs;

/// Digits that a number holds, whatever they are.
const NUMBER_DIGITS_MAX: u8 = 18;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    for (id, node, _) in cx.nodes() {
        let Some(Config::Collect(collect)) = Config::read(node) else { continue };
        let name = &node.name;
        let mut say = |field: &str, message: String, help: &str| {
            out.push(Diagnostic::new(Code::CollectFields, cx.field_place(id, field), message).help(help));
        };
        if collect.min > collect.max {
            let message =
                format!("nobody can enter {} digits at least and {} at most", collect.min, collect.max);
            let field = if node.field("min").is_some() { "min" } else { "max" };
            say(field, message, "`min` is at most `max`, which is 16 if it isn't given");
        }
        let secret = node.field("secret").is_some();
        if secret && node.field("variable").is_some() {
            let message = format!("the digits of `{name}` are a secret, so no variable can hold them");
            say("variable", message, "remove `variable`, or `secret` if the flow needs the digits");
        } else if !secret && node.field("variable").is_none() {
            let message = format!("the digits of `{name}` go nowhere");
            say(
                "variable",
                message,
                "name the `variable` that takes them, or the `secret` that they must be",
            );
        }
        if secret && node.field("confirm").is_some() {
            let message =
                format!("the digits of `{name}` are a secret, which is right or wrong: nobody confirms it");
            say("confirm", message, "remove `confirm`");
        }
        if collect.secret.as_deref() == Some("") {
            say(
                "secret",
                "the name of the secret is empty".to_owned(),
                "write the name that the server knows it by",
            );
        }
        if !secret && collect.holds == DigitsAs::Number && collect.max > NUMBER_DIGITS_MAX {
            let message =
                format!("a number has at most {NUMBER_DIGITS_MAX} digits, and `max` is {}", collect.max);
            let field = if node.field("max").is_some() { "max" } else { "holds" };
            say(field, message, "let the variable hold text or a phone number, or lower `max`");
        }
    }
}
