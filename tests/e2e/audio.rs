//! Sound that tests make and measure: 8 kHz mono, 16-bit.

use std::f64::consts::TAU;
use std::path::Path;

/// Samples a second.
pub const RATE: usize = 8_000;

/// Samples in the windows that tones are looked for in: 50 ms, so bins of 20 Hz.
const WINDOW: usize = RATE / 20;

/// A window below this RMS (−46 dBFS) is silence.
const SILENCE_RMS: f64 = 164.0;

/// A sine of `hz` at −10 dBFS.
pub fn tone(hz: f64, ms: usize) -> Vec<i16> {
    (0..ms * RATE / 1_000).map(|n| tone_sample(hz, n)).collect()
}

/// Sample `n` of that sine.
pub fn tone_sample(hz: f64, n: usize) -> i16 {
    // Reduced before the sine, so that a long tone keeps its phase.
    let turns = (hz * n as f64 / RATE as f64).fract();
    ((turns * TAU).sin() * 10_362.0).round() as i16
}

/// The part (0 to 1) of the energy of `samples` that lies at `hz` (Goertzel).
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let step = TAU * hz / RATE as f64;
    let (mut s1, mut s2, mut energy) = (0.0, 0.0, 0.0);
    for &x in samples {
        let x = f64::from(x);
        let s0 = x + 2.0 * step.cos() * s1 - s2;
        (s2, s1) = (s1, s0);
        energy += x * x;
    }
    if energy == 0.0 {
        return 0.0;
    }
    let power = s1 * s1 + s2 * s2 - 2.0 * step.cos() * s1 * s2;
    2.0 * power / (energy * samples.len() as f64)
}

/// Root mean square.
pub fn rms(samples: &[i16]) -> f64 {
    (samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// How many milliseconds of `samples` are a tone of `hz`: windows of 50 ms that are loud and whose energy is there.
pub fn tone_ms(samples: &[i16], hz: f64) -> usize {
    samples.chunks_exact(WINDOW).filter(|w| rms(w) > SILENCE_RMS && share(w, hz) > 0.8).count() * 50
}

/// How many milliseconds of `samples` are not silent.
pub fn loud_ms(samples: &[i16]) -> usize {
    samples.chunks_exact(WINDOW).filter(|w| rms(w) > SILENCE_RMS).count() * 50
}

/// The strongest frequency between 100 and 3,400 Hz, to 10 Hz; `None` when that is no tone (under half of the energy)
/// or nothing is loud.
pub fn dominant(samples: &[i16]) -> Option<u32> {
    let loud: Vec<i16> =
        samples.chunks_exact(WINDOW).filter(|w| rms(w) > SILENCE_RMS).take(20).flatten().copied().collect();
    let mean = |hz: u32| {
        let windows = loud.chunks_exact(WINDOW);
        let count = windows.len();
        windows.map(|w| share(w, f64::from(hz))).sum::<f64>() / count as f64
    };
    if loud.is_empty() {
        return None;
    }
    let (best, part) = (10..=340).map(|n| (n * 10, mean(n * 10))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    (part > 0.5).then_some(best)
}

/// How alike `heard` is to `wanted` at the best place: normalised cross-correlation (−1 to 1) of the whole of
/// `wanted` with as much of `heard`, and the sample where it starts.
///
/// First at a quarter of the rate over all places, then at the full rate around the best five of those.
pub fn correlation(heard: &[i16], wanted: &[i16]) -> (f64, usize) {
    const BY: usize = 4;
    let coarse = |s: &[i16]| -> Vec<f64> {
        s.chunks_exact(BY).map(|c| c.iter().map(|&x| f64::from(x)).sum::<f64>()).collect()
    };
    let fine = |s: &[i16]| -> Vec<f64> { s.iter().map(|&x| f64::from(x)).collect() };
    let (h, w) = (coarse(heard), coarse(wanted));
    if h.len() < w.len() {
        return (0.0, 0);
    }
    let mut places: Vec<(f64, usize)> =
        (0..=h.len() - w.len()).map(|lag| (normalised(&h[lag..lag + w.len()], &w), lag * BY)).collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (h, w) = (fine(heard), fine(wanted));
    places
        .iter()
        .take(5)
        .flat_map(|&(_, near)| near.saturating_sub(BY)..=near + BY)
        .filter(|lag| lag + w.len() <= h.len())
        .map(|lag| (normalised(&h[lag..lag + w.len()], &w), lag))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, 0))
}

fn normalised(a: &[f64], b: &[f64]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    if aa == 0.0 || bb == 0.0 { 0.0 } else { ab / (aa * bb).sqrt() }
}

/// Writes a WAV that phones play.
pub fn write_wav(path: &Path, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut out = hound::WavWriter::create(path, spec).unwrap();
    for &s in samples {
        out.write_sample(s).unwrap();
    }
    out.finalize().unwrap();
}

/// Reads a WAV as a strict player would: the sizes in the header must be those of the file.
///
/// # Errors
/// Says what is wrong with the file.
pub fn read_wav(path: &Path) -> Result<Vec<i16>, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    parse_wav(&bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// [`read_wav`] of bytes. PCM, µ-law and A-law, mono, 8 kHz.
///
/// # Errors
/// Says what is wrong.
pub fn parse_wav(bytes: &[u8]) -> Result<Vec<i16>, String> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err(format!("{} bytes, not RIFF/WAVE", bytes.len()));
    }
    let riff = u32_at(4).ok_or("short")?;
    if riff + 8 != bytes.len() {
        return Err(format!("the header says {} bytes, the file has {}", riff + 8, bytes.len()));
    }
    let (mut at, mut format) = (12, None);
    while at + 8 <= bytes.len() {
        let size = u32_at(at + 4).ok_or("short chunk")?;
        let body = bytes.get(at + 8..at + 8 + size).ok_or_else(|| format!("the chunk at {at} is cut off"))?;
        match &bytes[at..at + 4] {
            b"fmt " => {
                let (channels, rate) = (u16_at(at + 10), u32_at(at + 12));
                if channels != Some(1) || rate != Some(RATE) {
                    return Err(format!("{channels:?} channels at {rate:?} Hz"));
                }
                format = u16_at(at + 8);
            }
            b"data" => {
                return match format {
                    Some(1) => Ok(body.as_chunks().0.iter().map(|&c| i16::from_le_bytes(c)).collect()),
                    Some(6) => Ok(body.iter().map(|&c| from_alaw(c)).collect()),
                    Some(7) => Ok(body.iter().map(|&c| from_ulaw(c)).collect()),
                    other => Err(format!("format {other:?}")),
                };
            }
            _ => {}
        }
        at += 8 + size.next_multiple_of(2);
    }
    Err("no data".to_owned())
}

