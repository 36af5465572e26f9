//! Runs one scripted call.

use std::collections::VecDeque;

use flow_vm::effect::{
    Answer, Collected, ConferenceEnd, DigitRule, Digits, Effect, End, Input, Key, PhoneStatus, QueueEnd,
    RingEnd, Sound, TransferTo, VoicemailEnd, WebhookEnd,
};
use flow_vm::text::effect_text;
use flow_vm::webhook::Answers;
use flow_vm::{ExitIx, NodeIx, Program, State, Step, Trace, Watch, resume};

use super::script::{Act, Script, value_of};
use super::story::{self, Happening, What};
use crate::entity::{EntityFacts, EntityKind};
use crate::graph::{ConferenceDoes, Graph, MailboxDoes, PhoneDoes, WebhookDoes};
use crate::limits::SIMULATED_EFFECTS_MAX;
use crate::world::World;
use crate::zone;

/// How long a sound lasts here, whose length nobody knows.
const SOUND_MS: u64 = 3_000;
/// How long callers think before they press a key or hang up.
const THINKING_MS: u64 = 2_000;
/// How long people talk once somebody answered; then the callee hangs up.
const TALK_MS: u64 = 60_000;
/// How long a message is.
const MESSAGE_MS: u64 = 20_000;
/// How long setting things up takes: the answer, a look at the clock, a device that is busy.
const SETUP_MS: u64 = 100;
/// The greeting of a mailbox that has none of its own.
pub const MAILBOX_GREETING: &str = "vm-greeting";

/// A simulated call, over.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Everything that happened, in order.
    pub happened: Vec<Happening>,
    /// What went into the machine. Replaying it gives the same.
    pub trace: Trace,
    /// How it ended; `None` if it took more effects than a simulation may.
    pub end: Option<End>,
    /// What the caller was to do and didn't come to.
    pub left: VecDeque<Act>,
}

impl Outcome {
    /// The call as lines for people.
    #[must_use]
    pub fn told(&self, graph: &Graph) -> Vec<String> {
        story::told(graph, &self.happened)
    }
}

/// What somebody who plays along is asked where the script says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'q> {
    /// What the caller does: there is a question to press a key at, or a sound that a key ends.
    Caller,
    /// Which digits the caller enters, all at once ([`Act::Digits`]).
    Digits,
    /// What the phone of this extension does, which rings.
    Phone(&'q str),
    /// Whether the caller leaves a message in this mailbox, or hangs up.
    Message(&'q str),
    /// What the server replies that the webhook of this name asks, one of these answers or something else.
    Webhook(&'q str, Answers<'q>),
    /// What is drawn: yes for so many of a hundred calls.
    Draw(u8),
}

/// What they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// As if nobody played along: callers press nothing, phones ring unanswered, messages are left, servers reply something
    /// that no answer is declared for, draws give yes.
    Usual,
    /// The caller does this.
    Caller(Act),
    /// The phone does this.
    Phone(PhoneDoes),
    /// The server does this.
    Webhook(WebhookDoes),
    /// This is drawn.
    Draw(bool),
}

