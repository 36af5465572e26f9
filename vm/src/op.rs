//! THE op table: `for_each_op!` lists every op once, with its doc, its code in the bytes, its mnemonic, its
//! operands and what follows it. Encoder, decoder, disassembler, assembler and the verifier's operand checks
//! derive from the list; `machine.rs` and `flow.rs` match on [`Op`] without a wildcard, so the Rust
//! compiler names a missing arm.
//!
//! Adding an op: a row here, an arm in `machine.rs` and one in `flow.rs`, a method of
//! [`crate::builder::Builder`]. A new kind of operand is one `impl` in `operand.rs`. Codes are never used
//! again for something else; `0x40`–`0x7f` are variables and expressions.
//!
//! What follows an op (`then …`): `next` goes on with the following op; `asks E` yields the effect `E` and
//! goes on with the following op when it is answered; `ends` never goes on with the following op.

use crate::asm::{AsmCx, AsmFault};
use crate::codec::Reader;
use crate::effect::{CallerPart, Cause, DigitRule, EffectKind, Method};
use crate::operand::{
    AnswersIx, BargeIn, Count, Counter, Early, Integer, Millis, NodeExit, Operand, Percent, SoundRef, StrIx,
    TextIx, TransferRef, Variable, YesNo,
};
use crate::program::{NodeIx, Parts};
use crate::table::{
    ChanceTable, CollectTable, ConferenceTable, KeyTable, OutcomeTable, QueueTable, RingTable, StatusTable,
    TableIx, Target, TimeTableIx, VoicemailTable, WebhookTable,
};
use crate::text::Words;
use crate::value::{DigitsAs, Fact, Moment, MomentType, Operator, Type};
use crate::verify::{Rule, VerifyError};

/// What follows an op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The following op.
    Next,
    /// The world answers first; then the following op.
    Asks(EffectKind),
    /// Never the following op.
    Ends,
}

/// One row of the table, for listings and the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpSpec {
    /// Its byte in the code.
    pub code: u8,
    /// Its word in listings.
    pub mnemonic: &'static str,
    /// Name and kind of each operand.
    pub operands: &'static [(&'static str, &'static str)],
    /// What follows it.
    pub then: Then,
    /// What it does.
    pub doc: &'static str,
}

