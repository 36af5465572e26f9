use flow_vm::effect::QueueEnd;

use crate::entity::EntityFacts;
use crate::ir::{Ask, BlockEnd, Case, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Answers and lets the caller wait with others, to music, until a member of the queue is free.
    ///
    /// The node owns the call until the conversation ends. `timeout` must lead somewhere: it is where callers go who waited
    /// as long as they may. Of the other exits those without an edge fall to `no_answer`, and that one to `timeout`.
    Queue as "queue";
    entity EntityUse::One(EntityKind::Queue);
    takes Takes::Any;
    waits true;
    fields {
        /// How long to wait at most; the queue's own, if not given.
        wait: crate::nodes::values::Seconds<1, 3600>, from "max_wait";
    }
    computed Computed::None;
    exits {
        /// A member answered, the conversation is over, and the caller is still there.
        answered: Leaves::Answered, Unwired::HangsUp;
        /// The caller waited as long as callers may.
        timeout: Leaves::Answered, Unwired::Refused;
        /// As many callers wait as may.
        full: Leaves::Answered, Unwired::FallsTo("no_answer");
        /// Every member was rung, nobody answered, and the queue lets nobody wait for another round.
        no_answer: Leaves::Answered, Unwired::FallsTo("timeout");
        /// No member may be disturbed.
        busy: Leaves::Answered, Unwired::FallsTo("no_answer");
        /// Every member rejected the call.
        declined: Leaves::Answered, Unwired::FallsTo("no_answer");
        /// No member has a device registered.
        unavailable: Leaves::Answered, Unwired::FallsTo("no_answer");
    }
}

impl Lower for Queue {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(EntityFacts::Queue(queue)) = at.facts() else {
            return Err(at.hole("the facts of the queue"));
        };
        let timeout_ms = self.wait.unwrap_or_else(|| u32::from(queue.max_wait_s)).saturating_mul(1_000);
        let effect = Ask::Queue { queue: queue.key.clone(), timeout_ms };
        let waiting = at.answer(vec![Step::Enter]);
        let cases = QueueEnd::ALL.map(|end| (Case::Queue(end), at.exit(end.name()))).to_vec();
        let otherwise = at.exit("unavailable");
        at.write(waiting, Vec::new(), BlockEnd::Ask { effect, cases, otherwise });
        Ok(())
    }
}
