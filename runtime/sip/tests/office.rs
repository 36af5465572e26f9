//! Registrations, credentials, strangers, and requests outside of calls.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use flow_sip::{
    Algorithm, Binding, Cidr, Config, ConnectionId, Directory, Endpoint, Event, Origin, Transport,
};
use support::*;

const A: &str = "sip:101@10.0.0.9:5060;line=7";
const B: &str = "<sip:101@10.0.0.10:5060;transport=udp>";
const C: &str = "<sip:101@10.0.0.11>";

fn hours(hours: u64) -> Duration {
    Duration::from_secs(3_600 * hours)
}

/// The contacts of 101 that can be called.
fn callable(office: &Office) -> Vec<String> {
    office.pbx.contacts(office.now, "101").into_iter().map(|binding| binding.contact).collect()
}

#[test]
fn a_phone_registers_refreshes_and_expires() {
    let mut office = Office::new();
    let ok = office.register(PHONE, "101", &[&format!("<{A}>;expires=600")], &[("User-Agent", "Test/1")]);
    assert_eq!((status(&ok), value(&ok, "Contact")), (200, format!("<{A}>;expires=600").as_str()));
    let Event::Bound(binding) = office.event() else { panic!() };
    assert_eq!(
        (binding.user.as_str(), binding.contact.as_str(), binding.user_agent.as_str()),
        ("101", A, "Test/1")
    );
    assert_eq!(binding.flow, udp(PHONE), "called back where it came from, not where its Contact points");
    assert_eq!(binding.expires, office.now + Duration::from_secs(600));
    assert_eq!(office.pbx.contacts(office.now, "101"), [*binding]);
    office.wait(Duration::from_secs(300));
    let ok = office.register(PHONE, "101", &[&format!("<{A}>")], &[("Expires", "1200")]);
    assert_eq!(value(&ok, "Contact"), format!("<{A}>;expires=1200"));
    assert!(matches!(office.event(), Event::Bound(_)));
    office.wait(Duration::from_secs(1_199));
    assert_eq!(callable(&office), [A]);
    office.wait(Duration::from_secs(2));
    assert_eq!(callable(&office), [""; 0]);
    assert_eq!(office.event(), Event::Unbound { user: "101".into(), contact: A.into() });
    office.finish();
}

#[test]
fn many_contacts_are_all_listed_and_the_oldest_is_replaced() {
    let mut office = Office::new();
    office.register(PHONE, "101", &[&format!("<{A}>")], &[]);
    let ok = office.register("198.51.100.8:5060", "101", &[B], &[]);
    assert_eq!(values(&ok, "Contact").len(), 2);
    let ok = office.register("198.51.100.9:5060", "101", &[C], &[]);
    assert_eq!(values(&ok, "Contact").len(), 2, "max_registrations is 2");
    assert_eq!(callable(&office), ["sip:101@10.0.0.10:5060;transport=udp", "sip:101@10.0.0.11"]);
    assert_eq!(office.events().last(), Some(&Event::Unbound { user: "101".into(), contact: A.into() }));
    let fetch = office.register(PHONE, "101", &[], &[]);
    assert_eq!(values(&fetch, "Contact").len(), 2, "a REGISTER without Contact only asks");
    let ok = office.register(PHONE, "101", &[&format!("{C};expires=0")], &[]);
    assert_eq!(values(&ok, "Contact").len(), 1);
    office.events();
    for (more, want) in [(vec![], 400), (vec![("Expires", "60")], 400), (vec![("Expires", "0")], 200)] {
        assert_eq!(status(&office.register(PHONE, "101", &["*"], &more)), want, "{more:?}");
    }
    assert_eq!(callable(&office), [""; 0]);
    assert!(matches!(office.event(), Event::Unbound { .. }));
}

