use super::*;
use crate::codec::{decode, encode};
use crate::effect::{Answer, Effect, EffectKind, RingEnd};
use crate::limits;
use crate::sample::{Plan, answers, flow, input, listing, office};
use crate::{State, Step, Unwatched, resume};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn refused(bytes: &[u8], rule: Rule, what: &str) {
    match verify(bytes) {
        Ok(_) => panic!("{what} passed, but breaks {rule:?}"),
        Err(error) => assert_eq!(error.rule, rule, "{what}: {error}"),
    }
}

#[test]
fn the_sample_passes() {
    let program = office();
    assert_eq!(program.entries().collect::<Vec<_>>(), ["n0", "n5"]);
    assert_eq!(verify(&program.encode()).unwrap(), program);
}

#[test]
fn a_counter_that_is_set_on_one_path_only() {
    for (set, unset) in [("default", "failed"), ("failed", "default")] {
        let to = |row| if row == set { 2 } else { 3 };
        assert_eq!(to(unset), 3);
        let code = format!(
            "local_time \"UTC\"\nswitch_time |\n| default @{}\n| failed @{}\nset c1 3\ncount_down c1 @4\nhangup normal",
            to("default"),
            to("failed")
        );
        refused(&listing(&code), Rule::Counters, &code);
    }
}

/// A question whose answer leads to op `@{n}` or, when it failed, to `@{m}`.
fn outcome(question: &str, done: u32, failed: u32) -> String {
    let rows = format!("| done @{done}\n| key @{failed}\n| timeout @{failed}\n| failed @{failed}\n");
    format!("{question}\nswitch_outcome |\n{rows}")
}

#[test]
fn rules_on_webhooks_queues_and_conferences() {
    let field = outcome("webhook_field \"f\" text", 2, 4);
    assert!(verify(&listing(&format!("{field}push_answer\nstore v0\nhangup normal\n"))).is_ok());
    let unset = format!("{field}push_answer\nload v0\nhangup normal");
    refused(&listing(&unset), Rule::Values, "a variable that isn't set");
    let transfer = outcome("transfer extension \"101\" 1ms", 2, 2);
    assert!(verify(&listing(&format!("{transfer}hangup normal"))).is_ok());
}

/// The hash over a changed body, so that the rules behind it are what refuses.
fn rehash(bytes: &mut [u8]) {
    let Some(body) = bytes.len().checked_sub(32) else { return };
    let hash = Sha256::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&hash);
}

#[test]
fn rules_on_the_container() {
    let good = office().encode();
    let mutated = |change: fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        rehash(&mut bytes);
        bytes
    };
    refused(&[], Rule::Container, "nothing");
    refused(&good[..20], Rule::Container, "a piece");
    refused(&mutated(|b| b[0] = b'X'), Rule::Container, "another magic");
    refused(&mutated(|b| b[8] = 2), Rule::Container, "another version");
    refused(&mutated(|b| b[10] = 1), Rule::Container, "reserved bytes");
    refused(&mutated(|b| b[12] ^= 1), Rule::Needs, "another set of effects");
    refused(&mutated(|b| b.insert(b.len() - 32, 0)), Rule::Container, "a byte too many");
    refused(&mutated(|b| b[16..20].fill(0xff)), Rule::Limits, "four thousand million constants");
    refused(&mutated(|b| b[20..24].fill(0xff)), Rule::Limits, "a constant of four gigabytes");
    refused(&mutated(|b| b[24] = 0xff), Rule::Constants, "a constant that is no UTF-8");
    let mut changed = good.clone();
    changed[30] ^= 1;
    refused(&changed, Rule::Hash, "a changed byte");
    assert!(matches!(verify(&changed), Err(VerifyError { rule: Rule::Hash, .. })));
}

