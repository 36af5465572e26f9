use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sends a share of the calls one way and the rest another, by lot.
    ///
    /// What was drawn is in the trace of the call, so that a replay goes the same way.
    Split as "split";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// How many of a hundred calls are `chosen`.
        percent: crate::nodes::values::Int<1, 99> = 50;
    }
    computed Computed::None;
    exits {
        /// The call is of the share.
        chosen: Leaves::AsItCame, Unwired::Refused;
        /// The call is of the rest.
        rest: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for Split {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let cases = vec![(Case::Chance(true), at.exit("chosen"))];
        let otherwise = at.exit("rest");
        let effect = Ask::Chance { percent: self.percent };
        at.write(at.start(), vec![Step::Enter], BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}