#[test]
fn expiry_has_bounds() {
    let mut office = Office::new();
    let no = office.register(PHONE, "101", &[C], &[("Expires", "30")]);
    assert_eq!((status(&no), value(&no, "Min-Expires")), (423, "60"));
    let ok = office.register(PHONE, "101", &[C], &[("Expires", "999999999")]);
    assert!(value(&ok, "Contact").ends_with(";expires=3600"), "{ok}");
    for contact in ["<tel:+1>", &format!("<sip:{}@h>", "x".repeat(600))] {
        assert_eq!(status(&office.register(PHONE, "101", &[contact], &[])), 400, "{contact}");
    }
    let many = [C; 11];
    assert_eq!(status(&office.register(PHONE, "101", &many, &[])), 400, "too many contacts in one request");
}

#[test]
fn a_captured_register_does_not_replay_and_a_lost_answer_does_no_harm() {
    let mut office = Office::new();
    let mut register = office.request("REGISTER", PHONE).with("Contact", C);
    register.to = "<sip:101@office.example>".into();
    office.hear(PHONE, &register);
    let challenge = office.said();
    let register = office.authorized(&register, PHONE, &challenge, "101", "secret-101", 1);
    office.hear(PHONE, &register);
    let ok = office.said();
    assert_eq!(status(&ok), 200);
    office.hear(PHONE, &register);
    assert_eq!(office.said(), ok, "the same request again gets the same answer");
    office.events();

    let replay = Req { via: office.via(STRANGER), ..register.clone() };
    office.hear(STRANGER, &replay);
    let said = office.said();
    assert_eq!(status(&said), 401);
    assert!(value(&said, "WWW-Authenticate").ends_with(", stale=true"));
    assert_eq!(office.events(), [], "nothing was bound");
    assert_eq!(office.pbx.contacts(office.now, "101")[0].flow, udp(PHONE));

    let mut next = register.clone();
    next.more.retain(|(name, _)| name != "Authorization");
    let next = office.authorized(&next, PHONE, &challenge, "101", "secret-101", 2);
    office.hear(PHONE, &next);
    assert_eq!(status(&office.said()), 200, "the next count of the same nonce is welcome");
    office.wait(Duration::from_secs(301));
    let mut late = next;
    late.more.retain(|(name, _)| name != "Authorization");
    let late = office.authorized(&late, PHONE, &challenge, "101", "secret-101", 3);
    office.hear(PHONE, &late);
    assert!(office.said().contains("stale=true"), "the nonce has had its time");
}

#[test]
fn both_algorithms_are_offered_in_either_order_and_taken() {
    for algorithms in [[Algorithm::Md5, Algorithm::Sha256], [Algorithm::Sha256, Algorithm::Md5]] {
        let mut office = Office::new();
        let mut config = Config::new("198.51.100.1".parse().unwrap(), 5060);
        config.algorithms = algorithms.to_vec();
        office.pbx = Endpoint::new(config, Arc::new(directory()), [9; 32]);
        let register = Req { to: "<sip:101@x>".into(), ..office.request("REGISTER", PHONE) };
        office.hear(PHONE, &register);
        let challenge = office.said();
        let lines = values(&challenge, "WWW-Authenticate");
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].contains("algorithm=MD5"), algorithms[0] == Algorithm::Md5);
        // The helper takes the first challenge, so both algorithms are used in the two rounds.
        let register = office.authorized(&register, PHONE, &challenge, "101", "secret-101", 1);
        office.hear(PHONE, &register);
        assert_eq!(status(&office.said()), 200, "{algorithms:?}");
    }
}

