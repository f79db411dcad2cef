//! One attempt, from "I run" to the last word.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use agent_runner_domain::{
    Timestamp,
    job::LaunchRef,
    ports::{Assignment, Clock, LinkError, WorkerLink},
};
use agent_runner_handlers::{Context, Surroundings, context::EVENTS_MAX};
use agent_runner_process::Identity;
use futures::FutureExt;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{
    exit::Ended,
    finish::{explained, finish},
    heartbeat::beat,
    patience::{Patience, patiently},
    shipping::{Rest, ship},
    verdict::{LastWord, Outcome, Stop, last_word},
};

/// How often it is said that the worker lives while its start is not answered; how often it should be, it learns then.
const START_BEAT: Duration = Duration::from_secs(10);
/// How long a start that is under way is waited for by a worker that is to stop.
const LAST_START: Duration = Duration::from_secs(2);
/// The same for an answer to the last word of an attempt that is over.
const LAST_ANSWER: Duration = Duration::from_secs(2);

const UNHEARD: &str = "for too long, nobody has heard that this worker lives; what it did is lost";

type Exit = Result<Ended, (Ended, String)>;

pub(crate) async fn run(
    link: Arc<dyn WorkerLink>,
    launch: Option<Identity>,
    surroundings: Arc<Surroundings>,
    patience: Patience,
) -> Exit {
    let mut terminated = signal(SignalKind::terminate())
        .map_err(|error| (Ended::Internal, format!("SIGTERM cannot be caught: {error}")))?;
    let launch = launch.map(|identity| LaunchRef(identity.to_string()));
    let mut start = pin!(started(&link, launch, patience));
    let assignment = tokio::select! {
        assignment = &mut start => assignment.map_err(explained)?,
        _ = terminated.recv() => {
            let begun = matches!(timeout(LAST_START, start).await, Ok(Ok(_)));
            return if begun { hand_back(&*link, patience).await } else { Ok(Ended::Interrupted) };
        }
    };
    attempt(link.clone(), assignment, surroundings, &mut terminated, patience).await
}

/// The job runs as soon as that is stored, but its payload may be out of reach for a while.
async fn started(
    link: &Arc<dyn WorkerLink>,
    launch: Option<LaunchRef>,
    patience: Patience,
) -> Result<Assignment, LinkError> {
    let heart = beat(link.clone(), START_BEAT, patience.silence, CancellationToken::new());
    tokio::select! {
        assignment = patiently(patience.start, || link.start(launch.clone())) => assignment,
        why = heart => Err(match why {
            Ended::LeaseLost => LinkError::LeaseLost,
            _ => LinkError::Unavailable(UNHEARD.into()),
        }),
    }
}

/// Told to stop when the attempt had just begun: whoever waits for it should know that nothing was lost.
async fn hand_back(link: &dyn WorkerLink, patience: Patience) -> Exit {
    let word = last_word(Outcome::Dropped, Some(Stop::Interrupted));
    let nothing = Rest { first: 1, events: Vec::new() };
    finish(link, word, nothing, patience.last_word).await?;
    Ok(Ended::Interrupted)
}

async fn attempt(
    link: Arc<dyn WorkerLink>,
    assignment: Assignment,
    surroundings: Arc<Surroundings>,
    terminated: &mut Signal,
    patience: Patience,
) -> Exit {
    let abandoned = CancellationToken::new();
    let pause = Duration::from_millis(assignment.heartbeat_ms);
    let heart = beat(link.clone(), pause, patience.silence, abandoned.clone());
    let heart = AbortOnDropHandle::new(tokio::spawn(heart));
    let (sender, queue) = mpsc::channel(EVENTS_MAX);
    let shipping = tokio::spawn(ship(queue, link.clone(), abandoned.clone()));

    let clock = Arc::new(SystemClock);
    let context = Context::new(&assignment, link.clone(), sender, clock, surroundings);
    let (outcome, stop) = handle(&assignment, &context, terminated, &abandoned).await;
    // The line of events ends with its last sender.
    drop(context);
    if stop == Some(Stop::Abandoned) {
        return why_abandoned(heart);
    }
    let rest = match timeout(patience.last_word, shipping).await {
        Ok(rest) => rest.map_err(|error| (Ended::Internal, error.to_string()))?,
        Err(_) => return Err((Ended::LinkUnavailable, "the last events cannot be sent".into())),
    };
    let word = last_word(outcome, stop);
    let interrupted = stop == Some(Stop::Interrupted) && matches!(word, LastWord::Failed(_));
    let grace = patience_with_handler(&assignment);
    let told = tokio::select! {
        told = finish(&*link, word, rest, patience.last_word) => told?,
        () = given_up(&abandoned) => return why_abandoned(heart),
        () = terminated_for(terminated, grace) => {
            return Err((Ended::LinkUnavailable, "the last word was not heard before the end".into()));
        }
    };
    drop(heart);
    Ok(if interrupted { Ended::Interrupted } else { told })
}

/// Nobody waits for the attempt, which the last word may have found out, or caused, at the same moment.
async fn given_up(abandoned: &CancellationToken) {
    abandoned.cancelled().await;
    sleep(LAST_ANSWER).await;
}

fn why_abandoned(heart: AbortOnDropHandle<Ended>) -> Exit {
    match heart.now_or_never() {
        Some(Ok(Ended::LinkUnavailable)) => Err((Ended::LinkUnavailable, UNHEARD.into())),
        _ => Ok(Ended::LeaseLost),
    }
}

/// Told to stop, and nobody heard the last word in the time that was left.
async fn terminated_for(terminated: &mut Signal, grace: Duration) {
    terminated.recv().await;
    sleep(grace).await;
}

/// Runs the handler until it ends, or until it is stopped and its grace period is over.
async fn handle(
    assignment: &Assignment,
    context: &Context,
    terminated: &mut Signal,
    abandoned: &CancellationToken,
) -> (Outcome, Option<Stop>) {
    let limit = Duration::from_millis(assignment.timeout_ms);
    let run = agent_runner_handlers::run(&assignment.job_type, &assignment.payload, context);
    let mut run = pin!(AssertUnwindSafe(run).catch_unwind());
    let stop = tokio::select! {
        biased;
        ended = &mut run => return (ended.map_or_else(Outcome::Panicked, Outcome::Returned), None),
        () = abandoned.cancelled() => Stop::Abandoned,
        _ = terminated.recv() => Stop::Interrupted,
        () = sleep(limit) => Stop::TimedOut,
    };
    context.cancelled.cancel();
    let outcome = match timeout(patience_with_handler(assignment), &mut run).await {
        Ok(ended) => ended.map_or_else(Outcome::Panicked, Outcome::Returned),
        Err(_) => Outcome::Dropped,
    };
    (outcome, Some(stop))
}

/// The launcher kills this process when the grace period is over, and the last word takes time as well: the
/// handler has half of it, what it started has a quarter more to be gone.
fn patience_with_handler(assignment: &Assignment) -> Duration {
    Duration::from_millis(assignment.grace_ms) * 3 / 4
}

/// The machine's own.
struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port itself")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let millis = since_epoch.map_or(0, |time| time.as_millis());
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests;
