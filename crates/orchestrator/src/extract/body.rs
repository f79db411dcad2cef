//! The body of a request, and JSON as the body of an answer.

use std::time::Duration;

use agent_runner_api_types::ProblemCode;
use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;

use crate::error::ApiError;

/// The largest body of a request by a user.
pub(crate) const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);

/// How long the rest of a body that is too large is read and dropped.
const DRAIN_MAX: Duration = Duration::from_secs(3);

/// A JSON body as text; its meaning is the handler's.
pub(crate) struct Body(pub(crate) String);

/// An answer as JSON.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        require_media_type(request.headers(), &["application/json"])?;
        utf8(read_body(request, BODY_BYTES_MAX).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(text) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], text).into_response()
            }
            Err(error) => ApiError::internal(&error.to_string()).into_response(),
        }
    }
}

/// The media type of the body, if it is one of `accepted`.
pub(crate) fn require_media_type<'a>(
    headers: &HeaderMap,
    accepted: &[&'a str],
) -> Result<&'a str, ApiError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let found = accepted.iter().find(|media_type| essence.eq_ignore_ascii_case(media_type));
    found.copied().ok_or_else(|| {
        let accepted = accepted.join(" or ");
        let detail = match given {
            Some(given) => format!("the body is said to be {given:?}; {accepted} is read here"),
            None => format!("the request does not say what its body is; {accepted} is read here"),
        };
        ApiError::new(ProblemCode::UnsupportedMediaType, detail)
            .fix(format!("Send the header content-type: {accepted}."))
    })
}

/// All of the body, if it is no larger than `bytes_max` and arrives in time.
pub(crate) async fn read_body(request: Request, bytes_max: usize) -> Result<Bytes, ApiError> {
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let asks_first = request.headers().contains_key(header::EXPECT);
    let mut body = request.into_body();
    if declared.is_some_and(|length| length > bytes_max) {
        if !asks_first {
            drain(body).await;
        }
        return Err(too_large(bytes_max));
    }
    let collected = Limited::new(&mut body, bytes_max).collect();
    match tokio::time::timeout(ARRIVAL_MAX, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            drain(body).await;
            Err(too_large(bytes_max))
        }
        Ok(Err(error)) => Err(ApiError::new(
            ProblemCode::BadRequest,
            format!("the body could not be read: {error}"),
        )),
        Err(_) => Err(ApiError::new(
            ProblemCode::RequestTimeout,
            format!("the body did not arrive within {} seconds", ARRIVAL_MAX.as_secs()),
        )),
    }
}

/// Takes the rest of a refused body from the line. A client that is still sending reads nothing, and would be told
/// of a broken connection instead of what is wrong.
async fn drain(mut body: axum::body::Body) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    // In vain if it takes longer: then the connection breaks.
    let _ = tokio::time::timeout(DRAIN_MAX, rest).await;
}

pub(crate) fn utf8(body: Bytes) -> Result<String, ApiError> {
    String::from_utf8(body.into()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        ApiError::new(ProblemCode::InvalidJson, format!("the body is no UTF-8 at byte {at}"))
            .fix("Send JSON encoded as UTF-8.")
    })
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(ProblemCode::BodyTooLarge, format!("the body is larger than {bytes_max} bytes"))
        .fix("Send less at once; large inputs belong into files that the job fetches.")
}
