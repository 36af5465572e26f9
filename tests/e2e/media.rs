//! The media half of a test client: one RTP socket that sends a tone and key presses and keeps every packet it hears.
//!
//! It sends to where it hears from, or to where it was told.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::audio;
use super::wait::{free_ports, until};

const FRAME: usize = audio::RATE / 50;
const FRAME_TIME: Duration = Duration::from_millis(20);
/// The payload type of telephone-event in our offers; not the usual 101 on purpose.
pub const TELEPHONE_EVENT: u8 = 96;

/// One RTP packet as it was heard.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Where it came from.
    pub from: SocketAddr,
    /// Payload type.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Time stamp, in samples.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

#[derive(Default)]
struct Shared {
    heard: Vec<Packet>,
    remote: Option<SocketAddr>,
    tone: Option<f64>,
    /// Frames after which the tone ends; `None` goes on.
    tone_frames: Option<usize>,
    keys: VecDeque<u8>,
    keys_done: usize,
}

/// The socket, with its thread.
pub struct Media {
    addr: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Media {
    /// Opens a socket on an even port of `ip`. It sends silence once it knows where to.
    pub fn open(ip: IpAddr) -> Media {
        let addr = SocketAddr::new(ip, free_ports(ip, 2));
        let socket = UdpSocket::bind(addr).unwrap();
        let shared = Arc::new(Mutex::new(Shared::default()));
        let over = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (shared, over) = (shared.clone(), over.clone());
            move || run(&socket, &shared, &over)
        });
        Media { addr, shared, over, thread: Some(thread) }
    }

    /// The port for the SDP.
    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// Sends there, whatever is heard from where.
    pub fn send_to(&self, remote: SocketAddr) {
        self.shared.lock().unwrap().remote = Some(remote);
    }

    /// From now on sends this tone; `None` is silence.
    pub fn tone(&self, hz: Option<f64>) {
        let mut shared = self.shared.lock().unwrap();
        (shared.tone, shared.tone_frames) = (hz, None);
    }

    /// Sends so much of a tone, then silence; returns when it is sent.
    #[track_caller]
    pub fn say(&self, hz: f64, ms: usize) {
        {
            let mut shared = self.shared.lock().unwrap();
            (shared.tone, shared.tone_frames) = (Some(hz), Some(ms / 20));
        }
        until("the tone is sent", || self.shared.lock().unwrap().tone.is_none().then_some(()));
    }

    /// Presses a key (`0`–`9`, `*`, `#`) for 100 ms, as RFC 4733 says, and waits until it is sent.
    #[track_caller]
    pub fn press(&self, key: char) {
        let event = match key {
            '0'..='9' => key as u8 - b'0',
            '*' => 10,
            '#' => 11,
            _ => panic!("{key} is no key"),
        };
        let done = {
            let mut shared = self.shared.lock().unwrap();
            shared.keys.push_back(event);
            shared.keys_done + shared.keys.len()
        };
        until("the key press is sent", || (self.shared.lock().unwrap().keys_done >= done).then_some(()));
    }

    /// Every packet so far.
    pub fn packets(&self) -> Vec<Packet> {
        self.shared.lock().unwrap().heard.clone()
    }

    /// How many packets so far: a mark for [`Media::heard_since`].
    pub fn mark(&self) -> usize {
        self.shared.lock().unwrap().heard.len()
    }

    /// The sound so far.
    pub fn heard(&self) -> Vec<i16> {
        self.heard_since(0)
    }

    /// The sound of the packets after a mark, placed by their time stamps; gaps up to 10 s are silence.
    pub fn heard_since(&self, mark: usize) -> Vec<i16> {
        decode(&self.shared.lock().unwrap().heard[mark..])
    }

    /// Waits until the sound of half a second holds no such tone: it has ended (or no packets come any more).
    #[track_caller]
    pub fn hears_tone_end(&self, hz: f64) {
        until(&format!("the end of {hz} Hz at {}", self.addr), || {
            let mark = self.mark();
            std::thread::sleep(Duration::from_millis(500));
            (audio::tone_ms(&self.heard_since(mark), hz) == 0).then_some(())
        });
    }

    /// Waits until at least `ms` of anything loud were heard after `mark`; the sound since then.
    #[track_caller]
    pub fn hears_sound(&self, mark: usize, ms: usize) -> Vec<i16> {
        until(&format!("{ms} ms of sound at {}", self.addr), || {
            let heard = self.heard_since(mark);
            (audio::loud_ms(&heard) >= ms).then_some(heard)
        })
    }

    /// Waits until at least `ms` of the tone were heard after `mark`.
    #[track_caller]
    pub fn hears_tone(&self, mark: usize, hz: f64, ms: usize) {
        until(&format!("{ms} ms of {hz} Hz at {}", self.addr), || {
            (audio::tone_ms(&self.heard_since(mark), hz) >= ms).then_some(())
        });
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
        if std::thread::panicking() {
            let heard = self.heard();
            eprintln!(
                "--- media {}: {} packets, {} ms loud, strongest {:?} Hz",
                self.addr,
                self.mark(),
                audio::loud_ms(&heard),
                audio::dominant(&heard)
            );
        }
    }
}

