//! The media thread: sockets, time and files around [`flow_media::engine::Engine`].
//!
//! One thread waits on all RTP and RTCP sockets with a level-triggered epoll, so that a packet costs one receive and one
//! send. A second thread writes recordings; the queue to it is bounded and never waited for: audio goes on whatever the
//! disk does, and a recording that the disk can't follow ends as failed.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flow_media::control::{Command, Event, JobId, LegId};
use flow_media::engine::{Config as EngineConfig, Engine, FileOp, Sink};
use flow_media::limits::PACKET_BYTES_MAX;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};

/// Commands and file answers that may wait for the media thread. A call makes about ten over its life.
const QUEUE_MAX: usize = 16_384;

/// File steps that may wait for the disk: at one a second for each recording, minutes of a stuck disk.
const FILE_QUEUE_MAX: usize = 8_192;

/// Ready sockets that are looked at in one round.
const READY_MAX: usize = 512;

/// Marks the wake-up among the ports in epoll's data.
const WAKE: u64 = u64::MAX;

/// What the media thread is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The local address that media sockets are bound to.
    pub bind: IpAddr,
    /// The ports; the same range as the pool's.
    pub ports: RangeInclusive<u16>,
    /// After how long without a packet a leg is silent; zero = never.
    pub media_timeout: Duration,
    /// Decides SSRCs and first numbers; draw it at random.
    pub seed: u64,
}

/// The media thread took no command, because it is gone or hopelessly behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Thousands of commands wait already.
    #[error("the media thread is {QUEUE_MAX} commands behind; the machine is overloaded")]
    Full,
    /// It has ended.
    #[error("the media thread has ended; restart FlowPBX")]
    Gone,
}

/// The way to the media thread. Dropping it ends the thread after the commands sent so far.
#[derive(Debug)]
pub struct MediaHandle {
    queue: SyncSender<Message>,
    wake: Arc<Wake>,
    thread: Option<JoinHandle<()>>,
}

/// Starts media threads.
#[derive(Debug)]
pub struct MediaThread;

#[derive(Debug)]
enum Message {
    Command(Command),
    FileDone(JobId, bool),
    Stop,
}

/// Wakes the media thread out of epoll, once however many messages wait.
#[derive(Debug)]
struct Wake {
    event: OwnedFd,
    asked: AtomicBool,
}

/// The two sockets of a leg.
#[derive(Debug)]
struct Pair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

/// What the engine's output goes to.
#[derive(Debug)]
struct Outputs {
    first_port: u16,
    /// By half the distance of their port from the first.
    pairs: Vec<Option<Pair>>,
    files: SyncSender<FileWork>,
    /// Recordings whose last step found the queue full.
    lost: Vec<JobId>,
}

struct Loop<E> {
    engine: Engine,
    out: Outputs,
    bind: IpAddr,
    epoll: OwnedFd,
    wake: Arc<Wake>,
    queue: Receiver<Message>,
    /// Lost recordings whose files are still open on the other side.
    forget: Vec<JobId>,
    began: Instant,
    events: E,
}

#[derive(Debug)]
enum FileWork {
    Step(FileOp),
    Forget(JobId),
}

impl MediaThread {
    /// Starts the media thread and its file thread. `events` is called on the media thread and must not block.
    ///
    /// # Errors
    /// When the system gives no epoll, eventfd or thread.
    pub fn start(config: Config, events: impl Fn(Event) + Send + 'static) -> io::Result<MediaHandle> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &event, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        let wake = Arc::new(Wake { event, asked: AtomicBool::new(false) });
        let (sender, queue) = sync_channel(QUEUE_MAX);
        let (files, steps) = sync_channel(FILE_QUEUE_MAX);
        let done = Reports { queue: sender.clone(), wake: wake.clone() };
        let writer = std::thread::Builder::new()
            .name("recordings".to_owned())
            .spawn(move || write_files(&steps, &done))?;
        let mut media = Loop::new(config, epoll, wake.clone(), queue, files, events);
        let thread = std::thread::Builder::new().name("media".to_owned()).spawn(move || {
            media.run();
            // Ends the file thread when it has done what waits.
            drop(media);
            if writer.join().is_err() {
                tracing::error!(
                    "the thread that writes recordings panicked; recordings of the last seconds may be cut"
                );
            }
        })?;
        Ok(MediaHandle { queue: sender, wake, thread: Some(thread) })
    }
}

impl MediaHandle {
    /// Sends a command. Commands are carried out in order.
    ///
    /// # Errors
    /// When the thread is gone or thousands of commands wait.
    pub fn send(&self, command: Command) -> Result<(), NotSent> {
        self.queue.try_send(Message::Command(command)).map_err(|error| match error {
            TrySendError::Full(_) => NotSent::Full,
            TrySendError::Disconnected(_) => NotSent::Gone,
        })?;
        self.wake.ask();
        Ok(())
    }

