//! The phone that answers: registers as 101, says 180 and 200 to every INVITE, echoes RTP.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::server::Server;
use crate::sip;

/// A registered phone.
pub struct Phone {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Phone {
    /// Registers and starts to answer.
    pub fn register(server: &Server) -> Phone {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let rtp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        rtp.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        register(&socket, server);
        let stop = Arc::new(AtomicBool::new(false));
        let rtp_address = rtp.local_addr().unwrap();
        let (stop_echo, stop_sip) = (stop.clone(), stop.clone());
        let echo = std::thread::spawn(move || echo(&rtp, &stop_echo));
        let answer = std::thread::spawn(move || answer(&socket, rtp_address, &stop_sip));
        Phone { stop, threads: vec![echo, answer] }
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn register(socket: &UdpSocket, server: &Server) {
    let local = socket.local_addr().unwrap();
    let uri = format!("sip:{}", server.sip);
    let request = |cseq: u32, authorization: &str| {
        format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKr{cseq};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:101@{ip}>;tag=r\r\nTo: <sip:101@{ip}>\r\nCall-ID: reg@{local}\r\nCSeq: {cseq} REGISTER\r\n\
             Contact: <sip:101@{local}>\r\nExpires: 3600\r\n{authorization}Content-Length: 0\r\n\r\n",
            ip = server.sip.ip()
        )
    };
    let challenged = exchange(socket, server.sip, &request(1, ""));
    let challenge = challenged
        .lines()
        .filter(|l| l.to_ascii_lowercase().starts_with("www-authenticate:"))
        .find(|l| !l.contains("SHA-256"))
        .expect("an MD5 challenge");
    let value = sip::authorization(challenge, "101", &server.password, "REGISTER", &uri);
    let done = exchange(socket, server.sip, &request(2, &format!("Authorization: {value}\r\n")));
    assert_eq!(sip::status(&done), Some(200), "the phone couldn't register: {done}");
}

fn exchange(socket: &UdpSocket, server: SocketAddr, request: &str) -> String {
    let mut buffer = [0u8; 4096];
    for _ in 0..25 {
        socket.send_to(request.as_bytes(), server).unwrap();
        if let Ok((n, _)) = socket.recv_from(&mut buffer) {
            return String::from_utf8_lossy(&buffer[..n]).into_owned();
        }
    }
    panic!("no answer to {request}");
}

fn answer(socket: &UdpSocket, rtp: SocketAddr, stop: &AtomicBool) {
    let local = socket.local_addr().unwrap();
    let mut buffer = [0u8; 8192];
    while !stop.load(Ordering::Relaxed) {
        let Ok((n, from)) = socket.recv_from(&mut buffer) else { continue };
        let message = String::from_utf8_lossy(&buffer[..n]).into_owned();
        let respond = |line: &str, body: &str| {
            let contact = format!("Contact: <sip:101@{local}>\r\n");
            let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
            let text = format!(
                "SIP/2.0 {line}\r\n{}{}{};tag=ann\r\n{}{}{contact}{kind}Content-Length: {}\r\n\r\n{body}",
                sip::header_lines(&message, "Via"),
                sip::header_lines(&message, "From"),
                sip::header_lines(&message, "To").trim_end().split(";tag=").next().unwrap_or_default(),
                sip::header_lines(&message, "Call-ID"),
                sip::header_lines(&message, "CSeq"),
                body.len()
            );
            let _ = socket.send_to(text.as_bytes(), from);
        };
        match message.split(' ').next() {
            Some("INVITE") => {
                respond("180 Ringing", "");
                respond("200 OK", &sip::sdp(rtp));
            }
            Some("BYE" | "CANCEL" | "OPTIONS" | "NOTIFY") => respond("200 OK", ""),
            _ => {}
        }
    }
}

fn echo(rtp: &UdpSocket, stop: &AtomicBool) {
    let mut buffer = [0u8; 2048];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((n, from)) = rtp.recv_from(&mut buffer) {
            let _ = rtp.send_to(&buffer[..n], from);
        }
    }
}
