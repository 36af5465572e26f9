//! What the machine costs: time for each op and each input, and the size of a state. `cargo bench -p flow-vm`.
//!
//! Aims (language.md): ≤ 100 ns for a step between effects, ≤ 1 KiB of state for a call.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, measures real time, and stops at the first thing that isn't as it set it up"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use flow_vm::builder::{Builder, OutcomeTargets, RingTargets};
use flow_vm::effect::{Answer, Cause, Input, Key, LocalTime, RingEnd, Sound};
use flow_vm::table::{DayMask, Days, Minutes, When};
use flow_vm::{Program, State, Step, Unwatched, resume, verify};

const ROUNDS: usize = 7;

/// Time switch → menu with retries → group → hang-up, wired as the compiler wires them.
fn office() -> Program {
    let mut b = Builder::new();
    let (start, menu, ask, key, again, one, bye) =
        (b.label(), b.label(), b.label(), b.label(), b.label(), b.label(), b.label());
    let (hours, choice, sales) = (b.node("hours"), b.node("menu"), b.node("sales"));
    b.entry("hours", start);
    b.begin(hours);
    b.bind(start);
    b.enter(hours);
    b.local_time("Australia/Sydney");
    let week = Days::Weekly((0..5).fold(DayMask::default(), DayMask::with));
    b.switch_time([(When { days: week, minutes: Minutes::new(510, 1_020).unwrap() }, menu)], bye, bye);
    b.begin(choice);
    b.bind(menu);
    let leave = b.exit(hours, "business");
    b.leave(hours, leave);
    b.enter(choice);
    b.set(0, 2);
    b.answer();
    b.switch_outcome(OutcomeTargets { done: ask, key: bye, timeout: bye, failed: bye });
    b.bind(ask);
    b.menu(Sound::MenuGreeting("main"), 5_000);
    b.switch_outcome(OutcomeTargets { done: bye, key, timeout: again, failed: bye });
    b.bind(again);
    b.count_down(0, bye);
    b.jump(ask);
    b.bind(key);
    b.switch_key(|k| if k.event() == 1 { one } else { again });
    b.begin(sales);
    b.bind(one);
    b.enter(sales);
    b.ring_group("sales", 30_000);
    b.switch_ring(RingTargets {
        answered: bye,
        no_answer: menu,
        busy: bye,
        declined: bye,
        unavailable: bye,
        failed: bye,
    });
    b.bind(bye);
    b.hangup(Cause::Normal);
    verify(&b.finish().unwrap()).unwrap()
}

/// 900 plain ops before the end.
fn straight() -> Program {
    let mut b = Builder::new();
    let (node, start) = (b.node("n"), b.label());
    b.entry("n", start);
    b.begin(node);
    b.bind(start);
    for counter in 0..300 {
        let next = b.label();
        b.set(u8::try_from(counter % 8).unwrap(), 9);
        b.count_down(u8::try_from(counter % 8).unwrap(), start);
        b.jump(next);
        b.bind(next);
    }
    b.hangup(Cause::Normal);
    verify(&b.finish().unwrap()).unwrap()
}

fn call(program: &Program, entry: &str, answers: &[Answer]) -> usize {
    let mut state = State::new(program, entry).unwrap();
    let mut inputs = 0;
    for (effect, answer) in (0..).zip(answers) {
        let input = Input { effect, mono_ms: 0, wall_ms: 0, answer: *answer };
        let step = resume(program, &mut state, black_box(input), &mut Unwatched).unwrap();
        inputs += 1;
        if matches!(step, Step::End(_)) {
            return inputs;
        }
    }
    inputs
}

/// Nanoseconds of one run of `what`: the best of some rounds, since anything else on the machine only adds.
fn nanoseconds(runs: u32, mut what: impl FnMut()) -> f64 {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for _ in 0..runs {
            what();
        }
        best = best.min(begin.elapsed());
    }
    best.as_secs_f64() * 1e9 / f64::from(runs)
}

fn main() {
    let program = office();
    let key = Answer::Key(Key::from_char('1').unwrap());
    let time = Answer::LocalTime(LocalTime { day: 20_514, second: 36_000 });
    let answers = [
        Answer::Start,
        time,
        Answer::Done,
        Answer::Timeout,
        key,
        Answer::Ring(RingEnd::NoAnswer),
        Answer::Done,
        key,
        Answer::Ring(RingEnd::Answered),
    ];
    let inputs = call(&program, "hours", &answers);
    assert_eq!(inputs, answers.len(), "the bench's call takes every answer");
    let office_ns = nanoseconds(50_000, || {
        black_box(call(&program, "hours", &answers));
    });
    let straight = straight();
    let straight_ns = nanoseconds(5_000, || {
        black_box(call(&straight, "n", &[Answer::Start]));
    });
    let bytes = program.encode();
    let verify_ns = nanoseconds(5_000, || {
        black_box(verify(black_box(&bytes)).unwrap());
    });
    let per_input = office_ns / f64::from(u32::try_from(inputs).unwrap());
    println!("step between effects (one input of an office call)  {per_input:8.1} ns   aim ≤ 100 ns");
    println!("op (900 plain ops)                                  {:8.1} ns", straight_ns / 901.0);
    println!(
        "state in memory                                     {:8} B    aim ≤ 1024 B",
        size_of::<State>()
    );
    println!("state as bytes                                      {:8} B    aim ≤ 1024 B", State::BYTES);
    println!("verify the office ({} bytes)                       {verify_ns:8.0} ns", bytes.len());
}
