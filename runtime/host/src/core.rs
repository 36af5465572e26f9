//! The loop that owns the [`Exchange`]: one task reads the network, the media thread, the store and the clock, and moves
//! what comes out. Nothing here decides anything about calls.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use flow_api::{ActiveCall, Later, Status, Switchboard, Unavailable};
use flow_call::{Config as CallConfig, Exchange, MediaAddress, Output};
use flow_media::control::Event as MediaEvent;
use flow_media::limits::PORT_REST;
use flow_media::ports::PortPool;
use flow_sip::{Config as SipConfig, Endpoint};
use flow_store::{Handle, Reader, Registration, Store};
use tokio::sync::{mpsc, oneshot};

use crate::clock::{Clock, wall_ms};
use crate::keeper::{Keeper, Report};
use crate::office::{Facts, Loader, binding};
use crate::rtp::{self, MediaHandle, MediaThread};
use crate::wire::{Wire, WireIn, WireOut};

/// Reports of the media thread that may wait. It reports a few a call.
const MEDIA_QUEUE_MAX: usize = 65_536;
/// Orders from outside (the API, the signal handler) that may wait.
const ORDER_QUEUE_MAX: usize = 256;
/// Inputs that are taken before the outputs are looked at again.
const BATCH_MAX: usize = 64;
/// How long goodbyes may take after the last call has ended.
const GOODBYE_MAX: Duration = Duration::from_secs(2);

/// What the core is told at its start.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// Where SIP over UDP listens.
    pub sip_udp: SocketAddr,
    /// Where SIP over TCP listens.
    pub sip_tcp: SocketAddr,
    /// The address that others reach us at; goes into SIP and SDP.
    pub advertised: IpAddr,
    /// The local address of media sockets.
    pub media_bind: IpAddr,
    /// RTP and RTCP ports.
    pub rtp_ports: RangeInclusive<u16>,
    /// After how long without a packet from both sides a call is dead.
    pub media_timeout: Duration,
    /// ISO 3166 alpha-2, lower case: what ringback sounds like.
    pub country: String,
    /// Realm of SIP passwords.
    pub sip_domain: String,
    /// Where recordings grow ([`flow_store::DataDir::voicemail_temp`]).
    pub recordings: PathBuf,
    /// What is wrong with these settings, for the log and the status page.
    pub problems: Vec<String>,
}