#[test]
fn a_stranger_is_challenged_then_refused_and_never_an_event() {
    let mut office = Office::new();
    for number in 0..500 {
        let mut invite = office.request("INVITE", STRANGER).sdp();
        invite.call_id = format!("scan-{number}");
        office.hear(STRANGER, &invite);
        let challenge = office.said();
        assert_eq!(status(&challenge), 407);
        assert_eq!(values(&challenge, "Proxy-Authenticate").len(), 1, "MD5 alone unless set otherwise");
    }
    assert!(office.pbx.is_idle(), "nothing is kept for strangers: {:?}", office.pbx.leftovers());
    for (user, secret) in [("101", "guess"), ("999", "guess"), ("999", "")] {
        let invite = office.request("INVITE", STRANGER).sdp();
        office.hear(STRANGER, &invite);
        let challenge = office.said();
        let invite = office.authorized(&invite, STRANGER, &challenge, user, secret, 1);
        office.hear(STRANGER, &invite);
        assert_eq!(status(&office.said()), 403, "{user}");
    }
    assert_eq!(office.events(), []);
    assert_eq!(office.pbx.stats().auth_failed, 3);
    let forged = office.request("INVITE", STRANGER).with(
        "Authorization",
        "Digest username=\"101\", realm=\"office.example\", nonce=\"x\", uri=\"sip:x\", response=\"y\"",
    );
    office.hear(STRANGER, &forged);
    assert_eq!(status(&office.said()), 407);
    assert!(office.pbx.is_idle());
}

#[test]
fn a_user_calls_with_credentials() {
    let mut office = Office::new();
    let invite = office.request("INVITE", PHONE).with("Contact", C).sdp();
    office.hear(PHONE, &invite);
    let challenge = office.said();
    let ack = Req { method: "ACK".into(), to: value(&challenge, "To").into(), ..invite.clone() };
    office.hear(PHONE, &ack);
    assert_eq!(office.lines(), [""; 0]);
    let invite = office.authorized(&invite, PHONE, &challenge, "102", "secret-102", 1);
    office.hear(PHONE, &invite);
    let Event::Incoming { call, leg } = office.event() else { panic!() };
    assert_eq!(call.origin, Origin::User("102".into()));
    assert_eq!(call.caller.number, "caller", "what From says; the origin says who it really is");
    office.pbx.reject(office.now, leg, 404, None).unwrap();
    office.finish();
}

#[test]
fn one_wrong_password_locks_out_neither_the_others_nor_the_office() {
    let mut office = Office::new();
    office.register(PHONE, "102", &["<sip:102@10.0.0.12>"], &[]);
    let wrong = |office: &mut Office, user: &str| {
        let mut register = office.request("REGISTER", "198.51.100.7:41000");
        register.to = format!("<sip:{user}@office.example>");
        office.hear("198.51.100.7:41000", &register);
        let challenge = office.said();
        let register = office.authorized(&register, "198.51.100.7:41000", &challenge, user, "wrong", 1);
        office.hear("198.51.100.7:41000", &register);
        assert_eq!(status(&office.said()), 403);
    };
    (0..40).for_each(|_| wrong(&mut office, "101"));
    assert_eq!(office.pbx.stats().auth_failed, 10, "after ten failures 101 isn't looked at from there");
    assert_eq!(status(&office.register(PHONE, "102", &["<sip:102@10.0.0.12>"], &[])), 200);
    // A scanner behind the same address tries many names.
    (0..80).for_each(|n| wrong(&mut office, &format!("scan{n}")));
    assert_eq!(
        status(&office.register(PHONE, "102", &["<sip:102@10.0.0.12>"], &[])),
        200,
        "who is in stays in"
    );
    assert_eq!(
        status(&office.register("198.51.100.8:5060", "101", &[C], &[])),
        200,
        "and elsewhere 101 may come"
    );
    office.wait(Duration::from_secs(61));
    assert_eq!(status(&office.register(PHONE, "101", &[C], &[])), 200, "a minute later all is forgotten");
}

#[test]
fn only_ones_own_address_can_be_registered() {
    let mut office = Office::new();
    let mut register = office.request("REGISTER", PHONE).with("Contact", C);
    register.to = "<sip:102@office.example>".into();
    office.hear(PHONE, &register);
    let challenge = office.said();
    let register = office.authorized(&register, PHONE, &challenge, "101", "secret-101", 1);
    office.hear(PHONE, &register);
    assert_eq!(status(&office.said()), 403);
    assert_eq!(office.events(), []);
}

