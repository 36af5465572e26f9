//! The responses' way back (RFC 3581) as data.

use super::*;
use crate::message::{Parsed, parse_datagram};

fn request(via: &str) -> Request {
    let text = format!(
        "OPTIONS sip:h SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
    );
    match parse_datagram(text.as_bytes()) {
        Parsed::Request(request) => request,
        Parsed::Response(_) | Parsed::Refused(..) | Parsed::Garbage(_) => panic!("{text}"),
    }
}

#[test]
fn the_top_via_says_where_the_request_came_from_and_the_reply_goes_there() {
    let flow =
        Flow { transport: Transport::Udp, remote: "192.0.2.9:4321".parse().unwrap(), connection: None };
    let cases = [
        ("SIP/2.0/UDP h:5070;branch=b", "SIP/2.0/UDP h:5070;branch=b;received=192.0.2.9", 5070),
        ("SIP/2.0/UDP h;branch=b", "SIP/2.0/UDP h;branch=b;received=192.0.2.9", 5060),
        ("SIP/2.0/UDP 192.0.2.9:5070;branch=b", "SIP/2.0/UDP 192.0.2.9:5070;branch=b", 5070),
        ("SIP/2.0/UDP h;rport;branch=b", "SIP/2.0/UDP h;rport=4321;branch=b;received=192.0.2.9", 4321),
        (
            "SIP/2.0/UDP 192.0.2.9:5070;branch=b;RPORT",
            "SIP/2.0/UDP 192.0.2.9:5070;branch=b;rport=4321;received=192.0.2.9",
            4321,
        ),
        (
            "SIP/2.0/UDP a;branch=b , SIP/2.0/UDP z",
            "SIP/2.0/UDP a;branch=b;received=192.0.2.9 , SIP/2.0/UDP z",
            5060,
        ),
    ];
    for (via, stamped, port) in cases {
        let mut request = request(via);
        stamp_source(&mut request, &flow);
        assert_eq!(request.headers.get(&Name::Via), Some(stamped));
        assert_eq!(reply_flow(flow, &request).remote.port(), port, "{via}");
    }
}
