//! Looks an installation over: each part by itself, in one line that says what to do where something is wrong.
//!
//! Reads only. What it asks for is more than programs need at work, so a missing permission to look is no more than a
//! warning where the rest works without.

mod ecs;
mod identity;
mod image;
mod network;
mod queues;
mod secrets;
mod storage;

pub use agent_runner_domain::examination::{Finding, State};

use agent_runner_domain::job::Architecture;

use crate::{
    Aws,
    fault::{Fault, Trouble},
};

/// What is known of the installation besides its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Where workers start; empty if nobody has said so.
    pub subnets: Vec<String>,
    /// Of workers whose jobs do not say.
    pub architecture: Architecture,
    /// The variables that hold keys of model providers: `ANTHROPIC_API_KEY`.
    pub model_keys: Vec<&'static str>,
}

/// Tells each finding at once, because some take a moment. Stops where nothing else could be found out.
pub async fn examine(aws: &Aws, expected: &Expected, tell: &mut (dyn FnMut(Finding) + Send)) {
    let (caller, clock) = identity::look(aws).await;
    let known = caller.state == State::Ok;
    tell(caller);
    clock.into_iter().for_each(&mut *tell);
    if !known {
        return;
    }
    tell(storage::table(aws).await);
    tell(storage::bucket(aws).await);
    for finding in queues::look(aws).await {
        tell(finding);
    }
    tell(ecs::cluster(aws).await);
    let families = ecs::families(aws, expected.architecture).await;
    families.findings.into_iter().for_each(&mut *tell);
    for image in families.images {
        tell(image::look(aws, &image).await);
    }
    for finding in network::look(aws, &expected.subnets).await {
        tell(finding);
    }
    for finding in secrets::look(aws, &expected.model_keys).await {
        tell(finding);
    }
}

/// Findings of calls that failed.
trait OfFault: Sized {
    /// Whose text says what to do.
    fn fault(check: &'static str, fault: &Fault) -> Self;

    /// The same for a call that no program at work has to make.
    fn of_looking(check: &'static str, fault: &Fault) -> Self;

    fn unseen(check: &'static str, fault: &Fault) -> Self;
}

impl OfFault for Finding {
    fn fault(check: &'static str, fault: &Fault) -> Self {
        Self { check, state: State::Fail(None), message: fault.to_string() }
    }

    fn of_looking(check: &'static str, fault: &Fault) -> Self {
        if fault.trouble != Trouble::Denied {
            return Self::fault(check, fault);
        }
        let fix = "programs work without: ask with more permissions, or look in the console";
        Self::warn(check, fault.to_string(), fix)
    }

    fn unseen(check: &'static str, fault: &Fault) -> Self {
        let fix = "look in the console";
        Self::warn(check, format!("it cannot be found out: {fault}"), fix)
    }
}
