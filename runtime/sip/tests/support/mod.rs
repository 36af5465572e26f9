//! A phone system with one endpoint, and peers that speak SIP as text.

#![allow(dead_code, clippy::wildcard_enum_match_arm, reason = "every test file uses a part of this")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flow_sip::{
    Config, ConnectionId, Directory, Endpoint, Event, Flow, OutgoingCall, Party, Secret, Transport, TrunkAcl,
    UserCredential,
};
use md5::{Digest, Md5};
use sha2::Sha256;

pub const PHONE: &str = "198.51.100.7:40000";
pub const TRUNK: &str = "192.0.2.20:5060";
pub const STRANGER: &str = "203.0.113.66:5060";
pub const DOMAIN: &str = "office.example";
pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn udp(address: &str) -> Flow {
    Flow { transport: Transport::Udp, remote: address.parse().unwrap(), connection: None }
}

pub fn tcp(address: &str, connection: u64) -> Flow {
    Flow {
        transport: Transport::Tcp,
        remote: address.parse().unwrap(),
        connection: Some(ConnectionId(connection)),
    }
}

pub fn directory() -> Directory {
    let user = |name: &str| {
        let secret = Secret::new(format!("secret-{name}"));
        (name.to_owned(), UserCredential { secret, max_registrations: 2 })
    };
    Directory {
        domain: DOMAIN.into(),
        users: BTreeMap::from([user("101"), user("102")]),
        trunks: vec![TrunkAcl { trunk: "carrier".into(), networks: vec!["192.0.2.0/24".parse().unwrap()] }],
    }
}

/// The endpoint under test.
pub struct Office {
    pub pbx: Endpoint,
    pub now: Duration,
    /// What was sent since the last look.
    sent: Vec<(Flow, String)>,
    branches: u32,
}

impl Office {
    pub fn new() -> Office {
        Office::with(directory())
    }

    pub fn with(directory: Directory) -> Office {
        let config = Config::new("198.51.100.1".parse().unwrap(), 5060);
        let pbx = Endpoint::new(config, Arc::new(directory), [42; 32]);
        Office { pbx, now: ms(1_000), sent: Vec::new(), branches: 0 }
    }

    /// A message arrives as a datagram.
    pub fn hear(&mut self, from: &str, message: impl ToString) {
        self.pbx.receive(self.now, &udp(from), message.to_string().as_bytes());
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(transmit) = self.pbx.poll_transmit() {
            self.sent.push((transmit.flow, String::from_utf8(transmit.bytes).unwrap()));
        }
    }

    /// Everything sent since the last look.
    pub fn sent(&mut self) -> Vec<(Flow, String)> {
        self.collect();
        std::mem::take(&mut self.sent)
    }

    /// The one message sent since the last look.
    #[track_caller]
    pub fn said(&mut self) -> String {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent.remove(0).1
    }

    /// The first lines of everything sent since the last look.
    pub fn lines(&mut self) -> Vec<String> {
        self.sent().into_iter().map(|(_, text)| text.lines().next().unwrap().to_owned()).collect()
    }