/// Somebody who plays the caller and the phones while the call goes.
pub trait Live {
    /// What they say to a question, having seen everything that happened.
    fn reply(&mut self, happened: &[Happening], question: Question<'_>) -> Reply;
}

/// Nobody: the script is all there is.
struct Nobody;

impl Live for Nobody {
    fn reply(&mut self, _: &[Happening], _: Question<'_>) -> Reply {
        Reply::Usual
    }
}

/// Simulates a call. `None` if the program doesn't have the script's entry, which is so when it was made of another flow.
#[must_use]
pub fn run(program: &Program, graph: &Graph, script: &Script, world: &dyn World) -> Option<Outcome> {
    run_live(program, graph, script, world, &mut Nobody)
}

/// Simulates a call in which somebody plays along where the script says nothing. `None` as in [`run`].
#[must_use]
pub fn run_live(
    program: &Program,
    graph: &Graph,
    script: &Script,
    world: &dyn World,
    live: &mut dyn Live,
) -> Option<Outcome> {
    let entry = graph.nodes.get(script.entry).map(|n| n.name.as_str())?;
    let mut state = State::new(program, entry).ok()?.with_facts(script.facts);
    let mut call = Call {
        script,
        world,
        live,
        acts: script.acts.clone(),
        draws: script.draws.clone(),
        now_ms: 0,
        log: Log { program, now_ms: 0, happened: Vec::new(), node: String::new() },
        replied: Vec::new(),
    };
    let mut trace = Trace::new(program, entry, script.facts);
    let (mut effect, mut answer, mut end) = (0, Answer::Start, None);
    for _ in 0..SIMULATED_EFFECTS_MAX {
        let wall_ms = script.wall_ms.saturating_add_unsigned(call.now_ms);
        let input = Input { effect, mono_ms: call.now_ms, wall_ms, answer };
        trace.inputs.push(input);
        call.log.note(call.now_ms, What::Answer(input));
        match resume(program, &mut state, input, &mut call.log).ok()? {
            Step::Effect { number, effect: asked } => {
                effect = number;
                call.log.note(call.now_ms, What::Asks(effect_text(&asked)));
                answer = call.answer(asked);
            }
            Step::End(ended) => {
                call.log.note(call.now_ms, What::Ends(ended));
                end = Some(ended);
                break;
            }
        }
    }
    Some(Outcome { happened: call.log.happened, trace, end, left: call.acts })
}

/// Writes down the path.
struct Log<'a> {
    program: &'a Program,
    now_ms: u64,
    happened: Vec<Happening>,
    /// The node that the call is in.
    node: String,
}

impl Log<'_> {
    fn note(&mut self, at_ms: u64, what: What) {
        self.now_ms = at_ms;
        self.happened.push(Happening { at_ms, what });
    }
}

impl Watch for Log<'_> {
    fn enter(&mut self, node: NodeIx) {
        let name = self.program.node_name(node).unwrap_or_default().to_owned();
        self.node.clone_from(&name);
        self.note(self.now_ms, What::Enters(name));
    }

    fn leave(&mut self, node: NodeIx, exit: ExitIx) {
        let name = self.program.node_name(node).unwrap_or_default().to_owned();
        let exit = self.program.exit_name(node, exit).unwrap_or_default().to_owned();
        self.note(self.now_ms, What::Leaves { node: name, exit });
    }
}

/// The world around one call.
struct Call<'a> {
    script: &'a Script,
    world: &'a dyn World,
    live: &'a mut dyn Live,
    acts: VecDeque<Act>,
    draws: VecDeque<bool>,
    now_ms: u64,
    log: Log<'a>,
    /// The fields of the last webhook's reply.
    replied: Vec<(String, String)>,
}

