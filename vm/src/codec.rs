//! The container's bytes. Everything is little-endian and of fixed width, so that a content has one encoding
//! only:
//!
//! ```text
//! magic       8  "FLOWVM\r\n"
//! version     2  1
//! reserved    2  0
//! needs       4  the effects that the ops ask for, a bit each (EffectKind::ALL)
//! constants   count 4, each: length 4, UTF-8
//! tables      count 4, each: kind 1, count 2, targets 4 each
//!                      kind 255 (time): count 2, rules 17 each, default 4, failed 4
//! ops         count 4, each: code 1, operands
//! entries     count 4, each: name 4, op 4
//! nodes       count 4, each: name 4, count 2, exit names 4 each
//! ranges      count 4, each: first 4, end 4, node 4
//! hash       32  SHA-256 of all before
//! ```
//!
//! A time rule is: days 1 (0 weekly, 1 dates), two numbers of 4 (mask and 0; first and last day), start 2,
//! end 2, target 4 = 17 bytes.

use sha2::{Digest, Sha256};

use crate::limits;
use crate::op::Op;
use crate::operand::{Operand, StrIx};
use crate::program::{Entry, Node, NodeIx, Parts, ProgramHash, Range};
use crate::table::{DayMask, Days, Minutes, SlotKind, Table, Target, TimeRule, TimeTable, When};
use crate::verify::{Place, Rule, VerifyError};

/// Format version that this crate writes and reads.
pub(crate) const VERSION: u16 = 1;

const MAGIC: &[u8; 8] = b"FLOWVM\r\n";
const HASH_BYTES: usize = 32;
const TIME_TABLE: u8 = 255;

/// The bytes of a content.
pub(crate) fn encode(parts: &Parts) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend(0u16.to_le_bytes());
    out.extend(parts.needs().bits().to_le_bytes());
    put_all(&mut out, &parts.constants, |out, text| {
        put_count(out, text.len());
        out.extend(text.as_bytes());
    });
    put_all(&mut out, &parts.tables, put_table);
    put_all(&mut out, &parts.ops, |out, op| op.put(out));
    put_all(&mut out, &parts.entries, |out, entry| {
        entry.name.put(out);
        entry.at.put(out);
    });
    put_all(&mut out, &parts.nodes, |out, node| {
        node.name.put(out);
        put_short(out, node.exits.len());
        node.exits.iter().for_each(|exit| exit.put(out));
    });
    put_all(&mut out, &parts.ranges, |out, range| {
        out.extend(range.first.to_le_bytes());
        out.extend(range.end.to_le_bytes());
        range.node.put(out);
    });
    let hash = Sha256::digest(&out);
    out.extend(hash);
    out
}

/// The content of bytes, as far as their form goes.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Parts, ProgramHash), VerifyError> {
    let whole = Reader { bytes, at: 0 };
    if bytes.len() > limits::PROGRAM_BYTES_MAX {
        return Err(whole.fault(Rule::Container, "the program is longer than a program may be".to_owned()));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(whole.fault(Rule::Container, "these bytes are no FlowPBX program".to_owned()));
    }
    let Some((body, hash)) = bytes.split_last_chunk::<HASH_BYTES>() else {
        return Err(whole.fault(Rule::Container, "the program is cut off".to_owned()));
    };
    let mut from = Reader { bytes: body, at: MAGIC.len() };
    let version = from.u16()?;
    if version != VERSION {
        let text =
            format!("the program has format {version}; this machine runs format {VERSION}: compile it again");
        return Err(from.fault(Rule::Container, text));
    }
    if Sha256::digest(body).as_slice() != hash {
        return Err(from.fault(Rule::Hash, "the content hash doesn't fit: the bytes were changed".to_owned()));
    }
    if from.u16()? != 0 {
        return Err(from.fault(Rule::Container, "reserved bytes aren't zero".to_owned()));
    }
    let needs = from.u32()?;
    let parts = Parts {
        constants: get_all(&mut from, limits::CONSTANTS_MAX, "constants", get_constant)?,
        tables: get_all(&mut from, limits::TABLES_MAX, "tables", get_table)?,
        ops: get_all(&mut from, limits::OPS_MAX, "ops", Op::get)?,
        entries: get_all(&mut from, limits::ENTRIES_MAX, "entries", |from| {
            Ok(Entry { name: StrIx::get(from)?, at: Target::get(from)? })
        })?,
        nodes: get_all(&mut from, limits::NODES_MAX, "nodes", get_node)?,
        ranges: get_all(&mut from, limits::RANGES_MAX, "ranges", |from| {
            Ok(Range { first: from.u32()?, end: from.u32()?, node: NodeIx::get(from)? })
        })?,
    };
    if !from.is_empty() {
        return Err(from.fault(Rule::Container, "there are bytes after the end".to_owned()));
    }
    if parts.needs().bits() != needs {
        return Err(
            from.fault(Rule::Needs, "the header doesn't name the effects that the ops ask for".to_owned())
        );
    }
    Ok((parts, ProgramHash(*hash)))
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_short(out: &mut Vec<u8>, count: usize) {
    out.extend(u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
}

fn put_all<T>(out: &mut Vec<u8>, all: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    put_count(out, all.len());
    all.iter().for_each(|one| put(out, one));
}

fn put_table(out: &mut Vec<u8>, table: &Table) {
    match table {
        Table::Slots { kind, targets } => {
            let number = SlotKind::ALL.iter().position(|known| known == kind).unwrap_or_default();
            out.push(u8::try_from(number).unwrap_or_default());
            put_short(out, targets.len());
            targets.iter().for_each(|to| to.put(out));
        }
        Table::Time(table) => {
            out.push(TIME_TABLE);
            put_short(out, table.rules.len());
            table.rules.iter().for_each(|rule| put_rule(out, rule));
            table.default.put(out);
            table.failed.put(out);
        }
    }
}

fn put_rule(out: &mut Vec<u8>, rule: &TimeRule) {
    let (tag, a, b) = match rule.when.days {
        Days::Weekly(DayMask(mask)) => (0, i32::from(mask), 0),
        Days::Dates { first, last } => (1, first, last),
    };
    out.push(tag);
    out.extend(a.to_le_bytes());
    out.extend(b.to_le_bytes());
    out.extend(rule.when.minutes.start().to_le_bytes());
    out.extend(rule.when.minutes.end().to_le_bytes());
    rule.to.put(out);
}

fn get_all<T>(
    from: &mut Reader<'_>,
    max: u32,
    what: &str,
    mut get: impl FnMut(&mut Reader<'_>) -> Result<T, VerifyError>,
) -> Result<Vec<T>, VerifyError> {
    let count = from.u32()?;
    if count > max {
        return Err(from.fault(Rule::Limits, format!("{count} {what} are more than {max}")));
    }
    // The vector grows with the bytes that are really there, not with what the count promises.
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(get(from)?);
    }
    Ok(all)
}

fn get_constant(from: &mut Reader<'_>) -> Result<Box<str>, VerifyError> {
    let length = from.u32()?;
    if length > limits::CONSTANT_BYTES_MAX {
        return Err(from.fault(Rule::Limits, format!("a constant of {length} bytes is too long")));
    }
    let bytes = from.bytes(length as usize)?;
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => Err(from.fault(Rule::Constants, "a constant isn't UTF-8".to_owned())),
    }
}

