//! An error out of the answer of a server, whatever that server is.

use serde_json::Value;

use super::{Advice, Error, ErrorKind};

/// How much of a strange answer is shown.
const SHOWN_CHARS_MAX: usize = 300;

/// What a server said, without the HTTP around it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    message: Option<String>,
    kind: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

/// An answer with a status that is no success.
pub(crate) fn refused(status: u16, content_type: &str, body: &[u8], advice: Advice) -> Error {
    let said = serde_json::from_slice(body).map(|body| said(&body)).unwrap_or_default();
    let message = said.message.clone().unwrap_or_else(|| shown(status, content_type, body));
    let kind = kind(Some(status), &said, &message);
    Error {
        advice,
        status: Some(status),
        provider_type: said.code.or(said.kind),
        request_id: said.request_id,
        ..Error::new(kind, message)
    }
}

/// An error that came inside of an answer that had begun well.
pub(crate) fn in_stream(body: &Value) -> Error {
    let said = said(body);
    let message =
        said.message.clone().unwrap_or_else(|| "the provider broke off the answer".into());
    let kind = match kind(None, &said, &message) {
        ErrorKind::Unknown => ErrorKind::Server,
        kind => kind,
    };
    Error {
        provider_type: said.code.or(said.kind),
        request_id: said.request_id,
        ..Error::new(kind, message)
    }
}

/// Anthropic: `{error: {type, message}, request_id}`. OpenAI: `{error: {type, message, code}}`.
/// Google wraps that in a list, others leave the inner object out or make it a text.
fn said(body: &Value) -> Said {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    Said {
        message: error.as_str().map(str::to_owned).or_else(|| text("message")),
        kind: text("type").filter(|kind| kind != "error").or_else(|| text("status")),
        code: text("code"),
        request_id: body.get("request_id").and_then(Value::as_str).map(str::to_owned),
    }
}

fn kind(status: Option<u16>, said: &Said, message: &str) -> ErrorKind {
    if is_context_too_long(said, message) {
        return ErrorKind::ContextTooLong;
    }
    if said.code.as_deref() == Some("insufficient_quota") {
        return ErrorKind::Billing;
    }
    let name = said.kind.as_deref();
    match (name.and_then(by_name), status) {
        (Some(kind), _) => kind,
        (None, Some(status)) => by_status(status),
        // With a status, the status knows better: OpenAI says so for 401 and 404, too.
        (None, None) if name == Some("invalid_request_error") => ErrorKind::InvalidRequest,
        (None, None) => ErrorKind::Unknown,
    }
}

fn is_context_too_long(said: &Said, message: &str) -> bool {
    said.code.as_deref() == Some("context_length_exceeded")
        || message.starts_with("prompt is too long")
        || message.contains("maximum context length")
}

fn by_name(name: &str) -> Option<ErrorKind> {
    Some(match name {
        "authentication_error" => ErrorKind::Authentication,
        "billing_error" | "insufficient_quota" => ErrorKind::Billing,
        "permission_error" => ErrorKind::Permission,
        "not_found_error" => ErrorKind::NotFound,
        "conflict_error" => ErrorKind::Conflict,
        "request_too_large" => ErrorKind::TooLarge,
        "rate_limit_error" | "RESOURCE_EXHAUSTED" => ErrorKind::RateLimit,
        "api_error" | "server_error" => ErrorKind::Server,
        "timeout_error" => ErrorKind::Timeout,
        "overloaded_error" => ErrorKind::Overloaded,
        _ => return None,
    })
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        400 | 422 => ErrorKind::InvalidRequest,
        401 => ErrorKind::Authentication,
        402 => ErrorKind::Billing,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::RateLimit,
        408 | 504 => ErrorKind::Timeout,
        503 | 529 => ErrorKind::Overloaded,
        500.. => ErrorKind::Server,
        _ => ErrorKind::Unknown,
    }
}

/// What to say of an answer that is no error of an API.
fn shown(status: u16, content_type: &str, body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let body = body.trim();
    if is_page(content_type, body) {
        return page(body);
    }
    if body.is_empty() {
        return format!("the server refused with status {status} and said nothing");
    }
    format!("the server refused: {}", body.chars().take(SHOWN_CHARS_MAX).collect::<String>())
}

/// An answer with a good status that is not of this API.
pub(crate) fn not_the_api(content_type: &str, body: &[u8], problem: &str) -> Error {
    let body = String::from_utf8_lossy(body);
    let body = body.trim();
    let message = if is_page(content_type, body) {
        page(body)
    } else {
        let start: String = body.chars().take(SHOWN_CHARS_MAX).collect();
        format!("the answer is not of this API ({problem}). It begins: {start:?}")
    };
    Error::new(ErrorKind::Protocol, message)
}

fn is_page(content_type: &str, body: &str) -> bool {
    content_type.contains("html") || body.starts_with("<!") || body.starts_with("<html")
}

fn page(body: &str) -> String {
    let title = body
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| {
            format!(" titled {:?}", title.trim().chars().take(80).collect::<String>())
        })
        .unwrap_or_default();
    format!(
        "a web page{title} came instead of an answer: check the base URL, and what stands between"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, body: &Value) -> Error {
        refused(status, "application/json", body.to_string().as_bytes(), Advice::GiveUp)
    }

    #[test]
    fn the_words_of_anthropic_are_kept() {
        let body = json!({"type": "error", "request_id": "req_1",
            "error": {"type": "overloaded_error", "message": "Overloaded"}});
        let error = refusal(529, &body);
        assert_eq!(error.kind, ErrorKind::Overloaded);
        assert_eq!(error.to_string(), "Overloaded (HTTP 529, overloaded_error, request req_1)");
    }

    #[test]
    fn the_words_of_openai_are_kept() {
        let body = json!({"error": {"message": "No such model", "type": "invalid_request_error",
            "param": null, "code": "model_not_found"}});
        let error = refusal(404, &body);
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(error.provider_type.as_deref(), Some("model_not_found"));
    }

    #[test]
    fn a_prompt_that_is_too_long_is_told_apart() {
        let anthropic = json!({"error": {"type": "invalid_request_error",
            "message": "prompt is too long: 210000 tokens > 200000 maximum"}});
        let openai = json!({"error": {"message": "…", "code": "context_length_exceeded"}});
        let vllm =
            json!({"object": "error", "message": "This model's maximum context length is 8"});
        for body in [anthropic, openai, vllm] {
            assert_eq!(refusal(400, &body).kind, ErrorKind::ContextTooLong, "{body}");
        }
    }

    #[test]
    fn other_shapes_still_give_a_message() {
        for body in [
            json!([{"error": {"code": 400, "message": "why", "status": "INVALID_ARGUMENT"}}]),
            json!({"error": "why"}),
            json!({"object": "error", "message": "why", "code": 400}),
        ] {
            let error = refusal(400, &body);
            assert_eq!((error.message.as_str(), error.kind), ("why", ErrorKind::InvalidRequest));
        }
    }

    #[test]
    fn a_web_page_is_called_one() {
        let page = b"<html><head><title>502 Bad Gateway</title></head></html>";
        let error = refused(502, "text/html", page, Advice::GiveUp);
        assert!(error.message.starts_with(r#"a web page titled "502 Bad Gateway""#), "{error}");
        assert_eq!(error.kind, ErrorKind::Server);
    }

    proptest::proptest! {
        #[test]
        fn any_answer_makes_an_error(status in 300_u16..1000, body: Vec<u8>) {
            let error = refused(status, "", &body, Advice::GiveUp);
            proptest::prop_assert!(!error.message.is_empty());
        }
    }
}
