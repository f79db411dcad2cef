//! The pages of `docs/errors`, so that a problem's `type` can be followed on the server that sent it.

use agent_runner_api_types::ProblemCode;

macro_rules! pages {
    ($($name:ident $code:literal;)*) => {
        /// The page that explains the code, in Markdown.
        pub(crate) fn page(code: ProblemCode) -> &'static str {
            match code {
                $(ProblemCode::$name => include_str!(concat!("../../../docs/errors/", $code, ".md")),)*
            }
        }
    };
}

pages! {
    BadRequest "bad_request";
    InvalidJson "invalid_json";
    InvalidParameter "invalid_parameter";
    ApiKeyRequired "api_key_required";
    ApiKeyInvalid "api_key_invalid";
    MissingScope "missing_scope";
    HostNotAllowed "host_not_allowed";
    OriginNotAllowed "origin_not_allowed";
    RouteNotFound "route_not_found";
    JobNotFound "job_not_found";
    JobTypeNotFound "job_type_not_found";
    ArtifactNotFound "artifact_not_found";
    JobNotFinished "job_not_finished";
    JobHasNoResult "job_has_no_result";
    MethodNotAllowed "method_not_allowed";
    NotAcceptable "not_acceptable";
    RequestTimeout "request_timeout";
    IdempotencyKeyReused "idempotency_key_reused";
    JobIsFinal "job_is_final";
    JobNotFinal "job_not_final";
    JobSucceeded "job_succeeded";
    JobNotInLine "job_not_in_line";
    LeaseLost "lease_lost";
    BodyTooLarge "body_too_large";
    BulkTooLarge "bulk_too_large";
    UnsupportedMediaType "unsupported_media_type";
    InvalidJob "invalid_job";
    InvalidRequest "invalid_request";
    UnknownJobType "unknown_job_type";
    Internal "internal";
    Unavailable "unavailable";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_about_its_code() {
        for code in ProblemCode::ALL {
            assert!(
                page(*code).starts_with(&format!("# `{}`", code.as_str())),
                "{}",
                code.as_str()
            );
        }
    }
}
