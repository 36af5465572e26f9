//! Offers and answers (RFC 3264) in SDP (RFC 8866), for one audio stream.
//!
//! [`Description`] is what a party said. [`LocalSession`] is our side of one leg: it writes our offers and answers,
//! keeps the order of m-lines and raises the version of `o=` when something changed. [`Agreed`] is what the two
//! amount to. Which codec is wanted for which leg is call control's choice.
//!
//! The lines are read by `rtc-sdp`, which is strict. Before that they are put into the order of the grammar and what
//! has no bearing on audio is left out, because one odd line of a phone must not cost a call its sound.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use rtc_sdp::description::common::ConnectionInformation;
use rtc_sdp::description::media::MediaDescription;
use rtc_sdp::description::session::SessionDescription;

use crate::control::{Codec, Direction, LegSetup, TelephoneEvent};
use crate::limits::{SDP_BYTES_MAX, SDP_FORMATS_MAX, SDP_MEDIA_MAX};

#[cfg(test)]
mod tests;

/// Payload type of telephone-event in our own offers; what most phones use, and so asks no remapping of them.
pub const TELEPHONE_EVENT: u8 = 101;

/// What the relay speaks, in the order that we like.
pub const CODECS: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

/// Kinds of media that `rtc-sdp` reads.
const KNOWN_MEDIA: [&str; 6] = ["audio", "video", "text", "application", "message", "image"];

/// Why a body is no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer than we read.
    #[error("the SDP has {bytes} bytes; at most {SDP_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// More m-lines than we read.
    #[error("the SDP has {lines} m-lines; at most {SDP_MEDIA_MAX} are read")]
    TooManyMedia {
        /// How many.
        lines: usize,
    },
    /// Not SDP.
    #[error("the SDP can't be read: {reason}")]
    Malformed {
        /// What the reader says.
        reason: String,
    },
}

/// Why offer and answer come to nothing; SIP's answer is 488.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No audio over plain RTP, or it was given port 0.
    #[error("there is no audio stream over RTP/AVP")]
    NoAudio,
    /// None of the codecs is ours.
    #[error("the party speaks none of our codecs")]
    NoCommonCodec,
}

/// A codec with the number that a party gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The codec.
    pub codec: Codec,
    /// Its payload type towards the party.
    pub payload_type: u8,
}

/// What a party said in an offer or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Session id of its `o=`.
    pub session_id: u64,
    /// Version of its `o=`.
    pub session_version: u64,
    /// The audio that we can take: the first m-line of audio over RTP/AVP whose port isn't 0.
    pub audio: Option<Audio>,
    /// Every m-line, in order.
    lines: Vec<Line>,
}

/// The audio stream of a [`Description`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Where the party listens. `None` for `c=0.0.0.0` (an old way of hold) or a host name: then only symmetric RTP finds it.
    pub remote: Option<SocketAddr>,
    /// Codecs that are ours too, in the party's order.
    pub formats: Vec<Format>,
    /// RFC 4733, at 8 kHz if offered (the clock of our codecs), else the first.
    pub telephone_event: Option<EventFormat>,
    /// Which way media may flow, seen from us: the party's `sendonly` is our receive.
    pub direction: Direction,
    /// Milliseconds of sound a packet that the party asks for; 20 unless said.
    pub ptime_ms: u16,
    /// Which m-line it is.
    line: usize,
}

/// A party's telephone-event format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventFormat {
    /// Payload type.
    pub payload_type: u8,
    /// Clock rate in Hz.
    pub clock: u32,
}

/// One m-line as it must be repeated in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    media: String,
    proto: String,
    formats: Vec<String>,
}

/// What we offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Codecs, best first.
    pub codecs: Vec<Codec>,
    /// Which way media may flow, seen from us.
    pub direction: Direction,
}

/// What an offer and its answer amount to for one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The codec both use.
    pub codec: Codec,
    /// Its payload type towards the party.
    pub payload_type: u8,
    /// RFC 4733, if both do.
    pub telephone_event: Option<TelephoneEvent>,
    /// Where the party listens.
    pub remote: Option<SocketAddr>,
    /// Which way media may flow, seen from us.
    pub direction: Direction,
}

