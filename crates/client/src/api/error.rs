//! Why a call failed, in sentences.

use agent_runner_api_types::Problem;

/// A variant exists for each thing that a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody answers there, or the connection broke.
    #[error("the server at {url} does not answer: {why}")]
    Unreachable { url: String, why: String },
    /// The server says what is wrong.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// Something answers that is no agent-runner, or a version that speaks differently.
    #[error(
        "{url} answered with status {status} and something that is not agent-runner's: {excerpt}"
    )]
    Unexpected { url: String, status: u16, excerpt: String },
    #[error("{given:?} is not the URL of a server: {why}")]
    InvalidUrl { given: String, why: String },
    /// No secure connection can be made from this machine.
    #[error("secure connections are not possible here: {0}")]
    NoTls(String),
}

impl ApiError {
    /// Whether it may be otherwise in a moment.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(problem) => problem.status >= 500 || problem.status == 429,
            Self::Unexpected { status, .. } => *status >= 500,
            Self::InvalidUrl { .. } | Self::NoTls(_) => false,
        }
    }
}

/// What is at the bottom of an error; the layers above only say "error sending request".
pub(super) fn root(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}
