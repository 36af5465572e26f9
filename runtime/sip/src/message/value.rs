//! Header values, read in place: lists, parameters, quoted strings, name-addr, Via, CSeq, credentials.

use std::borrow::Cow;
use std::net::IpAddr;

use super::uri::{Uri, host_port, unescape};
use crate::event::Party;

/// Splits at `at` outside quoted strings and angle brackets; trims. `None` when a quote or a bracket stays open.
pub(crate) fn split(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut bracket) = (false, false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => bracket = true,
            '>' if !quoted => bracket = false,
            c if c == at && !quoted && !bracket => {
                parts.push(text.get(start..i)?.trim());
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    if quoted || bracket {
        return None;
    }
    parts.push(text.get(start..)?.trim());
    Some(parts)
}

/// The value of parameter `name` in `;a=b;c`; empty for one without a value. Quotes stay.
pub(crate) fn param<'a>(params: &'a str, name: &str) -> Option<&'a str> {
    split(params, ';')?.into_iter().find_map(|param| {
        let (key, value) = param.split_once('=').unwrap_or((param, ""));
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// Takes the quotes and backslashes off a quoted string; other text stays.
pub(crate) fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(out)
}

/// Puts quotes and backslashes on.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `name-addr` or `addr-spec` with header parameters (RFC 3261 §20.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameAddr<'a> {
    /// As written, quotes included.
    pub display: &'a str,
    /// Without angle brackets.
    pub uri: &'a str,
    /// After the URI, from the first `;` on.
    pub params: &'a str,
}

impl<'a> NameAddr<'a> {
    pub(crate) fn read(text: &'a str) -> Option<NameAddr<'a>> {
        let text = text.trim();
        let Some(open) = bracket(text) else {
            // Without brackets everything after `;` belongs to the header, and `?` and `,` may not stand (§20).
            let (uri, params) = text.find(';').map_or((text, ""), |i| text.split_at(i));
            if uri.contains(['?', ',', '"']) {
                return None;
            }
            return Some(NameAddr { display: "", uri: uri.trim_end(), params });
        };
        let (display, rest) = text.split_at_checked(open)?;
        let (uri, params) = rest.strip_prefix('<')?.split_once('>')?;
        let (display, params) = (display.trim(), params.trim());
        if !(params.is_empty() || params.starts_with(';')) {
            return None;
        }
        if display.starts_with('"') && (display.len() < 2 || !display.ends_with('"')) {
            return None;
        }
        Some(NameAddr { display, uri, params })
    }

    pub(crate) fn tag(&self) -> Option<&'a str> {
        param(self.params, "tag").filter(|tag| !tag.is_empty())
    }

    /// Name and number for people.
    pub(crate) fn party(&self) -> Party {
        Party {
            name: super::wire::for_people(unquote(self.display).trim()),
            number: Uri::read(self.uri).map(|uri| uri.number()).unwrap_or_else(|| unescape(self.uri)),
        }
    }
}

/// Where the first `<` outside quotes is. `None` too when a quote stays open: then nothing here is a name-addr.
fn bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => return Some(i),
            _ => {}
        }
    }
    None
}

/// One Via value (RFC 3261 §20.42). White space may stand round every slash and colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Via<'a> {
    /// As written; unknown ones are legal.
    pub transport: &'a str,
    /// Host of sent-by, without brackets.
    pub host: &'a str,
    pub port: Option<u16>,
    /// From the first `;` on.
    pub params: &'a str,
}

impl<'a> Via<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Via<'a>> {
        let (protocol, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        if !protocol.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return None;
        }
        let (transport, rest) = rest.trim_start().split_once([' ', '\t'])?;
        let (sent_by, params) = rest.find(';').map_or((rest, ""), |i| rest.split_at(i));
        let sent_by = sent_by.trim();
        let (host, port) = match host_port(sent_by) {
            Some(read) => read,
            None => {
                let (host, port) = sent_by.rsplit_once(':')?;
                (host_port(host.trim_end())?.0, Some(port.trim_start().parse().ok()?))
            }
        };
        Some(Via { transport, host, port, params })
    }

    pub(crate) fn branch(&self) -> &'a str {
        param(self.params, "branch").unwrap_or("")
    }

    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// `CSeq: 4711 INVITE`. Numbers are below 2^31 (RFC 3261 §8.1.1.5).
pub(crate) fn cseq(text: &str) -> Option<(u32, &str)> {
    let (number, method) = text.split_once([' ', '\t'])?;
    let number = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())??;
    (number < 1 << 31).then_some((number, method.trim()))
}

