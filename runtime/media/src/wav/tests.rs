//! Tests of reading and writing WAV.

use proptest::prelude::*;

use super::*;

fn sine(hz: f32, rate: u32, samples: u32) -> Vec<i16> {
    (0..samples)
        .map(|n| (8_000.0 * (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin()) as i16)
        .collect()
}

fn by_hound(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
    file.into_inner()
}

fn recording(codec: Codec, sound: &[u8]) -> Vec<u8> {
    [header(codec, sound.len() as u32), sound.to_vec()].concat()
}

fn level(samples: &[i16]) -> f32 {
    (samples.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn reads_what_another_writer_wrote() {
    let samples = sine(440.0, 8_000, 1_001);
    assert_eq!(read(&by_hound(8_000, 1, &samples)).unwrap(), samples);
    assert_eq!(
        read(&by_hound(8_000, 2, &samples[..1_000])),
        Err(WavError::Unsupported { format: 1, channels: 2, rate: 8_000, bits: 16 })
    );
}

#[test]
fn sixteen_kilohertz_keeps_speech_and_drops_what_would_fold() {
    let kept = read(&by_hound(16_000, 1, &sine(1_000.0, 16_000, 16_000))).unwrap();
    assert_eq!(kept.len(), 8_000);
    assert!((level(&kept) / level(&sine(1_000.0, 8_000, 8_000)) - 1.0).abs() < 0.01);
    let folded = read(&by_hound(16_000, 1, &sine(5_000.0, 16_000, 16_000))).unwrap();
    assert!(level(&folded[100..7_900]) < 30.0, "{}", level(&folded[100..7_900]));
}

#[test]
fn a_recording_reads_back() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let sound: Vec<u8> = (0..=255).collect();
        let expected: Vec<i16> = sound.iter().map(|code| g711::decode(codec, *code)).collect();
        assert_eq!(header(codec, 0).len(), HEADER_BYTES);
        assert_eq!(read(&recording(codec, &sound)).unwrap(), expected);
    }
}

#[test]
fn a_recording_cut_anywhere_opens() {
    let sound = [7_u8; 400];
    // The header was written when 160 bytes were there; the file grew on.
    let mut file = recording(Codec::Pcma, &sound);
    file[..HEADER_BYTES].copy_from_slice(&header(Codec::Pcma, 160));
    for cut in HEADER_BYTES..=file.len() {
        let left = &file[..cut];
        assert_eq!(read(left).unwrap().len(), (cut - HEADER_BYTES).min(160), "as left, cut at {cut}");
    }
    for cut in 0..HEADER_BYTES {
        assert!(read(&file[..cut]).is_err());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn a_damaged_file_is_read_without_panic(at in 0_usize..100, byte: u8, cut in 0_usize..120) {
        let mut file = by_hound(16_000, 1, &[5; 30]);
        let last = file.len() - 1;
        file[at.min(last)] = byte;
        file.truncate(cut);
        let _ = read(&file);
    }
}
