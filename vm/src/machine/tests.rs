use super::*;
use crate::effect::{Cause, EffectKind, EffectSet, Key, LocalTime, RingEnd, VoicemailEnd, WebhookEnd};
use crate::sample::{effect, give, input, listing, office, start};
use crate::state::StateError;
use crate::text::effect_text;
use crate::value::{CallFacts, Text};
use crate::verify;

/// A Monday at 10:00 in `sample`'s business hours.
const BUSINESS: Answer = Answer::LocalTime(LocalTime { day: 20_514, second: 36_000 });

fn key(c: char) -> Answer {
    Answer::Key(Key::from_char(c).unwrap())
}

#[derive(Default)]
struct Path(Vec<String>);

struct Named<'p>(&'p Program, Path);

impl Watch for Named<'_> {
    fn enter(&mut self, node: NodeIx) {
        self.1.0.push(format!("> {}", self.0.node_name(node).unwrap()));
    }
    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        let (node_name, exit_name) = (self.0.node_name(node).unwrap(), self.0.exit_name(node, exit).unwrap());
        self.1.0.push(format!("< {node_name} {exit_name}"));
    }
}

#[test]
fn a_call_goes_through_its_flow() {
    let program = office();
    let mut state = State::new(&program, "n0").unwrap();
    let mut watch = Named(&program, Path::default());
    let answers = [
        (Answer::Start, "local_time \"Australia/Sydney\""),
        (BUSINESS, "answer"),
        (Answer::Done, "menu menu_greeting \"main\" 5000ms"),
        (Answer::Timeout, "menu menu_greeting \"main\" 5000ms"),
        (key('7'), "play prompt \"invalid\" barge_in answered"),
        (Answer::Done, "menu menu_greeting \"main\" 5000ms"),
        (key('1'), "ring_group \"sales\" 30000ms"),
        (Answer::Ring(RingEnd::Busy), "answer"),
        (Answer::Done, "voicemail \"after-hours\""),
    ];
    for (number, (answer, text)) in (0..).zip(answers) {
        let step = resume(&program, &mut state, input(number, answer), &mut watch).unwrap();
        assert_eq!(effect_text(&effect(step)), text);
        assert_eq!(state.effect(), number + 1);
    }
    let last = resume(&program, &mut state, input(9, Answer::Voicemail(VoicemailEnd::Done)), &mut watch);
    assert_eq!(last, Ok(Step::End(End::Hangup(Cause::Normal))));
    let path = ["> n0", "< n0 business", "> n1", "< n1 1", "> n2", "< n2 busy", "> n4", "< n4 next", "> n5"];
    assert_eq!(watch.1.0, path);
}

#[test]
fn timeout_and_invalid_are_counted_apart() {
    let program = office();
    let (mut state, _) = start(&program, "n0");
    give(&program, &mut state, BUSINESS);
    let mut step = give(&program, &mut state, Answer::Done);
    // Two of each are forgiven, in any order.
    for answer in [Answer::Timeout, key('7'), Answer::Done, Answer::Timeout, key('8'), Answer::Done] {
        step = give(&program, &mut state, answer);
    }
    assert_eq!(effect(step).kind(), EffectKind::Menu);
    let mut other = state.clone();
    assert_eq!(effect(give(&program, &mut state, Answer::Timeout)).kind(), EffectKind::Answer);
    assert_eq!(effect(give(&program, &mut other, key('9'))).kind(), EffectKind::Answer);
}

#[test]
fn a_wrong_input_changes_nothing() {
    let program = office();
    let mut state = State::new(&program, "n0").unwrap();
    let cases = [
        (1, Answer::Start, Misuse::WrongEffect { waiting: 0, got: 1 }),
        (0, Answer::Done, Misuse::WrongAnswer { effect: 0 }),
    ];
    for (number, answer, misuse) in cases {
        let before = state.clone();
        assert_eq!(resume(&program, &mut state, input(number, answer), &mut Unwatched), Err(misuse));
        assert_eq!(state, before);
    }
    give(&program, &mut state, Answer::Start);
    let late = Answer::LocalTime(LocalTime { day: 0, second: 86_400 });
    for answer in [Answer::Start, Answer::Done, Answer::Timeout, key('1'), Answer::Ring(RingEnd::Busy), late]
    {
        let before = state.clone();
        let misuse = Misuse::WrongAnswer { effect: 1 };
        assert_eq!(resume(&program, &mut state, input(1, answer), &mut Unwatched), Err(misuse));
        assert_eq!(state, before);
    }
    assert_eq!(give(&program, &mut state, Answer::HungUp), Step::End(End::CallerGone));
    assert_eq!(resume(&program, &mut state, input(1, Answer::HungUp), &mut Unwatched), Err(Misuse::Ended));
}

