//! Programs that the tests of this crate run, made as the compiler makes them.

use crate::builder::{
    Builder, CollectTargets, Label, OutcomeTargets, RingTargets, StatusTargets, VoicemailTargets,
};
use crate::effect::{
    Answer, CallerPart, Cause, Collected, ConferenceEnd, DigitRule, Digits, Effect, Input, Key, LocalTime,
    Method, PhoneStatus, QueueEnd, RingEnd, Sound, Terminator, VoicemailEnd, WebhookEnd,
};
use crate::limits;
use crate::machine::{Step, Unwatched, resume};
use crate::program::{NodeIx, Program};
use crate::state::State;
use crate::table::{DayMask, Days, Minutes, When};
use crate::value::{DigitsAs, Fact, Moment, MomentType, Operator, Text, Value};
use crate::verify::verify;

/// One node of a made-up flow: what it is, and to which nodes its exits lead (by number, modulo the count of
/// nodes).
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: u8,
    pub(crate) wires: [u8; 4],
}

/// How many kinds of nodes are made up.
const KINDS: u8 = 15;

struct Maker {
    b: Builder,
    starts: Vec<Label>,
}

impl Maker {
    /// A place that leaves a node by an exit and goes where it leads.
    fn exit(&mut self, node: NodeIx, name: &str, wire: u8) -> Label {
        let label = self.b.label();
        let exit = self.b.exit(node, name);
        self.b.bind(label);
        self.b.leave(node, exit);
        let to = self.starts[usize::from(wire) % self.starts.len()];
        self.b.jump(to);
        label
    }

    fn hangup(&mut self, cause: Cause) -> Label {
        let label = self.b.label();
        self.b.bind(label);
        self.b.hangup(cause);
        label
    }

    fn outcome(&mut self, done: Label, key: Label, timeout: Label, failed: Label) {
        self.b.switch_outcome(OutcomeTargets { done, key, timeout, failed });
    }

    fn answer(&mut self, failed: Label) {
        let done = self.b.label();
        self.b.answer();
        self.outcome(done, failed, failed, failed);
        self.b.bind(done);
    }

    fn menu(&mut self, node: NodeIx, wires: [u8; 4], begin: Label) {
        let one = self.exit(node, "1", wires[0]);
        let star = self.exit(node, "*", wires[1]);
        let timeout = self.exit(node, "timeout", wires[2]);
        let invalid = self.exit(node, "invalid", wires[3]);
        let failed = self.hangup(Cause::Normal);
        let (ask, again, wrong, key) = (self.b.label(), self.b.label(), self.b.label(), self.b.label());
        self.b.bind(begin);
        self.b.enter(node);
        self.answer(failed);
        self.b.set(0, 2);
        self.b.set(1, 2);
        self.b.bind(ask);
        self.b.menu(Sound::MenuGreeting("main"), 5_000);
        self.outcome(failed, key, again, failed);
        self.b.bind(again);
        self.b.count_down(0, timeout);
        self.b.jump(ask);
        self.b.bind(key);
        self.b.switch_key(|k| match k.to_char() {
            '1' => one,
            '*' => star,
            _ => wrong,
        });
        self.b.bind(wrong);
        self.b.count_down(1, invalid);
        self.b.play(Sound::Prompt("invalid"), true, false);
        self.b.jump(ask);
    }

    fn ring(&mut self, node: NodeIx, wires: [u8; 4], begin: Label, group: bool) {
        let answered = self.exit(node, "answered", wires[0]);
        let no_answer = self.exit(node, "no_answer", wires[1]);
        let busy = self.exit(node, "busy", wires[2]);
        self.b.bind(begin);
        self.b.enter(node);
        if group {
            self.b.ring_group("sales", 30_000);
        } else {
            self.b.ring_extension("101", 25_000);
        }
        let (declined, unavailable, failed) = (no_answer, no_answer, no_answer);
        self.b.switch_ring(RingTargets { answered, no_answer, busy, declined, unavailable, failed });
    }