#[test]
fn tables_belong_to_their_switches() {
    let (mut parts, _) = decode(&office().encode()).unwrap();
    parts.tables.swap(0, 1);
    assert!(verify(&encode(&parts)).is_err());
    let (mut parts, _) = decode(&office().encode()).unwrap();
    let spare = parts.tables[0].clone();
    parts.tables.push(spare);
    refused(&encode(&parts), Rule::Tables, "a table that no switch uses");
    let (mut parts, _) = decode(&office().encode()).unwrap();
    for table in &mut parts.tables {
        if let Table::Slots { targets, .. } = table {
            targets.pop();
            break;
        }
    }
    refused(&encode(&parts), Rule::Total, "a table with a slot missing");
    let (mut parts, _) = decode(&office().encode()).unwrap();
    parts.constants.push(parts.constants[0].clone());
    refused(&encode(&parts), Rule::Constants, "a constant twice");
}

/// Midnight at the end of a day is minute 1,440; written as 0 the same rule would have two encodings.
#[test]
fn a_rule_has_one_encoding() {
    let code = "local_time \"UTC\"\nswitch_time |\n| rule mon 18:00 24:00 @2\n| default @2\n| failed @2\nhangup normal";
    let mut bytes = listing(code);
    let minutes = [1_080_u16.to_le_bytes(), 1_440_u16.to_le_bytes()].concat();
    let place = bytes.windows(4).position(|four| four == minutes).unwrap();
    assert!(verify(&bytes).is_ok());
    bytes[place + 2..place + 4].fill(0);
    rehash(&mut bytes);
    refused(&bytes, Rule::TimeRules, "an end of 0");
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let plan = (any::<u8>(), any::<[u8; 4]>()).prop_map(|(kind, wires)| Plan { kind, wires });
    prop::collection::vec(plan, 1..12)
}

/// What the verifier promised about an effect, now that a run asks for it.
fn kept(effect: &Effect<'_>, answered: bool) {
    match effect {
        Effect::Menu { .. }
        | Effect::Voicemail { .. }
        | Effect::Queue { .. }
        | Effect::Conference { .. }
        | Effect::Play { early: false, .. }
        | Effect::Collect { .. } => {
            assert!(answered, "{effect:?} for a caller who isn't answered");
        }
        Effect::Play { early: true, .. } => assert!(!answered, "{effect:?} for an answered caller"),
        Effect::Answer
        | Effect::RingExtension { .. }
        | Effect::RingGroup { .. }
        | Effect::LocalTime { .. }
        | Effect::SetCallerId { .. }
        | Effect::Chance { .. }
        | Effect::Status { .. }
        | Effect::Transfer { .. }
        | Effect::Webhook { .. }
        | Effect::WebhookField { .. } => {}
    }
}

/// Some answer that fits; which one, the draw says. `HungUp` would end every run early and is left out, keys
/// on demand.
fn fitting(program: &Program, state: &State, draw: usize, keys: bool) -> Answer {
    let all = answers();
    let fits = |answer: &Answer| {
        let wanted = *answer != Answer::HungUp && (keys || !crate::machine::is_pressed(*answer));
        let tried = resume(program, &mut state.clone(), input(state.effect(), *answer), &mut Unwatched);
        assert_ne!(tried, Err(crate::Misuse::Corrupt));
        wanted && tried.is_ok()
    };
    (0..all.len()).map(|place| all[(draw + place) % all.len()]).find(fits).unwrap()
}

