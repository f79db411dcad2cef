//! How a client is told what went wrong: RFC 9457 problem details with a stable code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Fault;

/// RFC 9457 problem details. Programs branch on `code`; `detail` and `fix` are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The address of the page that explains the code, on this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means; the same for every problem with this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable name of the problem.
    pub code: String,
    /// What went wrong this time.
    pub detail: String,
    /// What would make it right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fix: Option<String>,
    /// For questions to the operator: the logs know the request by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub request_id: Option<String>,
    /// Each thing that is wrong with the request, with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

impl Problem {
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/docs/errors/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code: code.as_str().to_owned(),
            detail: detail.into(),
            fix: None,
            request_id: None,
            errors: Vec::new(),
        }
    }

    #[must_use]
    pub fn with_fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// The faults, with a detail that tells the first of them to whoever reads only one line.
    #[must_use]
    pub fn of_faults(code: ProblemCode, faults: Vec<Fault>) -> Self {
        let detail = match faults.as_slice() {
            [] => code.title().to_owned(),
            [fault] => sentence(fault),
            [first, rest @ ..] => format!("{} ({} more in errors)", sentence(first), rest.len()),
        };
        Self { errors: faults, ..Self::new(code, detail) }
    }

    /// The code, unless it is one that this version does not know.
    #[must_use]
    pub fn known_code(&self) -> Option<ProblemCode> {
        ProblemCode::ALL.iter().copied().find(|code| code.as_str() == self.code)
    }
}

fn sentence(fault: &Fault) -> String {
    if fault.path.is_empty() {
        fault.message.clone()
    } else {
        format!("{}: {}", fault.path, fault.message)
    }
}

/// One row per problem: its name in Rust, its stable code, its HTTP status and its title.
macro_rules! problem_codes {
    ($($name:ident $code:literal $status:literal $title:literal;)*) => {
        /// Every problem that the API can answer with. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $(#[doc = $title] $name,)*
        }

        impl ProblemCode {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As in JSON, and as the name of its page in `docs/errors`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problem_codes! {
    BadRequest "bad_request" 400 "The request is not well formed";
    InvalidJson "invalid_json" 400 "The body is not JSON";
    InvalidParameter "invalid_parameter" 400 "A parameter of the request is wrong";
    ApiKeyRequired "api_key_required" 401 "An API key is required";
    ApiKeyInvalid "api_key_invalid" 401 "The API key is not known";
    MissingScope "missing_scope" 403 "The API key does not allow this";
    HostNotAllowed "host_not_allowed" 403 "The request was addressed to another host";
    OriginNotAllowed "origin_not_allowed" 403 "A web page of another site made the request";
    RouteNotFound "route_not_found" 404 "There is nothing at this address";
    JobNotFound "job_not_found" 404 "There is no such job";
    JobTypeNotFound "job_type_not_found" 404 "There is no such job type";
    ArtifactNotFound "artifact_not_found" 404 "There is no such artifact";
    JobNotFinished "job_not_finished" 404 "The job has no result yet";
    JobHasNoResult "job_has_no_result" 404 "The job ended without a result";
    MethodNotAllowed "method_not_allowed" 405 "This address does not take that method";
    NotAcceptable "not_acceptable" 406 "The answer has none of the accepted types";
    RequestTimeout "request_timeout" 408 "The request took too long to arrive";
    IdempotencyKeyReused "idempotency_key_reused" 409 "The idempotency key was used for another request";
    JobIsFinal "job_is_final" 409 "The job has already ended";
    JobNotFinal "job_not_final" 409 "The job has not ended yet";
    JobSucceeded "job_succeeded" 409 "The job has succeeded";
    JobNotInLine "job_not_in_line" 409 "The job no longer waits in line";
    LeaseLost "lease_lost" 409 "The attempt no longer holds the job";
    BodyTooLarge "body_too_large" 413 "The body is too large";
    BulkTooLarge "bulk_too_large" 413 "The bulk has too many jobs";
    UnsupportedMediaType "unsupported_media_type" 415 "The body has a type that is not read here";
    InvalidJob "invalid_job" 422 "The job cannot be accepted as it is";
    InvalidRequest "invalid_request" 422 "The body has fields that are wrong";
    UnknownJobType "unknown_job_type" 422 "There is no such job type";
    Internal "internal" 500 "Something went wrong inside";
    Unavailable "unavailable" 503 "The server cannot do this at the moment";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_read_like_codes() {
        let codes: BTreeSet<_> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        for code in ProblemCode::ALL {
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(code.as_str().chars().all(plain) && (400..600).contains(&code.status()));
        }
    }

    #[test]
    fn the_detail_tells_the_first_fault() {
        let faults = vec![Fault::new("/priority", "too high"), Fault::new("/tags", "too many")];
        let problem = Problem::of_faults(ProblemCode::InvalidJob, faults);
        assert_eq!(problem.detail, "/priority: too high (1 more in errors)");
        assert_eq!(problem.known_code(), Some(ProblemCode::InvalidJob));
    }
}
