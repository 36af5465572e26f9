//! The verifier: the only door to a [`Program`]. It takes bytes from anywhere, in time and memory linear in
//! their length.
//!
//! What it holds every program to ([`Rule`]):
//!
//! 1. **Container**: length within the limit, magic, a format version that this machine runs, reserved bytes
//!    zero, nothing missing, nothing after the end.
//! 2. **Hash**: the SHA-256 of the content at its end fits.
//! 3. **Limits**: no section, constant, table or node has more than [`crate::limits`] allows.
//! 4. **Constants**: UTF-8, each of them once.
//! 5. **KnownOps**: every op is in the table of [`crate::op`].
//! 6. **Operands**: every operand names a constant, node, exit, counter, target, table that there is, and
//!    every number is in its range.
//! 7. **Tables**: the `n`th switch in the code uses table `n`, which has the kind that the switch needs; none
//!    is left over.
//! 8. **Total**: a table has a target for everything that can happen.
//! 9. **TimeRules**: a weekly rule has a day; dates exist and ascend; minutes are a non-empty range of a day.
//! 10. **Entries**: there is one; names ascend and differ; each begins at an op.
//! 11. **Debug**: node names differ, a node's exit names differ; ranges ascend, don't overlap, aren't empty,
//!     name a node.
//! 12. **BlockEnds**: no path runs off the end of the code.
//! 13. **DebugEntry**: no op that a call can reach is outside of the debug map.
//! 14. **CallState**: over all paths from all entries (a call comes in not answered): `menu`, `voicemail`, `queue`, `conference` and
//!     `play … answered` are reached only by answered callers, `play … early` only by callers that aren't.
//!     `answer` or `transfer` that is done and ringing that is answered make a caller answered; nothing else does, nothing
//!     undoes it.
//! 15. **Answers**: over all paths, a switch is reached only with answers that its table knows: `switch_key`
//!     with a key, `switch_ring` after ringing, and so on.
//! 16. **Counters**: over all paths, a counter is set before it is counted down.
//! 17. **Values**: over all paths, an op finds values of the types that it takes on the stack, which never has
//!     more than [`crate::limits::STACK_MAX`]; an op that asks the world leaves the stack empty; paths that meet
//!     have the same types on it; a variable is set, with one type, before it is read.
//! 18. **Needs**: the header names exactly the effects that the ops ask for.
//!
//! Rules 12 to 17 are in `flow.rs`. They hold for ops that can be reached; the machine never runs another.
//! Loops aren't the verifier's business: fuel and visits end them while running
//! ([`crate::limits::STEPS_PER_INPUT_MAX`], [`crate::limits::VISITS_PER_NODE_MAX`]).

use std::collections::BTreeSet;
use std::fmt;

use crate::codec;
use crate::flow;
use crate::operand::{Operand, StrIx};
use crate::program::{Parts, Program};
use crate::table::{Table, TableIx};

/// What a program broke. Their meaning is in the list at the head of `verify.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is explained in the list of rules above")]
pub enum Rule {
    Container,
    Hash,
    Limits,
    Constants,
    KnownOps,
    Operands,
    Tables,
    Total,
    TimeRules,
    Entries,
    Debug,
    BlockEnds,
    DebugEntry,
    CallState,
    Answers,
    Counters,
    Values,
    Needs,
}

/// Where a program broke a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The program as a whole.
    Whole,
    /// At this byte.
    Byte(usize),
    /// At the op of this number.
    Op(u32),
}

/// Why bytes are no program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The rule that is broken.
    pub rule: Rule,
    /// Where.
    pub place: Place,
    /// What is wrong, in words.
    pub detail: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Whole => write!(f, "program refused: ")?,
            Place::Byte(at) => write!(f, "program refused at byte {at}: ")?,
            Place::Op(at) => write!(f, "program refused at op @{at}: ")?,
        }
        write!(f, "{} (rule {:?})", self.detail, self.rule)
    }
}

impl std::error::Error for VerifyError {}

/// Checks bytes against every rule and makes them a program.
///
/// # Errors
/// The first rule that is broken, and where.
pub fn verify(bytes: &[u8]) -> Result<Program, VerifyError> {
    let (parts, hash) = codec::decode(bytes)?;
    constants(&parts)?;
    operands(&parts)?;
    tables(&parts)?;
    entries(&parts)?;
    debug_map(&parts)?;
    let reached = flow::check(&parts)?;
    let needs = parts.needs();
    Ok(Program::verified(parts, hash, needs, reached))
}

