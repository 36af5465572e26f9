//! The SIP sockets: bytes between the network and [`flow_sip::Endpoint`]'s owner, over bounded channels.
//!
//! Datagrams are sent straight from the caller (a full socket buffer drops them, as the network would). Every stream has a
//! task of its own; a stream that doesn't take its bytes is closed, never waited for.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flow_sip::{ConnectionId, Flow, Transmit, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

/// Inputs that may wait for the core. When it is behind, the kernel's buffers fill up and drop.
const INPUT_QUEUE_MAX: usize = 1_024;

/// Most streams at a time.
const STREAMS_MAX: usize = 1_024;

/// Most streams from one address: an office of 100 phones behind one NAT box, twice.
const STREAMS_PER_ADDRESS_MAX: usize = 256;

/// Messages that may wait to be written to one stream.
const STREAM_QUEUE_MAX: usize = 64;

/// Most bytes taken from a stream at once.
const READ_BYTES_MAX: usize = 8 * 1024;

/// A stream that carried nothing for so long is closed; longer than the longest registration.
const IDLE_MAX: Duration = Duration::from_secs(65 * 60);

/// A stream that somebody opened and on which we have said nothing after so long is closed: every whole request is
/// answered, so it has brought none.
const UNPROVEN_MAX: Duration = Duration::from_secs(30);

/// Longest time to open a stream; a little less than a transaction waits.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Longest time that a peer may take no bytes.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// How long accepting rests after an error, for example when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What came from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireIn {
    /// A datagram, for [`flow_sip::Endpoint::receive`].
    Datagram {
        /// Where it came from.
        flow: Flow,
        /// What.
        bytes: Vec<u8>,
    },
    /// For [`flow_sip::Endpoint::stream_opened`].
    StreamOpened {
        /// The new stream.
        connection: ConnectionId,
        /// Its other end.
        remote: SocketAddr,
    },
    /// For [`flow_sip::Endpoint::stream_data`]; answer false with [`WireOut::Close`].
    StreamData {
        /// The stream.
        connection: ConnectionId,
        /// What.
        bytes: Vec<u8>,
    },
    /// For [`flow_sip::Endpoint::stream_closed`].
    StreamClosed {
        /// The stream.
        connection: ConnectionId,
    },
    /// For [`flow_sip::Endpoint::stream_failed`].
    StreamFailed {
        /// Who could not be reached.
        remote: SocketAddr,
    },
}

/// What goes to the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireOut {
    /// Send this, over a new stream if its flow needs one.
    Send(Transmit),
    /// Close this stream once what waits for it is written.
    Close(ConnectionId),
}

/// Counters since start.
#[derive(Debug, Default)]
pub struct WireStats {
    /// Datagrams that the socket didn't take.
    pub datagrams_dropped: AtomicU64,
    /// Messages for streams that are no more.
    pub orphans: AtomicU64,
    /// Streams refused because there were too many.
    pub streams_refused: AtomicU64,
    /// Streams closed because they didn't take their bytes.
    pub streams_stuck: AtomicU64,
}

/// The sockets. Dropping it closes them.
pub struct Wire {
    input: mpsc::Receiver<WireIn>,
    sender: WireSender,
}

/// The sending half; cheap to clone.
#[derive(Clone)]
pub struct WireSender {
    shared: Arc<Shared>,
    /// Keeps no task alive: they end when the receiver is gone.
    input: mpsc::Sender<WireIn>,
}

struct Shared {
    udp: UdpSocket,
    udp_address: SocketAddr,
    tcp_address: SocketAddr,
    streams: Mutex<Streams>,
    stats: WireStats,
    /// [`UNPROVEN_MAX`], but in tests.
    unproven_max: Duration,
}

#[derive(Default)]
struct Streams {
    last: u64,
    open: HashMap<ConnectionId, Stream>,
    /// The newest stream to each other end.
    by_remote: HashMap<SocketAddr, ConnectionId>,
    per_address: HashMap<IpAddr, usize>,
}

struct Stream {
    remote: SocketAddr,
    queue: mpsc::Sender<Vec<u8>>,
}

impl Wire {
    /// Binds both sockets and begins to receive. Port 0 takes any.
    ///
    /// # Errors
    /// When an address can't be bound: in use, not of this machine, or a port that needs privileges.
    pub async fn bind(udp: SocketAddr, tcp: SocketAddr) -> io::Result<Wire> {
        Wire::bind_with(udp, tcp, UNPROVEN_MAX).await
    }