/// Sound of packets in the order of their time stamps (per source, one after the other).
fn decode(packets: &[Packet]) -> Vec<i16> {
    let mut sources: Vec<(u32, BTreeMap<i64, Vec<i16>>, u32)> = Vec::new();
    for p in packets {
        let samples: Vec<i16> = match p.payload_type {
            0 => p.payload.iter().map(|&c| audio::from_ulaw(c)).collect(),
            8 => p.payload.iter().map(|&c| audio::from_alaw(c)).collect(),
            _ => continue,
        };
        if sources.last().is_none_or(|(ssrc, ..)| *ssrc != p.ssrc) {
            sources.push((p.ssrc, BTreeMap::new(), p.timestamp));
        }
        if let Some((_, frames, first)) = sources.last_mut() {
            // Signed distance from the first, so that a wrap is no jump.
            frames.insert(i64::from(p.timestamp.wrapping_sub(*first).cast_signed()), samples);
        }
    }
    let mut sound = Vec::new();
    for (_, frames, _) in sources {
        let mut next = None;
        for (at, samples) in frames {
            let gap = next.map_or(0, |n: i64| at - n).clamp(0, 10 * audio::RATE as i64);
            sound.extend(std::iter::repeat_n(0, gap as usize));
            next = Some(at + samples.len() as i64);
            sound.extend(samples);
        }
    }
    sound
}

struct Sender {
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    samples: usize,
    /// The key being pressed, its start, and how many packets of it were sent.
    key: Option<(u8, u32, u16)>,
}

impl Sender {
    fn packet(&mut self, marker: bool, payload_type: u8, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0x80, u8::from(marker) << 7 | payload_type];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(payload);
        packet
    }

    /// The packets of the next 20 ms.
    fn next(&mut self, shared: &mut Shared) -> Vec<Vec<u8>> {
        /// 100 ms of a key, then its end three times.
        const KEY_FRAMES: u16 = 5;
        let now = self.timestamp;
        self.timestamp = now.wrapping_add(FRAME as u32);
        if self.key.is_none() {
            self.key = shared.keys.front().map(|&event| (event, now, 0));
        }
        if let Some((event, start, sent)) = self.key {
            let frames = (sent + 1).min(KEY_FRAMES);
            let duration = (frames * FRAME as u16).to_be_bytes();
            let end = sent >= KEY_FRAMES;
            let payload = [event, u8::from(end) << 7 | 10, duration[0], duration[1]];
            let packets: Vec<Vec<u8>> = (0..if end { 3 } else { 1 })
                .map(|_| self.packet(sent == 0, TELEPHONE_EVENT, start, &payload))
                .collect();
            self.key = (!end).then_some((event, start, sent + 1));
            if end {
                shared.keys.pop_front();
                shared.keys_done += 1;
            }
            return packets;
        }
        match shared.tone_frames {
            Some(0) => (shared.tone, shared.tone_frames) = (None, None),
            Some(left) => shared.tone_frames = Some(left - 1),
            None => {}
        }
        let first = self.samples;
        self.samples += FRAME;
        let sound: Vec<u8> = (first..self.samples)
            .map(|n| audio::to_ulaw(shared.tone.map_or(0, |hz| audio::tone_sample(hz, n))))
            .collect();
        vec![self.packet(false, 0, now, &sound)]
    }
}

fn run(socket: &UdpSocket, shared: &Mutex<Shared>, over: &AtomicBool) {
    let mut sender =
        Sender { sequence: 7, timestamp: 1_000, ssrc: std::process::id(), samples: 0, key: None };
    let mut due = Instant::now();
    let mut buffer = [0; 2_048];
    while !over.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            due += FRAME_TIME;
            let mut shared = shared.lock().unwrap();
            if let Some(remote) = shared.remote {
                for packet in sender.next(&mut shared) {
                    // The far end may have closed its port at the end of a call.
                    let _ = socket.send_to(&packet, remote);
                }
            }
            continue;
        }
        socket.set_read_timeout(Some(left)).unwrap();
        let Ok((size, from)) = socket.recv_from(&mut buffer) else { continue };
        let Some(packet) = parse(&buffer[..size], from) else { continue };
        let mut shared = shared.lock().unwrap();
        shared.remote.get_or_insert(from);
        shared.heard.push(packet);
    }
}

fn parse(bytes: &[u8], from: SocketAddr) -> Option<Packet> {
    let (head, payload) = bytes.split_at_checked(12)?;
    // No padding, extension or contributing sources: our server sends none, and neither does a phone here.
    (head[0] == 0x80).then(|| Packet {
        from,
        payload_type: head[1] & 0x7F,
        sequence: u16::from_be_bytes([head[2], head[3]]),
        timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        payload: payload.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::wait::TRUNK;
    use super::*;

    #[test]
    fn two_sockets_hear_each_other_and_the_key() {
        let (one, two) = (Media::open(TRUNK), Media::open(TRUNK));
        one.tone(Some(440.0));
        two.tone(Some(700.0));
        // Only one is told: the other answers to where it hears from.
        one.send_to(two.addr);
        two.hears_tone(0, 440.0, 300);
        one.hears_tone(0, 700.0, 300);
        one.press('#');
        let keys = until("the end of the key arrives three times", || {
            let keys: Vec<Packet> =
                two.packets().into_iter().filter(|p| p.payload_type == TELEPHONE_EVENT).collect();
            (keys.len() == 8).then_some(keys)
        });
        assert!(keys.iter().all(|k| k.timestamp == keys[0].timestamp && k.payload[0] == 11));
        assert_eq!(keys.iter().map(|k| k.payload[1] >> 7).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1, 1, 1]);
        assert_eq!(keys[7].payload[2..], [3, 32], "800 samples");
    }
}
