//! Keeping what tools say small enough for a model to read, and readable.

/// About 15,000 tokens.
pub(super) const OUTPUT_CHARS_MAX: usize = 60_000;
/// Bytes that hold more of these than one in so many are no text.
const STRANGE_ONE_IN: usize = 20;

/// Bytes as text; a description if they are none.
pub(super) fn readable(bytes: &[u8], media_type: Option<&str>) -> String {
    let text = String::from_utf8_lossy(bytes);
    let strange = |c: &char| *c == '\u{fffd}' || c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let count = text.chars().filter(strange).count();
    if count * STRANGE_ONE_IN > text.chars().count() {
        return binary(bytes.len(), media_type);
    }
    text.into_owned()
}

/// What stands in place of bytes that no model can read.
pub(super) fn binary(bytes: usize, media_type: Option<&str>) -> String {
    format!("[{bytes} bytes of {}, which are not shown]", media_type.unwrap_or("binary data"))
}

/// The text, or its beginning and its end with a remark on what is left out.
pub(crate) fn shortened(text: String, chars_max: usize) -> String {
    // Chars are never more than bytes, and most texts are short.
    if text.len() <= chars_max {
        return text;
    }
    let chars = text.chars().count();
    if chars <= chars_max {
        return text;
    }
    let (head, tail) = (chars_max * 3 / 4, chars_max / 4);
    let head_end = byte_of(&text, head);
    let tail_start = byte_of(&text, chars - tail);
    let left_out = chars - head - tail;
    format!(
        "{}\n[… {left_out} of {chars} characters are left out here …]\n{}",
        &text[..head_end],
        &text[tail_start..]
    )
}

fn byte_of(text: &str, nth_char: usize) -> usize {
    text.char_indices().nth(nth_char).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_binary_is_described() {
        assert_eq!(readable("grün\n".as_bytes(), None), "grün\n");
        assert_eq!(
            readable(b"almost all of this is a text\xff", None),
            "almost all of this is a text\u{fffd}"
        );
        let png = readable(b"\x89PNG\r\n\x1a\n\0\0\0", Some("image/png"));
        assert_eq!(png, "[11 bytes of image/png, which are not shown]");
        assert_eq!(readable(b"", None), "");
    }

    #[test]
    fn a_long_text_keeps_both_ends_and_says_so() {
        let text = format!("{}{}", "é".repeat(3_000), "end");
        let short = shortened(text, 100);
        assert!(short.starts_with("éé") && short.ends_with("end"), "{short}");
        assert!(short.contains("2903 of 3003 characters are left out"), "{short}");
        assert_eq!(shortened("é".repeat(100), 100), "é".repeat(100));
    }
}
