node! {
    /// Sends the call on by the date and time of the switch's zone.
    ///
    /// Exceptions come first, then rules from top to bottom; the first that matches wins.
    TimeSwitch as "time_switch";
    entity EntityUse::One(EntityKind::TimeSwitch);
    takes Takes::Any;
    waits false;
    fields {}
    computed Computed::TimeRules, Leaves::AsItCame, Unwired::FallsTo("default");
    exits {
        /// No rule matches.
        default: Leaves::AsItCame, Unwired::Refused;
    }
}