fn whole(rule: Rule, detail: String) -> VerifyError {
    VerifyError { rule, place: Place::Whole, detail }
}

pub(crate) fn at_op(rule: Rule, at: u32, detail: impl Into<String>) -> VerifyError {
    VerifyError { rule, place: Place::Op(at), detail: detail.into() }
}

fn constants(parts: &Parts) -> Result<(), VerifyError> {
    match first_repeated(&parts.constants) {
        Some(text) => Err(whole(Rule::Constants, format!("constant {text:?} is there twice"))),
        None => Ok(()),
    }
}

fn operands(parts: &Parts) -> Result<(), VerifyError> {
    for (op, at) in parts.ops.iter().zip(0..) {
        op.check(parts).map_err(|detail| at_op(Rule::Operands, at, detail))?;
    }
    Ok(())
}

fn tables(parts: &Parts) -> Result<(), VerifyError> {
    let mut due = 0;
    for (op, at) in parts.ops.iter().zip(0..) {
        let Some(ix) = op.table() else { continue };
        if ix != TableIx(due) {
            return Err(at_op(Rule::Tables, at, format!("switch {due} uses table {}", ix.0)));
        }
        due += 1;
        if let Some(table) = parts.table(ix) {
            check_table(parts, table, at)?;
        }
    }
    if due as usize == parts.tables.len() {
        Ok(())
    } else {
        Err(whole(Rule::Tables, format!("{due} switches have {} tables", parts.tables.len())))
    }
}

fn check_table(parts: &Parts, table: &Table, at: u32) -> Result<(), VerifyError> {
    for to in table.targets() {
        to.check(parts).map_err(|detail| at_op(Rule::Operands, at, detail))?;
    }
    match table {
        Table::Slots { kind, targets } if targets.len() != kind.names().len() => {
            Err(at_op(Rule::Total, at, "the table doesn't have a target for everything that can happen"))
        }
        Table::Slots { .. } => Ok(()),
        Table::Time(table) => match table.rules.iter().find_map(|rule| rule.when.fault()) {
            Some(detail) => Err(at_op(Rule::TimeRules, at, detail)),
            None => Ok(()),
        },
    }
}

fn name(parts: &Parts, ix: StrIx, rule: Rule) -> Result<&str, VerifyError> {
    match parts.constant(ix) {
        Some("") => Err(whole(rule, "a name is empty".to_owned())),
        Some(text) => Ok(text),
        None => Err(whole(rule, format!("there is no constant {}", ix.0))),
    }
}

fn entries(parts: &Parts) -> Result<(), VerifyError> {
    if parts.entries.is_empty() {
        return Err(whole(Rule::Entries, "there is no entry: no call could begin".to_owned()));
    }
    let mut last = "";
    for entry in &parts.entries {
        let name = name(parts, entry.name, Rule::Entries)?;
        if name <= last {
            return Err(whole(Rule::Entries, format!("entry {name:?} stands after {last:?}")));
        }
        entry.at.check(parts).map_err(|detail| whole(Rule::Entries, detail))?;
        last = name;
    }
    Ok(())
}

fn debug_map(parts: &Parts) -> Result<(), VerifyError> {
    let fault = |detail| whole(Rule::Debug, detail);
    let mut names = BTreeSet::new();
    for node in &parts.nodes {
        let node_name = name(parts, node.name, Rule::Debug)?;
        if !names.insert(node_name) {
            return Err(fault(format!("node {node_name:?} is there twice")));
        }
        for exit in &node.exits {
            name(parts, *exit, Rule::Debug)?;
        }
        // Constants are there once each, so equal names are equal numbers.
        if first_repeated(&node.exits).is_some() {
            return Err(fault(format!("node {node_name:?} has an exit twice")));
        }
    }
    let mut free = 0;
    for range in &parts.ranges {
        range.node.check(parts).map_err(fault)?;
        let ops = parts.ops.len();
        if range.first < free || range.end <= range.first || range.end as usize > ops {
            return Err(fault(format!("range {}..{} is out of place", range.first, range.end)));
        }
        free = range.end;
    }
    Ok(())
}

fn first_repeated<T: Ord>(all: &[T]) -> Option<&T> {
    let mut seen = BTreeSet::new();
    all.iter().find(|one| !seen.insert(*one))
}

#[cfg(test)]
mod tests;