    async fn bind_with(udp: SocketAddr, tcp: SocketAddr, unproven_max: Duration) -> io::Result<Wire> {
        let told = |transport: &str, address: SocketAddr| {
            let transport = transport.to_owned();
            move |error: io::Error| {
                io::Error::new(
                    error.kind(),
                    format!("cannot listen for SIP on {transport} {address}: {error}"),
                )
            }
        };
        let udp_socket = UdpSocket::bind(udp).await.map_err(told("UDP", udp))?;
        let listener = TcpListener::bind(tcp).await.map_err(told("TCP", tcp))?;
        let (sender, input) = mpsc::channel(INPUT_QUEUE_MAX);
        let shared = Arc::new(Shared {
            udp_address: udp_socket.local_addr()?,
            tcp_address: listener.local_addr()?,
            udp: udp_socket,
            streams: Mutex::default(),
            stats: WireStats::default(),
            unproven_max,
        });
        let sender = WireSender { shared, input: sender };
        tokio::spawn(sender.clone().receive_datagrams());
        tokio::spawn(sender.clone().accept_streams(listener));
        Ok(Wire { input, sender })
    }

    /// The next thing from the network. Never ends while this lives.
    pub async fn recv(&mut self) -> Option<WireIn> {
        self.input.recv().await
    }

    /// What has already arrived, without waiting.
    pub fn try_recv(&mut self) -> Option<WireIn> {
        self.input.try_recv().ok()
    }

    /// Sends, or closes a stream. Never blocks; what can't be sent is dropped and counted.
    pub fn send(&self, out: WireOut) {
        self.sender.send(out);
    }

    /// A sending half for elsewhere.
    pub fn sender(&self) -> WireSender {
        self.sender.clone()
    }

    /// The UDP address that is bound.
    pub fn udp_address(&self) -> SocketAddr {
        self.sender.shared.udp_address
    }

    /// The TCP address that is bound.
    pub fn tcp_address(&self) -> SocketAddr {
        self.sender.shared.tcp_address
    }

    /// Counters since start.
    pub fn stats(&self) -> &WireStats {
        &self.sender.shared.stats
    }
}

impl WireSender {
    /// See [`Wire::send`].
    pub fn send(&self, out: WireOut) {
        match out {
            WireOut::Send(Transmit { flow, bytes }) => match flow.transport {
                Transport::Udp => self.send_datagram(flow.remote, &bytes),
                Transport::Tcp => self.send_on_stream(flow, bytes),
            },
            WireOut::Close(connection) => self.forget(connection),
        }
    }

    fn send_datagram(&self, remote: SocketAddr, bytes: &[u8]) {
        if let Err(error) = self.shared.udp.try_send_to(bytes, remote) {
            count(&self.shared.stats.datagrams_dropped);
            tracing::debug!(target: "sip", %remote, %error, "a datagram was not sent");
        }
    }

    fn send_on_stream(&self, flow: Flow, bytes: Vec<u8>) {
        let mut streams = self.streams();
        let known = flow.connection.or_else(|| streams.by_remote.get(&flow.remote).copied());
        let Some(connection) = known.filter(|connection| streams.open.contains_key(connection)) else {
            if flow.connection.is_some() {
                count(&self.shared.stats.orphans);
                return;
            }
            let Some((connection, queue)) = streams.add(flow.remote) else {
                count(&self.shared.stats.streams_refused);
                // Told through a task: the core, which reads the queue, must not wait for room in it.
                let (input, remote) = (self.input.clone(), flow.remote);
                tokio::spawn(async move { input.send(WireIn::StreamFailed { remote }).await });
                return;
            };
            streams.queue(connection, bytes);
            tokio::spawn(self.clone().open_stream(connection, flow.remote, queue));
            return;
        };
        if !streams.queue(connection, bytes) {
            count(&self.shared.stats.streams_stuck);
            streams.remove(connection);
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        // No code panics while it holds the lock; if it did, the maps would still be whole.
        self.shared.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, connection: ConnectionId) {
        self.streams().remove(connection);
    }

    async fn receive_datagrams(self) {
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let got = tokio::select! {
                got = self.shared.udp.recv_from(&mut buffer) => got,
                () = self.input.closed() => return,
            };
            // An error here is an ICMP message about something sent earlier; the transaction's timers deal with it.
            let Ok((length, remote)) = got else { continue };
            let flow = Flow { transport: Transport::Udp, remote, connection: None };
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            if self.input.send(WireIn::Datagram { flow, bytes }).await.is_err() {
                return;
            }
        }
    }

