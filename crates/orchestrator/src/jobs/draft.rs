//! From the wire to the engine.

use agent_runner_api_types::{Fault, Form, ProblemCode, Rules, SubmitJob, Unreadable};
use agent_runner_domain::{Timestamp, ports::Idempotency};
use agent_runner_engine::{EngineError, jobs::Draft};
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

/// Where a submission stands: alone, or on a line of a bulk.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) form: Form,
    /// The line on which its text begins.
    pub(super) line: usize,
}

/// A submission that cannot be handed on.
pub(super) struct Refused {
    pub(super) error: ApiError,
    /// Its name within its bulk, by which others may want it.
    pub(super) reference: Option<String>,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self { error, reference: None }
    }
}

/// The draft, or every fault that can be seen before the engine looks at other jobs.
pub(super) fn draft(
    app: &App,
    body: &str,
    place: Place,
    now: Timestamp,
    idempotency: Option<Idempotency>,
) -> Result<Draft, Refused> {
    let allow_private_callbacks = app.allow_private_callbacks;
    let rules = Rules { form: place.form, now, allow_private_callbacks };
    let (job, faults) = SubmitJob::parse_lenient(body, &rules).map_err(|unreadable| {
        ApiError::unreadable(ProblemCode::InvalidJob, moved(unreadable, place))
    })?;
    if !faults.is_empty() {
        let faults = with_faults_of_payload(app, &job, faults);
        let error = ApiError::faults(ProblemCode::InvalidJob, faults);
        return Err(Refused { error, reference: job.reference });
    }
    Ok(Draft {
        spec: job.spec(),
        not_before: job.not_before(now),
        depends_on_references: job.references(),
        payload: job.payload,
        reference: job.reference,
        idempotency,
    })
}

/// A line's text is read by itself, and its faults are told by their place in the whole.
fn moved(unreadable: Unreadable, place: Place) -> Unreadable {
    match unreadable {
        Unreadable::NotJson { message, line, column } => {
            Unreadable::NotJson { message, line: line + place.line - 1, column }
        }
        faults @ Unreadable::Faults(_) => faults,
    }
}

/// The engine checks the payloads of submissions that are right otherwise; here they are told at once with the rest.
fn with_faults_of_payload(app: &App, job: &SubmitJob, mut faults: Vec<Fault>) -> Vec<Fault> {
    let payload = serde_json::from_str(job.payload.get()).unwrap_or_default();
    let known = !faults.iter().any(|fault| fault.path == "/job_type" || fault.path == "/payload");
    match app.engine.catalog.check(&job.job_type, &payload) {
        Err(EngineError::Invalid(more)) if known => {
            faults.extend(more.into_iter().map(|fault| Fault::new(fault.path, fault.message)));
        }
        Err(error @ EngineError::UnknownJobType { .. }) if known => {
            faults.push(Fault::new("/job_type", error.to_string()));
        }
        _ => {}
    }
    faults
}
