//! Bytes to text and back without loss.
//!
//! Heads should be UTF-8 (RFC 3261 §7.3.1); some phones send Latin-1 names. A byte that is not UTF-8 travels through us as
//! one character of the last private plane and leaves as the byte it was.

use std::borrow::Cow;

/// The character for byte 0; only those for bytes above 0x7f are used. Private use (plane 16), so no text means them.
const ESCAPE_BASE: u32 = 0x10_FE00;

/// Text for the bytes of a line.
pub(crate) fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    let mut rest = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(_) => bytes,
    };
    let mut text = String::with_capacity(bytes.len() + 16);
    while let Some(chunk) = rest.utf8_chunks().next() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|&byte| char::from_u32(ESCAPE_BASE + u32::from(byte))));
        rest = rest.get(chunk.valid().len() + chunk.invalid().len()..).unwrap_or_default();
    }
    Cow::Owned(text)
}

fn escaped(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(ESCAPE_BASE)?).ok().filter(|byte| *byte >= 0x80)
}

/// Appends `text` as the bytes that it came from.
pub(crate) fn put(out: &mut Vec<u8>, text: &str) {
    if text.is_ascii() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for c in text.chars() {
        match escaped(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// `text` with kept bytes read as Latin-1, for a display.
pub(crate) fn for_people(text: &str) -> String {
    text.chars().map(|c| escaped(c).map_or(c, char::from)).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for bytes in
            [&b"plain"[..], "Zo\u{eb}".as_bytes(), b"Zo\xeb <sip:a>", b"\xff\x80\xc3", b"\xf4\x8f\xb8"]
        {
            let mut back = Vec::new();
            put(&mut back, &to_text(bytes));
            assert_eq!(back, bytes);
        }
        assert_eq!(for_people(&to_text(b"Zo\xeb")), "Zoë");
        assert_eq!(for_people("a\r\nb"), "ab");
    }
}
