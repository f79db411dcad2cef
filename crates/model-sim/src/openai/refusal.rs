//! How OpenAI says no.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(crate) struct Refusal {
    status: u16,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
    retry_after: Option<String>,
}

impl Refusal {
    pub(super) fn invalid(message: &str, param: &str) -> Self {
        Self { status: 400, message: message.into(), param: Some(param.into()), ..Self::default() }
    }

    pub(super) fn coded(status: u16, code: &'static str, message: &str) -> Self {
        Self { status, message: message.into(), code: Some(code), ..Self::default() }
    }

    pub(super) fn no_such_model(id: &str) -> Self {
        let message = format!("The model `{id}` does not exist or you do not have access to it.");
        Self::coded(404, "model_not_found", &message)
    }

    pub(super) fn ordered(status: u16, retry_after: Option<String>) -> Self {
        Self { status, message: "refused as ordered".into(), retry_after, ..Self::default() }
    }
}

fn kind(status: u16) -> &'static str {
    match status {
        429 => "requests",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

pub(super) fn error(status: u16, message: &str) -> Value {
    json!({"error": {"message": message, "type": kind(status), "param": null, "code": null}})
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = error(self.status, &self.message);
        body["error"]["param"] = self.param.into();
        body["error"]["code"] = self.code.into();
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = self.retry_after.and_then(|wait| HeaderValue::from_str(&wait).ok()) {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}