    pub fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.pbx.poll_event()).collect()
    }

    #[track_caller]
    pub fn event(&mut self) -> Event {
        let mut events = self.events();
        assert_eq!(events.len(), 1, "{events:#?}");
        events.remove(0)
    }

    /// Time passes; every deadline on the way is kept.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.pbx.next_deadline().filter(|next| *next <= until) {
            assert!(next >= self.now, "a deadline lies in the past");
            self.now = next;
            self.pbx.tick(next);
            self.collect();
        }
        self.now = until;
    }

    /// Waits until nothing is left, and checks that this comes in finite time.
    #[track_caller]
    pub fn finish(&mut self) {
        self.wait(Duration::from_secs(200));
        assert!(self.pbx.is_idle(), "{:?}", self.pbx.leftovers());
        self.sent();
    }

    pub fn branch(&mut self) -> String {
        self.branches += 1;
        format!("z9hG4bKtest{}", self.branches)
    }

    /// A fresh request of a peer at `from`.
    pub fn request(&mut self, method: &str, from: &str) -> Req {
        Req {
            method: method.into(),
            uri: "sip:101@office.example".into(),
            via: format!("SIP/2.0/UDP {from};branch={};rport", self.branch()),
            from: "<sip:caller@peer.example>;tag=peer".into(),
            to: "<sip:101@office.example>".into(),
            call_id: "call-1".into(),
            cseq: 1,
            more: Vec::new(),
            body: String::new(),
        }
    }

    /// A call from the trunk that call control has heard of, with its leg.
    #[track_caller]
    pub fn incoming(&mut self) -> (Req, flow_sip::LegId) {
        let invite = self.request("INVITE", TRUNK).with("Contact", "<sip:gw@192.0.2.20:5060>").sdp();
        self.hear(TRUNK, &invite);
        assert_eq!(self.lines(), ["SIP/2.0 100 Trying"]);
        match self.event() {
            Event::Incoming { leg, .. } => (invite, leg),
            other => panic!("{other:?}"),
        }
    }

    /// A call from the trunk, answered and acknowledged. The request returned is a template of the caller's next ones.
    #[track_caller]
    pub fn established(&mut self) -> (Req, flow_sip::LegId) {
        let (invite, leg) = self.incoming();
        self.pbx.answer(self.now, leg, SDP.into()).unwrap();
        let ok = self.said();
        assert!(ok.starts_with("SIP/2.0 200 OK\r\n"), "{ok}");
        let mut dialog = invite.clone();
        dialog.to = value(&ok, "To").into();
        dialog.body = String::new();
        dialog.more.clear();
        let ack = Req { method: "ACK".into(), via: self.via(TRUNK), ..dialog.clone() };
        self.hear(TRUNK, &ack);
        assert_eq!(self.event(), Event::Confirmed { leg });
        (dialog, leg)
    }

    pub fn via(&mut self, from: &str) -> String {
        format!("SIP/2.0/UDP {from};branch={};rport", self.branch())
    }

    /// The next request of the caller in a dialog.
    pub fn next(&mut self, dialog: &mut Req, method: &str) -> Req {
        dialog.cseq += 1;
        Req { method: method.into(), via: self.via(TRUNK), ..dialog.clone() }
    }

    /// A call of ours to a phone, and the INVITE that it got.
    #[track_caller]
    pub fn calling(&mut self) -> (flow_sip::LegId, String) {
        let leg = self.pbx.call(self.now, outgoing(PHONE));
        (leg, self.said())
    }

    /// A call of ours that the phone answered.
    #[track_caller]
    pub fn called(&mut self) -> (flow_sip::LegId, String) {
        let (leg, invite) = self.calling();
        self.hear(PHONE, reply(&invite, 200, "phone").with("Contact", "<sip:101@10.0.0.9:5060>").sdp());
        assert!(matches!(self.event(), Event::Answered { .. }));
        assert!(self.said().starts_with("ACK "));
        (leg, invite)
    }

    /// A REGISTER with right credentials, taken through its challenge; the final response.
    pub fn register(&mut self, from: &str, user: &str, contacts: &[&str], more: &[(&str, &str)]) -> String {
        let mut request = self.request("REGISTER", from);
        request.uri = format!("sip:{DOMAIN}");
        request.from = format!("<sip:{user}@{DOMAIN}>;tag=r");
        request.to = format!("<sip:{user}@{DOMAIN}>");
        request.call_id = format!("register-{user}-{}", self.branches);
        for contact in contacts {
            request = request.with("Contact", contact);
        }
        for (name, value) in more {
            request = request.with(name, value);
        }
        self.hear(from, &request);
        let challenge = self.said();
        assert!(challenge.starts_with("SIP/2.0 401 "), "{challenge}");
        let request = self.authorized(&request, from, &challenge, user, &format!("secret-{user}"), 1);
        self.hear(from, &request);
        self.said()
    }

    /// The request again, with credentials for the first challenge in `challenge`.
    pub fn authorized(
        &mut self,
        request: &Req,
        from: &str,
        challenge: &str,
        user: &str,
        secret: &str,
        nc: u32,
    ) -> Req {
        let line = challenge
            .lines()
            .find(|line| line.starts_with("WWW-Authenticate: ") || line.starts_with("Proxy-Authenticate: "))
            .unwrap();
        let get = |name: &str| {
            let rest = line.split(&format!("{name}=")).nth(1).unwrap();
            rest.trim_start_matches('"').split(['"', ',']).next().unwrap().to_owned()
        };
        let (nonce, algorithm) = (get("nonce"), get("algorithm"));
        let h = |text: String| match algorithm.as_str() {
            "MD5" => hex(&Md5::digest(text)),
            "SHA-256" => hex(&Sha256::digest(text)),
            other => panic!("{other}"),
        };
        let a1 = h(format!("{user}:{DOMAIN}:{secret}"));
        let a2 = h(format!("{}:{}", request.method, request.uri));
        let response = h(format!("{a1}:{nonce}:{nc:08x}:c:auth:{a2}"));
        let credentials = format!(
            "Digest username=\"{user}\", realm=\"{DOMAIN}\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\", \
             algorithm={algorithm}, qop=auth, nc={nc:08x}, cnonce=\"c\"",
            request.uri
        );
        let mut request = request.clone();
        request.cseq += 1;
        request.via = self.via(from);
        request.with("Authorization", &credentials)
    }
}

