//! A media engine without sound: it checks that it is told sensible things, and reports what an engine would report,
//! when it would.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use flow_media::control::{Command, Event, JobId, LegId, LegSetup, LegStats, RecordEnd, Source};

use super::random::Random;

/// A leg in service.
#[derive(Clone, Debug)]
struct Leg {
    port: u16,
    setup: Option<LegSetup>,
    bridge: Option<LegId>,
    playing: Option<JobId>,
    recording: Option<(JobId, Duration)>,
}

/// The engine.
#[derive(Default)]
pub struct Media {
    legs: BTreeMap<LegId, Leg>,
    used: BTreeSet<LegId>,
    jobs: BTreeSet<JobId>,
    agenda: BTreeMap<(Duration, u64), Event>,
    planned: u64,
    /// Everything told, when kept.
    pub log: Option<Vec<Command>>,
    /// How long the disk takes to make a recording whole, beyond the usual.
    pub slow_disk: Duration,
    /// The next recordings fail.
    pub broken_disk: bool,
    /// Ports that can't be bound.
    pub taken_ports: BTreeSet<u16>,
}

impl Media {
    /// When it reports next.
    pub fn next(&self) -> Option<Duration> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// A report that is due.
    pub fn due(&mut self, now: Duration) -> Option<Event> {
        let first = self.agenda.first_entry().filter(|entry| entry.key().0 <= now)?;
        let event = first.remove();
        match &event {
            Event::PlayEnded { leg, job } => {
                let leg = self.legs.get_mut(leg).filter(|leg| leg.playing == Some(*job))?;
                leg.playing = None;
            }
            Event::RecordEnded { leg, job, .. } => {
                // A leg that closed meanwhile ended its recording with it.
                let leg = self.legs.get_mut(leg)?;
                if leg.recording.is_some_and(|(known, _)| known != *job) {
                    return None;
                }
                leg.recording = None;
            }
            Event::Key { .. }
            | Event::Silent { .. }
            | Event::Heard { .. }
            | Event::OpenFailed { .. }
            | Event::Closed { .. } => {}
        }
        Some(event)
    }

    /// Legs in service.
    pub fn open_legs(&self) -> usize {
        self.legs.len()
    }

    /// A key pressed by the party whose sound comes to `port`.
    pub fn press(&mut self, now: Duration, port: u16, key: char) {
        let found = self.legs.iter().find(|(_, leg)| leg.port == port).map(|(id, _)| *id);
        if let Some(leg) = found {
            self.report(now, Duration::from_millis(60), Event::Key { leg, key });
        }
    }

    /// Nothing comes from (or, `heard`, something comes again from) the party that listens at `remote`.
    pub fn silence(&mut self, now: Duration, remote: SocketAddr, heard: bool) {
        if let Some(leg) = self.leg_of(remote) {
            let event = if heard { Event::Heard { leg } } else { Event::Silent { leg } };
            self.report(now, Duration::ZERO, event);
        }
    }

    /// Whether who listens at `listener` is sent what comes from `speaker`.
    pub fn hears(&self, listener: SocketAddr, speaker: SocketAddr) -> bool {
        let (Some(to), Some(from)) = (self.leg_of(listener), self.leg_of(speaker)) else { return false };
        let (Some(a), Some(b)) = (self.legs.get(&to), self.legs.get(&from)) else { return false };
        let open = |leg: &Leg, of: fn(&LegSetup) -> bool| leg.setup.as_ref().is_some_and(of);
        a.bridge == Some(from)
            && a.playing.is_none()
            && open(a, |s| s.direction.send)
            && open(b, |s| s.direction.recv)
    }

    /// What was agreed with the party that listens at `remote`.
    pub fn setup(&self, remote: SocketAddr) -> Option<LegSetup> {
        self.legs.get(&self.leg_of(remote)?)?.setup
    }

    /// Whether the party that listens at `remote` is played something.
    pub fn plays(&self, remote: SocketAddr) -> bool {
        self.leg_of(remote).and_then(|leg| self.legs.get(&leg)).is_some_and(|leg| leg.playing.is_some())
    }

    fn leg_of(&self, remote: SocketAddr) -> Option<LegId> {
        let is = |leg: &Leg| leg.setup.as_ref().is_some_and(|setup| setup.remote == Some(remote));
        self.legs.iter().find(|(_, leg)| is(leg)).map(|(id, _)| *id)
    }

    fn report(&mut self, now: Duration, after: Duration, event: Event) {
        self.planned += 1;
        self.agenda.insert((now + after, self.planned), event);
    }

    fn leg(&mut self, leg: LegId) -> Result<&mut Leg, String> {
        self.legs.get_mut(&leg).ok_or_else(|| format!("there is no media leg {leg:?}"))
    }

