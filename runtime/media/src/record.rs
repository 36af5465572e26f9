//! A recording of what one party says: packets become a run of G.711 codes in the order of their timestamps.
//!
//! The last moment is kept back, so that a packet which was overtaken on the way still takes its place; what never
//! comes is silence.

use std::path::PathBuf;
use std::time::Duration;

use crate::control::{Codec, JobId, RecordEnd};
use crate::engine::FileOp;
use crate::g711;
use crate::limits::{GAP_SAMPLES_MAX, HEADER_EVERY, RECORD_MS_MAX};
use crate::wav;

/// How much is kept back for packets that come late, in samples: 100 ms.
const REORDER_SAMPLES: usize = 800;

/// Mean absolute level of a packet from which it counts as sound: about −45 dBFS, above the noise of a line.
const LOUD: u32 = 180;

const SAMPLES_PER_MS: u64 = 8;

/// A recording that runs.
#[derive(Debug)]
pub(crate) struct Recording {
    pub job: JobId,
    codec: Codec,
    began: Duration,
    longest: Duration,
    /// Zero: never ends by silence.
    silence: Duration,
    /// Codes that are not in the file yet; the first has index `flushed`.
    pending: Vec<u8>,
    flushed: u64,
    stream: Option<Stream>,
    /// Index behind the last packet that was loud, and when it came.
    sound_end: u64,
    sound_at: Duration,
    header_at: Duration,
}

/// Where the timestamps of one SSRC are in the recording.
#[derive(Clone, Copy, Debug)]
struct Stream {
    ssrc: u32,
    timestamp: u32,
    index: u64,
}

/// What is left to say when a recording is over.
#[derive(Debug)]
pub(crate) struct Finished {
    pub job: JobId,
    pub duration_ms: u32,
    pub ops: Vec<FileOp>,
}

impl Recording {
    /// Begins one; the first step of its file comes with it.
    pub fn begin(
        now: Duration,
        job: JobId,
        codec: Codec,
        path: PathBuf,
        max_ms: u32,
        silence_ms: u32,
    ) -> (Recording, FileOp) {
        let recording = Recording {
            job,
            codec,
            began: now,
            longest: Duration::from_millis(u64::from(max_ms.min(RECORD_MS_MAX))),
            silence: Duration::from_millis(u64::from(silence_ms)),
            pending: Vec::new(),
            flushed: 0,
            stream: None,
            sound_end: 0,
            sound_at: now,
            header_at: now.saturating_add(HEADER_EVERY),
        };
        (recording, FileOp::Create { job, path, header: wav::header(codec, 0) })
    }

    /// Takes a packet's codes.
    pub fn voice(&mut self, now: Duration, codec: Codec, ssrc: u32, timestamp: u32, payload: &[u8]) {
        let Some(index) = self.place(ssrc, timestamp) else { return };
        // Late for what is already in the file.
        let Some(at) = index.checked_sub(self.flushed).and_then(|at| usize::try_from(at).ok()) else {
            return;
        };
        let room = self.longest_samples().saturating_sub(index);
        let fits = payload.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let Some(payload) = payload.get(..fits).filter(|payload| !payload.is_empty()) else { return };
        let end = at + payload.len();
        if self.pending.len() < end {
            self.pending.resize(end, g711::silence(self.codec));
        }
        if let Some(place) = self.pending.get_mut(at..end) {
            place.copy_from_slice(payload);
            g711::transcode(codec, self.codec, place);
        }
        if is_loud(codec, payload) {
            self.sound_end = self.sound_end.max(index + payload.len() as u64);
            self.sound_at = now;
        }
    }

    /// Whether it is over by itself.
    pub fn over(&self, now: Duration) -> Option<RecordEnd> {
        if now.saturating_sub(self.began) >= self.longest {
            Some(RecordEnd::MaxLength)
        } else if !self.silence.is_zero() && now.saturating_sub(self.sound_at) >= self.silence {
            Some(RecordEnd::Silence)
        } else {
            None
        }
    }

    /// The steps that bring the file up to date, once a second.
    pub fn flush(&mut self, now: Duration) -> Option<[FileOp; 2]> {
        let ready = self.pending.len().saturating_sub(REORDER_SAMPLES);
        if now < self.header_at || ready == 0 {
            return None;
        }
        self.header_at = now.saturating_add(HEADER_EVERY);
        let bytes: Vec<u8> = self.pending.drain(..ready).collect();
        self.flushed += ready as u64;
        let header = wav::header(self.codec, data_bytes(self.flushed));
        Some([FileOp::Write { job: self.job, bytes }, FileOp::RewriteHeader { job: self.job, header }])
    }

