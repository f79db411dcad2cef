//! Refusals in the words of each service.

use http_body_util::Full;
use hyper::{HeaderMap, Response, StatusCode, body::Bytes, header};

/// What names the operation in the services' JSON protocols.
const TARGET: &str = "x-amz-target";

pub(super) fn throttled(asked: &HeaderMap) -> Response<Full<Bytes>> {
    let said = "Rate exceeded";
    match service(asked) {
        Some("DynamoDB_20120810") => {
            json(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", said)
        }
        Some("AmazonSQS") => json(StatusCode::BAD_REQUEST, "RequestThrottled", said),
        // A throttle in disguise, as RunTask is known to answer.
        Some("AmazonEC2ContainerServiceV20141113") => {
            json(StatusCode::BAD_REQUEST, "InvalidParameterException", said)
        }
        Some(_) => json(StatusCode::BAD_REQUEST, "ThrottlingException", said),
        None => {
            xml(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
        }
    }
}

pub(super) fn failed(asked: &HeaderMap) -> Response<Full<Bytes>> {
    let said = "We encountered an internal error. Please try again.";
    match service(asked) {
        Some("DynamoDB_20120810") => {
            json(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", said)
        }
        Some("AmazonEC2ContainerServiceV20141113") => {
            json(StatusCode::INTERNAL_SERVER_ERROR, "ServerException", said)
        }
        Some(_) => json(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", said),
        None => xml(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", said),
    }
}

/// `None`: S3, which has no such header.
fn service(asked: &HeaderMap) -> Option<&str> {
    asked.get(TARGET)?.to_str().ok()?.split('.').next()
}

fn json(status: StatusCode, kind: &str, said: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({"__type": kind, "message": said}).to_string();
    answer(status, "application/x-amz-json-1.1", body)
}

fn xml(status: StatusCode, code: &str, said: &str) -> Response<Full<Bytes>> {
    let body = format!("<Error><Code>{code}</Code><Message>{said}</Message></Error>");
    answer(status, "application/xml", body)
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    answer
}
