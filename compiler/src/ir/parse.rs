//! Reads the text of the IR.

use std::fmt;

use cranelift_entity::EntityRef;
use flow_vm::effect::{
    CallerPart, Cause, ConferenceEnd, DigitRule, Key, Method, PhoneStatus, QueueEnd, RingEnd, Terminator,
    VoicemailEnd, WebhookEnd,
};
use flow_vm::table::{DayMask, Days, Minutes, When};
use flow_vm::text::parse_date;
use flow_vm::value::{DigitsAs, Fact, Moment, MomentType, Operator, Type};

use super::print::{ring_word, voicemail_word};
use super::{
    Ask, Block, BlockEnd, BlockRef, Case, Counter, Entered, Entry, Heard, Ir, NodeInfo, NodeRef, Pushed, Step,
};

/// What couldn't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1; 0 for the text as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A line's fault, before its number is known.
type Fault<T> = Result<T, String>;

pub(super) fn parse(text: &str) -> Result<Ir, ParseError> {
    let mut ir = Ir::default();
    let mut open: Option<Open> = None;
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        read_line(&mut ir, &mut open, line).map_err(|message| ParseError { line: number + 1, message })?;
    }
    finish(&mut ir, open).and_then(|()| whole(&ir)).map_err(|message| ParseError { line: 0, message })?;
    Ok(ir)
}

/// The block that is being read.
struct Open {
    node: NodeRef,
    steps: Vec<Step>,
    end: Option<BlockEnd>,
}

fn read_line(ir: &mut Ir, open: &mut Option<Open>, line: &str) -> Fault<()> {
    let indent = line.len() - line.trim_start().len();
    let mut words = Words(line.trim());
    match (indent, open.as_mut()) {
        (0, _) => {
            finish(ir, open.take())?;
            *open = read_head(ir, &mut words)?;
        }
        (2, Some(block)) => read_step(ir, block, &mut words)?,
        (4, Some(block)) => read_row(block, &mut words)?,
        _ => return Err("a line is indented by 2 in a block and by 4 under its end".to_owned()),
    }
    words.end()
}

fn finish(ir: &mut Ir, open: Option<Open>) -> Fault<()> {
    if let Some(Open { node, steps, end }) = open {
        let end = end.ok_or("a block has no end")?;
        ir.blocks.push(Block { node, steps, end });
    }
    Ok(())
}

/// Whether every block and node that is named is there.
fn whole(ir: &Ir) -> Fault<()> {
    let ends = ir.blocks.values().flat_map(|b| b.end.targets());
    match ends.chain(ir.entries.iter().map(|e| e.block)).find(|b| !ir.blocks.is_valid(*b)) {
        Some(missing) => Err(format!("there is no block {missing}")),
        None => Ok(()),
    }
}

fn read_head(ir: &mut Ir, words: &mut Words<'_>) -> Fault<Option<Open>> {
    match words.bare()? {
        "node" => {
            words.in_order("n", ir.nodes.len())?;
            let name = words.quoted()?;
            let mut exits = Vec::new();
            while !words.0.is_empty() {
                exits.push(words.quoted()?);
            }
            ir.nodes.push(NodeInfo { name, exits });
            Ok(None)
        }
        "entry" => {
            let name = words.quoted()?;
            ir.entries.push(Entry { name, block: words.block()? });
            Ok(None)
        }
        block => {
            Words(block).in_order("b", ir.blocks.len())?;
            let node = NodeRef::new(words.numbered("n")?);
            if !ir.nodes.is_valid(node) {
                return Err(format!("there is no node {node}"));
            }
            Ok(Some(Open { node, steps: Vec::new(), end: None }))
        }
    }
}

