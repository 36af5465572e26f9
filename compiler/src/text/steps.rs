//! The steps of `test` blocks: how they read and how they are printed.

use flow_vm::effect::{Cause, Key, QueueEnd};

use super::spell;
use super::tree::{self, Arg, Atom, Shape, Statement};
use crate::diag::{Code, Diagnostic, Edit, Fix, Place, Sink, Span};
use crate::graph::{ConferenceDoes, Expect, MailboxDoes, Origin, PhoneDoes, Step, StepKind, WebhookDoes};
use crate::nodes::Kind;
use crate::value::{clock, date};

/// Every step with its shape, for messages.
const STEPS: [(&str, &str); 17] = [
    ("at", "at 2026-03-02 22:00"),
    ("call", "call \"+61299998888\" from \"+61411111111\""),
    ("press", "press 1"),
    ("digits", "digits 1234#"),
    ("secret", "secret door 4711"),
    ("wait", "wait"),
    ("hang_up", "hang_up"),
    ("phone", "phone 101 answers after 5s"),
    ("mailbox", "mailbox sales full"),
    ("webhook", "webhook crm replies known customer \"Ann\""),
    ("queue", "queue support full"),
    ("conference", "conference weekly full"),
    ("line", "line \"+61411111111\" fails"),
    ("caller_name", "caller_name \"Ann\""),
    ("draw", "draw no"),
    ("expect", "expect voicemail after-hours"),
    ("expect", "expect end normal"),
];

/// The words that begin a step.
pub(crate) fn words() -> Vec<&'static str> {
    let mut words: Vec<_> = STEPS.iter().map(|(word, _)| *word).collect();
    words.dedup();
    words
}

/// What a step of this word looks like.
pub(crate) fn example(word: &str) -> Option<&'static str> {
    STEPS.iter().find(|(w, _)| *w == word).map(|(_, shape)| *shape)
}

/// One step; what can't be read is said.
pub(super) fn read(statement: Statement, sink: &mut Sink) -> Option<Step> {
    let span = statement.span;
    let read = match statement.shape {
        Shape::Sentence { word, args, .. } => step(&word, &args),
        Shape::Node(_) | Shape::Edge { .. } | Shape::Field { .. } | Shape::Spot { .. } => Err(Bad {
            span,
            message: "this isn't a step of a test".to_owned(),
            word: String::new(),
            near: None,
        }),
    };
    match read {
        Ok(what) => Some(Step { what, comments: statement.comments, origin: Origin::text(span) }),
        Err(bad) => {
            sink.push(bad.told());
            None
        }
    }
}

