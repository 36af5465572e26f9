//! Text that a stranger wrote.

use std::borrow::Cow;

use crate::limits::OUTSIDE_TEXT_BYTES_MAX;

/// The text without control characters, cut to [`OUTSIDE_TEXT_BYTES_MAX`] bytes at a character.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    let end = text.floor_char_boundary(OUTSIDE_TEXT_BYTES_MAX);
    let short = text.get(..end).unwrap_or_default();
    if short.chars().any(char::is_control) {
        Cow::Owned(short.chars().filter(|c| !c.is_control()).collect())
    } else {
        Cow::Borrowed(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(cut("a\r\nb"), "ab");
        let long = "é".repeat(OUTSIDE_TEXT_BYTES_MAX);
        assert_eq!(cut(&long).len(), OUTSIDE_TEXT_BYTES_MAX);
        let odd = format!("x{long}");
        assert_eq!(cut(&odd).len(), OUTSIDE_TEXT_BYTES_MAX - 1);
    }
}
