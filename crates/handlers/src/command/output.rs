//! What a program prints: told as it comes, kept up to a limit, read to its end.

use std::{
    future::pending,
    pin::{Pin, pin},
};

use agent_runner_domain::event::LogStream;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::lines::Lines;
use crate::context::EventSender;

const CHUNK_BYTES: usize = 64 * 1024;
/// Room for the largest tail that a cause may hold.
const TAIL_BYTES: usize = 4 * 1024;
/// What a line costs besides its text, so that empty lines are not free.
const LINE_COST: usize = 64;

/// One stream, when it has ended.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// The beginning; bytes that are no UTF-8 were replaced.
    pub(crate) text: String,
    pub(crate) truncated: bool,
    /// The end.
    pub(crate) tail: String,
}

/// Reads to the end. What is over the limit is counted and dropped, so that neither memory nor the job's log
/// grows with it, and the program is not held up.
pub(super) async fn pump(
    pipe: Option<impl AsyncRead + Unpin>,
    stream: LogStream,
    limit: usize,
    events: EventSender,
) -> Printed {
    pump_until(pending(), pipe, stream, limit, events).await
}

/// The same, but no longer than this: whoever has left its family may hold the pipe open.
pub(crate) async fn pump_until(
    end: impl Future<Output = ()>,
    pipe: Option<impl AsyncRead + Unpin>,
    stream: LogStream,
    limit: usize,
    events: EventSender,
) -> Printed {
    let mut end = pin!(end);
    let Some(mut pipe) = pipe else {
        return Printed::default();
    };
    let mut store = Store::new(limit);
    let mut lines = Lines::default();
    let mut log = Log { stream, left: limit, full: false, events };
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Some(read) = some(&mut pipe, &mut chunk, end.as_mut()).await {
        store.add(&chunk[..read]);
        if !log.full {
            log.add(lines.push(&chunk[..read])).await;
        }
    }
    log.add(lines.finish().into_iter().collect()).await;
    log.close(store.bytes).await;
    store.finish()
}

/// `None`: there is no more.
async fn some(
    pipe: &mut (impl AsyncRead + Unpin),
    chunk: &mut [u8],
    end: Pin<&mut impl Future<Output = ()>>,
) -> Option<usize> {
    tokio::select! {
        biased;
        read = pipe.read(chunk) => read.ok().filter(|read| *read > 0),
        () = end => None,
    }
}

/// The part of the output that the job's log shows.
struct Log {
    stream: LogStream,
    left: usize,
    full: bool,
    events: EventSender,
}

impl Log {
    async fn add(&mut self, lines: Vec<String>) {
        for line in lines {
            let cost = json_bytes(&line) + LINE_COST;
            self.full |= cost > self.left;
            if self.full {
                return;
            }
            self.left -= cost;
            self.events.log(self.stream, line).await;
        }
    }

    async fn close(self, bytes: u64) {
        if self.full {
            let name = if self.stream == LogStream::Stderr { "stderr" } else { "stdout" };
            let line = format!(
                "{name}: output truncated; the program printed {bytes} bytes, the log shows the first of them"
            );
            self.events.log(LogStream::Worker, line).await;
        }
    }
}

/// The part of the output that the result shows.
struct Store {
    limit: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    bytes: u64,
}

impl Store {
    fn new(limit: usize) -> Self {
        Self { limit, head: Vec::new(), tail: Vec::new(), bytes: 0 }
    }

    fn add(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        let room = self.limit - self.head.len();
        self.head.extend_from_slice(&chunk[..chunk.len().min(room)]);
        self.tail.extend_from_slice(&chunk[chunk.len().saturating_sub(TAIL_BYTES)..]);
        let excess = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..excess);
    }

    fn finish(self) -> Printed {
        let whole = self.head.len() as u64 == self.bytes;
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        let fits = truncate(&mut text, self.limit);
        let tail = String::from_utf8_lossy(&self.tail).into_owned();
        Printed { text, truncated: !(whole && fits), tail }
    }
}

/// Cuts the text where its JSON would be longer than the limit. Whether nothing was cut.
fn truncate(text: &mut String, limit: usize) -> bool {
    let mut bytes = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        bytes += json_cost(character);
        (bytes > limit).then_some(at)
    });
    if let Some(end) = end {
        text.truncate(end);
    }
    end.is_none()
}

fn json_bytes(text: &str) -> usize {
    text.chars().map(json_cost).sum()
}

/// What a character takes in a JSON text: `\u0000` is six bytes.
fn json_cost(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let mut store = Store::new(5);
        store.add(b"hello ");
        store.add(&[b'x'; 2 * TAIL_BYTES]);
        store.add(b"end");
        let printed = store.finish();
        assert_eq!((printed.text.as_str(), printed.truncated), ("hello", true));
        assert!(printed.tail.len() == TAIL_BYTES && printed.tail.ends_with("xend"));
    }

    proptest! {
        #[test]
        fn a_kept_text_never_takes_more_than_its_limit(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            limit in 0_usize..300,
        ) {
            let mut store = Store::new(limit);
            store.add(&bytes);
            let printed = store.finish();
            let json = serde_json::to_string(&printed.text).unwrap();
            prop_assert!(json.len() - 2 <= limit);
            prop_assert_eq!(json_bytes(&printed.text), json.len() - 2);
        }
    }
}