#[test]
fn a_trunk_is_known_by_its_address_but_a_phone_there_is_still_a_phone() {
    let mut directory = directory();
    directory.trunks[0].networks = vec!["198.51.100.0/24".parse().unwrap()];
    let mut office = Office::with(directory);
    office.register(PHONE, "101", &[C], &[]);
    office.events();
    let invite = office.request("INVITE", PHONE).sdp();
    office.hear(PHONE, &invite);
    assert_eq!(status(&office.said()), 407, "this very socket is a phone");
    let invite = office.request("INVITE", "198.51.100.7:5060").sdp();
    office.hear("198.51.100.7:5060", &invite);
    assert!(
        matches!(office.event(), Event::Incoming { call, .. } if call.origin == Origin::Trunk("carrier".into()))
    );
}

#[test]
fn address_blocks() {
    let contains =
        |block: &str, address: &str| block.parse::<Cidr>().unwrap().contains(address.parse().unwrap());
    assert!(contains("192.0.2.0/24", "192.0.2.255") && !contains("192.0.2.0/24", "192.0.3.0"));
    assert!(contains("192.0.2.7", "192.0.2.7") && contains("192.0.2.7", "::ffff:192.0.2.7"));
    assert!(contains("0.0.0.0/0", "203.0.113.1") && !contains("0.0.0.0/0", "2001:db8::1"));
    assert!(contains("2001:db8::/33", "2001:db8::1") && !contains("2001:db8::/33", "2001:db8:8000::1"));
    assert!(contains("::/0", "2001:db8::1"));
    let mapped = "::ffff:192.0.2.0/120";
    assert!(contains(mapped, "192.0.2.9") && !contains(mapped, "192.0.3.9"), "not the whole world");
    for text in ["::ffff:192.0.2.0/95", "", "192.0.2.0/33", "192.0.2/24", "x", "192.0.2.0/", "::/129"] {
        assert!(text.parse::<Cidr>().is_err(), "{text}");
    }
}

#[test]
fn stored_contacts_come_back_after_a_restart() {
    let mut office = Office::new();
    let binding = |user: &str, contact: &str, flow, expires| Binding {
        user: user.into(),
        contact: contact.into(),
        flow,
        user_agent: String::new(),
        call_id: "x".into(),
        cseq: 1,
        expires,
    };
    office.pbx.restore(
        office.now,
        vec![
            binding("101", "sip:a@h", udp(PHONE), hours(1)),
            binding("101", "sip:over@h", udp(PHONE), office.now),
            binding("101", "sip:natted@10.0.0.9", tcp(PHONE, 1), hours(1)),
            binding("102", "sip:near@198.51.100.7:5070;transport=tcp", tcp(PHONE, 1), hours(1)),
            binding("nobody", "sip:n@h", udp(PHONE), hours(1)),
        ],
    );
    assert_eq!(callable(&office), ["sip:a@h"]);
    let near = office.pbx.contacts(office.now, "102").remove(0).flow;
    assert_eq!(
        (near.remote, near.connection),
        (address("198.51.100.7:5070"), None),
        "a stream can be opened again"
    );
    assert_eq!(office.events(), []);
    office.pbx.set_directory(office.now, Arc::new(Directory::default()));
    assert_eq!(office.events().len(), 2);
    assert_eq!(callable(&office), [""; 0]);
}