/// Our side of one leg's session.
#[derive(Clone, Debug)]
pub struct LocalSession {
    id: u64,
    version: u64,
    address: SocketAddr,
    /// The m-lines so far; later offers and answers keep their number and order (RFC 3264 §8).
    lines: Vec<Line>,
    /// Which of them is the audio.
    audio: usize,
    /// What was said last, without `o=`.
    said: String,
}

/// The caller's codecs first, then ours, each once: what a callee is offered, so that transcoding is the last resort.
#[must_use]
pub fn codecs_for_callee(caller: &[Format], ours: &[Codec]) -> Vec<Codec> {
    let mut codecs = Vec::new();
    for codec in caller
        .iter()
        .map(|format| format.codec)
        .filter(|codec| ours.contains(codec))
        .chain(ours.iter().copied())
    {
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    codecs
}

/// The first of `ours` that the party has too.
#[must_use]
pub fn common_codec(theirs: &[Format], ours: &[Codec]) -> Option<Format> {
    ours.iter().find_map(|codec| theirs.iter().find(|format| format.codec == *codec)).copied()
}

impl Direction {
    /// Both ways.
    pub const BOTH: Direction = Direction { send: true, recv: true };

    /// Only what both allow.
    #[must_use]
    pub fn and(self, other: Direction) -> Direction {
        Direction { send: self.send && other.send, recv: self.recv && other.recv }
    }

    /// Whether the party is on hold or holds us.
    #[must_use]
    pub fn is_hold(self) -> bool {
        self != Direction::BOTH
    }

    fn attribute(self) -> &'static str {
        match (self.send, self.recv) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }
}

impl Codec {
    /// Static payload type (RFC 3551 §6).
    #[must_use]
    pub fn static_payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    /// Encoding name (RFC 3551 §6).
    #[must_use]
    pub fn encoding_name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
        }
    }

    fn from_encoding_name(name: &str) -> Option<Codec> {
        CODECS.into_iter().find(|codec| codec.encoding_name().eq_ignore_ascii_case(name))
    }
}

impl Description {
    /// Reads an offer or an answer.
    ///
    /// # Errors
    /// When the body is too long, has too many m-lines or isn't SDP. A body without audio that we can take is no error:
    /// `audio` is `None`.
    pub fn parse(body: &[u8]) -> Result<Description, SdpError> {
        if body.len() > SDP_BYTES_MAX {
            return Err(SdpError::TooLong { bytes: body.len() });
        }
        let (text, kinds) = repaired(body)?;
        if kinds.len() > SDP_MEDIA_MAX {
            return Err(SdpError::TooManyMedia { lines: kinds.len() });
        }
        let session = SessionDescription::unmarshal(&mut std::io::Cursor::new(text.as_bytes()))
            .map_err(|error| SdpError::Malformed { reason: error.to_string() })?;
        let lines: Vec<Line> = session
            .media_descriptions
            .iter()
            .zip(&kinds)
            .map(|(media, kind)| Line {
                media: kind.clone(),
                proto: media.media_name.protos.join("/"),
                formats: media.media_name.formats.iter().take(SDP_FORMATS_MAX).cloned().collect(),
            })
            .collect();
        let audio = session
            .media_descriptions
            .iter()
            .zip(&lines)
            .position(|(media, line)| is_our_audio(line) && media.media_name.port.value != 0)
            .and_then(|line| Some((line, session.media_descriptions.get(line)?)))
            .map(|(line, media)| Audio::read(line, media, &session));
        Ok(Description {
            session_id: session.origin.session_id,
            session_version: session.origin.session_version,
            audio,
            lines,
        })
    }
}