/// A step that can't be read.
struct Bad {
    span: Span,
    message: String,
    /// The word that begins it; empty if it's no step at all.
    word: String,
    /// The one word of it that is wrong, and what is meant.
    near: Option<(Span, &'static str)>,
}

impl Bad {
    fn told(self) -> Diagnostic {
        let finding = Diagnostic::new(Code::BadStep, Place::Text(self.span), self.message);
        if let Some((span, near)) = self.near {
            let mut finding = finding.help(format!("did you mean `{near}`?"));
            let edit = Edit { place: Place::Text(span), with: near.to_owned() };
            finding.fix = Some(Fix { title: format!("Write `{near}`"), edits: vec![edit] });
            return finding;
        }
        if let Some((_, forms)) = FORMS.iter().find(|(word, _)| *word == self.word) {
            return finding.help(*forms);
        }
        match STEPS.iter().find(|(word, _)| *word == self.word) {
            Some((_, shape)) => {
                finding.help(format!("for example `{shape}`; each step stands on a line of its own"))
            }
            None => {
                let all = words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
                let finding = finding.help(format!("the steps of a test are {all}"));
                finding.did_you_mean(&self.word, words())
            }
        }
    }
}

/// What may follow the words of steps that have several forms.
const FORMS: [(&str, &str); 10] = [
    ("at", "a date and a time: `at 2026-03-02 22:00`, or with a zone `at 2026-03-02 22:00 \"UTC\"`"),
    (
        "press",
        "one key for each question: `press 1`, `press 1 2`; several digits for a `collect` are `digits 12`",
    ),
    ("wait", "`wait` alone: at the next question the caller presses nothing"),
    ("hang_up", "`hang_up` alone: the caller hangs up at the next question, sound or ringing"),
    (
        "phone",
        "`phone 101 answers`, `phone 101 answers after 5s`, `… busy`, `… declines`, `… unavailable`, \
         `… do_not_disturb`; without a step it rings and nobody answers",
    ),
    ("mailbox", "`mailbox sales full`, `mailbox sales fails`; without a step it takes the message"),
    (
        "webhook",
        "by the node's name: `webhook crm replies known customer \"Ann\"`, `webhook crm fails`, `webhook crm timeout`",
    ),
    (
        "queue",
        "`queue support full`, or how waiting ends: `… timeout`, `… no_answer`, `… busy`, `… declined`, `… unavailable`",
    ),
    ("conference", "`conference weekly full`, `conference weekly refuses`"),
    (
        "expect",
        "a node by its kind and entity, and its exit: `expect voicemail after-hours`, `expect extension 101 no_answer`; by \
         its name: `expect node night`; what is heard, shown or sent: `expect hears main-menu`, `expect shows \"Ann\"`, \
         `expect sends \"12345\"`; the end: `expect end normal`, `expect caller_gone`",
    ),
];

fn step(word: &Atom, args: &[Arg]) -> Result<StepKind, Bad> {
    let mut atoms = Vec::with_capacity(args.len());
    for arg in args {
        match arg {
            Arg::Atom(atom) => atoms.push(atom),
            Arg::Json(_) => {
                let (span, message) = (word.span, "a step has no JSON".to_owned());
                return Err(Bad { span, message, word: word.text.clone(), near: None });
            }
        }
    }
    let words: Vec<&str> = atoms.iter().map(|a| a.text.as_str()).collect();
    let found = match (word.text.as_str(), words.as_slice()) {
        ("at", [day, time]) => at(day, time, None),
        ("at", [day, time, zone]) => at(day, time, Some(zone)),
        ("call", [number]) => Some(StepKind::Call { number: (*number).to_owned(), from: None }),
        ("call", [number, "from", from]) => {
            Some(StepKind::Call { number: (*number).to_owned(), from: Some((*from).to_owned()) })
        }
        ("press", [_, ..]) => words.iter().map(|w| key(w)).collect::<Option<_>>().map(StepKind::Press),
        ("digits", [word]) => keys(word).map(StepKind::Digits),
        ("secret", [secret, word]) => {
            let digits = keys(word).filter(|keys| keys.iter().all(|k| k.to_char().is_ascii_digit()));
            digits.map(|digits| StepKind::Secret { secret: (*secret).to_owned(), digits })
        }
        ("wait", []) => Some(StepKind::Wait),
        ("hang_up", []) => Some(StepKind::HangUp),
        ("phone", [extension, does @ ..]) => {
            phone(does).map(|does| StepKind::Phone { extension: (*extension).to_owned(), does })
        }
        ("mailbox", [mailbox, does]) => {
            let does = match *does {
                "full" => Some(MailboxDoes::Full),
                "fails" => Some(MailboxDoes::Fails),
                _ => None,
            };
            does.map(|does| StepKind::Mailbox { mailbox: (*mailbox).to_owned(), does })
        }
        ("webhook", [node, does @ ..]) => {
            webhook(does).map(|does| StepKind::Webhook { node: (*node).to_owned(), does })
        }
        ("queue", [queue, end]) => {
            let ends = QueueEnd::ALL.into_iter().find(|e| e.name() == *end && *e != QueueEnd::Answered);
            ends.map(|ends| StepKind::Queue { queue: (*queue).to_owned(), ends })
        }
        ("conference", [conference, does]) => {
            let does = match *does {
                "full" => Some(ConferenceDoes::Full),
                "refuses" => Some(ConferenceDoes::Refuses),
                _ => None,
            };
            does.map(|does| StepKind::Conference { conference: (*conference).to_owned(), does })
        }
        ("line", [number, "fails"]) => Some(StepKind::LineFails { number: (*number).to_owned() }),
        ("caller_name", [name]) => Some(StepKind::CallerName((*name).to_owned())),
        ("draw", [_, ..]) => words.iter().map(|w| drawn(w)).collect::<Option<_>>().map(StepKind::Draw),
        ("expect", rest) => expect(rest).map(StepKind::Expect),
        _ => None,
    };
    found.ok_or_else(|| unreadable(word, &atoms))
}

/// Why a step can't be read.
fn unreadable(word: &Atom, atoms: &[&Atom]) -> Bad {
    let known = STEPS.iter().any(|(w, _)| *w == word.text);
    let said = tree::shorten(&word.text);
    let message =
        if known { format!("this `{said}` can't be read") } else { format!("`{said}` is no step of a test") };
    // Of an unknown step only the word is wrong: its cure keeps what follows.
    let last = atoms.last().filter(|_| known).map_or(word.span, |a| a.span);
    let near = atoms.first().filter(|_| word.text == "expect").and_then(|a| Some((a.span, nearly(&a.text)?)));
    Bad { span: Span { end: last.end, ..word.span }, message, word: word.text.clone(), near }
}

/// What is expected by a word that begins no expectation.
fn nearly(word: &str) -> Option<&'static str> {
    let known = Kind::ALL.iter().map(|k| k.name()).chain(EXPECTED);
    let is_known = known.clone().any(|k| k == word);
    if is_known { None } else { crate::diag::meant(word, known) }
}