fn read_step(ir: &Ir, block: &mut Open, words: &mut Words<'_>) -> Fault<()> {
    if block.end.is_some() {
        return Err("a step follows the end of its block".to_owned());
    }
    let step = match words.bare()? {
        "enter" => Step::Enter,
        "leave" => {
            let name = words.quoted()?;
            let exits = ir.nodes.get(block.node).map_or(&[][..], |n| &n.exits);
            let exit = exits.iter().position(|e| *e == name);
            Step::Leave(exit.ok_or_else(|| format!("node {} has no exit {name:?}", block.node))?)
        }
        "set" => Step::Set(words.counter()?, words.number()?),
        "push" => Step::Push(words.pushed()?),
        "digits" => {
            let word = words.bare()?;
            let holds = DigitsAs::ALL.into_iter().find(|d| d.name() == word);
            Step::Digits(holds.ok_or_else(|| format!("digits are never held as `{word}`"))?)
        }
        "load" => Step::Load(words.variable()?),
        "store" => Step::Store(words.variable()?),
        "push_answer" => Step::PushAnswer,
        "apply" => {
            let word = words.bare()?;
            let operator = Operator::ALL.iter().copied().find(|o| o.name() == word);
            Step::Apply(operator.ok_or_else(|| format!("`{word}` is no operator"))?)
        }
        word => {
            block.end = Some(read_end(word, words)?);
            return Ok(());
        }
    };
    block.steps.push(step);
    Ok(())
}

fn read_end(word: &str, words: &mut Words<'_>) -> Fault<BlockEnd> {
    match word {
        "jump" => return Ok(BlockEnd::Jump(words.block()?)),
        "hangup" => return Ok(BlockEnd::Hangup(words.cause()?)),
        "return" => return Ok(BlockEnd::Return(words.number()?)),
        "call" => {
            let to = words.block()?;
            words.expect("keeps")?;
            return Ok(BlockEnd::Call { to, keeps: words.number()?, exits: Vec::new() });
        }
        "count_down" => {
            let counter = words.counter()?;
            words.expect("more")?;
            let more = words.block()?;
            words.expect("out")?;
            return Ok(BlockEnd::CountDown { counter, more, out: words.block()? });
        }
        "test" => {
            words.expect("yes")?;
            let yes = words.block()?;
            words.expect("no")?;
            return Ok(BlockEnd::Test { yes, no: words.block()? });
        }
        "clock" => {
            let zone = words.quoted()?;
            words.expect("else")?;
            return Ok(BlockEnd::Clock { zone, rows: Vec::new(), otherwise: words.block()? });
        }
        _ => {}
    }
    let effect = read_ask(word, words)?;
    words.expect("else")?;
    Ok(BlockEnd::Ask { effect, cases: Vec::new(), otherwise: words.block()? })
}