    async fn accept_streams(self, listener: TcpListener) {
        loop {
            let got = tokio::select! {
                got = listener.accept() => got,
                () = self.input.closed() => return,
            };
            match got {
                Ok((stream, remote)) => self.accepted(stream, remote),
                Err(error) => {
                    tracing::warn!(target: "sip", %error, "cannot accept a SIP stream");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn accepted(&self, stream: TcpStream, remote: SocketAddr) {
        match self.streams().add(remote) {
            Some((connection, queue)) => {
                tokio::spawn(self.clone().serve(stream, connection, remote, queue));
            }
            None => count(&self.shared.stats.streams_refused),
        }
    }

    async fn open_stream(self, connection: ConnectionId, remote: SocketAddr, queue: mpsc::Receiver<Vec<u8>>) {
        match timeout(CONNECT_MAX, TcpStream::connect(remote)).await {
            Ok(Ok(stream)) => self.serve(stream, connection, remote, queue).await,
            Ok(Err(_)) | Err(_) => {
                self.forget(connection);
                let _core_is_gone = self.input.send(WireIn::StreamFailed { remote }).await;
            }
        }
    }

    /// Carries a stream until either side ends it.
    async fn serve(
        self,
        stream: TcpStream,
        connection: ConnectionId,
        remote: SocketAddr,
        queue: mpsc::Receiver<Vec<u8>>,
    ) {
        // Messages are small and wait for answers; without this the kernel would hold them back.
        let _only_slower_without = stream.set_nodelay(true);
        if self.input.send(WireIn::StreamOpened { connection, remote }).await.is_ok() {
            self.carry(stream, connection, queue).await;
            let _core_is_gone = self.input.send(WireIn::StreamClosed { connection }).await;
        }
        self.forget(connection);
    }

    async fn carry(
        &self,
        mut stream: TcpStream,
        connection: ConnectionId,
        mut queue: mpsc::Receiver<Vec<u8>>,
    ) {
        let (mut read, mut write) = stream.split();
        let mut buffer = vec![0; READ_BYTES_MAX];
        let proof_due = tokio::time::Instant::now() + self.shared.unproven_max;
        let mut proven = false;
        loop {
            tokio::select! {
                () = sleep_until(proof_due), if !proven => return,
                got = timeout(IDLE_MAX, read.read(&mut buffer)) => {
                    let Ok(Ok(length @ 1..)) = got else { return };
                    let bytes = buffer.get(..length).unwrap_or_default().to_vec();
                    if self.input.send(WireIn::StreamData { connection, bytes }).await.is_err() {
                        return;
                    }
                }
                message = queue.recv() => {
                    let Some(bytes) = message else { return };
                    if !matches!(timeout(WRITE_MAX, write.write_all(&bytes)).await, Ok(Ok(()))) {
                        count(&self.shared.stats.streams_stuck);
                        return;
                    }
                    proven = true;
                }
                () = self.input.closed() => return,
            }
        }
    }
}

impl Streams {
    /// A new stream and the queue of what is to be written to it; `None` when there are too many.
    fn add(&mut self, remote: SocketAddr) -> Option<(ConnectionId, mpsc::Receiver<Vec<u8>>)> {
        let here = self.per_address.entry(remote.ip()).or_default();
        if *here >= STREAMS_PER_ADDRESS_MAX || self.open.len() >= STREAMS_MAX {
            if *here == 0 {
                self.per_address.remove(&remote.ip());
            }
            return None;
        }
        *here += 1;
        self.last += 1;
        let connection = ConnectionId(self.last);
        let (queue, receiver) = mpsc::channel(STREAM_QUEUE_MAX);
        self.open.insert(connection, Stream { remote, queue });
        self.by_remote.insert(remote, connection);
        Some((connection, receiver))
    }

    /// False when too much waits already.
    fn queue(&self, connection: ConnectionId, bytes: Vec<u8>) -> bool {
        self.open.get(&connection).is_some_and(|stream| stream.queue.try_send(bytes).is_ok())
    }

    fn remove(&mut self, connection: ConnectionId) {
        let Some(stream) = self.open.remove(&connection) else { return };
        if self.by_remote.get(&stream.remote) == Some(&connection) {
            self.by_remote.remove(&stream.remote);
        }
        if let Some(here) = self.per_address.get_mut(&stream.remote.ip()) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                self.per_address.remove(&stream.remote.ip());
            }
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests;
