//! Errors of the API as sentences, with what helps and the code to exit with.

use agent_runner_api_types::{Problem, ProblemCode};
use agent_runner_client::api::ApiError;

use crate::{exit::Exit, failure::Failure, output::event::printable};

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let message = printable(&error.to_string());
        match error {
            ApiError::Unreachable { .. } => Self::new(Exit::Unavailable, message).fix(
                "start a server with `agent-runner serve`, or name another with --server URL or \
                 AGENT_RUNNER_SERVER",
            ),
            ApiError::Problem(problem) => of_problem(&problem),
            ApiError::Unexpected { .. } => Self::new(Exit::Unavailable, message)
                .fix("is this the URL of an agent-runner server, and of this version?"),
            ApiError::InvalidUrl { .. } => {
                Self::usage(message).fix("write it like http://127.0.0.1:8000")
            }
            ApiError::NoTls(_) => Self::machine(message)
                .fix("install the certificates of the system (the package ca-certificates)"),
        }
    }
}

/// The problem as a sentence, each fault with its place, and what helps.
pub(crate) fn of_problem(problem: &Problem) -> Failure {
    let exit = match problem.status {
        404 => Exit::NotFound,
        _ if problem.code == ProblemCode::UnknownJobType.as_str() => Exit::NotFound,
        400..=499 => Exit::Refused,
        _ => Exit::Unavailable,
    };
    let message = if problem.errors.is_empty() { &problem.detail } else { &problem.title };
    let mut failure = Failure::new(exit, printable(message));
    for fault in &problem.errors {
        let place = if fault.path.is_empty() { String::new() } else { format!("{}: ", fault.path) };
        failure = failure.detail(printable(&format!("{place}{}", fault.message)));
    }
    // Only where the server's operator has to be asked does it help to know it.
    if let Some(request_id) = problem.request_id.as_ref().filter(|_| problem.status >= 500) {
        failure = failure.detail(format!("request {}", printable(request_id)));
    }
    match &problem.fix {
        _ if problem.status == 401 => failure
            .fix("set AGENT_RUNNER_API_KEY, or name a file that holds the key with --api-key-file"),
        Some(fix) => failure.fix(printable(fix)),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_api_types::Fault;

    use super::*;

    #[test]
    fn every_fault_is_told_with_its_place_and_the_fix() {
        let faults =
            vec![Fault::new("/payload/message", "a string is wanted"), Fault::new("", "x")];
        let problem = Problem::of_faults(ProblemCode::InvalidJob, faults).with_fix("Mend it.");
        let failure = of_problem(&problem);
        let wanted = "The job cannot be accepted as it is\n  /payload/message: a string is wanted\n  x\nfix: Mend it.";
        assert_eq!((failure.exit, failure.to_string().as_str()), (Exit::Refused, wanted));
    }

    #[test]
    fn a_job_type_that_does_not_exist_is_not_found() {
        let problem = Problem::new(ProblemCode::UnknownJobType, "there is no job type");
        assert_eq!(of_problem(&problem).exit, Exit::NotFound);
    }

    #[test]
    fn who_has_no_key_is_told_how_this_program_takes_one() {
        let problem = Problem::new(ProblemCode::ApiKeyRequired, "no key").with_fix("Send a header");
        assert!(of_problem(&problem).to_string().contains("AGENT_RUNNER_API_KEY"));
    }
}
