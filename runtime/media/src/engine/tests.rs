//! Tests of the engine: packets in, packets out, in simulated time.

use proptest::prelude::*;

use super::*;
use crate::control::{Direction, LegSetup, TelephoneEvent};
use crate::g711;
use crate::rtp::{self, HEADER_BYTES};
use crate::wav;

const A: LegId = LegId(1);
const B: LegId = LegId(2);
const PORT_A: u16 = 10_000;
const PORT_B: u16 = 10_002;
const PHONE_A: &str = "192.0.2.1:4000";
const PHONE_B: &str = "192.0.2.2:5000";
const STRANGER: &str = "203.0.113.66:4000";
const HELD: Direction = Direction { send: false, recv: true };

#[derive(Debug, Clone)]
struct Sent {
    at: Duration,
    port: u16,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl Sent {
    fn header(&self) -> rtp::Header {
        rtp::parse(&self.bytes).unwrap()
    }

    fn payload(&self) -> &[u8] {
        &self.bytes[self.header().payload]
    }
}

#[derive(Default)]
struct Wire {
    now: Duration,
    sent: Vec<Sent>,
    ops: Vec<FileOp>,
}

impl Sink for Wire {
    fn send(&mut self, port: u16, to: SocketAddr, bytes: &[u8]) {
        self.sent.push(Sent { at: self.now, port, to, bytes: bytes.to_vec() });
    }

    fn file(&mut self, op: FileOp) {
        self.ops.push(op);
    }
}

/// An engine with its wire and clock.
struct World {
    engine: Engine,
    wire: Wire,
}

impl World {
    fn new() -> World {
        let config = Config { ports: 10_000..=10_099, media_timeout: Duration::from_secs(30) };
        World { engine: Engine::new(config, 42), wire: Wire::default() }
    }

    /// Both phones up, bridged.
    fn call(a: LegSetup, b: LegSetup) -> World {
        let mut world = World::new();
        world.command(Command::Open { leg: A, port: PORT_A });
        world.command(Command::Open { leg: B, port: PORT_B });
        world.command(Command::Setup { leg: A, setup: a });
        world.command(Command::Setup { leg: B, setup: b });
        world.command(Command::Bridge { a: A, b: B });
        world
    }

    fn command(&mut self, command: Command) {
        self.engine.command(self.wire.now, command, &mut self.wire);
    }

    /// Moves time on, ticking at each deadline, as a host does.
    fn run(&mut self, ms: u64) {
        let end = self.wire.now + Duration::from_millis(ms);
        while let Some(at) = self.engine.next_deadline().filter(|at| *at <= end) {
            self.wire.now = self.wire.now.max(at);
            self.engine.tick(self.wire.now, &mut self.wire);
        }
        self.wire.now = end;
    }

    fn packet(&mut self, port: u16, from: &str, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        self.engine.packet(self.wire.now, port, from.parse().unwrap(), &mut bytes, &mut self.wire);
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.engine.poll_event()).collect()
    }

    fn take_sent(&mut self) -> Vec<Sent> {
        let sent = std::mem::take(&mut self.wire.sent);
        sent.into_iter().filter(|sent| sent.port % 2 == 0).collect()
    }
}

fn setup(phone: &str, codec: Codec) -> LegSetup {
    LegSetup {
        remote: Some(phone.parse().unwrap()),
        signalling: SocketAddr::new(phone.parse::<SocketAddr>().unwrap().ip(), 5060),
        codec,
        payload_type: codec.static_payload_type(),
        telephone_event: Some(TelephoneEvent { send: 101, receive: 101, clock: 8_000 }),
        direction: Direction::BOTH,
    }
}

fn packet(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80; HEADER_BYTES];
    bytes.extend(payload);
    let range = HEADER_BYTES..bytes.len();
    rtp::overwrite(
        &mut bytes,
        &rtp::Header { marker: false, payload_type, sequence, timestamp, ssrc, payload: range },
    );
    bytes
}

/// A 20 ms packet of phone A, number `n` of its stream.
fn from_a(world: &mut World, n: u16) {
    world.packet(PORT_A, PHONE_A, &packet(8, n, u32::from(n) * 160, 7, &[n as u8; 160]));
}

fn sine(hz: f32, samples: u32) -> Vec<i16> {
    (0..samples)
        .map(|n| (10_000.0 * (std::f32::consts::TAU * hz * n as f32 / 8_000.0).sin()) as i16)
        .collect()
}

