//! F250: a time switch has more times than a program can hold.
//!
//! **Why:** each range of hours and each date is a row of one table, which is gone through while a caller waits.
//!
//! **Example:** two thousand exceptions, or a rule with a thousand ranges and some more rules.
//!
//! **Cure:** remove dates that are over, or put them into a second time switch that the first one leads to.

use std::collections::BTreeSet;

use flow_vm::limits::TIME_RULES_MAX;

use super::{Cx, Sink};
use crate::diag::{Code, Diagnostic};
use crate::entity::EntityFacts;

pub(super) fn check(cx: &Cx<'_>, out: &mut Sink) {
    let mut told = BTreeSet::new();
    for (id, _, site) in cx.nodes() {
        let Some(EntityFacts::TimeSwitch(switch)) = site.facts else { continue };
        let times = switch.times();
        if times > usize::from(TIME_RULES_MAX) && told.insert(&switch.key) {
            let message = format!("`{}` has {times} times; a program holds {TIME_RULES_MAX}", switch.key);
            let found = Diagnostic::new(Code::TooManyTimes, cx.entity_place(id), message);
            out.push(found.help(
                "remove dates that are over, or put them into a second time switch that `default` leads to",
            ));
        }
    }
}