    fn new_job(&mut self, job: JobId) -> Result<(), String> {
        if self.jobs.insert(job) { Ok(()) } else { Err(format!("job {job:?} is used twice")) }
    }

    /// Takes a command, or says what is wrong with it.
    pub fn command(&mut self, now: Duration, command: &Command, random: &mut Random) -> Result<(), String> {
        if let Some(log) = &mut self.log {
            log.push(command.clone());
        }
        match command {
            Command::Open { leg, port } => self.open(now, *leg, *port),
            Command::Setup { leg, setup } => {
                self.leg(*leg)?.setup = Some(*setup);
                Ok(())
            }
            Command::Bridge { a, b } => self.bridge(*a, *b),
            Command::Unbridge { leg } => {
                self.unbridge(*leg);
                Ok(())
            }
            Command::Play { leg, job, source } => {
                self.new_job(*job)?;
                self.leg(*leg)?.playing = Some(*job);
                if let Source::Sounds(sounds) = source {
                    let samples: usize = sounds.iter().map(|sound| sound.len()).sum();
                    let length = Duration::from_millis(u64::try_from(samples / 8).unwrap_or(0));
                    let late = random.ms(0, 30);
                    self.report(now, length + late, Event::PlayEnded { leg: *leg, job: *job });
                }
                Ok(())
            }
            Command::StopPlay { leg, job } => {
                let leg = self.leg(*leg)?;
                if leg.playing == Some(*job) {
                    leg.playing = None;
                }
                Ok(())
            }
            Command::Record { leg, job, max_ms, .. } => self.record(now, *leg, *job, *max_ms),
            Command::StopRecord { leg, job } => self.stop_record(now, *leg, *job),
            Command::Close { leg } => self.close(now, *leg, random),
        }
    }

    fn open(&mut self, now: Duration, leg: LegId, port: u16) -> Result<(), String> {
        if !self.used.insert(leg) {
            return Err("a media leg is used twice".to_owned());
        }
        if !port.is_multiple_of(2) || self.legs.values().any(|other| other.port == port) {
            return Err("the port is odd or in use".to_owned());
        }
        if self.taken_ports.contains(&port) {
            self.report(now, Duration::from_millis(1), Event::OpenFailed { leg });
        }
        self.legs.insert(leg, Leg { port, setup: None, bridge: None, playing: None, recording: None });
        Ok(())
    }

    fn bridge(&mut self, a: LegId, b: LegId) -> Result<(), String> {
        if a == b {
            return Err("a leg is bridged to itself".to_owned());
        }
        for (leg, other) in [(a, b), (b, a)] {
            let leg = self.leg(leg)?;
            if leg.bridge.is_some() {
                return Err("a bridged leg is bridged again".to_owned());
            }
            leg.bridge = Some(other);
        }
        Ok(())
    }

    fn unbridge(&mut self, leg: LegId) {
        let other = self.legs.get_mut(&leg).and_then(|leg| leg.bridge.take());
        if let Some(other) = other.and_then(|other| self.legs.get_mut(&other)) {
            other.bridge = None;
        }
    }

    fn record(&mut self, now: Duration, leg: LegId, job: JobId, max_ms: u32) -> Result<(), String> {
        self.new_job(job)?;
        if self.leg(leg)?.recording.replace((job, now)).is_some() {
            return Err("a leg records twice at a time".to_owned());
        }
        let (after, duration_ms, end) = if self.broken_disk {
            (Duration::from_millis(5), 0, RecordEnd::Failed)
        } else {
            (Duration::from_millis(u64::from(max_ms)), max_ms, RecordEnd::MaxLength)
        };
        self.report(now, after, Event::RecordEnded { leg, job, duration_ms, end });
        Ok(())
    }

    fn stop_record(&mut self, now: Duration, leg: LegId, job: JobId) -> Result<(), String> {
        let recording = self.leg(leg)?.recording;
        if let Some((known, since)) = recording
            && known == job
        {
            self.agenda
                .retain(|_, event| !matches!(event, Event::RecordEnded { job: ended, .. } if *ended == job));
            let duration_ms = u32::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u32::MAX);
            let event = Event::RecordEnded { leg, job, duration_ms, end: RecordEnd::Stopped };
            self.report(now, Duration::from_millis(8) + self.slow_disk, event);
        }
        Ok(())
    }

    fn close(&mut self, now: Duration, leg: LegId, random: &mut Random) -> Result<(), String> {
        self.leg(leg)?;
        self.unbridge(leg);
        self.legs.remove(&leg);
        let stats = LegStats { packets_received: 1, packets_sent: 1, ..LegStats::default() };
        let after = random.ms(0, 40);
        self.report(now, after, Event::Closed { leg, stats });
        Ok(())
    }
}
