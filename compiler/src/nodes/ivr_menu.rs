node! {
    /// Answers, plays the menu's greeting and waits for a key.
    ///
    /// Silence and wrong keys are counted apart; the greeting is repeated as often as the menu's `retries` say, then
    /// `timeout` or `invalid` is taken.
    IvrMenu as "ivr_menu";
    entity EntityUse::One(EntityKind::IvrMenu);
    takes Takes::Any;
    waits true;
    fields {
        /// How long to wait for a key after the greeting; the menu's own, if not given.
        timeout: crate::nodes::values::Seconds<1, 60>, from "timeout";
    }
    computed Computed::MenuKeys, Leaves::Answered, Unwired::Refused;
    exits {
        /// No key was pressed, and the greeting was repeated often enough.
        timeout: Leaves::Answered, Unwired::SaysGoodbye;
        /// Keys that the menu doesn't offer were pressed often enough.
        invalid: Leaves::Answered, Unwired::SaysGoodbye;
    }
}
