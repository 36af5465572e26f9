//! What call control tells the media engine ([`Command`]) and what it hears back ([`Event`]).
//!
//! A *leg* is one RTP session towards one party. Commands about a leg that doesn't exist are ignored and counted.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// One RTP session towards one party. Chosen by call control; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// One playback, tone or recording on a leg. Chosen by call control; never used twice in the life of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// Mono 16-bit linear audio at 8 kHz, shared.
pub type Pcm = Arc<[i16]>;

/// An audio codec of the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    Pcmu,
    /// G.711 A-law, static payload type 8.
    Pcma,
}

/// Which way media may flow, seen from us (RFC 3264 §5.1): `send` is towards the party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Direction {
    /// We send to the party.
    pub send: bool,
    /// We take what the party sends.
    pub recv: bool,
}

/// How telephone-event (RFC 4733) was agreed on. The two payload types differ when an answer renumbered our offer
/// (RFC 3264 §5.1: each side says what it wants to receive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Payload type towards the party.
    pub send: u8,
    /// Payload type from the party.
    pub receive: u8,
    /// Clock rate in Hz.
    pub clock: u32,
}

/// What offer and answer agreed on for a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegSetup {
    /// Where SDP says the party listens; `None` while it has not said (or said port 0).
    pub remote: Option<SocketAddr>,
    /// Where its signalling came from: the other address from which first packets are believed.
    pub signalling: SocketAddr,
    /// The codec in use.
    pub codec: Codec,
    /// Payload type of the codec towards the party.
    pub payload_type: u8,
    /// RFC 4733 telephone-event, when agreed.
    pub telephone_event: Option<TelephoneEvent>,
    /// Which way media may flow.
    pub direction: Direction,
}

/// A tone, synthesised. Hz and milliseconds on/off, repeated until stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Tone {
    /// Ringback of a country (ISO 3166 alpha-2, lower case; unknown: 425 Hz 1000/4000).
    Ringback {
        /// The country.
        country: String,
    },
}

/// Where the sound of a job comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Samples in memory, one after the other.
    Sounds(Vec<Pcm>),
    /// A tone until stopped.
    Tone(Tone),
}

/// What call control tells the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Takes a leg into service on a port that [`crate::ports::PortPool`] gave. The host binds the sockets.
    Open {
        /// The leg.
        leg: LegId,
        /// Local RTP port, even; RTCP is the next one.
        port: u16,
    },
    /// Says what was agreed; again after each re-INVITE. A changed remote or signalling address opens the latch again.
    Setup {
        /// The leg.
        leg: LegId,
        /// What was agreed.
        setup: LegSetup,
    },
    /// Connects two legs both ways. Codecs that differ are transcoded, telephone-event is remapped.
    Bridge {
        /// One.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Takes a leg out of its bridge; the other side keeps its leg.
    Unbridge {
        /// The leg.
        leg: LegId,
    },
    /// Plays to a leg instead of whatever it heard; ends with [`Event::PlayEnded`] unless replaced or stopped.
    Play {
        /// The leg.
        leg: LegId,
        /// This playback.
        job: JobId,
        /// What is heard.
        source: Source,
    },
    /// Ends a playback at once (barge-in). No event follows.
    StopPlay {
        /// The leg.
        leg: LegId,
        /// The playback.
        job: JobId,
    },
    /// Records what the party says to a WAV file (G.711 as it comes, else 16-bit PCM). Ends with [`Event::RecordEnded`].
    Record {
        /// The leg.
        leg: LegId,
        /// This recording.
        job: JobId,
        /// The file to make; the host writes it.
        path: PathBuf,
        /// Longest recording in milliseconds.
        max_ms: u32,
        /// Silence in milliseconds after which it ends; 0 = never. That silence is trimmed from the end.
        silence_ms: u32,
    },
    /// Ends a recording; [`Event::RecordEnded`] follows when the file is whole.
    StopRecord {
        /// The leg.
        leg: LegId,
        /// The recording.
        job: JobId,
    },
    /// Takes a leg out of service: its bridge, jobs and port. [`Event::Closed`] follows.
    Close {
        /// The leg.
        leg: LegId,
    },
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// Told to.
    Stopped,
    /// The longest length was reached.
    MaxLength,
    /// The party was silent for long enough.
    Silence,
    /// The file couldn't be written.
    Failed,
}

/// Figures of one leg over its life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LegStats {
    /// RTP packets taken from the party.
    pub packets_received: u64,
    /// RTP packets sent to the party.
    pub packets_sent: u64,
    /// Packets that the sequence numbers say were lost on the way to us.
    pub packets_lost: u64,
    /// Packets refused because they came from somebody else than the latched party.
    pub packets_refused: u64,
    /// Interarrival jitter, RFC 3550 §6.4.1, in milliseconds, at the end.
    pub jitter_ms: f32,
}

/// What the engine tells call control.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed (RFC 4733; counted once however often its end is repeated). `0`–`9`, `*`, `#`, `A`–`D`.
    Key {
        /// The leg.
        leg: LegId,
        /// The character on the key.
        key: char,
    },
    /// A playback reached its end.
    PlayEnded {
        /// The leg.
        leg: LegId,
        /// The playback.
        job: JobId,
    },
    /// A recording is whole on disk (or failed).
    RecordEnded {
        /// The leg.
        leg: LegId,
        /// The recording.
        job: JobId,
        /// Length in milliseconds, silence trimmed.
        duration_ms: u32,
        /// Why.
        end: RecordEnd,
    },
    /// Nothing was received on a leg that should be receiving for `media_timeout_ms`; told once until media returns.
    Silent {
        /// The leg.
        leg: LegId,
    },
    /// Media came again on a leg that was told to be [`Event::Silent`].
    Heard {
        /// The leg.
        leg: LegId,
    },
    /// The leg's sockets couldn't be bound: it will never carry media.
    OpenFailed {
        /// The leg.
        leg: LegId,
    },
    /// The leg is gone; its port may go back to the pool.
    Closed {
        /// The leg.
        leg: LegId,
        /// Its figures.
        stats: LegStats,
    },
}
