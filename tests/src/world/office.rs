//! The facts of the simulated office, with programs built by hand: the compiler has tests of its own.

use std::sync::Arc;

use flow_call::Office;
use flow_call::office::{Entry, Extension, Group, Mailbox, Number, Strategy, Trunk};
use flow_media::control::Pcm;
use flow_vm::Program;
use flow_vm::builder::{Builder, Label, OutcomeTargets, RingTargets, VoicemailTargets};
use flow_vm::effect::{Cause, Key, Sound};

/// Answers with a menu: 1 rings sales, 2 rings 101, all else and silence leads to the mailbox.
pub const MENU: &str = "+61299998888";
/// Rings sales without answering; then the mailbox, or what the phones said.
pub const SALES: &str = "+61299990000";
/// A prompt before the answer, then a refusal.
pub const EARLY: &str = "+61299991111";
/// A prompt before the answer, then rings sales.
pub const GREETED: &str = "+61299992222";
/// How long the programs ring.
pub const RING_MS: u32 = 20_000;
/// How long the menu waits.
pub const MENU_MS: u32 = 5_000;

/// Extensions 101 and 102, which are the group `sales`; a mailbox; a trunk; three numbers.
pub fn sample() -> Office {
    let extensions = ["101", "102"].map(|key| {
        let extension = Extension {
            key: key.to_owned(),
            name: format!("Person {key}"),
            user: key.to_owned(),
            dnd: false,
            direct: direct(key),
        };
        (key.to_owned(), extension)
    });
    let group = Group {
        key: "sales".to_owned(),
        members: vec!["101".to_owned(), "102".to_owned()],
        strategy: Strategy::RingAll,
    };
    let mailbox = Mailbox { key: "night".to_owned(), greeting: vec![sound(2_000)], message_ms_max: 30_000 };
    let trunk = Trunk { key: "carrier".to_owned(), channels_max: 0 };
    Office {
        country: "au".to_owned(),
        numbers: [(MENU, menu()), (SALES, sales()), (EARLY, early()), (GREETED, greeted())]
            .map(|(number, entry)| (number.to_owned(), Number { trunk: None, entry }))
            .into(),
        extensions: extensions.into(),
        groups: [("sales".to_owned(), group)].into(),
        mailboxes: [("night".to_owned(), mailbox)].into(),
        menu_greetings: [("main".to_owned(), sound(3_000))].into(),
        prompts: [("goodbye".to_owned(), sound(1_000)), ("closed".to_owned(), sound(1_500))].into(),
        trunks: [("carrier".to_owned(), trunk)].into(),
    }
}

/// A sound of so many milliseconds.
pub fn sound(ms: usize) -> Pcm {
    std::iter::repeat_n(0, ms * 8).collect()
}

fn entry(flow: &str, builder: Builder) -> Entry {
    let bytes = builder.finish().unwrap();
    let program: Program = flow_vm::verify(&bytes).unwrap();
    Entry { flow: flow.to_owned(), program: Arc::new(program), entry: "in".to_owned() }
}

/// Begins a node at a label.
fn node(b: &mut Builder, name: &str, at: Label) -> flow_vm::NodeIx {
    let node = b.node(name);
    b.begin(node);
    b.bind(at);
    b.enter(node);
    node
}

fn hangup(b: &mut Builder, name: &str, cause: Cause, at: Label) {
    node(b, name, at);
    b.hangup(cause);
}

/// Where ringing leads.
struct Outcomes {
    answered: Label,
    no_answer: Label,
    busy: Label,
    declined: Label,
    unavailable: Label,
}

fn after_ring(b: &mut Builder, node: flow_vm::NodeIx, to: &Outcomes) {
    let places: Vec<Label> = (0..5).map(|_| b.label()).collect();
    let [answered, no_answer, busy, declined, unavailable] = places.try_into().unwrap();
    b.switch_ring(RingTargets { answered, no_answer, busy, declined, unavailable, failed: unavailable });
    for (place, name, to) in [
        (answered, "answered", to.answered),
        (no_answer, "no_answer", to.no_answer),
        (busy, "busy", to.busy),
        (declined, "declined", to.declined),
        (unavailable, "unavailable", to.unavailable),
    ] {
        let exit = b.exit(node, name);
        b.bind(place);
        b.leave(node, exit);
        b.jump(to);
    }
}

fn direct(extension: &str) -> Entry {
    let mut b = Builder::new();
    let start = b.label();
    b.entry("in", start);
    let ring = node(&mut b, "in", start);
    b.ring_extension(extension, RING_MS);
    let to = Outcomes {
        answered: b.label(),
        no_answer: b.label(),
        busy: b.label(),
        declined: b.label(),
        unavailable: b.label(),
    };
    after_ring(&mut b, ring, &to);
    hangup(&mut b, "over", Cause::Normal, to.answered);
    hangup(&mut b, "nobody", Cause::Unavailable, to.no_answer);
    hangup(&mut b, "busy", Cause::Busy, to.busy);
    hangup(&mut b, "declined", Cause::Rejected, to.declined);
    hangup(&mut b, "unavailable", Cause::Unavailable, to.unavailable);
    entry(extension, b)
}