/// Runs a program by draws until it ends; after some keys the caller presses no more. On the way, every
/// effect must be one that the verifier's rules allow where it comes.
fn ends(program: &Program, draws: &[u8]) {
    for entry in program.entries() {
        let mut state = State::new(program, entry).unwrap();
        let (mut keys, mut inputs, mut answered, mut last) = (0, 0, false, None);
        while !state.has_ended() {
            inputs += 1;
            assert!(inputs <= 21 * limits::STEPS_WITHOUT_KEY_MAX as usize, "the run doesn't end");
            let draw = usize::from(draws[inputs % draws.len()]) + inputs;
            let answer = fitting(program, &state, draw, keys < 20);
            keys += u32::from(crate::machine::is_pressed(answer));
            answered |= answer == Answer::Ring(RingEnd::Answered)
                || (answer == Answer::Done && last == Some(EffectKind::Answer));
            assert_eq!(State::from_bytes(program, &state.to_bytes()).as_ref(), Ok(&state));
            let number = state.effect();
            match resume(program, &mut state, input(number, answer), &mut Unwatched).unwrap() {
                Step::Effect { number: next, effect } => {
                    assert_eq!(next, number + 1);
                    assert!(program.needs().has(effect.kind()));
                    kept(&effect, answered);
                    last = Some(effect.kind());
                }
                Step::End(_) => assert!(state.has_ended()),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_built_verifies_and_ends(plans in plans(), draws in prop::collection::vec(any::<u8>(), 1..64)) {
        let bytes = flow(&plans);
        let program = verify(&bytes).unwrap();
        prop_assert_eq!(program.encode(), bytes.clone());
        let listing = crate::asm::disassemble(&program);
        prop_assert_eq!(crate::asm::assemble(&listing).unwrap(), bytes);
        ends(&program, &draws);
    }

    #[test]
    fn mutated_bytes_never_panic_and_what_passes_ends(
        plans in plans(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..3),
        cut in prop::option::weighted(0.1, any::<prop::sample::Index>()),
        draws in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let mut bytes = flow(&plans);
        for (place, value, small) in changes {
            let place = place.index(bytes.len());
            bytes[place] = if small { value % 32 } else { value };
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        rehash(&mut bytes);
        if let Ok(program) = verify(&bytes) {
            prop_assert_eq!(program.encode(), bytes.clone());
            let listing = crate::asm::disassemble(&program);
            prop_assert_eq!(crate::asm::assemble(&listing).unwrap(), bytes);
            ends(&program, &draws);
        }
    }

    #[test]
    fn rewired_code_never_panics_and_what_passes_ends(
        plans in plans(),
        wires in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8),
        draws in prop::collection::vec(any::<u8>(), 1..64),
    ) {
        let (mut parts, _) = decode(&flow(&plans)).unwrap();
        let ops = parts.ops.len();
        let mut seen = 0;
        let places: Vec<_> = wires.iter().map(|(at, to)| (at.index(ops), to.index(ops))).collect();
        let mut rewire = |to| {
            seen += 1;
            let new = places.iter().find(|(at, _)| *at == seen);
            new.map_or(to, |(_, to)| crate::table::Target(u32::try_from(*to).unwrap()))
        };
        parts.ops.iter_mut().for_each(|op| *op = op.retarget(&mut rewire));
        parts.tables.iter_mut().for_each(|table| table.retarget(&mut rewire));
        if let Ok(program) = verify(&encode(&parts)) {
            ends(&program, &draws);
        }
    }

    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let mut bytes = bytes;
        prop_assert!(verify(&bytes).is_err());
        let mut framed = b"FLOWVM\r\n\x01\0\0\0".to_vec();
        framed.append(&mut bytes);
        framed.extend([0; 32]);
        rehash(&mut framed);
        prop_assert!(verify(&framed).is_err());
    }

    #[test]
    fn states_from_noise_never_panic(noise in prop::collection::vec(any::<u8>(), 0..600), place in 0_u32..40, draw in any::<u8>()) {
        let program = office();
        prop_assert!(State::from_bytes(&program, &noise).is_err());
        // A state of this program at some place: what is let in runs on and ends.
        let mut bytes = State::new(&program, "n0").unwrap().to_bytes();
        bytes[9] = 1;
        bytes[10..14].copy_from_slice(&place.to_le_bytes());
        bytes[14] = 1;
        for (byte, noise) in bytes[22..].iter_mut().zip(&noise) {
            *byte = *noise;
        }
        if let Ok(mut state) = State::from_bytes(&program, &bytes) {
            let answers = answers();
            let answer = answers[usize::from(draw) % answers.len()];
            if let Err(misuse) = resume(&program, &mut state, input(1, answer), &mut Unwatched) {
                prop_assert_ne!(misuse, crate::Misuse::Corrupt);
            }
        }
    }
}
