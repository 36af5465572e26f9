//! The words that effects, answers and ends have in traces, listings and the simulator's output. What is
//! written here is read back here.

use std::fmt;

use crate::effect::{
    Answer, Collected, ConferenceEnd, DigitRule, Digits, Effect, End, Key, LocalTime, PhoneStatus, QueueEnd,
    RingEnd, Sound, TransferTo, VoicemailEnd, WebhookEnd,
};
use crate::limits;
use crate::value::{Text, Value};

/// An effect as one line, e.g. `menu menu_greeting "main" 5000ms`. Stable: traces and replays compare it.
#[must_use]
pub fn effect_text(effect: &Effect<'_>) -> String {
    let mut out = effect.kind().name().to_owned();
    match *effect {
        Effect::Answer => {}
        Effect::Play { sound, barge_in, early } => {
            put_sound(sound, &mut out);
            out.push_str(if barge_in { " barge_in" } else { " whole" });
            out.push_str(if early { " early" } else { " answered" });
        }
        Effect::Menu { sound, timeout_ms } => {
            put_sound(sound, &mut out);
            put_ms(timeout_ms, &mut out);
        }
        Effect::RingExtension { extension: key, timeout_ms }
        | Effect::RingGroup { group: key, timeout_ms } => {
            put_key(key, &mut out);
            put_ms(timeout_ms, &mut out);
        }
        Effect::Voicemail { mailbox: key }
        | Effect::LocalTime { zone: key }
        | Effect::Status { extension: key } => put_key(key, &mut out),
        Effect::SetCallerId { part, text } => {
            out.push(' ');
            out.push_str(part.name());
            put_key(text.as_str(), &mut out);
        }
        Effect::Chance { percent } => out.push_str(&format!(" {percent}%")),
        Effect::Transfer { to, timeout_ms } => {
            match to {
                TransferTo::Extension(key) => {
                    out.push_str(" extension");
                    put_key(key, &mut out);
                }
                TransferTo::Number(number) => {
                    out.push_str(" number");
                    put_key(number.as_str(), &mut out);
                }
            }
            put_ms(timeout_ms, &mut out);
        }
        Effect::Webhook { url, method, send, answers, timeout_ms } => {
            out.push(' ');
            out.push_str(method.name());
            put_key(url, &mut out);
            put_key(send.as_str(), &mut out);
            put_key(answers.as_str(), &mut out);
            put_ms(timeout_ms, &mut out);
        }
        Effect::WebhookField { field, ty } => {
            put_key(field, &mut out);
            out.push(' ');
            out.push_str(ty.name());
        }
        Effect::Queue { queue, timeout_ms } => {
            put_key(queue, &mut out);
            put_ms(timeout_ms, &mut out);
        }
        Effect::Conference { conference } => put_key(conference, &mut out),
        Effect::Collect { prompt, rule, secret } => {
            put_key(prompt, &mut out);
            let DigitRule { min, max, terminator, first_s, next_s } = rule;
            out.push_str(&format!(" {min}..{max} {} {first_s}s {next_s}s", terminator.name()));
            if let Some(secret) = secret {
                out.push_str(" secret");
                put_key(secret, &mut out);
            }
        }
    }
    out
}

fn put_sound(sound: Sound<'_>, out: &mut String) {
    let (word, key) = match sound {
        Sound::Prompt(name) => (" prompt", name),
        Sound::MenuGreeting(menu) => (" menu_greeting", menu),
    };
    out.push_str(word);
    put_key(key, out);
}

fn put_key(key: &str, out: &mut String) {
    out.push(' ');
    quote(key, out);
}

fn put_ms(ms: u32, out: &mut String) {
    out.push_str(&format!(" {ms}ms"));
}

/// The end of a run as one line, e.g. `hangup busy`.
#[must_use]
pub fn end_text(end: End) -> String {
    match end {
        End::Hangup(cause) => format!("hangup {}", cause.name()),
        End::CallerGone => "caller_gone".to_owned(),
        End::OutOfFuel => "out_of_fuel".to_owned(),
        End::TooManyVisits => "too_many_visits".to_owned(),
    }
}

