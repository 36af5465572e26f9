//! Builds the bytes of a program: what the compiler's emitter writes through. Constants are interned, labels
//! resolved, tables numbered. What it makes is checked again by [`crate::verify::verify`], like any other
//! bytes.
//!
//! ```
//! use flow_vm::builder::Builder;
//! use flow_vm::effect::Cause;
//!
//! let mut b = Builder::new();
//! let office = b.node("office");
//! let next = b.exit(office, "next");
//! let (start, bye) = (b.label(), b.label());
//! b.entry("office", start);
//! b.begin(office);
//! b.bind(start);
//! b.enter(office);
//! b.leave(office, next);
//! b.jump(bye);
//! let end = b.node("bye");
//! b.begin(end);
//! b.bind(bye);
//! b.enter(end);
//! b.hangup(Cause::Normal);
//! let program = flow_vm::verify(&b.finish()?)?;
//! assert!(program.needs().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use crate::codec;
use crate::effect::{CallerPart, Cause, ConferenceEnd, DigitRule, Key, Method, QueueEnd, Sound, WebhookEnd};
use crate::limits;
use crate::op::Op;
use crate::operand::{
    AnswersIx, BargeIn, Count, Counter, Early, Integer, Millis, NodeExit, Percent, SoundRef, StrIx, TextIx,
    TransferRef, Variable, YesNo,
};
use crate::program::{Entry, ExitIx, Node, NodeIx, Parts, Range};
use crate::table::{
    ChanceTable, CollectTable, ConferenceTable, KeyTable, OutcomeTable, QueueTable, RingTable, SlotKind,
    StatusTable, Table, TableIx, Target, TimeRule, TimeTable, TimeTableIx, VoicemailTable, WebhookTable,
    When,
};
use crate::value::{DigitsAs, Fact, Moment, MomentType, Operator, Type};

/// A place in the code that may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(u32);

/// Where to go after an effect. Slots for what the effect can't answer are filled all the same (a table is
/// total).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeTargets {
    /// The effect is done.
    pub done: Label,
    /// The caller pressed a key (read it with [`Builder::switch_key`]).
    pub key: Label,
    /// The caller pressed nothing in time.
    pub timeout: Label,
    /// The host couldn't do it.
    pub failed: Label,
}

/// Where to go after ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingTargets {
    /// The conversation is over and the caller is still there.
    pub answered: Label,
    /// Nobody answered.
    pub no_answer: Label,
    /// Everybody was busy.
    pub busy: Label,
    /// Somebody rejected.
    pub declined: Label,
    /// No device to ring.
    pub unavailable: Label,
    /// The host couldn't ring.
    pub failed: Label,
}

/// Where to go after a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoicemailTargets {
    /// Recorded.
    pub done: Label,
    /// The mailbox is full.
    pub full: Label,
    /// It couldn't be recorded.
    pub failed: Label,
}

/// Where to go by how an extension is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusTargets {
    /// No device is registered.
    pub unregistered: Label,
    /// It doesn't want to be disturbed.
    pub do_not_disturb: Label,
    /// Somebody talks on it.
    pub on_call: Label,
    /// It would ring.
    pub free: Label,
    /// The host couldn't tell.
    pub failed: Label,
}

/// Where to go by what was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectTargets {
    /// Digits: read them with [`Builder::push_digits`].
    pub digits: Label,
    /// The secret.
    pub accepted: Label,
    /// Something else than the secret.
    pub refused: Label,
    /// Too few digits.
    pub too_few: Label,
    /// Nothing.
    pub silent: Label,
    /// The host couldn't ask.
    pub failed: Label,
}