#[test]
fn a_sound_without_barge_in_takes_no_key() {
    for (word, fits) in [("whole", false), ("barge_in", true)] {
        let program = verify(&listing(&format!("play prompt \"x\" {word} early\nhangup busy"))).unwrap();
        let (mut state, _) = start(&program, "n");
        let step = resume(&program, &mut state, input(1, key('1')), &mut Unwatched);
        assert_eq!(step.is_ok(), fits, "{word}");
    }
}

#[test]
fn a_state_belongs_to_one_program() {
    let (one, two) = (office(), verify(&listing("hangup normal")).unwrap());
    let mut state = State::new(&one, "n0").unwrap();
    let got = resume(&two, &mut state, input(0, Answer::Start), &mut Unwatched);
    assert_eq!(got, Err(Misuse::OtherProgram));
    assert_eq!(State::from_bytes(&two, &state.to_bytes()), Err(StateError::OtherProgram));
    assert_eq!(State::new(&two, "x"), Err(StateError::NoEntry("x".to_owned())));
}

#[test]
fn a_loop_that_waits_for_nothing_ends_by_fuel() {
    let program = verify(&listing("jump @0")).unwrap();
    assert_eq!(start(&program, "n").1, Step::End(End::OutOfFuel));
}

#[test]
fn the_last_op_that_fuel_allows_still_runs() {
    let max = limits::STEPS_PER_INPUT_MAX as usize;
    let code = |sets: usize| format!("{}hangup busy", "set c0 1\n".repeat(sets));
    let fits = verify(&listing(&code(max - 1))).unwrap();
    assert_eq!(start(&fits, "n").1, Step::End(End::Hangup(Cause::Busy)));
    let over = verify(&listing(&code(max))).unwrap();
    assert_eq!(start(&over, "n").1, Step::End(End::OutOfFuel));
}

#[test]
fn a_loop_through_a_node_ends_by_visits() {
    let program = verify(&listing("enter \"n\"\nring_group \"g\" 1ms\njump @0")).unwrap();
    let (mut state, _) = start(&program, "n");
    for _ in 1..limits::VISITS_PER_NODE_MAX {
        effect(give(&program, &mut state, Answer::Ring(RingEnd::NoAnswer)));
    }
    assert_eq!(give(&program, &mut state, Answer::Ring(RingEnd::NoAnswer)), Step::End(End::TooManyVisits));
}

#[test]
fn a_key_makes_visits_count_anew() {
    let program = verify(&listing("enter \"n\"\nplay prompt \"x\" barge_in early\njump @0")).unwrap();
    let (mut state, _) = start(&program, "n");
    for turn in 0..100 {
        let answer = if turn % 9 == 0 { key('1') } else { Answer::Done };
        effect(give(&program, &mut state, answer));
    }
}

#[test]
fn a_loop_that_waits_but_enters_no_node_ends_by_fuel() {
    let program = verify(&listing("ring_group \"g\" 1ms\njump @0")).unwrap();
    let (mut state, mut step) = start(&program, "n");
    let mut inputs = 0;
    while matches!(step, Step::Effect { .. }) {
        step = give(&program, &mut state, Answer::Ring(RingEnd::NoAnswer));
        inputs += 1;
    }
    assert_eq!(step, Step::End(End::OutOfFuel));
    assert_eq!(inputs, limits::STEPS_WITHOUT_KEY_MAX / 2);
}

#[test]
fn visits_are_exact_up_to_the_slots() {
    let program = office();
    let mut state = State::new(&program, "n0").unwrap();
    for node in 0..u32::try_from(limits::VISIT_SLOTS).unwrap() {
        for _ in 0..limits::VISITS_PER_NODE_MAX {
            assert!(state.visit(NodeIx(node)));
        }
        assert!(!state.visit(NodeIx(node)));
    }
}

#[test]
fn times_of_a_rule() {
    // Friday 22:00 to Saturday 06:00 is Friday's; 25 and 26 December 2026 are a holiday whatever the hour.
    let program = office();
    let table = program.parts().tables.iter().find_map(|t| match t {
        Table::Time(table) => Some(table),
        Table::Slots { .. } => None,
    });
    let table = table.unwrap();
    let at = |date: &str, clock: (u32, u32)| {
        let time =
            LocalTime { day: crate::text::parse_date(date).unwrap(), second: (clock.0 * 60 + clock.1) * 60 };
        table.rules.iter().position(|rule| rule.when.matches(time))
    };
    let cases = [
        ("2026-12-25", (10, 0), Some(0)),
        ("2026-12-26", (23, 59), Some(0)),
        ("2026-12-27", (0, 0), None),
        ("2026-03-02", (8, 29), None),
        ("2026-03-02", (8, 30), Some(1)),
        ("2026-03-02", (16, 59), Some(1)),
        ("2026-03-02", (17, 0), None),
        ("2026-03-06", (5, 0), None),
        ("2026-03-06", (22, 0), Some(2)),
        ("2026-03-07", (5, 59), Some(2)),
        ("2026-03-07", (6, 0), None),
        ("2026-03-07", (22, 0), None),
    ];
    for (date, clock, rule) in cases {
        assert_eq!(at(date, clock), rule, "{date} {clock:?}");
    }
    assert_eq!(table.target(Answer::Failed), Some(table.failed));
}

