//! What is there of a result when the rest cannot be had.

use agent_runner_domain::job::Failure;
use serde::Serialize;

use super::Context;

/// The artifact that holds a partial result.
pub const PARTIAL_RESULT: &str = "partial-result.json";

impl Context {
    /// Keeps what there is as the artifact [`PARTIAL_RESULT`] and says so in the failure. When that fails as well,
    /// the failure stays what it was: it is the one that matters.
    pub async fn with_partial(&self, failure: Failure, partial: &impl Serialize) -> Failure {
        let Ok(content) = serde_json::to_vec_pretty(partial) else {
            return failure;
        };
        let name = PARTIAL_RESULT.parse().expect("it is a good name");
        match self.put_artifact(name, content).await {
            Ok(_) => {
                let message = format!(
                    "{}; what was done until then is in the artifact `{PARTIAL_RESULT}`",
                    failure.message
                );
                Failure { message, ..failure }
            }
            Err(_) => failure,
        }
    }
}
