use crate::ir::{BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Where calls from other flows come into this one, by their `subflow` nodes.
    ///
    /// The flow's `inputs` have their values from here on, and nothing else of the caller's variables is known. Such a flow
    /// isn't published by itself: it goes along with the flows that call it.
    Start as "start";
    entity EntityUse::None;
    takes Takes::Nothing;
    waits false;
    fields {}
    computed Computed::None;
    exits {
        /// The call.
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
