//! Bytes into lines.

/// Longer lines are split.
pub(super) const LINE_BYTES_MAX: usize = 8 * 1024;

/// Collects bytes and hands out lines without their ends. Bytes that are no UTF-8 are replaced.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes complete.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        while !bytes.is_empty() {
            let room = LINE_BYTES_MAX - self.begun.len();
            let window = &bytes[..bytes.len().min(room)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                self.begun.extend_from_slice(&window[..end]);
                bytes = &bytes[end + 1..];
                lines.push(text(&std::mem::take(&mut self.begun)));
            } else {
                self.begun.extend_from_slice(window);
                bytes = &bytes[window.len()..];
                if self.begun.len() == LINE_BYTES_MAX {
                    let rest = self.begun.split_off(character_boundary(&self.begun));
                    lines.push(text(&std::mem::replace(&mut self.begun, rest)));
                }
            }
        }
        lines
    }

    /// A last line that has no end.
    pub(super) fn finish(self) -> Option<String> {
        (!self.begun.is_empty()).then(|| text(&self.begun))
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line).into_owned()
}

/// Where to cut so that a character at the very end stays whole.
fn character_boundary(bytes: &[u8]) -> usize {
    let last_start = bytes.iter().rev().take(4).position(|byte| byte & 0xC0 != 0x80);
    match last_start {
        Some(back) if bytes[bytes.len() - 1 - back] >= 0xC0 => bytes.len() - 1 - back,
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all: Vec<_> = chunks.iter().flat_map(|chunk| lines.push(chunk)).collect();
        all.extend(lines.finish());
        all
    }

    #[test]
    fn lines_are_put_together_from_pieces() {
        assert_eq!(split(&[b"a", b"b\nc\r\n", b"\nd"]), ["ab", "c", "", "d"]);
        assert_eq!(split(&[b"\xff\xfe\n"]), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn a_long_line_is_split_between_characters() {
        let long = "é".repeat(LINE_BYTES_MAX);
        let lines = split(&[b"x", long.as_bytes()]);
        assert!(lines.iter().all(|line| line.len() <= LINE_BYTES_MAX));
        assert_eq!(lines.concat(), format!("x{long}"));
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_however_it_arrives(
            text in "[a-zé\\n]{0,200}",
            cuts in proptest::collection::vec(1_usize..20, 1..20),
        ) {
            let mut chunks = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                chunks.push(chunk);
                rest = after;
            }
            chunks.push(rest);
            let expected: Vec<_> = text.lines().map(str::to_owned).collect();
            prop_assert_eq!(split(&chunks), expected);
        }
    }
}