fn play(leg: LegId, job: u64, sounds: &[usize]) -> Command {
    let sounds = sounds.iter().map(|samples| sine(440.0, *samples as u32).into()).collect();
    Command::Play { leg, job: JobId(job), source: Source::Sounds(sounds) }
}

fn record(leg: LegId, job: u64, max_ms: u32, silence_ms: u32) -> Command {
    Command::Record { leg, job: JobId(job), path: PathBuf::from("r.wav"), max_ms, silence_ms }
}

/// Sequence numbers rise by one and timestamps by what time passed.
fn assert_continuous(sent: &[Sent]) {
    assert!(sent.len() > 1);
    for pair in sent.windows(2) {
        let (a, b) = (pair[0].header(), pair[1].header());
        assert_eq!(b.ssrc, a.ssrc);
        assert_eq!(b.sequence, a.sequence.wrapping_add(1));
        let passed = (pair[1].at - pair[0].at).as_millis() as u32 * 8;
        assert_eq!(b.timestamp.wrapping_sub(a.timestamp), passed.max(160), "at {:?}", pair[1].at);
    }
}

#[test]
fn a_bridge_carries_sound_both_ways_under_its_own_identity() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    from_a(&mut world, 1);
    world.packet(PORT_B, PHONE_B, &packet(8, 9, 9, 8, &[5; 160]));
    let sent = world.take_sent();
    assert_eq!((sent[0].port, sent[0].to), (PORT_B, PHONE_B.parse().unwrap()));
    assert_eq!((sent[1].port, sent[1].to), (PORT_A, PHONE_A.parse().unwrap()));
    assert_eq!(sent[0].payload(), [1; 160]);
    assert_eq!(sent[1].payload(), [5; 160]);
    assert!(sent[0].header().ssrc != 7 && sent[1].header().ssrc != 8);
    assert!(sent[0].header().marker, "a stream begins with the marker");
}

#[test]
fn relay_prompt_relay_is_one_stream() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    for n in 0..100 {
        from_a(&mut world, n);
        if n == 30 {
            world.command(play(B, 1, &[1_600]));
        }
        if n == 60 {
            world.command(play(B, 2, &[800, 800]));
        }
        if n == 65 {
            world.command(Command::StopPlay { leg: B, job: JobId(2) });
        }
        world.run(20);
    }
    let sent = world.take_sent();
    assert_continuous(&sent);
    // While something is played the relay waits: 31 + 10 + 20 + 5 frames played, and relay for the rest.
    assert!(sent.len() >= 98, "{}", sent.len());
    assert_eq!(world.events(), [Event::PlayEnded { leg: B, job: JobId(1) }]);
}

#[test]
fn different_laws_are_transcoded_and_a_sine_stays_a_sine() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcmu), setup(PHONE_B, Codec::Pcma));
    let sine = sine(440.0, 160);
    let ulaw: Vec<u8> = sine.iter().map(|sample| g711::encode(Codec::Pcmu, *sample)).collect();
    world.packet(PORT_A, PHONE_A, &packet(0, 1, 0, 7, &ulaw));
    let sent = world.take_sent();
    assert_eq!(sent[0].header().payload_type, 8);
    let heard = sent[0].payload().iter().map(|code| i32::from(g711::decode(Codec::Pcma, *code)));
    let noise: i64 = heard.zip(&sine).map(|(a, b)| i64::from(a - i32::from(*b)).pow(2)).sum();
    let signal: i64 = sine.iter().map(|b| i64::from(*b).pow(2)).sum();
    assert!(signal / noise.max(1) > 1_000, "signal to noise {}", signal / noise.max(1));
}

#[test]
fn payload_types_are_each_leg_s_own() {
    let mut b = setup(PHONE_B, Codec::Pcmu);
    b.payload_type = 100;
    let mut world = World::call(setup(PHONE_A, Codec::Pcmu), b);
    world.packet(PORT_A, PHONE_A, &packet(0, 1, 0, 7, &[1; 160]));
    world.packet(PORT_B, PHONE_B, &packet(100, 1, 0, 8, &[2; 160]));
    let types: Vec<u8> = world.take_sent().iter().map(|sent| sent.header().payload_type).collect();
    assert_eq!(types, [100, 0]);
}

