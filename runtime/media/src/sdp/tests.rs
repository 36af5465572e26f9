//! Tests of SDP.

use proptest::prelude::*;

use super::*;

const BOTH: Direction = Direction::BOTH;

/// A baresip offer, shortened to what matters.
const PHONE: &str = "v=0\r\no=- 38298 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
    m=audio 11000 RTP/AVP 96 0 8 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\na=ptime:20\r\na=sendrecv\r\n";

fn parse(text: &str) -> Description {
    Description::parse(text.as_bytes()).unwrap()
}

fn local() -> LocalSession {
    LocalSession::new(77, "203.0.113.5:10000".parse().unwrap())
}

fn sdp(media: &str) -> String {
    format!("v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}")
}

fn audio(media: &str) -> Audio {
    parse(&sdp(media)).audio.unwrap()
}

#[test]
fn an_offer_is_read() {
    let description = parse(PHONE);
    assert_eq!((description.session_id, description.session_version), (38_298, 1));
    assert_eq!(
        description.audio,
        Some(Audio {
            remote: Some("192.0.2.10:11000".parse().unwrap()),
            formats: vec![
                Format { codec: Codec::Pcmu, payload_type: 0 },
                Format { codec: Codec::Pcma, payload_type: 8 }
            ],
            telephone_event: Some(EventFormat { payload_type: 97, clock: 8_000 }),
            direction: BOTH,
            ptime_ms: 20,
            line: 0,
        })
    );
}

#[test]
fn formats_are_found_by_name_and_by_number() {
    let formats = |media| audio(media).formats.iter().map(|f| (f.codec, f.payload_type)).collect::<Vec<_>>();
    assert_eq!(formats("m=audio 9 RTP/AVP 8 0\r\n"), [(Codec::Pcma, 8), (Codec::Pcmu, 0)]);
    assert_eq!(formats("m=audio 9 RTP/AVP 100\r\na=rtpmap:100 pcmu/8000/1\r\n"), [(Codec::Pcmu, 100)]);
    assert_eq!(formats("m=audio 9 RTP/AVP 0\r\na=rtpmap:0 G729/8000\r\n"), []);
    assert_eq!(formats("m=audio 9 RTP/AVP 100\r\na=rtpmap:100 PCMU/16000\r\n"), []);
    assert_eq!(formats("m=audio 9 RTP/AVP 18 128 x\r\n"), []);
}

#[test]
fn telephone_event_is_taken_at_8_khz_first() {
    let event = |media| audio(media).telephone_event.map(|e| (e.payload_type, e.clock));
    assert_eq!(event("m=audio 9 RTP/AVP 0\r\n"), None);
    assert_eq!(
        event(
            "m=audio 9 RTP/AVP 0 110 126\r\na=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 TELEPHONE-EVENT/8000\r\n"
        ),
        Some((126, 8_000))
    );
    assert_eq!(event("m=audio 9 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/16000\r\n"), Some((96, 16_000)));
}

#[test]
fn hold_is_seen_from_us_at_either_level() {
    let held = |media: &str| audio(media).direction;
    let recv_only = Direction { send: false, recv: true };
    assert_eq!(held("m=audio 9 RTP/AVP 0\r\na=sendonly\r\n"), recv_only);
    assert_eq!(held("m=audio 9 RTP/AVP 0\r\na=recvonly\r\n"), Direction { send: true, recv: false });
    assert_eq!(held("m=audio 9 RTP/AVP 0\r\na=inactive\r\n"), Direction { send: false, recv: false });
    assert_eq!(held("a=sendonly\r\nm=audio 9 RTP/AVP 0\r\n"), recv_only);
    assert_eq!(held("a=sendonly\r\nm=audio 9 RTP/AVP 0\r\na=sendrecv\r\n"), BOTH);
    let old = audio("m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n");
    assert_eq!((old.remote, old.direction), (None, recv_only));
    assert!(old.direction.is_hold() && !BOTH.is_hold());
}

#[test]
fn addresses_come_from_the_stream_first() {
    assert_eq!(
        audio("m=audio 9 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n").remote,
        Some("[2001:db8::1]:9".parse().unwrap())
    );
    assert_eq!(audio("m=audio 9 RTP/AVP 0\r\nc=IN IP4 phone.example\r\n").remote, None);
}

