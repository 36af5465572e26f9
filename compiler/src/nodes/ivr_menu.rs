use flow_vm::effect::Key;

use crate::entity::{self, EntityFacts};
use crate::ir::{Ask, BlockEnd, BlockRef, Case, Counter, Heard, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Answers, plays the menu's greeting and waits for a key.
    ///
    /// Silence and wrong keys are counted apart; the greeting is repeated as often as the menu's `retries` say, then
    /// `timeout` or `invalid` is taken.
    IvrMenu as "ivr_menu";
    entity EntityUse::One(EntityKind::IvrMenu);
    takes Takes::Any;
    waits true;
    fields {
        /// How long to wait for a key after the greeting; the menu's own, if not given.
        timeout: crate::nodes::values::Seconds<1, 60>, from "timeout";
    }
    computed Computed::MenuKeys, Leaves::Answered, Unwired::Refused;
    exits {
        /// No key was pressed, and the greeting was repeated often enough.
        timeout: Leaves::Answered, Unwired::SaysGoodbye;
        /// Keys that the menu doesn't offer were pressed often enough.
        invalid: Leaves::Answered, Unwired::SaysGoodbye;
    }
}

/// Retries left after silence. Counters belong to the menu that the call is in, so two do for any number of menus.
const SILENCES: Counter = Counter(0);
/// Retries left after wrong keys.
const WRONG_KEYS: Counter = Counter(1);
/// What a caller who pressed nothing hears before the greeting is repeated.
const TIMEOUT_PROMPT: &str = "menu-timeout";
/// What a caller who pressed a wrong key hears before the greeting is repeated.
const INVALID_PROMPT: &str = "menu-invalid";

impl Lower for IvrMenu {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(EntityFacts::IvrMenu(menu)) = at.facts() else {
            return Err(at.hole("the facts of the menu"));
        };
        let retries = menu.retries;
        let greet =
            at.answer(vec![Step::Enter, Step::Set(SILENCES, retries), Step::Set(WRONG_KEYS, retries)]);
        let (silent, wrong) = (at.block(), at.block());
        let mut cases = key_cases(menu, at);
        cases.push((Case::OtherKey, wrong));
        retry(at, silent, SILENCES, "timeout", TIMEOUT_PROMPT, &cases, greet);
        retry(at, wrong, WRONG_KEYS, "invalid", INVALID_PROMPT, &cases, greet);
        cases.push((Case::Timeout, silent));
        let timeout_ms = self.timeout.unwrap_or_else(|| u32::from(menu.timeout_s)).saturating_mul(1_000);
        let effect = Ask::Menu { sound: Heard::MenuGreeting(menu.key.clone()), timeout_ms };
        // A greeting that can't be played is treated as silence, which counts it and ends.
        at.write(greet, Vec::new(), BlockEnd::Ask { effect, cases, otherwise: silent });
        Ok(())
    }
}

fn key_cases(menu: &entity::IvrMenu, at: &mut Site<'_, '_>) -> Vec<(Case, BlockRef)> {
    let offered = |key: &Key| menu.keys.iter().any(|k| k.key == *key);
    let keys = Key::ALL.into_iter().filter(offered);
    keys.map(|key| (Case::Key(key), at.exit(&key.to_string()))).collect()
}

/// After the last retry the exit; before, a word to the caller (which a key cuts short and counts) and the greeting
/// again.
fn retry(
    at: &mut Site<'_, '_>,
    block: BlockRef,
    counter: Counter,
    exit: &str,
    prompt: &str,
    keys: &[(Case, BlockRef)],
    greet: BlockRef,
) {
    let out = at.exit(exit);
    let sound = Heard::Prompt(prompt.to_owned());
    let effect = Ask::Play { sound, barge_in: true, early: false };
    let more = at.add(Vec::new(), BlockEnd::Ask { effect, cases: keys.to_vec(), otherwise: greet });
    at.write(block, Vec::new(), BlockEnd::CountDown { counter, more, out });
}
