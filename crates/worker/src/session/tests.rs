//! How long a worker goes on that nobody hears, in time that passes at once.

mod without_files;

use std::{collections::BTreeMap, path::Path};

use agent_runner_client::link::Gateway;
use agent_runner_domain::{
    JobId, Lease, RawJson,
    ports::{LaunchKey, Ticket},
};
use agent_runner_handlers::WorkRoot;
use serde_json::json;
use tokio::time::Instant;

use self::without_files::WithoutFiles;
use super::*;

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

async fn echo(link: Arc<dyn WorkerLink>, delay: Duration, patience: Patience) -> (Exit, Duration) {
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
