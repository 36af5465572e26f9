use flow_vm::table::{DayMask, Days, Minutes, When};

use crate::entity::{EntityFacts, Hours};
use crate::ir::{BlockEnd, BlockRef, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sends the call on by the date and time of the switch's zone.
    ///
    /// Exceptions come first, then rules from top to bottom; the first that matches wins.
    TimeSwitch as "time_switch";
    entity EntityUse::One(EntityKind::TimeSwitch);
    takes Takes::Any;
    waits false;
    fields {}
    computed Computed::TimeRules, Leaves::AsItCame, Unwired::FallsTo("default");
    exits {
        /// No rule matches.
        default: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for TimeSwitch {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(EntityFacts::TimeSwitch(switch)) = at.facts() else {
            return Err(at.hole("the facts of the time switch"));
        };
        let mut rows = Vec::new();
        for e in &switch.exceptions {
            let to = at.exit(&e.exit);
            add_rows(&mut rows, Days::Dates { first: e.from.day, last: e.to.day }, &e.hours, to);
        }
        for rule in &switch.rules {
            let to = at.exit(&rule.key);
            add_rows(&mut rows, Days::Weekly(DayMask(rule.days.0)), &rule.hours, to);
        }
        let otherwise = at.exit("default");
        let end = BlockEnd::Clock { zone: switch.timezone.clone(), rows, otherwise };
        at.write(at.start(), vec![Step::Enter], end);
        Ok(())
    }
}

/// One row for each range of the day; one for the whole day where none is given. A range that is none matches nothing.
fn add_rows(rows: &mut Vec<(When, BlockRef)>, days: Days, hours: &[Hours], to: BlockRef) {
    if hours.is_empty() {
        rows.push((When { days, minutes: Minutes::ALL_DAY }, to));
    }
    let ranges = hours.iter().filter_map(|h| Minutes::new(h.start, h.end));
    rows.extend(ranges.map(|minutes| (When { days, minutes }, to)));
}
