//! A stream of Anthropic's, made into events.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Events;
use super::wire::{Message, Stop, WireUsage};
use crate::anthropic::decode::assembly::Assembly;
use crate::error::{Error, ErrorKind, Spent, answer};
use crate::model::Event;
use crate::response::Usage;
use crate::sse::Frame;
use crate::streaming::Decoder;

mod assembly;

#[derive(Default)]
pub(super) struct Decode {
    request_id: Option<String>,
    message: Option<Message>,
    /// Told once there is content, so that a failure right after it can still be retried unseen.
    started_untold: bool,
    open: BTreeMap<usize, Assembly>,
    streamed_chars: u64,
    is_done: bool,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct Start {
    message: Message,
}

#[derive(Deserialize)]
struct BlockStart {
    index: usize,
    content_block: Box<serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct BlockDelta {
    index: usize,
    delta: Value,
}

#[derive(Deserialize)]
struct BlockStop {
    index: usize,
}

#[derive(Deserialize)]
struct MessageDelta {
    delta: Stop,
    #[serde(default)]
    usage: WireUsage,
}

impl Decode {
    pub(super) fn new(request_id: Option<String>) -> Self {
        Self { request_id, ..Self::default() }
    }

    fn start(&mut self, start: Start) -> Result<(), Error> {
        if self.message.is_some() {
            return Err(disorder("a second message_start"));
        }
        self.message = Some(start.message);
        self.started_untold = true;
        Ok(())
    }

    fn message(&mut self, what: &str) -> Result<&mut Message, Error> {
        self.message.as_mut().ok_or_else(|| disorder(&format!("{what} before message_start")))
    }

    fn tell_started(&mut self, out: &mut Events) {
        if !std::mem::take(&mut self.started_untold) {
            return;
        }
        if let Some(message) = &self.message {
            out.push_back(Event::Started {
                id: message.id.clone(),
                model: message.model.clone(),
                usage: Some(message.usage.usage()),
            });
        }
    }

    fn block_start(&mut self, start: BlockStart, out: &mut Events) -> Result<(), Error> {
        self.message("content_block_start")?;
        self.tell_started(out);
        if self.open.contains_key(&start.index) {
            return Err(disorder(&format!("content block {} began twice", start.index)));
        }
        let assembly = Assembly::new(start.content_block).map_err(|error| garbled(&error))?;
        out.extend(assembly.opening(start.index));
        self.open.insert(start.index, assembly);
        Ok(())
    }

    fn block_delta(&mut self, delta: &BlockDelta, out: &mut Events) -> Result<(), Error> {
        let block = self.open.get_mut(&delta.index).ok_or_else(|| {
            disorder(&format!("a delta of content block {}, which is not open", delta.index))
        })?;
        if let Some((event, chars)) = block.add(delta.index, &delta.delta) {
            self.streamed_chars += chars;
            out.push_back(event);
        }
        Ok(())
    }

    fn block_stop(&mut self, index: usize, out: &mut Events) -> Result<(), Error> {
        let block = self.open.remove(&index).ok_or_else(|| {
            disorder(&format!("the end of content block {index}, which is not open"))
        })?;
        let content = block.finish().map_err(|error| garbled(&error))?;
        self.message("content_block_stop")?.content.push(content.clone());
        out.push_back(Event::BlockDone { block: index, content });
        Ok(())
    }

    fn message_delta(&mut self, delta: MessageDelta, out: &mut Events) -> Result<(), Error> {
        let message = self.message("message_delta")?;
        message.stop.update(delta.delta);
        message.usage.update(delta.usage);
        let usage = message.usage.usage();
        self.tell_started(out);
        out.push_back(Event::Usage(usage));
        Ok(())
    }

    fn message_stop(&mut self, out: &mut Events) -> Result<(), Error> {
        if let Some(index) = self.open.keys().next() {
            return Err(disorder(&format!("message_stop while content block {index} is open")));
        }
        self.message("message_stop")?;
        self.tell_started(out);
        self.is_done = true;
        let message = self.message.take().expect("seen right above");
        let response = message.into_response(self.request_id.clone());
        out.push_back(Event::Finished(Box::new(response)));
        Ok(())
    }
}

impl Decoder for Decode {
    fn frame(&mut self, frame: &Frame, out: &mut Events) -> Result<(), Error> {
        if frame.data.is_empty() {
            return Ok(());
        }
        let Kind { kind } = parse(&frame.data)?;
        match kind.as_ref() {
            "message_start" => self.start(parse(&frame.data)?),
            "content_block_start" => self.block_start(parse(&frame.data)?, out),
            "content_block_delta" => self.block_delta(&parse(&frame.data)?, out),
            "content_block_stop" => {
                let BlockStop { index } = parse(&frame.data)?;
                self.block_stop(index, out)
            }
            "message_delta" => self.message_delta(parse(&frame.data)?, out),
            "message_stop" => self.message_stop(out),
            "error" => Err(answer::in_stream(&parse::<Value>(&frame.data)?)),
            // Pings, and what may be invented later.
            _ => Ok(()),
        }
    }

    fn end(&mut self, _: &mut Events) -> Result<(), Error> {
        Err(Error::new(ErrorKind::Cut, "the answer broke off before its end"))
    }

    fn is_done(&self) -> bool {
        self.is_done
    }

    fn spent(&self) -> Option<Spent> {
        let message = self.message.as_ref()?;
        let usage: Usage = message.usage.usage();
        Some(Spent { model: message.model.clone(), usage, streamed_chars: self.streamed_chars })
    }
}

fn parse<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, Error> {
    serde_json::from_str(data).map_err(|error| garbled(&error))
}

fn garbled(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Protocol, format!("an event of the stream cannot be read: {error}"))
}

fn disorder(what: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the stream is out of order: {what}"))
}

#[cfg(test)]
mod tests;