impl Call<'_> {
    fn answer(&mut self, effect: Effect<'_>) -> Answer {
        match effect {
            Effect::Answer => self.after(SETUP_MS, Answer::Done),
            Effect::LocalTime { zone } => {
                let wall_ms = self.script.wall_ms.saturating_add_unsigned(self.now_ms);
                zone::local_time(zone, wall_ms).map_or(Answer::Failed, Answer::LocalTime)
            }
            Effect::Play { sound, barge_in, .. } => self.plays(sound, barge_in),
            Effect::Menu { sound, timeout_ms } => self.asks(sound, timeout_ms),
            Effect::RingExtension { extension, timeout_ms } => {
                self.rings(&[extension], u64::from(timeout_ms))
            }
            Effect::RingGroup { group, timeout_ms } => {
                let members: Vec<&str> = match self.world.entity(EntityKind::RingGroup, group) {
                    Some(EntityFacts::RingGroup(group)) => group.members.iter().map(String::as_str).collect(),
                    Some(
                        EntityFacts::Trunk(_)
                        | EntityFacts::InboundNumber(_)
                        | EntityFacts::Extension(_)
                        | EntityFacts::VoicemailBox(_)
                        | EntityFacts::IvrMenu(_)
                        | EntityFacts::TimeSwitch(_)
                        | EntityFacts::Conference(_)
                        | EntityFacts::Queue(_)
                        | EntityFacts::Prompt(_),
                    )
                    | None => Vec::new(),
                };
                self.rings(&members, u64::from(timeout_ms))
            }
            Effect::Voicemail { mailbox } => self.records(mailbox),
            Effect::SetCallerId { text, .. } => {
                self.log.note(self.now_ms, What::Shows(text.as_str().to_owned()));
                Answer::Done
            }
            Effect::Transfer { to, timeout_ms } => self.transfers(to, u64::from(timeout_ms)),
            Effect::Webhook { url, send, answers, timeout_ms, .. } => {
                self.log.note(self.now_ms, What::Reaches(url.to_owned()));
                self.log.note(self.now_ms, What::Sends(send.as_str().to_owned()));
                self.asks_the_web(answers, u64::from(timeout_ms))
            }
            Effect::WebhookField { field, ty } => {
                let value = self.replied.iter().find(|(name, _)| name == field);
                value.and_then(|(_, text)| value_of(ty, text)).map_or(Answer::Failed, Answer::Value)
            }
            Effect::Queue { queue, timeout_ms } => self.waits(queue, u64::from(timeout_ms)),
            Effect::Conference { conference } => self.joins(conference),
            Effect::Chance { percent } => Answer::Chance(self.draws(percent)),
            Effect::Status { extension } => Answer::Status(match self.script.phones.get(extension) {
                Some(PhoneDoes::Busy) => PhoneStatus::OnCall,
                Some(PhoneDoes::Unavailable) => PhoneStatus::Unregistered,
                Some(PhoneDoes::DoNotDisturb) => PhoneStatus::DoNotDisturb,
                Some(PhoneDoes::Answers { .. } | PhoneDoes::Declines) | None => PhoneStatus::Free,
            }),
            Effect::Collect { prompt, rule, secret } => self.collects(prompt, rule, secret),
        }
    }

    fn after(&mut self, ms: u64, answer: Answer) -> Answer {
        self.now_ms = self.now_ms.saturating_add(ms);
        answer
    }

    /// Whether the caller hangs up now. Keys and waiting stay for the next question.
    fn hangs_up(&mut self) -> bool {
        let goes = self.acts.front() == Some(&Act::HangUp);
        if goes {
            self.acts.pop_front();
        }
        goes
    }

    /// What somebody says who plays along.
    fn reply(&mut self, question: Question<'_>) -> Reply {
        self.live.reply(&self.log.happened, question)
    }

    fn draws(&mut self, percent: u8) -> bool {
        match self.draws.pop_front() {
            Some(drawn) => drawn,
            None => self.reply(Question::Draw(percent)) != Reply::Draw(false),
        }
    }

    /// Asks for what the caller does, if the script says nothing more.
    fn caller_does(&mut self, question: Question<'_>) {
        if self.acts.is_empty()
            && let Reply::Caller(act) = self.reply(question)
        {
            self.acts.push_back(act);
        }
    }

    /// A sound; one that a key ends is a question.
    fn plays(&mut self, sound: Sound<'_>, barge_in: bool) -> Answer {
        self.hears(sound);
        if barge_in {
            self.caller_does(Question::Caller);
        }
        if self.hangs_up() {
            return self.after(THINKING_MS, Answer::HungUp);
        }
        match self.acts.front() {
            Some(Act::Press(key)) if barge_in => {
                let key = *key;
                self.acts.pop_front();
                self.after(THINKING_MS, Answer::Key(key))
            }
            Some(Act::Wait) if barge_in => {
                self.acts.pop_front();
                self.after(SOUND_MS, Answer::Done)
            }
            Some(Act::Digits(keys)) if barge_in => {
                let key = keys.first().copied();
                self.acts.pop_front();
                self.after(THINKING_MS, key.map_or(Answer::Done, Answer::Key))
            }
            Some(Act::Press(_) | Act::Digits(_) | Act::Wait | Act::HangUp) | None => {
                self.after(SOUND_MS, Answer::Done)
            }
        }
    }

    fn asks(&mut self, sound: Sound<'_>, timeout_ms: u32) -> Answer {
        self.hears(sound);
        self.caller_does(Question::Caller);
        match self.acts.pop_front() {
            Some(Act::Digits(keys)) => {
                let key = keys.first().copied();
                self.after(THINKING_MS, key.map_or(Answer::Timeout, Answer::Key))
            }
            Some(Act::Press(key)) => self.after(THINKING_MS, Answer::Key(key)),
            Some(Act::HangUp) => self.after(THINKING_MS, Answer::HungUp),
            Some(Act::Wait) | None => self.after(SOUND_MS + u64::from(timeout_ms), Answer::Timeout),
        }
    }

    fn collects(&mut self, prompt: &str, rule: DigitRule, secret: Option<&str>) -> Answer {
        self.hears(Sound::Prompt(prompt));
        self.caller_does(Question::Digits);
        let keys = match self.acts.pop_front() {
            Some(Act::Press(key)) => vec![key],
            Some(Act::Digits(keys)) => keys,
            Some(Act::HangUp) => return self.after(THINKING_MS, Answer::HungUp),
            Some(Act::Wait) | None => Vec::new(),
        };
        let (digits, ended) = enter(&keys, rule);
        if digits.is_empty() && !ended {
            let wait_ms = u64::from(rule.first_s) * 1_000;
            return self.after(SOUND_MS + wait_ms, Answer::Collected(Collected::Silent));
        }
        let wait_ms = if ended { 0 } else { u64::from(rule.next_s) * 1_000 };
        let entered = match (Digits::new(&digits), secret) {
            (Some(digits), _) if digits.count() < rule.min => Collected::TooFew,
            (Some(digits), None) => Collected::Digits(digits),
            (_, Some(secret)) if self.script.secrets.get(secret) == Some(&digits) => Collected::Accepted,
            (_, Some(_)) => Collected::Refused,
            (None, None) => Collected::TooFew,
        };
        self.after(THINKING_MS + wait_ms, Answer::Collected(entered))
    }

    fn rings(&mut self, extensions: &[&str], timeout_ms: u64) -> Answer {
        let Some(phones) = self.phones(extensions) else {
            return self.after(THINKING_MS, Answer::HungUp);
        };
        let (end, ms) = ring(&phones, timeout_ms);
        self.after(ms, Answer::Ring(end))
    }

    /// What the phones of these extensions do when they ring; `None` if the caller hangs up.
    fn phones(&mut self, extensions: &[&str]) -> Option<Vec<Option<PhoneDoes>>> {
        if self.hangs_up() {
            return None;
        }
        let mut phones = Vec::with_capacity(extensions.len());
        for extension in extensions {
            let scripted = self.script.phones.get(*extension).copied();
            phones.push(match scripted.is_none().then(|| self.reply(Question::Phone(extension))) {
                Some(Reply::Phone(does)) => Some(does),
                Some(Reply::Caller(Act::HangUp)) => return None,
                Some(
                    Reply::Usual
                    | Reply::Caller(Act::Press(_) | Act::Digits(_) | Act::Wait)
                    | Reply::Webhook(_)
                    | Reply::Draw(_),
                )
                | None => scripted,
            });
        }
        Some(phones)
    }

    fn transfers(&mut self, to: TransferTo<'_>, timeout_ms: u64) -> Answer {
        let target = match &to {
            TransferTo::Extension(key) => key,
            TransferTo::Number(number) => number.as_str(),
        };
        self.log.note(self.now_ms, What::Reaches(target.to_owned()));
        if self.world.entity(EntityKind::Extension, target).is_some() {
            let answer = self.rings(&[target], timeout_ms);
            let gone = answer == Answer::HungUp;
            let done = if answer == Answer::Ring(RingEnd::Answered) { Answer::Done } else { Answer::Failed };
            return if gone { answer } else { done };
        }
        if self.hangs_up() {
            return self.after(THINKING_MS, Answer::HungUp);
        }
        let dialled = target.bytes().any(|b| b.is_ascii_digit());
        match self.script.dead_lines.contains(target) || !dialled {
            true => self.after(SETUP_MS, Answer::Failed),
            false => self.after(THINKING_MS + TALK_MS, Answer::Done),
        }
    }

    fn asks_the_web(&mut self, answers: Answers<'_>, timeout_ms: u64) -> Answer {
        if self.hangs_up() {
            return self.after(SETUP_MS, Answer::HungUp);
        }
        let node = self.log.node.clone();
        let does = match self.script.webhooks.get(&node) {
            Some(does) => Some(does.clone()),
            None => match self.reply(Question::Webhook(&node, answers)) {
                Reply::Webhook(does) => Some(does),
                Reply::Caller(Act::HangUp) => return self.after(SETUP_MS, Answer::HungUp),
                Reply::Usual | Reply::Caller(_) | Reply::Phone(_) | Reply::Draw(_) => None,
            },
        };
        let (ms, end) = match &does {
            Some(WebhookDoes::Fails) => (SETUP_MS, WebhookEnd::Error),
            Some(WebhookDoes::TimesOut) => (timeout_ms, WebhookEnd::Timeout),
            Some(WebhookDoes::Replies { answer, fields }) => {
                self.replied.clone_from(fields);
                let number = (0..).zip(answers.iter()).find(|(_, declared)| declared.name == answer);
                (SETUP_MS, number.map_or(WebhookEnd::Default, |(number, _)| WebhookEnd::Answer(number)))
            }
            None => (SETUP_MS, WebhookEnd::Default),
        };
        self.after(ms, Answer::Webhook(end))
    }

    /// Waits for members: phones that are busy may be free soon, those that nobody answers ring again.
    fn waits(&mut self, queue: &str, timeout_ms: u64) -> Answer {
        if let Some(end) = self.script.queues.get(queue) {
            if self.hangs_up() {
                return self.after(THINKING_MS, Answer::HungUp);
            }
            let waited = matches!(end, QueueEnd::Timeout | QueueEnd::NoAnswer);
            return self.after(if waited { timeout_ms } else { SETUP_MS }, Answer::Queue(*end));
        }
        let members: Vec<&str> = match self.world.entity(EntityKind::Queue, queue) {
            Some(EntityFacts::Queue(queue)) => queue.members.iter().map(String::as_str).collect(),
            Some(_) | None => Vec::new(),
        };
        let Some(mut phones) = self.phones(&members) else {
            return self.after(THINKING_MS, Answer::HungUp);
        };
        // A member who talks to somebody else is waited for like one whose phone rings.
        phones.iter_mut().filter(|does| **does == Some(PhoneDoes::Busy)).for_each(|does| *does = None);
        let (end, ms) = ring(&phones, timeout_ms);
        let end = match end {
            RingEnd::Answered => QueueEnd::Answered,
            RingEnd::NoAnswer => QueueEnd::Timeout,
            RingEnd::Busy => QueueEnd::Busy,
            RingEnd::Declined => QueueEnd::Declined,
            RingEnd::Unavailable => QueueEnd::Unavailable,
        };
        self.after(ms, Answer::Queue(end))
    }

    fn joins(&mut self, conference: &str) -> Answer {
        if self.hangs_up() {
            return self.after(THINKING_MS, Answer::HungUp);
        }
        let (ms, end) = match self.script.conferences.get(conference) {
            Some(ConferenceDoes::Full) => (SETUP_MS, ConferenceEnd::Full),
            Some(ConferenceDoes::Refuses) => (THINKING_MS, ConferenceEnd::Refused),
            None => (TALK_MS, ConferenceEnd::Left),
        };
        self.after(ms, Answer::Conference(end))
    }

    fn records(&mut self, mailbox: &str) -> Answer {
        if let Some(EntityFacts::VoicemailBox(facts)) = self.world.entity(EntityKind::VoicemailBox, mailbox) {
            let greeting = facts.greeting.as_deref().unwrap_or(MAILBOX_GREETING);
            self.hears(Sound::Prompt(greeting));
        }
        self.caller_does(Question::Message(mailbox));
        if self.hangs_up() {
            return self.after(MESSAGE_MS, Answer::HungUp);
        }
        match self.script.mailboxes.get(mailbox) {
            Some(MailboxDoes::Full) => self.after(SETUP_MS, Answer::Voicemail(VoicemailEnd::Full)),
            Some(MailboxDoes::Fails) => self.after(SETUP_MS, Answer::Voicemail(VoicemailEnd::Failed)),
            None => self.after(SOUND_MS + MESSAGE_MS, Answer::Voicemail(VoicemailEnd::Done)),
        }
    }

    fn hears(&mut self, sound: Sound<'_>) {
        let prompt = match sound {
            Sound::Prompt(prompt) => prompt,
            Sound::MenuGreeting(menu) => match self.world.entity(EntityKind::IvrMenu, menu) {
                Some(EntityFacts::IvrMenu(facts)) => &facts.greeting,
                Some(
                    EntityFacts::Trunk(_)
                    | EntityFacts::InboundNumber(_)
                    | EntityFacts::Extension(_)
                    | EntityFacts::RingGroup(_)
                    | EntityFacts::VoicemailBox(_)
                    | EntityFacts::TimeSwitch(_)
                    | EntityFacts::Conference(_)
                    | EntityFacts::Queue(_)
                    | EntityFacts::Prompt(_),
                )
                | None => menu,
            },
        };
        let prompt = prompt.to_owned();
        self.log.note(self.now_ms, What::Hears(prompt));
    }
}

