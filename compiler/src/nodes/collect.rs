use flow_vm::effect::{DigitRule, Key};

use crate::ir::{Ask, BlockEnd, BlockRef, Case, Counter, Entered, Heard, Step};
use crate::lower::{Hole, Lower, Site};

node! {
    /// Asks the caller for digits: an account number, a date of birth, an extension, a code.
    ///
    /// The prompt says what is wanted, and the first key ends it. The digits go into `variable`, which has its value
    /// only behind `next`. Callers who are silent, and callers who enter too few digits, are asked again as often as
    /// `retries` says, the two counted apart; then `timeout` or `invalid` is taken. With `confirm` that prompt is played
    /// after the digits, and 1 goes on while 2 asks for them again.
    ///
    /// With `secret` the digits are compared with a secret that the server keeps, such as a door code: they never enter
    /// the flow, its traces or its records, and there is no variable. Wrong ones are asked for again as often as
    /// `retries` says; then `refused` is taken.
    Collect as "collect";
    entity EntityUse::One(EntityKind::Prompt);
    takes Takes::Any;
    waits true;
    fields {
        /// The variable that the digits go into.
        variable: crate::nodes::values::VariableName as Absent;
        /// What the variable holds: `text` keeps zeros in front, `number` can be computed with, `phone` can be compared with
        /// numbers of calls.
        holds: crate::nodes::values::HoldsWord = "text";
        /// Least number of digits.
        min: crate::nodes::values::Int<1, 32> = 1;
        /// Greatest number of digits; with so many the entry ends.
        max: crate::nodes::values::Int<1, 32> = 16;
        /// The key that ends the entry sooner: `"#"`, `"*"` or `none`.
        terminator: crate::nodes::values::TerminatorWord = "#";
        /// How long to wait for the first digit after the prompt.
        timeout: crate::nodes::values::Seconds<1, 60> = 5;
        /// How long to wait for each further digit.
        digit_timeout: crate::nodes::values::Seconds<1, 60> = 3;
        /// How often silent callers, and callers who enter too little or something wrong, are asked again.
        retries: crate::nodes::values::Int<0, 10> = 2;
        /// The prompt that asks callers to press 1 if the digits are right and 2 to enter them again.
        confirm: crate::nodes::values::PromptKey as Absent;
        /// Name of the secret that the digits are compared with.
        secret: crate::nodes::values::SecretName as Absent;
    }
    computed Computed::None;
    exits {
        /// The digits were entered, and confirmed if that was asked for; or the secret was.
        next: Leaves::Answered, Unwired::Refused;
        /// Nothing was entered, and the prompt was repeated often enough.
        timeout: Leaves::Answered, Unwired::SaysGoodbye;
        /// Too few digits were entered often enough, or they were never confirmed.
        invalid: Leaves::Answered, Unwired::SaysGoodbye;
        /// Something else than the secret was entered often enough.
        refused: Leaves::Answered, Unwired::FallsTo("invalid");
    }
}

/// Retries left after silence.
const SILENCES: Counter = Counter(0);
/// Retries left after too few digits or wrong ones.
const WRONG: Counter = Counter(1);
/// Times left that the digits are asked to be confirmed.
const CONFIRMS: Counter = Counter(2);
/// What a caller who entered something wrong hears before they are asked again.
const INVALID_PROMPT: &str = "menu-invalid";

impl Lower for Collect {
    fn lower(&self, at: &mut Site<'_, '_>) -> Result<(), Hole> {
        let Some(prompt) = self.entities.first().cloned() else { return Err(at.hole("the prompt")) };
        let retries = self.retries;
        let ask =
            at.answer(vec![Step::Enter, Step::Set(SILENCES, retries), Step::Set(WRONG, retries)]);
        let (silent, few) = (at.block(), at.block());
        let timeout = at.exit("timeout");
        at.write(silent, Vec::new(), BlockEnd::CountDown { counter: SILENCES, more: ask, out: timeout });
        again(at, few, "invalid", ask);
        let mut cases = vec![(Case::Entered(Entered::TooFew), few), (Case::Entered(Entered::Silent), silent)];
        if self.secret.is_some() {
            let refused = at.block();
            again(at, refused, "refused", ask);
            cases.push((Case::Entered(Entered::Accepted), at.exit("next")));
            cases.push((Case::Entered(Entered::Refused), refused));
        } else {
            cases.push((Case::Entered(Entered::Digits), self.take(at, ask)?));
        }
        let second = |s: u32| u8::try_from(s).unwrap_or(u8::MAX);
        let rule = DigitRule {
            min: self.min,
            max: self.max,
            terminator: self.terminator,
            first_s: second(self.timeout),
            next_s: second(self.digit_timeout),
        };
        let effect = Ask::Collect { prompt, rule, secret: self.secret.clone() };
        // A question that can't be asked is treated as silence, which counts it and ends.
        at.write(ask, Vec::new(), BlockEnd::Ask { effect, cases, otherwise: silent });
        Ok(())
    }
}

impl Collect {
    /// The block that takes the digits. Those to be confirmed wait in a variable of their own, so that the flow's has its
    /// value only behind `next`.
    fn take(&self, at: &mut Site<'_, '_>, ask: BlockRef) -> Result<BlockRef, Hole> {
        let variable = self.variable.as_deref().ok_or_else(|| at.hole("the variable"))?;
        let variable = at.variable(variable)?;
        let next = at.exit("next");
        let Some(prompt) = self.confirm.clone() else {
            return Ok(at.add(vec![Step::Digits(self.holds), Step::Store(variable)], BlockEnd::Jump(next)));
        };
        let aside = at.aside()?;
        let (confirm, unheard, odd) = (at.block(), at.block(), at.block());
        for (block, exit) in [(unheard, "timeout"), (odd, "invalid")] {
            let out = at.exit(exit);
            at.write(block, Vec::new(), BlockEnd::CountDown { counter: CONFIRMS, more: confirm, out });
        }
        let right = at.add(vec![Step::Load(aside), Step::Store(variable)], BlockEnd::Jump(next));
        let key = |key: char, to| Key::from_char(key).map(|key| (Case::Key(key), to));
        let cases = [key('1', right), key('2', ask), Some((Case::OtherKey, odd))];
        let effect = Ask::Menu { sound: Heard::Prompt(prompt), timeout_ms: self.timeout.saturating_mul(1_000) };
        let end = BlockEnd::Ask { effect, cases: cases.into_iter().flatten().collect(), otherwise: unheard };
        at.write(confirm, Vec::new(), end);
        let steps = vec![Step::Digits(self.holds), Step::Store(aside), Step::Set(CONFIRMS, self.retries)];
        Ok(at.add(steps, BlockEnd::Jump(confirm)))
    }
}

/// After the last retry the exit; before, a word to the caller and the question again.
fn again(at: &mut Site<'_, '_>, block: BlockRef, exit: &str, ask: BlockRef) {
    let out = at.exit(exit);
    let sound = Heard::Prompt(INVALID_PROMPT.to_owned());
    let effect = Ask::Play { sound, barge_in: false, early: false };
    let more = at.add(Vec::new(), BlockEnd::Ask { effect, cases: Vec::new(), otherwise: ask });
    at.write(block, Vec::new(), BlockEnd::CountDown { counter: WRONG, more, out });
}
