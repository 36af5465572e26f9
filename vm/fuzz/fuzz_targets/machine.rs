//! Any verified program with any answers: the run ends within its fuel, its state survives its bytes, and its trace gives
//! the same run again. The input is a listing, a line `----`, and a line for each answer, so that whatever ops and answers
//! there are can be in it.
#![no_main]

use flow_vm::effect::{Answer, End, Input};
use flow_vm::limits::{STEPS_WITHOUT_KEY_MAX, TRACE_INPUTS_MAX};
use flow_vm::text::{effect_text, parse_answer};
use flow_vm::trace::ReplayEnd;
use flow_vm::{CallFacts, Misuse, Program, State, Step, Trace, Unwatched, asm, replay, resume, verify};

/// Listings beyond this only make the search slower.
const BYTES_MAX: usize = 1 << 16;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= BYTES_MAX) else { return };
    let (listing, answers) = text.split_once("\n----\n").unwrap_or((text, ""));
    let Ok(program) = asm::assemble(listing).map_err(drop).and_then(|p| verify(&p).map_err(drop)) else { return };
    let answers: Vec<Answer> = answers.lines().filter_map(parse_answer).collect();
    for entry in program.entries() {
        run(&program, entry, &answers);
    }
});

fn run(program: &Program, entry: &str, answers: &[Answer]) {
    let mut trace = Trace::new(program, entry, CallFacts::default());
    let mut state = trace.begin(program).expect("an entry of the program");
    let mut effects = Vec::new();
    // Nobody presses a key once the answers are used up, and then there is an end to the fuel.
    let least = usize::try_from(STEPS_WITHOUT_KEY_MAX).expect("a number of steps") + 2;
    let then = std::iter::repeat_n(Answer::Failed, least);
    for answer in [Answer::Start].into_iter().chain(answers.iter().copied()).chain(then) {
        let number = u32::try_from(effects.len()).expect("fewer effects than steps");
        let input = Input { effect: number, mono_ms: u64::from(number), wall_ms: i64::from(number), answer };
        let before = state.clone();
        match resume(program, &mut state, input, &mut Unwatched) {
            Ok(step) => {
                trace.inputs.push(input);
                match step {
                    Step::Effect { number, effect } => {
                        assert_eq!(usize::try_from(number).ok(), Some(effects.len() + 1));
                        effects.push(effect_text(&effect));
                    }
                    Step::End(end) => return again(program, &trace, effects, end),
                }
                assert_eq!(State::from_bytes(program, &state.to_bytes()).as_ref(), Ok(&state));
            }
            Err(Misuse::WrongAnswer { .. }) => assert_eq!(state, before, "an answer that doesn't fit changes nothing"),
            Err(other) => panic!("{other}"),
        }
    }
    panic!("a run without an end");
}

fn again(program: &Program, trace: &Trace, effects: Vec<String>, end: End) {
    let replayed = replay(program, trace);
    assert!(replayed.same_program);
    assert_eq!(replayed.effects, effects);
    assert_eq!(replayed.end, ReplayEnd::Ended { end, left: 0 });
    if trace.inputs.len() <= TRACE_INPUTS_MAX {
        assert_eq!(Trace::decode(&trace.encode()).as_ref(), Ok(trace));
    }
}
