//! What a handler is, and how the list of them is made.

use agent_runner_domain::{
    RawJson,
    catalog::JobType,
    job::{CauseKind, Failure},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::Context;

/// The code that runs one type of job.
///
/// It shares its thread with the heartbeat, so it awaits what takes long and hands what computes long to
/// `spawn_blocking`. When [`Context::cancelled`] comes it should end within [`Context::grace`]; soon after that
/// its future is dropped, and what it started has to end with it.
pub trait Handler {
    /// Unknown fields are refused if it says `#[serde(deny_unknown_fields)]`, which it should.
    type Payload: DeserializeOwned + JsonSchema;
    type Output: Serialize;

    /// The `job_type` of a submission.
    const NAME: &'static str;
    /// One sentence for people.
    const SUMMARY: &'static str;

    /// A payload that works.
    fn example() -> Value;

    fn run(
        payload: Self::Payload,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Output, Failure>>;
}

/// A handler as data, without its code.
pub(crate) fn describe<H: Handler>() -> JobType {
    let generator = SchemaSettings::draft2020_12().into_generator();
    JobType {
        name: H::NAME,
        summary: H::SUMMARY,
        payload_schema: generator.into_root_schema_for::<H::Payload>().to_value(),
        example: H::example(),
    }
}

pub(crate) async fn run_one<H: Handler>(
    payload: &RawJson,
    context: &Context,
) -> Result<RawJson, Failure> {
    let payload = serde_json::from_str(payload.get()).map_err(|error| {
        let message = format!("`{}` cannot read its payload: {error}", H::NAME);
        Failure::lasting(CauseKind::InvalidPayload, message)
    })?;
    let output = H::run(payload, context).await?;
    RawJson::of(&output).map_err(|error| {
        let message = format!("the result of `{}` is no JSON: {error}", H::NAME);
        Failure::lasting(CauseKind::HandlerError, message)
    })
}

/// Makes `catalog` and `run` from the list of all handlers.
macro_rules! handlers {
    ($($handler:ty),* $(,)?) => {
        /// Every type of job.
        #[must_use]
        pub fn catalog() -> Vec<agent_runner_domain::catalog::JobType> {
            vec![$($crate::handler::describe::<$handler>()),*]
        }

        /// Runs the handler of this type of job and returns its result.
        ///
        /// # Errors
        /// When the handler fails, cannot read the payload, or does not exist.
        pub async fn run(
            job_type: &str,
            payload: &agent_runner_domain::RawJson,
            context: &$crate::Context,
        ) -> Result<agent_runner_domain::RawJson, agent_runner_domain::job::Failure> {
            match job_type {
                $(<$handler as $crate::Handler>::NAME => {
                    $crate::handler::run_one::<$handler>(payload, context).await
                })*
                unknown => Err($crate::handler::no_such_handler(unknown)),
            }
        }
    };
}
pub(crate) use handlers;

pub(crate) fn no_such_handler(job_type: &str) -> Failure {
    let message =
        format!("this worker has no handler for `{job_type}`; is it as new as the orchestrator?");
    Failure::lasting(CauseKind::HandlerError, message)
}

#[cfg(test)]
mod tests {
    use crate::catalog;

    #[test]
    fn every_handler_describes_itself_strictly() {
        for job_type in catalog() {
            let schema = &job_type.payload_schema;
            assert_eq!(schema["additionalProperties"], false, "{}", job_type.name);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(!job_type.summary.is_empty() && job_type.example.is_object());
        }
    }
}