/// Calls `$with!` with every row.
macro_rules! for_each_op {
    ($with:ident) => {
        $with! {
            /// Goes into a node: counts the visit and tells the watcher.
            0x01 "enter" Enter {
                /// The node.
                node: NodeIx
            } then next;
            /// Leaves a node by an exit: tells the watcher.
            0x02 "leave" Leave {
                /// The node and its exit.
                by: NodeExit
            } then next;
            /// Goes on elsewhere.
            0x03 "jump" Jump {
                /// Where.
                to: Target
            } then ends;
            /// Gives a counter a value.
            0x04 "set" Set {
                /// The counter.
                counter: Counter,
                /// Its value from now on.
                value: Count
            } then next;
            /// Takes one from a counter and goes on with the following op; jumps, and takes nothing, when it
            /// is zero.
            0x05 "count_down" CountDown {
                /// The counter.
                counter: Counter,
                /// Where to go when nothing is left.
                empty: Target
            } then next;
            /// Answers the caller. An answered caller stays so.
            0x10 "answer" Answer {} then asks Answer;
            /// Plays a sound: to an answered caller, or with `early` to one that isn't.
            0x11 "play" Play {
                /// What is heard.
                sound: SoundRef,
                /// Whether a key ends the sound.
                barge_in: BargeIn,
                /// Whether the caller is not answered.
                early: Early
            } then asks Play;
            /// Plays a sound to an answered caller and waits for one key.
            0x12 "menu" Menu {
                /// What is heard.
                sound: SoundRef,
                /// How long to wait after the sound.
                timeout: Millis
            } then asks Menu;
            /// Rings an extension; when somebody answers, connects until one side hangs up.
            0x13 "ring_extension" RingExtension {
                /// Key of the extension.
                extension: StrIx,
                /// How long to ring.
                timeout: Millis
            } then asks RingExtension;
            /// Rings a group; when somebody answers, connects until one side hangs up.
            0x14 "ring_group" RingGroup {
                /// Key of the group.
                group: StrIx,
                /// How long to ring.
                timeout: Millis
            } then asks RingGroup;
            /// Greets an answered caller and records into a mailbox.
            0x15 "voicemail" Voicemail {
                /// Key of the mailbox.
                mailbox: StrIx
            } then asks Voicemail;
            /// Asks for the time in a zone.
            0x16 "local_time" LocalTime {
                /// IANA name of the zone.
                zone: StrIx
            } then asks LocalTime;
            /// Takes a text from the stack and shows it to phones that ring later, as a part of the caller.
            0x17 "set_caller_id" SetCallerId {
                /// What it replaces.
                part: CallerPart
            } then asks SetCallerId;
            /// Draws.
            0x18 "chance" Chance {
                /// For how many of a hundred calls it says yes.
                percent: Percent
            } then asks Chance;
            /// Asks how an extension is.
            0x19 "status" Status {
                /// Key of the extension.
                extension: StrIx
            } then asks Status;
            /// Hands the caller over; a phone number is taken from the stack.
            0x1a "transfer" Transfer {
                /// To whom.
                to: TransferRef,
                /// How long to ring.
                timeout: Millis
            } then asks Transfer;
            /// Takes a text from the stack, sends it to a server on the web and waits for the reply.
            0x1b "webhook" Webhook {
                /// Where.
                url: StrIx,
                /// How.
                method: Method,
                /// What it may answer.
                answers: AnswersIx,
                /// How long to wait for the reply.
                timeout: Millis
            } then asks Webhook;
            /// Lets an answered caller wait in a queue; when a member answers, connects until one side hangs up.
            0x1c "queue" Queue {
                /// Key of the queue.
                queue: StrIx,
                /// How long to wait.
                timeout: Millis
            } then asks Queue;
            /// Brings an answered caller into a conference.
            0x1d "conference" Conference {
                /// Key of the conference.
                conference: StrIx
            } then asks Conference;
            /// Plays a prompt to an answered caller and takes digits.
            0x1e "collect" Collect {
                /// Name of the prompt.
                prompt: StrIx,
                /// How many digits, and when they are at an end.
                rule: DigitRule
            } then asks Collect;
            /// Plays a prompt to an answered caller and takes digits, which the host compares with a secret.
            0x1f "collect_secret" CollectSecret {
                /// Name of the prompt.
                prompt: StrIx,
                /// Name of the secret.
                secret: StrIx,
                /// How many digits, and when they are at an end.
                rule: DigitRule
            } then asks Collect;
            /// Ends the call.
            0x20 "hangup" Hangup {
                /// Why.
                cause: Cause
            } then ends;
            /// Goes on by how the last effect went: done, key, timeout or failed.
            0x30 "switch_outcome" SwitchOutcome {
                /// Where, for each.
                table: OutcomeTable
            } then ends;
            /// Goes on by the key that answered the last effect.
            0x31 "switch_key" SwitchKey {
                /// Where, for each key.
                table: KeyTable
            } then ends;
            /// Goes on by how ringing ended.
            0x32 "switch_ring" SwitchRing {
                /// Where, for each end, and when the ringing failed.
                table: RingTable
            } then ends;
            /// Goes on by how the voicemail ended.
            0x33 "switch_voicemail" SwitchVoicemail {
                /// Where, for each end.
                table: VoicemailTable
            } then ends;
            /// Goes on by the first rule that the last local time matches.
            0x34 "switch_time" SwitchTime {
                /// The rules, in order, and where to go when none matches or the time is unknown.
                table: TimeTableIx
            } then ends;
            /// Goes on by what was drawn.
            0x35 "switch_chance" SwitchChance {
                /// Where, for each.
                table: ChanceTable
            } then ends;
            /// Goes on by how the extension is.
            0x36 "switch_status" SwitchStatus {
                /// Where, for each.
                table: StatusTable
            } then ends;
            /// Goes on by what the webhook answered.
            0x37 "switch_webhook" SwitchWebhook {
                /// Where, for each.
                table: WebhookTable
            } then ends;
            /// Goes on by how waiting in the queue ended.
            0x38 "switch_queue" SwitchQueue {
                /// Where, for each.
                table: QueueTable
            } then ends;
            /// Goes on by how the conference ended.
            0x39 "switch_conference" SwitchConference {
                /// Where, for each.
                table: ConferenceTable
            } then ends;
            /// Asks for a field of the webhook's reply.
            0x3a "webhook_field" WebhookField {
                /// Its name.
                field: StrIx,
                /// Its type.
                ty: Type
            } then asks WebhookField;
            /// Goes on by what was entered.
            0x3b "switch_collect" SwitchCollect {
                /// Where, for each.
                table: CollectTable
            } then ends;
            /// Puts a text onto the stack.
            0x40 "push_text" PushText {
                /// The text.
                text: TextIx
            } then next;
            /// Puts a phone number onto the stack.
            0x41 "push_phone" PushPhone {
                /// The number.
                phone: TextIx
            } then next;
            /// Puts a number onto the stack.
            0x42 "push_number" PushNumber {
                /// The number.
                number: Integer
            } then next;
            /// Puts yes or no onto the stack.
            0x43 "push_bool" PushBool {
                /// Which.
                value: YesNo
            } then next;
            /// Puts something that is known of the call onto the stack.
            0x44 "push_fact" PushFact {
                /// What.
                fact: Fact
            } then next;
            /// Puts the value of a variable onto the stack.
            0x45 "load" Load {
                /// The variable.
                variable: Variable
            } then next;
            /// Takes a value from the stack into a variable.
            0x46 "store" Store {
                /// The variable.
                variable: Variable
            } then next;
            /// Takes the operator's values from the stack and puts the result there.
            0x47 "apply" Apply {
                /// The operator.
                operator: Operator
            } then next;
            /// Takes yes or no from the stack and goes on with the following op; for no, jumps.
            0x48 "jump_unless" JumpUnless {
                /// Where to go for no.
                no: Target
            } then next;
            /// Puts the value that answered the last effect onto the stack.
            0x50 "push_answer" PushAnswer {} then next;
            /// Puts the digits that answered the last effect onto the stack.
            0x49 "push_digits" PushDigits {
                /// As which type.
                holds: DigitsAs
            } then next;
            /// Puts a length of time, a time of day, a date or a weekday onto the stack.
            0x4a "push_moment" PushMoment {
                /// Which.
                moment: Moment
            } then next;
            /// Puts a part of the local time that answered the last effect onto the stack.
            0x4b "push_now" PushNow {
                /// Which part.
                part: MomentType
            } then next;
        }
    };
}

