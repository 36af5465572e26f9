//! The least SIP that a load needs: messages by format strings, headers by search.

use md5::{Digest, Md5};
use std::net::SocketAddr;

/// An OPTIONS request.
pub fn options(server: SocketAddr, local: SocketAddr, n: u32) -> String {
    format!(
        "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKo{n};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:probe@{local}>;tag=p{n}\r\nTo: <sip:{server}>\r\nCall-ID: probe-{n}@{local}\r\n\
         CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

/// The value of the first header with this name.
pub fn header<'m>(message: &'m str, name: &str) -> Option<&'m str> {
    message.lines().find_map(|line| {
        let (n, v) = line.split_once(':')?;
        n.trim().eq_ignore_ascii_case(name).then(|| v.trim())
    })
}

/// Every header line with this name, as sent.
pub fn header_lines(message: &str, name: &str) -> String {
    let wanted = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.trim().eq_ignore_ascii_case(name));
    message.lines().take_while(|l| !l.is_empty()).filter(wanted).map(|l| format!("{l}\r\n")).collect()
}

/// Status of a response, `None` for a request.
pub fn status(message: &str) -> Option<u16> {
    message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// The RTP port of an SDP body.
pub fn media_port(message: &str) -> Option<u16> {
    let line = message.lines().find(|l| l.starts_with("m=audio "))?;
    line.split(' ').nth(1)?.parse().ok()
}

/// The URI of a Contact.
pub fn contact_uri(message: &str) -> Option<String> {
    let value = header(message, "Contact")?;
    Some(value.split('<').nth(1)?.split('>').next()?.to_owned())
}

/// An offer or answer of µ-law.
pub fn sdp(rtp: SocketAddr) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n",
        ip = rtp.ip(),
        port = rtp.port()
    )
}

/// The `Authorization` value for an MD5 challenge.
pub fn authorization(challenge: &str, user: &str, password: &str, method: &str, uri: &str) -> String {
    let realm = quoted(challenge, "realm");
    let nonce = quoted(challenge, "nonce");
    let ha1 = hex(&format!("{user}:{realm}:{password}"));
    let ha2 = hex(&format!("{method}:{uri}"));
    let response = hex(&format!("{ha1}:{nonce}:00000001:c0ffee:auth:{ha2}"));
    format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, qop=auth, \
         nc=00000001, cnonce=\"c0ffee\", response=\"{response}\""
    )
}

fn quoted(challenge: &str, name: &str) -> String {
    let after = challenge.split(&format!("{name}=\"")).nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}

fn hex(text: &str) -> String {
    Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}
