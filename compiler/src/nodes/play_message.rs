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