/// The mailbox with a goodbye; the caller may be answered or not.
fn mailbox(b: &mut Builder, at: Label, bye: Label) {
    let night = node(b, "night", at);
    let (up, down) = (b.label(), b.label());
    b.answer();
    b.switch_outcome(OutcomeTargets { done: up, key: down, timeout: down, failed: down });
    b.bind(up);
    b.voicemail("night");
    let (done, full, failed) = (b.label(), b.label(), b.label());
    b.switch_voicemail(VoicemailTargets { done, full, failed });
    let goodbye = b.label();
    for (place, name) in [(done, "next"), (full, "full"), (failed, "failed")] {
        let exit = b.exit(night, name);
        b.bind(place);
        b.leave(night, exit);
        b.jump(goodbye);
    }
    exit_at(b, night, "failed", down, bye);
    node(b, "goodbye", goodbye);
    b.play(Sound::Prompt("goodbye"), true, false);
    b.switch_outcome(OutcomeTargets { done: bye, key: bye, timeout: bye, failed: bye });
}

fn exit_at(b: &mut Builder, node: flow_vm::NodeIx, name: &str, at: Label, to: Label) {
    let exit = b.exit(node, name);
    b.bind(at);
    b.leave(node, exit);
    b.jump(to);
}

fn menu() -> Entry {
    let mut b = Builder::new();
    let (start, night, bye, sales, ann) = (b.label(), b.label(), b.label(), b.label(), b.label());
    b.entry("in", start);
    let menu = node(&mut b, "in", start);
    let (up, down, keys, timeout, failed) = (b.label(), b.label(), b.label(), b.label(), b.label());
    b.answer();
    b.switch_outcome(OutcomeTargets { done: up, key: down, timeout: down, failed: down });
    exit_at(&mut b, menu, "failed", down, bye);
    b.bind(up);
    b.menu(Sound::MenuGreeting("main"), MENU_MS);
    b.switch_outcome(OutcomeTargets { done: failed, key: keys, timeout, failed });
    let (one, two, other) = (b.label(), b.label(), b.label());
    b.bind(keys);
    b.switch_key(|key: Key| match key.to_char() {
        '1' => one,
        '2' => two,
        _ => other,
    });
    exit_at(&mut b, menu, "1", one, sales);
    exit_at(&mut b, menu, "2", two, ann);
    exit_at(&mut b, menu, "invalid", other, night);
    exit_at(&mut b, menu, "timeout", timeout, night);
    exit_at(&mut b, menu, "error", failed, bye);
    let group = node(&mut b, "sales", sales);
    b.ring_group("sales", RING_MS);
    let to = Outcomes { answered: bye, no_answer: night, busy: night, declined: night, unavailable: night };
    after_ring(&mut b, group, &to);
    let one = node(&mut b, "ann", ann);
    b.ring_extension("101", RING_MS);
    after_ring(&mut b, one, &to);
    mailbox(&mut b, night, bye);
    hangup(&mut b, "bye", Cause::Normal, bye);
    entry("main", b)
}

/// Answers, takes a key, then another one, and hangs up; not among the office's numbers.
pub fn two_keys() -> Entry {
    let mut b = Builder::new();
    let (start, up, again, bye) = (b.label(), b.label(), b.label(), b.label());
    b.entry("in", start);
    node(&mut b, "in", start);
    b.answer();
    b.switch_outcome(OutcomeTargets { done: up, key: bye, timeout: bye, failed: bye });
    b.bind(up);
    b.menu(Sound::MenuGreeting("main"), MENU_MS);
    b.switch_outcome(OutcomeTargets { done: bye, key: again, timeout: bye, failed: bye });
    node(&mut b, "again", again);
    b.menu(Sound::MenuGreeting("main"), MENU_MS);
    b.switch_outcome(OutcomeTargets { done: bye, key: bye, timeout: bye, failed: bye });
    hangup(&mut b, "bye", Cause::Normal, bye);
    entry("two-keys", b)
}

fn sales() -> Entry {
    let mut b = Builder::new();
    let (start, night, bye, busy, declined) = (b.label(), b.label(), b.label(), b.label(), b.label());
    b.entry("in", start);
    let group = node(&mut b, "in", start);
    b.ring_group("sales", RING_MS);
    let to = Outcomes { answered: bye, no_answer: night, busy, declined, unavailable: night };
    after_ring(&mut b, group, &to);
    // After `answered` the caller is answered, else not: the two ends are nodes of their own.
    mailbox(&mut b, night, bye);
    hangup(&mut b, "bye", Cause::Normal, bye);
    hangup(&mut b, "busy", Cause::Busy, busy);
    hangup(&mut b, "declined", Cause::Rejected, declined);
    entry("sales-line", b)
}

fn early() -> Entry {
    let mut b = Builder::new();
    let (start, bye) = (b.label(), b.label());
    b.entry("in", start);
    let play = node(&mut b, "in", start);
    b.play(Sound::Prompt("closed"), false, true);
    let done = b.label();
    b.switch_outcome(OutcomeTargets { done, key: done, timeout: done, failed: done });
    exit_at(&mut b, play, "next", done, bye);
    hangup(&mut b, "bye", Cause::Rejected, bye);
    entry("closed-line", b)
}

fn greeted() -> Entry {
    let mut b = Builder::new();
    let (start, ring, bye) = (b.label(), b.label(), b.label());
    b.entry("in", start);
    let play = node(&mut b, "in", start);
    b.play(Sound::Prompt("closed"), false, true);
    let done = b.label();
    b.switch_outcome(OutcomeTargets { done, key: done, timeout: done, failed: done });
    exit_at(&mut b, play, "next", done, ring);
    let group = node(&mut b, "ring", ring);
    b.ring_group("sales", RING_MS);
    let to = Outcomes { answered: bye, no_answer: bye, busy: bye, declined: bye, unavailable: bye };
    after_ring(&mut b, group, &to);
    hangup(&mut b, "bye", Cause::Normal, bye);
    entry("greeted-line", b)
}
