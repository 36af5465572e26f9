//! URIs (RFC 3261 §19.1, RFC 3966), read in place.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

/// A scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sip,
    Sips,
    Tel,
    /// Anything else; only the scheme was read.
    Other,
}

/// A URI, borrowed from the text that it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uri<'a> {
    pub scheme: Scheme,
    /// Escaped, with its parameters; the number of `tel:`. Empty when there is none.
    pub user: &'a str,
    /// Without the brackets of IPv6.
    pub host: &'a str,
    pub port: Option<u16>,
    /// From the first `;` on, that included.
    pub params: &'a str,
    /// After `?`.
    pub headers: &'a str,
}

impl<'a> Uri<'a> {
    /// Reads a URI that stands alone (no angle brackets, no white space round it).
    pub(crate) fn read(text: &'a str) -> Option<Uri<'a>> {
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"');
        if text.contains(odd) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            || rest.is_empty()
        {
            return None;
        }
        match scheme {
            s if s.eq_ignore_ascii_case("sip") => Uri::read_sip(Scheme::Sip, rest),
            s if s.eq_ignore_ascii_case("sips") => Uri::read_sip(Scheme::Sips, rest),
            s if s.eq_ignore_ascii_case("tel") => {
                let (user, params) = cut(rest, ';');
                Some(Uri { scheme: Scheme::Tel, user, host: "", port: None, params, headers: "" })
            }
            _ => {
                Some(Uri { scheme: Scheme::Other, user: rest, host: "", port: None, params: "", headers: "" })
            }
        }
    }

    /// `user@host:port;params?headers`. The user part may hold `;`, `?` and `/`, so it is cut off first; `@` may not
    /// stand unescaped anywhere else.
    fn read_sip(scheme: Scheme, rest: &'a str) -> Option<Uri<'a>> {
        let (userinfo, rest) = match rest.split_once('@') {
            Some(("", _)) => return None,
            Some((userinfo, rest)) => (userinfo, rest),
            None => ("", rest),
        };
        let user = userinfo.split_once(':').map_or(userinfo, |(user, _password)| user);
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (hostport, params) = cut(rest, ';');
        let (host, port) = host_port(hostport)?;
        Some(Uri { scheme, user, host, port, params, headers })
    }

    /// The value of a parameter; an empty string for one without a value.
    pub(crate) fn param(&self, name: &str) -> Option<&'a str> {
        self.params.split(';').find_map(|param| {
            let (key, value) = param.split_once('=').unwrap_or((param, ""));
            key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The host as an address, when it is one.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The user part for people: parameters cut off, escapes undone.
    pub(crate) fn number(&self) -> String {
        unescape(cut(self.user, ';').0)
    }
}

/// Splits before the first `at`; the second half keeps it.
fn cut(text: &str, at: char) -> (&str, &str) {
    text.find(at).and_then(|i| text.split_at_checked(i)).unwrap_or((text, ""))
}

/// `host`, `host:port`, `[v6]`, `[v6]:port`.
pub(crate) fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, rest) = if let Some(inner) = text.strip_prefix('[') {
        let (host, rest) = inner.split_once(']')?;
        host.parse::<Ipv6Addr>().ok()?;
        (host, rest)
    } else {
        let (host, rest) = cut(text, ':');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if host.is_empty() || !host.chars().all(plain) {
            return None;
        }
        (host, rest)
    };
    let port = match rest.strip_prefix(':') {
        Some(port) if port.bytes().all(|c| c.is_ascii_digit()) => Some(port.parse().ok()?),
        Some(_) => return None,
        None if rest.is_empty() => None,
        None => return None,
    };
    Some((host, port))
}

/// Undoes `%` escapes, but for control characters: `%00` stays as written and can't cut a name short.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => Some((high << 4 | low, after)),
                _ => None,
            },
            _ => None,
        };
        match decoded {
            Some((byte, after)) if byte >= 0x20 && byte != 0x7f => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Escapes what may not stand in a user part. Stricter than RFC 3261 allows, since phones differ.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'+');
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static str, &'static str, &'static str, Option<u16>, &'static str, &'static str);

    /// text, then user, host, port, params, headers.
    const GOOD: &[Case] = &[
        ("sip:bob@b.example", "bob", "b.example", None, "", ""),
        ("SIP:bob:secret@b.example:5070;lr", "bob", "b.example", Some(5070), ";lr", ""),
        ("sip:user;par=u%40example.net@example.com", "user;par=u%40example.net", "example.com", None, "", ""),
        ("sip:a?b/c@h?Subject=x", "a?b/c", "h", None, "", "Subject=x"),
        ("sips:[2001:db8::1]:5061;transport=tcp", "", "2001:db8::1", Some(5061), ";transport=tcp", ""),
        ("tel:+15551234567;phone-context=x", "+15551234567", "", None, ";phone-context=x", ""),
        ("sip:null-%00-null@example.com", "null-%00-null", "example.com", None, "", ""),
        ("soap.beep://192.0.2.103:3002", "//192.0.2.103:3002", "", None, "", ""),
    ];

    #[test]
    fn good_uris_are_taken_apart() {
        for (text, user, host, port, params, headers) in GOOD {
            let uri = Uri::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (uri.user, uri.host, uri.port, uri.params, uri.headers),
                (*user, *host, *port, *params, *headers),
                "{text}"
            );
        }
    }

    #[test]
    fn bad_uris_are_refused() {
        for text in [
            "",
            "bob",
            "sip:",
            "sip:@h",
            "sip:bob@",
            "sip:bob@h:99999",
            "sip:bob@h:",
            "sip:b@c@d",
            "sip:bob@[::1",
            "sip:bob@h h",
            "<sip:bob@h>",
            "sip:bob@[:::1]",
            "1sip:bob@h",
            "sip:bob@h:-1",
        ] {
            assert_eq!(Uri::read(text), None, "{text}");
        }
    }

    #[test]
    fn escapes_come_back() {
        assert_eq!(unescape("sip%3Auser%40example.com"), "sip:user@example.com");
        assert_eq!(unescape("a%00b"), "a%00b");
        assert_eq!(unescape("%"), "%");
        assert_eq!(unescape("%zz%4"), "%zz%4");
        assert_eq!(escape("*97#"), "*97%23");
        assert_eq!(unescape(&escape("Zoë @ 1;2")), "Zoë @ 1;2");
    }

    #[test]
    fn parameters_are_found_in_any_case() {
        let uri = Uri::read("sip:a@h;Transport=TCP;lr").unwrap();
        assert_eq!(uri.param("transport"), Some("TCP"));
        assert_eq!(uri.param("lr"), Some(""));
        assert_eq!(uri.param("ob"), None);
    }
}
