//! Tests of G.711 against the tables of the Recommendation.

use super::*;

/// Table 3/G.711: the A-law decoder output number (1–128) for µ-law decoder output numbers 0–127.
const TABLE_3: [u8; 128] = [
    1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 27, 29, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 46, 48, 49, 50, 51, 52, 53, 54,
    55, 56, 57, 58, 59, 60, 61, 62, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82,
    83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106,
    107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    128,
];

/// Table 4/G.711: the µ-law decoder output number for A-law decoder output numbers 1–128.
const TABLE_4: [u8; 128] = [
    1, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 32, 33,
    33, 34, 34, 35, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 48, 49, 49, 50, 51, 52, 53, 54,
    55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
    80, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103,
    104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124,
    125, 126, 127,
];

fn one(from: Codec, to: Codec, code: u8) -> u8 {
    let mut payload = [code];
    transcode(from, to, &mut payload);
    payload[0]
}

#[test]
fn all_codes_round_trip() {
    for code in 0..=255 {
        assert_eq!(encode(Codec::Pcma, decode(Codec::Pcma, code)), code);
        // Negative zero is the one value that linear numbers don't have.
        let expected = if code == 0x7F { 0xFF } else { code };
        assert_eq!(encode(Codec::Pcmu, decode(Codec::Pcmu, code)), expected);
    }
}

#[test]
fn levels_are_those_of_the_recommendation() {
    // Column 7 of tables 1 and 2, ×8 and ×4.
    for (code, level) in
        [(0x80, 32_124), (0x00, -32_124), (0xFF, 0), (0xFE, 8), (0x7E, -8), (0xEF, 33 * 4), (0x9F, 8_316)]
    {
        assert_eq!(decode(Codec::Pcmu, code), level, "{code:02x}");
    }
    for (code, level) in [(0xD5, 8), (0x55, -8), (0xAA, 32_256), (0x2A, -32_256), (0xC5, 264), (0x80, 5_504)]
    {
        assert_eq!(decode(Codec::Pcma, code), level, "{code:02x}");
    }
}

#[test]
fn every_sample_takes_the_code_between_whose_decision_values_it_is() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        for sample in i16::MIN..=i16::MAX {
            let code = encode(codec, sample);
            assert_eq!(code & 0x80 != 0, sample >= 0);
            let size = i32::from(if sample < 0 { !sample } else { sample });
            let output = i32::from(decode(codec, code)).abs();
            let segment = magnitude_of(codec, code) >> 4;
            let half_step = match codec {
                Codec::Pcmu => 4 << segment,
                Codec::Pcma => 8 << segment.saturating_sub(1),
            };
            let top = magnitude_of(codec, code) == 127;
            assert!(size >= output - half_step && (top || size < output + half_step), "{codec:?} {sample}");
        }
    }
}

#[test]
fn the_laws_map_as_tables_3_and_4_say() {
    for number in 0..128_u8 {
        let (ulaw, alaw) = (!number, (number | 0x80) ^ 0x55);
        assert_eq!(one(Codec::Pcmu, Codec::Pcma, ulaw), ((TABLE_3[usize::from(number)] - 1) | 0x80) ^ 0x55);
        assert_eq!(one(Codec::Pcma, Codec::Pcmu, alaw), !TABLE_4[usize::from(number)]);
        assert_eq!(one(Codec::Pcmu, Codec::Pcma, ulaw & 0x7F), (TABLE_3[usize::from(number)] - 1) ^ 0x55);
        assert_eq!(one(Codec::Pcma, Codec::Pcmu, alaw & 0x7F), !TABLE_4[usize::from(number)] & 0x7F);
    }
}

#[test]
fn ulaw_through_alaw_loses_eight_small_values_only() {
    let lost = (0..=127_u8)
        .filter(|number| one(Codec::Pcma, Codec::Pcmu, one(Codec::Pcmu, Codec::Pcma, !number)) != !number)
        .collect::<Vec<_>>();
    assert_eq!(lost, [0, 2, 4, 6, 8, 10, 12, 14]);
}

#[test]
fn the_same_law_stays_as_it_is() {
    let mut payload: Vec<u8> = (0..=255).collect();
    transcode(Codec::Pcma, Codec::Pcma, &mut payload);
    assert!(payload.iter().copied().eq(0..=255));
}