#[test]
fn a_phone_on_a_stream_is_called_over_it() {
    let mut office = Office::new();
    let remote = address("198.51.100.9:50000");
    let stream = ConnectionId(5);
    office.pbx.stream_opened(office.now, stream, remote);
    let tell = |office: &mut Office, text: &str| {
        assert!(office.pbx.stream_data(office.now, stream, text.as_bytes()));
    };
    let mut register =
        office.request("REGISTER", "10.0.0.9:5060").with("Contact", "<sip:101@10.0.0.9;transport=tcp>");
    register.via = register.via.replace("/UDP", "/TCP");
    register.to = "<sip:101@office.example>".into();
    let text = register.to_string();
    let (one, two) = text.split_at(40);
    tell(&mut office, one);
    assert_eq!(office.lines(), [""; 0]);
    tell(&mut office, two);
    let (flow, challenge) = office.sent().remove(0);
    assert_eq!(flow, tcp("198.51.100.9:50000", 5));
    let mut register = office.authorized(&register, "10.0.0.9:5060", &challenge, "101", "secret-101", 1);
    register.via = register.via.replace("/UDP", "/TCP");
    tell(&mut office, &format!("\r\n\r\n{register}"));
    let sent = office.sent();
    assert_eq!((sent[0].1.as_str(), status(&sent[1].1)), ("\r\n", 200), "a ping gets its pong");
    let bound = office.pbx.contacts(office.now, "101");
    assert_eq!(bound[0].flow, tcp("198.51.100.9:50000", 5));

    let call =
        flow_sip::OutgoingCall { flow: bound[0].flow, target: bound[0].contact.clone(), ..outgoing(PHONE) };
    let leg = office.pbx.call(office.now, call);
    let (flow, invite) = office.sent().remove(0);
    assert_eq!(flow, bound[0].flow);
    assert!(value(&invite, "Via").starts_with("SIP/2.0/TCP 198.51.100.1:5060;"), "{invite}");
    assert_eq!(value(&invite, "Contact"), "<sip:198.51.100.1:5060;transport=tcp>");
    office.wait(Duration::from_secs(10));
    assert_eq!(office.lines(), [""; 0], "nothing is sent again over a stream");
    office.events();
    office.pbx.stream_closed(office.now, stream);
    assert_eq!(office.events(), [Event::Failed { leg, status: 503, silent: true }, Event::Gone { leg }]);
    assert_eq!(callable(&office), [""; 0], "behind NAT and without its stream nobody can be called");
    office.finish();
}

#[test]
fn a_stream_that_must_be_opened_and_fails() {
    let mut office = Office::new();
    let flow = flow_sip::Flow { transport: Transport::Tcp, remote: address(TRUNK), connection: None };
    let leg = office.pbx.call(office.now, flow_sip::OutgoingCall { flow, ..outgoing(TRUNK) });
    assert_eq!(office.sent()[0].0, flow);
    office.pbx.stream_failed(office.now, address(TRUNK));
    assert_eq!(office.events(), [Event::Failed { leg, status: 503, silent: true }, Event::Gone { leg }]);
    office.finish();
}

#[test]
fn a_stream_that_speaks_no_sip_is_closed() {
    let mut office = Office::new();
    office.pbx.stream_opened(office.now, ConnectionId(1), address(STRANGER));
    let options =
        office.request("OPTIONS", STRANGER).to_string().replace("Content-Length: 0", "Content-Length: -1");
    assert!(!office.pbx.stream_data(office.now, ConnectionId(1), options.as_bytes()));
    assert!(office.said().starts_with("SIP/2.0 400 "), "told why, then closed");
    assert!(!office.pbx.stream_data(office.now, ConnectionId(1), b"x"), "unknown by now");
    office.pbx.stream_opened(office.now, ConnectionId(2), address(STRANGER));
    let flood = vec![b'A'; 200_000];
    assert!(!office.pbx.stream_data(office.now, ConnectionId(2), &flood));
    assert_eq!(office.pbx.stats().streams_broken, 2);
}

/// method, request-URI, further headers, body, status. All from the trunk, so that no challenge comes first.
type Outside = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, u16);

