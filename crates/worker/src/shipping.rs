//! Events on their way from the handler to the orchestrator.
//!
//! They go in batches, in order, each sent until it is acknowledged. A batch waits a moment for company, so that
//! a chatty handler costs a few writes a second; whatever is left at the end travels with the last word.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    event::{EventBody, LogStream, NewEvent},
    ports::{LinkError, WorkerLink},
};
use tokio::{
    sync::mpsc::Receiver,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::patience::patiently;

/// How long the first event of a batch waits for others: little at first, more when batches follow each other.
const COMPANY_FIRST: Duration = Duration::from_millis(40);
const COMPANY: Duration = Duration::from_millis(250);
const BATCH_BYTES_MAX: usize = 64 * 1024;
const BATCH_EVENTS_MAX: usize = 1_000;

/// What was not sent when the handler had ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Rest {
    pub(crate) first: u64,
    pub(crate) events: Vec<NewEvent>,
}

/// Ships until all senders are gone. Sets `abandoned` when the attempt turns out to be over.
pub(crate) async fn ship(
    mut queue: Receiver<NewEvent>,
    link: Arc<dyn WorkerLink>,
    abandoned: CancellationToken,
) -> Rest {
    let mut first = 1;
    let mut last_sent = Instant::now() - COMPANY;
    loop {
        let Batch { mut events, ended } = gather(&mut queue, last_sent).await;
        if ended || abandoned.is_cancelled() {
            return Rest { first, events };
        }
        let sent = patiently(Duration::MAX, || link.append(first, events.clone()));
        match tokio::select! { sent = sent => sent, () = abandoned.cancelled() => continue } {
            Ok(()) => first += u64::try_from(events.len()).expect("a batch is small"),
            Err(LinkError::Refused(reason)) => {
                let told = link.append(first, vec![lost(&mut events, &reason)]).await;
                first += u64::from(told.is_ok());
            }
            Err(LinkError::LeaseLost | LinkError::Unavailable(_)) => abandoned.cancel(),
        }
        last_sent = Instant::now();
    }
}

struct Batch {
    events: Vec<NewEvent>,
    /// All senders are gone, and these are the last.
    ended: bool,
}

async fn gather(queue: &mut Receiver<NewEvent>, last_sent: Instant) -> Batch {
    let mut events = Vec::new();
    let mut bytes = 0;
    let mut leave_at = None;
    while bytes < BATCH_BYTES_MAX && events.len() < BATCH_EVENTS_MAX {
        let next = match leave_at {
            None => queue.recv().await,
            Some(at) => match timeout_at(at, queue.recv()).await {
                Ok(next) => next,
                Err(_) => return Batch { events, ended: false },
            },
        };
        let Some(event) = next else {
            return Batch { events, ended: true };
        };
        bytes += size(&event.body);
        events.push(event);
        leave_at.get_or_insert_with(|| (Instant::now() + COMPANY_FIRST).max(last_sent + COMPANY));
    }
    Batch { events, ended: false }
}

/// About what it takes on the wire.
fn size(body: &EventBody) -> usize {
    const FRAME: usize = 96;
    const USAGE: usize = 512;
    FRAME
        + match body {
            EventBody::Log { line, .. } => line.len(),
            EventBody::Text { text } => text.len(),
            EventBody::Progress { message, .. } => message.len(),
            EventBody::Artifact { name, .. } => name.len(),
            EventBody::Usage { .. } => USAGE,
            EventBody::ToolCall { input: data, .. } | EventBody::Custom { data, .. } => {
                data.to_string().len()
            }
            EventBody::ToolResult { output, .. } => output.len(),
            EventBody::Step { name, message, .. } => {
                name.len() + message.as_ref().map_or(0, String::len)
            }
            EventBody::State { .. } => 0,
        }
}

/// What takes the place of a batch that nobody wants.
fn lost(events: &mut Vec<NewEvent>, reason: &str) -> NewEvent {
    let line = format!("{} events were refused: {reason}", events.len());
    let body = EventBody::Log { stream: LogStream::Worker, line };
    NewEvent { body, ..events.swap_remove(0) }
}
