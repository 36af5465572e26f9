//! Figures of the whole binary: start to the first SIP answer, memory, call set-up, CPU and memory per call.
//!
//! Calls come from a "trunk" on 127.0.0.2, run a flow that rings extension 101, and are answered by a phone on
//! 127.0.0.1 that echoes its sound. A run is thrown away unless every call heard its own sound come back.
//!
//! `cargo bench -p flow-tests --bench calls [-- CALLS RATE]`; the server must be built in release mode before
//! (`make bench` does).
#![expect(clippy::unwrap_used, reason = "a bench stops at the first surprise")]
#![expect(clippy::expect_used, reason = "a bench stops at the first surprise")]
#![expect(clippy::panic, reason = "a bench stops at the first surprise")]
#![expect(clippy::indexing_slicing, reason = "a bench stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "figures are printed")]

#[path = "calls/load.rs"]
mod load;
#[path = "calls/phone.rs"]
mod phone;
#[path = "calls/server.rs"]
mod server;
#[path = "calls/sip.rs"]
mod sip;

use std::time::Duration;

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let calls = numbers.first().copied().unwrap_or(1_000);
    let rate = numbers.get(1).copied().unwrap_or(100);

    let server = server::Server::start();
    println!(
        "start to first SIP answer   {:>8.0} ms   (Asterisk 280–370, Kamailio 64–110; limit 3,000)",
        server.ready_ms
    );
    std::thread::sleep(Duration::from_secs(1));
    let idle = server.memory_kib();
    println!(
        "idle memory                 {:>8.1} MiB  (Asterisk 44, Kamailio + rtpengine 46–50; limit 64)",
        idle as f64 / 1024.0
    );

    let phone = phone::Phone::register(&server);
    let figures = load::run(&server, calls, rate);
    assert_eq!(figures.answered, calls, "every call must be answered");
    assert_eq!(figures.heard, calls, "every call must hear its own sound come back");
    println!(
        "calls                       {calls:>8}      at {rate}/s, all answered, all with sound both ways"
    );
    println!(
        "set-up INVITE → 200         {:>8.2} ms   median, {:.2} ms p99 (Asterisk 2.55 / 3.94, Kamailio 0.82 / 1.94; limit 200)",
        figures.setup_median_ms, figures.setup_p99_ms
    );
    println!(
        "CPU per complete call       {:>8.2} ms   (Asterisk 5.2–7.9, Kamailio 0.8–1.7), {} packets of sound each way in it",
        figures.cpu_ms_per_call,
        load::SOUND_PACKETS
    );
    println!(
        "memory per call             {:>8.0} KiB  at {} calls at once (Asterisk 205–304; limit 2,048)",
        (figures.memory_peak_kib.saturating_sub(idle)) as f64 / figures.calls_at_once_max.max(1) as f64,
        figures.calls_at_once_max
    );
    drop(phone);
}