/// What kept a program from being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// A label is used but stands nowhere.
    Unbound(Label),
    /// A label was bound a second time.
    BoundTwice(Label),
    /// An op was emitted before any [`Builder::begin`].
    OutsideNode,
    /// Something is beyond its limit (see [`crate::limits`]).
    TooMany(&'static str),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Unbound(label) => write!(f, "label {} is used but was never bound", label.0),
            BuildError::BoundTwice(label) => write!(f, "label {} was bound twice", label.0),
            BuildError::OutsideNode => write!(f, "an op was emitted before any node was begun"),
            BuildError::TooMany(what) => write!(f, "the flow is too large: too many {what}"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Collects a program. Its methods never fail; the first mistake is reported by [`Builder::finish`].
#[derive(Debug, Default)]
pub struct Builder {
    parts: Parts,
    strings: BTreeMap<Box<str>, StrIx>,
    nodes: BTreeMap<Box<str>, NodeIx>,
    labels: Vec<Option<u32>>,
    begun: bool,
    fault: Option<BuildError>,
}

impl Builder {
    /// An empty program.
    #[must_use]
    pub fn new() -> Builder {
        Builder::default()
    }

    /// The node of a name, for the debug map; the same name gives the same node.
    pub fn node(&mut self, name: &str) -> NodeIx {
        if let Some(known) = self.nodes.get(name) {
            return *known;
        }
        let ix = NodeIx(self.count(self.parts.nodes.len(), limits::NODES_MAX, "nodes"));
        let name_ix = self.string(name);
        self.parts.nodes.push(Node { name: name_ix, exits: Vec::new() });
        self.nodes.insert(name.into(), ix);
        ix
    }

    /// The exit of a node by name; the same name gives the same exit.
    pub fn exit(&mut self, node: NodeIx, name: &str) -> ExitIx {
        let name_ix = self.string(name);
        let Some(entry) = self.parts.nodes.get_mut(node.0 as usize) else { return ExitIx(0) };
        if let Some(known) = entry.exits.iter().position(|exit| *exit == name_ix) {
            return ExitIx(u16::try_from(known).unwrap_or_default());
        }
        entry.exits.push(name_ix);
        match u16::try_from(entry.exits.len()) {
            Ok(count) if count <= limits::EXITS_PER_NODE_MAX => ExitIx(count - 1),
            Ok(_) | Err(_) => {
                self.mistake(BuildError::TooMany("exits of one node"));
                ExitIx(0)
            }
        }
    }

    /// A new label, to be bound later.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(u32::try_from(self.labels.len() - 1).unwrap_or(u32::MAX))
    }

    /// Puts a label before the op that comes next.
    pub fn bind(&mut self, label: Label) {
        let here = u32::try_from(self.parts.ops.len()).unwrap_or(u32::MAX);
        match self.labels.get_mut(label.0 as usize) {
            Some(place @ None) => *place = Some(here),
            Some(Some(_)) => self.mistake(BuildError::BoundTwice(label)),
            None => self.mistake(BuildError::Unbound(label)),
        }
    }

    /// Lets calls begin at a label, under a name (the entry node's).
    pub fn entry(&mut self, name: &str, at: Label) {
        let name = self.string(name);
        self.count(self.parts.entries.len(), limits::ENTRIES_MAX, "entries");
        self.parts.entries.push(Entry { name, at: Target(at.0) });
    }

    /// The ops that follow belong to this node, until the next `begin`. A node may be begun several times.
    pub fn begin(&mut self, node: NodeIx) {
        let here = u32::try_from(self.parts.ops.len()).unwrap_or(u32::MAX);
        self.begun = true;
        match self.parts.ranges.last_mut() {
            Some(last) if last.node == node => return,
            Some(last) if last.first == here => {
                last.node = node;
                return;
            }
            Some(last) => last.end = here,
            None => {}
        }
        self.count(self.parts.ranges.len(), limits::RANGES_MAX, "node ranges");
        self.parts.ranges.push(Range { first: here, end: here, node });
    }

    /// `enter`: goes into a node.
    pub fn enter(&mut self, node: NodeIx) {
        self.emit(Op::Enter { node });
    }

    /// `leave`: leaves a node by an exit. Follow it with a jump to where the exit leads.
    pub fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        self.emit(Op::Leave { by: NodeExit { node, exit } });
    }

    /// `jump`.
    pub fn jump(&mut self, to: Label) {
        self.emit(Op::Jump { to: Target(to.0) });
    }

    /// `set`: gives a counter (below [`limits::COUNTERS_MAX`]) a value.
    pub fn set(&mut self, counter: u8, value: u8) {
        self.emit(Op::Set { counter: Counter(counter), value: Count(value) });
    }

    /// `count_down`: takes one from a counter and goes on; at zero it jumps to `empty` instead.
    pub fn count_down(&mut self, counter: u8, empty: Label) {
        self.emit(Op::CountDown { counter: Counter(counter), empty: Target(empty.0) });
    }

    /// `answer`. Answered by done or failed: the caller counts as answered only behind the `done` of a
    /// [`Builder::switch_outcome`].
    pub fn answer(&mut self) {
        self.emit(Op::Answer {});
    }

    /// `play`. Answered by done, failed, and key with `barge_in`. With `early` the caller must not be
    /// answered on any path to here; without, it must be on every path.
    pub fn play(&mut self, sound: Sound<'_>, barge_in: bool, early: bool) {
        let sound = self.sound(sound);
        self.emit(Op::Play { sound, barge_in: BargeIn(barge_in), early: Early(early) });
    }

    /// `menu`. Answered by key, timeout or failed. The caller must be answered.
    pub fn menu(&mut self, sound: Sound<'_>, timeout_ms: u32) {
        let sound = self.sound(sound);
        self.emit(Op::Menu { sound, timeout: Millis(timeout_ms) });
    }

    /// `ring_extension`. Follow with [`Builder::switch_ring`].
    pub fn ring_extension(&mut self, extension: &str, timeout_ms: u32) {
        let extension = self.string(extension);
        self.emit(Op::RingExtension { extension, timeout: Millis(timeout_ms) });
    }

    /// `ring_group`. Follow with [`Builder::switch_ring`].
    pub fn ring_group(&mut self, group: &str, timeout_ms: u32) {
        let group = self.string(group);
        self.emit(Op::RingGroup { group, timeout: Millis(timeout_ms) });
    }

    /// `voicemail`. The caller must be answered. Follow with [`Builder::switch_voicemail`].
    pub fn voicemail(&mut self, mailbox: &str) {
        let mailbox = self.string(mailbox);
        self.emit(Op::Voicemail { mailbox });
    }

    /// `local_time`. Follow with [`Builder::switch_time`].
    pub fn local_time(&mut self, zone: &str) {
        let zone = self.string(zone);
        self.emit(Op::LocalTime { zone });
    }

    /// `set_caller_id`: takes a text from the stack. Answered by done or failed.
    pub fn set_caller_id(&mut self, part: CallerPart) {
        self.emit(Op::SetCallerId { part });
    }

    /// `chance`. Follow with [`Builder::switch_chance`].
    pub fn chance(&mut self, percent: u8) {
        self.emit(Op::Chance { percent: Percent(percent) });
    }

    /// `status`. Follow with [`Builder::switch_status`].
    pub fn status(&mut self, extension: &str) {
        let extension = self.string(extension);
        self.emit(Op::Status { extension });
    }

    /// `transfer` to an extension. Answered by done or failed.
    pub fn transfer_extension(&mut self, extension: &str, timeout_ms: u32) {
        let to = TransferRef::Extension(self.string(extension));
        self.emit(Op::Transfer { to, timeout: Millis(timeout_ms) });
    }

    /// `transfer` to the phone number on the stack. Answered by done or failed.
    pub fn transfer_number(&mut self, timeout_ms: u32) {
        self.emit(Op::Transfer { to: TransferRef::Number, timeout: Millis(timeout_ms) });
    }

    /// `webhook`: takes the text to send from the stack; `answers` is what [`crate::webhook::Answers`] reads. Follow
    /// with [`Builder::switch_webhook`].
    pub fn webhook(&mut self, url: &str, method: Method, answers: &str, timeout_ms: u32) {
        let (url, answers) = (self.string(url), AnswersIx(self.string(answers)));
        self.emit(Op::Webhook { url, method, answers, timeout: Millis(timeout_ms) });
    }

    /// `webhook_field`. Answered by done, with a value for [`Builder::push_answer`], or failed.
    pub fn webhook_field(&mut self, field: &str, ty: Type) {
        let field = self.string(field);
        self.emit(Op::WebhookField { field, ty });
    }

    /// `queue`. The caller must be answered. Follow with [`Builder::switch_queue`].
    pub fn queue(&mut self, queue: &str, timeout_ms: u32) {
        let queue = self.string(queue);
        self.emit(Op::Queue { queue, timeout: Millis(timeout_ms) });
    }

    /// `conference`. The caller must be answered. Follow with [`Builder::switch_conference`].
    pub fn conference(&mut self, conference: &str) {
        let conference = self.string(conference);
        self.emit(Op::Conference { conference });
    }

    /// `push_answer`: the value that answered the last effect, behind the `done` of a
    /// [`Builder::switch_outcome`].
    pub fn push_answer(&mut self) {
        self.emit(Op::PushAnswer {});
    }

    /// `collect` or, with the name of a secret, `collect_secret`. The caller must be answered. Follow with
    /// [`Builder::switch_collect`].
    pub fn collect(&mut self, prompt: &str, rule: DigitRule, secret: Option<&str>) {
        let prompt = self.string(prompt);
        match secret {
            Some(secret) => {
                let secret = self.string(secret);
                self.emit(Op::CollectSecret { prompt, secret, rule });
            }
            None => self.emit(Op::Collect { prompt, rule }),
        }
    }

    /// `push_digits`, behind the `digits` of a [`Builder::switch_collect`].
    pub fn push_digits(&mut self, holds: DigitsAs) {
        self.emit(Op::PushDigits { holds });
    }

    /// `push_moment`.
    pub fn push_moment(&mut self, moment: Moment) {
        self.emit(Op::PushMoment { moment });
    }

    /// `push_now`, behind a [`Builder::switch_time`] and not its `failed`.
    pub fn push_now(&mut self, part: MomentType) {
        self.emit(Op::PushNow { part });
    }

    /// `push_text`: at most [`limits::VALUE_BYTES_MAX`] bytes.
    pub fn push_text(&mut self, text: &str) {
        let text = TextIx(self.string(text));
        self.emit(Op::PushText { text });
    }

    /// `push_phone`: at most [`limits::VALUE_BYTES_MAX`] bytes.
    pub fn push_phone(&mut self, phone: &str) {
        let phone = TextIx(self.string(phone));
        self.emit(Op::PushPhone { phone });
    }

    /// `push_number`.
    pub fn push_number(&mut self, number: i64) {
        self.emit(Op::PushNumber { number: Integer(number) });
    }

    /// `push_bool`.
    pub fn push_bool(&mut self, value: bool) {
        self.emit(Op::PushBool { value: YesNo(value) });
    }

    /// `push_fact`.
    pub fn push_fact(&mut self, fact: Fact) {
        self.emit(Op::PushFact { fact });
    }

    /// `load`: a variable (below [`limits::VARIABLES_MAX`]) that is set on every path to here.
    pub fn load(&mut self, variable: u8) {
        self.emit(Op::Load { variable: Variable(variable) });
    }

    /// `store`: the same variable always with the same type.
    pub fn store(&mut self, variable: u8) {
        self.emit(Op::Store { variable: Variable(variable) });
    }

    /// `apply`.
    pub fn apply(&mut self, operator: Operator) {
        self.emit(Op::Apply { operator });
    }

    /// `jump_unless`: goes on for yes, to `no` for no.
    pub fn jump_unless(&mut self, no: Label) {
        self.emit(Op::JumpUnless { no: Target(no.0) });
    }

    /// `hangup`.
    pub fn hangup(&mut self, cause: Cause) {
        self.emit(Op::Hangup { cause });
    }

    /// `switch_outcome`, after `answer`, `play` or `menu`.
    pub fn switch_outcome(&mut self, to: OutcomeTargets) {
        let table = self.slots(SlotKind::Outcome, &[to.done, to.key, to.timeout, to.failed]);
        self.emit(Op::SwitchOutcome { table: OutcomeTable(table) });
    }

    /// `switch_key`, behind the `key` of a [`Builder::switch_outcome`]. `to` is asked for every key in order.
    pub fn switch_key(&mut self, to: impl FnMut(Key) -> Label) {
        let table = self.slots(SlotKind::Key, &Key::ALL.map(to));
        self.emit(Op::SwitchKey { table: KeyTable(table) });
    }

    /// `switch_ring`, after `ring_extension` or `ring_group`.
    pub fn switch_ring(&mut self, to: RingTargets) {
        let labels = [to.answered, to.no_answer, to.busy, to.declined, to.unavailable, to.failed];
        let table = self.slots(SlotKind::Ring, &labels);
        self.emit(Op::SwitchRing { table: RingTable(table) });
    }

    /// `switch_voicemail`, after `voicemail`.
    pub fn switch_voicemail(&mut self, to: VoicemailTargets) {
        let table = self.slots(SlotKind::Voicemail, &[to.done, to.full, to.failed]);
        self.emit(Op::SwitchVoicemail { table: VoicemailTable(table) });
    }

    /// `switch_chance`, after `chance`.
    pub fn switch_chance(&mut self, yes: Label, no: Label, failed: Label) {
        let table = self.slots(SlotKind::Chance, &[yes, no, failed]);
        self.emit(Op::SwitchChance { table: ChanceTable(table) });
    }

    /// `switch_status`, after `status`.
    pub fn switch_status(&mut self, to: StatusTargets) {
        let labels = [to.unregistered, to.do_not_disturb, to.on_call, to.free, to.failed];
        let table = self.slots(SlotKind::Status, &labels);
        self.emit(Op::SwitchStatus { table: StatusTable(table) });
    }

    /// `switch_webhook`, after `webhook`. `to` is asked for every answer that could be declared, for the other ends,
    /// and for none, which is a failure.
    pub fn switch_webhook(&mut self, mut to: impl FnMut(Option<WebhookEnd>) -> Label) {
        let answers = (0..limits::WEBHOOK_ANSWERS_MAX).map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        let ends = answers.map(WebhookEnd::Answer);
        let ends = ends.chain([WebhookEnd::Default, WebhookEnd::Error, WebhookEnd::Timeout]);
        let labels: Vec<_> = ends.map(Some).chain([None]).map(&mut to).collect();
        let table = self.slots(SlotKind::Webhook, &labels);
        self.emit(Op::SwitchWebhook { table: WebhookTable(table) });
    }

    /// `switch_queue`, after `queue`. `to` is asked for every end, and for none, which is a failure.
    pub fn switch_queue(&mut self, mut to: impl FnMut(Option<QueueEnd>) -> Label) {
        let labels: Vec<_> = QueueEnd::ALL.map(Some).into_iter().chain([None]).map(&mut to).collect();
        let table = self.slots(SlotKind::Queue, &labels);
        self.emit(Op::SwitchQueue { table: QueueTable(table) });
    }

    /// `switch_conference`, after `conference`. `to` is asked for every end, and for none, which is a failure.
    pub fn switch_conference(&mut self, mut to: impl FnMut(Option<ConferenceEnd>) -> Label) {
        let labels: Vec<_> = ConferenceEnd::ALL.map(Some).into_iter().chain([None]).map(&mut to).collect();
        let table = self.slots(SlotKind::Conference, &labels);
        self.emit(Op::SwitchConference { table: ConferenceTable(table) });
    }

    /// `switch_collect`, after `collect`.
    pub fn switch_collect(&mut self, to: CollectTargets) {
        let labels = [to.digits, to.accepted, to.refused, to.too_few, to.silent, to.failed];
        let table = self.slots(SlotKind::Collect, &labels);
        self.emit(Op::SwitchCollect { table: CollectTable(table) });
    }

    /// `switch_time`, after `local_time`: the first rule that matches wins, then `default`; `failed` when the
    /// host couldn't tell the time.
    pub fn switch_time(
        &mut self,
        rules: impl IntoIterator<Item = (When, Label)>,
        default: Label,
        failed: Label,
    ) {
        let rules: Vec<_> = rules.into_iter().map(|(when, to)| TimeRule { when, to: Target(to.0) }).collect();
        if rules.len() > usize::from(limits::TIME_RULES_MAX) {
            self.mistake(BuildError::TooMany("rules of one time switch"));
        }
        let table = Table::Time(TimeTable { rules, default: Target(default.0), failed: Target(failed.0) });
        let table = self.table(table);
        self.emit(Op::SwitchTime { table: TimeTableIx(table) });
    }

    /// The program's bytes.
    ///
    /// # Errors
    /// The first mistake that was made on the way, or a label that was used and never bound.
    pub fn finish(mut self) -> Result<Vec<u8>, BuildError> {
        let end = self.count(self.parts.ops.len(), limits::OPS_MAX, "ops");
        if let Some(last) = self.parts.ranges.last_mut() {
            last.end = end;
        }
        self.parts.ranges.retain(|range| range.first < range.end);
        let (labels, fault) = (&self.labels, &mut self.fault);
        let mut resolve = |to: Target| {
            let place = labels.get(to.0 as usize).copied().flatten();
            if place.is_none() && fault.is_none() {
                *fault = Some(BuildError::Unbound(Label(to.0)));
            }
            place.map_or(to, Target)
        };
        self.parts.ops.iter_mut().for_each(|op| *op = op.retarget(&mut resolve));
        self.parts.tables.iter_mut().for_each(|table| table.retarget(&mut resolve));
        self.parts.entries.iter_mut().for_each(|entry| entry.at = resolve(entry.at));
        self.parts.sort_entries();
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(codec::encode(&self.parts)),
        }
    }

    fn emit(&mut self, op: Op) {
        if !self.begun {
            self.mistake(BuildError::OutsideNode);
        }
        self.parts.ops.push(op);
    }

    fn string(&mut self, text: &str) -> StrIx {
        if let Some(known) = self.strings.get(text) {
            return *known;
        }
        let ix = StrIx(self.count(self.parts.constants.len(), limits::CONSTANTS_MAX, "constants"));
        self.parts.constants.push(text.into());
        self.strings.insert(text.into(), ix);
        ix
    }

    fn sound(&mut self, sound: Sound<'_>) -> SoundRef {
        match sound {
            Sound::Prompt(name) => SoundRef::Prompt(self.string(name)),
            Sound::MenuGreeting(menu) => SoundRef::MenuGreeting(self.string(menu)),
        }
    }

    fn slots(&mut self, kind: SlotKind, labels: &[Label]) -> TableIx {
        let targets = labels.iter().map(|label| Target(label.0)).collect();
        self.table(Table::Slots { kind, targets })
    }

    fn table(&mut self, table: Table) -> TableIx {
        let ix = TableIx(self.count(self.parts.tables.len(), limits::TABLES_MAX, "switches"));
        self.parts.tables.push(table);
        ix
    }

    fn count(&mut self, count: usize, max: u32, what: &'static str) -> u32 {
        match u32::try_from(count) {
            Ok(count) if count <= max => count,
            Ok(_) | Err(_) => {
                self.mistake(BuildError::TooMany(what));
                0
            }
        }
    }

    fn mistake(&mut self, mistake: BuildError) {
        self.fault.get_or_insert(mistake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unbound_label_is_reported() {
        let mut b = Builder::new();
        let node = b.node("n");
        let label = b.label();
        b.begin(node);
        b.jump(label);
        assert_eq!(b.finish(), Err(BuildError::Unbound(label)));
    }

    #[test]
    fn a_label_bound_twice_is_reported() {
        let mut b = Builder::new();
        let label = b.label();
        b.bind(label);
        b.bind(label);
        assert_eq!(b.finish(), Err(BuildError::BoundTwice(label)));
    }

    #[test]
    fn an_op_outside_of_any_node_is_reported() {
        let mut b = Builder::new();
        b.hangup(Cause::Normal);
        assert_eq!(b.finish(), Err(BuildError::OutsideNode));
    }

    #[test]
    fn the_same_name_is_the_same_node_and_exit() {
        let mut b = Builder::new();
        let (one, two) = (b.node("a"), b.node("b"));
        assert_eq!(b.node("a"), one);
        assert_ne!(one, two);
        let next = b.exit(one, "next");
        assert_ne!(b.exit(one, "other"), next);
        assert_eq!(b.exit(one, "next"), next);
    }
}