/// G.711 µ-law to linear.
pub fn from_ulaw(code: u8) -> i16 {
    let c = !code;
    let (exponent, mantissa) = ((c >> 4) & 7, i16::from(c & 15));
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    if c & 0x80 != 0 { -magnitude } else { magnitude }
}

/// G.711 A-law to linear.
pub fn from_alaw(code: u8) -> i16 {
    let c = code ^ 0x55;
    let (exponent, mantissa) = ((c >> 4) & 7, i16::from(c & 15) << 4);
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    if c & 0x80 != 0 { magnitude } else { -magnitude }
}

/// Linear to G.711 µ-law: the code whose value is nearest.
pub fn to_ulaw(sample: i16) -> u8 {
    let negative = sample < 0;
    let biased = (i32::from(sample).abs() + 0x84).min(0x7FFF);
    let exponent = 31 - biased.leading_zeros() - 7;
    let mantissa = (biased >> (exponent + 3)) & 15;
    !(u8::from(negative) << 7 | (exponent as u8) << 4 | mantissa as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mu_law_code_comes_back() {
        for code in 0..=255_u8 {
            // 0x7F is minus zero, which linear samples don't have.
            let wanted = if code == 0x7F { 0xFF } else { code };
            assert_eq!(to_ulaw(from_ulaw(code)), wanted, "{code:#x}");
        }
    }

    #[test]
    fn a_law_ends_are_those_of_the_recommendation() {
        assert_eq!(
            [from_alaw(0xD5), from_alaw(0x55), from_alaw(0xAA), from_alaw(0x2A)],
            [8, -8, 32_256, -32_256]
        );
    }

    #[test]
    fn a_tone_is_found_at_its_frequency_only() {
        let heard: Vec<i16> =
            [tone(440.0, 1_000), vec![0; 4_000]].concat().iter().map(|&s| from_ulaw(to_ulaw(s))).collect();
        assert_eq!(dominant(&heard), Some(440));
        assert_eq!((tone_ms(&heard, 440.0), tone_ms(&heard, 700.0), loud_ms(&heard)), (1_000, 0, 1_000));
        assert_eq!(dominant(&[0; 8_000]), None);
    }

    #[test]
    fn correlation_finds_the_place_and_tells_prompts_apart() {
        // Noise with a slow envelope stands for speech.
        let mut seed = 1_u64;
        let mut speech = |length: usize| -> Vec<i16> {
            (0..length)
                .scan(0.0, |low, n| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let white = (seed >> 40) as f64 / f64::from(1 << 24) - 0.5;
                    *low += 0.3 * (white - *low);
                    Some((*low * 20_000.0 * (n as f64 / 1_500.0).sin().abs()) as i16)
                })
                .collect()
        };
        let (one, other) = (speech(12_000), speech(12_000));
        let heard: Vec<i16> = [vec![0; 1_237], one.clone(), vec![0; 3_000]]
            .concat()
            .iter()
            .map(|&s| from_ulaw(to_ulaw(s)))
            .collect();
        let (alike, at) = correlation(&heard, &one);
        assert!(alike > 0.99 && at == 1_237, "{alike} at {at}");
        let (unlike, _) = correlation(&heard, &other);
        assert!(unlike < 0.3, "{unlike}");
    }

    #[test]
    fn a_wav_whose_header_lies_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wav");
        write_wav(&path, &tone(1_000.0, 100));
        assert_eq!(read_wav(&path).unwrap().len(), 800);
        let bytes = std::fs::read(&path).unwrap();
        assert!(parse_wav(&bytes[..bytes.len() - 2]).is_err());
    }
}
