use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Goes back to the flow that sent the call here, by one of this flow's `exits`.
    ///
    /// The call goes on at the `subflow` node that sent it, by its exit of this name, with the variables that the other flow
    /// had before. Calls that dialled a number have nowhere to go back to and mustn't come here.
    ComeBack as "return";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// One of the `exits` at the head of the flow.
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
