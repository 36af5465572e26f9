//! The core over real sockets of the loopback.

use std::net::Ipv4Addr;

use flow_store::Thread;
use flow_vm::effect::EffectSet;

use super::*;

fn config(rtp_ports: RangeInclusive<u16>) -> CoreConfig {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, 90, high, low));
    CoreConfig {
        sip_udp: SocketAddr::new(address, 0),
        sip_tcp: SocketAddr::new(address, 0),
        advertised: address,
        media_bind: address,
        rtp_ports,
        media_timeout: Duration::ZERO,
        country: "us".into(),
        sip_domain: "test".into(),
        recordings: PathBuf::new(),
        problems: vec!["nobody can hear us".into()],
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_settings_is_on_the_status_page() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), EffectSet::all(), 1).unwrap();
    let reader = Thread::start("reader", store.reader().unwrap()).unwrap();
    let writer = Thread::start("writer", store).unwrap();
    let running = start(config(11_000..=11_009), writer.handle(), reader.handle()).await.unwrap();
    let core = running.core();
    assert_eq!(core.status().await.unwrap().problems, ["nobody can hear us"]);
    core.reload().await.unwrap();
    assert_eq!(core.status().await.unwrap().problems, ["nobody can hear us"], "also with new facts");
    running.stop(Duration::ZERO).await;
}

#[test]
fn ports_of_other_programs_are_not_given_to_calls() {
    let config = config(11_010..=11_017);
    let _rtp = UdpSocket::bind((config.media_bind, 11_010)).unwrap();
    let _rtcp = UdpSocket::bind((config.media_bind, 11_013)).unwrap();
    let mut ports = ports(&config).unwrap();
    let mut given: Vec<u16> = std::iter::from_fn(|| ports.take(Duration::ZERO)).collect();
    given.sort_unstable();
    assert_eq!(given, [11_014, 11_016]);
}
