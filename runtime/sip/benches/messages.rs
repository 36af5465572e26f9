//! CPU per message exchange of the SIP core alone, without sockets: beside the whole-server figures of other systems.
//!
//! `cargo bench -p flow-sip`
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures real time, prints, and may panic"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use flow_sip::Event;
use support::*;

const ROUNDS: u32 = 2_000;
/// Of the rounds, this many go untimed first.
const WARM_UP: u32 = 200;

/// Time spent in the endpoint over all rounds; what peers do isn't counted.
#[derive(Default)]
struct Meter {
    spent: Duration,
    rounds: u32,
}

impl Meter {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.spent += start.elapsed();
        done
    }

    fn print(&self, what: &str, others: &str) {
        let micros = self.spent.as_secs_f64() * 1e6 / f64::from(self.rounds.max(1));
        println!("{what:<44} {micros:>8.1} µs   {others}");
    }
}

fn main() {
    let mut register = Meter::default();
    let mut office = Office::new();
    for round in 0..ROUNDS + WARM_UP {
        if round == WARM_UP {
            register = Meter::default();
        }
        register_once(&mut office, &mut register);
        office.wait(Duration::from_millis(500));
        office.sent();
    }
    let mut call = Meter::default();
    let mut office = Office::new();
    for round in 0..ROUNDS + WARM_UP {
        if round == WARM_UP {
            call = Meter::default();
        }
        call_once(&mut office, &mut call, round);
        // 10 calls a second, so that what lingers for 32 s is there as in service.
        let until = office.now + Duration::from_millis(100);
        call.time(|| tick(&mut office, until));
        office.sent();
        office.events();
    }
    let mut options = Meter::default();
    let mut office = Office::new();
    for round in 0..10 * ROUNDS {
        let text = office.request("OPTIONS", TRUNK).to_string();
        options.time(|| office.pbx.receive(office.now, &udp(TRUNK), text.as_bytes()));
        options.rounds += 1;
        assert!(office.said().starts_with("SIP/2.0 200 "), "round {round}");
    }
    println!("SIP core, CPU each (one core, no sockets)");
    options.print("OPTIONS → 200", "");
    register
        .print("REGISTER → 401, with credentials → 200", "Asterisk 780 µs, Kamailio 200 µs (whole servers)");
    call.print(
        "call: two legs, set-up to BYE and timers",
        "Asterisk 5200–7900 µs, Kamailio 800–1700 µs (whole servers)",
    );
}

fn tick(office: &mut Office, until: Duration) {
    while let Some(next) = office.pbx.next_deadline().filter(|next| *next <= until) {
        office.now = next;
        office.pbx.tick(next);
    }
    office.now = until;
}

fn register_once(office: &mut Office, meter: &mut Meter) {
    let mut request = office.request("REGISTER", PHONE).with("Contact", "<sip:101@10.0.0.9:5060>");
    request.to = "<sip:101@office.example>".into();
    request.call_id = format!("r{}", meter.rounds);
    let text = request.to_string();
    meter.time(|| office.pbx.receive(office.now, &udp(PHONE), text.as_bytes()));
    let challenge = office.said();
    let text = office.authorized(&request, PHONE, &challenge, "101", "secret-101", 1).to_string();
    meter.time(|| office.pbx.receive(office.now, &udp(PHONE), text.as_bytes()));
    assert!(office.said().starts_with("SIP/2.0 200 "), "the registration failed");
    office.events();
    meter.rounds += 1;
}

/// A trunk calls a phone: INVITE, 100, INVITE, 180, 180, 200, ACK, 200, ACK, BYE, 200, BYE, 200.
fn call_once(office: &mut Office, meter: &mut Meter, round: u32) {
    let mut invite = office.request("INVITE", TRUNK).with("Contact", "<sip:gw@192.0.2.20:5060>").sdp();
    invite.call_id = format!("c{round}");
    hear(office, meter, TRUNK, &invite.to_string());
    assert_eq!(office.lines(), ["SIP/2.0 100 Trying"]);
    let Some(Event::Incoming { leg: caller, .. }) = office.pbx.poll_event() else { panic!("no call") };
    let callee = meter.time(|| office.pbx.call(office.now, outgoing(PHONE)));
    let ours = office.said();
    hear(office, meter, PHONE, &reply(&ours, 180, "p").to_string());
    meter.time(|| office.pbx.ring(office.now, caller, None)).unwrap();
    office.sent();
    hear(
        office,
        meter,
        PHONE,
        &reply(&ours, 200, "p").with("Contact", "<sip:101@10.0.0.9>").sdp().to_string(),
    );
    meter.time(|| office.pbx.answer(office.now, caller, SDP.into())).unwrap();
    let sent = office.sent();
    let ok = &sent.last().unwrap().1;
    let mut dialog = Req { to: value(ok, "To").into(), more: vec![], body: String::new(), ..invite };
    let ack = Req { method: "ACK".into(), via: office.via(TRUNK), ..dialog.clone() };
    hear(office, meter, TRUNK, &ack.to_string());
    let bye = office.next(&mut dialog, "BYE").to_string();
    hear(office, meter, TRUNK, &bye);
    meter.time(|| office.pbx.hangup(office.now, callee, None)).unwrap();
    let sent = office.sent();
    hear(office, meter, PHONE, &reply(&sent.last().unwrap().1, 200, "").to_string());
    let events = office.events();
    assert!(events.contains(&Event::Hangup { leg: caller, lost: false }), "{events:?}");
    meter.rounds += 1;
}

fn hear(office: &mut Office, meter: &mut Meter, from: &str, text: &str) {
    meter.time(|| office.pbx.receive(office.now, &udp(from), text.as_bytes()));
}
