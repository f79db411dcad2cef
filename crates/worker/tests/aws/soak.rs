//! Many jobs on a rough network: orchestrators and workers reach AWS through a proxy that delays calls, cuts them
//! off, loses their answers and refuses them.

#![expect(clippy::disallowed_methods, reason = "how long it takes is decided from outside")]

use std::{collections::BTreeMap, env, path::Path, time::Duration};

use agent_runner_client::api::Client;
use agent_runner_domain::{JobId, job::Status};
use agent_runner_testkit::{FaultProxy, Faults};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, installation::Installation};

const JOBS: usize = 200;
/// Jobs of one call.
const BULK: usize = 100;

/// `AGENT_RUNNER_SOAK_JOBS` says how many jobs, and `AGENT_RUNNER_SOAK_SEED` which calls go wrong.
/// The proxy needs a thread while the test waits for an orchestrator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rough_network_loses_no_job_and_starts_no_attempt_twice() {
    let jobs = number("AGENT_RUNNER_SOAK_JOBS").unwrap_or(JOBS);
    let seed = number("AGENT_RUNNER_SOAK_SEED").unwrap_or(7) as u64;
    let installation = Installation::new().await;
    let proxy = FaultProxy::start(installation.upstream(), seed, Faults::MANY).await;
    let (folder, url) = (tempfile::tempdir().unwrap(), proxy.url());
    proxy.calm(true);
    let rough = [("AWS_ENDPOINT_URL", url.as_str()), ("AGENT_RUNNER_MAX_RUNNING", "8")];
    let (one, other) =
        (installation.orchestrator_with(&rough), installation.orchestrator_with(&rough));
    proxy.calm(false);

    let mut ids = Vec::new();
    for first in (0..jobs).step_by(BULK) {
        let client = if first % (2 * BULK) == 0 { &one.client } else { &other.client };
        ids.extend(insist(client, first..jobs.min(first + BULK), folder.path()).await);
    }
    let (began, mut progress) = (Instant::now(), Instant::now());
    let mut ended = BTreeMap::new();
    while ended.len() < jobs {
        // How fast it goes is the machine's; that it stands still would be a fault.
        assert!(progress.elapsed() < PATIENCE, "{} of {jobs} have ended, no more do", ended.len());
        sleep(Duration::from_secs(1)).await;
        // Who needs another attempt is at the end of the line, so the first is not always the next.
        let open = ids.iter().copied().filter(|id| !ended.contains_key(id)).take(BULK);
        for id in open.collect::<Vec<_>>() {
            // Who gets no answer asks again the next time.
            if let Ok(job) = other.client.job(id).await
                && job.status.is_final()
            {
                ended.insert(id, job);
                progress = Instant::now();
            }
        }
    }
    proxy.calm(true);
    for (number, id) in ids.iter().enumerate() {
        let job = &ended[id];
        assert_eq!(job.status, Status::Succeeded, "{job:?}");
        let runs = std::fs::read_to_string(folder.path().join(number.to_string())).unwrap();
        let runs = runs.lines().count();
        assert!(runs >= 1 && runs <= job.attempt as usize, "{runs} runs of {job:?}");
    }
    let (calls, faulty) = proxy.calls();
    let again = ended.values().filter(|job| job.attempt > 1).count();
    println!(
        "{jobs} jobs in {:.0?}, {calls} calls, {faulty} of them went wrong; {again} jobs needed another attempt",
        began.elapsed()
    );
}

/// Hands jobs in until all are accepted, as a client that has a key for it does.
async fn insist(client: &Client, numbers: std::ops::Range<usize>, folder: &Path) -> Vec<JobId> {
    let line = |number: usize| {
        let path = folder.join(number.to_string());
        let script = format!("echo run >> {}", path.display());
        let payload = json!({"program": "sh", "args": ["-c", script]});
        json!({"job_type": "command", "payload": payload}).to_string() + "\n"
    };
    let key = format!("bulk-{}", numbers.start);
    let lines: String = numbers.map(line).collect();
    let end = Instant::now() + PATIENCE;
    loop {
        if let Ok(answer) = client.submit_bulk(lines.clone(), Some(&key)).await {
            let accepted: Option<Vec<_>> =
                answer.lines.into_iter().map(|line| Some(line.job?.job_id)).collect();
            if let Some(accepted) = accepted {
                return accepted;
            }
        }
        assert!(Instant::now() < end, "the jobs are not accepted");
        sleep(Duration::from_millis(200)).await;
    }
}

fn number(variable: &str) -> Option<usize> {
    env::var(variable).ok().map(|text| text.parse().expect("the variable is a number"))
}
