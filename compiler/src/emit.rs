//! Turns blocks into bytecode through [`flow_vm::builder::Builder`]. One op for a step, one or two for an end; a jump
//! to the block that comes next is left out.

use cranelift_entity::{EntityRef, SecondaryMap};
use flow_vm::builder::{
    BuildError, Builder, CollectTargets, Label, OutcomeTargets, RingTargets, StatusTargets, VoicemailTargets,
};
use flow_vm::effect::{Key, PhoneStatus, RingEnd, Sound, VoicemailEnd};
use flow_vm::program::{ExitIx, NodeIx};

use crate::ir::{Ask, Block, BlockEnd, BlockRef, Case, Entered, Heard, Ir, NodeRef, Pushed, Step};

/// The bytes of a program. [`flow_vm::verify`] has not seen them yet.
///
/// # Errors
/// The flow exceeds a limit of programs, or the blocks don't hang together (lowering never makes such).
pub fn emit(ir: &Ir) -> Result<Vec<u8>, BuildError> {
    let mut emitter = Emitter::new(ir);
    for entry in &ir.entries {
        let at = emitter.label(entry.block);
        emitter.to.entry(&entry.name, at);
    }
    for (id, block) in &ir.blocks {
        emitter.block(id, block);
    }
    emitter.to.finish()
}

struct Emitter {
    to: Builder,
    labels: SecondaryMap<BlockRef, Option<Label>>,
    nodes: SecondaryMap<NodeRef, Option<Known>>,
}

/// A node as the program knows it.
#[derive(Clone)]
struct Known {
    node: NodeIx,
    exits: Vec<ExitIx>,
}

impl Emitter {
    fn new(ir: &Ir) -> Self {
        let mut to = Builder::new();
        let mut nodes: SecondaryMap<NodeRef, Option<Known>> = SecondaryMap::with_capacity(ir.nodes.len());
        for (id, info) in &ir.nodes {
            let node = to.node(&info.name);
            let exits = info.exits.iter().map(|name| to.exit(node, name)).collect();
            nodes.insert(id, Some(Known { node, exits }));
        }
        Emitter { to, labels: SecondaryMap::with_capacity(ir.blocks.len()), nodes }
    }

    fn label(&mut self, block: BlockRef) -> Label {
        if let Some(Some(label)) = self.labels.get(block) {
            return *label;
        }
        let label = self.to.label();
        self.labels.insert(block, Some(label));
        label
    }

    fn block(&mut self, id: BlockRef, block: &Block) {
        let here = self.label(id);
        let Emitter { to, nodes, .. } = self;
        let Some(Some(Known { node, exits })) = nodes.get(block.node) else { return };
        to.begin(*node);
        to.bind(here);
        for step in &block.steps {
            match step {
                Step::Enter => to.enter(*node),
                Step::Leave(exit) => {
                    to.leave(*node, exits.get(*exit).copied().unwrap_or(ExitIx(u16::MAX)));
                }
                Step::Set(counter, value) => to.set(counter.0, *value),
                Step::Push(Pushed::Text(text)) => to.push_text(text),
                Step::Push(Pushed::Phone(phone)) => to.push_phone(phone),
                Step::Push(Pushed::Number(number)) => to.push_number(*number),
                Step::Push(Pushed::Bool(yes)) => to.push_bool(*yes),
                Step::Push(Pushed::Fact(fact)) => to.push_fact(*fact),
                Step::Push(Pushed::Moment(moment)) => to.push_moment(*moment),
                Step::Push(Pushed::Now(part)) => to.push_now(*part),
                Step::Digits(holds) => to.push_digits(*holds),
                Step::Load(variable) => to.load(*variable),
                Step::Store(variable) => to.store(*variable),
                Step::PushAnswer => to.push_answer(),
                Step::Apply(operator) => to.apply(*operator),
            }
        }
        self.end(BlockRef::new(id.index() + 1), &block.end);
    }

