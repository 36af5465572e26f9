//! The relay against Debian's rtpengine (userspace), in one run on one machine: CPU per call-second of relayed G.711,
//! loss, delay and memory, at 50, 100 and 200 calls.
//!
//! Both relays are processes of their own whose CPU time is read from `/proc`; the phones are this process and don't
//! count. A run in which a call had no sound in either direction is no measurement: the bench stops.
//!
//! `relay [calls…]`; `RELAY_SECONDS` is the length of one measurement (10). The bench starts itself again with
//! `--relay` as our relay.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench is a test: it stops at the first thing that is wrong, and prints"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use flow_media::control::{Codec, Command as Media, Direction, LegId, LegSetup};
use flowpbx::rtp::{Config, MediaThread};

const LOCAL: &str = "127.0.0.1";
/// Where our relay's ports begin; rtpengine's are beyond.
const OUR_PORTS: u16 = 20_000;
const THEIR_PORTS: u16 = 30_000;
const NG_PORT: u16 = 22_722;
const CALLS: [usize; 3] = [50, 100, 200];
const PACKETS_PER_SECOND: u64 = 50;
/// Clock ticks a second in `/proc/PID/stat` on every Linux that matters.
const TICKS: f64 = 100.0;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|argument| argument == "--relay") {
        return relay_process();
    }
    let asked: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let seconds = std::env::var("RELAY_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    println!(
        "G.711 relay, CPU ms per call-second (one call = two parties, {PACKETS_PER_SECOND} packets/s each way)"
    );
    println!(
        "{:<12}{:>6}{:>10}{:>10}{:>12}{:>12}{:>12}",
        "relay", "calls", "CPU ms", "loss %", "p50 delay", "p99 delay", "KiB/call"
    );
    for calls in if asked.is_empty() { CALLS.to_vec() } else { asked } {
        for relay in [&mut Ours::start() as &mut dyn Relay, &mut RtpEngine::start()] {
            let row = measure(relay, calls, Duration::from_secs(seconds));
            println!(
                "{:<12}{calls:>6}{:>10.2}{:>10.3}{:>9} µs{:>9} µs{:>12.1}",
                relay.name(),
                row.cpu_ms,
                row.loss_percent,
                row.delay_p50,
                row.delay_p99,
                row.kib_per_call
            );
        }
    }
    println!(
        "baselines: rtpengine 10.5 userspace 1.79 / 1.27-1.65 / 1.24 CPU ms, 50-58 KiB; Asterisk 22 3.16 / 2.9-3.15 / 2.69, 205-304 KiB"
    );
}

/// A relay in a process of its own.
trait Relay {
    fn name(&self) -> &'static str;
    fn pid(&self) -> u32;
    /// Connects two parties; gives the relay's ports towards them.
    fn connect(&mut self, call: usize, a: SocketAddr, b: SocketAddr) -> (u16, u16);
}

struct Row {
    cpu_ms: f64,
    loss_percent: f64,
    delay_p50: u64,
    delay_p99: u64,
    kib_per_call: f64,
}

fn measure(relay: &mut dyn Relay, calls: usize, length: Duration) -> Row {
    let phones = Phones::new();
    let before = memory_kib(relay.pid());
    let ports: Vec<(u16, u16)> =
        (0..calls).map(|call| relay.connect(call, phones.a_address(), phones.b_address())).collect();
    let mut talk = phones.talk(&ports);
    // Until every call is up and learned, and the relay's memory has grown to what it needs.
    talk.run(Duration::from_secs(2));
    talk.counters.reset();
    let (began, cpu) = (Instant::now(), cpu_seconds(relay.pid()));
    talk.run(length);
    let (elapsed, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(relay.pid()) - cpu);
    let kib_per_call = (memory_kib(relay.pid()) - before) / calls as f64;
    // What is still on its way.
    std::thread::sleep(Duration::from_millis(300));
    let sent = talk.sent;
    let counters = talk.stop();
    counters.assert_sound_both_ways(calls, relay.name());
    let received = counters.received();
    let (delay_p50, delay_p99) = counters.delays();
    Row {
        cpu_ms: cpu * 1_000.0 / (calls as f64 * elapsed),
        loss_percent: (sent.saturating_sub(received)) as f64 * 100.0 / sent as f64,
        delay_p50,
        delay_p99,
        kib_per_call,
    }
}

