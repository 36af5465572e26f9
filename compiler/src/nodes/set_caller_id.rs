use flow_vm::effect::CallerPart;

use crate::expr;
use crate::ir::{Ask, BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sets the name and the number that phones show from here on.
    ///
    /// Both are texts; `{…}` in them is an expression: `Sales: {caller.name}`. What isn't given stays as it is. The records
    /// of calls keep the real caller.
    SetCallerId as "set_caller_id";
    entity EntityUse::None;
    takes Takes::Any;
    waits false;
    fields {
        /// The name to show.
        name: crate::nodes::values::Template as Absent;
        /// The number to show.
        number: crate::nodes::values::Template as Absent;
    }
    computed Computed::None;
    exits {
        /// The call goes on.
        next: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for SetCallerId {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let mut next = at.exit("next");
        let parts = [(CallerPart::Number, &self.number), (CallerPart::Name, &self.name)];
        for (part, text) in parts.into_iter().filter_map(|(part, text)| Some((part, text.as_ref()?))) {
            let begin = at.block();
            let (block, steps) = at.compute(begin, Vec::new(), expr::read_template(text))?;
            let effect = Ask::SetCallerId { part };
            at.write(block, steps, BlockEnd::Ask { effect, cases: Vec::new(), otherwise: next });
            next = begin;
        }
        at.write(at.start(), vec![Step::Enter], BlockEnd::Jump(next));
        Ok(())
    }
}
