//! `flowc run --live`: whoever types is the caller and everybody whose phone rings.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, IsTerminal as _};

use flow_compiler::graph::{Graph, PhoneDoes, StepKind};
use flow_compiler::sim::{Act, Happening, Live, Question, Reply, can_reply, told};
use flow_compiler::{Source, read_text};
use flow_vm::effect::Key;
use serde_json::json;

use super::Failure;
use crate::input::Input;
use crate::output::Output;

/// Seconds after which somebody answers who doesn't say when.
const ANSWERS_AFTER_S: u32 = 3;
/// Longest line that is read.
const LINE_BYTES_MAX: u64 = 1_000;

/// The step that calls the first number there is.
pub fn call(input: &Input) -> Result<String, Failure> {
    let nodes = input.flows().flat_map(|(_, _, graph)| graph.nodes.values());
    let mut entries = nodes.filter(|n| n.kind.is_some_and(|k| k.spec().is_entry()));
    let number = entries.find_map(|n| n.entity_key());
    let number =
        number.ok_or_else(|| Failure("no flow here has a number that could be called".to_owned()))?;
    Ok(format!("  call \"{number}\"\n"))
}

/// Reads what is typed.
pub struct Typed<'a> {
    graph: &'a Graph,
    out: &'a Output,
    /// How much of the call has been shown.
    shown: usize,
    /// Keys that were typed for the questions to come.
    keys: VecDeque<Key>,
    /// Nothing more can be typed: the caller is gone.
    over: bool,
}

impl<'a> Typed<'a> {
    pub fn new(graph: &'a Graph, out: &'a Output) -> Typed<'a> {
        Typed { graph, out, shown: 0, keys: VecDeque::new(), over: false }
    }

    /// Shows what happened since the last time.
    pub fn tell(&mut self, happened: &[Happening]) -> io::Result<()> {
        let new = happened.get(self.shown..).unwrap_or_default();
        self.shown = happened.len();
        let lines: String = told(self.graph, new).iter().map(|line| format!("{line}\n")).collect();
        self.out.result(&lines)
    }

    /// Asks until what is typed says something.
    fn ask(&mut self, question: &str, says: impl Fn(&str) -> Option<Reply>) -> Reply {
        let gone = Reply::Caller(Act::HangUp);
        let mut prompt = format!("? {question}\n> ");
        loop {
            if self.over || self.out.result(&prompt).is_err() {
                return gone;
            }
            let mut line = String::new();
            let read = io::Read::take(io::stdin().lock(), LINE_BYTES_MAX).read_line(&mut line);
            if !matches!(read, Ok(1..)) {
                self.over = true;
                return gone;
            }
            // What isn't typed at a terminal isn't to be seen there.
            if !io::stdin().is_terminal() && self.out.result(&line).is_err() {
                return gone;
            }
            match line.trim() {
                "h" => return gone,
                typed => match says(typed) {
                    Some(reply) => return reply,
                    None => prompt = format!("`{typed}` isn't one of these\n> "),
                },
            }
        }
    }

    fn caller(&mut self) -> Reply {
        if let Some(key) = self.keys.pop_front() {
            return Reply::Caller(Act::Press(key));
        }
        let asked = "keys to press, one for each question; Enter waits, h hangs up";
        let typed = std::cell::RefCell::new(VecDeque::new());
        let reply = self.ask(asked, |line| {
            let mut keys: VecDeque<Key> = keys(line)?.into();
            let first = keys.pop_front();
            typed.replace(keys);
            Some(Reply::Caller(first.map_or(Act::Wait, Act::Press)))
        });
        self.keys = typed.into_inner();
        reply
    }
}

impl Live for Typed<'_> {
    fn reply(&mut self, happened: &[Happening], question: Question<'_>) -> Reply {
        if self.tell(happened).is_err() {
            return Reply::Caller(Act::HangUp);
        }
        match question {
            Question::Caller => self.caller(),
            Question::Digits => {
                let rest: Vec<Key> = self.keys.drain(..).collect();
                if !rest.is_empty() {
                    return Reply::Caller(Act::Digits(rest));
                }
                self.ask("digits to enter, # for the end; Enter enters none, h hangs up", |line| {
                    Some(Reply::Caller(Act::Digits(keys(line)?)))
                })
            }
            Question::Phone(extension) => {
                let asked = format!(
                    "{extension} rings: a answers (a 10 after 10 s), b busy, d declines, n do not disturb, u no device; \
                     Enter lets it ring, h: the caller hangs up"
                );
                self.ask(&asked, phone)
            }
            Question::Message(mailbox) => {
                let asked = format!("a message for {mailbox}: Enter leaves one, h hangs up");
                self.ask(&asked, |line| line.is_empty().then_some(Reply::Usual))
            }
            Question::Webhook(node, answers) => {
                let known: Vec<String> = answers.iter().map(|one| one.name.to_owned()).collect();
                let known =
                    if known.is_empty() { "no answers are declared".to_owned() } else { known.join(", ") };
                let asked = format!(
                    "`{node}` asks its server ({known}): the answer and its fields as in a test, such as known customer \"Ann\"; \
                     fails, timeout; Enter: another answer, h hangs up"
                );
                self.ask(&asked, |line| webhook(self.graph, node, line))
            }
            Question::Draw(percent) => {
                self.ask(&format!("drawn ({percent} of 100 are yes): y or n"), |line| match line {
                    "y" | "" => Some(Reply::Draw(true)),
                    "n" => Some(Reply::Draw(false)),
                    _ => None,
                })
            }
        }
    }
}

/// Keys as they are typed, with or without spaces.
fn keys(line: &str) -> Option<Vec<Key>> {
    line.chars().filter(|c| !c.is_whitespace()).map(Key::from_char).collect()
}

/// What a server does, as a step of a test says it.
fn webhook(graph: &Graph, node: &str, line: &str) -> Option<Reply> {
    if line.is_empty() {
        return Some(Reply::Usual);
    }
    let step = |words: &str| {
        let text = format!("test \"t\" {{\n  webhook {} {words}\n}}\n", json!(node));
        let read = read_text(&[Source { name: "typed", bytes: text.as_bytes() }]);
        let does = read.project.tests.values().flat_map(|test| &test.steps).find_map(|step| {
            if let StepKind::Webhook { does, .. } = &step.what { Some(does.clone()) } else { None }
        });
        does.filter(|_| read.diagnostics.is_empty())
    };
    let does = match line {
        "fails" | "timeout" => step(line)?,
        answer => step(&format!("replies {answer}"))?,
    };
    can_reply(graph, node, &does).is_ok().then_some(Reply::Webhook(does))
}

/// What a phone does.
fn phone(line: &str) -> Option<Reply> {
    let mut words = line.split_whitespace();
    let does = match words.next() {
        None => return Some(Reply::Usual),
        Some("a") => {
            let after = words.next().map_or(Ok(ANSWERS_AFTER_S), str::parse);
            PhoneDoes::Answers { after_s: after.ok()? }
        }
        Some("b") => PhoneDoes::Busy,
        Some("d") => PhoneDoes::Declines,
        Some("n") => PhoneDoes::DoNotDisturb,
        Some("u") => PhoneDoes::Unavailable,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Reply::Phone(does))
}
