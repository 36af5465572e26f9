//! Tones of the telephone network, by country (ITU-T E.180).

use std::f64::consts::TAU;

use crate::control::Pcm;

/// How a tone sounds while it is on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wave {
    /// One frequency.
    Single(f64),
    /// Two at once.
    Sum(f64, f64),
    /// The first, swelling with the second.
    Modulated(f64, f64),
}

/// A tone and its rhythm.
#[derive(Clone, Copy, Debug)]
struct Cadence {
    wave: Wave,
    /// Milliseconds on, off, on, off…; ends with off.
    rhythm: &'static [u32],
}

const RATE: f64 = 8_000.0;
const SAMPLES_PER_MS: u32 = 8;

/// About −16 dBFS at the peak: well below speech, as E.180 wants it.
const PEAK: f64 = 5_000.0;

/// Edges that don't click.
const RAMP_SAMPLES: u32 = 5 * SAMPLES_PER_MS;

/// What is heard where the table has no row.
const ELSEWHERE: Cadence = Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] };

const BRITISH: &[u32] = &[400, 200, 400, 2_000];

/// Ringback by ISO 3166 alpha-2.
const RINGBACK: [(&str, Cadence); 17] = [
    ("us", Cadence { wave: Wave::Sum(440.0, 480.0), rhythm: &[2_000, 4_000] }),
    ("ca", Cadence { wave: Wave::Sum(440.0, 480.0), rhythm: &[2_000, 4_000] }),
    ("gb", Cadence { wave: Wave::Sum(400.0, 450.0), rhythm: BRITISH }),
    ("au", Cadence { wave: Wave::Sum(413.0, 438.0), rhythm: BRITISH }),
    ("nz", Cadence { wave: Wave::Sum(400.0, 450.0), rhythm: BRITISH }),
    ("de", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("fr", Cadence { wave: Wave::Single(440.0), rhythm: &[1_500, 3_500] }),
    ("es", Cadence { wave: Wave::Single(425.0), rhythm: &[1_500, 3_000] }),
    ("it", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("nl", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("se", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 5_000] }),
    ("ch", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("pl", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("jp", Cadence { wave: Wave::Modulated(400.0, 15.0), rhythm: &[1_000, 2_000] }),
    ("in", Cadence { wave: Wave::Modulated(400.0, 25.0), rhythm: BRITISH }),
    ("br", Cadence { wave: Wave::Single(425.0), rhythm: &[1_000, 4_000] }),
    ("za", Cadence { wave: Wave::Modulated(400.0, 33.0), rhythm: BRITISH }),
];

/// One round of a country's ringback, to be repeated; it begins with sound and ends with silence.
#[must_use]
pub fn ringback(country: &str) -> Pcm {
    let row = RINGBACK.iter().find(|(code, _)| *code == country);
    render(row.map_or(&ELSEWHERE, |(_, cadence)| cadence))
}

/// The row that `country` is heard by, so that a cache holds each tone once.
#[must_use]
pub fn ringback_name(country: &str) -> &'static str {
    RINGBACK.iter().find(|(code, _)| *code == country).map_or("", |(code, _)| code)
}

fn render(cadence: &Cadence) -> Pcm {
    let mut samples = Vec::new();
    for (index, ms) in cadence.rhythm.iter().enumerate() {
        let count = ms * SAMPLES_PER_MS;
        if index % 2 == 0 {
            samples.extend((0..count).map(|n| on(cadence.wave, n, count)));
        } else {
            samples.extend((0..count).map(|_| 0_i16));
        }
    }
    samples.into()
}

fn on(wave: Wave, n: u32, count: u32) -> i16 {
    let t = f64::from(n) / RATE;
    let value = match wave {
        Wave::Single(f) => (TAU * f * t).sin(),
        Wave::Sum(f, g) => 0.5 * ((TAU * f * t).sin() + (TAU * g * t).sin()),
        Wave::Modulated(f, by) => (TAU * f * t).sin() * 0.5 * (1.0 + (TAU * by * t).sin()),
    };
    let edge = n.min(count - 1 - n).min(RAMP_SAMPLES);
    (value * PEAK * f64::from(edge) / f64::from(RAMP_SAMPLES)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Share of the energy at `hz`, by Goertzel.
    fn share(samples: &[i16], hz: f64) -> f64 {
        let (mut re, mut im, mut energy) = (0.0, 0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let (x, phase) = (f64::from(*sample), TAU * hz * n as f64 / RATE);
            re += x * phase.cos();
            im += x * phase.sin();
            energy += x * x;
        }
        2.0 * (re * re + im * im) / (energy * samples.len() as f64)
    }

    #[test]
    fn each_country_is_heard_as_its_row_says() {
        for (code, hz, each, on_ms, round_ms) in [
            ("us", &[440.0, 480.0][..], 0.45, 2_000, 6_000),
            ("gb", &[400.0, 450.0], 0.45, 400, 3_000),
            ("au", &[413.0, 438.0], 0.4, 400, 3_000),
            ("fr", &[440.0], 0.95, 1_500, 5_000),
            ("se", &[425.0], 0.95, 1_000, 6_000),
            ("jp", &[400.0], 0.6, 1_000, 3_000),
            ("xx", &[425.0], 0.95, 1_000, 5_000),
        ] {
            let round = ringback(code);
            assert_eq!(round.len(), round_ms * 8, "{code}");
            let sound = &round[..on_ms * 8];
            for hz in hz {
                assert!(share(sound, *hz) > each, "{code} {hz}: {}", share(sound, *hz));
            }
            assert!(round[on_ms * 8..on_ms * 8 + 200].iter().all(|sample| *sample == 0), "{code}");
        }
    }

    #[test]
    fn every_rhythm_begins_with_sound_and_ends_with_silence() {
        for (code, cadence) in RINGBACK {
            assert_eq!(cadence.rhythm.len() % 2, 0, "{code}");
            assert_eq!(ringback_name(code), code);
            let round = ringback(code);
            assert_eq!((round[0], *round.last().unwrap()), (0, 0), "{code}");
        }
    }
}
