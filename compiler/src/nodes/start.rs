use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Calls of other flows come in here: those that their `subflow` nodes send.
    ///
    /// The flow's `inputs` are variables from here on, with the values that the other flow gives. Its other variables can't
    /// be read here. Calls that dial a number don't come to this node; a flow that has numbers too takes them at an
    /// `inbound_number`. A flow has one `start`.
    Start as "start";
    entity EntityUse::None;
    takes Takes::Nothing;
    waits false;
    fields {}
    computed Computed::None;
    exits {
        /// The call comes in.
        next: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for Start {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let next = at.exit("next");
        let mut steps: Vec<Step> = Vec::new();
        for name in at.inputs().iter().rev() {
            steps.push(Step::Store(at.variable(name)?));
        }
        steps.push(Step::Enter);
        at.write(at.start(), steps, BlockEnd::Jump(next));
        Ok(())
    }
}
