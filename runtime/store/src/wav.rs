//! Reads as much of a WAV file as the store must know: whether it is one, how long it is, and whether its header
//! tells the truth after a crash. Formats 1 (PCM), 6 (A-law) and 7 (µ-law), as the recorder writes them.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Chunks looked at before the audio is given up.
const CHUNKS_MAX: usize = 32;

/// The shape of a WAV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wav {
    /// Where the samples begin, in bytes.
    pub data_offset: u64,
    /// How many bytes of samples the header claims.
    pub data_claimed: u64,
    /// How many bytes of samples the file holds (whole sample frames).
    pub data_held: u64,
    /// Bytes of one second.
    pub bytes_per_second: u32,
    /// Samples of one second.
    pub sample_rate: u32,
    /// Format tag: 1, 6 or 7.
    pub format: u16,
    /// Channels.
    pub channels: u16,
}

impl Wav {
    /// Length of the samples that the header claims and the file holds, in milliseconds.
    pub(crate) fn duration_ms(&self) -> u64 {
        self.millis(self.data_held.min(self.data_claimed))
    }

    /// Length of the samples that the file holds, whatever the header claims, in milliseconds.
    pub(crate) fn held_ms(&self) -> u64 {
        self.millis(self.data_held)
    }

    fn millis(&self, bytes: u64) -> u64 {
        bytes.saturating_mul(1_000) / u64::from(self.bytes_per_second.max(1))
    }
}

/// Reads the header of a file on disk.
pub(crate) fn read_file(path: &Path) -> std::io::Result<Result<Wav, &'static str>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    Ok(read(&mut file, len))
}

/// Reads the header of `len` bytes.
pub(crate) fn read(from: &mut (impl Read + Seek), len: u64) -> Result<Wav, &'static str> {
    let mut riff = [0; 12];
    take(from, &mut riff)?;
    if riff.first_chunk() != Some(b"RIFF") || riff.last_chunk() != Some(b"WAVE") {
        return Err("it isn't a WAV file");
    }
    let mut format = None;
    let mut at = 12_u64;
    for _ in 0..CHUNKS_MAX {
        let mut head = [0; 8];
        take(from, &mut head)?;
        at += 8;
        let [a, b, c, d, size @ ..] = head;
        let size = u64::from(u32::from_le_bytes(size));
        match &[a, b, c, d] {
            b"fmt " => format = Some(read_format(from, size)?),
            b"data" => return finish(format.ok_or("its samples come before their format")?, at, size, len),
            _ => {}
        }
        at = at.saturating_add(size).saturating_add(size & 1);
        from.seek(SeekFrom::Start(at)).map_err(|_| "it is cut short")?;
    }
    Err("it has no samples")
}

/// Makes the header claim what the file holds, and syncs the file.
pub(crate) fn repair(path: &Path, wav: &Wav) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let too_long = || std::io::Error::other("longer than a WAV file can be");
    let data = u32::try_from(wav.data_held).map_err(|_| too_long())?;
    let riff = u32::try_from(wav.data_offset.saturating_sub(8) + wav.data_held).map_err(|_| too_long())?;
    file.set_len(wav.data_offset + wav.data_held)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&riff.to_le_bytes())?;
    file.seek(SeekFrom::Start(wav.data_offset - 4))?;
    file.write_all(&data.to_le_bytes())?;
    file.sync_all()
}

#[derive(Clone, Copy)]
struct Format {
    tag: u16,
    channels: u16,
    sample_rate: u32,
    bits: u16,
}

fn read_format(from: &mut impl Read, size: u64) -> Result<Format, &'static str> {
    let mut f = [0; 16];
    if size < 16 {
        return Err("its format is cut short");
    }
    take(from, &mut f)?;
    let [t0, t1, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1] = f;
    let format = Format {
        tag: u16::from_le_bytes([t0, t1]),
        channels: u16::from_le_bytes([c0, c1]),
        sample_rate: u32::from_le_bytes([r0, r1, r2, r3]),
        bits: u16::from_le_bytes([b0, b1]),
    };
    match (format.tag, format.bits) {
        (1, 8 | 16 | 24 | 32) | (6 | 7, 8) => {}
        _ => return Err("it must be PCM, A-law or µ-law"),
    }
    if !(1..=2).contains(&format.channels) || !(8_000..=192_000).contains(&format.sample_rate) {
        return Err("it must have one or two channels and 8,000 to 192,000 samples a second");
    }
    Ok(format)
}

fn finish(format: Format, data_offset: u64, claimed: u64, len: u64) -> Result<Wav, &'static str> {
    let frame = u64::from(format.channels) * u64::from(format.bits / 8);
    let held = len.saturating_sub(data_offset);
    Ok(Wav {
        data_offset,
        data_claimed: claimed,
        data_held: held - held % frame.max(1),
        bytes_per_second: format.sample_rate.saturating_mul(u32::try_from(frame).unwrap_or(u32::MAX)),
        sample_rate: format.sample_rate,
        format: format.tag,
        channels: format.channels,
    })
}

fn take(from: &mut impl Read, into: &mut [u8]) -> Result<(), &'static str> {
    from.read_exact(into).map_err(|_| "it is cut short")
}

/// A mono WAV file at 8 kHz, for tests: `format` 7 has one byte a sample, 1 has two.
#[cfg(test)]
pub(crate) fn sample(format: u16, claimed: u32, data: &[u8]) -> Vec<u8> {
    let width: u16 = if format == 1 { 2 } else { 1 };
    let mut out = b"RIFF".to_vec();
    out.extend((36 + claimed).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(format.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(8_000_u32.to_le_bytes());
    out.extend((8_000 * u32::from(width)).to_le_bytes());
    out.extend(width.to_le_bytes());
    out.extend((8 * width).to_le_bytes());
    out.extend(b"data");
    out.extend(claimed.to_le_bytes());
    out.extend(data);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn parse(bytes: &[u8]) -> Result<Wav, &'static str> {
        read(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn the_length_is_what_is_claimed_and_there() {
        let wav = parse(&sample(7, 16_000, &[0; 16_000])).unwrap();
        assert_eq!((wav.duration_ms(), wav.held_ms()), (2_000, 2_000));
        let late = parse(&sample(1, 0, &[0; 16_001])).unwrap();
        assert_eq!((late.duration_ms(), late.held_ms()), (0, 1_000));
    }

    #[test]
    fn other_files_are_refused_without_a_panic() {
        let whole = sample(7, 4, &[0; 4]);
        for end in 0..44 {
            assert!(parse(&whole[..end]).is_err());
        }
        for i in 0..44 {
            let mut bent = whole.clone();
            bent[i] ^= 0xff;
            let _ = parse(&bent);
        }
        assert!(parse(&sample(3, 4, &[0; 4])).is_err());
    }

    #[test]
    fn a_header_is_repaired() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        std::fs::write(&path, sample(1, 100, &[1; 32_001])).unwrap();
        let wav = read_file(&path).unwrap().unwrap();
        repair(&path, &wav).unwrap();
        let mended = read_file(&path).unwrap().unwrap();
        assert_eq!((mended.duration_ms(), mended.held_ms()), (2_000, 2_000));
        assert_eq!(std::fs::read(&path).unwrap()[4..8], (36 + 32_000_u32).to_le_bytes());
    }
}
