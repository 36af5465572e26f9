//! The load: calls from a trunk at a steady rate, each with a little sound, each hung up by the caller.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::server::Server;
use crate::sip;

/// Packets of sound that each call sends (20 ms each); all but a few of the first must come back.
pub const SOUND_PACKETS: u32 = 25;

/// How many of them have to come back: the first ones are what a guarded latch listens to before it believes.
const SOUND_PACKETS_BACK_MIN: u32 = SOUND_PACKETS - 8;

/// What was measured.
pub struct Figures {
    /// Calls with a 200.
    pub answered: u64,
    /// Calls that heard themselves.
    pub heard: u64,
    /// INVITE sent to 200 received.
    pub setup_median_ms: f64,
    /// See above.
    pub setup_p99_ms: f64,
    /// CPU of the server over the run, by call.
    pub cpu_ms_per_call: f64,
    /// Highest resident memory seen.
    pub memory_peak_kib: u64,
    /// Highest number of answered calls at one time.
    pub calls_at_once_max: u64,
}

/// A call under way.
struct Call {
    invited: Instant,
    relay: Option<SocketAddr>,
    ok: Option<String>,
    sent: u32,
    back: u32,
    hung_up: bool,
}

struct Load<'s> {
    server: &'s Server,
    sip: UdpSocket,
    rtp: UdpSocket,
    calls: BTreeMap<u64, Call>,
    by_relay: BTreeMap<u16, u64>,
    setup_ms: Vec<f64>,
    heard: u64,
}

