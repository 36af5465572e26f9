//! Values as JSON holds them: dates, times of the day, and whether a value is of a field's type.

use flow_vm::value::Type;
use serde_json::Value;

use crate::entity::spec::KeyType;
use crate::entity::{Date, Hours, Weekdays};
use crate::nodes::spec::FieldType;

/// Times of the day, `08:30`; `24:00` is the end of the day.
pub(crate) mod clock {
    /// Minute of the day, 0–1,440.
    pub(crate) fn read(text: &str) -> Option<u16> {
        let (hour, minute) = text.split_once(':')?;
        let digits = |s: &str| (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(hour) || !digits(minute) || minute.len() != 2 {
            return None;
        }
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let total = hour * 60 + minute;
        (minute < 60 && total <= 1_440).then_some(total)
    }

    /// As `read` takes it.
    pub(crate) fn print(minute: u16) -> String {
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}

/// Lengths of time: `25s`, `2m` or `2min`, `1h`.
pub(crate) mod duration {
    /// Seconds.
    pub(crate) fn read(text: &str) -> Option<u64> {
        let (number, unit) = split(text)?;
        let factor = match unit {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            _ => return None,
        };
        number.checked_mul(factor)
    }

    /// Seconds of what looks like a length of time and isn't written as one: `25`, `25sec`, `2Minutes`.
    pub(crate) fn meant(text: &str) -> Option<u64> {
        let (number, unit) = split(text.trim())?;
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "s" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
            _ => return None,
        };
        number.checked_mul(factor)
    }

    fn split(text: &str) -> Option<(u64, &str)> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        Some((number.parse().ok()?, unit))
    }

    /// As `read` takes it.
    pub(crate) fn print(s: u64) -> String {
        match s {
            0 => "0s".to_owned(),
            s if s % 3_600 == 0 => format!("{}h", s / 3_600),
            s if s % 60 == 0 => format!("{}m", s / 60),
            s => format!("{s}s"),
        }
    }
}

/// Dates, `2026-12-25`, of the years 1970 to 2999.
pub(crate) mod date {
    use crate::calendar;
    use crate::entity::Date;

    /// A date of the Gregorian calendar.
    pub(crate) fn read(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<u32>().ok()
        };
        let (year, month, day) = (i64::from(number(4)?), number(2)?, number(2)?);
        let day = calendar::day(year, month, day).filter(|_| parts.next().is_none())?;
        (1970..3000).contains(&year).then_some(Date { day: i32::try_from(day).ok()? })
    }

    /// As `read` takes it.
    pub(crate) fn print(date: Date) -> String {
        let (year, month, day) = calendar::date(i64::from(date.day));
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is of another type; what the type wants.
    Type(String),
    /// It is out of its range; what the range is.
    Range(String),
    /// It isn't one of the words there are.
    Word(&'static [&'static str]),
}

/// Whether a value is of a type and in its range. Whether entities exist is another question.
pub(crate) fn check(ty: FieldType, value: &Value) -> Result<(), Wrong> {
    let fits = match ty {
        FieldType::Bool => value.is_boolean(),
        FieldType::Int { min, max } => {
            let number = value.as_i64().or_else(|| value.as_u64().map(|_| i64::MAX));
            return number.map_or_else(
                || Err(Wrong::Type(wants(ty))),
                |n| in_range((min..=max).contains(&n), || format!("from {min} to {max}")),
            );
        }
        FieldType::Seconds { min, max } => {
            return value.as_i64().or_else(|| value.as_u64().map(|_| i64::MAX)).map_or_else(
                || Err(Wrong::Type(wants(ty))),
                |n| {
                    in_range((i64::from(min)..=i64::from(max)).contains(&n), || {
                        format!("from {min}s to {max}s")
                    })
                },
            );
        }
        FieldType::Text { max } => {
            let text = value.as_str().ok_or_else(|| Wrong::Type(wants(ty)))?;
            return in_range(text.len() <= max, || format!("at most {max} bytes"));
        }
        FieldType::Word(words) => {
            let word = value.as_str().ok_or_else(|| Wrong::Type(wants(ty)))?;
            return if words.contains(&word) { Ok(()) } else { Err(Wrong::Word(words)) };
        }
        FieldType::Expr | FieldType::Template => {
            let text = value.as_str().ok_or_else(|| Wrong::Type(wants(ty)))?;
            return match crate::expr::of_field(ty, text) {
                Some(Err(error)) => Err(Wrong::Type(format!("{}: {error}", wants(ty)))),
                Some(Ok(_)) | None => Ok(()),
            };
        }
        FieldType::Url => value.as_str().is_some_and(is_url),
        FieldType::Dial => value.as_str().is_some_and(|s| KeyType::Dial.fits(s)),
        FieldType::Answers => {
            let read = crate::webhook::read(value).map(drop);
            return read.map_err(|why| Wrong::Type(format!("{}: {why}", wants(ty))));
        }
        FieldType::Variable => value.as_str().is_some_and(crate::expr::is_variable),
        FieldType::Exprs => return expressions(value, ty),
        FieldType::Ref(_) | FieldType::Exit | FieldType::Flow => {
            value.as_str().is_some_and(|s| !s.is_empty())
        }
        FieldType::Refs(_) => return strings(value, |s| !s.is_empty(), ty),
        FieldType::Networks => return strings(value, is_network, ty),
        FieldType::Inputs => {
            strings(value, |s| input(s).is_some(), ty)?;
            return different(value, INPUTS_MAX, |s| s.split(':').next().unwrap_or_default());
        }
        FieldType::Names => {
            strings(value, crate::expr::is_variable, ty)?;
            return different(value, EXITS_MAX, |s| s);
        }
        FieldType::Zone => {
            let zone = value.as_str().ok_or_else(|| Wrong::Type(wants(ty)))?;
            return if crate::zone::is_zone(zone) { Ok(()) } else { Err(Wrong::Type(wants(ty))) };
        }
        FieldType::Weekdays => return strings(value, |s| Weekdays::NAMES.contains(&s), ty),
        FieldType::Hours => hours(value).is_some_and(|h| !h.is_empty()),
        FieldType::Dates => return check_dates(value),
    };
    if fits { Ok(()) } else { Err(Wrong::Type(wants(ty))) }
}