impl Audio {
    fn read(line: usize, media: &MediaDescription, session: &SessionDescription) -> Audio {
        let connection = media.connection_information.as_ref().or(session.connection_information.as_ref());
        let address = connection.and_then(address);
        let unspecified = address.is_some_and(|ip| ip.is_unspecified());
        let port = u16::try_from(media.media_name.port.value).unwrap_or(0);
        let mut direction = direction(media, session);
        if unspecified {
            direction.send = false;
        }
        let mut formats = Vec::new();
        let mut events: Vec<EventFormat> = Vec::new();
        for number in
            media.media_name.formats.iter().take(SDP_FORMATS_MAX).filter_map(|format| payload_type(format))
        {
            match format(number, media) {
                Some(Known::Audio(codec)) => formats.push(Format { codec, payload_type: number }),
                Some(Known::Event(clock)) => events.push(EventFormat { payload_type: number, clock }),
                None => {}
            }
        }
        Audio {
            remote: address.filter(|_| !unspecified).map(|ip| SocketAddr::new(ip, port)),
            formats,
            telephone_event: events.iter().find(|event| event.clock == 8_000).or(events.first()).copied(),
            direction,
            ptime_ms: ptime(media),
            line,
        }
    }
}

impl Agreed {
    /// Chooses from an offer: the first of `ours` that it has, and its direction as far as we want it.
    ///
    /// # Errors
    /// When there is no audio or no common codec.
    pub fn accept(offer: &Description, ours: &[Codec], wanted: Direction) -> Result<Agreed, Refused> {
        let audio = offer.audio.as_ref().ok_or(Refused::NoAudio)?;
        let format = common_codec(&audio.formats, ours).ok_or(Refused::NoCommonCodec)?;
        let event = audio.telephone_event.map(|event| (event, event.payload_type));
        Ok(Agreed::new(audio, format, event, wanted))
    }

    /// What a party's answer to our `offer` amounts to: its first codec that we offered.
    ///
    /// # Errors
    /// When the answer refuses the audio or has no codec that we offered.
    pub fn from_answer(offer: &Offer, answer: &Description) -> Result<Agreed, Refused> {
        let audio = answer.audio.as_ref().ok_or(Refused::NoAudio)?;
        let format = audio
            .formats
            .iter()
            .find(|format| offer.codecs.contains(&format.codec))
            .copied()
            .ok_or(Refused::NoCommonCodec)?;
        let event =
            audio.telephone_event.filter(|event| event.clock == 8_000).map(|event| (event, TELEPHONE_EVENT));
        Ok(Agreed::new(audio, format, event, offer.direction))
    }

    fn new(audio: &Audio, format: Format, event: Option<(EventFormat, u8)>, wanted: Direction) -> Agreed {
        Agreed {
            codec: format.codec,
            payload_type: format.payload_type,
            telephone_event: event.map(|(event, receive)| TelephoneEvent {
                send: event.payload_type,
                receive,
                clock: event.clock,
            }),
            remote: audio.remote,
            direction: audio.direction.and(wanted),
        }
    }

    /// The same for the media engine; `signalling` is where the party's SIP came from.
    #[must_use]
    pub fn setup(&self, signalling: SocketAddr) -> LegSetup {
        LegSetup {
            remote: self.remote,
            signalling,
            codec: self.codec,
            payload_type: self.payload_type,
            telephone_event: self.telephone_event,
            direction: self.direction,
        }
    }
}

impl LocalSession {
    /// Our side of a leg that listens at `address`, which the party must be able to reach. `id` is any number that
    /// differs between legs (RFC 8866 §5.2).
    #[must_use]
    pub fn new(id: u64, address: SocketAddr) -> LocalSession {
        // Some phones read the id as a signed 64-bit number.
        let id = id & (u64::MAX >> 1);
        LocalSession { id, version: 0, address, lines: Vec::new(), audio: 0, said: String::new() }
    }

    /// From the next description on, the leg is said to listen at another address of ours; its port stays.
    pub fn listen_at(&mut self, ip: IpAddr) {
        self.address.set_ip(ip);
    }

    /// Writes an offer: the first, or a later one with the m-lines of the session so far.
    pub fn offer(&mut self, offer: &Offer) -> String {
        let mut formats: Vec<(u8, &str, u32)> = offer
            .codecs
            .iter()
            .map(|codec| (codec.static_payload_type(), codec.encoding_name(), 8_000))
            .collect();
        formats.push((TELEPHONE_EVENT, "telephone-event", 8_000));
        if self.lines.is_empty() {
            self.lines.push(Line {
                media: "audio".to_owned(),
                proto: "RTP/AVP".to_owned(),
                formats: Vec::new(),
            });
        }
        self.write(&formats, offer.direction)
    }

