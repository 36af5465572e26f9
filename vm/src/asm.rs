//! Bytecode as text. `assemble(disassemble(p))` is `p` again, byte for byte.
//!
//! ```text
//! flowpbx-asm 1
//! const "office"
//! const "next"
//! node "office" "next"
//! entry "office" @0
//! range "office" @0 @4
//! @0 enter "office"
//! @1 answer
//! @2 switch_outcome |
//! | done @3
//! | key @3
//! | timeout @3
//! | failed @3
//! @3 hangup normal
//! ```
//!
//! Constants in quotes that no `const` line names are added at their first use, and the number before an op
//! may be left out, so that a program is easy to write by hand. `;` begins a comment. The rows of a table
//! follow its switch, each after a `|`. Those of a time table are:
//!
//! ```text
//! | rule mon,tue 08:30 17:00 @7
//! | rule 2026-12-24 2026-12-26 00:00 24:00 @9
//! | default @3
//! | failed @3
//! ```

use std::collections::BTreeMap;
use std::fmt;

use crate::codec;
use crate::limits;
use crate::op::Op;
use crate::operand::{Operand, StrIx};
use crate::program::{Entry, ExitIx, Node, NodeIx, Parts, Program, Range};
use crate::table::{
    CallTable, DayMask, Days, Minutes, Table, TableIx, TableKind, Target, TimeRule, TimeTable, When,
};
use crate::text::{WordFault, Words, parse_date, quote, show_date, two_digits};

const HEADER: &str = "flowpbx-asm 1";

/// Why a text is no listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsmError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listing, line {}: {}", self.line, self.detail)
    }
}

impl std::error::Error for AsmError {}

/// The listing of a program.
#[must_use]
pub fn disassemble(program: &Program) -> String {
    let parts = program.parts();
    let mut out = format!("{HEADER}\n");
    for text in &parts.constants {
        out.push_str("const ");
        quote(text, &mut out);
        out.push('\n');
    }
    for node in &parts.nodes {
        out.push_str("node");
        for name in std::iter::once(node.name).chain(node.exits.iter().copied()) {
            out.push(' ');
            name.show(parts, &mut out);
        }
        out.push('\n');
    }
    for entry in &parts.entries {
        out.push_str("entry ");
        entry.name.show(parts, &mut out);
        out.push_str(&format!(" @{}\n", entry.at.0));
    }
    for range in &parts.ranges {
        out.push_str("range ");
        range.node.show(parts, &mut out);
        out.push_str(&format!(" @{} @{}\n", range.first, range.end));
    }
    for (op, at) in parts.ops.iter().zip(0_u32..) {
        out.push_str(&format!("@{at} {}", op.mnemonic()));
        op.show(parts, &mut out);
        out.push('\n');
        if let Some(table) = op.table().and_then(|ix| parts.table(ix)) {
            show_table(table, &mut out);
        }
    }
    out
}

fn show_table(table: &Table, out: &mut String) {
    match table {
        Table::Slots { kind, targets } => {
            for (name, to) in kind.names().iter().zip(targets) {
                out.push_str(&format!("| {name} @{}\n", to.0));
            }
        }
        Table::Time(table) => {
            for rule in &table.rules {
                out.push_str(&format!("| rule {} @{}\n", show_when(rule.when), rule.to.0));
            }
            out.push_str(&format!("| default @{}\n| failed @{}\n", table.default.0, table.failed.0));
        }
        Table::Call(table) => {
            out.push_str(&format!("| to @{}\n", table.to.0));
            table.exits.iter().for_each(|to| out.push_str(&format!("| exit @{}\n", to.0)));
        }
    }
}

fn show_when(when: When) -> String {
    let days = match when.days {
        Days::Weekly(mask) => {
            let names = DayMask::NAMES.iter().zip(0..).filter(|(_, day)| mask.has(*day));
            names.map(|(name, _)| *name).collect::<Vec<_>>().join(",")
        }
        Days::Dates { first, last } => format!("{} {}", show_date(first), show_date(last)),
    };
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{days} {} {}", clock(when.minutes.start()), clock(when.minutes.end()))
}

