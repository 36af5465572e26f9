//! Calls, message by message. The names say which faults of other systems these keep out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod support;

use std::time::Duration;

use flow_sip::{Event, Origin, Reason, Refused};
use support::*;

#[test]
fn a_trunk_calls_and_hangs_up() {
    let mut office = Office::new();
    let invite = office
        .request("INVITE", TRUNK)
        .with("Contact", "<sip:gw@192.0.2.20:5060>")
        .with("P-Asserted-Identity", "\"Ann B.\" <sip:+15550100;npdi@carrier.example>")
        .sdp();
    let invite = Req { uri: "sip:%2B15559999@office.example".into(), ..invite };
    office.hear(TRUNK, &invite);
    assert_eq!(office.lines(), ["SIP/2.0 100 Trying"]);
    let Event::Incoming { leg, call } = office.event() else { panic!() };
    assert_eq!(call.origin, Origin::Trunk("carrier".into()));
    assert_eq!((call.caller.name.as_str(), call.caller.number.as_str()), ("Ann B.", "+15550100"));
    assert_eq!((call.request_user.as_str(), call.to_user.as_str()), ("+15559999", "101"));
    assert_eq!((call.call_id.as_str(), call.source), ("call-1", address(TRUNK)));
    assert_eq!(call.sdp.as_deref(), Some(SDP.as_bytes()));

    office.hear(TRUNK, &invite);
    assert_eq!(office.lines(), ["SIP/2.0 100 Trying"], "a retransmission is absorbed");

    office.pbx.ring(office.now, leg, None).unwrap();
    office.pbx.ring(office.now, leg, Some(SDP.into())).unwrap();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    let sent: Vec<String> = office.sent().into_iter().map(|(_, text)| text).collect();
    assert_eq!(sent.iter().map(|text| status(text)).collect::<Vec<_>>(), [180, 183, 200]);
    for text in &sent {
        assert_eq!(value(text, "Contact"), "<sip:198.51.100.1:5060>", "every 1xx and 2xx says where we are");
        assert_eq!(value(text, "To"), value(&sent[0], "To"), "one dialog, one tag");
    }
    assert!(sent[1].ends_with(SDP) && sent[2].ends_with(SDP));
    assert_eq!(office.pbx.answer(office.now, leg, SDP.into()), Err(Refused::WrongState));

    let mut dialog =
        Req { to: value(&sent[2], "To").into(), more: Vec::new(), body: String::new(), ..invite };
    let ack = Req { method: "ACK".into(), via: office.via(TRUNK), ..dialog.clone() };
    office.hear(TRUNK, &ack);
    assert_eq!(office.event(), Event::Confirmed { leg });
    let bye = office.next(&mut dialog, "BYE");
    office.hear(TRUNK, &bye);
    assert_eq!(office.lines(), ["SIP/2.0 200 OK"]);
    assert_eq!(office.event(), Event::Hangup { leg, lost: false });
    office.hear(TRUNK, &bye);
    assert_eq!(office.lines(), ["SIP/2.0 200 OK"], "a repeated BYE gets its 200 again");
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });
    assert_eq!(office.pbx.hangup(office.now, leg, None), Err(Refused::NoSuchLeg));
}

