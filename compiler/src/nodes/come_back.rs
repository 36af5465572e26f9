use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Goes back to the flow that called this one, by one of this flow's `exits`.
    ComeBack as "return";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// The exit.
        exit: crate::nodes::values::ExitName as Required;
    }
    computed Computed::None;
    exits {}
}

impl Lower for ComeBack {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let exit = self.exit.as_deref().and_then(|name| at.own_exit(name)).ok_or_else(|| at.hole("the exit"))?;
        at.write(at.start(), vec![Step::Enter], BlockEnd::Return(exit));
        Ok(())
    }
}
