//! Messages as data: what is accepted, what is refused with which status, what is dropped.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the one outcome it wants")]

use super::*;

const HEAD: &str =
    "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:h>\r\nCall-ID: c\r\n";

fn outcome(bytes: &[u8]) -> u16 {
    match parse_datagram(bytes) {
        Parsed::Request(_) | Parsed::Response(_) => 200,
        Parsed::Refused(_, refusal) => refusal.status,
        Parsed::Garbage(_) => 0,
    }
}

/// request line, further headers, body, outcome: 200 taken, 0 dropped, else the refusal.
const CASES: &[(&str, &str, &str, u16)] = &[
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS", "", 200),
    ("OPTIONS sip:h sip/2.0", "CSeq: 1 OPTIONS", "", 200),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nContent-Length: 3", "abcdef", 200),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nl: 9", "abc", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nl: -3", "abc", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nl: 3\r\nContent-Length: 3", "abc", 400),
    ("OPTIONS sip:h SIP/7.0", "CSeq: 1 OPTIONS", "", 505),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 INVITE", "", 400),
    ("OPTIONS sip:h SIP/2.0", "X: y", "", 400),
    ("NEW sip:h SIP/2.0", "CSeq: 1 NEW", "", 200),
    ("OPTIONS sip:h  SIP/2.0", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS  sip:h SIP/2.0", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS sip:h SIP/2.0 ", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS <sip:h> SIP/2.0", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS sip:a h SIP/2.0", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS sip:h?Route=x SIP/2.0", "CSeq: 1 OPTIONS", "", 400),
    ("OPTIONS nobody:h SIP/2.0", "CSeq: 1 OPTIONS", "", 416),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nTo: <sip:x>", "", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nno colon here", "", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nMax-Forwards: 300", "", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 99999999999 OPTIONS", "", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nVia: nonsense", "", 400),
    ("OPTIONS sip:h SIP/2.0", "CSeq: 1 OPTIONS\r\nm: \"J <sip:a@h>", "", 400),
    ("GET / HTTP/1.1", "CSeq: 1 GET", "", 0),
    ("SIP/2.0 200 OK", "CSeq: 1 OPTIONS", "", 200),
    ("SIP/2.0 200", "CSeq: 1 OPTIONS", "", 200),
    ("SIP/2.0 4294967301 OK", "CSeq: 1 OPTIONS", "", 0),
    ("SIP/2.0 99 OK", "CSeq: 1 OPTIONS", "", 0),
    ("SIP/2.0 200 OK", "CSeq: x", "", 0),
    ("SIP/2.0 200 OK", "CSeq: 1 OPTIONS\r\nl: 7", "abc", 0),
];

#[test]
fn every_case_has_its_outcome() {
    for (start, more, body, want) in CASES {
        let text = format!("{start}\r\n{HEAD}{more}\r\n\r\n{body}");
        assert_eq!(outcome(text.as_bytes()), *want, "{text:?}: {:?}", parse_datagram(text.as_bytes()));
    }
    for name in ["Via", "From", "To", "Call-ID"] {
        let head: String = HEAD.split_inclusive('\n').filter(|line| !line.starts_with(name)).collect();
        let text = format!("OPTIONS sip:h SIP/2.0\r\n{head}CSeq: 1 OPTIONS\r\n\r\n");
        assert_eq!(outcome(text.as_bytes()), 400, "without {name}");
    }
}

#[test]
fn folded_lines_latin_1_and_lone_line_feeds_are_read() {
    let text =
        b"OPTIONS sip:h SIP/2.0\nv: SIP/2.0/UDP h\n ;branch=z9hG4bK1\nf: \"Zo\xeb\"\r\n\t<sip:a@a>;tag=1\n\
        t: <sip:h>\ni: c\nCSeq: 1\r\n   OPTIONS\n\n";
    match parse_datagram(text) {
        Parsed::Request(request) => {
            assert_eq!(request.top_via().unwrap().branch(), "z9hG4bK1");
            assert_eq!(
                NameAddr::read(request.headers.get(&Name::From).unwrap()).unwrap().party().name,
                "Zoë"
            );
            let printed = request.to_bytes();
            assert!(printed.windows(3).any(|bytes| bytes == b"Zo\xeb"), "the byte leaves as it came");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_printed_reads_back() {
    let text = format!("INVITE sip:a@h SIP/2.0\r\n{HEAD}CSeq: 1 INVITE\r\nX-Odd: \"a;b\"\r\n\r\nbody");
    match parse_datagram(text.as_bytes()) {
        Parsed::Request(request) => match parse_datagram(&request.to_bytes()) {
            Parsed::Request(mut again) => {
                again.headers.0.retain(|(name, _)| *name != Name::ContentLength);
                assert_eq!(again, request);
            }
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_typed_name_cannot_start_a_header() {
    let mut headers = Headers::default();
    headers.push(Name::From, "x\r\nEvil: 1");
    assert_eq!(headers.get(&Name::From), Some("x  Evil: 1"));
}

#[test]
fn sdp_is_found_in_multipart() {
    let mut headers = Headers::default();
    assert_eq!(sdp_of(&headers, b""), Ok(None));
    assert_eq!(sdp_of(&headers, b"v=0"), Ok(Some(b"v=0".to_vec())));
    headers.push(Name::ContentType, "multipart/mixed;boundary=\"b1\"");
    let body =
        b"--b1\r\nContent-Type: application/isup\r\n\r\nx\r\n--b1\r\nc: application/sdp\r\n\r\nv=0\r\n--b1--";
    assert_eq!(sdp_of(&headers, body), Ok(Some(b"v=0\r\n".to_vec())));
    assert_eq!(sdp_of(&headers, b"--b2\r\n"), Err(UnknownBody));
    let mut headers = Headers::default();
    headers.push(Name::ContentType, "application/unknown");
    assert_eq!(sdp_of(&headers, b"x"), Err(UnknownBody));
}