#[test]
fn we_call_a_phone_and_hang_up() {
    let mut office = Office::new();
    let (leg, invite) = office.calling();
    assert!(invite.starts_with("INVITE sip:101@10.0.0.9:5060;line=7 SIP/2.0\r\n"), "{invite}");
    let from = value(&invite, "From");
    assert!(from.starts_with("\"Zoë \\\"Z\\\" O'Hara\" <sip:+15551234@office.example>;tag="), "{from}");
    assert_eq!(value(&invite, "P-Asserted-Identity"), "\"Zoë\" <sip:+15551234@office.example>");
    assert_eq!(value(&invite, "Contact"), "<sip:198.51.100.1:5060>");
    office.hear(PHONE, reply(&invite, 100, ""));
    office.hear(PHONE, reply(&invite, 183, "phone").sdp());
    let Event::Progress { status, sdp, source, .. } = office.event() else { panic!() };
    assert_eq!((status, sdp.as_deref(), source), (183, Some(SDP.as_bytes()), address(PHONE)));
    let ok = reply(&invite, 200, "phone").with("Contact", "<sip:101@10.0.0.9:5060;new>").sdp();
    office.hear(PHONE, &ok);
    let ack = office.said();
    assert!(ack.starts_with("ACK sip:101@10.0.0.9:5060;new SIP/2.0\r\n"), "{ack}");
    assert_eq!(value(&ack, "CSeq"), "1 ACK");
    assert_ne!(value(&ack, "Via"), value(&invite, "Via"), "the ACK of a 2xx is a transaction of its own");
    assert!(matches!(office.event(), Event::Answered { sdp: Some(_), .. }));

    office.hear(PHONE, &ok);
    assert_eq!(office.said(), ack, "a repeated 200 gets the same ACK");
    assert_eq!(office.events(), []);

    let reason = Reason::Q850 { cause: 16, text: "Normal \"call\" clearing".into() };
    office.pbx.hangup(office.now, leg, Some(reason)).unwrap();
    let bye = office.said();
    assert!(bye.starts_with("BYE sip:101@10.0.0.9:5060;new "), "{bye}");
    assert_eq!(value(&bye, "Reason"), "Q.850;cause=16;text=\"Normal 'call' clearing\"");
    assert_eq!((value(&bye, "CSeq"), value(&bye, "To")), ("2 BYE", value(&ack, "To")));
    office.hear(PHONE, reply(&bye, 200, ""));
    office.hear(PHONE, &ok);
    assert_eq!(office.said(), ack, "even after the BYE");
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });
}

#[test]
fn the_callees_bye_is_answered_200() {
    let mut office = Office::new();
    let (leg, invite) = office.called();
    let bye = Req {
        method: "BYE".into(),
        uri: "sip:198.51.100.1:5060".into(),
        via: office.via(PHONE),
        from: format!("{};tag=phone", value(&invite, "To")),
        to: value(&invite, "From").into(),
        call_id: value(&invite, "Call-ID").into(),
        cseq: 77,
        more: Vec::new(),
        body: String::new(),
    };
    let wrong = Req { from: "<sip:101@x>;tag=another".into(), via: office.via(PHONE), ..bye.clone() };
    office.hear(PHONE, &wrong);
    assert_eq!(status(&office.said()), 481, "another tag is another dialog");
    office.hear(PHONE, &bye);
    assert_eq!(status(&office.said()), 200);
    assert_eq!(office.event(), Event::Hangup { leg, lost: false });
    office.finish();
}

#[test]
fn bye_from_both_sides_at_once() {
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    office.pbx.hangup(office.now, leg, None).unwrap();
    let ours = office.said();
    let theirs = office.next(&mut dialog, "BYE");
    office.hear(TRUNK, &theirs);
    assert_eq!(status(&office.said()), 200);
    office.hear(TRUNK, reply(&ours, 481, ""));
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });
}

