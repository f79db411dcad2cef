//! The last word, said until it is heard.

use std::time::Duration;

use agent_runner_domain::{
    job::{CauseKind, Failure},
    ports::{LinkError, WorkerLink},
};

use crate::{
    exit::Ended,
    patience::patiently,
    shipping::Rest,
    verdict::{LastWord, as_verdict},
};

pub(crate) async fn finish(
    link: &dyn WorkerLink,
    word: LastWord,
    rest: Rest,
    patience: Duration,
) -> Result<Ended, (Ended, String)> {
    match say(link, word, &rest, patience).await {
        // Whatever was wrong with it, the job must end.
        Err(LinkError::Refused(reason)) => {
            let message = format!("the orchestrator refused what the handler left: {reason}");
            let failure = Failure::lasting(CauseKind::HandlerError, message);
            let nothing = Rest { events: Vec::new(), ..rest };
            heard(say(link, LastWord::Failed(failure), &nothing, patience).await)
        }
        answer => heard(answer),
    }
}

async fn say(
    link: &dyn WorkerLink,
    word: LastWord,
    rest: &Rest,
    patience: Duration,
) -> Result<(), LinkError> {
    let (verdict, result) = as_verdict(word);
    patiently(patience, || {
        link.finish(verdict.clone(), result.clone(), rest.first, rest.events.clone())
    })
    .await
}

fn heard(answer: Result<(), LinkError>) -> Result<Ended, (Ended, String)> {
    answer.map(|()| Ended::Told).map_err(explained)
}

/// How a worker exits after this answer.
#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
pub(crate) fn explained(error: LinkError) -> (Ended, String) {
    let ended = match error {
        LinkError::LeaseLost => Ended::LeaseLost,
        LinkError::Unavailable(_) => Ended::LinkUnavailable,
        LinkError::Refused(_) => Ended::Refused,
    };
    (ended, error.to_string())
}
