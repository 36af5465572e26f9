use flow_vm::effect::PhoneStatus;

use crate::entity::EntityFacts;
use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Sends the call on by how an extension is right now, without ringing it.
    ///
    /// The exits are tried from the top: a phone that doesn't want to be disturbed takes `do_not_disturb` also while
    /// somebody talks on it. An exit without an edge falls to `free`.
    Status as "status";
    entity EntityUse::One(EntityKind::Extension);
    takes Takes::Any;
    waits false;
    fields {}
    computed Computed::None;
    exits {
        /// No device is registered, or it can't be told.
        unregistered: Leaves::AsItCame, Unwired::FallsTo("free");
        /// It doesn't want to be disturbed.
        do_not_disturb: Leaves::AsItCame, Unwired::FallsTo("free");
        /// Somebody talks on it.
        on_call: Leaves::AsItCame, Unwired::FallsTo("free");
        /// It would ring.
        free: Leaves::AsItCame, Unwired::Refused;
    }
}

impl Lower for Status {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(EntityFacts::Extension(extension)) = at.facts() else {
            return Err(at.hole("the facts of the extension"));
        };
        let cases = PhoneStatus::ALL.map(|status| (Case::Status(status), at.exit(status.name()))).to_vec();
        let otherwise = at.exit("unregistered");
        let effect = Ask::Status { extension: extension.key.clone() };
        at.write(at.start(), vec![Step::Enter], BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}
