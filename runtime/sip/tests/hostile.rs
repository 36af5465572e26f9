//! Hostile input: the torture messages of RFC 4475 where they lie beside the repository, and mutated messages.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests may panic and print"
)]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use flow_sip::{ConnectionId, Event};
use proptest::prelude::*;
use support::*;

/// File, and what the trunk that sends it hears: statuses in order, `&[]` for silence. From RFC 4475's text.
const TORTURE: &[(&str, &[u16])] = &[
    ("wsinv", &[481]), // its To has a tag
    ("intmeth", &[501]),
    ("esc01", &[100]),
    ("escnull", &[401]), // REGISTER
    ("esc02", &[501]),
    ("lwsdisp", &[200]),
    ("longreq", &[100]),
    ("dblreq", &[401]), // REGISTER; what follows it in the datagram is not looked at
    ("semiuri", &[200]),
    ("transports", &[200]),
    ("mpart01", &[405]),
    ("unreason", &[]),
    ("noreason", &[]),
    ("badinv01", &[400]),
    ("clerr", &[400]),
    ("ncl", &[400]),
    ("scalar02", &[400]),
    ("scalarlg", &[]),
    ("quotbal", &[400]),
    ("ltgtruri", &[400]),
    ("lwsruri", &[400]),
    ("lwsstart", &[400]),
    ("trws", &[400]),
    ("escruri", &[400]),
    ("baddate", &[100]),
    ("regbadct", &[400]),
    ("badaspec", &[400]),
    ("baddn", &[400]), // its file also lacks the empty line
    ("badvers", &[505]),
    ("mismatch01", &[400]),
    ("mismatch02", &[400]),
    ("bigcode", &[]),
    ("badbranch", &[200]),
    ("insuf", &[400]),
    ("unkscm", &[416]),
    ("novelsc", &[416]),
    ("unksm2", &[401]), // REGISTER
    ("bext01", &[200]), // OPTIONS tells what is supported, whatever is required
    ("invut", &[415]),
    ("regaut01", &[401]),
    ("multi01", &[400]),
    ("mcl01", &[400]),
    ("bcast", &[]),
    ("zeromf", &[200]),
    ("cparam01", &[401]), // REGISTER
    ("cparam02", &[401]), // REGISTER
    ("regescrt", &[401]), // REGISTER
    ("sdp01", &[406]),
    ("inv2543", &[100]),
];

/// The messages lie outside the repository; a checkout without them skips what needs them.
fn torture_folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/rfc4475");
    if !folder.is_dir() {
        eprintln!("skipped: the RFC 4475 messages are not here");
        return None;
    }
    Some(folder)
}

#[test]
fn torture_messages_get_the_answers_of_the_rfc() {
    let Some(folder) = torture_folder() else { return };
    let mut wrong = Vec::new();
    for (name, want) in TORTURE {
        let mut office = Office::new();
        let bytes = std::fs::read(folder.join(format!("{name}.dat"))).unwrap();
        office.pbx.receive(office.now, &udp(TRUNK), &bytes);
        let heard: Vec<u16> =
            office_sent(&mut office).iter().map(|text| status(&String::from_utf8_lossy(text))).collect();
        if heard != *want {
            wrong.push(format!("{name}: heard {heard:?}, want {want:?}"));
        }
        finish(&mut office);
    }
    let files = std::fs::read_dir(&folder).unwrap().filter_map(Result::ok);
    let count = files.filter(|file| file.path().extension().is_some_and(|end| end == "dat")).count();
    assert_eq!(count, TORTURE.len(), "every file has a row");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn office_sent(office: &mut Office) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| office.pbx.poll_transmit()).map(|transmit| transmit.bytes).collect()
}

/// Whatever came in: calls are refused, time passes, and nothing is left.
fn finish(office: &mut Office) {
    while let Some(event) = office.pbx.poll_event() {
        if let Event::Incoming { leg, .. } = event {
            // Refused by us, or hung up or cancelled meanwhile.
            let _whatever_its_state = office.pbx.reject(office.now, leg, 404, None);
        }
    }
    while let Some(next) = office.pbx.next_deadline().filter(|next| *next < Duration::from_secs(900)) {
        office.now = next;
        office.pbx.tick(next);
        office_sent(office);
    }
    assert!(office.pbx.is_idle(), "{:?}", office.pbx.leftovers());
}

