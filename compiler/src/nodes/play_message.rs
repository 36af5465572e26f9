use crate::ir::{Ask, BlockEnd, Case, Heard, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Plays a prompt to the caller, then goes on.
    ///
    /// The caller is answered first, unless `early` is set: then the prompt is early media (183) and the caller's
    /// carrier charges nothing for it.
    PlayMessage as "play_message";
    entity EntityUse::One(EntityKind::Prompt);
    takes Takes::EarlyIf { field: "early", values: &["true"] };
    waits true;
    fields {
        /// Whether a key ends the prompt.
        barge_in: crate::nodes::values::Bool = false;
        /// Whether the prompt is played to a caller who isn't answered.
        early: crate::nodes::values::Bool = false;
    }
    computed Computed::None;
    exits {
        /// The prompt was heard to its end, or couldn't be played.
        next: Leaves::AnsweredUnless("early"), Unwired::Refused;
        /// A key ended it (with `barge_in`).
        interrupted: Leaves::AnsweredUnless("early"), Unwired::FallsTo("next");
    }
}

impl Lower for PlayMessage {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(prompt) = self.entities.first().cloned() else { return Err(at.hole("the prompt")) };
        // Early media is for a caller who isn't answered; everyone else is answered first.
        let (play, steps) = match self.early {
            true => (at.start(), vec![Step::Enter]),
            false => (at.answer(vec![Step::Enter]), Vec::new()),
        };
        let cases = match self.barge_in {
            true => vec![(Case::OtherKey, at.exit("interrupted"))],
            false => Vec::new(),
        };
        let otherwise = at.exit("next");
        let sound = Heard::Prompt(prompt);
        let effect = Ask::Play { sound, barge_in: self.barge_in, early: self.early };
        at.write(play, steps, BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}
