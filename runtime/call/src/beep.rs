//! The beep before a recording: 1000 Hz, 250 ms, 5 ms ramps.

use std::f64::consts::TAU;

use flow_media::control::Pcm;

const RATE: u32 = 8_000;
const SAMPLES: u32 = RATE / 4;
const RAMP: u32 = RATE / 200;
const HZ: f64 = 1_000.0;
/// About −12 dBFS: as loud as speech.
const PEAK: f64 = 8_000.0;

pub(crate) fn beep() -> Pcm {
    (0..SAMPLES)
        .map(|n| {
            let edge = n.min(SAMPLES - 1 - n).min(RAMP);
            let level = PEAK * f64::from(edge) / f64::from(RAMP);
            // Within ±PEAK, which fits.
            (level * (TAU * HZ * f64::from(n) / f64::from(RATE)).sin()) as i16
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_250_ms_and_starts_and_ends_softly() {
        let beep = super::beep();
        assert_eq!(beep.len(), 2_000);
        assert_eq!((beep[0], beep[1_999]), (0, 0));
        assert!(beep.iter().any(|s| *s > 7_900));
    }
}