const RING_ENDS: [(RingEnd, &str); 5] = [
    (RingEnd::Answered, "answered"),
    (RingEnd::NoAnswer, "no_answer"),
    (RingEnd::Busy, "busy"),
    (RingEnd::Declined, "declined"),
    (RingEnd::Unavailable, "unavailable"),
];

const VOICEMAIL_ENDS: [(VoicemailEnd, &str); 3] =
    [(VoicemailEnd::Done, "done"), (VoicemailEnd::Full, "full"), (VoicemailEnd::Failed, "failed")];

/// Answers that are a word and no more.
const PLAIN: [(Answer, &str); 5] = [
    (Answer::Start, "start"),
    (Answer::Done, "done"),
    (Answer::Timeout, "timeout"),
    (Answer::Failed, "failed"),
    (Answer::HungUp, "hung_up"),
];

fn word_of<T: PartialEq>(list: &[(T, &'static str)], wanted: &T) -> &'static str {
    list.iter().find(|(one, _)| one == wanted).map_or("", |(_, word)| word)
}

fn of_word<T: Copy>(list: &[(T, &'static str)], wanted: &str) -> Option<T> {
    list.iter().find(|(_, word)| *word == wanted).map(|(one, _)| *one)
}

/// An answer as words, e.g. `key 1` or `local_time 2026-03-02 22:00:00`.
#[must_use]
pub fn answer_text(answer: Answer) -> String {
    match answer {
        Answer::Start | Answer::Done | Answer::Timeout | Answer::Failed | Answer::HungUp => {
            word_of(&PLAIN, &answer).to_owned()
        }
        Answer::Key(key) => format!("key {key}"),
        Answer::Ring(end) => format!("ring {}", word_of(&RING_ENDS, &end)),
        Answer::Voicemail(end) => format!("voicemail {}", word_of(&VOICEMAIL_ENDS, &end)),
        Answer::Chance(yes) => format!("chance {}", word_of(&CHANCES, &yes)),
        Answer::Status(status) => format!("status {}", status.name()),
        Answer::Value(value) => format!("done {}", value_text(value)),
        Answer::Webhook(WebhookEnd::Answer(number)) => format!("webhook {number}"),
        Answer::Webhook(end) => format!("webhook {}", word_of(&WEBHOOK_ENDS, &end)),
        Answer::Queue(end) => format!("queue {}", end.name()),
        Answer::Conference(end) => format!("conference {}", end.name()),
        Answer::Collected(Collected::Digits(digits)) => format!("collected digits {}", digits.as_str()),
        Answer::Collected(entered) => format!("collected {}", word_of(&ENTERED, &entered)),
        Answer::LocalTime(LocalTime { day, second }) => {
            let (minutes, s) = (second / 60, second % 60);
            format!("local_time {} {:02}:{:02}:{s:02}", show_date(day), minutes / 60, minutes % 60)
        }
    }
}

/// A value with its type, e.g. `text "Ann"`.
fn value_text(value: Value) -> String {
    let mut out = value.ty().name().to_owned();
    match value {
        Value::Bool(yes) => out.push_str(if yes { " true" } else { " false" }),
        Value::Number(number) => out.push_str(&format!(" {number}")),
        Value::Text(text) | Value::Phone(text) => put_key(text.as_str(), &mut out),
        // Never an answer, so that none is read back.
        Value::Moment(moment) => out.push_str(&format!(" {}", moment.number)),
    }
    out
}

/// The value of [`value_text`]. What is longer than a value may be is none: it would be cut, and be another.
fn parse_value(text: &str) -> Option<Value> {
    let (ty, rest) = text.split_once(' ')?;
    let text = || {
        let mut words = Words::new(rest);
        let text = words.quoted().ok().filter(|text| text.len() <= limits::VALUE_BYTES_MAX)?;
        words.is_done().then(|| Text::cut(&text))
    };
    match ty {
        "bool" => rest.parse().ok().map(Value::Bool),
        "number" => rest.parse().ok().map(Value::Number),
        "text" => text().map(Value::Text),
        "phone" => text().map(Value::Phone),
        _ => None,
    }
}

const WEBHOOK_ENDS: [(WebhookEnd, &str); 3] =
    [(WebhookEnd::Default, "default"), (WebhookEnd::Error, "error"), (WebhookEnd::Timeout, "timeout")];
/// What can be entered, but for digits themselves.
const ENTERED: [(Collected, &str); 4] = [
    (Collected::Accepted, "accepted"),
    (Collected::Refused, "refused"),
    (Collected::TooFew, "too_few"),
    (Collected::Silent, "silent"),
];

const CHANCES: [(bool, &str); 2] = [(true, "yes"), (false, "no")];

/// The answer of [`answer_text`]; `None` for any other text.
#[must_use]
pub fn parse_answer(text: &str) -> Option<Answer> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "key" => {
            let mut chars = rest.chars();
            let key = Key::from_char(chars.next()?)?;
            chars.next().is_none().then_some(Answer::Key(key))
        }
        "ring" => of_word(&RING_ENDS, rest).map(Answer::Ring),
        "voicemail" => of_word(&VOICEMAIL_ENDS, rest).map(Answer::Voicemail),
        "chance" => of_word(&CHANCES, rest).map(Answer::Chance),
        "status" => PhoneStatus::ALL.into_iter().find(|status| status.name() == rest).map(Answer::Status),
        "done" if !rest.is_empty() => parse_value(rest).map(Answer::Value),
        "webhook" => {
            let number = rest.parse().ok().map(WebhookEnd::Answer);
            number.or_else(|| of_word(&WEBHOOK_ENDS, rest)).map(Answer::Webhook)
        }
        "queue" => QueueEnd::ALL.into_iter().find(|end| end.name() == rest).map(Answer::Queue),
        "conference" => ConferenceEnd::ALL.into_iter().find(|end| end.name() == rest).map(Answer::Conference),
        "collected" => {
            let entered = match rest.strip_prefix("digits ") {
                Some(digits) => Digits::new(digits).map(Collected::Digits),
                None => of_word(&ENTERED, rest),
            };
            entered.map(Answer::Collected)
        }
        "local_time" => {
            let (date, clock) = rest.split_once(' ')?;
            let second = parse_clock(clock)?;
            Some(Answer::LocalTime(LocalTime { day: parse_date(date)?, second }))
        }
        _ => of_word(&PLAIN, text),
    }
}

fn parse_clock(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let (h, m, s) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    (parts.next().is_none() && h < 24 && m < 60 && s < 60).then_some(h * 3_600 + m * 60 + s)
}

/// A number of exactly two digits.
pub(crate) fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. A month outside of 1–12 or a day
/// outside of its month gives some other day: check by [`show_date`].
///
/// Counts from 1 March of year 0, so that a leap day ends its year: `(153 m + 2) / 5` are the days before
/// month `m` then.
#[must_use]
pub(crate) const fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A day as `2026-12-25`.
#[must_use]
pub fn show_date(day: i32) -> String {
    let day = i64::from(day) + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{date:02}")
}

/// The day of `2026-12-25`; `None` for a date that there isn't.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.rsplitn(3, '-');
    let (day, month) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let year: i64 = parts.next()?.parse().ok().filter(|year: &i64| year.abs() < 10_000_000)?;
    let days = i32::try_from(days_from_date(year, i64::from(month), i64::from(day))).ok()?;
    (show_date(days) == text).then_some(days)
}

/// Text in quotes: `\` before quotes and backslashes, `\u{…}` for control characters, so that it stays on one
/// line.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// The words of a line: bare ones and quoted ones. `;` begins a comment.
pub(crate) struct Words<'l> {
    rest: &'l str,
}

/// A word is missing or of the wrong sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WordFault(pub(crate) String);

impl fmt::Display for WordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl<'l> Words<'l> {
    pub(crate) fn new(line: &'l str) -> Words<'l> {
        Words { rest: line }
    }

    /// Whether no word is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty() || self.rest.starts_with(';')
    }

    /// Whether the next word is a quoted one.
    pub(crate) fn at_quote(&mut self) -> bool {
        !self.is_done() && self.rest.starts_with('"')
    }

    /// The next word, which isn't quoted.
    pub(crate) fn bare(&mut self) -> Result<&'l str, WordFault> {
        if self.is_done() || self.rest.starts_with('"') {
            return Err(WordFault("a word is missing".to_owned()));
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(word)
    }

    /// The next word, which is quoted.
    pub(crate) fn quoted(&mut self) -> Result<String, WordFault> {
        let fault = || WordFault("text in quotes is missing or doesn't end".to_owned());
        if !self.at_quote() {
            return Err(fault());
        }
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    Some('u') => text.push(escaped(&mut chars).ok_or_else(fault)?),
                    Some(_) | None => return Err(fault()),
                },
                _ => text.push(c),
            }
        }
        Err(fault())
    }
}

