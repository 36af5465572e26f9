//! Publishing: compile, verify, then one transaction that stores the version, moves the live pointer, gives the flow
//! its numbers and writes the audit row. Whatever refuses, refuses before anything has changed for calls.

use std::collections::BTreeSet;

use flow_compiler::diag::Diagnostic;
use flow_vm::effect::EffectSet;
use rusqlite::Connection;
use serde::Serialize;

use crate::audit::{self, Action, By};
use crate::call_flow;
use crate::compile::{self, Made};
use crate::error::{Error, Result};
use crate::flow_version::{self, LiveSource, NewVersion};
use crate::inbound_number;
use crate::world::{Facts, Name};

/// Note of a version that somebody published.
const PUBLISHED: &str = "published";
/// Note of a version that a changed fact made (decisions.md, Versions).
const FACTS_CHANGED: &str = "facts changed";
/// Note of a version that was compiled again because its program no longer verified.
const NEW_FORMAT: &str = "compiled again by this version of flowpbx";

/// A version that has become live.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// Key of the flow.
    pub flow: String,
    /// Number of its live version.
    pub version: i64,
    /// Hash of the live program.
    pub program_hash: String,
    /// Numbers that enter it.
    pub numbers: Vec<String>,
    /// Findings that don't stop a publish.
    pub warnings: Vec<Diagnostic>,
}

/// Publishes the draft of a flow. `conn` is inside a transaction; an error must roll it back.
pub(crate) fn publish(conn: &Connection, flow: &str, effects: EffectSet, by: By<'_>) -> Result<Published> {
    let flow = call_flow::find(conn, flow)?;
    compile::ensure_numbers(conn, &flow.key, &flow.draft, by)?;
    let facts = Facts::read(conn)?;
    let made = compile::compile(conn, &flow.key, &flow.draft, &facts, effects)?;
    let target = Target { flow_id: flow.id, flow: &flow.key, source: &flow.draft };
    make_live(conn, &target, &made, (Action::Publish, PUBLISHED), by)
}

/// Compiles the live sources of the flows that use a changed entity again (never their drafts), but for those that
/// were published in the same transaction. Refused when one of them would break.
pub(crate) fn recompile_users(
    conn: &Connection,
    changed: &BTreeSet<Name>,
    published: &[Published],
    effects: EffectSet,
    by: By<'_>,
) -> Result<Vec<Published>> {
    let mut sources = flow_version::live_sources(conn, Some(changed))?;
    sources.retain(|source| !published.iter().any(|p| p.flow == source.flow));
    recompile(conn, &sources, FACTS_CHANGED, effects, by)
}

/// Compiles live flows again whose program doesn't verify: it was made by another version of FlowPBX. A flow that
/// no longer compiles is left as it is; its live program stays refused, and the others go on.
pub(crate) fn recompile_unverified(
    conn: &Connection,
    effects: EffectSet,
    by: By<'_>,
) -> Result<Vec<Published>> {
    let mut bad = BTreeSet::new();
    for live in call_flow::live(conn)? {
        if let Err(Error::BadProgram { flow, reason }) = live {
            tracing::warn!(flow, reason, "a live program doesn't verify; compiling it again");
            bad.insert(flow);
        }
    }
    let mut done = Vec::new();
    for source in flow_version::live_sources(conn, None)?.into_iter().filter(|s| bad.contains(&s.flow)) {
        // The others are kept, so what this one had changed before it failed must not be.
        conn.execute_batch("SAVEPOINT recompiled")?;
        match recompile(conn, std::slice::from_ref(&source), NEW_FORMAT, effects, by) {
            Ok(published) => done.extend(published),
            Err(e) => {
                conn.execute_batch("ROLLBACK TO recompiled")?;
                tracing::error!(flow = source.flow, error = %e, "a live flow can't be compiled again");
            }
        }
        conn.execute_batch("RELEASE recompiled")?;
    }
    Ok(done)
}

/// The findings of a draft.
pub(crate) fn validate(conn: &Connection, flow: &str, effects: EffectSet) -> Result<Vec<Diagnostic>> {
    let flow = call_flow::find(conn, flow)?;
    let facts = compile::with_numbers(Facts::read(conn)?, &flow.key, &flow.draft);
    match compile::compile(conn, &flow.key, &flow.draft, &facts, effects) {
        Ok(made) => Ok(made.warnings),
        Err(Error::Refused { diagnostics, .. }) => Ok(diagnostics),
        Err(other) => Err(other),
    }
}

fn recompile(
    conn: &Connection,
    sources: &[LiveSource],
    note: &str,
    effects: EffectSet,
    by: By<'_>,
) -> Result<Vec<Published>> {
    let facts = Facts::read(conn)?;
    let mut done = Vec::new();
    for live in sources {
        let made = compile::compile(conn, &live.flow, &live.source, &facts, effects)?;
        let target = Target { flow_id: live.flow_id, flow: &live.flow, source: &live.source };
        done.push(make_live(conn, &target, &made, (Action::Recompile, note), by)?);
    }
    Ok(done)
}

struct Target<'a> {
    flow_id: i64,
    flow: &'a str,
    source: &'a str,
}

fn make_live(
    conn: &Connection,
    target: &Target<'_>,
    made: &Made,
    (action, note): (Action, &str),
    by: By<'_>,
) -> Result<Published> {
    let new = NewVersion {
        flow_id: target.flow_id,
        source: target.source,
        facts: &made.facts,
        program: &made.program,
        program_hash: &made.program_hash,
        uses: &made.uses,
        note,
    };
    let stored = flow_version::put(conn, &new, by)?;
    call_flow::set_live(conn, target.flow_id, stored.id, by.now_ms)?;
    inbound_number::assign(conn, target.flow_id, &made.numbers, by.now_ms)?;
    let detail = format!("version {} ({note}), program {}", stored.number, made.program_hash);
    audit::write(conn, by, action, ("flow", target.flow), &detail)?;
    Ok(Published {
        flow: target.flow.to_owned(),
        version: stored.number,
        program_hash: made.program_hash.clone(),
        numbers: made.numbers.iter().map(|(number, _)| number.clone()).collect(),
        warnings: made.warnings.clone(),
    })
}
