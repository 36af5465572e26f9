//! F252 against the machine: where there is one way through a flow, the compiler refuses what the machine ends for want of
//! fuel, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test says by a panic what is wrong")]

use std::fmt::Write as _;

use flow_compiler::compile::compile;
use flow_compiler::diag::Code;
use flow_compiler::emit::emit;
use flow_compiler::lower::lower;
use flow_compiler::{Source, check, read_text, world_of};
use flow_vm::effect::{Answer, End, Input};
use flow_vm::{State, Step, Unwatched, resume, verify};

/// A flow that sets a variable so many times, by itself and in a flow that it calls, and a call to it.
fn office(own: usize, called: usize) -> String {
    let mut text = "flow main {\n  entry office: inbound_number \"+61299998888\" -> own0\n".to_owned();
    for n in 0..own {
        writeln!(text, "  own{n}: set {{ variable = v  value = \"{n} + 1\"  next -> own{} }}", n + 1)
            .unwrap();
    }
    writeln!(text, "  own{own}: subflow {{ flow = other  ok -> bye }}\n  bye: hangup\n}}").unwrap();
    text.push_str("flow other {\n  exits = [ok]\n  in: start -> part0\n");
    for n in 0..called {
        writeln!(text, "  part{n}: set {{ variable = w  value = \"{n}\"  next -> part{} }}", n + 1).unwrap();
    }
    write!(text, "  part{called}: return {{ exit = ok }}\n}}\n").unwrap();
    text + "inbound_number \"+61299998888\"\ntest \"one\" {\n  at 2026-03-02 10:00\n  call \"+61299998888\"\n}\n"
}

/// Whether the compiler refuses the flow for want of fuel, and whether the machine ends the call for it.
fn refused_and_ended(own: usize, called: usize) -> (bool, bool) {
    let text = office(own, called);
    let project = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]).project;
    let (world, _) = world_of(&project);
    let main = project.flows.values().find(|flow| flow.key == "main").unwrap();
    let made = compile(main, &world);
    let errors: Vec<_> = made.diagnostics.iter().filter(|found| found.is_error()).collect();
    assert!(errors.iter().all(|found| found.code == Code::OutOfFuel), "{errors:?}");
    assert_eq!(errors.is_empty(), made.program.is_some());
    let told = check(&project, &world);
    assert_eq!(errors.len(), told.iter().filter(|found| found.is_error()).count(), "{told:?}");

    let bytes = emit(&lower(main, &world).unwrap()).unwrap();
    let program = verify(&bytes).unwrap();
    let mut state = State::new(&program, "office").unwrap();
    let input = Input { effect: 0, mono_ms: 0, wall_ms: 0, answer: Answer::Start };
    let step = resume(&program, &mut state, input, &mut Unwatched).unwrap();
    (!errors.is_empty(), step == Step::End(End::OutOfFuel))
}

#[test]
fn what_is_refused_would_end_and_what_passes_does_not() {
    for called in [0, 7, 60, 150] {
        // The first that is refused: one more step than there is fuel for.
        let (mut passes, mut refused) = (0, 300);
        while refused - passes > 1 {
            let own = usize::midpoint(passes, refused);
            let (is_refused, ended) = refused_and_ended(own, called);
            assert_eq!(is_refused, ended, "{own} and {called}");
            if is_refused { refused = own } else { passes = own }
        }
        assert_eq!(refused_and_ended(passes, called), (false, false), "{passes} and {called}");
        assert_eq!(refused_and_ended(refused, called), (true, true), "{refused} and {called}");
    }
}
