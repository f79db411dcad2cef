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
mod without_files;

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use agent_runner_client::link::Gateway;
    use agent_runner_domain::{
        JobId, Lease, RawJson,
        ports::{LaunchKey, Ticket},
    };
    use agent_runner_handlers::WorkRoot;
    use serde_json::json;
    use tokio::time::Instant;

    use super::{without_files::WithoutFiles, *};

    const HOUR: Duration = Duration::from_hours(1);

    /// To an orchestrator that does not listen.
    fn unheard(folder: &Path) -> Arc<dyn WorkerLink> {
        let key = LaunchKey { job: JobId::from_u128(1), attempt: 1 };
        let ticket = Ticket { key, lease: Lease::from_u128(1) };
        let address = format!("unix:{}", folder.join("socket").display());
        Arc::new(Gateway::new(address.parse().unwrap()).link(ticket))
    }

    /// How an echo ends that takes so long and that nobody hears of, and when.
    async fn alone(delay: Duration, patience: Patience) -> (Exit, Duration) {
        let folder = tempfile::tempdir().unwrap();
        echo(unheard(folder.path()), delay, patience).await
    }

    async fn echo(
        link: Arc<dyn WorkerLink>,
        delay: Duration,
        patience: Patience,
    ) -> (Exit, Duration) {
        let payload = json!({"message": "hi", "delay_ms": delay.as_millis()});
        let assignment = Assignment {
            job_id: JobId::from_u128(1),
            job_type: "echo".into(),
            attempt: 1,
            retries: 0,
            payload: RawJson::from(&payload),
            inputs: BTreeMap::new(),
            timeout_ms: 48 * 3_600_000,
            heartbeat_ms: 20_000,
            grace_ms: 30_000,
        };
        let surroundings = Surroundings {
            worker: "a test".into(),
            guard: Vec::new(),
            search_path: "/bin".into(),
            private_variables: &[],
            work_root: WorkRoot::Temporary,
            artifact_bytes_max: 0,
        };
        let mut terminated = signal(SignalKind::terminate()).unwrap();
        let began = Instant::now();
        let exit = attempt(link, assignment, surroundings.into(), &mut terminated, patience).await;
        (exit, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_nobody_hears_gives_up_long_before_its_jobs_time_is_over() {
        for delay in [Duration::from_secs(1), 10 * HOUR] {
            let (exit, took) = alone(delay, Patience::STORES).await;
            assert_eq!(exit.unwrap_err().0, Ended::LinkUnavailable);
            assert!((29..35).contains(&(took.as_secs() / 60)), "after {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_waits_for_its_place_while_the_worker_is_heard() {
        let link = Arc::new(WithoutFiles(Instant::now() + 20 * HOUR));
        let (exit, took) = echo(link, Duration::from_secs(1), Patience::STORES).await;
        assert_eq!(exit.unwrap(), Ended::Told);
        assert!(took >= 20 * HOUR, "after {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_that_nobody_answers_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        for (patience, seconds) in [(Patience::GATEWAY, 27..=30), (Patience::STORES, 297..=300)] {
            let began = Instant::now();
            let answer = started(&unheard(folder.path()), None, patience).await;
            assert!(matches!(answer, Err(LinkError::Unavailable(_))));
            assert!(seconds.contains(&began.elapsed().as_secs()), "after {:?}", began.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_is_done_waits_for_an_orchestrator_over_a_night() {
        let (exit, took) = alone(10 * HOUR, Patience::GATEWAY).await;
        assert_eq!(exit.unwrap_err().0, Ended::LinkUnavailable);
        assert!(took > 33 * HOUR, "after {took:?}");
    }
}
