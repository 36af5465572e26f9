//! The text of the IR. [`super::parse`] reads it back.

use std::fmt::{self, Display, Formatter};

use flow_vm::effect::{DigitRule, RingEnd, VoicemailEnd, WebhookEnd};
use flow_vm::table::{DayMask, Days, When};
use flow_vm::text::show_date;

use super::{Ask, Block, BlockEnd, Case, Counter, Heard, Ir, NodeInfo, Pushed, Step};

impl Display for Ir {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (id, node) in &self.nodes {
            write!(f, "node {id} {}", Quoted(&node.name))?;
            node.exits.iter().try_for_each(|exit| write!(f, " {}", Quoted(exit)))?;
            writeln!(f)?;
        }
        for entry in &self.entries {
            writeln!(f, "entry {} {}", Quoted(&entry.name), entry.block)?;
        }
        for (id, block) in &self.blocks {
            writeln!(f, "{id} {}", block.node)?;
            print_block(f, block, self.nodes.get(block.node))?;
        }
        Ok(())
    }
}

fn print_block(f: &mut Formatter<'_>, block: &Block, node: Option<&NodeInfo>) -> fmt::Result {
    for step in &block.steps {
        match step {
            Step::Leave(exit) => {
                let name = node.and_then(|n| n.exits.get(*exit)).map_or("", String::as_str);
                writeln!(f, "  leave {}", Quoted(name))?;
            }
            other @ (Step::Enter
            | Step::Set(..)
            | Step::Push(_)
            | Step::Load(_)
            | Step::Store(_)
            | Step::PushAnswer
            | Step::Apply(_)
            | Step::Digits(_)) => writeln!(f, "  {other}")?,
        }
    }
    match &block.end {
        BlockEnd::Jump(to) => writeln!(f, "  jump {to}"),
        BlockEnd::Ask { effect, cases, otherwise } => {
            writeln!(f, "  {effect} else {otherwise}")?;
            cases.iter().try_for_each(|(case, to)| writeln!(f, "    {case} -> {to}"))
        }
        BlockEnd::Clock { zone, rows, otherwise } => {
            writeln!(f, "  clock {} else {otherwise}", Quoted(zone))?;
            rows.iter().try_for_each(|(when, to)| writeln!(f, "    {} -> {to}", Shown(*when)))
        }
        BlockEnd::CountDown { counter, more, out } => {
            writeln!(f, "  count_down {counter} more {more} out {out}")
        }
        BlockEnd::Test { yes, no } => writeln!(f, "  test yes {yes} no {no}"),
        BlockEnd::Call { to, keeps, exits } => {
            writeln!(f, "  call {to} keeps {keeps}")?;
            exits.iter().try_for_each(|to| writeln!(f, "    exit -> {to}"))
        }
        BlockEnd::Return(exit) => writeln!(f, "  return {exit}"),
        BlockEnd::Hangup(cause) => writeln!(f, "  hangup {}", cause.name()),
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Step::Enter => f.write_str("enter"),
            // The exit's name is the node's; by its number it is shown where no node is at hand.
            Step::Leave(exit) => write!(f, "leave {exit}"),
            Step::Set(counter, value) => write!(f, "set {counter} {value}"),
            Step::Push(Pushed::Text(text)) => write!(f, "push {}", Quoted(text)),
            Step::Push(Pushed::Phone(phone)) => write!(f, "push tel:{phone}"),
            Step::Push(Pushed::Number(number)) => write!(f, "push {number}"),
            Step::Push(Pushed::Bool(yes)) => write!(f, "push {yes}"),
            Step::Push(Pushed::Fact(fact)) => write!(f, "push {}", fact.name()),
            Step::Push(Pushed::Moment(moment)) => write!(f, "push {}:{}", moment.ty.name(), moment.number),
            Step::Push(Pushed::Now(part)) => write!(f, "push now:{}", part.name()),
            Step::Load(variable) => write!(f, "load v{variable}"),
            Step::Store(variable) => write!(f, "store v{variable}"),
            Step::PushAnswer => f.write_str("push_answer"),
            Step::Digits(holds) => write!(f, "digits {}", holds.name()),
            Step::Apply(operator) => write!(f, "apply {}", operator.name()),
        }
    }
}