/// The bytes of a listing. They are not verified: a listing can say what no program may.
///
/// # Errors
/// [`AsmError`] with the first line that isn't understood.
pub fn assemble(text: &str) -> Result<Vec<u8>, AsmError> {
    if text.len() > limits::ASM_BYTES_MAX {
        return Err(AsmError { line: 1, detail: "the listing is longer than a listing may be".to_owned() });
    }
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some(HEADER) {
        return Err(AsmError { line: 1, detail: format!("`{HEADER}` is missing") });
    }
    let mut cx = AsmCx::default();
    for (line, number) in lines.zip(2..) {
        cx.line(line).map_err(|fault| AsmError { line: number, detail: fault.0 })?;
    }
    match cx.unfinished() {
        Some(detail) => Err(AsmError { line: text.lines().count(), detail }),
        None => Ok(codec::encode(&cx.parts)),
    }
}

/// What is wrong with a line.
pub(crate) type AsmFault = WordFault;

impl AsmFault {
    pub(crate) fn new(detail: impl Into<String>) -> AsmFault {
        WordFault(detail.into())
    }
}

/// What the lines so far have said.
#[derive(Default)]
pub(crate) struct AsmCx {
    parts: Parts,
    strings: BTreeMap<Box<str>, StrIx>,
    nodes: BTreeMap<Box<str>, NodeIx>,
    exits: BTreeMap<(NodeIx, StrIx), ExitIx>,
    /// Rows of the last table that have been read, and which table it is.
    rows: Option<(usize, TableKind)>,
}

impl AsmCx {
    /// The number of a constant, which is added if it's new.
    pub(crate) fn constant(&mut self, text: &str) -> StrIx {
        if let Some(known) = self.strings.get(text) {
            return *known;
        }
        let ix = StrIx(number(self.parts.constants.len()));
        self.parts.constants.push(text.into());
        self.strings.insert(text.into(), ix);
        ix
    }

    pub(crate) fn node(&self, name: &str) -> Option<NodeIx> {
        self.nodes.get(name).copied()
    }

    pub(crate) fn exit(&self, node: NodeIx, name: &str) -> Option<ExitIx> {
        self.exits.get(&(node, *self.strings.get(name)?)).copied()
    }

    /// Begins a table, whose rows are on the lines that follow.
    pub(crate) fn open_table(&mut self, kind: TableKind) -> TableIx {
        let ix = TableIx(number(self.parts.tables.len()));
        self.parts.tables.push(match kind {
            TableKind::Slots(kind) => Table::Slots { kind, targets: Vec::new() },
            TableKind::Call => Table::Call(CallTable { to: Target(0), exits: Vec::new() }),
            TableKind::Time => {
                Table::Time(TimeTable { rules: Vec::new(), default: Target(0), failed: Target(0) })
            }
        });
        self.rows = Some((0, kind));
        ix
    }

    fn line(&mut self, line: &str) -> Result<(), AsmFault> {
        let mut words = Words::new(line);
        if words.is_done() {
            return Ok(());
        }
        let word = words.bare()?;
        if word == "|" {
            self.row(&mut words)?;
        } else if let Some(detail) = self.unfinished() {
            return Err(AsmFault::new(detail));
        } else {
            self.statement(word, &mut words)?;
        }
        if words.is_done() {
            Ok(())
        } else {
            Err(AsmFault::new("there is more on the line than belongs there"))
        }
    }

    /// What the last table still lacks.
    fn unfinished(&self) -> Option<String> {
        let due = match self.rows? {
            (rows, TableKind::Slots(kind)) => *kind.names().get(rows)?,
            (0, TableKind::Time) => "default",
            (1, TableKind::Time) => "failed",
            (0, TableKind::Call) => "to",
            (_, TableKind::Time | TableKind::Call) => return None,
        };
        Some(format!("the table above lacks its row `{due}`"))
    }

    fn statement(&mut self, word: &str, words: &mut Words<'_>) -> Result<(), AsmFault> {
        match word {
            "const" => {
                let text = words.quoted()?;
                let before = self.parts.constants.len();
                if self.constant(&text).0 as usize != before {
                    return Err(AsmFault::new("the constant is there already"));
                }
            }
            "node" => self.node_line(words)?,
            "entry" => {
                let name = StrIx::read(words, self)?;
                let at = Target::read(words, self)?;
                self.parts.entries.push(Entry { name, at });
            }
            "range" => {
                let node = NodeIx::read(words, self)?;
                let (first, end) = (Target::read(words, self)?.0, Target::read(words, self)?.0);
                self.parts.ranges.push(Range { first, end, node });
            }
            _ => self.op_line(word, words)?,
        }
        Ok(())
    }