    /// Ends the thread after the commands sent so far, and waits until recordings are written.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for MediaHandle {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        // An error means that it has ended already. The queue is drained, so this doesn't wait long.
        let _ = self.queue.send(Message::Stop);
        self.wake.ask();
        if thread.join().is_err() {
            tracing::error!("the media thread panicked");
        }
    }
}

impl Wake {
    fn ask(&self) {
        if !self.asked.swap(true, Ordering::AcqRel) {
            // Fails only when the counter is full, and then it wakes anyway.
            let _ = rustix::io::write(&self.event, &1_u64.to_ne_bytes());
        }
    }

    /// To be called before the queue is looked at, so that what comes later asks again.
    fn answered(&self) {
        let _ = rustix::io::read(&self.event, &mut [0; 8]);
        self.asked.store(false, Ordering::Release);
    }
}

impl Sink for Outputs {
    fn send(&mut self, port: u16, to: SocketAddr, bytes: &[u8]) {
        if let Some(socket) = self.socket(port) {
            // What the kernel doesn't take now is lost, like any datagram; an unreachable party shows as silence.
            let _ = socket.send_to(bytes, to);
        }
    }

    fn file(&mut self, op: FileOp) {
        let job = job_of(&op);
        if self.files.try_send(FileWork::Step(op)).is_err() {
            self.lost.push(job);
        }
    }
}

impl Outputs {
    fn socket(&self, port: u16) -> Option<&UdpSocket> {
        let pair = self.pairs.get(self.index(port)?)?.as_ref()?;
        Some(if port.is_multiple_of(2) { &pair.rtp } else { &pair.rtcp })
    }

    fn pair_mut(&mut self, port: u16) -> Option<&mut Option<Pair>> {
        let index = self.index(port)?;
        self.pairs.get_mut(index)
    }

    fn index(&self, port: u16) -> Option<usize> {
        port.checked_sub(self.first_port).map(|distance| usize::from(distance / 2))
    }
}

impl Pair {
    fn bind(epoll: &OwnedFd, ip: IpAddr, port: u16) -> io::Result<Pair> {
        let rtp = listen(epoll, ip, port)?;
        let rtcp = listen(epoll, ip, port.saturating_add(1))?;
        Ok(Pair { rtp, rtcp })
    }
}

fn listen(epoll: &OwnedFd, ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((ip, port))?;
    socket.set_nonblocking(true)?;
    // Closing the socket takes it out again.
    epoll::add(epoll, &socket, epoll::EventData::new_u64(u64::from(port)), epoll::EventFlags::IN)?;
    Ok(socket)
}

impl<E: Fn(Event)> Loop<E> {
    fn new(
        config: Config,
        epoll: OwnedFd,
        wake: Arc<Wake>,
        queue: Receiver<Message>,
        files: SyncSender<FileWork>,
        events: E,
    ) -> Loop<E> {
        let first_port = config.ports.start() & !1;
        let pairs = usize::from(config.ports.end() - first_port) / 2 + 1;
        let engine = EngineConfig { ports: config.ports, media_timeout: config.media_timeout };
        Loop {
            engine: Engine::new(engine, config.seed),
            out: Outputs {
                first_port,
                pairs: std::iter::repeat_with(|| None).take(pairs).collect(),
                files,
                lost: Vec::new(),
            },
            bind: config.bind,
            epoll,
            wake,
            queue,
            forget: Vec::new(),
            began: Instant::now(),
            events,
        }
    }