fn check_dates(value: &Value) -> Result<(), Wrong> {
    let all = dates(value).ok_or_else(|| Wrong::Type(wants(FieldType::Dates)))?;
    let max = crate::limits::LIST_MAX;
    in_range((1..=max).contains(&all.len()), || format!("a list of 1 to {max}"))?;
    let in_order = all.iter().all(|(from, to)| from <= to);
    in_range(in_order, || "from an earlier date to a later one".to_owned())
}

fn in_range(yes: bool, range: impl FnOnce() -> String) -> Result<(), Wrong> {
    if yes { Ok(()) } else { Err(Wrong::Range(range())) }
}

fn strings(value: &Value, fits: impl Fn(&str) -> bool, ty: FieldType) -> Result<(), Wrong> {
    let values = value.as_array().ok_or_else(|| Wrong::Type(wants(ty)))?;
    if !values.iter().all(|v| v.as_str().is_some_and(&fits)) {
        return Err(Wrong::Type(wants(ty)));
    }
    let max = crate::limits::LIST_MAX;
    in_range((1..=max).contains(&values.len()), || format!("a list of 1 to {max}"))
}

fn expressions(value: &Value, ty: FieldType) -> Result<(), Wrong> {
    let list = value.as_array().ok_or_else(|| Wrong::Type(wants(ty)))?;
    for text in list {
        let text = text.as_str().ok_or_else(|| Wrong::Type(wants(ty)))?;
        if let Err(error) = crate::expr::read(text) {
            return Err(Wrong::Type(format!("{}: {error}", wants(ty))));
        }
    }
    in_range(list.len() <= INPUTS_MAX, || format!("a list of at most {INPUTS_MAX}"))
}

/// Inputs of a flow: each is on the stack when it's called.
const INPUTS_MAX: usize = flow_vm::limits::STACK_MAX as usize;
/// Exits of a flow.
const EXITS_MAX: usize = flow_vm::limits::SUBFLOW_EXITS_MAX as usize;

/// Whether the names of a list are few enough, and none is there twice.
fn different<'v>(value: &'v Value, max: usize, name: impl Fn(&'v str) -> &'v str) -> Result<(), Wrong> {
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    let mut seen = std::collections::BTreeSet::new();
    let once = list.iter().filter_map(Value::as_str).all(|text| seen.insert(name(text)));
    in_range(once && list.len() <= max, || format!("at most {max} different names"))
}