#[test]
fn the_caller_cancels_at_every_moment() {
    let mut office = Office::new();
    let (invite, leg) = office.incoming();
    office.pbx.ring(office.now, leg, None).unwrap();
    let ringing = office.said();
    let cancel = Req { method: "CANCEL".into(), more: Vec::new(), body: String::new(), ..invite.clone() };
    let stray = Req { via: office.via(TRUNK), ..cancel.clone() };
    office.hear(TRUNK, &stray);
    assert_eq!(
        office.lines(),
        ["SIP/2.0 481 Call/Transaction Does Not Exist"],
        "another branch is another call"
    );
    office.hear(TRUNK, &cancel);
    let sent: Vec<String> = office.sent().into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        sent.iter().map(|text| (status(text), value(text, "CSeq"))).collect::<Vec<_>>(),
        [(200, "1 CANCEL"), (487, "1 INVITE")]
    );
    assert_eq!(value(&sent[1], "To"), value(&ringing, "To"));
    assert_eq!(office.event(), Event::Cancelled { leg });
    assert_eq!(office.pbx.answer(office.now, leg, SDP.into()), Err(Refused::WrongState));
    office.wait(ms(600));
    assert_eq!(office.lines(), ["SIP/2.0 487 Request Terminated"], "repeated until the ACK");
    let ack = Req { method: "ACK".into(), to: value(&sent[1], "To").into(), ..cancel.clone() };
    office.hear(TRUNK, &ack);
    office.wait(ms(3_000));
    assert_eq!(office.lines(), [""; 0]);
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });

    // After the answer a CANCEL changes nothing.
    let mut office = Office::new();
    let (invite, leg) = office.incoming();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    office.sent();
    let cancel = Req { method: "CANCEL".into(), more: Vec::new(), body: String::new(), ..invite };
    office.hear(TRUNK, &cancel);
    assert_eq!(office.lines(), ["SIP/2.0 200 OK"]);
    assert_eq!(office.events(), []);
}

#[test]
fn the_caller_says_bye_before_the_answer() {
    let mut office = Office::new();
    let (invite, leg) = office.incoming();
    office.pbx.ring(office.now, leg, None).unwrap();
    let mut early =
        Req { to: value(&office.said(), "To").into(), more: Vec::new(), body: String::new(), ..invite };
    let bye = office.next(&mut early, "BYE");
    office.hear(TRUNK, &bye);
    assert_eq!(office.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(office.event(), Event::Cancelled { leg });
    office.finish();
}

#[test]
fn our_cancel_matches_the_invite_and_waits_for_a_response() {
    let mut office = Office::new();
    let (leg, invite) = office.calling();
    office.pbx.cancel(office.now, leg, Some(Reason::completed_elsewhere())).unwrap();
    assert_eq!(office.lines(), [""; 0], "no CANCEL before a response");
    office.hear(PHONE, reply(&invite, 180, "phone"));
    let cancel = office.said();
    assert_eq!(cancel.lines().next(), Some("CANCEL sip:101@10.0.0.9:5060;line=7 SIP/2.0"));
    for name in ["Via", "From", "To", "Call-ID"] {
        assert_eq!(value(&cancel, name), value(&invite, name));
    }
    assert_eq!(value(&cancel, "CSeq"), "1 CANCEL");
    assert_eq!(value(&cancel, "Reason"), "SIP;cause=200;text=\"Call completed elsewhere\"");
    office.hear(PHONE, reply(&cancel, 200, "phone"));
    office.hear(PHONE, reply(&invite, 487, "phone"));
    assert!(office.said().starts_with("ACK sip:101@10.0.0.9:5060;line=7 "));
    assert_eq!(office.event(), Event::Failed { leg, status: 487, silent: false });
    office.hear(PHONE, reply(&invite, 487, "phone"));
    assert!(office.said().starts_with("ACK "), "a repeated refusal gets its ACK again");
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });
}

#[test]
fn an_answer_that_crosses_our_cancel_is_hung_up() {
    let mut office = Office::new();
    let (leg, invite) = office.calling();
    office.hear(PHONE, reply(&invite, 180, "phone"));
    office.events();
    office.pbx.cancel(office.now, leg, None).unwrap();
    let cancel = office.said();
    office.hear(PHONE, reply(&invite, 200, "phone").with("Contact", "<sip:101@10.0.0.9>").sdp());
    let lines = office.lines();
    assert!(
        lines[0].starts_with("ACK sip:101@10.0.0.9 ") && lines[1].starts_with("BYE sip:101@10.0.0.9 "),
        "{lines:?}"
    );
    office.hear(PHONE, reply(&cancel, 481, ""));
    assert_eq!(office.event(), Event::Failed { leg, status: 487, silent: false });
    office.finish();
    assert_eq!(office.event(), Event::Gone { leg });
}