/// Makes `calls` calls at `rate` a second.
pub fn run(server: &Server, calls: u64, rate: u64) -> Figures {
    let trunk = Ipv4Addr::new(127, 0, 0, 2);
    let mut load = Load {
        server,
        sip: UdpSocket::bind((trunk, 0)).unwrap(),
        rtp: UdpSocket::bind((trunk, 0)).unwrap(),
        calls: BTreeMap::new(),
        by_relay: BTreeMap::new(),
        setup_ms: Vec::new(),
        heard: 0,
    };
    load.sip.set_nonblocking(true).unwrap();
    load.rtp.set_nonblocking(true).unwrap();

    let (cpu, started) = (server.cpu_ms(), Instant::now());
    let (mut next_call, mut next_sound) = (0u64, Instant::now());
    let (mut memory_peak_kib, mut calls_at_once_max) = (0, 0);
    let deadline = Duration::from_secs(calls / rate + 15);
    while started.elapsed() < deadline && (next_call < calls || !load.calls.is_empty()) {
        while next_call < calls
            && started.elapsed() >= Duration::from_secs_f64(next_call as f64 / rate as f64)
        {
            load.invite(next_call);
            next_call += 1;
        }
        if Instant::now() >= next_sound {
            next_sound += Duration::from_millis(20);
            load.send_sound();
            calls_at_once_max = calls_at_once_max.max(load.calls.len() as u64);
            memory_peak_kib = memory_peak_kib.max(server.memory_kib());
        }
        load.receive();
        std::thread::sleep(Duration::from_micros(200));
    }
    load.setup_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        load.setup_ms.get((load.setup_ms.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
    };
    Figures {
        answered: load.setup_ms.len() as u64,
        heard: load.heard,
        setup_median_ms: at(0.5),
        setup_p99_ms: at(0.99),
        cpu_ms_per_call: (server.cpu_ms() - cpu) / calls as f64,
        memory_peak_kib,
        calls_at_once_max,
    }
}

impl Load<'_> {
    fn request(&self, n: u64, method: &str, cseq: u32, to_tag: &str, uri: &str, body: &str) -> String {
        let local = self.sip.local_addr().unwrap();
        let server = self.server.sip;
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{n}-{cseq}-{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: \"Load\" <sip:+61400000000@{local}>;tag=f{n}\r\n\
             To: <sip:+61200000001@{server}>{to_tag}\r\nCall-ID: load-{n}@{local}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:load@{local}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn invite(&mut self, n: u64) {
        let uri = format!("sip:+61200000001@{}", self.server.sip);
        let body = sip::sdp(self.rtp.local_addr().unwrap());
        let message = self.request(n, "INVITE", 1, "", &uri, &body);
        self.sip.send_to(message.as_bytes(), self.server.sip).unwrap();
        let call = Call { invited: Instant::now(), relay: None, ok: None, sent: 0, back: 0, hung_up: false };
        self.calls.insert(n, call);
    }

    fn in_dialog(&self, n: u64, method: &str, cseq: u32, ok: &str) -> String {
        let to = sip::header(ok, "To").unwrap_or_default();
        let tag = to.split_once(";tag=").map(|(_, tag)| format!(";tag={tag}")).unwrap_or_default();
        let uri = sip::contact_uri(ok).expect("a 200 carries a Contact");
        self.request(n, method, cseq, &tag, &uri, "")
    }

    fn receive(&mut self) {
        let mut buffer = [0u8; 8192];
        while let Ok((n, _)) = self.sip.recv_from(&mut buffer) {
            let message = String::from_utf8_lossy(&buffer[..n]).into_owned();
            self.response(&message);
        }
        while let Ok((_, from)) = self.rtp.recv_from(&mut buffer) {
            let call = self.by_relay.get(&from.port()).and_then(|n| self.calls.get_mut(n));
            if let Some(call) = call {
                call.back += 1;
            }
        }
    }

    fn response(&mut self, message: &str) {
        let call_id = sip::header(message, "Call-ID").unwrap_or_default();
        let number =
            call_id.strip_prefix("load-").and_then(|r| r.split('@').next()).and_then(|n| n.parse().ok());
        let Some(n) = number else { return };
        let cseq = sip::header(message, "CSeq").unwrap_or_default();
        let Some(status) = sip::status(message) else { return };
        if cseq.ends_with("INVITE") && status == 200 {
            let ack = self.in_dialog(n, "ACK", 1, message);
            let _ = self.sip.send_to(ack.as_bytes(), self.server.sip);
            let Some(call) = self.calls.get_mut(&n) else { return };
            if call.ok.is_none() {
                self.setup_ms.push(call.invited.elapsed().as_secs_f64() * 1e3);
                call.ok = Some(message.to_owned());
                let port = sip::media_port(message).expect("a 200 carries SDP");
                call.relay = Some(SocketAddr::new(self.server.sip.ip(), port));
                self.by_relay.insert(port, n);
            }
        } else if cseq.ends_with("BYE") && status == 200 {
            if let Some(call) = self.calls.remove(&n) {
                self.heard += u64::from(call.back >= SOUND_PACKETS_BACK_MIN);
                self.by_relay.retain(|_, owner| *owner != n);
            }
        } else if status >= 300 {
            panic!("a call failed: {message}");
        }
    }

    fn send_sound(&mut self) {
        let mut done = Vec::new();
        for (n, call) in &mut self.calls {
            let (Some(relay), Some(ok)) = (call.relay, &call.ok) else { continue };
            if call.sent < SOUND_PACKETS {
                let _ = self.rtp.send_to(&rtp_packet(*n as u32, call.sent), relay);
                call.sent += 1;
            } else if !call.hung_up && call.back >= SOUND_PACKETS_BACK_MIN {
                call.hung_up = true;
                done.push((*n, ok.clone()));
            }
        }
        for (n, ok) in done {
            let bye = self.in_dialog(n, "BYE", 2, &ok);
            let _ = self.sip.send_to(bye.as_bytes(), self.server.sip);
        }
    }
}

fn rtp_packet(ssrc: u32, n: u32) -> [u8; 172] {
    let mut packet = [0x55u8; 172];
    packet[0] = 0x80;
    packet[1] = 0;
    packet[2..4].copy_from_slice(&(n as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&(n * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
    packet
}