    fn end(&mut self, next: BlockRef, end: &BlockEnd) {
        match end {
            BlockEnd::Jump(to) => self.jump(next, *to),
            BlockEnd::Ask { effect, cases, otherwise } => {
                let otherwise = self.label(*otherwise);
                let cases: Vec<_> = cases.iter().map(|(case, to)| (*case, self.label(*to))).collect();
                self.ask(effect, &Cases { cases, otherwise });
            }
            BlockEnd::Clock { zone, rows, otherwise } => {
                let otherwise = self.label(*otherwise);
                let rows: Vec<_> = rows.iter().map(|(when, to)| (*when, self.label(*to))).collect();
                self.to.local_time(zone);
                self.to.switch_time(rows, otherwise, otherwise);
            }
            BlockEnd::CountDown { counter, more, out } => {
                let empty = self.label(*out);
                self.to.count_down(counter.0, empty);
                self.jump(next, *more);
            }
            BlockEnd::Test { yes, no } => {
                let no = self.label(*no);
                self.to.jump_unless(no);
                self.jump(next, *yes);
            }
            BlockEnd::Call { to, keeps, exits } => {
                let to = self.label(*to);
                let exits: Vec<Label> = exits.iter().map(|exit| self.label(*exit)).collect();
                self.to.call(to, &exits, *keeps);
            }
            BlockEnd::Return(exit) => self.to.come_back(*exit),
            BlockEnd::Hangup(cause) => self.to.hangup(*cause),
        }
    }

    fn jump(&mut self, next: BlockRef, to: BlockRef) {
        if to != next {
            let to = self.label(to);
            self.to.jump(to);
        }
    }

    fn ask(&mut self, effect: &Ask, cases: &Cases) {
        match effect {
            Ask::Answer => {
                self.to.answer();
                self.switch_outcome(cases);
            }
            Ask::Play { sound, barge_in, early } => {
                self.to.play(heard(sound), *barge_in, *early);
                self.switch_outcome(cases);
            }
            Ask::Menu { sound, timeout_ms } => {
                self.to.menu(heard(sound), *timeout_ms);
                self.switch_outcome(cases);
            }
            Ask::RingExtension { extension, timeout_ms } => {
                self.to.ring_extension(extension, *timeout_ms);
                self.switch_ring(cases);
            }
            Ask::RingGroup { group, timeout_ms } => {
                self.to.ring_group(group, *timeout_ms);
                self.switch_ring(cases);
            }
            Ask::SetCallerId { part } => {
                self.to.set_caller_id(*part);
                self.switch_outcome(cases);
            }
            Ask::Chance { percent } => {
                self.to.chance(*percent);
                self.switch_chance(cases);
            }
            Ask::Status { extension } => {
                self.to.status(extension);
                self.switch_status(cases);
            }
            Ask::Transfer { extension, timeout_ms } => {
                self.transfer(extension.as_deref(), *timeout_ms);
                self.switch_outcome(cases);
            }
            Ask::Webhook { url, method, answers, timeout_ms } => {
                self.to.webhook(url, *method, answers, *timeout_ms);
                self.to.switch_webhook(|end| end.map_or(cases.otherwise, |end| cases.of(Case::Webhook(end))));
            }
            Ask::WebhookField { field, ty } => {
                self.to.webhook_field(field, *ty);
                self.switch_outcome(cases);
            }
            Ask::Queue { queue, timeout_ms } => {
                self.to.queue(queue, *timeout_ms);
                self.to.switch_queue(|end| end.map_or(cases.otherwise, |end| cases.of(Case::Queue(end))));
            }
            Ask::Conference { conference } => {
                self.to.conference(conference);
                self.switch_conference(cases);
            }
            Ask::LocalTime { zone } => {
                self.to.local_time(zone);
                self.to.switch_time([], cases.of(Case::Now), cases.otherwise);
            }
            Ask::Collect { prompt, rule, secret } => {
                self.to.collect(prompt, *rule, secret.as_deref());
                self.switch_collect(cases);
            }
            Ask::Voicemail { mailbox } => {
                self.to.voicemail(mailbox);
                self.switch_voicemail(cases);
            }
        }
    }