#[test]
fn a_cancelled_phone_that_never_says_487_is_forgotten() {
    let mut office = Office::new();
    let (leg, invite) = office.calling();
    office.hear(PHONE, reply(&invite, 180, "phone"));
    office.events();
    office.pbx.cancel(office.now, leg, None).unwrap();
    office.wait(Duration::from_secs(33));
    assert_eq!(office.events(), [Event::Failed { leg, status: 487, silent: false }, Event::Gone { leg }]);
    assert!(office.pbx.is_idle(), "{:?}", office.pbx.leftovers());
}

#[test]
fn a_silent_phone_fails_with_408_after_seven_invites() {
    let mut office = Office::new();
    let (leg, _) = office.calling();
    office.wait(Duration::from_secs(33));
    assert_eq!(office.lines().len(), 6);
    assert_eq!(office.events(), [Event::Failed { leg, status: 408, silent: true }, Event::Gone { leg }]);
    office.finish();
}

#[test]
fn a_fork_that_answers_late_is_acknowledged_and_hung_up() {
    let mut office = Office::new();
    let (leg, invite) = office.called();
    let late = reply(&invite, 200, "second").with("Contact", "<sip:101@10.0.0.77>").sdp();
    office.hear(PHONE, &late);
    let sent: Vec<String> = office.sent().into_iter().map(|(_, text)| text).collect();
    assert_eq!(sent.len(), 2);
    assert!(sent[0].starts_with("ACK sip:101@10.0.0.77 ") && sent[1].starts_with("BYE sip:101@10.0.0.77 "));
    assert!(sent.iter().all(|text| value(text, "To").ends_with(";tag=second")));
    assert_eq!(value(&sent[1], "CSeq"), "2 BYE");
    office.hear(PHONE, &late);
    assert_eq!(office.said(), sent[0], "its repeated 200 gets the ACK again, not another BYE");
    assert_eq!(office.events(), [], "the call goes on");
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn a_call_outlives_a_lost_ack() {
    let mut office = Office::new();
    let (invite, leg) = office.incoming();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    let ok = office.said();
    office.wait(ms(1_600));
    let again = office.sent();
    assert_eq!(again.len(), 2, "after 0.5 s and 1.5 s");
    assert!(again.iter().all(|(_, text)| *text == ok));
    let ack = Req {
        method: "ACK".into(),
        to: value(&ok, "To").into(),
        via: office.via(TRUNK),
        more: Vec::new(),
        body: String::new(),
        ..invite
    };
    office.hear(TRUNK, &ack);
    assert_eq!(office.event(), Event::Confirmed { leg });
    office.wait(Duration::from_secs(60));
    assert_eq!((office.lines(), office.events()), (vec![], vec![]));
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn without_any_ack_the_call_ends_after_32_s_with_bye() {
    let mut office = Office::new();
    let (_, leg) = office.incoming();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    office.sent();
    office.wait(ms(31_999));
    assert_eq!(office.lines().len(), 10, "0.5, 1, 2, then every 4 s");
    office.wait(ms(1));
    let sent = office.sent();
    assert!(sent[0].1.starts_with("BYE "), "{sent:?}");
    assert_eq!(office.event(), Event::Hangup { leg, lost: true });
    office.finish();
}

#[test]
fn a_hang_up_right_after_the_answer_waits_for_the_ack() {
    let mut office = Office::new();
    let (invite, leg) = office.incoming();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    let ok = office.said();
    office.pbx.hangup(office.now, leg, None).unwrap();
    assert_eq!(office.lines(), [""; 0]);
    let ack = Req { method: "ACK".into(), to: value(&ok, "To").into(), via: office.via(TRUNK), ..invite };
    office.hear(TRUNK, &ack);
    assert!(office.said().starts_with("BYE "));
    assert_eq!(office.events(), []);
    office.finish();
}

#[test]
fn a_reinvite_is_an_offer_and_not_a_second_call() {
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    let hold = office.next(&mut dialog, "INVITE").with("Contact", "<sip:moved@192.0.2.20:5066>").sdp();
    office.hear(TRUNK, &hold);
    assert_eq!(office.lines(), ["SIP/2.0 100 Trying"]);
    assert!(matches!(office.event(), Event::Offer { sdp: Some(_), .. }));
    let second = office.next(&mut dialog, "INVITE").sdp();
    office.hear(TRUNK, &second);
    let busy = office.said();
    assert_eq!(status(&busy), 500);
    assert!(value(&busy, "Retry-After").parse::<u32>().unwrap() <= 10);
    office.pbx.answer_offer(office.now, leg, SDP.into()).unwrap();
    assert_eq!(office.lines(), ["SIP/2.0 200 OK"]);
    let third = office.next(&mut dialog, "INVITE").sdp();
    office.hear(TRUNK, &third);
    assert_eq!(office.lines(), ["SIP/2.0 491 Request Pending"], "our 200 has no ACK yet");
    let ack = Req { method: "ACK".into(), via: office.via(TRUNK), cseq: hold.cseq, ..dialog.clone() };
    office.hear(TRUNK, &ack);
    assert_eq!(office.events(), [], "only the first ACK confirms the call");

    let refused = office.next(&mut dialog, "INVITE").sdp();
    office.hear(TRUNK, &refused);
    office.pbx.reject_offer(office.now, leg, 488).unwrap();
    assert_eq!(office.lines(), ["SIP/2.0 100 Trying", "SIP/2.0 488 Not Acceptable Here"]);
    office.hear(TRUNK, Req { method: "ACK".into(), ..refused });
    office.events();
    office.pbx.hangup(office.now, leg, None).unwrap();
    let (flow, bye) = office.sent().remove(0);
    assert!(bye.starts_with("BYE sip:moved@192.0.2.20:5066 "), "{bye}");
    assert_eq!(flow, udp("192.0.2.20:5066"), "the new target is where requests go");
    office.finish();
}

#[test]
fn we_offer_and_they_answer() {
    let mut office = Office::new();
    let (leg, _) = office.called();
    office.pbx.reinvite(office.now, leg, b"first".into()).unwrap();
    let invite = office.said();
    assert!(invite.ends_with("first") && value(&invite, "To").ends_with(";tag=phone"), "{invite}");
    assert_eq!(value(&invite, "CSeq"), "2 INVITE");
    office.pbx.reinvite(office.now, leg, b"second".into()).unwrap();
    assert_eq!(office.lines(), [""; 0], "one at a time");
    office.hear(PHONE, reply(&invite, 200, "").sdp());
    let sent = office.sent();
    assert!(sent[0].1.starts_with("ACK ") && value(&sent[0].1, "CSeq") == "2 ACK");
    assert!(sent[1].1.ends_with("second"), "then the one that waited");
    assert!(matches!(office.event(), Event::OfferAnswered { sdp: Some(_), .. }));
    office.hear(PHONE, reply(&sent[1].1, 488, ""));
    assert_eq!(office.event(), Event::OfferAnswered { leg, sdp: None }, "refused: the old session stays");
    office.sent();
    office.pbx.reinvite(office.now, leg, b"third".into()).unwrap();
    let third = office.said();
    office.hear(PHONE, reply(&third, 481, ""));
    assert_eq!(office.event(), Event::Hangup { leg, lost: true }, "the phone has forgotten the call");
    office.finish();
}

#[test]
fn offers_that_meet_are_tried_again() {
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    office.pbx.reinvite(office.now, leg, b"ours".into()).unwrap();
    let ours = office.said();
    let theirs = office.next(&mut dialog, "INVITE").sdp();
    office.hear(TRUNK, &theirs);
    assert_eq!(office.lines(), ["SIP/2.0 491 Request Pending"]);
    office.hear(TRUNK, Req { method: "ACK".into(), ..theirs });
    office.hear(TRUNK, reply(&ours, 491, ""));
    assert!(office.said().starts_with("ACK "));
    assert_eq!(office.events(), []);
    office.wait(ms(2_000));
    let again = office.sent();
    assert!(again[0].1.ends_with("ours"), "tried again within 2 s: the other side owns the Call-ID");
    office.hear(TRUNK, reply(&again[0].1, 200, "").sdp());
    assert!(matches!(office.event(), Event::OfferAnswered { sdp: Some(_), .. }));
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();

    // While we wait, their offer may pass; ours follows it.
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    office.pbx.reinvite(office.now, leg, b"ours".into()).unwrap();
    let ours = office.said();
    office.hear(TRUNK, reply(&ours, 491, ""));
    office.sent();
    let theirs = office.next(&mut dialog, "UPDATE").sdp();
    office.hear(TRUNK, &theirs);
    assert!(matches!(office.event(), Event::Offer { .. }));
    office.pbx.answer_offer(office.now, leg, b"answer".into()).unwrap();
    let sent = office.sent();
    assert!(sent[0].1.ends_with("answer") && sent[1].1.ends_with("ours"), "{sent:?}");
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn an_invite_without_an_offer_gets_ours_and_the_ack_brings_the_answer() {
    let mut office = Office::new();
    let invite = office.request("INVITE", TRUNK).with("Contact", "<sip:gw@192.0.2.20>");
    office.hear(TRUNK, &invite);
    let Event::Incoming { leg, call } = office.event() else { panic!() };
    assert_eq!(call.sdp, None);
    office.sent();
    office.pbx.answer(office.now, leg, b"offer".into()).unwrap();
    let ok = office.said();
    let ack = Req {
        method: "ACK".into(),
        to: value(&ok, "To").into(),
        via: office.via(TRUNK),
        more: vec![],
        ..invite
    };
    office.hear(TRUNK, ack.sdp());
    assert_eq!(
        office.events(),
        [Event::OfferAnswered { leg, sdp: Some(SDP.into()) }, Event::Confirmed { leg }]
    );
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn a_cancelled_reinvite_leaves_the_old_session() {
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    let offer = office.next(&mut dialog, "INVITE").sdp();
    office.hear(TRUNK, &offer);
    office.events();
    office.sent();
    office.hear(TRUNK, Req { method: "CANCEL".into(), more: vec![], body: String::new(), ..offer });
    assert_eq!(office.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(office.events(), []);
    assert_eq!(office.pbx.answer_offer(office.now, leg, SDP.into()), Err(Refused::WrongState));
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn requests_inside_a_dialog_get_what_they_ask_for() {
    let mut office = Office::new();
    let (mut dialog, leg) = office.established();
    let body = |mut request: Req, kind: &str, body: &str| {
        request.body = body.into();
        request.with("Content-Type", kind)
    };
    for (kind, text, want, key) in [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", 200, Some('5')),
        ("application/dtmf-relay", "Signal= *\r\n", 200, Some('*')),
        ("application/dtmf-relay", "Signal=11\r\n", 200, Some('#')),
        ("application/dtmf-relay", "Duration=160\r\n", 200, None),
        ("Application/DTMF ", "d\r\n", 200, Some('D')),
        ("application/dtmf", "x", 200, None),
        ("application/media_control+xml", "<x/>", 415, None),
    ] {
        let info = body(office.next(&mut dialog, "INFO"), kind, text);
        office.hear(TRUNK, &info);
        assert_eq!(status(&office.said()), want, "{kind} {text}");
        let want: Vec<Event> = key.map(|key| Event::InfoKey { leg, key }).into_iter().collect();
        assert_eq!(office.events(), want);
        office.hear(TRUNK, &info);
        office.sent();
        assert_eq!(office.events(), [], "a retransmitted key counts once");
    }
    for (method, want) in [("OPTIONS", 200), ("UPDATE", 200), ("REFER", 405), ("PRACK", 405), ("WHAT", 405)] {
        let request = office.next(&mut dialog, method);
        office.hear(TRUNK, &request);
        let said = office.said();
        assert_eq!(status(&said), want, "{method}");
        if want == 405 || method == "OPTIONS" {
            assert!(value(&said, "Allow").contains("UPDATE"));
        }
    }
    let mut old = Req { cseq: 1, ..dialog.clone() };
    let old = office.next(&mut old, "INFO");
    office.hear(TRUNK, &old);
    assert_eq!(status(&office.said()), 500, "out of order");
    assert_eq!(office.events(), []);
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn record_routes_lead_the_way_back() {
    let mut office = Office::new();
    let invite = office
        .request("INVITE", TRUNK)
        .with("Contact", "<sip:gw@10.1.1.1:5062>")
        .with("Record-Route", "<sip:192.0.2.21:5070;lr>, <sip:10.9.9.9;lr>")
        .sdp();
    office.hear(TRUNK, &invite);
    let Event::Incoming { leg, .. } = office.event() else { panic!() };
    office.sent();
    office.pbx.answer(office.now, leg, SDP.into()).unwrap();
    let ok = office.said();
    assert_eq!(value(&ok, "Record-Route"), "<sip:192.0.2.21:5070;lr>, <sip:10.9.9.9;lr>");
    let ack = Req { method: "ACK".into(), to: value(&ok, "To").into(), via: office.via(TRUNK), ..invite };
    office.hear(TRUNK, &ack);
    office.pbx.hangup(office.now, leg, None).unwrap();
    let (flow, bye) = office.sent().remove(0);
    assert_eq!(flow, udp("192.0.2.21:5070"));
    assert!(bye.starts_with("BYE sip:gw@10.1.1.1:5062 "), "{bye}");
    assert_eq!(values(&bye, "Route"), ["<sip:192.0.2.21:5070;lr>", "<sip:10.9.9.9;lr>"]);
    office.finish();

    // The calling side reverses them; a first route without lr takes the Request-URI (strict routing).
    let mut office = Office::new();
    let (leg, invite) = office.calling();
    let ok =
        reply(&invite, 200, "p").with("Contact", "<sip:101@10.0.0.9>").with("Record-Route", "<sip:far;lr>");
    office.hear(PHONE, ok.with("Record-Route", "<sip:198.51.100.7:40000>").sdp());
    let ack = office.said();
    assert!(ack.starts_with("ACK sip:198.51.100.7:40000 "), "{ack}");
    assert_eq!(values(&ack, "Route"), ["<sip:far;lr>", "<sip:101@10.0.0.9>"]);
    office.pbx.hangup(office.now, leg, None).unwrap();
    office.finish();
}

#[test]
fn shutting_down_ends_calls_and_takes_no_new_ones() {
    let mut office = Office::new();
    let (_, up) = office.established();
    let (ringing_out, _) = office.calling();
    office.pbx.shutdown(office.now, None);
    assert!(office.lines()[0].starts_with("BYE "));
    let invite = Req { call_id: "another".into(), ..office.request("INVITE", TRUNK).sdp() };
    office.hear(TRUNK, &invite);
    let said = office.said();
    assert_eq!((status(&said), value(&said, "Retry-After")), (503, "5"));
    office.finish();
    let gone = office.events();
    assert!(gone.contains(&Event::Gone { leg: up }) && gone.contains(&Event::Gone { leg: ringing_out }));
}

#[test]
fn ringing_is_repeated_every_minute() {
    let mut office = Office::new();
    let (_, leg) = office.incoming();
    office.pbx.ring(office.now, leg, None).unwrap();
    let first = office.said();
    office.wait(Duration::from_secs(125));
    let again = office.sent();
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|(_, text)| *text == first));
    office.pbx.reject(office.now, leg, 486, None).unwrap();
    assert_eq!(office.lines(), ["SIP/2.0 486 Busy Here"]);
    office.finish();
}