    fn time(&mut self, node: NodeIx, wires: [u8; 4], begin: Label) {
        let holiday = self.exit(node, "holiday", wires[0]);
        let business = self.exit(node, "business", wires[1]);
        let night = self.exit(node, "night", wires[2]);
        let default = self.exit(node, "default", wires[3]);
        self.b.bind(begin);
        self.b.enter(node);
        self.b.local_time("Australia/Sydney");
        let week = (0..5).fold(DayMask::default(), DayMask::with);
        let days = |days, start, end| When { days, minutes: Minutes::new(start, end).unwrap() };
        let rules = [
            (days(Days::Dates { first: 20_812, last: 20_813 }, 0, 1_440), holiday),
            (days(Days::Weekly(week), 510, 1_020), business),
            (days(Days::Weekly(DayMask::default().with(4)), 1_320, 360), night),
        ];
        self.b.switch_time(rules, default, default);
    }

    /// The kinds that compute or look at a phone.
    fn values(&mut self, node: NodeIx, plan: &Plan, begin: Label) {
        let wires = plan.wires;
        match plan.kind % KINDS {
            7 => {
                let next = self.exit(node, "next", wires[0]);
                self.b.bind(begin);
                self.b.enter(node);
                let (told, now) = (self.b.label(), MomentType::ALL[usize::from(wires[2]) % 4]);
                self.b.local_time("Australia/Sydney");
                self.b.switch_time([], told, next);
                self.b.bind(told);
                self.b.push_now(now);
                self.b.store(2);
                self.b.load(2);
                self.b.push_moment(Moment { ty: now, number: i32::from(wires[1] % 7) });
                self.b.apply(Operator::Equal);
                self.b.store(3);
                self.b.push_phone("+61");
                self.b.store(1);
                self.b.push_text("Sales ");
                self.b.push_fact(Fact::CallerNumber);
                self.b.apply(Operator::ToText);
                self.b.apply(Operator::Concat);
                self.b.set_caller_id(CallerPart::Name);
                self.b.jump(next);
            }
            8 => {
                let yes = self.exit(node, "yes", wires[0]);
                let no = self.exit(node, "no", wires[1]);
                let less = self.b.label();
                self.b.bind(begin);
                self.b.enter(node);
                self.b.chance(wires[2] % 101);
                self.b.switch_chance(less, no, no);
                self.b.bind(less);
                self.b.push_bool(wires[3].is_multiple_of(2));
                self.b.jump_unless(no);
                self.b.push_number(i64::from(wires[3]));
                self.b.store(wires[3] % 64);
                self.b.load(wires[3] % 64);
                self.b.push_number(100);
                self.b.apply(Operator::Less);
                self.b.jump_unless(no);
                self.b.jump(yes);
            }
            _ => {
                let free = self.exit(node, "free", wires[0]);
                let on_call = self.exit(node, "on_call", wires[1]);
                let failed = self.exit(node, "unregistered", wires[2]);
                self.b.bind(begin);
                self.b.enter(node);
                self.b.status("101");
                let (unregistered, do_not_disturb) = (failed, failed);
                self.b.switch_status(StatusTargets { unregistered, do_not_disturb, on_call, free, failed });
            }
        }
    }