    /// Writes the answer to `offer` that says `agreed`: every other stream is refused by port 0.
    pub fn answer(&mut self, offer: &Description, agreed: &Agreed) -> String {
        self.lines.clone_from(&offer.lines);
        self.audio = offer.audio.as_ref().map_or(0, |audio| audio.line);
        let mut formats = vec![(agreed.payload_type, agreed.codec.encoding_name(), 8_000)];
        if let Some(event) = agreed.telephone_event {
            formats.push((event.receive, "telephone-event", event.clock));
        }
        self.write(&formats, agreed.direction)
    }

    /// What was said last: repeated in a 200 after the same answer went out in a 183. `None` before the first word.
    #[must_use]
    pub fn repeat(&self) -> Option<String> {
        (!self.said.is_empty()).then(|| self.with_origin())
    }

    fn write(&mut self, formats: &[(u8, &str, u32)], direction: Direction) -> String {
        let mut body = format!("c={}\r\nt=0 0\r\n", network(self.address.ip()));
        for (index, line) in self.lines.iter().enumerate() {
            if index == self.audio {
                write_audio(&mut body, line, self.address.port(), formats, direction);
            } else {
                // Writing to a String cannot fail.
                let _ = write!(body, "m={} 0 {} {}\r\n", line.media, line.proto, line.formats.join(" "));
            }
        }
        if body != self.said {
            self.version += 1;
            self.said = body;
        }
        self.with_origin()
    }

    fn with_origin(&self) -> String {
        let LocalSession { id, version, address, said, .. } = self;
        format!("v=0\r\no=- {id} {version} {}\r\ns=-\r\n{said}", network(address.ip()))
    }
}

/// What a payload type of an audio line means to us.
enum Known {
    Audio(Codec),
    Event(u32),
}

fn write_audio(body: &mut String, line: &Line, port: u16, formats: &[(u8, &str, u32)], direction: Direction) {
    let numbers: Vec<String> = formats.iter().map(|(number, ..)| number.to_string()).collect();
    // Writing to a String cannot fail.
    let _ = write!(body, "m=audio {port} {} {}\r\n", line.proto, numbers.join(" "));
    for (number, name, clock) in formats {
        let _ = write!(body, "a=rtpmap:{number} {name}/{clock}\r\n");
        if *name == "telephone-event" {
            let _ = write!(body, "a=fmtp:{number} 0-16\r\n");
        }
    }
    let _ = write!(body, "a=ptime:20\r\na={}\r\n", direction.attribute());
}

fn network(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("IN IP4 {ip}"),
        IpAddr::V6(ip) => format!("IN IP6 {ip}"),
    }
}

/// The lines of a session or of one stream that say something about audio.
#[derive(Default)]
struct Section<'a> {
    /// Of a stream: what its m-line says.
    media: Option<&'a str>,
    connection: Option<&'a str>,
    attributes: Vec<&'a str>,
}

/// The text in the order of the grammar (RFC 8866 §9), and the kind of media of each m-line as the party wrote it.
fn repaired(body: &[u8]) -> Result<(String, Vec<String>), SdpError> {
    let malformed = |reason: &str| SdpError::Malformed { reason: reason.to_owned() };
    let text = String::from_utf8_lossy(body);
    let mut version = None;
    let mut origin = None;
    let mut section = Section::default();
    let mut sections = Vec::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let value = value.trim_end_matches(['\r', '\0', ' ']);
        match key.trim_start() {
            "v" => version = version.or(Some(value.trim())),
            "o" => origin = origin.or_else(|| plain_origin(value)),
            "c" if is_internet(value) => section.connection = section.connection.or(Some(value)),
            "a" if !value.is_empty() => section.attributes.push(value),
            "m" => sections
                .push(std::mem::replace(&mut section, Section { media: Some(value), ..Section::default() })),
            _ => {}
        }
    }
    sections.push(section);
    if version != Some("0") {
        return Err(malformed("it doesn't begin with v=0"));
    }
    let origin = origin.ok_or_else(|| malformed("its o= line is missing or short"))?;
    let mut out = format!("v=0\r\no={origin}\r\ns=-\r\n");
    let kinds = sections.iter().filter_map(|section| section.write(&mut out)).collect();
    Ok((out, kinds))
}

