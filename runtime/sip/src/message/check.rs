//! What every message must satisfy before anything acts on it (RFC 3261 §8.1.1, §8.2, §16.3, §18.3, §20).

use super::{Method, Name, NameAddr, Parsed, Request, Response, Scheme, Uri, Via, cseq, split};
use crate::limits::VIAS_MAX;

/// Why a request is refused before anything acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status to answer with.
    pub status: u16,
    /// The reason phrase: what is wrong, for the person who reads the other side's log.
    pub text: &'static str,
}

pub(crate) const fn refusal(status: u16, text: &'static str) -> Refusal {
    Refusal { status, text }
}

/// A checked request with what tells it apart.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub request: Request,
    pub ids: Ids,
}

/// What tells requests apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub call_id: String,
    /// Empty for one from an RFC 2543 element.
    pub from_tag: String,
    /// Empty outside a dialog.
    pub to_tag: String,
    pub cseq: u32,
}

impl Incoming {
    /// `None` only for a request that [`request`] would have refused.
    pub(crate) fn new(request: Request) -> Option<Incoming> {
        let tag = |name| Some(NameAddr::read(request.headers.get(&name)?)?.tag().unwrap_or("").to_owned());
        let ids = Ids {
            call_id: request.headers.get(&Name::CallId)?.to_owned(),
            from_tag: tag(Name::From)?,
            to_tag: tag(Name::To)?,
            cseq: cseq(request.headers.get(&Name::CSeq)?)?.0,
        };
        Some(Incoming { request, ids })
    }
}

/// Headers that may stand once only.
const SINGLE: [Name; 8] = [
    Name::From,
    Name::To,
    Name::CallId,
    Name::CSeq,
    Name::MaxForwards,
    Name::ContentLength,
    Name::ContentType,
    Name::Expires,
];

pub(super) fn request(mut request: Request, problem: Option<Refusal>) -> Parsed {
    let problem = problem
        .or_else(|| structure(&request))
        .or_else(|| addresses(&request))
        .or_else(|| request_uri(&request))
        .or_else(|| fit_body(&mut request));
    match problem {
        Some(refusal) => Parsed::Refused(request, refusal),
        None => Parsed::Request(request),
    }
}

/// Mandatory headers, each once, with numbers in range.
fn structure(request: &Request) -> Option<Refusal> {
    let headers = &request.headers;
    if SINGLE.iter().any(|name| headers.all(name).nth(1).is_some()) {
        return Some(refusal(400, "Header Given Twice"));
    }
    for (name, text) in [
        (Name::Via, "Missing Via"),
        (Name::From, "Missing From"),
        (Name::To, "Missing To"),
        (Name::CallId, "Missing Call-ID"),
        (Name::CSeq, "Missing CSeq"),
    ] {
        if headers.get(&name).is_none_or(str::is_empty) {
            return Some(refusal(400, text));
        }
    }
    match headers.get(&Name::CSeq).and_then(cseq) {
        Some((_, method)) if method == request.method.as_str() => {}
        Some(_) => return Some(refusal(400, "CSeq Method Mismatch")),
        None => return Some(refusal(400, "Bad CSeq")),
    }
    let number = |name| {
        headers.get(&name).map(|text: &str| {
            text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten()
        })
    };
    if matches!(number(Name::MaxForwards), Some(None | Some(256..))) {
        return Some(refusal(400, "Bad Max-Forwards"));
    }
    if matches!(number(Name::Expires), Some(None)) {
        return Some(refusal(400, "Bad Expires"));
    }
    None
}

/// Via, From, To, Contact, routes.
fn addresses(request: &Request) -> Option<Refusal> {
    let mut vias = 0;
    for line in request.headers.all(&Name::Via) {
        let values = split(line, ',').unwrap_or_default();
        if values.is_empty() || values.iter().any(|value| Via::read(value).is_none()) {
            return Some(refusal(400, "Bad Via"));
        }
        vias += values.len();
    }
    if vias > VIAS_MAX {
        return Some(refusal(483, "Too Many Hops"));
    }
    let readable = |value: &str| NameAddr::read(value).is_some_and(|addr| Uri::read(addr.uri).is_some());
    for (name, text) in [(Name::From, "Bad From"), (Name::To, "Bad To")] {
        if !request.headers.get(&name).is_some_and(readable) {
            return Some(refusal(400, text));
        }
    }
    for (name, text) in
        [(Name::Contact, "Bad Contact"), (Name::RecordRoute, "Bad Record-Route"), (Name::Route, "Bad Route")]
    {
        for line in request.headers.all(&name) {
            let values = split(line, ',').unwrap_or_default();
            let star = name == Name::Contact && line == "*";
            if !star && (values.is_empty() || !values.iter().all(|value| readable(value))) {
                return Some(refusal(400, text));
            }
        }
    }
    None
}

/// The request-URI: one word, of a scheme that we know, without headers (§19.1.5).
fn request_uri(request: &Request) -> Option<Refusal> {
    match Uri::read(&request.uri) {
        None => Some(refusal(400, "Bad Request-URI")),
        Some(uri) if !uri.headers.is_empty() => Some(refusal(400, "Headers In Request-URI")),
        Some(uri) => match uri.scheme {
            Scheme::Other => Some(refusal(416, "Unsupported URI Scheme")),
            Scheme::Sip | Scheme::Sips | Scheme::Tel => None,
        },
    }
}

/// Content-Length against what arrived (§18.3): more is cut off, less is an error.
fn fit_body(request: &mut Request) -> Option<Refusal> {
    let text = request.headers.get(&Name::ContentLength)?;
    match content_length(text) {
        Some(length) if length <= request.body.len() => {
            request.body.truncate(length);
            None
        }
        Some(_) => Some(refusal(400, "Content-Length Beyond The Datagram")),
        None => Some(refusal(400, "Bad Content-Length")),
    }
}

/// Digits only.
pub(super) fn content_length(text: &str) -> Option<usize> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A response is dropped when it is broken: there is nobody to tell.
pub(super) fn response(mut response: Response) -> Parsed {
    let headers = &response.headers;
    if SINGLE.iter().any(|name| headers.all(name).nth(1).is_some()) {
        return Parsed::Garbage("header given twice in a response");
    }
    let via = headers.list(&Name::Via).next().and_then(Via::read);
    let seq = headers.get(&Name::CSeq).and_then(cseq);
    let ends = [Name::From, Name::To].iter().all(|name| headers.get(name).and_then(NameAddr::read).is_some());
    if via.is_none() || seq.is_none() || !ends || headers.get(&Name::CallId).is_none() {
        return Parsed::Garbage("mandatory header of a response");
    }
    if let Some(text) = headers.get(&Name::ContentLength) {
        match content_length(text) {
            Some(length) if length <= response.body.len() => response.body.truncate(length),
            _ => return Parsed::Garbage("Content-Length of a response"),
        }
    }
    Parsed::Response(response)
}

impl Request {
    /// Whether a refusal of this may be sent: ACK is never answered, and without any Via nobody would know the answer for
    /// one. A Via that we can't read is copied back all the same: the other side may speak another version.
    pub(crate) fn answerable(&self) -> bool {
        self.method != Method::Ack && self.headers.get(&Name::Via).is_some()
    }
}