fn read_ask(word: &str, words: &mut Words<'_>) -> Fault<Ask> {
    Ok(match word {
        "answer" => Ask::Answer,
        "play" => {
            let sound = words.sound()?;
            let (barge_in, early) = (words.flag("barge_in"), words.flag("early"));
            Ask::Play { sound, barge_in, early }
        }
        "menu" => Ask::Menu { sound: words.sound()?, timeout_ms: words.millis()? },
        "ring_extension" => Ask::RingExtension { extension: words.quoted()?, timeout_ms: words.millis()? },
        "ring_group" => Ask::RingGroup { group: words.quoted()?, timeout_ms: words.millis()? },
        "voicemail" => Ask::Voicemail { mailbox: words.quoted()? },
        "set_caller_id" => {
            let word = words.bare()?;
            let part = CallerPart::ALL.into_iter().find(|p| p.name() == word);
            Ask::SetCallerId { part: part.ok_or_else(|| format!("`{word}` is no part of a caller"))? }
        }
        "chance" => {
            let word = words.bare()?;
            let percent = word.strip_suffix('%').and_then(|n| n.parse().ok()).filter(|n| *n <= 100);
            Ask::Chance { percent: percent.ok_or_else(|| format!("`{word}` is no share like 30%"))? }
        }
        "now" => Ask::LocalTime { zone: words.quoted()? },
        "status" => Ask::Status { extension: words.quoted()? },
        "transfer" => {
            let extension = match words.bare()? {
                "extension" => Some(words.quoted()?),
                "number" => None,
                word => return Err(format!("`{word}` is no target of a transfer")),
            };
            Ask::Transfer { extension, timeout_ms: words.millis()? }
        }
        "webhook" => {
            let word = words.bare()?;
            let method = Method::ALL.into_iter().find(|m| m.name() == word);
            let method = method.ok_or_else(|| format!("`{word}` is no method"))?;
            let (url, answers) = (words.quoted()?, words.quoted()?);
            Ask::Webhook { url, method, answers, timeout_ms: words.millis()? }
        }
        "webhook_field" => {
            let (field, word) = (words.quoted()?, words.bare()?);
            let ty = Type::ALL.into_iter().find(|ty| ty.name() == word);
            Ask::WebhookField { field, ty: ty.ok_or_else(|| format!("`{word}` is no type"))? }
        }
        "queue" => Ask::Queue { queue: words.quoted()?, timeout_ms: words.millis()? },
        "conference" => Ask::Conference { conference: words.quoted()? },
        "collect" => {
            let (prompt, min, max, word) = (words.quoted()?, words.number()?, words.number()?, words.bare()?);
            let terminator = Terminator::ALL.into_iter().find(|t| t.name() == word);
            let terminator = terminator.ok_or_else(|| format!("`{word}` ends no entry"))?;
            let rule = DigitRule { min, max, terminator, first_s: words.number()?, next_s: words.number()? };
            let secret = if words.flag("secret") { Some(words.quoted()?) } else { None };
            Ask::Collect { prompt, rule, secret }
        }
        other => return Err(format!("`{other}` is no step and no end of a block")),
    })
}

fn read_row(block: &mut Open, words: &mut Words<'_>) -> Fault<()> {
    match &mut block.end {
        Some(BlockEnd::Ask { effect, cases, .. }) => {
            let case = words.case()?;
            if !effect.can_be(case) || cases.iter().any(|(c, _)| *c == case) {
                return Err(format!("`{case}` can't answer this, or is there already"));
            }
            words.expect("->")?;
            cases.push((case, words.block()?));
            Ok(())
        }
        Some(BlockEnd::Clock { rows, .. }) => {
            let when = words.when()?;
            words.expect("->")?;
            rows.push((when, words.block()?));
            Ok(())
        }
        Some(BlockEnd::Call { exits, .. }) => {
            words.expect("exit")?;
            words.expect("->")?;
            exits.push(words.block()?);
            Ok(())
        }
        Some(
            BlockEnd::Return(_)
            | BlockEnd::Jump(_)
            | BlockEnd::CountDown { .. }
            | BlockEnd::Test { .. }
            | BlockEnd::Hangup(_),
        )
        | None => Err("rows stand under a question, a clock or a call".to_owned()),
    }
}

