node! {
    /// Where calls to a number from outside enter the flow. Several numbers may share one entry.
    InboundNumber as "inbound_number";
    entity EntityUse::Many(EntityKind::InboundNumber);
    takes Takes::Nothing;
    waits false;
    fields {}
    computed Computed::None;
    exits {
        /// The call.
        next: Leaves::AsItCame, Unwired::Refused;
    }
}