    /// The kinds that give the caller to somebody else, or ask somebody else.
    fn hands_over(&mut self, node: NodeIx, plan: &Plan, begin: Label) {
        let wires = plan.wires;
        match plan.kind % KINDS {
            10 => {
                let failed = self.exit(node, "failed", wires[0]);
                let done = self.hangup(Cause::Normal);
                self.b.bind(begin);
                self.b.enter(node);
                if wires[1].is_multiple_of(2) {
                    self.b.transfer_extension("101", 30_000);
                } else {
                    self.b.push_fact(Fact::CalledNumber);
                    self.b.transfer_number(30_000);
                }
                self.outcome(done, failed, failed, failed);
            }
            11 => {
                let known = self.exit(node, "known", wires[0]);
                let other = self.exit(node, "default", wires[1]);
                let error = self.exit(node, "error", wires[2]);
                let (field, value) = (self.b.label(), self.b.label());
                let ty = crate::webhook::SENT[usize::from(wires[3]) % 4];
                self.b.bind(begin);
                self.b.enter(node);
                self.b.push_text("hello");
                let answers = format!("known(f:{}) other", ty.name());
                self.b.webhook(
                    "https://example.com/",
                    Method::ALL[usize::from(wires[3]) % 2],
                    &answers,
                    5_000,
                );
                self.b.switch_webhook(|end| match end {
                    Some(WebhookEnd::Answer(0)) => field,
                    Some(WebhookEnd::Answer(_) | WebhookEnd::Default) => other,
                    Some(WebhookEnd::Error | WebhookEnd::Timeout) | None => error,
                });
                self.b.bind(field);
                self.b.webhook_field("f", ty);
                self.outcome(value, error, error, error);
                self.b.bind(value);
                self.b.push_answer();
                self.b.store(10 + wires[3] % 4);
                self.b.jump(known);
            }
            12 => {
                let answered = self.exit(node, "answered", wires[0]);
                let timeout = self.exit(node, "timeout", wires[1]);
                self.b.bind(begin);
                self.b.enter(node);
                self.answer(timeout);
                self.b.queue("support", 300_000);
                self.b.switch_queue(|end| if end == Some(QueueEnd::Answered) { answered } else { timeout });
            }
            _ => {
                let next = self.exit(node, "next", wires[0]);
                let full = self.exit(node, "full", wires[1]);
                self.b.bind(begin);
                self.b.enter(node);
                self.answer(full);
                self.b.conference("weekly");
                self.b.switch_conference(|end| if end == Some(ConferenceEnd::Full) { full } else { next });
            }
        }
    }

    fn collect(&mut self, node: NodeIx, wires: [u8; 4], begin: Label) {
        let next = self.exit(node, "next", wires[0]);
        let refused = self.exit(node, "refused", wires[1]);
        let (digits, failed) = (self.b.label(), self.exit(node, "timeout", wires[2]));
        self.b.bind(begin);
        self.b.enter(node);
        self.answer(failed);
        let rule = DigitRule {
            min: 1 + wires[3] % 4,
            max: 8,
            terminator: Terminator::ALL[usize::from(wires[3]) % 3],
            first_s: 5,
            next_s: 3,
        };
        self.b.collect("account", rule, wires[1].is_multiple_of(2).then_some("door"));
        let (accepted, too_few, silent) = (next, failed, failed);
        self.b.switch_collect(CollectTargets { digits, accepted, refused, too_few, silent, failed });
        self.b.bind(digits);
        self.b.push_digits(DigitsAs::ALL[usize::from(wires[3]) % 3]);
        self.b.store(wires[3] % 64);
        self.b.jump(next);
    }

    fn node(&mut self, place: usize, plan: &Plan) {
        let node = self.b.node(&format!("n{place}"));
        self.b.begin(node);
        let begin = self.starts[place];
        let wires = plan.wires;
        match plan.kind % KINDS {
            0 => self.menu(node, wires, begin),
            1 => self.ring(node, wires, begin, true),
            2 => self.ring(node, wires, begin, false),
            3 => self.time(node, wires, begin),
            4 => {
                let next = self.exit(node, "next", wires[0]);
                let full = self.exit(node, "full", wires[1]);
                self.b.bind(begin);
                self.b.enter(node);
                self.answer(next);
                self.b.voicemail("after-hours");
                self.b.switch_voicemail(VoicemailTargets { done: next, full, failed: next });
            }
            7..=9 => self.values(node, plan, begin),
            10..=13 => self.hands_over(node, plan, begin),
            14 => self.collect(node, wires, begin),
            5 => {
                let next = self.exit(node, "next", wires[0]);
                self.b.bind(begin);
                self.b.enter(node);
                self.answer(next);
                self.b.play(Sound::Prompt("welcome"), wires[1].is_multiple_of(2), false);
                self.b.jump(next);
            }
            _ => {
                self.b.bind(begin);
                self.b.enter(node);
                self.b.hangup(Cause::ALL[usize::from(wires[0]) % 6]);
            }
        }
    }
}

/// The bytes of a flow by plan. Entries are `n0` and the last node.
pub(crate) fn flow(plans: &[Plan]) -> Vec<u8> {
    let mut maker = Maker { b: Builder::new(), starts: Vec::new() };
    maker.starts = plans.iter().map(|_| maker.b.label()).collect();
    for (place, plan) in plans.iter().enumerate() {
        maker.node(place, plan);
    }
    maker.b.entry("n0", maker.starts[0]);
    if plans.len() > 1 {
        maker.b.entry(&format!("n{}", plans.len() - 1), maker.starts[plans.len() - 1]);
    }
    maker.b.finish().unwrap()
}