/// What is left of a line.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn bare(&mut self) -> Fault<&'a str> {
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest.trim_start();
        if word.is_empty() { Err("the line ends too soon".to_owned()) } else { Ok(word) }
    }

    fn expect(&mut self, wanted: &str) -> Fault<()> {
        let word = self.bare()?;
        if word == wanted { Ok(()) } else { Err(format!("`{word}` stands where `{wanted}` is due")) }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.0.strip_prefix(name) {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
                self.0 = rest.trim_start();
                true
            }
            Some(_) | None => false,
        }
    }

    fn end(&self) -> Fault<()> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("`{}` is too much", self.0)) }
    }

    fn quoted(&mut self) -> Fault<String> {
        let mut values = serde_json::Deserializer::from_str(self.0).into_iter::<String>();
        let text = values.next().and_then(Result::ok).ok_or("a string in quotes is due")?;
        let used = values.byte_offset();
        self.0 = self.0.get(used..).unwrap_or("").trim_start();
        Ok(text)
    }

    fn number<N: std::str::FromStr>(&mut self) -> Fault<N> {
        let word = self.bare()?;
        word.parse().map_err(|_| format!("`{word}` is no number, or too large"))
    }

    fn numbered(&mut self, letter: &str) -> Fault<usize> {
        let word = self.bare()?;
        // Ids are 32 bits wide, and the highest is reserved.
        let number = word.strip_prefix(letter).and_then(|n| n.parse::<u32>().ok()).filter(|n| *n < u32::MAX);
        let number = number.and_then(|n| usize::try_from(n).ok());
        number.ok_or_else(|| format!("`{word}` stands where `{letter}0` or the like is due"))
    }

    fn in_order(&mut self, letter: &str, due: usize) -> Fault<()> {
        let number = self.numbered(letter)?;
        if number == due {
            Ok(())
        } else {
            Err(format!("{letter}{number} stands where {letter}{due} is due"))
        }
    }

    fn block(&mut self) -> Fault<BlockRef> {
        self.numbered("b").map(BlockRef::new)
    }

    fn counter(&mut self) -> Fault<Counter> {
        let number = self.numbered("c")?;
        u8::try_from(number).map(Counter).map_err(|_| "there are not so many counters".to_owned())
    }

    fn variable(&mut self) -> Fault<u8> {
        let number = self.numbered("v")?;
        u8::try_from(number).map_err(|_| "there are not so many variables".to_owned())
    }

    fn pushed(&mut self) -> Fault<Pushed> {
        if self.0.starts_with('"') {
            return self.quoted().map(Pushed::Text);
        }
        let word = self.bare()?;
        if let Some((kind, rest)) = word.split_once(':').filter(|(kind, _)| *kind != "tel") {
            let type_of = |word: &str| MomentType::ALL.into_iter().find(|ty| ty.name() == word);
            let pushed = match type_of(kind) {
                Some(ty) => rest.parse().ok().map(|number| Pushed::Moment(Moment { ty, number })),
                None => type_of(rest).filter(|_| kind == "now").map(Pushed::Now),
            };
            return pushed.ok_or_else(|| format!("`{word}` is no value"));
        }
        let fact = Fact::ALL.into_iter().find(|fact| fact.name() == word);
        match (word.strip_prefix("tel:"), word.parse(), word.parse(), fact) {
            (Some(phone), _, _, _) => Ok(Pushed::Phone(phone.to_owned())),
            (_, Ok(number), _, _) => Ok(Pushed::Number(number)),
            (_, _, Ok(yes), _) => Ok(Pushed::Bool(yes)),
            (_, _, _, Some(fact)) => Ok(Pushed::Fact(fact)),
            (None, Err(_), Err(_), None) => Err(format!("`{word}` is no value")),
        }
    }

    fn millis(&mut self) -> Fault<u32> {
        let word = self.bare()?;
        let number = word.strip_suffix("ms").and_then(|n| n.parse().ok());
        number.ok_or_else(|| format!("`{word}` stands where `1000ms` or the like is due"))
    }

    fn cause(&mut self) -> Fault<Cause> {
        let word = self.bare()?;
        Cause::ALL.into_iter().find(|c| c.name() == word).ok_or_else(|| format!("`{word}` is no cause"))
    }

    fn sound(&mut self) -> Fault<Heard> {
        match self.bare()? {
            "prompt" => Ok(Heard::Prompt(self.quoted()?)),
            "greeting" => Ok(Heard::MenuGreeting(self.quoted()?)),
            word => Err(format!("`{word}` is no kind of sound")),
        }
    }

    fn case(&mut self) -> Fault<Case> {
        match self.bare()? {
            "now" => Ok(Case::Now),
            "done" => Ok(Case::Done),
            "other_key" => Ok(Case::OtherKey),
            "timeout" => Ok(Case::Timeout),
            "key" => {
                let word = self.bare()?;
                let key = word.parse().ok().and_then(Key::from_char);
                key.map(Case::Key).ok_or_else(|| format!("`{word}` is no key"))
            }
            "ring" => {
                let word = self.bare()?;
                let ends = [RingEnd::Answered, RingEnd::NoAnswer, RingEnd::Busy, RingEnd::Declined];
                let end = ends.into_iter().chain([RingEnd::Unavailable]).find(|e| ring_word(*e) == word);
                end.map(Case::Ring).ok_or_else(|| format!("ringing doesn't end by `{word}`"))
            }
            "voicemail" => {
                let word = self.bare()?;
                let ends = [VoicemailEnd::Done, VoicemailEnd::Full, VoicemailEnd::Failed];
                let end = ends.into_iter().find(|e| voicemail_word(*e) == word);
                end.map(Case::Voicemail).ok_or_else(|| format!("a mailbox doesn't end by `{word}`"))
            }
            "chance" => {
                let word = self.bare()?;
                word.parse().map(Case::Chance).map_err(|_| format!("`{word}` is neither true nor false"))
            }
            "status" => {
                let word = self.bare()?;
                let status = PhoneStatus::ALL.into_iter().find(|s| s.name() == word);
                status.map(Case::Status).ok_or_else(|| format!("no extension is `{word}`"))
            }
            "webhook" => match self.bare()? {
                "default" => Ok(Case::Webhook(WebhookEnd::Default)),
                "error" => Ok(Case::Webhook(WebhookEnd::Error)),
                "timeout" => Ok(Case::Webhook(WebhookEnd::Timeout)),
                word => {
                    let number = word.parse().ok().map(WebhookEnd::Answer);
                    number.map(Case::Webhook).ok_or_else(|| format!("no webhook answers `{word}`"))
                }
            },
            "queue" => {
                let word = self.bare()?;
                let end = QueueEnd::ALL.into_iter().find(|e| e.name() == word);
                end.map(Case::Queue).ok_or_else(|| format!("a queue doesn't end by `{word}`"))
            }
            "conference" => {
                let word = self.bare()?;
                let end = ConferenceEnd::ALL.into_iter().find(|e| e.name() == word);
                end.map(Case::Conference).ok_or_else(|| format!("a conference doesn't end by `{word}`"))
            }
            "entered" => {
                let word = self.bare()?;
                let entered = Entered::ALL.into_iter().find(|e| e.name() == word);
                entered.map(Case::Entered).ok_or_else(|| format!("nobody enters `{word}`"))
            }
            word => Err(format!("`{word}` is no answer")),
        }
    }

    fn when(&mut self) -> Fault<When> {
        let days = self.days()?;
        let word = self.bare()?;
        let minutes = word.split_once("..").and_then(|(a, b)| Minutes::new(minute(a)?, minute(b)?));
        let minutes = minutes.ok_or_else(|| format!("`{word}` is no range of the day"))?;
        Ok(When { days, minutes })
    }

    fn days(&mut self) -> Fault<Days> {
        let word = self.bare()?;
        if let Some((first, last)) = word.split_once("..") {
            let date = |s: &str| parse_date(s).ok_or_else(|| format!("`{s}` is no date"));
            return Ok(Days::Dates { first: date(first)?, last: date(last)? });
        }
        let mut mask = DayMask::default();
        for name in word.split(',') {
            let day = (0..).zip(DayMask::NAMES).find(|(_, n)| *n == name).map(|(day, _)| day);
            mask = mask.with(day.ok_or_else(|| format!("`{name}` is no day"))?);
        }
        Ok(Days::Weekly(mask))
    }
}

/// `08:30` as a minute of the day; `24:00` too.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60).then(|| hour.checked_mul(60)?.checked_add(minute)).flatten()
}