/// Messages of every kind, as far as they depend on no dialog, and pieces of which they are made.
fn seeds() -> Vec<Vec<u8>> {
    let mut office = Office::new();
    let (invite, response) = {
        let (_, ours) = office.calling();
        (office.request("INVITE", TRUNK).sdp(), reply(&ours, 200, "t").with("Contact", "<sip:x@h>").sdp())
    };
    let register = office
        .request("REGISTER", PHONE)
        .with("Contact", "\"A\" <sip:101@10.0.0.1;x=y>;expires=60, <sip:b@c>")
        .with("Authorization", "Digest username=\"101\", realm=\"office.example\", nonce=\"00000000000003e8aaaaaaaaaaaaaaaa\", uri=\"sip:h\", response=\"x\", qop=auth, nc=00000001, cnonce=\"c\"");
    let cancel = Req { method: "CANCEL".into(), more: vec![], body: String::new(), ..invite.clone() };
    vec![
        invite.to_string().into_bytes(),
        response.to_string().into_bytes(),
        register.to_string().into_bytes(),
        cancel.to_string().into_bytes(),
        b"OPTIONS sip:[::1]:5060;lr?a=b SIP/2.0\r\nv: SIP/2.0/TCP [::1];rport\r\n\r\n".to_vec(),
    ]
}

const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\r\n ",
    b"\r\n\r\n",
    b"\"",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"@",
    b"%00",
    b"%",
    b"\\",
    b"\xff\xfe",
    b"SIP/2.0",
    b"Content-Length: 99999999999999999999\r\n",
    b"l: -1\r\n",
    b"tag=",
    b"branch=z9hG4bK",
    b";rport",
    b"*",
    b"[",
    b"]",
    b"Digest ",
    b"nc=ffffffff",
    b"expires=99999999999",
    b"\0",
    b"\xc3\xa9",
];

#[derive(Clone, Debug)]
enum Mutation {
    Cut(usize, usize),
    Insert(usize, usize),
    Set(usize, u8),
    Repeat(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = 0..2_000usize;
    prop_oneof![
        (place.clone(), 0..200usize).prop_map(|(at, length)| Mutation::Cut(at, length)),
        (place.clone(), 0..PIECES.len()).prop_map(|(at, piece)| Mutation::Insert(at, piece)),
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        (place, 1..100usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let place = |at: usize| at % (bytes.len() + 1);
    match *mutation {
        Mutation::Cut(at, length) => {
            let at = place(at);
            let end = (at + length).min(bytes.len());
            bytes.drain(at..end);
        }
        Mutation::Insert(at, piece) => {
            let at = place(at);
            bytes.splice(at..at, PIECES[piece].iter().copied());
        }
        Mutation::Set(at, byte) => {
            let at = place(at);
            if let Some(found) = bytes.get_mut(at) {
                *found = byte;
            }
        }
        Mutation::Repeat(at, length) => {
            let at = place(at);
            let copy = bytes[at..(at + length).min(bytes.len())].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Some hundred mutated messages a case, as datagrams and cut up as a stream, into an endpoint with a call going on.
    #[test]
    fn mutated_messages_never_panic_and_leave_nothing(
        mutations in proptest::collection::vec((0..5usize, proptest::collection::vec(mutation(), 0..6)), 1..60),
        cut in 1..400usize,
    ) {
        let mut office = Office::new();
        office.calling();
        let seeds = seeds();
        let stream = ConnectionId(1);
        office.pbx.stream_opened(office.now, stream, address(TRUNK));
        for (seed, mutations) in mutations {
            let mut bytes = seeds[seed].clone();
            mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
            office.pbx.receive(office.now, &udp(TRUNK), &bytes);
            office.pbx.receive(office.now, &udp(STRANGER), &bytes);
            let open = bytes.chunks(cut).all(|chunk| office.pbx.stream_data(office.now, stream, chunk));
            if !open {
                office.pbx.stream_opened(office.now, stream, address(TRUNK));
            }
            office_sent(&mut office);
        }
        for leg in 0..1_000 {
            let _whatever_its_state = office.pbx.hangup(office.now, flow_sip::LegId(leg), None);
        }
        finish(&mut office);
    }
}

#[test]
fn nothing_grows_without_end() {
    let mut office = Office::new();
    for number in 0..6_000u32 {
        let mut invite = office.request("INVITE", TRUNK).sdp();
        invite.call_id = format!("flood-{number}");
        office.pbx.receive(office.now, &udp(TRUNK), invite.to_string().as_bytes());
    }
    let held = office.pbx.leftovers();
    assert_eq!((held.legs, held.transactions), (flow_sip::limits::LEGS_MAX, flow_sip::limits::LEGS_MAX));
    assert_eq!(office.pbx.stats().overloaded, 2_000, "the rest heard 503");
    if let Some(Event::Incoming { leg, .. }) = office.pbx.poll_event() {
        assert!(office.pbx.ring(office.now, leg, None).is_ok());
    } else {
        panic!("the first calls are served");
    }
}