#[test]
fn a_stranger_is_never_heard_whenever_it_comes() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    for n in 0..50 {
        world.packet(PORT_A, STRANGER, &packet(8, n, u32::from(n) * 160, 66, &[66; 160]));
    }
    assert!(world.take_sent().is_empty(), "before the party");
    from_a(&mut world, 1);
    world.packet(PORT_A, STRANGER, &packet(8, 2, 320, 7, &[66; 160]));
    world.packet(PORT_B, PHONE_B, &packet(8, 1, 0, 8, &[5; 160]));
    let sent = world.take_sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].to, PHONE_A.parse().unwrap(), "sound still goes to the party");
    world.command(Command::Close { leg: A });
    let [Event::Closed { leg: A, stats }] = world.events()[..] else { panic!("one event") };
    assert_eq!((stats.packets_received, stats.packets_sent, stats.packets_refused), (1, 1, 51));
}

#[test]
fn a_peer_that_sends_from_another_port_is_learned_and_answered_there() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    for n in 1..=3 {
        world.packet(PORT_A, "192.0.2.1:39000", &packet(8, n, u32::from(n) * 160, 7, &[1; 160]));
    }
    world.packet(PORT_B, PHONE_B, &packet(8, 1, 0, 8, &[5; 160]));
    let sent = world.take_sent();
    assert_eq!(sent.len(), 3, "the first is on probation");
    assert_eq!(sent[2].to, "192.0.2.1:39000".parse().unwrap());
}

#[test]
fn a_moved_phone_is_followed_after_a_re_invite() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    from_a(&mut world, 1);
    world.command(Command::Setup { leg: A, setup: setup("192.0.2.9:4000", Codec::Pcma) });
    from_a(&mut world, 2);
    world.packet(PORT_A, "192.0.2.9:4000", &packet(8, 1, 0, 9, &[9; 160]));
    let sent = world.take_sent();
    assert_eq!(sent.iter().map(|sent| sent.payload()[0]).collect::<Vec<_>>(), [1, 9]);
    assert_eq!(sent[1].header().sequence, sent[0].header().sequence.wrapping_add(1));
}

#[test]
fn hold_is_respected_both_ways() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    let inactive = Direction { send: false, recv: false };
    world.command(Command::Setup {
        leg: A,
        setup: LegSetup { direction: HELD, ..setup(PHONE_A, Codec::Pcma) },
    });
    world.packet(PORT_B, PHONE_B, &packet(8, 1, 0, 8, &[5; 160]));
    assert!(world.take_sent().is_empty(), "the holder isn't sent to");
    from_a(&mut world, 1);
    assert_eq!(world.take_sent().len(), 1, "its music is passed on");
    world.command(Command::Setup {
        leg: A,
        setup: LegSetup { direction: inactive, ..setup(PHONE_A, Codec::Pcma) },
    });
    from_a(&mut world, 2);
    assert!(world.take_sent().is_empty());
    world.command(Command::Setup { leg: A, setup: setup(PHONE_A, Codec::Pcma) });
    from_a(&mut world, 3);
    world.packet(PORT_B, PHONE_B, &packet(8, 2, 160, 8, &[5; 160]));
    assert_eq!(world.take_sent().len(), 2, "resumed");
}

fn press(world: &mut World, payload_type: u8, first: u16, timestamp: u32, event: u8) {
    for (n, (end, duration)) in
        [(0, 160), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480)].into_iter().enumerate()
    {
        let [d0, d1] = u16::to_be_bytes(duration);
        let payload = [event, end | 10, d0, d1];
        world.packet(PORT_A, PHONE_A, &packet(payload_type, first + n as u16, timestamp, 7, &payload));
    }
}

#[test]
fn keys_are_told_once_and_passed_on_under_the_other_s_number() {
    let mut a = setup(PHONE_A, Codec::Pcma);
    a.telephone_event = Some(TelephoneEvent { send: 97, receive: 97, clock: 8_000 });
    let mut world = World::call(a, setup(PHONE_B, Codec::Pcma));
    from_a(&mut world, 1);
    press(&mut world, 97, 2, 320, 11);
    let sent = world.take_sent();
    assert_eq!(world.events(), [Event::Key { leg: A, key: '#' }]);
    assert_eq!(sent.len(), 6);
    assert!(sent[1..].iter().all(|sent| sent.header().payload_type == 101));
    let timestamps: BTreeSet<u32> = sent[1..].iter().map(|sent| sent.header().timestamp).collect();
    assert_eq!(timestamps, BTreeSet::from([sent[0].header().timestamp.wrapping_add(160)]));
    assert_eq!(sent[5].payload(), [11, 0x8A, 1, 224]);
}