#[test]
fn what_a_program_needs() {
    let needs: Vec<_> = office().needs().iter().map(EffectKind::name).collect();
    assert_eq!(needs, ["answer", "play", "menu", "ring_extension", "ring_group", "voicemail", "local_time"]);
    let able = EffectSet::default().with(EffectKind::Answer);
    assert_eq!(office().lacks(able), Some(EffectKind::Play));
    assert_eq!(office().lacks(EffectSet::all()), None);
}

#[test]
fn a_run_allocates_nothing_once_started() {
    let program = office();
    let mut state = State::new(&program, "n0").unwrap();
    let answers = [Answer::Start, BUSINESS, Answer::Done, key('7'), Answer::Done, key('1'), Answer::HungUp];
    let used = allocation_counter::measure(|| {
        for (number, answer) in (0..).zip(answers) {
            resume(&program, &mut state, input(number, answer), &mut Unwatched).unwrap();
        }
    });
    assert!(state.has_ended());
    assert_eq!(used.count_total, 0);
    assert_ne!(allocation_counter::measure(|| drop(state.to_bytes())).count_total, 0, "the counter counts");
}

/// Every effect with all the answers that it takes, besides `failed` and `hung_up`, which each takes.
#[test]
fn which_answers_an_effect_takes() {
    let menu = "answer\nswitch_outcome |\n| done @3\n| key @2\n| timeout @2\n| failed @2\nhangup busy\nmenu prompt \"x\" 1ms";
    let [mail, queue, conference] = ["voicemail \"x\"", "queue \"x\" 1ms", "conference \"x\""]
        .map(|asked| menu.replace("menu prompt \"x\" 1ms", asked));
    let cases: &[(&str, u32, &[&str])] = &[
        ("answer", 1, &["done"]),
        ("play prompt \"x\" whole early", 1, &["done"]),
        ("play prompt \"x\" barge_in early", 1, &["done", "key"]),
        (menu, 2, &["timeout", "key"]),
        ("ring_extension \"x\" 1ms", 1, &["ring"]),
        ("ring_group \"x\" 1ms", 1, &["ring"]),
        (&mail, 2, &["voicemail"]),
        ("local_time \"x\"", 1, &["local_time"]),
        ("push_text \"x\"\nset_caller_id name", 1, &["done"]),
        ("chance 30%", 1, &["chance"]),
        ("status \"x\"", 1, &["status"]),
        ("transfer extension \"x\" 1ms", 1, &["done"]),
        ("push_phone \"x\"\ntransfer number 1ms", 1, &["done"]),
        ("push_text \"x\"\nwebhook \"x\" get \"a\" 1ms", 1, &["webhook"]),
        ("webhook_field \"x\" text", 1, &["done text"]),
        ("webhook_field \"x\" phone", 1, &["done phone"]),
        (&queue, 2, &["queue"]),
        (&conference, 2, &["conference"]),
    ];
    for (code, effect, takes) in cases {
        let program = verify(&listing(&format!("{code}\nhangup normal"))).unwrap();
        let (mut state, _) = start(&program, "n");
        if *effect == 2 {
            give(&program, &mut state, Answer::Done);
        }
        for answer in crate::sample::answers() {
            let text = crate::text::answer_text(answer);
            let of = |word: &&str| text == *word || *word != "done" && text.starts_with(&format!("{word} "));
            let fits = takes.iter().chain(&["failed", "hung_up"]).any(of);
            let got = resume(&program, &mut state.clone(), input(*effect, answer), &mut Unwatched);
            assert_eq!(got.is_ok(), fits, "{code}: {text}");
        }
    }
}

#[test]
fn a_state_can_only_be_where_a_call_can_be() {
    let program = verify(&listing("enter \"n\"\nanswer\nhangup normal\nanswer\nhangup busy")).unwrap();
    let (state, _) = start(&program, "n");
    let at = |place: u8| {
        let mut bytes = state.to_bytes();
        bytes[10] = place;
        State::from_bytes(&program, &bytes)
    };
    assert_eq!(at(1), Ok(state.clone()));
    for place in [0, 2, 3, 4, 5, 255] {
        assert_eq!(at(place), Err(StateError::Impossible), "@{place}");
    }
}