impl Display for Counter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl Display for Ask {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Answer => f.write_str("answer"),
            Ask::Play { sound, barge_in, early } => {
                let barge_in = if *barge_in { " barge_in" } else { "" };
                let early = if *early { " early" } else { "" };
                write!(f, "play {sound}{barge_in}{early}")
            }
            Ask::Menu { sound, timeout_ms } => write!(f, "menu {sound} {timeout_ms}ms"),
            Ask::RingExtension { extension, timeout_ms } => {
                write!(f, "ring_extension {} {timeout_ms}ms", Quoted(extension))
            }
            Ask::RingGroup { group, timeout_ms } => write!(f, "ring_group {} {timeout_ms}ms", Quoted(group)),
            Ask::Voicemail { mailbox } => write!(f, "voicemail {}", Quoted(mailbox)),
            Ask::SetCallerId { part } => write!(f, "set_caller_id {}", part.name()),
            Ask::Chance { percent } => write!(f, "chance {percent}%"),
            Ask::Status { extension } => write!(f, "status {}", Quoted(extension)),
            Ask::Transfer { extension: Some(extension), timeout_ms } => {
                write!(f, "transfer extension {} {timeout_ms}ms", Quoted(extension))
            }
            Ask::Transfer { extension: None, timeout_ms } => write!(f, "transfer number {timeout_ms}ms"),
            Ask::Webhook { url, method, answers, timeout_ms } => {
                let (url, answers) = (Quoted(url), Quoted(answers));
                write!(f, "webhook {} {url} {answers} {timeout_ms}ms", method.name())
            }
            Ask::WebhookField { field, ty } => write!(f, "webhook_field {} {}", Quoted(field), ty.name()),
            Ask::Queue { queue, timeout_ms } => write!(f, "queue {} {timeout_ms}ms", Quoted(queue)),
            Ask::Conference { conference } => write!(f, "conference {}", Quoted(conference)),
            Ask::LocalTime { zone } => write!(f, "now {}", Quoted(zone)),
            Ask::Collect { prompt, rule, secret } => {
                let DigitRule { min, max, terminator, first_s, next_s } = rule;
                write!(f, "collect {} {min} {max} {} ", Quoted(prompt), terminator.name())?;
                write!(f, "{first_s} {next_s}")?;
                secret.iter().try_for_each(|secret| write!(f, " secret {}", Quoted(secret)))
            }
        }
    }
}

impl Display for Heard {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Heard::Prompt(key) => write!(f, "prompt {}", Quoted(key)),
            Heard::MenuGreeting(key) => write!(f, "greeting {}", Quoted(key)),
        }
    }
}

impl Display for Case {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Case::Key(key) => write!(f, "key {key}"),
            Case::Now => f.write_str("now"),
            Case::Done => f.write_str("done"),
            Case::OtherKey => f.write_str("other_key"),
            Case::Timeout => f.write_str("timeout"),
            Case::Ring(end) => write!(f, "ring {}", ring_word(*end)),
            Case::Voicemail(end) => write!(f, "voicemail {}", voicemail_word(*end)),
            Case::Chance(yes) => write!(f, "chance {yes}"),
            Case::Entered(entered) => write!(f, "entered {}", entered.name()),
            Case::Status(status) => write!(f, "status {}", status.name()),
            Case::Webhook(WebhookEnd::Answer(number)) => write!(f, "webhook {number}"),
            Case::Webhook(WebhookEnd::Default) => f.write_str("webhook default"),
            Case::Webhook(WebhookEnd::Error) => f.write_str("webhook error"),
            Case::Webhook(WebhookEnd::Timeout) => f.write_str("webhook timeout"),
            Case::Queue(end) => write!(f, "queue {}", end.name()),
            Case::Conference(end) => write!(f, "conference {}", end.name()),
        }
    }
}

/// The word of a ring's end; the same as the node's exit.
pub(crate) const fn ring_word(end: RingEnd) -> &'static str {
    match end {
        RingEnd::Answered => "answered",
        RingEnd::NoAnswer => "no_answer",
        RingEnd::Busy => "busy",
        RingEnd::Declined => "declined",
        RingEnd::Unavailable => "unavailable",
    }
}

/// The word of a mailbox's end.
pub(crate) const fn voicemail_word(end: VoicemailEnd) -> &'static str {
    match end {
        VoicemailEnd::Done => "done",
        VoicemailEnd::Full => "full",
        VoicemailEnd::Failed => "failed",
    }
}

/// A string as JSON writes it, so that any name survives.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", serde_json::Value::from(self.0))
    }
}

/// A condition as a row of the clock.
struct Shown(When);

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.days {
            Days::Weekly(mask) => {
                let names = DayMask::NAMES.iter().zip(0..).filter(|(_, day)| mask.has(*day));
                let names: Vec<&str> = names.map(|(name, _)| *name).collect();
                f.write_str(&names.join(","))?;
            }
            Days::Dates { first, last } => {
                write!(f, "{}..{}", show_date(first), show_date(last))?;
            }
        }
        let (start, end) = (self.0.minutes.start(), self.0.minutes.end());
        write!(f, " {:02}:{:02}..{:02}:{:02}", start / 60, start % 60, end / 60, end % 60)
    }
}