    /// To an extension, or to the number on the stack.
    fn transfer(&mut self, extension: Option<&str>, timeout_ms: u32) {
        match extension {
            Some(extension) => self.to.transfer_extension(extension, timeout_ms),
            None => self.to.transfer_number(timeout_ms),
        }
    }

    fn switch_collect(&mut self, cases: &Cases) {
        let of = |entered| cases.of(Case::Entered(entered));
        self.to.switch_collect(CollectTargets {
            digits: of(Entered::Digits),
            accepted: of(Entered::Accepted),
            refused: of(Entered::Refused),
            too_few: of(Entered::TooFew),
            silent: of(Entered::Silent),
            failed: cases.otherwise,
        });
    }

    fn switch_chance(&mut self, cases: &Cases) {
        let (yes, no) = (cases.of(Case::Chance(true)), cases.of(Case::Chance(false)));
        self.to.switch_chance(yes, no, cases.otherwise);
    }

    fn switch_conference(&mut self, cases: &Cases) {
        self.to.switch_conference(|end| end.map_or(cases.otherwise, |end| cases.of(Case::Conference(end))));
    }

    /// Done, timeout and failed have one place each; keys go through a second switch if they have places of their own.
    fn switch_outcome(&mut self, cases: &Cases) {
        let other_key = cases.of(Case::OtherKey);
        let by_key = cases.cases.iter().any(|(case, _)| matches!(case, Case::Key(_)));
        let key = if by_key { self.to.label() } else { other_key };
        self.to.switch_outcome(OutcomeTargets {
            done: cases.of(Case::Done),
            key,
            timeout: cases.of(Case::Timeout),
            failed: cases.otherwise,
        });
        if by_key {
            self.to.bind(key);
            self.to.switch_key(|k: Key| cases.find(Case::Key(k)).unwrap_or(other_key));
        }
    }

    fn switch_status(&mut self, cases: &Cases) {
        self.to.switch_status(StatusTargets {
            unregistered: cases.of(Case::Status(PhoneStatus::Unregistered)),
            do_not_disturb: cases.of(Case::Status(PhoneStatus::DoNotDisturb)),
            on_call: cases.of(Case::Status(PhoneStatus::OnCall)),
            free: cases.of(Case::Status(PhoneStatus::Free)),
            failed: cases.otherwise,
        });
    }

    fn switch_voicemail(&mut self, cases: &Cases) {
        self.to.switch_voicemail(VoicemailTargets {
            done: cases.of(Case::Voicemail(VoicemailEnd::Done)),
            full: cases.of(Case::Voicemail(VoicemailEnd::Full)),
            failed: cases.of(Case::Voicemail(VoicemailEnd::Failed)),
        });
    }

    fn switch_ring(&mut self, cases: &Cases) {
        self.to.switch_ring(RingTargets {
            answered: cases.of(Case::Ring(RingEnd::Answered)),
            no_answer: cases.of(Case::Ring(RingEnd::NoAnswer)),
            busy: cases.of(Case::Ring(RingEnd::Busy)),
            declined: cases.of(Case::Ring(RingEnd::Declined)),
            unavailable: cases.of(Case::Ring(RingEnd::Unavailable)),
            failed: cases.otherwise,
        });
    }
}

/// The places behind a question.
struct Cases {
    cases: Vec<(Case, Label)>,
    otherwise: Label,
}

impl Cases {
    fn find(&self, case: Case) -> Option<Label> {
        self.cases.iter().find(|(c, _)| *c == case).map(|(_, to)| *to)
    }

    fn of(&self, case: Case) -> Label {
        self.find(case).unwrap_or(self.otherwise)
    }
}

fn heard(sound: &Heard) -> Sound<'_> {
    match sound {
        Heard::Prompt(key) => Sound::Prompt(key),
        Heard::MenuGreeting(key) => Sound::MenuGreeting(key),
    }
}