/// The words that begin an expectation, besides kinds of nodes.
const EXPECTED: [&str; 6] = ["end", "hears", "shows", "sends", "node", "caller_gone"];

fn at(day: &str, time: &str, zone: Option<&str>) -> Option<StepKind> {
    let date = date::read(day)?;
    let (minutes, seconds) = match time.rsplit_once(':') {
        Some((hm, s)) if hm.contains(':') => (clock::read(hm)?, s.parse::<u32>().ok().filter(|s| *s < 60)?),
        _ => (clock::read(time)?, 0),
    };
    let second = u32::from(minutes) * 60 + seconds;
    (second < 86_400).then(|| StepKind::At { date, second, zone: zone.map(str::to_owned) })
}

fn key(word: &str) -> Option<Key> {
    let mut chars = word.chars();
    let key = Key::from_char(chars.next()?);
    if chars.next().is_none() { key } else { None }
}

fn keys(word: &str) -> Option<Vec<Key>> {
    word.chars().map(Key::from_char).collect::<Option<Vec<_>>>().filter(|keys| !keys.is_empty())
}

fn drawn(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn phone(does: &[&str]) -> Option<PhoneDoes> {
    Some(match does {
        ["answers"] => PhoneDoes::Answers { after_s: 0 },
        ["answers", "after", time] => {
            PhoneDoes::Answers { after_s: time.strip_suffix('s')?.parse().ok().filter(|s| *s <= 3_600)? }
        }
        ["busy"] => PhoneDoes::Busy,
        ["declines"] => PhoneDoes::Declines,
        ["unavailable"] => PhoneDoes::Unavailable,
        ["do_not_disturb"] => PhoneDoes::DoNotDisturb,
        _ => return None,
    })
}

fn webhook(does: &[&str]) -> Option<WebhookDoes> {
    match does {
        ["fails"] => Some(WebhookDoes::Fails),
        ["timeout"] => Some(WebhookDoes::TimesOut),
        ["replies", answer, rest @ ..] => {
            let (pairs, odd) = rest.as_chunks();
            let fields = pairs.iter().map(|[name, value]| ((*name).to_owned(), (*value).to_owned()));
            odd.is_empty()
                .then(|| WebhookDoes::Replies { answer: (*answer).to_owned(), fields: fields.collect() })
        }
        _ => None,
    }
}

fn expect(words: &[&str]) -> Option<Expect> {
    let owned = |s: &&str| (*s).to_owned();
    Some(match words {
        ["caller_gone"] | ["end", "caller_gone"] => Expect::CallerGone,
        ["end", cause] => Expect::End(Cause::ALL.into_iter().find(|c| c.name() == *cause)?),
        ["hears", prompt] => Expect::Hears { prompt: owned(prompt) },
        ["sends", text] => Expect::Sends { text: owned(text) },
        ["shows", text] => Expect::Shows { text: owned(text) },
        ["node", node] => Expect::Named { node: owned(node), exit: None },
        ["node", node, exit] => Expect::Named { node: owned(node), exit: Some(owned(exit)) },
        [kind, rest @ ..] => {
            let kind = Kind::by_name(kind)?;
            match rest {
                [] => Expect::Node { kind, entity: None, exit: None },
                [entity] => Expect::Node { kind, entity: Some(owned(entity)), exit: None },
                [entity, exit] => Expect::Node { kind, entity: Some(owned(entity)), exit: Some(owned(exit)) },
                _ => return None,
            }
        }
        [] => return None,
    })
}

/// A step as text.
pub(super) fn print(step: &StepKind) -> String {
    match step {
        StepKind::At { date, second, zone } => {
            let mut line = format!("at {} {:02}:{:02}", date::print(*date), second / 3_600, second / 60 % 60);
            if second % 60 != 0 {
                line.push_str(&format!(":{:02}", second % 60));
            }
            with(line, "", zone.as_deref().map(spell::quote))
        }
        StepKind::Call { number, from } => {
            let line = format!("call {}", spell::quote(number));
            with(line, "from ", from.as_deref().map(spell::quote))
        }
        StepKind::Press(keys) => {
            format!("press {}", keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "))
        }
        StepKind::Digits(keys) => format!("digits {}", pressed(keys)),
        StepKind::Secret { secret, digits } => format!("secret {} {}", spell::name(secret), pressed(digits)),
        StepKind::Wait => "wait".to_owned(),
        StepKind::HangUp => "hang_up".to_owned(),
        StepKind::Phone { extension, does } => {
            let does = match does {
                PhoneDoes::Answers { after_s: 0 } => "answers".to_owned(),
                PhoneDoes::Answers { after_s } => format!("answers after {after_s}s"),
                PhoneDoes::Busy => "busy".to_owned(),
                PhoneDoes::Declines => "declines".to_owned(),
                PhoneDoes::Unavailable => "unavailable".to_owned(),
                PhoneDoes::DoNotDisturb => "do_not_disturb".to_owned(),
            };
            format!("phone {} {does}", spell::name(extension))
        }
        StepKind::Mailbox { mailbox, does } => {
            let does = match does {
                MailboxDoes::Full => "full",
                MailboxDoes::Fails => "fails",
            };
            format!("mailbox {} {does}", spell::name(mailbox))
        }
        StepKind::Webhook { node, does } => {
            let does = match does {
                WebhookDoes::Fails => "fails".to_owned(),
                WebhookDoes::TimesOut => "timeout".to_owned(),
                WebhookDoes::Replies { answer, fields } => {
                    let fields =
                        fields.iter().map(|(n, v)| format!(" {} {}", spell::name(n), spell::quote(v)));
                    format!("replies {}{}", spell::name(answer), fields.collect::<String>())
                }
            };
            format!("webhook {} {does}", spell::node(node))
        }
        StepKind::Queue { queue, ends } => format!("queue {} {}", spell::name(queue), ends.name()),
        StepKind::Conference { conference, does } => {
            let does = match does {
                ConferenceDoes::Full => "full",
                ConferenceDoes::Refuses => "refuses",
            };
            format!("conference {} {does}", spell::name(conference))
        }
        StepKind::LineFails { number } => format!("line {} fails", spell::quote(number)),
        StepKind::CallerName(name) => format!("caller_name {}", spell::quote(name)),
        StepKind::Draw(draws) => {
            let words: Vec<_> = draws.iter().map(|yes| if *yes { "yes" } else { "no" }).collect();
            format!("draw {}", words.join(" "))
        }
        StepKind::Expect(expect) => format!("expect {}", print_expect(expect)),
    }
}

fn pressed(keys: &[Key]) -> String {
    keys.iter().map(|key| key.to_char()).collect()
}

fn with(line: String, word: &str, more: Option<String>) -> String {
    match more {
        Some(more) => format!("{line} {word}{more}"),
        None => line,
    }
}

fn print_expect(expect: &Expect) -> String {
    match expect {
        Expect::Node { kind, entity, exit } => {
            let line = with(kind.name().to_owned(), "", entity.as_deref().map(spell::name));
            with(line, "", exit.as_deref().map(spell::handle))
        }
        Expect::Named { node, exit } => {
            with(format!("node {}", spell::node(node)), "", exit.as_deref().map(spell::handle))
        }
        Expect::Hears { prompt } => format!("hears {}", spell::name(prompt)),
        Expect::Shows { text } => format!("shows {}", spell::quote(text)),
        Expect::Sends { text } => format!("sends {}", spell::quote(text)),
        Expect::End(cause) => format!("end {}", cause.name()),
        Expect::CallerGone => "caller_gone".to_owned(),
    }
}