#[test]
fn keys_at_another_clock_are_told_and_rescaled() {
    let mut a = setup(PHONE_A, Codec::Pcma);
    a.telephone_event = Some(TelephoneEvent { send: 110, receive: 110, clock: 48_000 });
    let mut world = World::call(a, setup(PHONE_B, Codec::Pcma));
    from_a(&mut world, 1);
    world.packet(PORT_A, PHONE_A, &packet(110, 2, 7_777_777, 7, &[5, 0x8A, 0x2E, 0xE0]));
    let sent = world.take_sent();
    assert_eq!(world.events(), [Event::Key { leg: A, key: '5' }]);
    assert_eq!(sent[1].payload(), [5, 0x8A, 0x07, 0xD0], "250 ms");
    assert_eq!(sent[1].header().timestamp.wrapping_sub(sent[0].header().timestamp), 160);
}

#[test]
fn keys_are_not_sent_to_a_phone_that_did_not_ask_and_leave_no_gap() {
    let b = LegSetup { telephone_event: None, ..setup(PHONE_B, Codec::Pcma) };
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), b);
    from_a(&mut world, 1);
    press(&mut world, 101, 2, 320, 1);
    from_a(&mut world, 7);
    let sent = world.take_sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].header().sequence, sent[0].header().sequence.wrapping_add(1));
    assert_eq!(world.events(), [Event::Key { leg: A, key: '1' }]);
}

#[test]
fn a_prompt_starts_at_once_keeps_20_ms_and_tells_its_end_when_it_was_heard() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcmu), setup(PHONE_B, Codec::Pcma));
    world.run(7);
    let begin = world.wire.now;
    world.command(play(A, 5, &[480, 410]));
    world.run(200);
    let sent = world.take_sent();
    let times: Vec<u128> = sent.iter().map(|sent| (sent.at - begin).as_millis()).collect();
    assert_eq!(times, [0, 20, 40, 60, 80, 100]);
    assert_continuous(&sent);
    let heard: Vec<i16> = sent
        .iter()
        .flat_map(|sent| sent.payload().iter().map(|code| g711::decode(Codec::Pcmu, *code)))
        .collect();
    let original = [sine(440.0, 480), sine(440.0, 410)].concat();
    assert!(heard.iter().zip(&original).all(|(a, b)| a.abs_diff(*b) < 300));
    assert_eq!(world.events(), [Event::PlayEnded { leg: A, job: JobId(5) }]);
}

#[test]
fn playbacks_share_one_clock_and_a_second_starts_within_20_ms() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(play(A, 1, &[8_000]));
    world.run(53);
    world.command(play(B, 2, &[8_000]));
    world.run(500);
    let sent = world.take_sent();
    let first_b = sent.iter().find(|sent| sent.port == PORT_B).unwrap();
    assert_eq!(first_b.at.as_millis(), 60);
    assert!(sent.iter().all(|sent| sent.at.as_millis() % 20 == 0));
}

#[test]
fn barge_in_is_immediate_and_silent() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(play(A, 1, &[80_000]));
    world.run(100);
    world.command(Command::StopPlay { leg: A, job: JobId(9) });
    world.take_sent();
    world.run(100);
    assert_eq!(world.take_sent().len(), 5, "another job's stop changes nothing");
    world.command(Command::StopPlay { leg: A, job: JobId(1) });
    world.run(1_000);
    assert!(world.take_sent().is_empty());
    assert!(world.events().is_empty());
}

#[test]
fn a_prompt_after_a_pause_says_so_by_timestamp_and_marker() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(play(A, 1, &[320]));
    world.run(1_000);
    world.command(play(A, 2, &[320]));
    world.run(1_000);
    let sent = world.take_sent();
    assert_continuous(&sent);
    assert_eq!(sent.iter().map(|sent| sent.header().marker).collect::<Vec<_>>(), [true, false, true, false]);
}

#[test]
fn a_prompt_waits_for_an_address_but_not_for_a_party_on_hold() {
    let mut world = World::new();
    world.command(Command::Open { leg: A, port: PORT_A });
    world.command(play(A, 1, &[160]));
    world.run(1_000);
    assert!(world.take_sent().is_empty() && world.events().is_empty());
    world.command(Command::Setup { leg: A, setup: setup(PHONE_A, Codec::Pcma) });
    world.run(100);
    assert_eq!(world.take_sent().len(), 1);
    world.command(Command::Setup {
        leg: A,
        setup: LegSetup { direction: HELD, ..setup(PHONE_A, Codec::Pcma) },
    });
    world.command(play(A, 2, &[160]));
    world.run(100);
    assert!(world.take_sent().is_empty());
    assert_eq!(world.events().len(), 2);
}