/// A state with variables and facts is the same after a rest as bytes.
#[test]
fn values_survive_as_bytes() {
    let code = "push_fact caller_number\nstore v9\npush_number -7\nstore v3\npush_bool yes\nstore v0\n\
                push_text \"Büro\"\nstore v63\nanswer\nload v9\napply to_text\nset_caller_id number\n\
                load v3\npush_number 2\napply multiply\napply to_text\nset_caller_id name\nhangup normal";
    let program = verify(&listing(code)).unwrap();
    let facts = CallFacts { caller_number: Text::cut("+61411111111"), ..CallFacts::default() };
    let mut state = State::new(&program, "n").unwrap().with_facts(facts);
    give(&program, &mut state, Answer::Start);
    let bytes = state.to_bytes();
    let mut back = State::from_bytes(&program, &bytes).unwrap();
    assert_eq!(back, state);
    let shown = effect_text(&effect(give(&program, &mut back, Answer::Done)));
    assert_eq!(shown, "set_caller_id number \"+61411111111\"");
    let shown = effect_text(&effect(give(&program, &mut back, Answer::Failed)));
    assert_eq!(shown, "set_caller_id name \"-14\"");
    for cut in State::BYTES..bytes.len() {
        // Cut behind a variable, a shorter list of them is left.
        if let Ok(less) = State::from_bytes(&program, &bytes[..cut]) {
            assert_ne!(less, state);
        }
    }
    let more: Vec<u8> = bytes.iter().copied().chain([0; 64]).collect();
    assert_eq!(State::from_bytes(&program, &more), Err(StateError::Malformed));
}

/// A reply's field goes into a variable; a value of another type than was asked for is no answer.
#[test]
fn a_webhook_fills_variables() {
    let rows: String = (0..8).map(|n| format!("| {n} @{}\n", if n == 0 { 3 } else { 9 })).collect();
    let code = format!(
        "push_fact caller_name\nwebhook \"https://crm.example/\" post \"known(level:number)\" 5000ms\n\
         switch_webhook |\n{rows}| default @9\n| error @9\n| timeout @9\n| failed @9\n\
         webhook_field \"level\" number\nswitch_outcome |\n| done @5\n| key @9\n| timeout @9\n| failed @9\n\
         push_answer\nstore v3\nload v3\nset_caller_id name\nhangup busy"
    )
    .replace("load v3\n", "load v3\napply to_text\n")
    .replace("@9", "@10");
    let program = verify(&listing(&code)).unwrap();
    let facts = CallFacts { caller_name: Text::cut("Ann"), ..CallFacts::default() };
    let mut state = State::new(&program, "n").unwrap().with_facts(facts);
    let asked = effect(give(&program, &mut state, Answer::Start));
    let text = "webhook post \"https://crm.example/\" \"Ann\" \"known(level:number)\" 5000ms";
    assert_eq!(effect_text(&asked), text);
    let field = effect(give(&program, &mut state, Answer::Webhook(WebhookEnd::Answer(0))));
    assert_eq!(effect_text(&field), "webhook_field \"level\" number");
    let wrong = input(2, Answer::Value(Value::Bool(true)));
    let refused = resume(&program, &mut state.clone(), wrong, &mut Unwatched);
    assert_eq!(refused, Err(Misuse::WrongAnswer { effect: 2 }));
    let shown = effect(give(&program, &mut state, Answer::Value(Value::Number(42))));
    assert_eq!(effect_text(&shown), "set_caller_id name \"42\"");
    let mut fails = State::new(&program, "n").unwrap();
    give(&program, &mut fails, Answer::Start);
    let number = fails.effect();
    let ninth = input(number, Answer::Webhook(WebhookEnd::Answer(8)));
    assert!(resume(&program, &mut fails.clone(), ninth, &mut Unwatched).is_err());
    let end = give(&program, &mut fails, Answer::Webhook(WebhookEnd::Timeout));
    assert_eq!(end, Step::End(End::Hangup(Cause::Busy)));
}

#[test]
fn a_test_chooses_the_way() {
    let code = "push_fact called_number\npush_phone \"+6129\"\napply starts_with\njump_unless @5\nhangup busy\n\
                hangup rejected";
    let program = verify(&listing(code)).unwrap();
    for (number, cause) in [("+61299998888", Cause::Busy), ("101", Cause::Rejected)] {
        let facts = CallFacts { called_number: Text::cut(number), ..CallFacts::default() };
        let mut state = State::new(&program, "n").unwrap().with_facts(facts);
        assert_eq!(give(&program, &mut state, Answer::Start), Step::End(End::Hangup(cause)));
    }
}
