//! G.711: µ-law and A-law to and from linear, and directly into each other (ITU-T G.711 tables 1 to 4).
//!
//! Linear is 16 bits: the 14-bit values of µ-law times 4, the 13-bit values of A-law times 8.

use crate::control::Codec;

/// The code of linear zero, µ-law.
pub const ULAW_SILENCE: u8 = 0xFF;

/// The code of the smallest positive value, A-law (which has no zero).
pub const ALAW_SILENCE: u8 = 0xD5;

const ULAW_DECODED: [i16; 256] = decoded(Codec::Pcmu);
const ALAW_DECODED: [i16; 256] = decoded(Codec::Pcma);
static ULAW_TO_ALAW: [u8; 256] = mapped(Codec::Pcmu);
static ALAW_TO_ULAW: [u8; 256] = mapped(Codec::Pcma);

/// The code that is heard as nothing.
#[must_use]
pub fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => ULAW_SILENCE,
        Codec::Pcma => ALAW_SILENCE,
    }
}

/// The linear value of a code.
#[must_use]
pub fn decode(codec: Codec, code: u8) -> i16 {
    let table = match codec {
        Codec::Pcmu => &ULAW_DECODED,
        Codec::Pcma => &ALAW_DECODED,
    };
    // The table has 256 entries: there is always one.
    table.get(usize::from(code)).copied().unwrap_or(0)
}

/// The code of a linear value.
#[must_use]
pub fn encode(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcmu => encode_ulaw(sample),
        Codec::Pcma => encode_alaw(sample),
    }
}

/// Turns codes of one law into the other's, in place; nothing when they are the same.
pub fn transcode(from: Codec, to: Codec, payload: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcmu, Codec::Pcma) => &ULAW_TO_ALAW,
        (Codec::Pcma, Codec::Pcmu) => &ALAW_TO_ULAW,
        (Codec::Pcmu, Codec::Pcmu) | (Codec::Pcma, Codec::Pcma) => return,
    };
    for code in payload {
        *code = table.get(usize::from(*code)).copied().unwrap_or(*code);
    }
}

fn encode_ulaw(sample: i16) -> u8 {
    // One's complement makes the decision values symmetric; 33 is the bias that turns segments into powers of two.
    let magnitude = if sample < 0 { !sample } else { sample };
    let biased = ((magnitude >> 2) + 33).min(0x1FFF);
    let segment = 10 - biased.leading_zeros().min(10);
    let code = ((segment << 4) as u8) | ((biased >> (segment + 1)) & 0x0F) as u8;
    // The sign bit is set for positive values, and all bits travel inverted.
    if sample < 0 { !(code | 0x80) } else { !code }
}

fn encode_alaw(sample: i16) -> u8 {
    let magnitude = (if sample < 0 { !sample } else { sample }) >> 4;
    let segment = 12 - magnitude.leading_zeros().clamp(5, 12);
    let mantissa = if segment > 1 { magnitude >> (segment - 1) } else { magnitude };
    let code = if segment == 0 { magnitude as u8 } else { ((segment << 4) as u8) | (mantissa & 0x0F) as u8 };
    // Even bits travel inverted.
    (if sample < 0 { code } else { code | 0x80 }) ^ 0x55
}

/// The code without what its law does to it on the wire: 0–127 by size.
const fn magnitude_of(codec: Codec, code: u8) -> u8 {
    match codec {
        Codec::Pcmu => !code & 0x7F,
        Codec::Pcma => (code ^ 0x55) & 0x7F,
    }
}

const fn level(codec: Codec, magnitude: u8) -> i32 {
    let segment = (magnitude >> 4) as i32;
    let mantissa = (magnitude & 0x0F) as i32;
    match codec {
        Codec::Pcmu => (((2 * mantissa + 33) << segment) - 33) * 4,
        Codec::Pcma if segment == 0 => (mantissa << 4) + 8,
        Codec::Pcma => ((mantissa << 4) + 264) << (segment - 1),
    }
}

#[expect(clippy::indexing_slicing, reason = "runs in the compiler, which would stop at a wrong index")]
const fn decoded(codec: Codec) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let level = level(codec, magnitude_of(codec, code as u8)) as i16;
        table[code] = if code & 0x80 == 0 { -level } else { level };
        code += 1;
    }
    table
}

/// Tables 3 and 4 of G.711 follow one rule: the decoder output nearest in absolute level, where µ-law is full at
/// +3.17 dBm0 (8159) and A-law at +3.14 dBm0 (4096). In our units a µ-law level counts 1.00752 times.
#[expect(clippy::indexing_slicing, reason = "runs in the compiler, which would stop at a wrong index")]
const fn mapped(from: Codec) -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let magnitude = nearest(from, magnitude_of(from, code as u8));
        let sign = code as u8 & 0x80;
        table[code] = match from {
            Codec::Pcmu => (sign | magnitude) ^ 0x55,
            Codec::Pcma => (sign | 0x7F) ^ magnitude,
        };
        code += 1;
    }
    table
}

const fn nearest(from: Codec, magnitude: u8) -> u8 {
    const ULAW_UNIT: i64 = 100_752;
    const ALAW_UNIT: i64 = 100_000;
    let (to, from_unit, to_unit) = match from {
        Codec::Pcmu => (Codec::Pcma, ULAW_UNIT, ALAW_UNIT),
        Codec::Pcma => (Codec::Pcmu, ALAW_UNIT, ULAW_UNIT),
    };
    let wanted = level(from, magnitude) as i64 * from_unit;
    let mut best = 0;
    let mut candidate = 0;
    while candidate < 128 {
        let distance = (level(to, candidate) as i64 * to_unit - wanted).abs();
        if distance < (level(to, best) as i64 * to_unit - wanted).abs() {
            best = candidate;
        }
        candidate += 1;
    }
    best
}

#[cfg(test)]
mod tests;