// Phones

/// All callers behind one socket and all callees behind another, as sipp does it: a packet's call is told by the
/// relay's port, and its age by a time stamp in its sound.
struct Phones {
    a: UdpSocket,
    b: UdpSocket,
}

struct Talk {
    a: UdpSocket,
    b: UdpSocket,
    ports: Vec<(u16, u16)>,
    began: Instant,
    /// Packets of each party so far.
    tick: u64,
    sent: u64,
    counters: Arc<Counters>,
    ears: Vec<std::thread::JoinHandle<()>>,
}

struct Counters {
    over: AtomicBool,
    /// By the relay's port.
    heard: Vec<AtomicU32>,
    /// By microseconds, the last for all that is later.
    delays: Vec<AtomicU64>,
    ports: Vec<(u16, u16)>,
}

impl Phones {
    fn new() -> Phones {
        let socket = || {
            let socket = UdpSocket::bind((LOCAL, 0)).expect("a phone's socket");
            socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a time-out");
            // 20,000 packets/s into one socket: room for a moment in which this process doesn't run.
            rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 16 << 20)
                .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 16 << 20))
                .expect("a larger buffer");
            socket
        };
        Phones { a: socket(), b: socket() }
    }

    fn a_address(&self) -> SocketAddr {
        self.a.local_addr().unwrap()
    }

    fn b_address(&self) -> SocketAddr {
        self.b.local_addr().unwrap()
    }

    fn talk(self, ports: &[(u16, u16)]) -> Talk {
        let counters = Arc::new(Counters {
            over: AtomicBool::new(false),
            heard: std::iter::repeat_with(AtomicU32::default).take(1 << 16).collect(),
            delays: std::iter::repeat_with(AtomicU64::default).take(100_000).collect(),
            ports: ports.to_vec(),
        });
        let began = Instant::now();
        let ear = |socket: &UdpSocket| {
            let (socket, counters) = (socket.try_clone().unwrap(), counters.clone());
            std::thread::spawn(move || counters.listen(&socket, began))
        };
        let ears = vec![ear(&self.a), ear(&self.b)];
        Talk { a: self.a, b: self.b, ports: ports.to_vec(), began, tick: 0, sent: 0, counters, ears }
    }
}

impl Talk {
    /// Sends in steps of half a millisecond, so that calls are spread over each 20 ms as they are in an office.
    fn run(&mut self, length: Duration) {
        const STEPS: u64 = 40;
        self.sent = 0;
        let end = self.began.elapsed() + length;
        while self.began.elapsed() < end {
            for step in 0..STEPS {
                let due = Duration::from_millis(self.tick * 20) + Duration::from_micros(step * 500);
                if let Some(wait) = due.checked_sub(self.began.elapsed()) {
                    std::thread::sleep(wait);
                }
                for call in (0..self.ports.len()).filter(|call| *call as u64 % STEPS == step) {
                    self.send(call);
                }
            }
            self.tick += 1;
        }
    }

    fn send(&mut self, call: usize) {
        let (to_a, to_b) = self.ports[call];
        for (socket, port, ssrc) in [(&self.a, to_a, 2 * call as u32), (&self.b, to_b, 2 * call as u32 + 1)] {
            let mut packet = [0x55; 172];
            packet[..2].copy_from_slice(&[0x80, 8]);
            packet[2..4].copy_from_slice(&(self.tick as u16).to_be_bytes());
            packet[4..8].copy_from_slice(&(self.tick as u32 * 160).to_be_bytes());
            packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
            packet[12..20].copy_from_slice(&(self.began.elapsed().as_micros() as u64).to_be_bytes());
            socket.send_to(&packet, (LOCAL, port)).expect("sending");
            self.sent += 1;
        }
    }