/// The parameters of a challenge or of credentials: a scheme, then `key=value` or `key="value"` by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthParams<'a> {
    pub scheme: &'a str,
    params: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> AuthParams<'a> {
    pub(crate) fn read(text: &'a str) -> Option<AuthParams<'a>> {
        let (scheme, rest) = text.trim().split_once([' ', '\t'])?;
        let mut params = Vec::new();
        for part in split(rest, ',')?.into_iter().filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=')?;
            params.push((key.trim(), unquote(value.trim())));
        }
        Some(AuthParams { scheme, params })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_outside_quotes_and_brackets() {
        assert_eq!(split(r#"a, "b,\",c" <x,y>, d"#, ','), Some(vec!["a", r#""b,\",c" <x,y>"#, "d"]));
        assert_eq!(split("", ','), Some(vec![""]));
        assert_eq!(split("\"open, a", ','), None);
        assert_eq!(split("<open, a", ','), None);
    }

    #[test]
    fn name_addr_in_all_forms() {
        let cases: &[(&str, &str, &str, &str)] = &[
            ("<sip:a@h>", "", "sip:a@h", ""),
            ("sip:a@h;tag=x", "", "sip:a@h", ";tag=x"),
            ("\"Doe, \\\"J\\\"\" <sip:a@h;lr>;tag=x", "\"Doe, \\\"J\\\"\"", "sip:a@h;lr", ";tag=x"),
            ("caller<sip:a@h>;tag=323", "caller", "sip:a@h", ";tag=323"),
            ("\"<not:this>\" <sip:a@h>", "\"<not:this>\"", "sip:a@h", ""),
        ];
        for (text, display, uri, params) in cases {
            let read = NameAddr::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.display, read.uri, read.params), (*display, *uri, *params), "{text}");
        }
        for text in ["\"Mr. J <sip:a@h>", "<sip:a@h", "sip:a@h?Route=x", "<sip:a@h> junk", "\" <sip:a@h>"] {
            assert_eq!(NameAddr::read(text), None, "{text}");
        }
    }

    #[test]
    fn people_read_names_without_quotes() {
        let party = NameAddr::read(r#""A \"B\" C" <sip:%2B1555;npdi@h>"#).unwrap().party();
        assert_eq!((party.name.as_str(), party.number.as_str()), ("A \"B\" C", "+1555"));
        assert_eq!(NameAddr::read("<tel:+1-201;ext=1>").unwrap().party().number, "+1-201");
    }

    #[test]
    fn via_in_all_forms() {
        let cases: &[(&str, &str, &str, Option<u16>, &str)] = &[
            ("SIP/2.0/UDP h;branch=z9hG4bK1", "UDP", "h", None, "z9hG4bK1"),
            ("SIP  / 2.0\t/ TCP  h : 5062 ; branch = z9 ", "TCP", "h", Some(5062), "z9"),
            ("SIP/2.0/SCTP [2001:db8::9]:5063;branch=b", "SCTP", "2001:db8::9", Some(5063), "b"),
            ("SIP/2.0/UNKNOWN 192.0.2.1", "UNKNOWN", "192.0.2.1", None, ""),
        ];
        for (text, transport, host, port, branch) in cases {
            let via = Via::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (via.transport, via.host, via.port, via.branch()),
                (*transport, *host, *port, *branch),
                "{text}"
            );
        }
        for text in ["", ";", "SIP/2.0/UDP", "SIP/7.0/UDP h", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP h:99999"]
        {
            assert_eq!(Via::read(text), None, "{text}");
        }
    }

    #[test]
    fn cseq_has_bounds() {
        assert_eq!(cseq("9 INVITE"), Some((9, "INVITE")));
        assert_eq!(cseq("0009 \t INVITE"), Some((9, "INVITE")));
        for text in
            ["", "INVITE", "-1 INVITE", "+1 INVITE", "2147483648 INVITE", "36893488147419103232 OPTIONS"]
        {
            assert_eq!(cseq(text), None, "{text}");
        }
    }

    #[test]
    fn credentials_keep_commas_in_quotes() {
        let text = r#"Digest username="a,\"b", realm="r", nc=00000001 , qop=auth,uri="sip:h""#;
        let read = AuthParams::read(text).unwrap();
        assert_eq!(
            (read.scheme, read.get("username"), read.get("NC")),
            ("Digest", Some("a,\"b"), Some("00000001"))
        );
        assert_eq!(read.get("opaque"), None);
        assert_eq!(AuthParams::read("Digest username=\"a"), None);
    }
}