    fn node_line(&mut self, words: &mut Words<'_>) -> Result<(), AsmFault> {
        let name = words.quoted()?;
        let ix = NodeIx(number(self.parts.nodes.len()));
        let name_ix = self.constant(&name);
        if self.nodes.insert(name.into(), ix).is_some() {
            return Err(AsmFault::new("the node is there already"));
        }
        let mut exits = Vec::new();
        while words.at_quote() {
            let exit = StrIx::read(words, self)?;
            let exit_ix =
                u16::try_from(exits.len()).map_err(|_| AsmFault::new("the node has too many exits"))?;
            if self.exits.insert((ix, exit), ExitIx(exit_ix)).is_some() {
                return Err(AsmFault::new("the node has an exit twice"));
            }
            exits.push(exit);
        }
        self.parts.nodes.push(Node { name: name_ix, exits });
        Ok(())
    }

    fn op_line(&mut self, word: &str, words: &mut Words<'_>) -> Result<(), AsmFault> {
        let mnemonic = match word.strip_prefix('@') {
            Some(digits) if digits.parse() == Ok(self.parts.ops.len()) => words.bare()?,
            Some(_) => {
                return Err(AsmFault::new(format!("{word} stands where @{} is due", self.parts.ops.len())));
            }
            None => word,
        };
        let op = Op::read(mnemonic, words, self)?;
        let op = op.ok_or_else(|| AsmFault::new(format!("there is no op `{mnemonic}`")))?;
        self.parts.ops.push(op);
        Ok(())
    }

    fn row(&mut self, words: &mut Words<'_>) -> Result<(), AsmFault> {
        let name = words.bare()?;
        let days = if name == "rule" { Some(read_when(words)?) } else { None };
        let to = Target::read(words, self)?;
        let (Some((rows, _)), Some(table)) = (&mut self.rows, self.parts.tables.last_mut()) else {
            return Err(AsmFault::new("there is no switch that this row belongs to"));
        };
        let unknown = || AsmFault::new(format!("the table has no row `{name}` at this place"));
        match (table, days) {
            (Table::Slots { kind, targets }, None) if kind.names().get(*rows) == Some(&name) => {
                targets.push(to);
                *rows += 1;
            }
            (Table::Time(table), Some(when)) if *rows == 0 => table.rules.push(TimeRule { when, to }),
            (Table::Time(table), None) if name == "default" && *rows == 0 => {
                table.default = to;
                *rows = 1;
            }
            (Table::Time(table), None) if name == "failed" && *rows == 1 => {
                table.failed = to;
                *rows = 2;
            }
            (Table::Call(table), None) if name == "to" && *rows == 0 => {
                table.to = to;
                *rows = 1;
            }
            (Table::Call(table), None) if name == "exit" && *rows == 1 => table.exits.push(to),
            (Table::Slots { .. } | Table::Time(_) | Table::Call(_), Some(_) | None) => return Err(unknown()),
        }
        Ok(())
    }
}

fn read_when(words: &mut Words<'_>) -> Result<When, AsmFault> {
    let word = words.bare()?;
    let days = match parse_date(word) {
        Some(first) => {
            let last = parse_date(words.bare()?).ok_or_else(|| AsmFault::new("the last date is missing"))?;
            Days::Dates { first, last }
        }
        None => Days::Weekly(read_mask(word).ok_or_else(|| AsmFault::new(format!("`{word}` are no days")))?),
    };
    let (start, end) = (read_clock(words)?, read_clock(words)?);
    let minutes = Minutes::new(start, end).filter(|_| end != 0);
    let minutes = minutes.ok_or_else(|| AsmFault::new("these times are no range of a day"))?;
    Ok(When { days, minutes })
}

fn read_mask(text: &str) -> Option<DayMask> {
    text.split(',').try_fold(DayMask::default(), |mask, name| {
        let day = DayMask::NAMES.iter().position(|known| *known == name)?;
        Some(mask.with(u8::try_from(day).ok()?))
    })
}

fn read_clock(words: &mut Words<'_>) -> Result<u16, AsmFault> {
    let word = words.bare()?;
    let minute = word.split_once(':').and_then(|(h, m)| {
        let (h, m) = (two_digits(h)?, two_digits(m).filter(|m| *m < 60)?);
        u16::try_from(h * 60 + m).ok()
    });
    minute.ok_or_else(|| AsmFault::new(format!("`{word}` is no time like 08:30")))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