#[test]
fn our_audio_is_the_first_open_plain_one() {
    let description = parse(&sdp("m=audio 0 RTP/AVP 0\r\nm=audio 7 RTP/SAVP 0\r\nm=audio 9 RTP/AVP 8\r\n"));
    assert_eq!(description.audio.unwrap().line, 2);
    assert_eq!(parse(&sdp("m=video 9 RTP/AVP 34\r\n")).audio, None);
    assert_eq!(parse(&sdp("")).audio, None);
}

#[test]
fn odd_bodies_are_read_all_the_same() {
    let windows = PHONE.replace("s=-", "s=caf\u{e9}").replace("\r\n", "\n");
    let mut latin: Vec<u8> = windows.bytes().collect();
    latin.retain(|byte| *byte != 0xC3);
    assert!(Description::parse(&latin).unwrap().audio.is_some());
    let strange = parse(&sdp("m=hologram 9 UDP/BEAM 1\r\nm=audio 9 RTP/AVP 0\r\n"));
    assert_eq!(strange.audio.as_ref().unwrap().line, 1);
    let agreed = Agreed::accept(&strange, &CODECS, BOTH).unwrap();
    assert!(
        local().answer(&strange, &agreed).contains("m=hologram 0 UDP/BEAM 1\r\nm=audio 10000 RTP/AVP 0\r\n")
    );
}

#[test]
fn lines_out_of_order_and_odd_values_cost_no_audio() {
    let origin = "o=- 1 2 IN IP4 192.0.2.1\r\n";
    let (connection, media) = ("c=IN IP4 192.0.2.1\r\n", "m=audio 9 RTP/AVP 0\r\n");
    for text in [
        format!("v=0\r\n{origin}{connection}{media}"),
        format!("v=0\r\n{origin}s=\r\nt=0 0\r\n{connection}{media}"),
        format!("v=0\r\n{origin}s=-\r\nb=AS\r\nu=::\r\n{connection}t=0 0\r\nx=y\r\nb=CT:1\r\n{media}"),
        format!("v=0\r\no=My Phone 1 2 IN IP4 192.0.2.1\r\n{connection}{media}"),
        format!("v=0\r\no=- 99999999999999999999 -5 IN IP4 h\r\n{connection}{media}"),
        format!("v=0\r\n{origin}c=ATM NSAP 1\r\na=\r\n{media}a=ptime:20\r\n{connection}k=clear:x\r\n"),
    ] {
        let audio = parse(&text).audio.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(audio.remote, Some("192.0.2.1:9".parse().unwrap()), "{text}");
    }
}

#[test]
fn limits_and_nonsense_are_refused() {
    let long = vec![b'a'; SDP_BYTES_MAX + 1];
    assert_eq!(Description::parse(&long), Err(SdpError::TooLong { bytes: SDP_BYTES_MAX + 1 }));
    let many = sdp(&"m=audio 9 RTP/AVP 0\r\n".repeat(SDP_MEDIA_MAX + 1));
    assert_eq!(Description::parse(many.as_bytes()), Err(SdpError::TooManyMedia { lines: SDP_MEDIA_MAX + 1 }));
    for text in ["", "hello", "v=1\r\n", "v=0\r\no=- 1\r\n", "v=0\r\nm=audio 99999 RTP/AVP 0\r\n"] {
        assert!(matches!(Description::parse(text.as_bytes()), Err(SdpError::Malformed { .. })), "{text:?}");
    }
}

#[test]
fn an_answer_keeps_lines_numbers_and_mirrors_the_direction() {
    let offer = parse(&sdp(
        "m=video 5000 RTP/AVP 34 35\r\nm=audio 4000 RTP/AVP 100 8 99\r\na=rtpmap:100 PCMU/8000\r\n\
         a=rtpmap:99 telephone-event/8000\r\na=sendonly\r\nm=image 6000 udptl t38\r\n",
    ));
    let agreed = Agreed::accept(&offer, &[Codec::Pcmu, Codec::Pcma], BOTH).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Pcmu, 100));
    assert_eq!(
        local().answer(&offer, &agreed),
        "v=0\r\no=- 77 1 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\nm=video 0 RTP/AVP 34 35\r\n\
         m=audio 10000 RTP/AVP 100 99\r\na=rtpmap:100 PCMU/8000\r\na=rtpmap:99 telephone-event/8000\r\n\
         a=fmtp:99 0-16\r\na=ptime:20\r\na=recvonly\r\nm=image 0 udptl t38\r\n"
    );
}