    fn run(&mut self) {
        let mut ready = Vec::with_capacity(READY_MAX);
        let mut packet = [0; PACKET_BYTES_MAX];
        loop {
            ready.clear();
            let timeout = self.timeout();
            let waited =
                epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut ready), timeout.as_ref());
            if let Err(error) = waited
                && error != rustix::io::Errno::INTR
            {
                tracing::error!("waiting for media failed: {error}; the media thread ends");
                return;
            }
            let now = self.began.elapsed();
            let mut asked = false;
            for event in &ready {
                let data = event.data.u64();
                match u16::try_from(data) {
                    Ok(port) => self.receive(now, port, &mut packet),
                    Err(_) => asked = true,
                }
            }
            let goes_on = !asked || self.messages(now);
            self.due();
            self.report();
            if !goes_on {
                return;
            }
        }
    }

    fn timeout(&self) -> Option<Timespec> {
        let wait = self.engine.next_deadline()?.saturating_sub(self.began.elapsed());
        Timespec::try_from(wait).ok()
    }

    /// One datagram; epoll reports the socket again if it has more.
    fn receive(&mut self, now: Duration, port: u16, packet: &mut [u8; PACKET_BYTES_MAX]) {
        let Some(socket) = self.out.socket(port) else { return };
        // Errors are none of the party's packets: ICMP of something we sent, or nothing there after all.
        let Ok((length, from)) = socket.recv_from(packet) else { return };
        if let Some(bytes) = packet.get_mut(..length) {
            self.engine.packet(now, port, from, bytes, &mut self.out);
        }
    }

    /// What others want. `false`: to end.
    fn messages(&mut self, now: Duration) -> bool {
        self.wake.answered();
        loop {
            match self.queue.try_recv() {
                Ok(Message::Command(command)) => self.command(now, command),
                Ok(Message::FileDone(job, ok)) => self.engine.file_done(job, ok),
                Ok(Message::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn command(&mut self, now: Duration, command: Command) {
        let opens = if let Command::Open { leg, port } = command { Some((leg, port)) } else { None };
        let closes = if let Command::Close { leg } = command { self.engine.port_of(leg) } else { None };
        self.engine.command(now, command, &mut self.out);
        if let Some((leg, port)) = opens.filter(|(leg, port)| self.engine.port_of(*leg) == Some(*port)) {
            self.bind(leg, port);
        }
        if let Some(place) = closes.and_then(|port| self.out.pair_mut(port)) {
            *place = None;
        }
    }

    fn bind(&mut self, leg: LegId, port: u16) {
        match Pair::bind(&self.epoll, self.bind, port) {
            Ok(pair) => {
                if let Some(place) = self.out.pair_mut(port) {
                    *place = Some(pair);
                }
            }
            Err(error) => {
                tracing::warn!(
                    "media ports {port} and {} can't be bound on {}: {error}",
                    port + 1,
                    self.bind
                );
                self.engine.open_failed(leg);
            }
        }
    }

    fn due(&mut self) {
        let now = self.began.elapsed();
        if self.engine.next_deadline().is_some_and(|at| at <= now) {
            self.engine.tick(now, &mut self.out);
        }
    }

    fn report(&mut self) {
        while let Some(job) = self.out.lost.pop() {
            tracing::error!("the disk can't follow; recording {} is given up", job.0);
            self.engine.file_done(job, false);
            self.forget.push(job);
        }
        while let Some(job) = self.forget.pop() {
            if self.out.files.try_send(FileWork::Forget(job)).is_err() {
                self.forget.push(job);
                break;
            }
        }
        while let Some(event) = self.engine.poll_event() {
            (self.events)(event);
        }
    }
}

/// The way back from the file thread.
struct Reports {
    queue: SyncSender<Message>,
    wake: Arc<Wake>,
}

impl Reports {
    fn done(&self, job: JobId, ok: bool) {
        // An error means that the media thread has ended and nobody wants to know.
        let _ = self.queue.send(Message::FileDone(job, ok));
        self.wake.ask();
    }
}

fn job_of(op: &FileOp) -> JobId {
    match op {
        FileOp::Create { job, .. }
        | FileOp::Write { job, .. }
        | FileOp::RewriteHeader { job, .. }
        | FileOp::Finish { job, .. } => *job,
    }
}

fn write_files(steps: &Receiver<FileWork>, reports: &Reports) {
    let mut files = BTreeMap::new();
    while let Ok(work) = steps.recv() {
        let op = match work {
            FileWork::Step(op) => op,
            FileWork::Forget(job) => {
                files.remove(&job);
                continue;
            }
        };
        let job = job_of(&op);
        let last = matches!(op, FileOp::Finish { .. });
        match write_file(&mut files, op) {
            Ok(()) if last => reports.done(job, true),
            Ok(()) => {}
            Err(error) => {
                tracing::error!("recording {}: {error}", job.0);
                files.remove(&job);
                reports.done(job, false);
            }
        }
    }
}

fn write_file(files: &mut BTreeMap<JobId, File>, op: FileOp) -> io::Result<()> {
    match op {
        FileOp::Create { job, path, header } => {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(&header)?;
            // The name must be as durable as the content.
            File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
            files.insert(job, file);
        }
        FileOp::Write { job, bytes } => open_file(files, job)?.write_all(&bytes)?,
        FileOp::RewriteHeader { job, header } => rewrite(open_file(files, job)?, &header)?,
        FileOp::Finish { job, header, length } => {
            let mut file = files.remove(&job).ok_or_else(not_open)?;
            file.set_len(length)?;
            rewrite(&mut file, &header)?;
            file.sync_all()?;
        }
    }
    Ok(())
}

fn open_file(files: &mut BTreeMap<JobId, File>, job: JobId) -> io::Result<&mut File> {
    files.get_mut(&job).ok_or_else(not_open)
}

fn not_open() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "an earlier step failed")
}

fn rewrite(file: &mut File, header: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(header)?;
    file.seek(SeekFrom::End(0))?;
    Ok(())
}

#[cfg(test)]
mod tests;
