use crate::expr;
use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sends the call on by a condition.
    ///
    /// The condition is an expression that is true or false: `caller.number starts_with +614`, `tries < 3`, or
    /// `called.number == +61299998888 and not vip`, `now.time >= 17:30 or now.weekday == sun`.
    Branch as "branch";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// The condition.
        when: crate::nodes::values::ExprText as Required;
    }
    computed Computed::None;
    exits {
        /// It is so.
        yes: Leaves::AsItCame, Unwired::Refused;
        /// It isn't.
        no: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for Branch {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(when) = &self.when else { return Err(at.hole("the condition")) };
        let (block, steps) = at.compute(at.start(), vec![Step::Enter], expr::read(when))?;
        let (yes, no) = (at.exit("yes"), at.exit("no"));
        at.write(block, steps, BlockEnd::Test { yes, no });
        Ok(())
    }
}
