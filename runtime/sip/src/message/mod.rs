//! SIP messages: reading, checking, writing.
//!
//! This was to be a wrapper of a library. It isn't, because what was left of that library after the cures was nothing on
//! the path of a message: its parser drops every header after a byte that is not UTF-8, refuses methods and Via transports
//! that it doesn't know, compares methods without case, takes `;` and `?` of a user part for the end of it, escapes an
//! escaped URI again when it prints it, drops `transport=udp` from Contact, reads `nc` as 8 bits and `SHA-256` not at all.
//! What is here is the part of RFC 3261 §7, §19, §20 and §25 that this endpoint uses, read in place from the head's text.

mod check;
mod name;
mod parse;
mod stream;
mod uri;
mod value;
pub(crate) mod wire;

pub(crate) use check::{Incoming, Refusal};
pub(crate) use name::{ALLOW, Method, Name, phrase};
pub(crate) use parse::{Parsed, parse_datagram, parse_framed};
pub(crate) use stream::{Frame, Framer};
pub(crate) use uri::{Scheme, Uri, escape};
pub(crate) use value::{AuthParams, NameAddr, Via, cseq, param, quote, split, unquote};

/// The headers of a message, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(Name, String)>);

impl Headers {
    pub(crate) fn push(&mut self, name: Name, value: impl Into<String>) {
        let value = value.into();
        // Values made from what people typed must not be able to start a new header.
        let value =
            if value.contains(['\r', '\n', '\0']) { value.replace(['\r', '\n', '\0'], " ") } else { value };
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Name, &str)> {
        self.0.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// The first value.
    pub(crate) fn get(&self, name: &Name) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All header lines of that name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All values of a header whose lines hold lists by commas; those that can't be read are left out.
    pub(crate) fn list<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|line| split(line, ',').unwrap_or_default()).filter(|value| !value.is_empty())
    }

    pub(crate) fn first_mut(&mut self, name: &Name) -> Option<&mut String> {
        self.0.iter_mut().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    pub(crate) fn copy_from(&mut self, other: &Headers, name: &Name) {
        self.0.extend(other.0.iter().filter(|(found, _)| found == name).cloned());
    }

    /// One line a header for the log; credentials are left out.
    pub(crate) fn for_log(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            let secret = matches!(name, Name::Authorization | Name::ProxyAuthorization);
            text.extend([name.as_str(), ": ", if secret { "(not logged)" } else { value.as_str() }, "\n"]);
        }
        text
    }

    fn write(&self, out: &mut Vec<u8>, body: &[u8]) {
        for (name, value) in &self.0 {
            out.extend_from_slice(name.as_str().as_bytes());
            out.extend_from_slice(b": ");
            wire::put(out, value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        out.extend_from_slice(body);
    }
}

/// A request. `Content-Length` is not among the headers of one that we make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    /// As written.
    pub uri: String,
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// A response. `Content-Length` is not among the headers of one that we make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// 100–699.
    pub status: u16,
    /// As written.
    pub phrase: String,
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// Either, borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'a> {
    Request(&'a Request),
    Response(&'a Response),
}

impl Request {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.body.len());
        wire::put(&mut out, self.method.as_str());
        out.push(b' ');
        wire::put(&mut out, &self.uri);
        out.extend_from_slice(b" SIP/2.0\r\n");
        self.headers.write(&mut out, &self.body);
        out
    }

    pub(crate) fn top_via(&self) -> Option<Via<'_>> {
        Via::read(self.headers.list(&Name::Via).next()?)
    }
}

impl Response {
    /// A response with our own phrase and no headers yet.
    pub(crate) fn new(status: u16) -> Response {
        Response { status, phrase: phrase(status).into(), headers: Headers::default(), body: Vec::new() }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512 + self.body.len());
        out.extend_from_slice(format!("SIP/2.0 {} ", self.status).as_bytes());
        wire::put(&mut out, &self.phrase);
        out.extend_from_slice(b"\r\n");
        self.headers.write(&mut out, &self.body);
        out
    }

    pub(crate) fn to_tag(&self) -> Option<&str> {
        NameAddr::read(self.headers.get(&Name::To)?)?.tag()
    }
}

/// The SDP in a message: its body, or the `application/sdp` part of a multipart one (trunks add parts of ISUP). `Ok(None)`
/// for a message without a body.
pub(crate) fn sdp_of(headers: &Headers, body: &[u8]) -> Result<Option<Vec<u8>>, UnknownBody> {
    if body.is_empty() {
        return Ok(None);
    }
    if headers.get(&Name::ContentEncoding).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(UnknownBody);
    }
    let kind = headers.get(&Name::ContentType).unwrap_or("application/sdp");
    if media_type(kind).eq_ignore_ascii_case("application/sdp") {
        return Ok(Some(body.to_vec()));
    }
    if !media_type(kind).to_ascii_lowercase().starts_with("multipart/") {
        return Err(UnknownBody);
    }
    let boundary = param(kind, "boundary").map(unquote).ok_or(UnknownBody)?;
    part(body, &boundary).map(Some).ok_or(UnknownBody)
}

/// A body, or its coding, that we can't read: 415.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownBody;

/// `type/subtype` of a Content-Type.
pub(crate) fn media_type(value: &str) -> &str {
    value.split(';').next().unwrap_or("").trim()
}

/// The SDP part of a multipart body (RFC 2046 §5.1).
fn part(body: &[u8], boundary: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let mark = format!("--{boundary}");
    text.split(mark.as_str()).skip(1).find_map(|part| {
        let (head, content) = part.split_once("\r\n\r\n")?;
        let is_sdp = head.lines().any(|line| {
            line.split_once(':').is_some_and(|(name, value)| {
                Name::read(name.trim()) == Name::ContentType
                    && media_type(value).eq_ignore_ascii_case("application/sdp")
            })
        });
        is_sdp.then(|| content.as_bytes().to_vec())
    })
}

#[cfg(test)]
mod tests;