const OUTSIDE: &[Outside] = &[
    ("OPTIONS", "sip:office.example", &[], "", 200),
    ("OPTIONS", "sip:office.example", &[("Max-Forwards", "0")], "", 400), // given twice
    ("BYE", "sip:x@office.example", &[], "", 481),
    ("INFO", "sip:x@office.example", &[], "", 481),
    ("UPDATE", "sip:x@office.example", &[], "", 481),
    ("CANCEL", "sip:x@office.example", &[], "", 481),
    ("NOTIFY", "sip:x@office.example", &[], "", 405),
    ("MESSAGE", "sip:x@office.example", &[], "hi", 405),
    ("NEWMETHOD", "sip:x@office.example", &[], "", 501),
    ("INVITE", "sip:x@office.example", &[("Require", "100rel, nothing")], "", 420),
    ("INVITE", "sip:x@office.example", &[("Proxy-Require", "later")], "", 420),
    ("INVITE", "http://office.example", &[], "", 416),
    ("INVITE", "sip:x@office.example", &[("Content-Type", "text/plain")], "hello", 415),
    ("INVITE", "sip:x@office.example", &[("Content-Encoding", "gzip")], "hello", 415),
    ("INVITE", "sip:x@office.example", &[("Accept", "text/nobodyKnowsThis")], "", 406),
    ("INVITE", "sip:x@office.example", &[("Accept", "text/plain, */*")], "", 100),
    ("INVITE", "tel:+15551234", &[], "", 100),
];

#[test]
fn requests_outside_of_dialogs() {
    for (method, uri, more, body, want) in OUTSIDE {
        let mut office = Office::new();
        let mut request = office.request(method, TRUNK);
        request.uri = (*uri).into();
        request.body = (*body).into();
        for (name, value) in *more {
            request = request.with(name, value);
        }
        office.hear(TRUNK, &request);
        let said = office.said();
        assert_eq!(status(&said), *want, "{method} {uri} {more:?}");
        match want {
            405 | 501 => assert!(value(&said, "Allow").starts_with("INVITE, ACK, ")),
            420 => assert!(more[0].1 == value(&said, "Unsupported")),
            415 => assert_eq!(value(&said, "Accept"), "application/sdp"),
            _ => {}
        }
        if *want != 100 {
            assert!(value(&said, "To").contains(";tag="), "{said}");
            office.hear(TRUNK, &request);
            assert_eq!(office.said(), said, "the same request gets the same answer");
            assert!(office.pbx.is_idle() && office.events().is_empty());
        }
    }
}

#[test]
fn too_many_hops_merged_and_looped_calls() {
    let mut office = Office::new();
    let text = office.request("INVITE", TRUNK).to_string().replace("Max-Forwards: 70", "Max-Forwards: 0");
    office.hear(TRUNK, text);
    assert_eq!(status(&office.said()), 483);
    let (invite, _) = office.incoming();
    let copy = Req { via: office.via(TRUNK), ..invite };
    office.hear(TRUNK, &copy);
    assert_eq!(status(&office.said()), 482, "the same call over another path");
    let (_, ours) = office.calling();
    let via = format!("SIP/2.0/UDP {TRUNK};branch=z9hG4bKproxy\r\nVia: {}", value(&ours, "Via"));
    let looped = Req { via, call_id: value(&ours, "Call-ID").into(), ..office.request("INVITE", TRUNK) };
    office.hear(TRUNK, &looped);
    assert_eq!(status(&office.said()), 482, "our own call coming back");
}

#[test]
fn hops_are_counted_through_us() {
    let mut office = Office::new();
    let text = office.request("INVITE", TRUNK).to_string();
    office.hear(TRUNK, text.replace("Max-Forwards: 70", "Max-Forwards: 9"));
    let Event::Incoming { call, .. } = office.event() else { panic!() };
    assert_eq!(call.max_forwards, 9);
    office.sent();
    let call = flow_sip::OutgoingCall { max_forwards: call.max_forwards - 1, ..outgoing(PHONE) };
    office.pbx.call(office.now, call);
    assert_eq!(value(&office.said(), "Max-Forwards"), "8");
    let none = office.request("INVITE", TRUNK).to_string().replace("Max-Forwards: 70\r\n", "");
    office.hear(TRUNK, none.replace("call-1", "call-2"));
    let Some(Event::Incoming { call, .. }) = office.events().pop() else { panic!() };
    assert_eq!(call.max_forwards, 70, "one that counts nothing begins here");
}

