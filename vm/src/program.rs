//! A program: what `verify` vouches for. [`Parts`] is the same content before anybody looked at it.

use std::fmt;

use crate::effect::{EffectKind, EffectSet};
use crate::op::{Op, Then};
use crate::operand::StrIx;
use crate::table::{Table, TableIx, Target};

/// A node of the flow, by its number in the debug map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub u32);

/// An exit of a node, by its number among that node's exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExitIx(pub u16);

/// The SHA-256 of a program's bytes before the 32 that hold it: what a version, a trace and a CDR name it by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramHash(pub [u8; 32]);

impl ProgramHash {
    /// The hash of 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<ProgramHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = str::from_utf8(pair).ok()?;
            let plain = pair.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            *byte = u8::from_str_radix(pair, 16).ok().filter(|_| plain)?;
        }
        Some(ProgramHash(hash))
    }
}

impl fmt::Display for ProgramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ProgramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A named place where calls begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name: the entry node's.
    pub name: StrIx,
    /// Its first op.
    pub at: Target,
}

/// A node in the debug map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the flow.
    pub name: StrIx,
    /// Names of its exits.
    pub exits: Vec<StrIx>,
}

/// Ops `first..end` were made for a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first op.
    pub first: u32,
    /// The op after the last.
    pub end: u32,
    /// The node.
    pub node: NodeIx,
}

/// The content of a program, checked or not.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Parts {
    /// Strings that ops and names refer to; each once.
    pub constants: Vec<Box<str>>,
    /// Tables, in the order of their switches.
    pub tables: Vec<Table>,
    /// The code.
    pub ops: Vec<Op>,
    /// Where calls begin, by name.
    pub entries: Vec<Entry>,
    /// The debug map's nodes.
    pub nodes: Vec<Node>,
    /// The debug map's ranges, ascending.
    pub ranges: Vec<Range>,
}

impl Parts {
    /// A constant.
    #[must_use]
    pub fn constant(&self, ix: StrIx) -> Option<&str> {
        self.constants.get(ix.0 as usize).map(AsRef::as_ref)
    }

    /// A table.
    #[must_use]
    pub fn table(&self, ix: TableIx) -> Option<&Table> {
        self.tables.get(ix.0 as usize)
    }

    /// A node of the debug map.
    #[must_use]
    pub fn node(&self, ix: NodeIx) -> Option<&Node> {
        self.nodes.get(ix.0 as usize)
    }

    /// A node's name.
    #[must_use]
    pub fn node_name(&self, ix: NodeIx) -> Option<&str> {
        self.constant(self.node(ix)?.name)
    }

    /// An exit's name.
    #[must_use]
    pub fn exit_name(&self, node: NodeIx, exit: ExitIx) -> Option<&str> {
        self.constant(*self.node(node)?.exits.get(usize::from(exit.0))?)
    }

    /// The node that an op was made for.
    #[must_use]
    pub fn node_at(&self, op: Target) -> Option<NodeIx> {
        let after = self.ranges.partition_point(|range| range.first <= op.0);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (op.0 < range.end).then_some(range.node)
    }

    /// The effects that its ops ask for.
    #[must_use]
    pub fn needs(&self) -> EffectSet {
        self.ops.iter().fold(EffectSet::default(), |set, op| match op.then() {
            Then::Asks(kind) => set.with(kind),
            Then::Next | Then::Ends => set,
        })
    }

    /// Puts entries into the order that the format wants: by name.
    pub(crate) fn sort_entries(&mut self) {
        let constants = &self.constants;
        self.entries.sort_by_key(|entry| constants.get(entry.name.0 as usize));
    }
}

/// A verified program. The only way to one is [`crate::verify::verify`].
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    parts: Parts,
    hash: ProgramHash,
    needs: EffectSet,
    reached: Vec<bool>,
}

impl Program {
    /// For the verifier alone: content that passed every rule.
    pub(crate) fn verified(parts: Parts, hash: ProgramHash, needs: EffectSet, reached: Vec<bool>) -> Program {
        Program { parts, hash, needs, reached }
    }

    /// What names it.
    #[must_use]
    pub const fn hash(&self) -> ProgramHash {
        self.hash
    }

    /// Its content.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Its bytes: those that were verified.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        crate::codec::encode(&self.parts)
    }

    /// The effects that a server must be able to perform to run it.
    #[must_use]
    pub const fn needs(&self) -> EffectSet {
        self.needs
    }

    /// The first of the effects that a server which can do `able` lacks.
    #[must_use]
    pub fn lacks(&self, able: EffectSet) -> Option<EffectKind> {
        self.needs.iter().find(|kind| !able.has(*kind))
    }

    /// Names of the entries, ascending.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.parts.entries.iter().filter_map(|entry| self.parts.constant(entry.name))
    }

    /// Where an entry begins.
    #[must_use]
    pub(crate) fn entry(&self, name: &str) -> Option<Target> {
        let found = self.parts.entries.binary_search_by_key(&Some(name), |e| self.parts.constant(e.name));
        self.parts.entries.get(found.ok()?).map(|entry| entry.at)
    }

    /// Whether a call can come to an op.
    pub(crate) fn reaches(&self, op: Target) -> bool {
        self.reached.get(op.0 as usize).copied().unwrap_or(false)
    }

    /// A node's name; `None` for a number from elsewhere.
    #[must_use]
    pub fn node_name(&self, node: NodeIx) -> Option<&str> {
        self.parts.node_name(node)
    }

    /// An exit's name; `None` for a number from elsewhere.
    #[must_use]
    pub fn exit_name(&self, node: NodeIx, exit: ExitIx) -> Option<&str> {
        self.parts.exit_name(node, exit)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Program({}, {} ops)", self.hash, self.parts.ops.len())
    }
}