/// Why the core can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network.
    #[error("{0}; stop the other program, or choose another port with --sip-port")]
    Wire(#[source] std::io::Error),
    /// The media thread.
    #[error("cannot start the media thread: {0}")]
    Media(#[source] std::io::Error),
    /// The RTP ports.
    #[error(transparent)]
    Ports(#[from] flow_media::ports::NoPorts),
    /// The store.
    #[error(transparent)]
    Store(#[from] flow_store::Error),
    /// The store's thread has ended.
    #[error("the store's thread has ended; see the log")]
    StoreGone,
}

/// The way to the core. Cheap to clone.
#[derive(Clone)]
pub struct Core {
    shared: Arc<Shared>,
}

struct Shared {
    orders: mpsc::Sender<Order>,
    reader: Handle<Reader>,
    /// Used on the reader's thread.
    loader: Arc<Mutex<Loader>>,
    /// One reload at a time, so that older facts never replace newer ones.
    reload: tokio::sync::Mutex<()>,
    began_ms: i64,
    listens: Vec<String>,
}

/// What the outside asks of the loop.
enum Order {
    Calls(oneshot::Sender<Vec<ActiveCall>>),
    Facts(Box<Facts>, oneshot::Sender<()>),
    Figures(oneshot::Sender<Figures>),
    Drain,
    Shutdown,
}

/// Figures for the status page.
struct Figures {
    active_calls: usize,
    numbers: usize,
    extensions: usize,
    problems: Vec<String>,
}

/// The task.
pub struct Running {
    core: Core,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    /// The way to the core.
    #[must_use]
    pub fn core(&self) -> Core {
        self.core.clone()
    }

    /// Takes no new calls, waits `grace` for the running ones, ends those that are left, writes their records.
    pub async fn stop(self, grace: Duration) {
        let orders = self.core.shared.orders.clone();
        // An error means that the loop has ended.
        let _ = orders.send(Order::Drain).await;
        let mut task = self.task;
        if tokio::time::timeout(grace, &mut task).await.is_err() {
            let _ = orders.send(Order::Shutdown).await;
            // The loop ends by itself within the limits of call control.
            let _ = task.await;
        }
    }
}

/// Binds the sockets, loads the facts, puts registrations back and begins to take calls.
///
/// # Errors
/// [`StartError`], in words for a person.
pub async fn start(
    config: CoreConfig,
    store: Handle<Store>,
    reader: Handle<Reader>,
) -> Result<Running, StartError> {
    let clock = Clock::new();
    let mut loader = Loader::new(config.country.clone(), config.sip_domain.clone());
    let now_ms = wall_ms();
    let (facts, contacts, loader) = on_reader(&reader, move |reader| {
        let facts = loader.load(reader)?;
        Ok::<_, flow_store::Error>((facts, reader.registrations(now_ms)?, loader))
    })
    .await??;

    let wire = Wire::bind(config.sip_udp, config.sip_tcp).await.map_err(StartError::Wire)?;
    let exchange = exchange(&config, &wire, &facts, contacts, &clock)?;
    let (reports, media_events) = mpsc::channel(MEDIA_QUEUE_MAX);
    let media = MediaThread::start(
        rtp::Config {
            bind: config.media_bind,
            ports: config.rtp_ports.clone(),
            media_timeout: config.media_timeout,
            seed: random(),
        },
        move |event| {
            if reports.try_send(event).is_err() {
                tracing::error!("the core is {MEDIA_QUEUE_MAX} reports of the media thread behind");
            }
        },
    )
    .map_err(StartError::Media)?;

    let (orders, order_queue) = mpsc::channel(ORDER_QUEUE_MAX);
    let listens = vec![format!("udp {}", wire.udp_address()), format!("tcp {}", wire.tcp_address())];
    config.problems.iter().chain(&facts.problems).for_each(|problem| tracing::warn!("{problem}"));
    let task = Loop {
        exchange,
        wire,
        media,
        media_events,
        keeper: Keeper::new(store, clock),
        orders: order_queue,
        clock,
        settings_problems: config.problems,
        problems: facts.problems,
        draining: false,
    };
    let shared = Shared {
        orders,
        reader,
        loader: Arc::new(Mutex::new(loader)),
        reload: tokio::sync::Mutex::default(),
        began_ms: wall_ms(),
        listens,
    };
    Ok(Running { core: Core { shared: Arc::new(shared) }, task: tokio::spawn(task.run()) })
}

fn exchange(
    config: &CoreConfig,
    wire: &Wire,
    facts: &Facts,
    contacts: Vec<Registration>,
    clock: &Clock,
) -> Result<Exchange, StartError> {
    let sip = SipConfig {
        udp_port: wire.udp_address().port(),
        tcp_port: wire.tcp_address().port(),
        ..SipConfig::new(config.advertised, config.sip_udp.port())
    };
    let mut seed = [0; 32];
    for part in seed.chunks_exact_mut(8) {
        part.copy_from_slice(&random().to_le_bytes());
    }
    let mut endpoint = Endpoint::new(sip, Arc::clone(&facts.directory), seed);
    let (now, now_ms) = (clock.now(), wall_ms());
    endpoint.restore(now, contacts.into_iter().map(|row| binding(row, now, now_ms)).collect());
    let ports = ports(config)?;
    let calls = CallConfig {
        media: MediaAddress {
            advertised: config.advertised,
            on_loopback: config.media_bind.is_unspecified(),
        },
        recordings: config.recordings.clone(),
        instance: random(),
    };
    Ok(Exchange::new(calls, endpoint, ports, Arc::clone(&facts.office)))
}

/// The RTP ports that are free now. One that another program takes later costs the call that meets it.
fn ports(config: &CoreConfig) -> Result<PortPool, StartError> {
    let mut ports = PortPool::new(config.rtp_ports.clone(), PORT_REST, random())?;
    let free = |port: u16| UdpSocket::bind((config.media_bind, port)).is_ok();
    let taken = ports.avoid(|port| free(port) && free(port.saturating_add(1)));
    if taken > 0 {
        tracing::warn!("{taken} pairs of RTP ports are in use by other programs and are not used");
    }
    Ok(ports)
}

/// The loop.
struct Loop {
    exchange: Exchange,
    wire: Wire,
    media: MediaHandle,
    media_events: mpsc::Receiver<MediaEvent>,
    keeper: Keeper,
    orders: mpsc::Receiver<Order>,
    clock: Clock,
    settings_problems: Vec<String>,
    /// Of the facts in use.
    problems: Vec<String>,
    draining: bool,
}

/// What woke the loop.
enum Woken {
    Wire(WireIn),
    Media(MediaEvent),
    Store(Report),
    Order(Order),
    Due,
    /// Nobody can ask anything any more: the server is going.
    Deserted,
}

impl Loop {
    async fn run(mut self) {
        loop {
            self.drain();
            if self.draining && self.exchange.active_calls() == 0 {
                break;
            }
            let woken = self.next().await;
            if let Woken::Deserted = woken {
                break;
            }
            self.take(woken);
            self.take_what_waits();
        }
        self.goodbye().await;
    }

    async fn next(&mut self) -> Woken {
        let deadlines = [self.exchange.next_deadline(), self.keeper.next_deadline()];
        let due = deadlines.into_iter().flatten().min().map(|deadline| self.clock.at(deadline));
        tokio::select! {
            Some(input) = self.wire.recv() => Woken::Wire(input),
            Some(event) = self.media_events.recv() => Woken::Media(event),
            Some(report) = self.keeper.report() => Woken::Store(report),
            order = self.orders.recv() => order.map_or(Woken::Deserted, Woken::Order),
            () = until(due) => Woken::Due,
        }
    }

    /// More of what is there already, so that a burst costs one round.
    fn take_what_waits(&mut self) {
        for _ in 0..BATCH_MAX {
            if let Ok(event) = self.media_events.try_recv() {
                self.take(Woken::Media(event));
            } else if let Some(input) = self.wire.try_recv() {
                self.take(Woken::Wire(input));
            } else {
                return;
            }
        }
    }

    fn take(&mut self, woken: Woken) {
        let (now, wall_ms) = (self.clock.now(), wall_ms());
        match woken {
            Woken::Wire(input) => self.wire_input(now, wall_ms, input),
            Woken::Media(event) => self.exchange.media_event(now, wall_ms, &event),
            Woken::Store(report) => {
                if let Some(answer) = self.keeper.take(report) {
                    self.exchange.stored(now, wall_ms, &answer);
                }
            }
            Woken::Order(order) => self.order(now, wall_ms, order),
            Woken::Due => {
                self.keeper.tick();
                self.exchange.tick(now, wall_ms);
            }
            Woken::Deserted => {}
        }
    }

    fn wire_input(&mut self, now: Duration, wall_ms: i64, input: WireIn) {
        match input {
            WireIn::Datagram { flow, bytes } => self.exchange.sip_datagram(now, wall_ms, &flow, &bytes),
            WireIn::StreamOpened { connection, remote } => {
                self.exchange.sip_stream_opened(now, wall_ms, connection, remote);
            }
            WireIn::StreamData { connection, bytes } => {
                if !self.exchange.sip_stream_data(now, wall_ms, connection, &bytes) {
                    self.wire.send(WireOut::Close(connection));
                }
            }
            WireIn::StreamClosed { connection } => {
                self.exchange.sip_stream_closed(now, wall_ms, connection);
            }
            WireIn::StreamFailed { remote } => self.exchange.sip_stream_failed(now, wall_ms, remote),
        }
    }

    fn order(&mut self, now: Duration, wall_ms: i64, order: Order) {
        match order {
            Order::Calls(answer) => {
                let calls = self.exchange.calls().map(active_call).collect();
                // Whoever asked may have gone.
                let _ = answer.send(calls);
            }
            Order::Facts(facts, done) => {
                let Facts { office, directory, problems } = *facts;
                self.exchange.set_office(office);
                self.exchange.set_directory(now, wall_ms, directory);
                problems.iter().for_each(|problem| tracing::warn!("{problem}"));
                self.problems = problems;
                let _ = done.send(());
            }
            Order::Figures(answer) => {
                let office = self.exchange.office();
                let _ = answer.send(Figures {
                    active_calls: self.exchange.active_calls(),
                    numbers: office.numbers.len(),
                    extensions: office.extensions.len(),
                    problems: self.problems(),
                });
            }
            Order::Drain => {
                self.draining = true;
                self.exchange.drain();
            }
            Order::Shutdown => self.exchange.shutdown(now, wall_ms),
        }
    }

    /// For the status page.
    fn problems(&self) -> Vec<String> {
        let lost = match self.keeper.dropped() {
            0 => None,
            lost => Some(format!(
                "{lost} call records, messages or contacts are lost since the start, because the store was too far \
                 behind; look at the log and at the disk"
            )),
        };
        self.settings_problems.iter().chain(&self.problems).cloned().chain(lost).collect()
    }

    /// Moves every output to where it belongs.
    fn drain(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Sip(transmit) => self.wire.send(WireOut::Send(transmit)),
                Output::Media(command) => {
                    if let Err(error) = self.media.send(command) {
                        tracing::error!(%error, "a command to the media thread is lost");
                    }
                }
                Output::Store(request) => {
                    if let Some(answer) = self.keeper.keep(request) {
                        self.exchange.stored(self.clock.now(), wall_ms(), &answer);
                    }
                }
            }
        }
    }

    /// The last BYEs and their answers.
    async fn goodbye(mut self) {
        let end = tokio::time::Instant::now() + GOODBYE_MAX;
        while self.exchange.leftovers().sip_legs > 0 {
            let woken = tokio::select! {
                woken = self.next() => woken,
                () = tokio::time::sleep_until(end) => break,
            };
            if let Woken::Deserted = woken {
                break;
            }
            self.take(woken);
            self.drain();
        }
        self.keeper.finish().await;
        // Waits until recordings are written.
        let media = self.media;
        if tokio::task::spawn_blocking(move || media.shutdown()).await.is_err() {
            tracing::error!("the media thread didn't end in order");
        }
    }
}

fn active_call(call: flow_call::CallView) -> ActiveCall {
    ActiveCall {
        call: call.key.0,
        caller: call.caller,
        dialled: call.dialled,
        flow: call.flow,
        program_hash: call.program_hash,
        activity: call.activity.to_owned(),
        started_ms: call.started_ms,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

impl Core {
    /// Reads the facts again and takes them over.
    async fn take_over(self) -> Result<(), Unavailable> {
        let _turn = self.shared.reload.lock().await;
        let loader = Arc::clone(&self.shared.loader);
        let facts = on_reader(&self.shared.reader, move |reader| {
            // Nothing panics while it holds the lock, and what it guards is a cache.
            loader.lock().unwrap_or_else(PoisonError::into_inner).load(reader)
        })
        .await
        .map_err(|error| Unavailable(error.to_string()))?
        .map_err(|error| Unavailable(error.to_string()))?;
        self.ask(|done| Order::Facts(Box::new(facts), done)).await
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Unavailable> {
        let gone = || Unavailable("the server is stopping".to_owned());
        let (sender, answer) = oneshot::channel();
        self.shared.orders.send(order(sender)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())
    }
}

impl Switchboard for Core {
    fn active_calls(&self) -> Later<Vec<ActiveCall>> {
        let core = self.clone();
        Box::pin(async move { core.ask(Order::Calls).await })
    }

    fn reload(&self) -> Later<()> {
        Box::pin(self.clone().take_over())
    }

    fn status(&self) -> Later<Status> {
        let core = self.clone();
        Box::pin(async move {
            let figures = core.ask(Order::Figures).await?;
            Ok(Status {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                started_ms: core.shared.began_ms,
                sip: core.shared.listens.clone(),
                active_calls: figures.active_calls,
                numbers: figures.numbers,
                extensions: figures.extensions,
                problems: figures.problems,
            })
        })
    }
}

/// Runs something on the reader's thread.
async fn on_reader<T: Send + 'static>(
    reader: &Handle<Reader>,
    work: impl FnOnce(&mut Reader) -> T + Send + 'static,
) -> Result<T, StartError> {
    let (sender, answer) = oneshot::channel();
    reader.send(move |reader| {
        // Whoever asked may have gone.
        let _ = sender.send(work(reader));
    })?;
    answer.await.map_err(|_| StartError::StoreGone)
}

/// From the system's random source.
fn random() -> u64 {
    flow_store::random::<8>().map_or_else(
        |error| {
            tracing::error!(%error, "the system gives no random numbers; names of calls could be guessed");
            u64::from(std::process::id())
        },
        u64::from_le_bytes,
    )
}

#[cfg(test)]
mod tests;