pub fn outgoing(to: &str) -> OutgoingCall {
    OutgoingCall {
        target: "sip:101@10.0.0.9:5060;line=7".into(),
        flow: udp(to),
        from: Party { name: "Zoë \"Z\" O'Hara".into(), number: "+15551234".into() },
        to: Party { name: String::new(), number: "101".into() },
        asserted: Some(Party { name: "Zoë".into(), number: "+15551234".into() }),
        max_forwards: 70,
        sdp: SDP.into(),
    }
}

/// A request as text.
#[derive(Clone)]
pub struct Req {
    pub method: String,
    pub uri: String,
    pub via: String,
    pub from: String,
    pub to: String,
    pub call_id: String,
    pub cseq: u32,
    pub more: Vec<(String, String)>,
    pub body: String,
}

impl Req {
    pub fn with(mut self, name: &str, value: &str) -> Req {
        self.more.push((name.into(), value.into()));
        self
    }

    pub fn sdp(mut self) -> Req {
        self.body = SDP.into();
        self.with("Content-Type", "application/sdp")
    }
}

impl std::fmt::Display for Req {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} SIP/2.0\r\nVia: {}\r\nMax-Forwards: 70\r\n", self.method, self.uri, self.via)?;
        write!(f, "From: {}\r\nTo: {}\r\nCall-ID: {}\r\n", self.from, self.to, self.call_id)?;
        write!(f, "CSeq: {} {}\r\n", self.cseq, self.method)?;
        for (name, value) in &self.more {
            write!(f, "{name}: {value}\r\n")?;
        }
        write!(f, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body)
    }
}

/// A response as text.
#[derive(Clone)]
pub struct Res {
    head: String,
    body: String,
}

impl Res {
    pub fn with(mut self, name: &str, value: &str) -> Res {
        write!(self.head, "{name}: {value}\r\n").unwrap();
        self
    }

    pub fn sdp(mut self) -> Res {
        self.body = SDP.into();
        self.with("Content-Type", "application/sdp")
    }
}

impl std::fmt::Display for Res {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}Content-Length: {}\r\n\r\n{}", self.head, self.body.len(), self.body)
    }
}

/// What a peer with tag `tag` replies to a request of ours.
pub fn reply(request: &str, status: u16, tag: &str) -> Res {
    let mut head = format!("SIP/2.0 {status} Whatever\r\n");
    for line in request.lines().take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap();
        if matches!(name, "Via" | "From" | "Call-ID" | "CSeq") {
            write!(head, "{line}\r\n").unwrap();
        } else if name == "To" {
            let tag =
                if line.contains(";tag=") || tag.is_empty() { String::new() } else { format!(";tag={tag}") };
            write!(head, "{line}{tag}\r\n").unwrap();
        }
    }
    Res { head, body: String::new() }
}

/// The value of the first header of that name.
#[track_caller]
pub fn value<'a>(message: &'a str, name: &str) -> &'a str {
    let mark = format!("{name}: ");
    message
        .lines()
        .find_map(|line| line.strip_prefix(&mark))
        .unwrap_or_else(|| panic!("no {name} in\n{message}"))
}

pub fn values<'a>(message: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!("{name}: ");
    message.lines().filter_map(|line| line.strip_prefix(mark.as_str())).collect()
}

pub fn status(message: &str) -> u16 {
    message.split(' ').nth(1).unwrap().parse().unwrap()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}
