use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Ends the call.
    ///
    /// Before the answer the cause becomes a SIP status (busy 486, rejected 603, unavailable 480, not_found 404,
    /// congestion 503, normal 480). After the answer only `normal` can be signalled.
    Hangup as "hangup";
    entity EntityUse::None;
    takes Takes::EarlyIf {
        field: "cause",
        values: &["busy", "rejected", "unavailable", "not_found", "congestion"],
    };
    waits false;
    fields {
        /// Why.
        cause: crate::nodes::values::CauseWord = "normal";
    }
    computed Computed::None;
    exits {}
}

impl Lower for Hangup {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        at.write(at.start(), vec![Step::Enter], BlockEnd::Hangup(self.cause));
        Ok(())
    }
}
