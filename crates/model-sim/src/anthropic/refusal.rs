//! How Anthropic says no.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    retry_after: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), retry_after: None }
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, message)
    }

    pub(super) fn no_such_model(id: &str) -> Self {
        Self::new(404, &format!("model: {id}"))
    }

    pub(super) fn ordered(status: u16, retry_after: Option<String>) -> Self {
        let message = if status == 529 { "Overloaded" } else { "refused as ordered" };
        Self { retry_after, ..Self::new(status, message) }
    }
}

fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

pub(super) fn error(status: u16, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind(status), "message": message}, "request_id": null})
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(error(self.status, &self.message))).into_response();
        if let Some(wait) = self.retry_after.and_then(|wait| HeaderValue::from_str(&wait).ok()) {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}
