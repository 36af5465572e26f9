use super::*;
use crate::effect::{Cause, Key, LocalTime, RingEnd};
use crate::sample::{input, listing, office};
use crate::verify;
use proptest::prelude::*;

fn facts() -> CallFacts {
    CallFacts {
        caller_number: Text::cut("+61411111111"),
        caller_name: Text::cut("Ann \"A\""),
        called_number: Text::cut("+61299998888"),
    }
}

fn call() -> Trace {
    let mut trace = Trace::new(&office(), "n0", facts());
    let answers = [
        Answer::Start,
        Answer::LocalTime(LocalTime { day: 20_514, second: 36_000 }),
        Answer::Done,
        Answer::Key(Key::from_char('1').unwrap()),
        Answer::Ring(RingEnd::Answered),
    ];
    trace.inputs = (0..).zip(answers).map(|(number, answer)| input(number, answer)).collect();
    trace
}

#[test]
fn the_text_is_stable() {
    let hash = office().hash();
    let text = format!(
        "flowpbx-trace 2\nprogram {hash}\nentry \"n0\"\n\
         caller \"+61411111111\" \"Ann \\\"A\\\"\"\ncalled \"+61299998888\"\n0 0 1772492400000 start\n\
         1 1000 1772492400000 local_time 2026-03-02 10:00:00\n2 2000 1772492400000 done\n\
         3 3000 1772492400000 key 1\n4 4000 1772492400000 ring answered\n"
    );
    assert_eq!(call().encode(), text);
    assert_eq!(Trace::decode(&text), Ok(call()));
}

#[test]
fn traces_of_version_1_are_read() {
    let old: Vec<String> = call().encode().lines().map(str::to_owned).collect();
    let old: Vec<&str> = old
        .iter()
        .map(String::as_str)
        .filter(|l| !l.starts_with("caller ") && !l.starts_with("called "))
        .collect();
    let old = old.join("\n").replace("trace 2", "trace 1");
    assert_eq!(Trace::decode(&old), Ok(Trace { facts: CallFacts::default(), ..call() }));
}

#[test]
fn replay_on_the_same_program() {
    let replay = replay(&office(), &call());
    assert!(replay.same_program);
    let effects = [
        "local_time \"Australia/Sydney\"",
        "answer",
        "menu menu_greeting \"main\" 5000ms",
        "ring_group \"sales\" 30000ms",
    ];
    assert_eq!(replay.effects, effects);
    assert_eq!(replay.end, ReplayEnd::Ended { end: End::Hangup(Cause::Normal), left: 0 });
}

#[test]
fn replay_on_another_program_says_where_they_part() {
    let code = "local_time \"UTC\"\nring_group \"g\" 1ms\nhangup busy";
    let mut trace = call();
    trace.entry = "n".to_owned();
    let other = verify(&listing(code)).unwrap();
    let got = replay(&other, &trace);
    assert!(!got.same_program);
    assert_eq!(got.effects.last().map(String::as_str), Some("ring_group \"g\" 1ms"));
    assert_eq!(got.end, ReplayEnd::Parted { effect: 2, answer: Some(Answer::Done) });

    let short = verify(&listing("local_time \"UTC\"\nhangup busy")).unwrap();
    assert_eq!(replay(&short, &trace).end, ReplayEnd::Ended { end: End::Hangup(Cause::Busy), left: 3 });

    trace.inputs.truncate(1);
    assert_eq!(replay(&other, &trace).end, ReplayEnd::Parted { effect: 1, answer: None });
    assert_eq!(replay(&other, &call()).end, ReplayEnd::NoEntry("n0".to_owned()));
}

#[test]
fn texts_that_are_no_trace() {
    let good = call().encode();
    let cases = [
        (1, String::new()),
        (1, good.replace("trace 2", "trace 3")),
        (2, good.replace("program ", "program x")),
        (3, good.replace("\"n0\"", "n0")),
        (3, good.replace("\"n0\"", "\"n0\" more")),
        (4, good.replace("caller ", "call ")),
        (4, good.replace(" \"Ann", " Ann")),
        (5, good.replace("called ", "")),
        (8, good.replace("done", "finished")),
        (9, good.replace("3 3000", "3  3000")),
        (10, good.replace("4 4000", "-4 4000")),
    ];
    for (line, text) in cases {
        assert_eq!(Trace::decode(&text).map_err(|e| e.line), Err(line), "{text}");
    }
    let long = "x".repeat(limits::TRACE_BYTES_MAX + 1);
    assert!(Trace::decode(&long).is_err());
    let many = good.clone() + &"1 1 1 done\n".repeat(limits::TRACE_INPUTS_MAX);
    assert!(Trace::decode(&many).is_err());
}

fn answer() -> impl Strategy<Value = Answer> {
    let all = crate::sample::answers();
    let time =
        (any::<i32>(), 0_u32..86_400).prop_map(|(day, second)| Answer::LocalTime(LocalTime { day, second }));
    prop_oneof![prop::sample::select(all), time]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_trace_comes_back(
        entry in any::<String>(),
        hash in any::<[u8; 32]>(),
        inputs in prop::collection::vec((any::<u32>(), any::<u64>(), any::<i64>(), answer()), 0..20),
    ) {
        let inputs = inputs
            .into_iter()
            .map(|(effect, mono_ms, wall_ms, answer)| Input { effect, mono_ms, wall_ms, answer })
            .collect();
        let trace = Trace { program: ProgramHash(hash), entry, facts: facts(), inputs };
        prop_assert_eq!(Trace::decode(&trace.encode()), Ok(trace));
    }

    #[test]
    fn noise_is_no_trace_and_never_panics(
        cut in any::<prop::sample::Index>(),
        noise in any::<String>(),
        end in any::<prop::sample::Index>(),
    ) {
        let good = call().encode();
        let at = |index: prop::sample::Index| index.index(good.len());
        let mixed = format!("{}{noise}{}", &good[..at(cut)], &good[at(end)..]);
        if let Ok(trace) = Trace::decode(&mixed) {
            let _ = replay(&office(), &trace);
            prop_assert_eq!(Trace::decode(&trace.encode()), Ok(trace));
        }
    }
}
