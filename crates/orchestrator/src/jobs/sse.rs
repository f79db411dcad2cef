//! A job's log as server-sent events.

use std::{convert::Infallible, time::Duration};

use agent_runner_api_types::{EventView, StreamEnd};
use agent_runner_domain::{JobId, TenantId};
use agent_runner_engine::EngineError;
use axum::response::{
    IntoResponse, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};

use crate::app::App;

/// The largest number that every client can count to.
pub(super) const SEQ_MAX: u64 = 9_007_199_254_740_991;
/// Events read at once.
const PAGE: usize = 500;
/// How long one look at the log may wait.
const WAIT: Duration = Duration::from_secs(30);
/// A comment in the silence, so that nothing between here and the client takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Reader {
    app: App,
    tenant: TenantId,
    id: JobId,
    /// `None` when nothing more is to be sent.
    after: Option<u64>,
}

/// Everything after `after`, then the news, then `end`. Ends without it when the server stops: clients come again.
pub(super) fn stream(app: App, tenant: TenantId, id: JobId, after: u64) -> Response {
    let reader = Reader { app, tenant, id, after: Some(after) };
    let sse = Sse::new(events(reader)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Nginx would hold events back until its buffer is full.
    ([("x-accel-buffering", "no")], sse).into_response()
}

fn events(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    let pages = stream::unfold(reader, |mut reader| async move {
        let page = reader.page().await?;
        Some((stream::iter(page), reader))
    });
    pages.flatten().map(Ok)
}

impl Reader {
    async fn page(&mut self) -> Option<Vec<Event>> {
        let after = self.after?;
        let stopping = self.app.stopping.clone();
        let page = tokio::select! {
            page = self.read(after) => page,
            () = stopping.cancelled() => return None,
        };
        // The response has begun, so an error can only end it; the client's next request is told why.
        page.inspect_err(
            |error| tracing::warn!(%error, job.id = %self.id, "A stream of events broke off"),
        )
        .ok()
    }

    async fn read(&mut self, after: u64) -> Result<Vec<Event>, EngineError> {
        let jobs = &self.app.jobs;
        let page = jobs.events(&self.tenant, self.id, after, PAGE, WAIT).await?;
        self.after = Some(page.events.last().map_or(after, |event| event.seq));
        let mut events: Vec<_> =
            page.events.into_iter().map(|stored| message(&stored.into())).collect();
        if page.complete {
            let status = jobs.get(&self.tenant, self.id).await?.status();
            events.push(json(StreamEnd::EVENT, &StreamEnd { status }));
            self.after = None;
        }
        Ok(events)
    }
}

fn message(event: &EventView) -> Event {
    json(event.detail.kind(), event).id(event.seq.to_string())
}

fn json(name: &str, data: &impl serde::Serialize) -> Event {
    let text = serde_json::to_string(data).expect("views hold string keys only");
    Event::default().event(name).data(text)
}
