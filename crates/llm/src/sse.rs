//! Server-sent events out of bytes, wherever the network has cut them.
//!
//! Follows the HTML standard, except that ids and reconnection times mean nothing here.

use std::collections::VecDeque;

/// A single event longer than this is no answer of a model.
const EVENT_BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Empty if the server gave none.
    pub(crate) event: String,
    pub(crate) data: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the stream is not UTF-8")]
    NotUtf8,
    #[error("an event of the stream is larger than {} MB", EVENT_BYTES_MAX >> 20)]
    TooLong,
}

#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// A line that is not complete yet.
    line: Vec<u8>,
    /// The last byte was a CR: an LF right after it belongs to the same line end.
    after_cr: bool,
    bom_looked_for: bool,
    building: Frame,
    has_data: bool,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Frames {
    /// Adds the events that `bytes` complete to `out`.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        out: &mut VecDeque<Frame>,
    ) -> Result<(), FrameError> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = bytes.iter().position(|b| matches!(b, b'\n' | b'\r')) {
            self.keep(&bytes[..end])?;
            let rest = &bytes[end + 1..];
            if bytes[end] == b'\r' {
                self.after_cr = rest.is_empty();
                bytes = rest.strip_prefix(b"\n").unwrap_or(rest);
            } else {
                bytes = rest;
            }
            self.end_line(out)?;
        }
        self.keep(bytes)
    }

    /// Whether the stream has broken off inside an event.
    pub(crate) fn is_mid_event(&self) -> bool {
        self.has_data || !self.line.is_empty()
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), FrameError> {
        if self.line.len() + self.building.data.len() + part.len() > EVENT_BYTES_MAX {
            return Err(FrameError::TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn end_line(&mut self, out: &mut VecDeque<Frame>) -> Result<(), FrameError> {
        let mut line = self.line.as_slice();
        if !std::mem::replace(&mut self.bom_looked_for, true) {
            line = line.strip_prefix(BOM).unwrap_or(line);
        }
        let line = std::str::from_utf8(line).map_err(|_| FrameError::NotUtf8)?;
        if line.is_empty() {
            let frame = std::mem::take(&mut self.building);
            if std::mem::take(&mut self.has_data) {
                out.push_back(frame);
            }
        } else {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.building.event),
                "data" => {
                    if self.has_data {
                        self.building.data.push('\n');
                    }
                    self.building.data.push_str(value);
                    self.has_data = true;
                }
                _ => {}
            }
        }
        self.line.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(parts: &[&[u8]]) -> Result<Vec<Frame>, FrameError> {
        let (mut frames, mut out) = (Frames::default(), VecDeque::new());
        for part in parts {
            frames.feed(part, &mut out)?;
        }
        Ok(out.into())
    }

    fn frame(event: &str, data: &str) -> Frame {
        Frame { event: event.into(), data: data.into() }
    }

    const SAMPLE: &str = "\u{feff}event: a\r\ndata: {\"x\":\"é😀\"}\r\n\r\n: a comment\ndata:one\ndata: two\nid: 7\n\n\rdata\r\revent: unsaid\n\ndata: cut";

    fn expected() -> Vec<Frame> {
        vec![frame("a", "{\"x\":\"é😀\"}"), frame("", "one\ntwo"), frame("", "")]
    }

    #[test]
    fn events_come_out_the_same_wherever_the_bytes_are_cut() {
        let bytes = SAMPLE.as_bytes();
        assert_eq!(frames(&[bytes]).unwrap(), expected());
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(frames(&parts).unwrap(), expected(), "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error() {
        assert_eq!(frames(&[b"data: \xff\n\n"]), Err(FrameError::NotUtf8));
    }

    #[test]
    fn a_line_without_end_is_an_error_before_it_eats_the_memory() {
        let part = vec![b'x'; EVENT_BYTES_MAX / 2 + 1];
        assert_eq!(frames(&[&part, &part]), Err(FrameError::TooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..6)) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let _ = frames(&parts);
        }

        #[test]
        fn what_is_framed_comes_back(texts in proptest::collection::vec("[^\r\n]{0,20}", 0..8), cut in any::<prop::sample::Index>()) {
            let framed: Vec<String> = texts.iter().map(|text| format!("data: {text}\n\n")).collect();
            let wire = framed.concat();
            let (head, tail) = wire.as_bytes().split_at(cut.index(wire.len() + 1));
            let got = frames(&[head, tail]).unwrap();
            let expected: Vec<Frame> = texts.iter().map(|text| frame("", text)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
