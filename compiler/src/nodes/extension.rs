node! {
    /// Rings every device of one extension.
    ///
    /// The node owns the call until the conversation ends. An exit without an edge falls to `no_answer`.
    Extension as "extension";
    entity EntityUse::One(EntityKind::Extension);
    takes Takes::Any;
    waits true;
    fields {
        /// How long to ring; the extension's own, if not given.
        ring: crate::nodes::values::Seconds<1, 600>, from "ring_timeout";
    }
    computed Computed::None;
    exits {
        /// Somebody answered, the conversation is over, and the caller is still there.
        answered: Leaves::Answered, Unwired::HangsUp;
        /// Nobody answered in time.
        no_answer: Leaves::AsItCame, Unwired::Refused;
        /// Every device was busy.
        busy: Leaves::AsItCame, Unwired::FallsTo("no_answer");
        /// The call was rejected.
        declined: Leaves::AsItCame, Unwired::FallsTo("no_answer");
        /// No device was registered.
        unavailable: Leaves::AsItCame, Unwired::FallsTo("no_answer");
    }
}