/// An office: time switch → menu → group or extension → mailbox → hang-up. Node `n0` is the time switch.
pub(crate) fn office() -> Program {
    let plan = |kind, wires| Plan { kind, wires };
    let plans = [
        plan(3, [4, 1, 4, 4]),
        plan(0, [2, 3, 4, 4]),
        plan(1, [5, 4, 4, 0]),
        plan(2, [5, 4, 4, 0]),
        plan(4, [5, 5, 0, 0]),
        plan(6, [0, 0, 0, 0]),
    ];
    verify(&flow(&plans)).unwrap()
}

/// Every answer that there is, once for each place that it could lead to.
pub(crate) fn answers() -> Vec<Answer> {
    let rings =
        [RingEnd::Answered, RingEnd::NoAnswer, RingEnd::Busy, RingEnd::Declined, RingEnd::Unavailable];
    let mails = [VoicemailEnd::Done, VoicemailEnd::Full, VoicemailEnd::Failed];
    let times = [(20_812, 0), (20_514, 36_000), (20_518, 82_000), (20_519, 3_600)];
    let mut all = vec![Answer::Start, Answer::Done, Answer::Timeout, Answer::Failed, Answer::HungUp];
    all.extend(Key::ALL.map(Answer::Key));
    all.extend(rings.map(Answer::Ring));
    all.extend(mails.map(Answer::Voicemail));
    all.extend([true, false].map(Answer::Chance));
    all.extend(PhoneStatus::ALL.map(Answer::Status));
    all.extend(QueueEnd::ALL.map(Answer::Queue));
    all.extend(ConferenceEnd::ALL.map(Answer::Conference));
    let answers = (0..u8::try_from(limits::WEBHOOK_ANSWERS_MAX).unwrap()).map(WebhookEnd::Answer);
    let ends = answers.chain([WebhookEnd::Default, WebhookEnd::Error, WebhookEnd::Timeout]);
    all.extend(ends.map(Answer::Webhook));
    let texts = [Value::Text(Text::cut("Ann")), Value::Phone(Text::cut("+614"))];
    all.extend([Value::Bool(true), Value::Number(-7)].into_iter().chain(texts).map(Answer::Value));
    let digits = ["0", "42", "007", "12345678"].map(|d| Collected::Digits(Digits::new(d).unwrap()));
    let entered = [Collected::Accepted, Collected::Refused, Collected::TooFew, Collected::Silent];
    all.extend(digits.into_iter().chain(entered).map(Answer::Collected));
    all.extend(times.map(|(day, second)| Answer::LocalTime(LocalTime { day, second })));
    all
}

pub(crate) fn input(effect: u32, answer: Answer) -> Input {
    Input { effect, mono_ms: u64::from(effect) * 1_000, wall_ms: 1_772_492_400_000, answer }
}

/// Gives the next input and expects it to fit.
pub(crate) fn give<'p>(program: &'p Program, state: &mut State, answer: Answer) -> Step<'p> {
    let number = state.effect();
    resume(program, state, input(number, answer), &mut Unwatched).unwrap()
}

/// Starts at an entry.
pub(crate) fn start<'p>(program: &'p Program, entry: &str) -> (State, Step<'p>) {
    let mut state = State::new(program, entry).unwrap();
    let step = give(program, &mut state, Answer::Start);
    (state, step)
}

/// The effect of a step.
pub(crate) fn effect<'p>(step: Step<'p>) -> Effect<'p> {
    match step {
        Step::Effect { effect, .. } => effect,
        Step::End(end) => panic!("ended: {end:?}"),
    }
}

/// The program of a listing, with the head that every one needs: node "n" over all ops, entry "n" at the
/// first.
pub(crate) fn listing(ops: &str) -> Vec<u8> {
    let count = ops.lines().filter(|l| !l.trim().is_empty() && !l.trim().starts_with('|')).count();
    let head = "flowpbx-asm 1\nnode \"n\" \"next\"\nentry \"n\" @0\n";
    crate::asm::assemble(&format!("{head}range \"n\" @0 @{count}\n{ops}")).unwrap()
}
