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