    /// Ends it.
    pub fn finish(mut self) -> Finished {
        let mut samples = self.flushed + self.pending.len() as u64;
        if !self.silence.is_zero() {
            samples = samples.min(self.sound_end);
        }
        // A chunk has an even length.
        samples &= !1;
        let rest = usize::try_from(samples.saturating_sub(self.flushed)).unwrap_or(0);
        self.pending.truncate(rest);
        let mut ops = Vec::with_capacity(2);
        if !self.pending.is_empty() {
            ops.push(FileOp::Write { job: self.job, bytes: self.pending });
        }
        let header = wav::header(self.codec, data_bytes(samples));
        ops.push(FileOp::Finish { job: self.job, header, length: wav::HEADER_BYTES as u64 + samples });
        Finished { job: self.job, duration_ms: (samples / SAMPLES_PER_MS) as u32, ops }
    }

    /// The index of a packet's first sample; `None` when that is before the recording began. A new SSRC, or a timestamp
    /// far off, goes on where the recording is.
    fn place(&mut self, ssrc: u32, timestamp: u32) -> Option<u64> {
        let end = self.flushed + self.pending.len() as u64;
        if let Some(stream) = self.stream.filter(|stream| stream.ssrc == ssrc) {
            // The signed difference of two clocks that wrap.
            let ahead = timestamp.wrapping_sub(stream.timestamp) as i32;
            if ahead.unsigned_abs() <= GAP_SAMPLES_MAX {
                let index = stream.index.checked_add_signed(i64::from(ahead))?;
                if ahead > 0 {
                    self.stream = Some(Stream { ssrc, timestamp, index });
                }
                return Some(index);
            }
        }
        self.stream = Some(Stream { ssrc, timestamp, index: end });
        Some(end)
    }

    fn longest_samples(&self) -> u64 {
        u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX).saturating_mul(SAMPLES_PER_MS)
    }
}

/// `RECORD_MS_MAX` keeps it below 4 GiB.
fn data_bytes(samples: u64) -> u32 {
    u32::try_from(samples).unwrap_or(u32::MAX)
}

