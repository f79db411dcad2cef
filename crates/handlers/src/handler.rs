//! What a handler is, and how the list of them is made.

use agent_runner_domain::{
    JobId, RawJson,
    catalog::{JobType, PayloadFault},
    job::{CauseKind, Failure},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::Context;

/// Why a handler ends without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    Failed(Failure),
    /// There is nothing to do until these jobs, which it has started, are final. The attempt ends and holds no
    /// worker meanwhile; another one then finds by its steps what was done.
    Waiting(Vec<JobId>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

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

    /// What no schema can say of a payload; asked at submission, and again before it runs.
    ///
    /// # Errors
    /// The first thing that is wrong.
    fn check(_payload: &Self::Payload) -> Result<(), PayloadFault> {
        Ok(())
    }

    fn run(
        payload: Self::Payload,
        context: &Context,
    ) -> impl Future<Output = Result<Self::Output, Stop>>;
}

/// A handler as data, without its code.
pub(crate) fn describe<H: Handler>() -> JobType {
    let payload_schema = || {
        let generator = SchemaSettings::draft2020_12().into_generator();
        generator.into_root_schema_for::<H::Payload>().to_value()
    };
    JobType { name: H::NAME, summary: H::SUMMARY, payload_schema, example: H::example }
}

/// Reads a payload just as [`run_one`] does.
pub(crate) fn read<H: Handler>(payload: &Value) -> Result<H::Payload, PayloadFault> {
    let payload: H::Payload = serde_path_to_error::deserialize(payload).map_err(|error| {
        PayloadFault { path: pointer(error.path()), message: error.inner().to_string() }
    })?;
    H::check(&payload).map(|()| payload)
}

pub(crate) fn pointer(path: &serde_path_to_error::Path) -> String {
    let parts = path.iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    parts.collect()
}

pub(crate) async fn run_one<H: Handler>(
    payload: &RawJson,
    context: &Context,
) -> Result<RawJson, Stop> {
    let payload = serde_json::from_str(payload.get()).unwrap_or_default();
    let payload = read::<H>(&payload).map_err(|PayloadFault { path, message }| {
        let message = format!("`{}` cannot use its payload{path}: {message}", H::NAME);
        Failure::lasting(CauseKind::InvalidPayload, message)
    })?;
    let output = H::run(payload, context).await?;
    RawJson::of(&output).map_err(|error| {
        let message = format!("the result of `{}` is no JSON: {error}", H::NAME);
        Failure::lasting(CauseKind::HandlerError, message).into()
    })
}

/// Makes `catalog`, `check` and `run` from the list of all handlers.
macro_rules! handlers {
    ($($handler:ty),* $(,)?) => {
        /// The names of all types of job.
        pub(crate) const NAMES: &[&str] = &[$(<$handler as $crate::Handler>::NAME),*];

        /// Every type of job.
        #[must_use]
        pub fn catalog() -> Vec<agent_runner_domain::catalog::JobType> {
            vec![$($crate::handler::describe::<$handler>()),*]
        }

        /// Reads a payload as the handler of this type of job will; see
        /// [`ReadPayload`](agent_runner_domain::catalog::ReadPayload).
        ///
        /// # Errors
        /// The first thing that the handler cannot use.
        pub fn check(
            job_type: &str,
            payload: &serde_json::Value,
        ) -> Result<(), agent_runner_domain::catalog::PayloadFault> {
            match job_type {
                $(<$handler as $crate::Handler>::NAME => {
                    $crate::handler::read::<$handler>(payload).map(drop)
                })*
                _ => Ok(()),
            }
        }

        /// Runs the handler of this type of job and returns its result.
        ///
        /// # Errors
        /// When the handler fails, waits for others, cannot read the payload, or does not exist.
        pub async fn run(
            job_type: &str,
            payload: &agent_runner_domain::RawJson,
            context: &$crate::Context,
        ) -> Result<agent_runner_domain::RawJson, $crate::Stop> {
            match job_type {
                // On the heap, and only as much as this handler needs: the largest one is no burden to the others.
                $(<$handler as $crate::Handler>::NAME => {
                    Box::pin($crate::handler::run_one::<$handler>(payload, context)).await
                })*
                unknown => Err($crate::handler::no_such_handler(unknown).into()),
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
    use serde_json::json;

    use crate::{catalog, check};

    #[test]
    fn what_a_schema_lets_pass_and_a_handler_cannot_use_is_named_with_its_place() {
        let place = |job_type, payload| check(job_type, &payload).unwrap_err().path;
        assert_eq!(place("echo", json!({"message": "hi", "delay_ms": 1.0})), "/delay_ms");
        assert_eq!(
            place("command", json!({"program": "a", "files": {"../b": "c"}})),
            "/files/..~1b"
        );
        assert!(catalog().iter().all(|kind| check(kind.name, &(kind.example)()).is_ok()));
    }

    #[test]
    fn every_handler_describes_itself_strictly() {
        for job_type in catalog() {
            let schema = (job_type.payload_schema)();
            jsonschema::draft202012::new(&schema).unwrap();
            assert_eq!(schema["additionalProperties"], false, "{}", job_type.name);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert!(!job_type.summary.is_empty() && (job_type.example)().is_object());
        }
    }
}
