//! The answer to a bulk, written while the bulk goes through.
//!
//! As values it would be many times as large as the bulk itself, and in one piece the allocator would keep it.

use std::convert::Infallible;

use agent_runner_api_types::BulkLine;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use http::header;

use crate::error::ApiError;

/// A [`BulkAnswer`](agent_runner_api_types::BulkAnswer) as text.
#[derive(Default)]
pub(super) struct WrittenAnswer {
    pieces: Vec<Bytes>,
    accepted: usize,
    refused: usize,
}

impl WrittenAnswer {
    pub(super) fn add(&mut self, lines: impl Iterator<Item = BulkLine>) -> Result<(), ApiError> {
        let mut piece = Vec::new();
        for line in lines {
            if self.accepted + self.refused > 0 {
                piece.push(b',');
            }
            match line.job {
                Some(_) => self.accepted += 1,
                None => self.refused += 1,
            }
            serde_json::to_writer(&mut piece, &line)
                .map_err(|error| ApiError::internal(&error.to_string()))?;
        }
        self.pieces.push(piece.into());
        Ok(())
    }
}

impl IntoResponse for WrittenAnswer {
    fn into_response(self) -> Response {
        let Self { mut pieces, accepted, refused } = self;
        let end = format!(r#"],"accepted":{accepted},"refused":{refused}}}"#);
        pieces.insert(0, Bytes::from_static(br#"{"lines":["#));
        pieces.push(end.into());
        let length: usize = pieces.iter().map(Bytes::len).sum();
        let head = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::CONTENT_LENGTH, length.to_string()),
        ];
        let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
        (head, body).into_response()
    }
}
