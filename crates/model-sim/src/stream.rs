//! Streams with a pace, and with the breaks that were ordered.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};

use crate::fault::Fault;

/// How many characters a piece of text has.
const PIECE_CHARS: usize = 8;

/// The events, one by one. `error` is what the wire format says when it gives up.
pub(crate) fn paced(events: Vec<String>, error: String, fault: &Fault, pace: Duration) -> Response {
    let mut parts: Vec<io::Result<Bytes>> =
        events.into_iter().map(|event| Ok(event.into())).collect();
    if let Some(after) = fault.error {
        parts.truncate(after);
        parts.push(Ok(error.into()));
    }
    if let Some(after) = fault.cut {
        parts.truncate(after);
        parts.push(Err(io::Error::other("cut as ordered")));
    }
    let body = stream::iter(parts).then(move |part| async move {
        if pace.is_zero() {
            // Each event goes out by itself, as from a model that has to think.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pace).await;
        }
        part
    });
    let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(body)).into_response()
}

/// A text as it would be written, piece by piece.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE_CHARS).map(|piece| piece.iter().collect()).collect()
}
