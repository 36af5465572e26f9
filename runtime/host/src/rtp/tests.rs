//! Tests of the media thread over real sockets of the loopback.

use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, channel};

use flow_media::control::{Codec, Direction, LegSetup, Pcm, RecordEnd, Source};
use flow_media::wav;

use super::*;

const A: LegId = LegId(1);
const B: LegId = LegId(2);
const PORT_A: u16 = 10_000;
const PORT_B: u16 = 10_002;

/// Longer than a busy machine takes; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Office {
    media: MediaHandle,
    events: Receiver<Event>,
    address: IpAddr,
}

/// A media thread on a loopback address of its own, so that tests don't share ports.
fn office(test: u8) -> Office {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, 100 + test, high, low));
    let (sender, events) = channel();
    let config = Config { bind: address, ports: 10_000..=10_099, media_timeout: Duration::ZERO, seed: 5 };
    let media = MediaThread::start(config, move |event| drop(sender.send(event))).unwrap();
    Office { media, events, address }
}

impl Office {
    fn phone(&self) -> UdpSocket {
        let socket = UdpSocket::bind((self.address, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    fn open(&self, leg: LegId, port: u16, phone: &UdpSocket) {
        let remote = phone.local_addr().unwrap();
        let setup = LegSetup {
            remote: Some(remote),
            signalling: remote,
            codec: Codec::Pcma,
            payload_type: 8,
            telephone_event: None,
            direction: Direction::BOTH,
        };
        self.media.send(Command::Open { leg, port }).unwrap();
        self.media.send(Command::Setup { leg, setup }).unwrap();
    }

    fn event(&self) -> Event {
        self.events.recv_timeout(PATIENCE).unwrap()
    }

    fn play(&self, leg: LegId, samples: usize) {
        let sound: Pcm = vec![8_000; samples].into();
        self.media.send(Command::Play { leg, job: JobId(1), source: Source::Sounds(vec![sound]) }).unwrap();
    }
}

fn voice(sequence: u16, code: u8) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend([0, 0, 0, 9]);
    packet.extend([code; 160]);
    packet
}

fn heard(phone: &UdpSocket) -> Vec<u8> {
    let mut packet = [0; 500];
    let length = phone.recv(&mut packet).unwrap();
    packet[12..length].to_vec()
}

#[test]
fn two_phones_hear_each_other_and_a_prompt() {
    let office = office(0);
    let (a, b) = (office.phone(), office.phone());
    office.open(A, PORT_A, &a);
    office.open(B, PORT_B, &b);
    office.media.send(Command::Bridge { a: A, b: B }).unwrap();
    // The prompt shows that the sockets are there; what is sent before that is lost, as on any network.
    office.play(A, 320);
    assert_eq!((heard(&a).len(), heard(&a).len()), (160, 160));
    assert_eq!(office.event(), Event::PlayEnded { leg: A, job: JobId(1) });
    a.send_to(&voice(1, 1), (office.address, PORT_A)).unwrap();
    assert_eq!(heard(&b), [1; 160]);
    b.send_to(&voice(1, 2), (office.address, PORT_B)).unwrap();
    assert_eq!(heard(&a), [2; 160]);
    office.media.send(Command::Close { leg: A }).unwrap();
    let Event::Closed { leg: A, stats } = office.event() else { panic!("closed") };
    assert_eq!((stats.packets_received, stats.packets_sent), (1, 3));
    UdpSocket::bind((office.address, PORT_A)).unwrap();
}

#[test]
fn a_recording_is_on_disk_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("message.wav");
    let office = office(1);
    let phone = office.phone();
    office.open(A, PORT_A, &phone);
    let record = Command::Record { leg: A, job: JobId(7), path: path.clone(), max_ms: 60_000, silence_ms: 0 };
    office.media.send(record).unwrap();
    office.play(A, 160);
    heard(&phone);
    for n in 0..100 {
        phone.send_to(&voice(n, 0xAA), (office.address, PORT_A)).unwrap();
    }
    assert_eq!(office.event(), Event::PlayEnded { leg: A, job: JobId(1) });
    office.media.send(Command::StopRecord { leg: A, job: JobId(7) }).unwrap();
    let Event::RecordEnded { duration_ms, end, .. } = office.event() else { panic!("recorded") };
    let samples = wav::read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(end, RecordEnd::Stopped);
    assert_eq!(samples.len(), duration_ms as usize * 8);
    assert!(!samples.is_empty() && samples.iter().all(|sample| *sample == 32_256));
}

#[test]
fn a_recording_that_can_t_be_written_fails() {
    let office = office(2);
    let phone = office.phone();
    office.open(A, PORT_A, &phone);
    let path = "/nowhere/to/be/found.wav".into();
    office
        .media
        .send(Command::Record { leg: A, job: JobId(7), path, max_ms: 60_000, silence_ms: 0 })
        .unwrap();
    let Event::RecordEnded { end, .. } = office.event() else { panic!("recorded") };
    assert_eq!(end, RecordEnd::Failed);
}

#[test]
fn a_taken_port_is_told() {
    let office = office(3);
    let _other = UdpSocket::bind((office.address, PORT_A + 1)).unwrap();
    office.media.send(Command::Open { leg: A, port: PORT_A }).unwrap();
    assert_eq!(office.event(), Event::OpenFailed { leg: A });
    office.media.send(Command::Close { leg: A }).unwrap();
    assert!(matches!(office.event(), Event::Closed { .. }));
}

#[test]
fn shutdown_carries_out_what_was_sent() {
    let office = office(4);
    for leg in 0..40 {
        office.media.send(Command::Open { leg: LegId(leg), port: 10_000 + 2 * leg as u16 }).unwrap();
        office.media.send(Command::Close { leg: LegId(leg) }).unwrap();
    }
    office.media.shutdown();
    assert_eq!(office.events.iter().count(), 40);
}
