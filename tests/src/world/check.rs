//! What must hold after every step, and at the end.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flow_vm::Program;
use flow_vm::trace::{ReplayEnd, Trace, replay};

use super::World;

/// Longest wait of a call that is not a conversation.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// After every step: no call that has nothing to wait for.
pub fn always(world: &World) -> Result<(), String> {
    for call in world.exchange.calls() {
        if call.activity == "between" || call.activity == "over" {
            return Err(format!("call {} is doing nothing", call.key));
        }
        if call.activity != "talking" && call.deadline > world.now + WAIT_MAX {
            return Err(format!("call {} ({}) waits too long", call.key, call.activity));
        }
        if world.exchange.next_deadline().is_none_or(|next| next > call.deadline) {
            return Err(format!("nobody wakes call {}", call.key));
        }
    }
    Ok(())
}

/// When everybody has hung up: nothing left, one record a call, every trace replays.
pub fn at_rest(world: &World) -> Result<(), String> {
    let left = world.exchange.leftovers();
    if left != flow_call::Leftovers::default() {
        return Err(format!("something is left: {left:?}"));
    }
    if world.media.open_legs() != 0 {
        return Err("the media engine has legs left".to_owned());
    }
    for party in world.parties.iter().filter(|party| !party.dead) {
        let left = party.endpoint.leftovers();
        if left != flow_sip::Leftovers::default() {
            return Err(format!("something is left at {} ({}): {left:?}", party.user, party.at));
        }
    }
    let recorded: Vec<&String> = world.store.records.values().map(|record| &record.sip_call_id).collect();
    let calls: BTreeSet<&String> = recorded.iter().copied().collect();
    if calls.len() != recorded.len() || calls != world.store.invited.iter().collect() {
        return Err(format!("calls {:?} have records {recorded:?}", world.store.invited));
    }
    if let Some(open) = world.store.records.keys().find(|call| !world.store.ended.contains(call)) {
        return Err(format!("the record of {open} was never closed"));
    }
    traces(world)
}

/// Every trace gives the same run again.
fn traces(world: &World) -> Result<(), String> {
    let office = world.exchange.office();
    let entries = office
        .numbers
        .values()
        .map(|number| &number.entry)
        .chain(office.extensions.values().map(|e| &e.direct));
    let programs: Vec<&Arc<Program>> = entries.map(|entry| &entry.program).collect();
    for record in world.store.records.values().filter(|record| !record.trace.is_empty()) {
        let trace = Trace::decode(&record.trace).map_err(|error| error.to_string())?;
        let program = programs.iter().find(|program| program.hash() == trace.program);
        let program = program.ok_or_else(|| format!("no program has the hash {}", trace.program))?;
        let replay = replay(program, &trace);
        match replay.end {
            ReplayEnd::Ended { left: 0, .. } => {}
            ReplayEnd::Ended { .. } | ReplayEnd::Parted { .. } | ReplayEnd::NoEntry(_) => {
                return Err(format!("a trace doesn't replay ({}): {record:#?}", replay.end));
            }
        }
    }
    Ok(())
}
