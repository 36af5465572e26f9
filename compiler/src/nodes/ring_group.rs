use crate::entity::EntityFacts;
use crate::ir::{Ask, BlockEnd, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Rings the members of a group, all at once.
    ///
    /// The node owns the call until the conversation ends. An exit without an edge falls to `no_answer`.
    RingGroup as "ring_group";
    entity EntityUse::One(EntityKind::RingGroup);
    takes Takes::Any;
    waits true;
    fields {
        /// How long to ring; the group's own, if not given.
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

impl Lower for RingGroup {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(EntityFacts::RingGroup(group)) = at.facts() else {
            return Err(at.hole("the facts of the ring group"));
        };
        let timeout_ms = self.ring.unwrap_or_else(|| u32::from(group.ring_timeout_s)).saturating_mul(1_000);
        let effect = Ask::RingGroup { group: group.key.clone(), timeout_ms };
        let cases = at.ring_cases();
        let otherwise = at.exit("unavailable");
        at.write(at.start(), vec![Step::Enter], BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}
