//! The kinds of operands: how each is written in bytes and in listings, and what makes it valid.

use crate::asm::{AsmCx, AsmFault};
use crate::codec::Reader;
use crate::effect::{CallerPart, Cause, DigitRule, Method, Terminator};
use crate::limits;
use crate::program::{ExitIx, NodeIx, Parts};
use crate::table::{
    ChanceTable, CollectTable, ConferenceTable, KeyTable, OutcomeTable, QueueTable, RingTable, SlotKind,
    StatusTable, Table, TableIx, Target, TimeTableIx, VoicemailTable, WebhookTable,
};
use crate::text::{Words, quote};
use crate::value::{DigitsAs, Fact, Moment, MomentType, Operator, Type};
use crate::verify::{Rule, VerifyError};
use crate::webhook::{Answers, SENT};

/// A constant of the program, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StrIx(pub u32);

/// A sound, its key being a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundRef {
    /// A prompt by name.
    Prompt(StrIx),
    /// The greeting of a menu.
    MenuGreeting(StrIx),
}

/// Where a call is transferred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferRef {
    /// The extension whose key is a constant.
    Extension(StrIx),
    /// The phone number on the stack.
    Number,
}

/// A constant that declares what a webhook may answer ([`Answers`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswersIx(pub StrIx);

/// A node and one of its exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeExit {
    /// The node.
    pub node: NodeIx,
    /// One of its exits.
    pub exit: ExitIx,
}

/// A time in milliseconds, at most [`limits::TIMEOUT_MS_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u32);

/// One of the [`limits::COUNTERS_MAX`] counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter(pub u8);

/// What a counter counts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u8);

/// Whether a key ends the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BargeIn(pub bool);

/// Whether a sound is for a caller that isn't answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early(pub bool);

/// A constant that is a value: at most [`limits::VALUE_BYTES_MAX`] bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextIx(pub StrIx);

/// A whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

/// So many of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub u8);

/// One of the [`limits::VARIABLES_MAX`] variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable(pub u8);

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YesNo(pub bool);

/// What every kind of operand can do.
pub(crate) trait Operand: Copy {
    /// Its kind, in listings of the op table.
    const KIND: &'static str;
    /// Writes its bytes.
    fn put(self, out: &mut Vec<u8>);
    /// Reads its bytes.
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError>;
    /// Writes it as words.
    fn show(self, parts: &Parts, out: &mut String);
    /// Reads it from words.
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault>;
    /// Says what is wrong with it.
    fn check(self, parts: &Parts) -> Result<(), String>;
    /// The operand with its target replaced, if it is one.
    fn retarget(self, _with: &mut dyn FnMut(Target) -> Target) -> Self {
        self
    }
    /// The table that it names, if it is one.
    fn table(self) -> Option<TableIx> {
        None
    }
}