/// The character of `{…}` after `\u`.
fn escaped(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let mut code = 0;
    if chars.next()?.1 != '{' {
        return None;
    }
    for _ in 0..7 {
        match chars.next()?.1 {
            '}' => return char::from_u32(code),
            digit => code = code << 4 | digit.to_digit(16)?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_both_ways() {
        for (text, day) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-12-25", 20_812), ("0001-01-01", -719_162)]
        {
            assert_eq!(parse_date(text), Some(day));
            assert_eq!(show_date(day), text);
        }
        for day in (i32::MIN..=i32::MAX).step_by(1_000_003) {
            assert_eq!(parse_date(&show_date(day)), Some(day));
        }
    }

    #[test]
    fn dates_that_there_are_not() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "", "--", "x-01-01"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn quoted_text_comes_back() {
        for text in ["", "plain", "a \"b\" \\ ; c", "line\nline", "\u{0}\u{7f}\u{2028}", "Büro ☎"] {
            let mut line = String::new();
            quote(text, &mut line);
            assert_eq!(line.lines().count(), 1);
            assert_eq!(Words::new(&line).quoted().as_deref(), Ok(text));
        }
    }

    #[test]
    fn quotes_that_do_not_end_are_faults() {
        for line in ["\"", "\"\\", "\"\\u", "\"\\u{", "\"\\u{110000}\"", "\"\\x\"", "bare"] {
            assert!(Words::new(line).quoted().is_err(), "{line}");
        }
    }

    #[test]
    fn answers_come_back() {
        for text in [
            "start",
            "done",
            "key *",
            "timeout",
            "ring declined",
            "voicemail full",
            "chance no",
            "status on_call",
            "collected digits 0123",
            "collected too_few",
            "local_time 2026-03-02 22:00:59",
            "done text \"Ann \\\"A\\\"\"",
            "done phone \"+614\"",
            "done number -3",
            "done bool true",
            "webhook 7",
            "webhook default",
            "queue timeout",
            "conference refused",
            "failed",
            "hung_up",
        ] {
            assert_eq!(parse_answer(text).map(answer_text).as_deref(), Some(text));
        }
        for text in [
            "",
            "key",
            "key 12",
            "key a",
            "chance",
            "status x",
            "collected",
            "collected digits",
            "collected digits 12#",
            "collected digits 123456789012345678901234567890123",
            "ring",
            "ring x",
            "done ",
            "done text",
            "done text Ann",
            "done text \"Ann\" x",
            "done date 1",
            "webhook",
            "webhook 256",
            "queue",
            "conference done",
            "local_time 2026-03-02 24:00:00",
        ] {
            assert_eq!(parse_answer(text), None, "{text}");
        }
    }
}