#[test]
fn a_machine_that_slept_does_not_send_what_it_missed() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(play(A, 1, &[80_000]));
    world.run(100);
    world.take_sent();
    world.wire.now += Duration::from_secs(5);
    world.engine.tick(world.wire.now, &mut world.wire);
    assert_eq!(world.take_sent().len(), 1);
}

#[test]
fn ringback_sounds_until_stopped() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    let source = Source::Tone(Tone::Ringback { country: "de".to_owned() });
    world.command(Command::Play { leg: A, job: JobId(1), source });
    world.run(10_000);
    let sent = world.take_sent();
    assert_continuous(&sent);
    let loud: Vec<bool> = sent
        .iter()
        .map(|sent| sent.payload().iter().any(|code| g711::decode(Codec::Pcma, *code).abs() > 1_000))
        .collect();
    let sounding = |range: std::ops::Range<usize>| loud[range].iter().filter(|loud| **loud).count();
    assert_eq!((sounding(0..50), sounding(50..250), sounding(250..300)), (50, 0, 50));
}

#[test]
fn silence_is_told_once_and_its_end_too_but_never_on_hold() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    let inactive = Direction { send: false, recv: false };
    world.command(Command::Setup {
        leg: B,
        setup: LegSetup { direction: inactive, ..setup(PHONE_B, Codec::Pcma) },
    });
    world.run(29_000);
    from_a(&mut world, 1);
    world.run(29_000);
    assert!(world.events().is_empty());
    world.run(60_000);
    assert_eq!(world.events(), [Event::Silent { leg: A }]);
    from_a(&mut world, 2);
    from_a(&mut world, 3);
    assert_eq!(world.events(), [Event::Heard { leg: A }]);
    world.run(31_000);
    assert_eq!(world.events(), [Event::Silent { leg: A }]);
}

#[test]
fn a_recording_is_whole_and_told_only_when_it_is_on_disk() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(record(A, 3, 60_000, 0));
    for n in 0..150 {
        from_a(&mut world, n);
        world.run(20);
    }
    world.command(Command::StopRecord { leg: A, job: JobId(3) });
    assert!(world.events().is_empty());
    let Some(FileOp::Finish { header, length, .. }) = world.wire.ops.last() else { panic!("no finish") };
    assert_eq!((header, *length), (&wav::header(Codec::Pcma, 24_000), 24_058));
    let written: usize = world
        .wire
        .ops
        .iter()
        .map(|op| match op {
            FileOp::Write { bytes, .. } => bytes.len(),
            FileOp::Create { .. } | FileOp::RewriteHeader { .. } | FileOp::Finish { .. } => 0,
        })
        .sum();
    assert_eq!(written, 24_000);
    assert!(matches!(world.wire.ops.first(), Some(FileOp::Create { .. })));
    world.engine.file_done(JobId(3), true);
    world.engine.file_done(JobId(3), true);
    let expected = Event::RecordEnded { leg: A, job: JobId(3), duration_ms: 3_000, end: RecordEnd::Stopped };
    assert_eq!(world.events(), [expected]);
}

#[test]
fn a_recording_ends_by_length_by_silence_by_close_and_by_a_full_disk() {
    let ended = |max_ms, silence_ms, close, fail| {
        let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
        world.command(record(A, 3, max_ms, silence_ms));
        for n in 0..100 {
            let code = if n < 50 { 0xAA } else { 0xD5 };
            world.packet(PORT_A, PHONE_A, &packet(8, n, u32::from(n) * 160, 7, &[code; 160]));
            world.run(20);
            if n == 70 && fail {
                world.engine.file_done(JobId(3), false);
            }
        }
        if close {
            world.command(Command::Close { leg: A });
        }
        world.engine.file_done(JobId(3), true);
        world.events().into_iter().find_map(|event| {
            let Event::RecordEnded { duration_ms, end, .. } = event else { return None };
            Some((duration_ms, end))
        })
    };
    assert_eq!(ended(500, 0, false, false), Some((500, RecordEnd::MaxLength)));
    assert_eq!(ended(60_000, 800, false, false), Some((1_000, RecordEnd::Silence)));
    assert_eq!(ended(60_000, 0, true, false), Some((2_000, RecordEnd::Stopped)));
    assert_eq!(ended(60_000, 0, false, true), Some((0, RecordEnd::Failed)));
    assert_eq!(ended(60_000, 0, false, false), None, "it still runs");
}