impl Section<'_> {
    /// Writes its lines; gives the kind of media.
    fn write(&self, out: &mut String) -> Option<String> {
        let kind = self.media.map(|media| {
            let (kind, rest) = media.split_once(' ').unwrap_or((media, ""));
            let known = if KNOWN_MEDIA.contains(&kind) { kind } else { "application" };
            // Writing to a String cannot fail.
            let _ = write!(out, "m={known} {rest}\r\n");
            kind.to_owned()
        });
        if let Some(connection) = self.connection {
            let _ = write!(out, "c={connection}\r\n");
        }
        if kind.is_none() {
            out.push_str("t=0 0\r\n");
        }
        for attribute in &self.attributes {
            let _ = write!(out, "a={attribute}\r\n");
        }
        kind
    }
}

/// An `o=` value with a user name of one word and numbers that fit: some phones write names with spaces, or longer
/// numbers. Those count as 0.
fn plain_origin(value: &str) -> Option<String> {
    let mut fields = value.split_whitespace().rev();
    let (_address, _kind, _net) = (fields.next()?, fields.next()?, fields.next()?);
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let (version, id, _user) = (number(fields.next()?), number(fields.next()?), fields.next()?);
    Some(format!("- {id} {version} IN IP4 0.0.0.0"))
}

fn is_internet(connection: &str) -> bool {
    let mut fields = connection.split_whitespace();
    fields.next() == Some("IN")
        && fields.next().is_some_and(|kind| kind == "IP4" || kind == "IP6")
        && fields.next().is_some()
}

fn is_our_audio(line: &Line) -> bool {
    line.media == "audio" && (line.proto == "RTP/AVP" || line.proto == "RTP/AVPF")
}

fn address(connection: &ConnectionInformation) -> Option<IpAddr> {
    let address = &connection.address.as_ref()?.address;
    // Multicast addresses carry a TTL behind a slash.
    address.split('/').next()?.parse().ok()
}

fn payload_type(format: &str) -> Option<u8> {
    format.parse().ok().filter(|number| *number < 128)
}

/// What the party calls `number`: its rtpmap first, then the static table.
fn format(number: u8, media: &MediaDescription) -> Option<Known> {
    let mapped = media
        .attributes
        .iter()
        .filter(|attribute| attribute.key == "rtpmap")
        .filter_map(|attribute| attribute.value.as_deref()?.trim().split_once(' '))
        .find(|(mapped, _)| payload_type(mapped) == Some(number))
        .map(|(_, encoding)| encoding.trim());
    let Some(encoding) = mapped else {
        return CODECS.into_iter().find(|codec| codec.static_payload_type() == number).map(Known::Audio);
    };
    let mut parts = encoding.split('/');
    let name = parts.next()?;
    let clock: u32 = parts.next().and_then(|clock| clock.trim().parse().ok())?;
    let mono = parts.next().is_none_or(|channels| channels.trim() == "1");
    if name.eq_ignore_ascii_case("telephone-event") {
        return (clock > 0).then_some(Known::Event(clock));
    }
    Codec::from_encoding_name(name).filter(|_| clock == 8_000 && mono).map(Known::Audio)
}

/// Media level over session level, sendrecv by default (RFC 8866 §6.7), seen from us.
fn direction(media: &MediaDescription, session: &SessionDescription) -> Direction {
    media
        .attributes
        .iter()
        .chain(&session.attributes)
        .find_map(|attribute| match attribute.key.as_str() {
            "sendrecv" => Some(Direction::BOTH),
            "sendonly" => Some(Direction { send: false, recv: true }),
            "recvonly" => Some(Direction { send: true, recv: false }),
            "inactive" => Some(Direction { send: false, recv: false }),
            _ => None,
        })
        .unwrap_or(Direction::BOTH)
}

fn ptime(media: &MediaDescription) -> u16 {
    media
        .attributes
        .iter()
        .find(|attribute| attribute.key == "ptime")
        .and_then(|attribute| attribute.value.as_deref()?.trim().parse().ok())
        .filter(|ptime| (5..=200).contains(ptime))
        .unwrap_or(20)
}
