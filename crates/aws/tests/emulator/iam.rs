//! The roles of a deployment, by exactly the policies of `infra/policies`: they allow what is needed, and no more.
//!
//! The emulator knows the services' rules but for two, and the policies are written so that they mean the same to both:
//! it takes the cluster for the resource of every call to ECS, where AWS takes the family or the task, so the cluster is
//! named too; and calls in batches are actions of their own to it (`sqs:SendMessage*` is one action on AWS).

mod guarded;
mod life;
mod orchestrator;
mod worker;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Whether the call was refused for want of a permission. Any other failure is the test's own fault.
fn is_denied<T, E, R>(answer: Result<T, SdkError<E, R>>) -> bool
where
    SdkError<E, R>: ProvideErrorMetadata + std::fmt::Debug,
{
    match answer {
        Ok(_) => false,
        Err(error) => {
            let denied = error.code().is_some_and(|code| code.starts_with("AccessDenied"));
            assert!(denied, "{error:?}");
            true
        }
    }
}

/// Makes all the calls; panics with those that were not refused.
macro_rules! assert_denied {
    ($($call:expr),+ $(,)?) => {{
        let mut allowed = Vec::new();
        $(if !is_denied($call.send().await) {
            allowed.push(stringify!($call));
        })+
        assert!(allowed.is_empty(), "these were allowed: {allowed:#?}");
    }};
}
use assert_denied;
