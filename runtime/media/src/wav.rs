//! WAV files: writing recordings as G.711 (formats 6 and 7) and reading prompts.
//!
//! A recording's header is as long at its first byte as at its last, so it can be rewritten while the file grows: a
//! file that a killed process left behind is playable up to the last rewrite, and keeps the rest.

use crate::control::Codec;
use crate::g711;
use crate::limits::PROMPT_BYTES_MAX;

/// Length of the header that [`header`] writes: RIFF, `fmt ` with its extension size, `fact`, `data`.
pub const HEADER_BYTES: usize = 58;

const PCM: u16 = 1;
const ALAW: u16 = 6;
const ULAW: u16 = 7;
const EXTENSIBLE: u16 = 0xFFFE;

/// Why a file is no use as a prompt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// Longer than we read.
    #[error("the file has {bytes} bytes; at most {PROMPT_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// No RIFF/WAVE, or without format or data.
    #[error("this is no WAV file: {what} is missing")]
    NotWav {
        /// What is missing.
        what: &'static str,
    },
    /// A WAV of another kind.
    #[error(
        "format {format} with {channels} channels at {rate} Hz and {bits} bits can't be played; save it as mono 16-bit PCM at 8000 or 16000 Hz"
    )]
    Unsupported {
        /// Format tag.
        format: u16,
        /// Channels.
        channels: u16,
        /// Samples a second.
        rate: u32,
        /// Bits a sample.
        bits: u16,
    },
}

/// The header of a mono 8 kHz G.711 file with `data_bytes` of sound.
#[must_use]
pub fn header(codec: Codec, data_bytes: u32) -> Vec<u8> {
    let format = match codec {
        Codec::Pcma => ALAW,
        Codec::Pcmu => ULAW,
    };
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(b"RIFF");
    header.extend((data_bytes.saturating_add(HEADER_BYTES as u32 - 8)).to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend(18_u32.to_le_bytes());
    header.extend(format.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(8_000_u32.to_le_bytes());
    header.extend(8_000_u32.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(8_u16.to_le_bytes());
    header.extend(0_u16.to_le_bytes());
    header.extend(b"fact");
    header.extend(4_u32.to_le_bytes());
    header.extend(data_bytes.to_le_bytes());
    header.extend(b"data");
    header.extend(data_bytes.to_le_bytes());
    header
}

/// Reads a prompt as linear samples at 8 kHz: mono PCM with 16 bits at 8 or 16 kHz, or G.711 at 8 kHz. A data chunk
/// that promises more than the file has is read as far as it goes.
///
/// # Errors
/// When it is too long, no WAV, or one of another kind.
pub fn read(file: &[u8]) -> Result<Vec<i16>, WavError> {
    if file.len() > PROMPT_BYTES_MAX {
        return Err(WavError::TooLong { bytes: file.len() });
    }
    let rest = file.strip_prefix(b"RIFF").ok_or(WavError::NotWav { what: "RIFF" })?;
    let mut rest =
        rest.get(4..).and_then(|rest| rest.strip_prefix(b"WAVE")).ok_or(WavError::NotWav { what: "WAVE" })?;
    let mut format = None;
    while let Some((id, length, body)) = chunk(rest) {
        let content = body.get(..length).unwrap_or(body);
        match id {
            b"fmt " => format = Format::read(content),
            b"data" => return format.ok_or(WavError::NotWav { what: "fmt" })?.decode(content),
            _ => {}
        }
        rest = body.get(length.saturating_add(length & 1)..).unwrap_or_default();
    }
    Err(WavError::NotWav { what: "data" })
}

#[derive(Clone, Copy, Debug)]
struct Format {
    tag: u16,
    channels: u16,
    rate: u32,
    bits: u16,
}

impl Format {
    fn read(chunk: &[u8]) -> Option<Format> {
        let [t0, t1, c0, c1, r0, r1, r2, r3, _, _, _, _, _, _, b0, b1] = *chunk.first_chunk()?;
        let mut tag = u16::from_le_bytes([t0, t1]);
        if tag == EXTENSIBLE {
            // The first two bytes of the sub-format are the tag.
            tag = u16::from_le_bytes(*chunk.get(24..26)?.first_chunk()?);
        }
        Some(Format {
            tag,
            channels: u16::from_le_bytes([c0, c1]),
            rate: u32::from_le_bytes([r0, r1, r2, r3]),
            bits: u16::from_le_bytes([b0, b1]),
        })
    }

    fn decode(self, data: &[u8]) -> Result<Vec<i16>, WavError> {
        match (self.tag, self.channels, self.rate, self.bits) {
            (PCM, 1, 8_000, 16) => Ok(pcm(data)),
            (PCM, 1, 16_000, 16) => Ok(halve(&pcm(data))),
            (ALAW, 1, 8_000, 8) => Ok(data.iter().map(|code| g711::decode(Codec::Pcma, *code)).collect()),
            (ULAW, 1, 8_000, 8) => Ok(data.iter().map(|code| g711::decode(Codec::Pcmu, *code)).collect()),
            (format, channels, rate, bits) => Err(WavError::Unsupported { format, channels, rate, bits }),
        }
    }
}

fn chunk(rest: &[u8]) -> Option<(&[u8; 4], usize, &[u8])> {
    let (id, rest) = rest.split_first_chunk::<4>()?;
    let (length, body) = rest.split_first_chunk::<4>()?;
    Some((id, u32::from_le_bytes(*length) as usize, body))
}

fn pcm(data: &[u8]) -> Vec<i16> {
    data.as_chunks::<2>().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect()
}

/// Taps on each side of the middle of the filter in [`halve`].
const HALF_TAPS: i32 = 24;

/// 16 kHz to 8 kHz: a windowed-sinc low-pass at 3.6 kHz, then every other sample.
fn halve(samples: &[i16]) -> Vec<i16> {
    let taps: Vec<f32> = (-HALF_TAPS..=HALF_TAPS).map(tap).collect();
    let gain: f32 = taps.iter().sum();
    let at = |index: i64| {
        usize::try_from(index).ok().and_then(|index| samples.get(index)).map_or(0.0, |s| f32::from(*s))
    };
    (0..samples.len().div_ceil(2) as i64)
        .map(|n| {
            let sum: f32 =
                taps.iter().zip(-i64::from(HALF_TAPS)..).map(|(tap, offset)| tap * at(2 * n + offset)).sum();
            // `as` saturates, which is what clipping means.
            (sum / gain).round() as i16
        })
        .collect()
}

fn tap(n: i32) -> f32 {
    use std::f32::consts::PI;
    const CUTOFF: f32 = 2.0 * 3_600.0 / 16_000.0;
    let x = n as f32;
    let sinc = if n == 0 { CUTOFF } else { (PI * CUTOFF * x).sin() / (PI * x) };
    let hann = 0.5 + 0.5 * (PI * x / (HALF_TAPS + 1) as f32).cos();
    sinc * hann
}

#[cfg(test)]
mod tests;
