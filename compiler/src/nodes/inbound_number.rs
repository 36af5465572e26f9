use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Where calls to a number from outside enter the flow. Several numbers may share one entry.
    InboundNumber as "inbound_number";
    entity EntityUse::Many(EntityKind::InboundNumber);
    takes Takes::Nothing;
    waits false;
    fields {}
    computed Computed::None;
    exits {
        /// The call.
        next: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for InboundNumber {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let next = at.exit("next");
        at.write(at.start(), vec![Step::Enter], BlockEnd::Jump(next));
        Ok(())
    }
}