#[test]
fn a_withheld_identity_stays_withheld() {
    for (privacy, number) in [("id", "anonymous"), ("user;ID;critical", "anonymous"), ("none", "+15550001")] {
        let mut office = Office::new();
        let mut invite = office
            .request("INVITE", TRUNK)
            .with("P-Asserted-Identity", "\"Real Name\" <sip:+15550001@carrier.example>")
            .with("Privacy", privacy);
        invite.from = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=peer".into();
        office.hear(TRUNK, &invite);
        let Event::Incoming { call, .. } = office.event() else { panic!() };
        assert_eq!(call.caller.number, number, "{privacy}");
    }
}

/// A call from the trunk over a stream, answered and acknowledged; the caller's next request is made from it.
fn on_a_stream(office: &mut Office, from: &str, stream: u64) -> (Req, flow_sip::LegId) {
    office.pbx.stream_opened(office.now, ConnectionId(stream), address(from));
    let mut invite =
        office.request("INVITE", from).with("Contact", "<sip:gw@192.0.2.20:5060;transport=tcp>").sdp();
    invite.via = invite.via.replace("/UDP", "/TCP");
    assert!(office.pbx.stream_data(office.now, ConnectionId(stream), invite.to_string().as_bytes()));
    let Event::Incoming { leg, .. } = office.event() else { panic!() };
    office.sent();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    let ok = office.said();
    let ack = Req { method: "ACK".into(), to: value(&ok, "To").into(), body: String::new(), ..invite };
    let ack = Req { via: office.via(from).replace("/UDP", "/TCP"), more: Vec::new(), ..ack };
    assert!(office.pbx.stream_data(office.now, ConnectionId(stream), ack.to_string().as_bytes()));
    assert_eq!(office.event(), Event::Confirmed { leg });
    (ack, leg)
}

#[test]
fn a_call_whose_idle_stream_was_closed_is_hung_up_over_another() {
    let mut office = Office::new();
    let (_, leg) = on_a_stream(&mut office, "192.0.2.20:41000", 1);
    office.pbx.stream_closed(office.now, ConnectionId(1));
    assert_eq!(office.events(), [], "the sound may still flow");
    office.pbx.hangup(office.now, leg, None).unwrap();
    let (flow, bye) = office.sent().remove(0);
    assert!(bye.starts_with("BYE "), "{bye}");
    assert_eq!((flow.transport, flow.remote, flow.connection), (Transport::Tcp, address(TRUNK), None));
    office.finish();
}

#[test]
fn a_caller_who_comes_back_over_another_stream_is_answered_and_hung_up_there() {
    let mut office = Office::new();
    let (ack, leg) = on_a_stream(&mut office, "192.0.2.20:41000", 1);
    office.pbx.stream_closed(office.now, ConnectionId(1));
    office.pbx.stream_opened(office.now, ConnectionId(2), address("192.0.2.20:41002"));
    let info = Req { method: "INFO".into(), cseq: 2, via: office.via(TRUNK).replace("/UDP", "/TCP"), ..ack };
    assert!(office.pbx.stream_data(office.now, ConnectionId(2), info.to_string().as_bytes()));
    assert_eq!(status(&office.said()), 200);
    office.pbx.hangup(office.now, leg, None).unwrap();
    assert_eq!(office.sent()[0].0, tcp("192.0.2.20:41002", 2));
    office.finish();
}

#[test]
fn keep_alives_and_noise_get_no_answer() {
    let mut office = Office::new();
    for noise in
        ["", "\r\n\r\n", "\0\0\0\0", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", "\u{feff}INVITE"]
    {
        office.hear(STRANGER, noise);
        assert_eq!(office.lines(), [""; 0], "{noise:?}");
    }
    let mut ack = office.request("ACK", STRANGER);
    ack.to.push_str(";tag=unknown");
    office.hear(STRANGER, &ack);
    office.hear(STRANGER, ack.to_string().replace("Max-Forwards: 70", "Max-Forwards: x"));
    assert_eq!(office.lines(), [""; 0], "ACK is never answered");
}
