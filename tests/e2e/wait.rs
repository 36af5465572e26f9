//! Waiting for a condition, and ports that are free.

use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Where phones live.
pub const PHONES: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
/// Where the trunk's calls come from.
pub const TRUNK: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Where somebody calls from whom the office doesn't know.
pub const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));

/// An address of this machine that its network reaches; `None` when it has no network.
pub fn network() -> Option<IpAddr> {
    // Connecting a UDP socket sends nothing; 192.0.2.1 is TEST-NET-1 (RFC 5737).
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// Longest wait for anything. Generous: it bounds a broken test, it doesn't measure.
pub const LIMIT: Duration = Duration::from_secs(45);

/// Asks `probe` until it has something; panics with `what` after [`LIMIT`].
#[track_caller]
pub fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    until_within(LIMIT, what, probe)
}

/// Like [`until`] with another limit.
#[track_caller]
pub fn until_within<T>(limit: Duration, what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where the search for the next block of ports goes on.
static NEXT_BLOCK: AtomicU32 = AtomicU32::new(0);

/// The first of `count` consecutive ports that are free for UDP and TCP on `ip`; even. Blocks of one process don't
/// overlap until all have been given; different processes begin at different places.
pub fn free_ports(ip: IpAddr, count: u16) -> u16 {
    /// Below the ephemeral ports of Linux (32768…).
    const PORTS: std::ops::Range<u32> = 21_000..32_000;
    const LARGEST: u32 = 500;
    let places = PORTS.end - PORTS.start - LARGEST;
    let begin = std::process::id() % 97 * 110;
    for _ in 0..200 {
        let step = NEXT_BLOCK.fetch_add(u32::from(count.next_multiple_of(2)), Ordering::Relaxed);
        let base = u16::try_from(PORTS.start + (begin + step) % places / 2 * 2).unwrap();
        let free = (base..base + count)
            .all(|p| UdpSocket::bind((ip, p)).is_ok() && TcpListener::bind((ip, p)).is_ok());
        if free {
            return base;
        }
    }
    panic!("no {count} free ports in a row on {ip} in {PORTS:?}");
}