    fn stop(self) -> Arc<Counters> {
        self.counters.over.store(true, Ordering::Relaxed);
        self.ears.into_iter().for_each(|ear| ear.join().expect("an ear"));
        self.counters
    }
}

impl Counters {
    fn listen(&self, socket: &UdpSocket, began: Instant) {
        let mut packet = [0; 500];
        while !self.over.load(Ordering::Relaxed) {
            let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
            // Only what is a voice packet of ours.
            if length != 172 || packet[1] & 0x7F != 8 {
                continue;
            }
            let sent = u64::from_be_bytes(packet[12..20].try_into().unwrap());
            let delay = (began.elapsed().as_micros() as u64).saturating_sub(sent) as usize;
            self.heard[usize::from(from.port())].fetch_add(1, Ordering::Relaxed);
            self.delays[delay.min(self.delays.len() - 1)].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn reset(&self) {
        self.heard.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        self.delays.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    fn received(&self) -> u64 {
        self.heard.iter().map(|count| u64::from(count.load(Ordering::Relaxed))).sum()
    }

    fn assert_sound_both_ways(&self, calls: usize, relay: &str) {
        assert_eq!(self.ports.len(), calls);
        for (call, (to_a, to_b)) in self.ports.iter().enumerate() {
            for port in [to_a, to_b] {
                let heard = self.heard[usize::from(*port)].load(Ordering::Relaxed);
                assert!(
                    heard > 0,
                    "{relay}: call {call} heard nothing from port {port}; this is no measurement"
                );
            }
        }
    }

    fn delays(&self) -> (u64, u64) {
        let counts: Vec<u64> = self.delays.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let all: u64 = counts.iter().sum();
        let at = |share: f64| {
            let mut rest = (all as f64 * share) as u64;
            counts
                .iter()
                .take_while(|count| rest.checked_sub(**count).map(|left| rest = left).is_some())
                .count() as u64
        };
        (at(0.5), at(0.99))
    }
}

// Our relay

struct Ours {
    process: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Ours {
    fn start() -> Ours {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg("--relay")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("our relay");
        let answers = BufReader::new(process.stdout.take().unwrap());
        Ours { process, answers }
    }
}

impl Relay for Ours {
    fn name(&self) -> &'static str {
        "flowpbx"
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }

    fn connect(&mut self, call: usize, a: SocketAddr, b: SocketAddr) -> (u16, u16) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{call} {a} {b}").expect("our relay's input");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("our relay's answer");
        let port = line.trim().parse().expect("a port");
        (port, port + 2)
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One call a line: number, caller, callee; answers the port towards the caller.
fn relay_process() {
    let ports = OUR_PORTS..=OUR_PORTS + 9_999;
    let config =
        Config { bind: LOCAL.parse().unwrap(), ports, media_timeout: Duration::from_secs(60), seed: 1 };
    let media = MediaThread::start(config, |event| eprintln!("{event:?}")).expect("the media thread");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let call: u16 = words[0].parse().unwrap();
        let port = OUR_PORTS + call * 4;
        let legs = [(2 * call, port, words[1]), (2 * call + 1, port + 2, words[2])];
        for (leg, port, remote) in legs {
            let leg = LegId(leg.into());
            media.send(Media::Open { leg, port }).unwrap();
            media.send(Media::Setup { leg, setup: setup(remote.parse().unwrap()) }).unwrap();
        }
        let [a, b] = legs.map(|(leg, ..)| LegId(leg.into()));
        media.send(Media::Bridge { a, b }).unwrap();
        println!("{port}");
    }
}

fn setup(remote: SocketAddr) -> LegSetup {
    LegSetup {
        remote: Some(remote),
        signalling: remote,
        codec: Codec::Pcma,
        payload_type: 8,
        telephone_event: None,
        direction: Direction::BOTH,
    }
}

// rtpengine

struct RtpEngine {
    process: Child,
    control: UdpSocket,
    folder: tempfile::TempDir,
}

impl RtpEngine {
    fn start() -> RtpEngine {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("rtpengine")
            .args(["--table=-1", "--foreground", "--log-stderr", "--log-level=3", "--no-fallback"])
            .arg(format!("--interface={LOCAL}"))
            .arg(format!("--listen-ng={LOCAL}:{NG_PORT}"))
            .args([format!("--port-min={THEIR_PORTS}"), format!("--port-max={}", THEIR_PORTS + 9_999)])
            .arg(format!("--pidfile={}", folder.path().join("pid").display()))
            .args(["--config-file=none"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rtpengine (Debian package rtpengine-daemon)");
        let control = UdpSocket::bind((LOCAL, 0)).unwrap();
        control.connect((LOCAL, NG_PORT)).unwrap();
        control.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let engine = RtpEngine { process, control, folder };
        let up = (0..40)
            .any(|_| engine.try_ask("d7:command4:pinge").is_some_and(|answer| answer.contains("pong")));
        assert!(up, "rtpengine doesn't answer on {LOCAL}:{NG_PORT}");
        engine
    }

    fn try_ask(&self, request: &str) -> Option<String> {
        // Answers are kept by cookie, so each needs its own.
        static COOKIE: AtomicU32 = AtomicU32::new(0);
        let cookie = format!("c{}_{}", std::process::id(), COOKIE.fetch_add(1, Ordering::Relaxed));
        let mut answer = [0; 8_000];
        // A refused packet shows as an error of the next call: it isn't up yet.
        let sent = self.control.send(format!("{cookie} {request}").as_bytes());
        let length = sent.and_then(|_| self.control.recv(&mut answer));
        let Ok(length) = length else {
            std::thread::sleep(Duration::from_millis(100));
            return None;
        };
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        text.strip_prefix(&cookie).map(str::to_owned)
    }

    /// Sends an offer or answer and gives the port in the SDP that comes back.
    fn ask(&self, command: &str, call: usize, to: bool, party: SocketAddr) -> u16 {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {LOCAL}\r\ns=-\r\nc=IN IP4 {LOCAL}\r\nt=0 0\r\nm=audio {} RTP/AVP 8\r\n",
            party.port()
        );
        let string = |text: &str| format!("{}:{text}", text.len());
        let mut entries = vec![
            ("call-id", format!("bench{call}")),
            ("command", command.to_owned()),
            ("from-tag", "a".to_owned()),
        ];
        entries.push(("sdp", sdp));
        if to {
            entries.push(("to-tag", "b".to_owned()));
        }
        let body: String = entries.iter().map(|(key, value)| string(key) + &string(value)).collect();
        let answer = self.try_ask(&format!("d{body}e")).expect("rtpengine's answer");
        let port = answer.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next());
        port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("rtpengine said {answer}"))
    }
}

impl Relay for RtpEngine {
    fn name(&self) -> &'static str {
        "rtpengine"
    }

    fn pid(&self) -> u32 {
        self.process.id()
    }

    fn connect(&mut self, call: usize, a: SocketAddr, b: SocketAddr) -> (u16, u16) {
        assert!(self.folder.path().exists());
        let towards_b = self.ask("offer", call, false, a);
        let towards_a = self.ask("answer", call, true, b);
        (towards_a, towards_b)
    }
}

impl Drop for RtpEngine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

// Figures of a process

/// User and system time so far.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the relay runs");
    // The name in brackets may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().map(|at| fields[*at].parse::<u64>().unwrap()).sum();
    ticks as f64 / TICKS
}

fn memory_kib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the relay runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}