macro_rules! then {
    (next) => {
        Then::Next
    };
    (ends) => {
        Then::Ends
    };
    (asks $effect:ident) => {
        Then::Asks(EffectKind::$effect)
    };
}

macro_rules! define_ops {
    ($(
        $(#[doc = $doc:literal])*
        $code:literal $mnemonic:literal $Name:ident {
            $($(#[doc = $field_doc:literal])* $field:ident : $Kind:ty),*
        } then $($then:ident)+ ;
    )*) => {
        /// One op, decoded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Op {
            $(
                $(#[doc = $doc])*
                $Name { $($(#[doc = $field_doc])* $field: $Kind),* },
            )*
        }

        /// Every op, in the order of the table.
        pub const OPS: &[OpSpec] = &[$(
            OpSpec {
                code: $code,
                mnemonic: $mnemonic,
                operands: &[$((stringify!($field), <$Kind as Operand>::KIND)),*],
                then: then!($($then)+),
                doc: concat!($($doc),*),
            },
        )*];

        impl Op {
            /// Its word in listings.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str {
                match self { $(Op::$Name { .. } => $mnemonic,)* }
            }

            /// What follows it.
            #[must_use]
            pub const fn then(self) -> Then {
                match self { $(Op::$Name { .. } => then!($($then)+),)* }
            }

            /// Its bytes.
            pub(crate) fn put(self, out: &mut Vec<u8>) {
                match self { $(Op::$Name { $($field),* } => {
                    out.push($code);
                    $(Operand::put($field, out);)*
                })* }
            }

            /// The op at the reader.
            pub(crate) fn get(from: &mut Reader<'_>) -> Result<Op, VerifyError> {
                match from.u8()? {
                    $($code => Ok(Op::$Name { $($field: <$Kind as Operand>::get(from)?),* }),)*
                    code => Err(from.fault(Rule::KnownOps, format!("there is no op 0x{code:02x}"))),
                }
            }

            /// Its operands as words, each after a space.
            pub(crate) fn show(self, parts: &Parts, out: &mut String) {
                match self { $(Op::$Name { $($field),* } => {
                    let _ = (parts, &out);
                    $(out.push(' '); Operand::show($field, parts, out);)*
                })* }
            }

            /// The op of a mnemonic and the operands that follow it; `None` for a word that is no op.
            pub(crate) fn read(
                mnemonic: &str,
                words: &mut Words<'_>,
                cx: &mut AsmCx,
            ) -> Result<Option<Op>, AsmFault> {
                let _ = (&words, &cx);
                match mnemonic {
                    $($mnemonic => Ok(Some(Op::$Name { $($field: <$Kind as Operand>::read(words, cx)?),* })),)*
                    _ => Ok(None),
                }
            }

            /// Whether every operand names something that there is.
            pub(crate) fn check(self, parts: &Parts) -> Result<(), String> {
                match self { $(Op::$Name { $($field),* } => {
                    let _ = parts;
                    $(Operand::check($field, parts)?;)*
                    Ok(())
                })* }
            }

            /// The same op with its targets replaced.
            pub(crate) fn retarget(self, with: &mut dyn FnMut(Target) -> Target) -> Op {
                match self { $(Op::$Name { $($field),* } => {
                    let _ = &with;
                    Op::$Name { $($field: Operand::retarget($field, with)),* }
                })* }
            }

            /// The table that it switches by.
            pub(crate) fn table(self) -> Option<TableIx> {
                match self { $(Op::$Name { $($field),* } => {
                    let found: Option<TableIx> = None;
                    $(let found = found.or(Operand::table($field));)*
                    found
                })* }
            }
        }
    };
}

for_each_op!(define_ops);

const _: () = assert!(size_of::<Op>() <= 16, "ops are copied at every step");

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_and_mnemonics_are_unique() {
        let codes: BTreeSet<_> = OPS.iter().map(|o| o.code).collect();
        let words: BTreeSet<_> = OPS.iter().map(|o| o.mnemonic).collect();
        assert_eq!((codes.len(), words.len()), (OPS.len(), OPS.len()));
    }

    #[test]
    fn expressions_keep_to_their_codes_and_ask_nothing() {
        let mut expressions = OPS.iter().filter(|o| (0x40..=0x7f).contains(&o.code));
        assert!(expressions.all(|o| o.then == Then::Next));
    }

    #[test]
    fn every_effect_is_asked_by_an_op() {
        for kind in EffectKind::ALL {
            assert!(OPS.iter().any(|o| o.then == Then::Asks(kind)), "{}", kind.name());
        }
    }
}
