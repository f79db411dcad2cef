//! How a request is refused: a problem for the client, and a cause for the log.

use agent_runner_api_types::{Fault, Problem, ProblemCode, Unreadable};
use agent_runner_domain::job::Refused;
use agent_runner_engine::EngineError;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// A problem on its way to the client. What only the operator may know is logged where the error is made.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) problem: Box<Problem>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// How long a client should wait before it asks an unavailable server again.
const RETRY_AFTER_SECONDS: &str = "1";

impl ApiError {
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    pub(crate) fn fix(self, fix: impl Into<String>) -> Self {
        Self { problem: Box::new(self.problem.with_fix(fix)), ..self }
    }

    /// One wrong parameter: `path` is `?name`, `{name}` of the route, or a header's name.
    pub(crate) fn parameter(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::faults(ProblemCode::InvalidParameter, vec![Fault::new(path, message)])
    }

    pub(crate) fn faults(code: ProblemCode, faults: Vec<Fault>) -> Self {
        Problem::of_faults(code, faults).into()
    }

    pub(crate) fn unreadable(wrong: ProblemCode, unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::NotJson { message, line, column } => {
                let detail = format!("{message} at line {line} column {column}");
                Self::new(ProblemCode::InvalidJson, detail)
            }
            Unreadable::Faults(faults) => Self::faults(wrong, faults),
        }
    }

    pub(crate) fn with_header(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, HeaderValue::from_static(value))), ..self }
    }

    pub(crate) fn unavailable(cause: &str) -> Self {
        tracing::warn!(error = cause, "A request failed because something is unavailable");
        Self::new(ProblemCode::Unavailable, "something that the server needs is not available")
            .fix("Try again after a moment; the same request may be repeated.")
            .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS)
    }

    /// The same with a detail that everybody may know.
    pub(crate) fn saying(mut self, detail: &str) -> Self {
        detail.clone_into(&mut self.problem.detail);
        self
    }

    pub(crate) fn internal(cause: &str) -> Self {
        tracing::error!(error = cause, "A request failed inside");
        Self::new(ProblemCode::Internal, "the server could not answer; its log says why")
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), header: None }
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let detail = error.to_string();
        match error {
            EngineError::JobNotFound(_) => Self::new(ProblemCode::JobNotFound, detail)
                .fix("Check the id; jobs of other tenants cannot be seen."),
            EngineError::ArtifactNotFound(_) => Self::new(ProblemCode::ArtifactNotFound, detail)
                .fix("GET /jobs/{id}/artifacts lists the job's files."),
            EngineError::UnknownJobType { .. } => {
                let faults = vec![Fault::new("/job_type", detail)];
                Self::faults(ProblemCode::UnknownJobType, faults)
            }
            EngineError::Invalid(faults) => {
                let wire = |fault: agent_runner_engine::error::Fault| Fault::new(fault.path, fault.message);
                Self::faults(ProblemCode::InvalidJob, faults.into_iter().map(wire).collect())
            }
            EngineError::KeyTaken(_) => Self::new(ProblemCode::IdempotencyKeyReused, detail)
                .fix("Use a new Idempotency-Key for a new job; repeat the very same body to find the old one."),
            EngineError::NotFinished(_) => Self::new(ProblemCode::JobNotFinished, detail)
                .fix("Wait with GET /jobs/{id}?wait=25 until the job is final."),
            EngineError::NoResult(_) => Self::new(ProblemCode::JobHasNoResult, detail)
                .fix("GET /jobs/{id}/explain says why it ended so."),
            EngineError::Refused(refused) => refusal(&refused, detail),
            EngineError::Unavailable(cause) => Self::unavailable(&cause),
            EngineError::Corrupt(cause) => Self::internal(&cause),
        }
    }
}

fn refusal(refused: &Refused, detail: String) -> ApiError {
    let (code, fix) = match refused {
        Refused::LeaseLost => (ProblemCode::LeaseLost, "Stop: another attempt holds the job."),
        Refused::Final(_) => (
            ProblemCode::JobIsFinal,
            "Nothing has to be done; retry the job if it should run again.",
        ),
        Refused::NotFinal(_) => (ProblemCode::JobNotFinal, "Wait for its end, or cancel it first."),
        Refused::Succeeded => {
            (ProblemCode::JobSucceeded, "Submit a new job if it should run again.")
        }
        Refused::NotInLine(_) | Refused::NotReady => {
            (ProblemCode::JobNotInLine, "Only a job that waits can be moved in line.")
        }
    };
    ApiError::new(code, detail).fix(fix)
}

/// The body is written by [`crate::frame`], which knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() =
            StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self.problem);
        response
    }
}