/// The digits among some keys as far as a rule takes them, and whether they are at an end by a key.
fn enter(keys: &[Key], rule: DigitRule) -> (String, bool) {
    let mut digits = String::new();
    for key in keys {
        if Some(*key) == rule.terminator.key() {
            return (digits, true);
        }
        if key.to_char().is_ascii_digit() {
            digits.push(key.to_char());
        }
        if digits.len() >= usize::from(rule.max) {
            return (digits, true);
        }
    }
    (digits, false)
}

/// How ringing phones together ends, and after how long. `None` is a phone that nobody answers.
///
/// The first to answer in time has the call. Otherwise, as long as one phone rings, it's no answer; phones that are busy
/// or decline end it at once, declining being the stronger word; with no device anywhere it's unavailable.
fn ring(phones: &[Option<PhoneDoes>], timeout_ms: u64) -> (RingEnd, u64) {
    let answers = phones.iter().filter_map(|p| match p {
        Some(PhoneDoes::Answers { after_s }) => Some(u64::from(*after_s) * 1_000),
        Some(PhoneDoes::Busy | PhoneDoes::Declines | PhoneDoes::Unavailable | PhoneDoes::DoNotDisturb)
        | None => None,
    });
    let rings = phones.iter().any(|p| matches!(p, None | Some(PhoneDoes::Answers { .. })));
    match answers.min() {
        Some(after_ms) if after_ms < timeout_ms => (RingEnd::Answered, after_ms.saturating_add(TALK_MS)),
        Some(_) | None if rings => (RingEnd::NoAnswer, timeout_ms),
        Some(_) | None if phones.contains(&Some(PhoneDoes::Declines)) => (RingEnd::Declined, THINKING_MS),
        Some(_) | None
            if phones.iter().any(|p| matches!(p, Some(PhoneDoes::Busy | PhoneDoes::DoNotDisturb))) =>
        {
            (RingEnd::Busy, SETUP_MS)
        }
        Some(_) | None => (RingEnd::Unavailable, SETUP_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_to_answer_has_the_call() {
        let answers = |after_s| Some(PhoneDoes::Answers { after_s });
        assert_eq!(ring(&[answers(9), None, answers(4)], 30_000), (RingEnd::Answered, 64_000));
        assert_eq!(ring(&[answers(30), Some(PhoneDoes::Busy)], 30_000), (RingEnd::NoAnswer, 30_000));
    }

    #[test]
    fn the_end_is_the_strongest_word_of_those_who_did_not_ring() {
        let (busy, declines) = (Some(PhoneDoes::Busy), Some(PhoneDoes::Declines));
        let away = Some(PhoneDoes::Unavailable);
        assert_eq!(ring(&[busy, None], 30_000).0, RingEnd::NoAnswer);
        assert_eq!(ring(&[busy, declines, away], 30_000).0, RingEnd::Declined);
        assert_eq!(ring(&[busy, away], 30_000).0, RingEnd::Busy);
        assert_eq!(ring(&[away, away], 30_000).0, RingEnd::Unavailable);
        assert_eq!(ring(&[], 30_000).0, RingEnd::Unavailable);
    }
}
