use crate::expr;
use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sends the call through another flow, and goes on by the exit by which it comes back.
    ///
    /// For what several flows have in common: asking for an account number, trying the people on call. The other flow says
    /// what it takes and how it comes back: `inputs = [account:text]` and `exits = [ok, failed]` at its head, a `start` node
    /// where calls come in, and `return` nodes where they go back. `gives` lists the values of its inputs in their order.
    /// Variables are each flow's own. Every exit needs an edge. A call that ends in the other flow doesn't come back.
    ///
    /// A call may be in at most 64 flows at once, and they may have 128 variables together; one more ends it.
    Subflow as "subflow";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// Key of the flow, which needs a `start` node.
        flow: crate::nodes::values::FlowKey as Required;
        /// Values of the flow's `inputs`, in their order: expressions such as `"caller.number"`.
        gives: crate::nodes::values::ExprList as Absent;
    }
    computed Computed::FlowExits, Leaves::AsItCame, Unwired::Refused;
    exits {}
}

impl Lower for Subflow {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let key = self.flow.as_deref().ok_or_else(|| at.hole("the flow"))?;
        let (to, names) = at.subflow(key)?;
        let gives = self.gives.iter().flatten().map(|text| expr::read(text)).collect();
        let (block, steps) = at.compute_all(at.start(), vec![Step::Enter], gives)?;
        let exits = names.iter().map(|name| at.exit(name)).collect();
        at.write(block, steps, BlockEnd::Call { to, keeps: at.variables(), exits });
        Ok(())
    }
}
