use flow_vm::effect::ConferenceEnd;

use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Answers and brings the caller into a conference, where everybody hears everybody.
    ///
    /// A conference with a PIN asks for it first. The call stays there until the caller hangs up or leaves it.
    Conference as "conference";
    entity EntityUse::One(EntityKind::Conference);
    takes Takes::Any;
    waits true;
    fields {}
    computed Computed::None;
    exits {
        /// The caller left the conference, or it was closed, and the caller is still there.
        next: Leaves::Answered, Unwired::HangsUp;
        /// As many people are in it as may.
        full: Leaves::Answered, Unwired::FallsTo("next");
        /// The caller didn't know the PIN, or the conference couldn't be joined.
        refused: Leaves::Answered, Unwired::FallsTo("next");
    }
}

impl Lower for Conference {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(conference) = self.entities.first().cloned() else { return Err(at.hole("the conference")) };
        let join = at.answer(vec![Step::Enter]);
        let cases = vec![
            (Case::Conference(ConferenceEnd::Left), at.exit("next")),
            (Case::Conference(ConferenceEnd::Full), at.exit("full")),
        ];
        let otherwise = at.exit("refused");
        at.write(join, Vec::new(), BlockEnd::Ask { effect: Ask::Conference { conference }, cases, otherwise });
        Ok(())
    }
}