fn get_table(from: &mut Reader<'_>) -> Result<Table, VerifyError> {
    let number = from.u8()?;
    let count = from.u16()?;
    if number == TIME_TABLE {
        if count > limits::TIME_RULES_MAX {
            return Err(from.fault(Rule::Limits, format!("{count} rules of one time switch are too many")));
        }
        let rules = (0..count).map(|_| get_rule(from)).collect::<Result<_, _>>()?;
        return Ok(Table::Time(TimeTable { rules, default: Target::get(from)?, failed: Target::get(from)? }));
    }
    let Some(kind) = SlotKind::ALL.get(usize::from(number)).copied() else {
        return Err(from.fault(Rule::Tables, format!("there is no kind of table {number}")));
    };
    let due = kind.names().len();
    if usize::from(count) != due {
        return Err(from.fault(Rule::Total, format!("the table has {count} slots and needs {due}")));
    }
    let targets = (0..count).map(|_| Target::get(from)).collect::<Result<_, _>>()?;
    Ok(Table::Slots { kind, targets })
}

fn get_rule(from: &mut Reader<'_>) -> Result<TimeRule, VerifyError> {
    let (tag, a, b) = (from.u8()?, from.i32()?, from.i32()?);
    let days = match (tag, u8::try_from(a), b) {
        (0, Ok(mask), 0) => Days::Weekly(DayMask(mask)),
        (1, _, _) => Days::Dates { first: a, last: b },
        _ => return Err(from.fault(Rule::TimeRules, "a time rule has no such days".to_owned())),
    };
    let (start, end) = (from.u16()?, from.u16()?);
    // `new` reads an end of 0 as 1,440, which would give one rule two encodings.
    let Some(minutes) = Minutes::new(start, end).filter(|_| end != 0) else {
        return Err(from.fault(Rule::TimeRules, format!("minutes {start} to {end} are no range of a day")));
    };
    Ok(TimeRule { when: When { days, minutes }, to: Target::get(from)? })
}

fn get_node(from: &mut Reader<'_>) -> Result<Node, VerifyError> {
    let name = StrIx::get(from)?;
    let count = from.u16()?;
    if count > limits::EXITS_PER_NODE_MAX {
        return Err(from.fault(Rule::Limits, format!("{count} exits of one node are too many")));
    }
    let exits = (0..count).map(|_| StrIx::get(from)).collect::<Result<_, _>>()?;
    Ok(Node { name, exits })
}

/// Takes bytes off the front and never reads past the end.
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    /// A fault at this place.
    pub(crate) fn fault(&self, rule: Rule, detail: String) -> VerifyError {
        VerifyError { rule, place: Place::Byte(self.at), detail }
    }

    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn bytes(&mut self, count: usize) -> Result<&'b [u8], VerifyError> {
        let end = self.at.checked_add(count);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(found) => {
                self.at += count;
                Ok(found)
            }
            None => Err(self.fault(Rule::Container, "the program is cut off".to_owned())),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], VerifyError> {
        let found = self.bytes(N)?.first_chunk().copied();
        found.ok_or_else(|| self.fault(Rule::Container, "the program is cut off".to_owned()))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, VerifyError> {
        self.array::<1>().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, VerifyError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, VerifyError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, VerifyError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, VerifyError> {
        self.array().map(i32::from_le_bytes)
    }
}
