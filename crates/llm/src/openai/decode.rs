//! A stream of OpenAI's, made into events.

mod assembly;

use std::collections::VecDeque;

use self::assembly::Assembly;
use super::wire::{Chunk, ChunkChoice, Said, WireUsage};
use crate::error::{Error, ErrorKind, Spent, answer};
use crate::model::Event;
use crate::response::Response;
use crate::sse::Frame;
use crate::streaming::Decoder;

type Events = VecDeque<Event>;

#[derive(Default)]
pub(super) struct Decode {
    request_id: Option<String>,
    id: String,
    model: String,
    started: bool,
    message: Assembly,
    finish_reason: Option<String>,
    usage: Option<WireUsage>,
    service_tier: Option<String>,
    is_done: bool,
}

impl Decode {
    pub(super) fn new(request_id: Option<String>) -> Self {
        Self { request_id, ..Self::default() }
    }

    fn chunk(&mut self, chunk: Chunk, out: &mut Events) -> Result<(), Error> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(answer::in_stream(&serde_json::json!({ "error": error })));
        }
        if let Some(id) = chunk.id.filter(|_| self.id.is_empty()) {
            self.id = id;
        }
        if let Some(model) = chunk.model.filter(|_| self.model.is_empty()) {
            self.model = model;
        }
        self.service_tier = chunk.service_tier.or(self.service_tier.take());
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.choice(choice, out)?;
        }
        if let Some(usage) = chunk.usage {
            out.push_back(Event::Usage(usage.usage(self.service_tier.as_deref())));
            self.usage = Some(usage);
        }
        Ok(())
    }

    fn choice(&mut self, choice: ChunkChoice, out: &mut Events) -> Result<(), Error> {
        let mut events = VecDeque::new();
        if let Some(delta) = choice.delta {
            self.message.add(delta, &mut events)?;
        }
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        if !events.is_empty() {
            self.tell_started(out);
        }
        out.append(&mut events);
        Ok(())
    }

    fn tell_started(&mut self, out: &mut Events) {
        if !std::mem::replace(&mut self.started, true) {
            let (id, model) = (self.id.clone(), self.model.clone());
            out.push_back(Event::Started { id, model, usage: None });
        }
    }

    fn finish(&mut self, out: &mut Events) -> Result<(), Error> {
        self.tell_started(out);
        let message = std::mem::take(&mut self.message).whole();
        let said = Said::read(&message).ok_or_else(|| {
            Error::new(ErrorKind::Protocol, "the pieces of the answer do not fit")
        })?;
        let content = said.blocks(&message);
        for (block, content) in content.iter().cloned().enumerate() {
            out.push_back(Event::BlockDone { block, content });
        }
        let tier = self.service_tier.as_deref();
        out.push_back(Event::Finished(Box::new(Response {
            id: std::mem::take(&mut self.id),
            model: self.model.clone(),
            content,
            stop_reason: said.stop_reason(self.finish_reason.as_deref()),
            stop_sequence: None,
            stop_explanation: said.refusal(),
            usage: self.usage.as_ref().map(|usage| usage.usage(tier)),
            request_id: self.request_id.clone(),
        })));
        self.is_done = true;
        Ok(())
    }
}

impl Decoder for Decode {
    fn frame(&mut self, frame: &Frame, out: &mut Events) -> Result<(), Error> {
        let data = frame.data.trim();
        if data.is_empty() {
            return Ok(());
        }
        if data.starts_with("[DONE]") {
            return match self.finish_reason {
                Some(_) => self.finish(out),
                None => Err(cut()),
            };
        }
        let chunk = serde_json::from_str(data).map_err(|problem| {
            let message = format!("a chunk of the stream cannot be read: {problem}");
            Error::new(ErrorKind::Protocol, message)
        })?;
        self.chunk(chunk, out)
    }

    /// Not every server says `[DONE]`; one that gave its reason to stop has said enough.
    fn end(&mut self, out: &mut Events) -> Result<(), Error> {
        if self.finish_reason.is_some() { self.finish(out) } else { Err(cut()) }
    }

    fn is_done(&self) -> bool {
        self.is_done
    }

    fn spent(&self) -> Option<Spent> {
        let streamed_chars = self.message.chars();
        if self.usage.is_none() && streamed_chars == 0 {
            return None;
        }
        let tier = self.service_tier.as_deref();
        let usage = self.usage.as_ref().map(|usage| usage.usage(tier)).unwrap_or_default();
        Some(Spent { model: self.model.clone(), usage, streamed_chars })
    }
}

fn cut() -> Error {
    Error::new(ErrorKind::Cut, "the answer broke off before its end")
}

#[cfg(test)]
mod tests;