impl Operand for StrIx {
    const KIND: &'static str = "string";
    fn put(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u32().map(StrIx)
    }
    fn show(self, parts: &Parts, out: &mut String) {
        quote(parts.constant(self).unwrap_or_default(), out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let text = words.quoted()?;
        Ok(cx.constant(&text))
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        parts.constant(self).map(drop).ok_or_else(|| format!("there is no constant {}", self.0))
    }
}

impl Operand for SoundRef {
    const KIND: &'static str = "sound";
    fn put(self, out: &mut Vec<u8>) {
        let (tag, key) = match self {
            SoundRef::Prompt(key) => (0, key),
            SoundRef::MenuGreeting(key) => (1, key),
        };
        out.push(tag);
        key.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        match from.u8()? {
            0 => StrIx::get(from).map(SoundRef::Prompt),
            1 => StrIx::get(from).map(SoundRef::MenuGreeting),
            tag => Err(from.fault(Rule::Operands, format!("there is no kind of sound {tag}"))),
        }
    }
    fn show(self, parts: &Parts, out: &mut String) {
        let (word, key) = match self {
            SoundRef::Prompt(key) => ("prompt ", key),
            SoundRef::MenuGreeting(key) => ("menu_greeting ", key),
        };
        out.push_str(word);
        key.show(parts, out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        match words.bare()? {
            "prompt" => StrIx::read(words, cx).map(SoundRef::Prompt),
            "menu_greeting" => StrIx::read(words, cx).map(SoundRef::MenuGreeting),
            other => Err(AsmFault::new(format!("`{other}` is no kind of sound: prompt or menu_greeting"))),
        }
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        match self {
            SoundRef::Prompt(key) | SoundRef::MenuGreeting(key) => key.check(parts),
        }
    }
}

impl Operand for TransferRef {
    const KIND: &'static str = "target of a transfer";
    fn put(self, out: &mut Vec<u8>) {
        match self {
            TransferRef::Extension(key) => {
                out.push(0);
                key.put(out);
            }
            TransferRef::Number => out.push(1),
        }
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        match from.u8()? {
            0 => StrIx::get(from).map(TransferRef::Extension),
            1 => Ok(TransferRef::Number),
            tag => Err(from.fault(Rule::Operands, format!("there is no target of a transfer {tag}"))),
        }
    }
    fn show(self, parts: &Parts, out: &mut String) {
        match self {
            TransferRef::Extension(key) => {
                out.push_str("extension ");
                key.show(parts, out);
            }
            TransferRef::Number => out.push_str("number"),
        }
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        match words.bare()? {
            "extension" => StrIx::read(words, cx).map(TransferRef::Extension),
            "number" => Ok(TransferRef::Number),
            other => {
                let fault = format!("`{other}` is no target of a transfer: extension or number");
                Err(AsmFault::new(fault))
            }
        }
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        match self {
            TransferRef::Extension(key) => key.check(parts),
            TransferRef::Number => Ok(()),
        }
    }
}

impl Operand for AnswersIx {
    const KIND: &'static str = "answers of a webhook";
    fn put(self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        StrIx::get(from).map(AnswersIx)
    }
    fn show(self, parts: &Parts, out: &mut String) {
        self.0.show(parts, out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        StrIx::read(words, cx).map(AnswersIx)
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        self.0.check(parts)?;
        Answers::new(parts.constant(self.0).unwrap_or_default()).map(drop)
    }
}

impl Operand for NodeIx {
    const KIND: &'static str = "node";
    fn put(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u32().map(NodeIx)
    }
    fn show(self, parts: &Parts, out: &mut String) {
        quote(parts.node_name(self).unwrap_or_default(), out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let name = words.quoted()?;
        cx.node(&name).ok_or_else(|| AsmFault::new(format!("there is no node {name:?}")))
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        parts.node(self).map(drop).ok_or_else(|| format!("there is no node {}", self.0))
    }
}

impl Operand for NodeExit {
    const KIND: &'static str = "exit";
    fn put(self, out: &mut Vec<u8>) {
        self.node.put(out);
        out.extend(self.exit.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        Ok(NodeExit { node: NodeIx::get(from)?, exit: ExitIx(from.u16()?) })
    }
    fn show(self, parts: &Parts, out: &mut String) {
        self.node.show(parts, out);
        out.push(' ');
        quote(parts.exit_name(self.node, self.exit).unwrap_or_default(), out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let node = NodeIx::read(words, cx)?;
        let name = words.quoted()?;
        let exit =
            cx.exit(node, &name).ok_or_else(|| AsmFault::new(format!("the node has no exit {name:?}")))?;
        Ok(NodeExit { node, exit })
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        self.node.check(parts)?;
        let found = parts.exit_name(self.node, self.exit);
        found.map(drop).ok_or_else(|| format!("node {} has no exit {}", self.node.0, self.exit.0))
    }
}

impl Operand for Target {
    const KIND: &'static str = "target";
    fn put(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u32().map(Target)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push('@');
        out.push_str(&self.0.to_string());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let number = word.strip_prefix('@').and_then(|digits| digits.parse().ok());
        number.map(Target).ok_or_else(|| AsmFault::new(format!("`{word}` is no target like @12")))
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        let count = parts.ops.len();
        if (self.0 as usize) < count {
            Ok(())
        } else {
            Err(format!("target @{} is outside of the {count} ops", self.0))
        }
    }
    fn retarget(self, with: &mut dyn FnMut(Target) -> Target) -> Self {
        with(self)
    }
}

impl Operand for Millis {
    const KIND: &'static str = "milliseconds";
    fn put(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u32().map(Millis)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push_str(&self.0.to_string());
        out.push_str("ms");
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let number = word.strip_suffix("ms").and_then(|digits| digits.parse().ok());
        number.map(Millis).ok_or_else(|| AsmFault::new(format!("`{word}` is no time like 5000ms")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if self.0 <= limits::TIMEOUT_MS_MAX {
            Ok(())
        } else {
            Err(format!("{} ms is longer than an effect may take ({} ms)", self.0, limits::TIMEOUT_MS_MAX))
        }
    }
}

impl Operand for Counter {
    const KIND: &'static str = "counter";
    fn put(self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u8().map(Counter)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push('c');
        out.push_str(&self.0.to_string());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let number = word.strip_prefix('c').and_then(|digits| digits.parse().ok());
        number.map(Counter).ok_or_else(|| AsmFault::new(format!("`{word}` is no counter like c0")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if self.0 < limits::COUNTERS_MAX {
            Ok(())
        } else {
            Err(format!("there is no counter c{}; the last is c{}", self.0, limits::COUNTERS_MAX - 1))
        }
    }
}

impl Operand for Count {
    const KIND: &'static str = "count";
    fn put(self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u8().map(Count)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push_str(&self.0.to_string());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        word.parse().map(Count).map_err(|_| AsmFault::new(format!("`{word}` is no count from 0 to 255")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        Ok(())
    }
}

impl Operand for Cause {
    const KIND: &'static str = "cause";
    fn put(self, out: &mut Vec<u8>) {
        let place = Cause::ALL.iter().position(|cause| *cause == self).unwrap_or_default();
        out.push(place.to_le_bytes().first().copied().unwrap_or_default());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        let number = from.u8()?;
        let found = Cause::ALL.get(usize::from(number)).copied();
        found.ok_or_else(|| from.fault(Rule::Operands, format!("there is no cause {number}")))
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push_str(self.name());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let found = Cause::ALL.into_iter().find(|cause| cause.name() == word);
        found.ok_or_else(|| AsmFault::new(format!("`{word}` is no cause of a hang-up")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        Ok(())
    }
}

impl Operand for TextIx {
    const KIND: &'static str = "value";
    fn put(self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        StrIx::get(from).map(TextIx)
    }
    fn show(self, parts: &Parts, out: &mut String) {
        self.0.show(parts, out);
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        StrIx::read(words, cx).map(TextIx)
    }
    fn check(self, parts: &Parts) -> Result<(), String> {
        self.0.check(parts)?;
        match parts.constant(self.0).map_or(0, str::len) {
            0..=limits::VALUE_BYTES_MAX => Ok(()),
            long => Err(format!("a value of {long} bytes is longer than {}", limits::VALUE_BYTES_MAX)),
        }
    }
}

impl Operand for Integer {
    const KIND: &'static str = "number";
    fn put(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.i64().map(Integer)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push_str(&self.0.to_string());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        word.parse().map(Integer).map_err(|_| AsmFault::new(format!("`{word}` is no whole number")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        Ok(())
    }
}

impl Operand for Percent {
    const KIND: &'static str = "percent";
    fn put(self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u8().map(Percent)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push_str(&self.0.to_string());
        out.push('%');
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let number = word.strip_suffix('%').and_then(|digits| digits.parse().ok());
        number.map(Percent).ok_or_else(|| AsmFault::new(format!("`{word}` is no share like 30%")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if self.0 <= 100 { Ok(()) } else { Err(format!("{} of a hundred are too many", self.0)) }
    }
}

impl Operand for Variable {
    const KIND: &'static str = "variable";
    fn put(self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        from.u8().map(Variable)
    }
    fn show(self, _parts: &Parts, out: &mut String) {
        out.push('v');
        out.push_str(&self.0.to_string());
    }
    fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let number = word.strip_prefix('v').and_then(|digits| digits.parse().ok());
        number.map(Variable).ok_or_else(|| AsmFault::new(format!("`{word}` is no variable like v0")))
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if self.0 < limits::VARIABLES_MAX {
            Ok(())
        } else {
            Err(format!("there is no variable v{}; the last is v{}", self.0, limits::VARIABLES_MAX - 1))
        }
    }
}

impl Operand for DigitRule {
    const KIND: &'static str = "digits";
    fn put(self, out: &mut Vec<u8>) {
        out.extend([self.min, self.max]);
        self.terminator.put(out);
        out.extend([self.first_s, self.next_s]);
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        let (min, max) = (from.u8()?, from.u8()?);
        let terminator = Terminator::get(from)?;
        Ok(DigitRule { min, max, terminator, first_s: from.u8()?, next_s: from.u8()? })
    }
    fn show(self, parts: &Parts, out: &mut String) {
        out.push_str(&format!("{}..{} ", self.min, self.max));
        self.terminator.show(parts, out);
        out.push_str(&format!(" {}s {}s", self.first_s, self.next_s));
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let word = words.bare()?;
        let range = word.split_once("..").and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
        let (min, max) = range.ok_or_else(|| AsmFault::new(format!("`{word}` is no range like 4..8")))?;
        let terminator = Terminator::read(words, cx)?;
        let mut seconds = || {
            let word = words.bare()?;
            let number = word.strip_suffix('s').and_then(|digits| digits.parse().ok());
            number.ok_or_else(|| AsmFault::new(format!("`{word}` is no time like 5s")))
        };
        Ok(DigitRule { min, max, terminator, first_s: seconds()?, next_s: seconds()? })
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if !(1..=self.max).contains(&self.min) || self.max > limits::DIGITS_MAX {
            return Err(format!("nobody can enter {} to {} digits", self.min, self.max));
        }
        if self.first_s == 0 || self.next_s == 0 {
            return Err("an entry waits for no time at all".to_owned());
        }
        Ok(())
    }
}

impl Operand for Moment {
    const KIND: &'static str = "moment";
    fn put(self, out: &mut Vec<u8>) {
        self.ty.put(out);
        out.extend(self.number.to_le_bytes());
    }
    fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
        Ok(Moment { ty: MomentType::get(from)?, number: from.i32()? })
    }
    fn show(self, parts: &Parts, out: &mut String) {
        self.ty.show(parts, out);
        out.push_str(&format!(" {}", self.number));
    }
    fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
        let ty = MomentType::read(words, cx)?;
        let word = words.bare()?;
        let number = word.parse().map_err(|_| AsmFault::new(format!("`{word}` is no whole number")))?;
        Ok(Moment { ty, number })
    }
    fn check(self, _parts: &Parts) -> Result<(), String> {
        if self.ty.has(self.number) {
            Ok(())
        } else {
            Err(format!("there is no {} {}", self.ty.name(), self.number))
        }
    }
}

macro_rules! word_operands {
    ($($Name:ident $all:expr, $kind:literal)*) => {$(
        impl Operand for $Name {
            const KIND: &'static str = $kind;
            fn put(self, out: &mut Vec<u8>) {
                let place = $all.iter().position(|one| *one == self).unwrap_or_default();
                out.push(u8::try_from(place).unwrap_or_default());
            }
            fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
                let number = from.u8()?;
                let found = $all.get(usize::from(number)).copied();
                found.ok_or_else(|| from.fault(Rule::Operands, format!("there is no {} {number}", $kind)))
            }
            fn show(self, _parts: &Parts, out: &mut String) {
                out.push_str(self.name());
            }
            fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
                let word = words.bare()?;
                let found = $all.iter().copied().find(|one: &$Name| one.name() == word);
                found.ok_or_else(|| AsmFault::new(format!("`{word}` is no {}", $kind)))
            }
            fn check(self, _parts: &Parts) -> Result<(), String> {
                Ok(())
            }
        }
    )*};
}

word_operands! {
    CallerPart CallerPart::ALL, "part of the caller"
    DigitsAs DigitsAs::ALL, "type of digits"
    MomentType MomentType::ALL, "kind of moment"
    Terminator Terminator::ALL, "key that ends an entry"
    Fact Fact::ALL, "fact"
    Operator Operator::ALL, "operator"
    Method Method::ALL, "method of a request"
    Type SENT, "type of a field"
}

macro_rules! flag_operands {
    ($($Name:ident $set:literal $clear:literal)*) => {$(
        impl Operand for $Name {
            const KIND: &'static str = concat!($set, " or ", $clear);
            fn put(self, out: &mut Vec<u8>) {
                out.push(u8::from(self.0));
            }
            fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
                match from.u8()? {
                    0 => Ok($Name(false)),
                    1 => Ok($Name(true)),
                    other => Err(from.fault(Rule::Operands, format!("a flag is 0 or 1, not {other}"))),
                }
            }
            fn show(self, _parts: &Parts, out: &mut String) {
                out.push_str(if self.0 { $set } else { $clear });
            }
            fn read(words: &mut Words<'_>, _cx: &mut AsmCx) -> Result<Self, AsmFault> {
                match words.bare()? {
                    $set => Ok($Name(true)),
                    $clear => Ok($Name(false)),
                    other => Err(AsmFault::new(format!("`{other}` is neither {} nor {}", $set, $clear))),
                }
            }
            fn check(self, _parts: &Parts) -> Result<(), String> {
                Ok(())
            }
        }
    )*};
}

flag_operands! {
    BargeIn "barge_in" "whole"
    Early "early" "answered"
    YesNo "yes" "no"
}

/// Whether a table has the kind that its switch needs (`None`: a time table).
fn check_table(ix: TableIx, wanted: Option<SlotKind>, parts: &Parts) -> Result<(), String> {
    let found = match parts.table(ix) {
        None => return Err(format!("there is no table {}", ix.0)),
        Some(Table::Slots { kind, .. }) => Some(*kind),
        Some(Table::Time(_)) => None,
    };
    if found == wanted { Ok(()) } else { Err(format!("table {} is of another kind", ix.0)) }
}

macro_rules! table_operand_impls {
    ($($Name:ident $kind:expr)*) => {$(
        impl Operand for $Name {
            const KIND: &'static str = "table";
            fn put(self, out: &mut Vec<u8>) {
                out.extend(self.0.0.to_le_bytes());
            }
            fn get(from: &mut Reader<'_>) -> Result<Self, VerifyError> {
                from.u32().map(|number| $Name(TableIx(number)))
            }
            // The rows follow the op on lines of their own.
            fn show(self, _parts: &Parts, out: &mut String) {
                out.push('|');
            }
            fn read(words: &mut Words<'_>, cx: &mut AsmCx) -> Result<Self, AsmFault> {
                match words.bare()? {
                    "|" => Ok($Name(cx.open_table($kind))),
                    other => Err(AsmFault::new(format!("`{other}` stands where the `|` of a table is due"))),
                }
            }
            fn check(self, parts: &Parts) -> Result<(), String> {
                check_table(self.0, $kind, parts)
            }
            fn table(self) -> Option<TableIx> {
                Some(self.0)
            }
        }
    )*};
}

table_operand_impls! {
    OutcomeTable Some(SlotKind::Outcome)
    KeyTable Some(SlotKind::Key)
    RingTable Some(SlotKind::Ring)
    VoicemailTable Some(SlotKind::Voicemail)
    ChanceTable Some(SlotKind::Chance)
    StatusTable Some(SlotKind::Status)
    WebhookTable Some(SlotKind::Webhook)
    QueueTable Some(SlotKind::Queue)
    ConferenceTable Some(SlotKind::Conference)
    CollectTable Some(SlotKind::Collect)
    TimeTableIx None
}
