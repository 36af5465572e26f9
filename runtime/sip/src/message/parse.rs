//! The head: where it ends, its lines, its start line.

use super::check::{Refusal, refusal};
use super::{Headers, Method, Name, Request, Response, wire};
use crate::limits::{HEAD_BYTES_MAX, HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX};

/// What a datagram or a frame of a stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Request(Request),
    Response(Response),
    /// A request that is to be answered (but for ACK) with that refusal, from the headers that could be read.
    Refused(Request, Refusal),
    /// Nothing to answer: no SIP, or a broken response. The text is for the log.
    Garbage(&'static str),
}

/// Reads a datagram: octets after Content-Length are cut off, without one the body is all that follows.
pub(crate) fn parse_datagram(bytes: &[u8]) -> Parsed {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Parsed::Garbage("too long");
    }
    let bytes = skip_blank(bytes);
    match head_end(bytes) {
        HeadEnd::At { head, body } => {
            parse(bytes.get(..head).unwrap_or_default(), bytes.get(body..).unwrap_or_default())
        }
        HeadEnd::NotYet => match parse(bytes, &[]) {
            Parsed::Request(request) => {
                Parsed::Refused(request, refusal(400, "No Empty Line After The Head"))
            }
            refused @ Parsed::Refused(..) => refused,
            Parsed::Response(_) | Parsed::Garbage(_) => Parsed::Garbage("no end of the head"),
        },
        HeadEnd::TooLong => Parsed::Garbage("head too long"),
    }
}

/// Reads a message that the framer of a stream has cut out.
pub(crate) fn parse_framed(head: &[u8], body: &[u8]) -> Parsed {
    parse(head, body)
}

/// Line ends before a start line are ignored (RFC 3261 §7.5).
pub(crate) fn skip_blank(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    bytes.get(blank..).unwrap_or_default()
}

/// Where a head ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadEnd {
    /// The head is `..head`, the body begins at `body`.
    At {
        head: usize,
        body: usize,
    },
    NotYet,
    TooLong,
}

/// Finds the empty line. A lone LF ends a line as well as CRLF.
pub(crate) fn head_end(bytes: &[u8]) -> HeadEnd {
    let mut start = 0;
    for (i, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'\n') {
        if i > HEAD_BYTES_MAX {
            return HeadEnd::TooLong;
        }
        let line = bytes.get(start..i).unwrap_or_default();
        if line.is_empty() || line == b"\r" {
            return HeadEnd::At { head: start, body: i + 1 };
        }
        start = i + 1;
    }
    if bytes.len() > HEAD_BYTES_MAX { HeadEnd::TooLong } else { HeadEnd::NotYet }
}

fn parse(head: &[u8], body: &[u8]) -> Parsed {
    let mut lines = head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = wire::to_text(lines.next().unwrap_or_default());
    let (headers, problem) = read_headers(lines);
    if start.get(..4).is_some_and(|four| four.eq_ignore_ascii_case("SIP/")) {
        return match problem {
            Some(problem) => Parsed::Garbage(problem.text),
            None => response(&start, headers, body),
        };
    }
    request(&start, headers, problem, body)
}

/// Header lines, unfolded. The first thing wrong is told; what can be read is read all the same.
fn read_headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> (Headers, Option<Refusal>) {
    let (mut headers, mut problem) = (Headers::default(), None);
    for line in lines {
        let text = wire::to_text(line);
        if line.len() > LINE_BYTES_MAX {
            problem.get_or_insert(refusal(400, "Header Line Too Long"));
            continue;
        }
        if text.starts_with([' ', '\t']) {
            match headers.0.last_mut() {
                Some((_, value)) if value.len() + text.len() <= LINE_BYTES_MAX => {
                    value.push(' ');
                    value.push_str(text.trim());
                }
                _ => {
                    problem.get_or_insert(refusal(400, "Bad Folded Line"));
                }
            }
            continue;
        }
        match text.split_once(':') {
            _ if line.is_empty() => {}
            Some((name, value)) if headers.0.len() < HEADERS_MAX => {
                headers.0.push((Name::read(name.trim_end()), value.trim().to_owned()));
            }
            Some(_) => {
                problem.get_or_insert(refusal(400, "Too Many Headers"));
            }
            None => {
                problem.get_or_insert(refusal(400, "Header Line Without Colon"));
            }
        }
    }
    (headers, problem)
}

fn response(start: &str, headers: Headers, body: &[u8]) -> Parsed {
    let mut words = start.splitn(3, ' ');
    let (version, status, phrase) = (words.next(), words.next().unwrap_or(""), words.next().unwrap_or(""));
    if !version.is_some_and(|version| version.eq_ignore_ascii_case("SIP/2.0")) {
        return Parsed::Garbage("version of a response");
    }
    let status = match status.parse() {
        Ok(status @ 100..=699) if start.split(' ').nth(1).is_some_and(|text| text.len() == 3) => status,
        _ => return Parsed::Garbage("status of a response"),
    };
    let response = Response { status, phrase: phrase.to_owned(), headers, body: body.to_vec() };
    super::check::response(response)
}

fn request(start: &str, headers: Headers, problem: Option<Refusal>, body: &[u8]) -> Parsed {
    let Some((rest, version)) = start.trim_end().rsplit_once([' ', '\t']) else {
        return Parsed::Garbage("start line");
    };
    let (method, uri) = rest.split_once(' ').unwrap_or((rest, ""));
    let token = |c: char| c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c);
    if method.is_empty()
        || !method.chars().all(token)
        || !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case("SIP/"))
    {
        return Parsed::Garbage("start line");
    }
    let problem = if !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(refusal(505, "Version Not Supported"))
    } else if start.trim_end() != start {
        Some(refusal(400, "White Space After The Request Line"))
    } else {
        problem
    };
    let request = Request { method: Method::read(method), uri: uri.to_owned(), headers, body: body.to_vec() };
    super::check::request(request, problem)
}
