use flow_vm::effect::Cause;

use crate::expr;
use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Hands the call over to an extension or to a phone number; it ends with that conversation.
    ///
    /// `extension` names somebody inside. `number` is an expression that gives a phone number: `"+61411111111"`, `"tel:101"`,
    /// or a variable; it is dialled as a phone of the office would dial it, and an outside one takes a trunk. One of the two
    /// is given. `failed` is taken only when the caller couldn't be handed over: nobody answered, busy, no line.
    Transfer as "transfer";
    entity EntityUse::None;
    takes Takes::Any;
    waits true;
    fields {
        /// The extension to ring.
        extension: crate::nodes::values::ExtensionKey as Absent;
        /// The phone number to ring.
        number: crate::nodes::values::ExprText as Absent;
        /// How long to ring.
        ring: crate::nodes::values::Seconds<1, 600> = 60;
    }
    computed Computed::None;
    exits {
        /// It couldn't be done, and the caller is still there.
        failed: Leaves::AsItCame, Unwired::HangsUp;
    }
}

impl Lower for Transfer {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let start = vec![Step::Enter];
        let (extension, (block, steps)) = match (&self.extension, &self.number) {
            (Some(extension), None) => (Some(extension.clone()), (at.start(), start)),
            (None, Some(number)) => (None, at.compute(at.start(), start, expr::read(number))?),
            (Some(_), Some(_)) | (None, None) => return Err(at.hole("one target")),
        };
        let over = at.add(Vec::new(), BlockEnd::Hangup(Cause::Normal));
        let effect = Ask::Transfer { extension, timeout_ms: self.ring.saturating_mul(1_000) };
        let otherwise = at.exit("failed");
        at.write(block, steps, BlockEnd::Ask { effect, cases: vec![(Case::Done, over)], otherwise });
        Ok(())
    }
}