#[test]
fn reports_go_out_every_five_seconds_and_theirs_show_where_to() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    from_a(&mut world, 1);
    world.packet(PORT_A + 1, STRANGER, &[0x80, 201, 0, 1, 0, 0, 0, 7]);
    world.packet(PORT_A + 1, "192.0.2.1:4777", &[0x80, 201, 0, 1, 0, 0, 0, 7]);
    world.run(11_000);
    let to: Vec<(u16, String)> = world
        .wire
        .sent
        .iter()
        .filter(|sent| sent.port % 2 == 1)
        .map(|sent| (sent.port, sent.to.to_string()))
        .collect();
    let a = (PORT_A + 1, "192.0.2.1:4777".to_owned());
    let b = (PORT_B + 1, "192.0.2.2:5001".to_owned());
    assert_eq!(to, [a.clone(), b.clone(), a, b]);
}

#[test]
fn ports_out_of_range_odd_or_taken_are_refused_and_unknown_legs_counted() {
    let mut world = World::new();
    for (leg, port) in [(1, 9_998), (2, 10_001), (3, 10_100), (4, 10_098), (5, 10_098)] {
        world.command(Command::Open { leg: LegId(leg), port });
    }
    let failed: Vec<u64> = world
        .events()
        .into_iter()
        .map(|event| {
            let Event::OpenFailed { leg } = event else { panic!("{event:?}") };
            leg.0
        })
        .collect();
    assert_eq!(failed, [1, 2, 3, 5]);
    world.command(Command::Close { leg: LegId(99) });
    world.command(play(LegId(99), 1, &[10]));
    world.packet(10_050, PHONE_A, &[]);
    world.packet(10_098, PHONE_A, &[1, 2, 3]);
    let counters = world.engine.counters();
    assert_eq!(
        (counters.commands_ignored, counters.packets_unclaimed, counters.packets_malformed),
        (2, 1, 1)
    );
}

#[test]
fn nothing_is_left_after_the_last_leg() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(play(A, 1, &[80_000]));
    world.command(record(B, 2, 60_000, 0));
    world.run(500);
    world.command(Command::Close { leg: A });
    world.command(Command::Close { leg: B });
    world.engine.file_done(JobId(2), true);
    world.run(2_000);
    assert_eq!((world.engine.next_deadline(), world.engine.legs()), (None, 0));
    assert!(
        world.engine.busy.is_empty()
            && world.engine.recordings.is_empty()
            && world.engine.finishing.is_empty()
    );
    let mut again = World::new();
    std::mem::swap(&mut again.engine, &mut world.engine);
    again.command(Command::Open { leg: LegId(7), port: PORT_A });
    assert!(
        !again.events().iter().any(|event| matches!(event, Event::OpenFailed { .. })),
        "the port is free again"
    );
}

#[test]
fn a_leg_bridged_to_itself_is_an_echo() {
    let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
    world.command(Command::Bridge { a: A, b: A });
    from_a(&mut world, 1);
    let sent = world.take_sent();
    assert_eq!((sent.len(), sent[0].port), (1, PORT_A));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_datagrams_in_any_order_do_no_harm(
        datagrams in prop::collection::vec((0_u16..4, any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..60),
    ) {
        let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcmu));
        world.command(record(A, 1, 60_000, 1_000));
        for (port, valid, mut bytes) in datagrams {
            if valid && bytes.len() > 1 {
                bytes[0] = 0x80;
                bytes[1] = [0, 8, 101, 13][usize::from(bytes[1] % 4)];
            }
            world.packet(PORT_A + port, if port < 2 { PHONE_A } else { PHONE_B }, &bytes);
            world.run(20);
        }
        world.command(Command::Close { leg: A });
        for sent in world.take_sent() {
            prop_assert!(rtp::parse(&sent.bytes).is_some());
        }
    }

    #[test]
    fn loss_reordering_and_duplicates_pass_as_they_are(order in prop::collection::vec(0_u16..200, 1..100)) {
        let mut world = World::call(setup(PHONE_A, Codec::Pcma), setup(PHONE_B, Codec::Pcma));
        from_a(&mut world, 0);
        let base = world.take_sent()[0].header();
        for n in order {
            from_a(&mut world, n);
            let sent = world.take_sent();
            prop_assert_eq!(sent.len(), 1);
            prop_assert_eq!(sent[0].header().sequence, base.sequence.wrapping_add(n));
            prop_assert_eq!(sent[0].header().timestamp, base.timestamp.wrapping_add(u32::from(n) * 160));
        }
    }
}