fn is_loud(codec: Codec, payload: &[u8]) -> bool {
    let sum: u32 = payload.iter().map(|code| u32::from(g711::decode(codec, *code).unsigned_abs())).sum();
    u32::try_from(payload.len())
        .ok()
        .and_then(|count| sum.checked_div(count))
        .is_some_and(|mean| mean >= LOUD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOUD_CODE: u8 = 0xAA;
    const JOB: JobId = JobId(1);

    fn begin(max_ms: u32, silence_ms: u32) -> Recording {
        Recording::begin(Duration::ZERO, JOB, Codec::Pcma, PathBuf::from("x"), max_ms, silence_ms).0
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// What a file would hold after these steps.
    fn file(ops: impl IntoIterator<Item = FileOp>) -> Vec<u8> {
        let mut file = vec![0; wav::HEADER_BYTES];
        for op in ops {
            match op {
                FileOp::Create { header, .. } | FileOp::RewriteHeader { header, .. } => {
                    file[..header.len()].copy_from_slice(&header);
                }
                FileOp::Write { bytes, .. } => file.extend(bytes),
                FileOp::Finish { header, length, .. } => {
                    file.truncate(length as usize);
                    file[..header.len()].copy_from_slice(&header);
                    assert_eq!(file.len() as u64, length);
                }
            }
        }
        file
    }

    fn sound(recording: Recording) -> (Vec<u8>, u32) {
        let finished = recording.finish();
        let file = file(finished.ops);
        assert!(wav::read(&file).is_ok());
        let (header, sound) = file.split_at(wav::HEADER_BYTES);
        assert_eq!(header, wav::header(Codec::Pcma, sound.len() as u32), "the header is right");
        (sound.to_vec(), finished.duration_ms)
    }

    #[test]
    fn packets_take_their_place_and_gaps_are_silence() {
        let mut recording = begin(60_000, 0);
        for (at, timestamp, code) in [(0, u32::MAX - 3, 1), (1, 12, 3), (2, 4, 2), (3, 28, 4)] {
            recording.voice(ms(at), Codec::Pcma, 9, timestamp, &[code; 8]);
        }
        let (codes, duration) = sound(recording);
        let expected = [[1; 8], [2; 8], [3; 8], [0xD5; 8], [4; 8]].concat();
        assert_eq!((codes, duration), (expected, 5));
    }

    #[test]
    fn a_new_source_or_a_jump_goes_on_at_the_end() {
        let mut recording = begin(60_000, 0);
        recording.voice(ms(0), Codec::Pcma, 9, 1_000, &[1; 160]);
        recording.voice(ms(20), Codec::Pcma, 8, 77, &[2; 160]);
        recording.voice(ms(40), Codec::Pcma, 8, 900_000_000, &[3; 160]);
        recording.voice(ms(60), Codec::Pcma, 8, 900_000_160, &[4; 160]);
        assert_eq!(sound(recording).0, [[1; 160], [2; 160], [3; 160], [4; 160]].concat());
    }

    #[test]
    fn what_was_said_before_the_first_packet_is_left_out() {
        let mut recording = begin(60_000, 0);
        for (timestamp, code) in [(160, 1), (0, 9), (320, 2)] {
            recording.voice(ms(0), Codec::Pcma, 9, timestamp, &[code; 160]);
        }
        assert!(sound(recording).0 == [[1; 160], [2; 160]].concat());
    }

    #[test]
    fn the_other_law_is_turned_into_the_file_s() {
        let mut recording = begin(60_000, 0);
        recording.voice(ms(0), Codec::Pcmu, 9, 0, &[0x80; 160]);
        assert_eq!(sound(recording).0, [0xAA; 160]);
    }

    #[test]
    fn flushing_keeps_the_last_moment_back_and_the_file_whole() {
        let mut recording = begin(60_000, 0);
        let mut ops = Vec::new();
        for n in 0..150_u32 {
            let now = ms(u64::from(n) * 20);
            // Each pair after the first packet is swapped on the way.
            let sent = if n == 0 || n == 149 { n } else { ((n - 1) ^ 1) + 1 };
            recording.voice(now, Codec::Pcma, 9, sent * 160, &[sent as u8; 160]);
            ops.extend(recording.flush(now).into_iter().flatten());
        }
        assert_eq!(ops.len(), 4, "two seconds, each a write and a header");
        let so_far = file(ops.clone());
        assert!(wav::read(&so_far).unwrap().len() > 8_000);
        ops.extend(recording.finish().ops);
        let expected: Vec<u8> = (0..150).flat_map(|n| [n; 160]).collect();
        assert!(file(ops)[wav::HEADER_BYTES..] == expected);
    }

    #[test]
    fn it_ends_by_length_and_takes_no_more() {
        let mut recording = begin(100, 0);
        for n in 0..10 {
            recording.voice(ms(0), Codec::Pcma, 9, n * 160, &[1; 160]);
        }
        assert_eq!(recording.over(ms(99)), None);
        assert_eq!(recording.over(ms(100)), Some(RecordEnd::MaxLength));
        assert_eq!(sound(recording).1, 100);
    }

    #[test]
    fn it_ends_by_silence_which_is_trimmed_even_from_the_file() {
        let mut recording = begin(60_000, 2_000);
        let mut ops = Vec::new();
        for n in 0..250_u32 {
            let code = if n < 50 { LOUD_CODE } else { 0xD5 };
            let now = ms(u64::from(n) * 20);
            assert_eq!(recording.over(now).is_some(), n >= 49 + 100, "packet {n}");
            recording.voice(now, Codec::Pcma, 9, n * 160, &[code; 160]);
            ops.extend(recording.flush(now).into_iter().flatten());
        }
        let finished = recording.finish();
        assert_eq!(finished.duration_ms, 1_000);
        ops.extend(finished.ops);
        assert_eq!(file(ops)[wav::HEADER_BYTES..], [LOUD_CODE; 8_000]);
    }

    #[test]
    fn a_party_that_sends_nothing_is_silent_too() {
        let recording = begin(60_000, 2_000);
        assert_eq!(recording.over(ms(2_000)), Some(RecordEnd::Silence));
        assert_eq!(sound(recording), (Vec::new(), 0));
    }
}