/// What a type wants, for a message: "`ring` is a time, such as …".
pub(crate) fn wants(ty: FieldType) -> String {
    match ty {
        FieldType::Bool => "`true` or `false`".to_owned(),
        FieldType::Int { min, max } => format!("a whole number from {min} to {max}"),
        FieldType::Seconds { .. } => "a time such as `25s` or `2m` (in JSON a number of seconds)".to_owned(),
        FieldType::Text { .. } => "a text in quotes".to_owned(),
        FieldType::Word(words) => {
            format!("one of {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "))
        }
        FieldType::Ref(kind) => format!("the key of {}", crate::diag::a(kind.noun())),
        FieldType::Refs(kind) => format!("a list of keys of {}s", kind.noun()),
        FieldType::Networks => "a list of addresses or networks such as `\"203.0.113.0/24\"`".to_owned(),
        FieldType::Zone => "the IANA name of a time zone such as `\"Australia/Sydney\"`".to_owned(),
        FieldType::Weekdays => "days such as `mon..fri` or `[sat, sun]`".to_owned(),
        FieldType::Hours => "times of the day such as `08:30..17:00`".to_owned(),
        FieldType::Dates => {
            "a date such as `2026-12-25`, two: `2026-12-24..2026-12-26`, or a list of these".to_owned()
        },
        FieldType::Exit => "the name of an exit".to_owned(),
        FieldType::Expr => "an expression such as `\"caller.number starts_with +614\"`".to_owned(),
        FieldType::Template => "a text in quotes, with expressions in `{…}`".to_owned(),
        FieldType::Url => "an address such as `\"https://crm.example/calls\"`, at most 500 bytes".to_owned(),
        FieldType::Dial => KeyType::Dial.wants().to_owned(),
        FieldType::Answers => {
            "a list of answers such as `[\"known(customer: text, level: number)\", unknown]`".to_owned()
        }
        FieldType::Inputs => {
            "a list of names with types such as `[account:text, tries:number]` (text, number, phone, bool, duration, time, date, weekday)".to_owned()
        }
        FieldType::Names => "a list of names such as `[ok, failed]`: letters, digits and `_`".to_owned(),
        FieldType::Flow => "the key of a flow".to_owned(),
        FieldType::Exprs => "a list of expressions such as `[\"account\", \"tries + 1\"]`".to_owned(),
        FieldType::Variable => "the name of a variable: letters, digits and `_`".to_owned(),
    }
}

/// The words of types.
pub(crate) const TYPES: [(&str, Type); 8] = [
    ("text", Type::Text),
    ("number", Type::Number),
    ("phone", Type::Phone),
    ("bool", Type::Bool),
    ("duration", Type::Duration),
    ("time", Type::Time),
    ("date", Type::Date),
    ("weekday", Type::Weekday),
];

/// Name and type of an input, `account:number`.
pub(crate) fn input(text: &str) -> Option<(&str, Type)> {
    let (name, word) = text.split_once(':')?;
    let (_, ty) = TYPES.into_iter().find(|(known, _)| *known == word)?;
    crate::expr::is_variable(name).then_some((name, ty))
}

/// An address or a network in CIDR notation.
pub(crate) fn is_network(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let max = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|l| {
        l.len() <= 3 && l.bytes().all(|b| b.is_ascii_digit()) && l.parse::<u16>().is_ok_and(|l| l <= max)
    })
}

/// Longest address of a webhook, in bytes.
const URL_BYTES_MAX: usize = 500;

/// An address of the web that a server can be asked at: no user, no fragment, nothing that had to be escaped.
pub(crate) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|_| text.len() <= URL_BYTES_MAX) else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok_and(|p| p > 0));
    let name = name.map_or(host, |(name, _)| name);
    let in_host =
        |b: u8| b.is_ascii_alphanumeric() || b"-._[]".contains(&b) || (b == b':' && name.starts_with('['));
    let in_path = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
    !name.is_empty() && name.bytes().all(in_host) && rest.bytes().all(in_path)
}

/// Days of the week of a list of names.
pub(crate) fn weekdays(value: &Value) -> Weekdays {
    let names = value.as_array().map_or(&[][..], Vec::as_slice);
    let bit = |name: &Value| Weekdays::NAMES.iter().position(|n| Some(*n) == name.as_str());
    Weekdays(names.iter().filter_map(bit).fold(0, |days, bit| days | 1 << bit))
}

/// Ranges of the day.
pub(crate) fn hours(value: &Value) -> Option<Vec<Hours>> {
    value.as_array()?.iter().map(range).collect()
}

fn range(value: &Value) -> Option<Hours> {
    let at = |name| clock::read(value.get(name)?.as_str()?);
    let (start, end) = (at("start")?, at("end")?);
    (start < 1_440 && start != end && end > 0).then_some(Hours { start, end })
}

/// First and last dates.
pub(crate) fn dates(value: &Value) -> Option<Vec<(Date, Date)>> {
    match value.as_array() {
        Some(all) => all.iter().map(days).collect(),
        None => Some(vec![days(value)?]),
    }
}

/// First and last date.
fn days(value: &Value) -> Option<(Date, Date)> {
    match value {
        Value::String(one) => date::read(one).map(|d| (d, d)),
        Value::Object(two) => {
            let at = |name: &str| date::read(two.get(name)?.as_str()?);
            Some((at("from")?, at("to")?))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}
