//! The sockets on the loopback interface.

use super::*;

async fn wire() -> Wire {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Wire::bind(any, any).await.unwrap()
}

fn flow(transport: Transport, remote: SocketAddr, connection: Option<ConnectionId>) -> Flow {
    Flow { transport, remote, connection }
}

#[tokio::test]
async fn datagrams_go_both_ways() {
    let mut wire = wire().await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.send_to(b"ping", wire.udp_address()).await.unwrap();
    let from = flow(Transport::Udp, phone.local_addr().unwrap(), None);
    assert_eq!(wire.recv().await, Some(WireIn::Datagram { flow: from, bytes: b"ping".into() }));
    wire.send(WireOut::Send(Transmit { flow: from, bytes: b"pong".into() }));
    let mut buffer = [0; 16];
    let (length, remote) = phone.recv_from(&mut buffer).await.unwrap();
    assert_eq!((&buffer[..length], remote), (&b"pong"[..], wire.udp_address()));
}

#[tokio::test]
async fn an_accepted_stream_carries_both_ways_until_we_close_it() {
    let mut wire = wire().await;
    let mut phone = TcpStream::connect(wire.tcp_address()).await.unwrap();
    let Some(WireIn::StreamOpened { connection, remote }) = wire.recv().await else { panic!() };
    assert_eq!(remote, phone.local_addr().unwrap());
    phone.write_all(b"hello").await.unwrap();
    assert_eq!(wire.recv().await, Some(WireIn::StreamData { connection, bytes: b"hello".into() }));
    wire.send(WireOut::Send(Transmit {
        flow: flow(Transport::Tcp, remote, Some(connection)),
        bytes: b"last words".into(),
    }));
    wire.send(WireOut::Close(connection));
    let mut heard = Vec::new();
    phone.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"last words", "what waited is written before the end");
    assert_eq!(wire.recv().await, Some(WireIn::StreamClosed { connection }));
    wire.send(WireOut::Send(Transmit {
        flow: flow(Transport::Tcp, remote, Some(connection)),
        bytes: vec![0],
    }));
    assert_eq!(wire.stats().orphans.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_stream_is_opened_once_and_used_again() {
    let mut wire = wire().await;
    let trunk = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let remote = trunk.local_addr().unwrap();
    for text in ["one ", "two"] {
        wire.send(WireOut::Send(Transmit { flow: flow(Transport::Tcp, remote, None), bytes: text.into() }));
    }
    let (mut stream, _) = trunk.accept().await.unwrap();
    let mut heard = [0; 7];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"one two");
    let Some(WireIn::StreamOpened { connection, .. }) = wire.recv().await else { panic!() };
    drop(stream);
    assert_eq!(wire.recv().await, Some(WireIn::StreamClosed { connection }));
}

#[tokio::test]
async fn who_cannot_be_reached_is_told() {
    let mut wire = wire().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    wire.send(WireOut::Send(Transmit { flow: flow(Transport::Tcp, closed, None), bytes: vec![0] }));
    assert_eq!(wire.recv().await, Some(WireIn::StreamFailed { remote: closed }));
}

#[tokio::test]
async fn a_stream_that_brings_no_whole_request_is_closed_soon() {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut wire = Wire::bind_with(any, any, Duration::from_millis(200)).await.unwrap();
    let mut phone = TcpStream::connect(wire.tcp_address()).await.unwrap();
    let Some(WireIn::StreamOpened { connection: good, remote }) = wire.recv().await else { panic!() };
    wire.send(WireOut::Send(Transmit {
        flow: flow(Transport::Tcp, remote, Some(good)),
        bytes: b"100".into(),
    }));
    let mut dribble = TcpStream::connect(wire.tcp_address()).await.unwrap();
    let Some(WireIn::StreamOpened { connection: bad, .. }) = wire.recv().await else { panic!() };
    dribble.write_all(b"REGISTER sip:").await.unwrap();
    assert_eq!(
        wire.recv().await,
        Some(WireIn::StreamData { connection: bad, bytes: b"REGISTER sip:".into() })
    );
    let closed = timeout(Duration::from_secs(20), wire.recv()).await;
    assert_eq!(closed, Ok(Some(WireIn::StreamClosed { connection: bad })));
    phone.write_all(b"more").await.unwrap();
    let kept = WireIn::StreamData { connection: good, bytes: b"more".into() };
    assert_eq!(wire.recv().await, Some(kept), "the older one that was answered is still there");
}

#[test]
fn streams_are_limited_in_all_and_per_address() {
    let mut streams = Streams::default();
    let address = |host: u8, port: u16| SocketAddr::from(([10, 0, 0, host], port));
    let mut kept = Vec::new();
    for port in 0..=u16::try_from(STREAMS_PER_ADDRESS_MAX).unwrap() {
        kept.extend(streams.add(address(1, port)));
    }
    assert_eq!(kept.len(), STREAMS_PER_ADDRESS_MAX);
    for port in 0..u16::try_from(STREAMS_MAX).unwrap() {
        kept.extend(streams.add(address(u8::try_from(port % 200).unwrap() + 2, port)));
    }
    assert_eq!(kept.len(), STREAMS_MAX);
    for (connection, _) in kept {
        streams.remove(connection);
    }
    assert!(streams.per_address.is_empty() && streams.by_remote.is_empty() && streams.open.is_empty());
}

#[tokio::test]
async fn dropping_the_wire_frees_its_ports() {
    let wire = wire().await;
    let (udp, tcp) = (wire.udp_address(), wire.tcp_address());
    drop(wire);
    loop {
        // The tasks end at their next step.
        tokio::task::yield_now().await;
        if let (Ok(_), Ok(_)) = (UdpSocket::bind(udp).await, TcpListener::bind(tcp).await) {
            return;
        }
    }
}
