//! From the wire to the engine.

use agent_runner_api_types::{Form, ProblemCode, Rules, SubmitJob};
use agent_runner_domain::{Timestamp, ports::Idempotency};
use agent_runner_engine::jobs::Draft;
use axum::extract::FromRequestParts;
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::{app::App, error::ApiError};

const KEY_BYTES_MAX: usize = 255;
const HEADER: &str = "idempotency-key";

/// The header `Idempotency-Key`, if there is one.
pub(crate) struct IdempotencyKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let plain = |byte: &u8| (0x20..0x7f).contains(byte);
        let fits = (1..=KEY_BYTES_MAX).contains(&value.len()) && value.as_bytes().iter().all(plain);
        if !fits || values.next().is_some() {
            let wanted =
                format!("one key of 1 to {KEY_BYTES_MAX} printable ASCII characters is wanted");
            return Err(ApiError::parameter(HEADER, wanted));
        }
        Ok(Self(value.to_str().ok().map(str::to_owned)))
    }
}

impl IdempotencyKey {
    pub(super) fn for_body(&self, body: &str) -> Option<Idempotency> {
        self.0.as_ref().map(|key| Idempotency { key: key.clone(), fingerprint: fingerprint(body) })
    }

    /// Each line has a key of its own, so that a bulk whose answer was lost can be sent again.
    pub(super) fn for_line(&self, line: usize, body: &str) -> Option<Idempotency> {
        let key = self.0.as_ref()?;
        Some(Idempotency { key: format!("{key}#{line}"), fingerprint: fingerprint(body) })
    }
}

fn fingerprint(body: &str) -> [u8; 32] {
    Sha256::digest(body.as_bytes()).into()
}

/// The draft, or every fault that the text alone has.
pub(super) fn draft(
    app: &App,
    body: &str,
    form: Form,
    now: Timestamp,
    idempotency: Option<Idempotency>,
) -> Result<Draft, ApiError> {
    let rules = Rules { form, now, allow_private_callbacks: app.allow_private_callbacks };
    let job = SubmitJob::parse(body, &rules)
        .map_err(|unreadable| ApiError::unreadable(ProblemCode::InvalidJob, unreadable))?;
    Ok(Draft {
        spec: job.spec(),
        not_before: job.not_before(now),
        depends_on_references: job.references(),
        payload: job.payload,
        reference: job.reference,
        idempotency,
    })
}
