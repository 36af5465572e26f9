use flow_vm::effect::VoicemailEnd;

use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Answers, plays the mailbox's greeting and a beep, and records a message.
    Voicemail as "voicemail";
    entity EntityUse::One(EntityKind::VoicemailBox);
    takes Takes::Any;
    waits true;
    fields {}
    computed Computed::None;
    exits {
        /// The message was recorded and the caller is still there.
        next: Leaves::Answered, Unwired::HangsUp;
        /// The mailbox is full.
        full: Leaves::Answered, Unwired::FallsTo("next");
        /// It couldn't be recorded.
        failed: Leaves::Answered, Unwired::FallsTo("next");
    }
}

impl Lower for Voicemail {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(mailbox) = self.entities.first().cloned() else { return Err(at.hole("the mailbox")) };
        let record = at.answer(vec![Step::Enter]);
        let cases = vec![
            (Case::Voicemail(VoicemailEnd::Done), at.exit("next")),
            (Case::Voicemail(VoicemailEnd::Full), at.exit("full")),
        ];
        let otherwise = at.exit("failed");
        at.write(record, Vec::new(), BlockEnd::Ask { effect: Ask::Voicemail { mailbox }, cases, otherwise });
        Ok(())
    }
}