#[test]
fn our_choice_is_by_our_order_and_needs_a_common_codec() {
    let offer = parse(PHONE);
    assert_eq!(Agreed::accept(&offer, &[Codec::Pcma, Codec::Pcmu], BOTH).unwrap().payload_type, 8);
    let none = parse(&sdp("m=audio 9 RTP/AVP 18\r\n"));
    assert_eq!(Agreed::accept(&none, &CODECS, BOTH), Err(Refused::NoCommonCodec));
    let video = parse(&sdp("m=video 9 RTP/AVP 34\r\n"));
    assert_eq!(Agreed::accept(&video, &CODECS, BOTH), Err(Refused::NoAudio));
}

#[test]
fn the_callee_is_offered_the_callers_codecs_first() {
    let offer = parse(&sdp("m=audio 9 RTP/AVP 0\r\n"));
    assert_eq!(codecs_for_callee(&offer.audio.unwrap().formats, &CODECS), [Codec::Pcmu, Codec::Pcma]);
}

#[test]
fn our_offer_and_its_answer_agree() {
    let mut session = local();
    let offer = Offer { codecs: vec![Codec::Pcmu, Codec::Pcma], direction: BOTH };
    let body = session.offer(&offer);
    let ours = parse(&body).audio.unwrap();
    assert_eq!(ours.formats.len(), 2);
    assert_eq!(ours.telephone_event, Some(EventFormat { payload_type: 101, clock: 8_000 }));
    let answer = parse(&sdp("m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n"));
    let agreed = Agreed::from_answer(&offer, &answer).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Codec::Pcma, 8));
    assert_eq!(agreed.telephone_event, Some(TelephoneEvent { send: 96, receive: 101, clock: 8_000 }));
    let refused = parse(&sdp("m=audio 0 RTP/AVP 8\r\n"));
    assert_eq!(Agreed::from_answer(&offer, &refused), Err(Refused::NoAudio));
}

#[test]
fn the_version_rises_only_when_something_changed() {
    let mut session = local();
    let offer = Offer { codecs: vec![Codec::Pcma], direction: BOTH };
    assert_eq!(session.repeat(), None);
    let first = session.offer(&offer);
    assert_eq!(session.offer(&offer), first);
    assert_eq!(session.repeat(), Some(first.clone()));
    let held = session.offer(&Offer { direction: Direction { send: true, recv: false }, ..offer });
    assert!(first.contains("o=- 77 1 ") && held.contains("o=- 77 2 ") && held.contains("a=sendonly"));
}

#[test]
fn a_later_offer_keeps_the_lines_of_the_session() {
    let mut session = local();
    let offer = parse(&sdp("m=video 5000 RTP/AVP 34\r\nm=audio 4000 RTP/AVP 8\r\n"));
    session.answer(&offer, &Agreed::accept(&offer, &CODECS, BOTH).unwrap());
    let body = session.offer(&Offer { codecs: vec![Codec::Pcma], direction: BOTH });
    let media: Vec<&str> = body.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(media, ["m=video 0 RTP/AVP 34", "m=audio 10000 RTP/AVP 8 101"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Description::parse(&bytes);
    }

    #[test]
    fn a_damaged_offer_is_read_without_panic_and_answered_soundly(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), "[ -~\r\n]{0,6}"), 1..6),
    ) {
        let mut text = PHONE.to_owned() + "m=video 5000 RTP/AVP 34\r\n";
        for (at, with) in cuts {
            let at = at.index(text.len());
            let end = (at + with.len() / 2).min(text.len());
            text.replace_range(at..end, &with);
        }
        if let Ok(offer) = Description::parse(text.as_bytes())
            && let Ok(agreed) = Agreed::accept(&offer, &CODECS, BOTH)
        {
            let answer = local().answer(&offer, &agreed);
            let read = Description::parse(answer.as_bytes()).unwrap();
            prop_assert_eq!(read.lines.len(), offer.lines.len());
            prop_assert!(read.audio.is_some());
        }
    }
}
