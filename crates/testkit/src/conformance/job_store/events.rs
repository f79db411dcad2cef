//! Rules of `append_events` and `events`.

use agent_runner_domain::{
    Lease,
    event::{EventBody, LogStream, NewEvent, StepStatus},
    job::{Cause, CauseKind, Evidence, JobEvent, PaidBy, Status},
    ports::Appended,
};
use serde_json::json;

use super::steps::{Store, assert_gap_free, claim, drive, events, insert, load, run};
use crate::Samples;

pub async fn events_are_numbered_without_gaps(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    store.append_events(id, lease, 1, samples.lines(1..=3)).await.unwrap();
    drive(&store, &samples, id, JobEvent::Heartbeat { lease }).await;
    store.append_events(id, lease, 4, samples.lines(4..=4)).await.unwrap();
    drive(&store, &samples, id, JobEvent::Cancel).await;
    let log = events(&store, id).await;
    assert_gap_free(&log);
    let kinds: Vec<_> = log.iter().map(|event| event.event.body.kind()).collect();
    assert_eq!(kinds, ["state", "state", "state", "log", "log", "log", "log", "state"]);
}

pub async fn appending_needs_the_lease(store: Store) {
    let samples = Samples::default();
    let unknown = samples.job().job.id;
    let queued = insert(&store, samples.job()).await.value.id;
    let claimed = insert(&store, samples.job()).await.value.id;
    let lease = claim(&store, &samples, claimed).await;
    for (id, lease) in [(unknown, lease), (queued, lease), (claimed, samples.claim().0)] {
        let answer = store.append_events(id, lease, 1, samples.lines(1..=1)).await.unwrap();
        assert_eq!(answer, Appended::LeaseLost);
    }
    assert_eq!(events(&store, queued).await.len(), 1);
    assert_eq!(append(&store, &samples, claimed, lease, 1..=1).await, Appended::Stored);
    let nothing = store.append_events(claimed, lease, 2, Vec::new()).await.unwrap();
    assert_eq!(nothing, Appended::Stored);
}

pub async fn an_old_lease_appends_nothing(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let old = run(&store, &samples, id).await;
    append(&store, &samples, id, old, 1..=1).await;
    lose_worker(&store, &samples, id).await;
    let before = events(&store, id).await;
    assert_eq!(append(&store, &samples, id, old, 2..=2).await, Appended::LeaseLost);
    let new = run(&store, &samples, id).await;
    assert_eq!(append(&store, &samples, id, old, 2..=2).await, Appended::LeaseLost);
    assert_eq!(events(&store, id).await.len(), before.len() + 2);
    assert_eq!(append(&store, &samples, id, new, 1..=1).await, Appended::Stored);
}

pub async fn a_repeated_append_stores_nothing_twice(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    append(&store, &samples, id, lease, 1..=3).await;
    let before = events(&store, id).await;
    assert_eq!(append(&store, &samples, id, lease, 1..=3).await, Appended::Stored);
    assert_eq!(append(&store, &samples, id, lease, 2..=2).await, Appended::Stored);
    assert_eq!(events(&store, id).await, before);
}

pub async fn an_overlapping_append_stores_only_what_is_new(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    append(&store, &samples, id, lease, 1..=3).await;
    append(&store, &samples, id, lease, 2..=5).await;
    let log = events(&store, id).await;
    assert_gap_free(&log);
    let lines: Vec<_> = log[3..].iter().map(|event| event.event.clone()).collect();
    assert_eq!(lines, samples.lines(1..=5));
}

pub async fn each_attempt_counts_its_own_events(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let first = run(&store, &samples, id).await;
    append(&store, &samples, id, first, 1..=5).await;
    lose_worker(&store, &samples, id).await;
    let second = run(&store, &samples, id).await;
    append(&store, &samples, id, second, 1..=2).await;
    let log = events(&store, id).await;
    assert_gap_free(&log);
    let lines = log.iter().filter(|event| event.event.body.kind() == "log");
    assert_eq!(lines.count(), 7);
}

/// Else a talkative worker would make every step stale.
pub async fn appending_does_not_change_the_job(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let before = load(&store, id).await;
    append(&store, &samples, id, lease, 1..=3).await;
    assert_eq!(load(&store, id).await, before);
    let answers = store.commit(vec![samples.commit(&before, JobEvent::Cancel)]).await;
    assert!(answers[0].is_ok());
}

pub async fn events_are_paged_by_number(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    append(&store, &samples, id, lease, 1..=20).await;
    let log = events(&store, id).await;
    assert_eq!(log.len(), 23);
    for after in [0, 1, 10, 22, 23, 24, u64::MAX] {
        let start = usize::try_from(after).unwrap().min(log.len());
        let rest = &log[start..];
        assert_eq!(store.events(id, after, 1_000).await.unwrap(), rest);
        let page = &rest[..rest.len().min(4)];
        assert_eq!(store.events(id, after, 4).await.unwrap(), page);
    }
}

pub async fn events_of_an_unknown_job_are_none(store: Store) {
    let id = Samples::default().job().job.id;
    assert_eq!(events(&store, id).await, []);
}

pub async fn concurrent_appends_and_steps_leave_no_gap(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let appending = {
        let (store, samples) = (store.clone(), samples.clone());
        tokio::spawn(async move {
            for number in 1..=100 {
                append(&store, &samples, id, lease, number..=number).await;
            }
        })
    };
    let others: Vec<_> = (0..4)
        .map(|_| {
            let (store, samples) = (store.clone(), samples.clone());
            tokio::spawn(async move {
                for _ in 0..10 {
                    let other = insert(&store, samples.job()).await.value.id;
                    let lease = run(&store, &samples, other).await;
                    append(&store, &samples, other, lease, 1..=3).await;
                    assert_gap_free(&events(&store, other).await);
                }
            })
        })
        .collect();
    for _ in 0..20 {
        drive(&store, &samples, id, JobEvent::Heartbeat { lease }).await;
        assert_gap_free(&events(&store, id).await);
    }
    appending.await.unwrap();
    for other in others {
        other.await.unwrap();
    }
    let log = events(&store, id).await;
    assert_gap_free(&log);
    let lines: Vec<_> = log[3..].iter().map(|event| event.event.clone()).collect();
    assert_eq!(lines, samples.lines(1..=100));
}

pub async fn every_kind_of_event_comes_back(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let cause = Cause {
        kind: CauseKind::WorkerLost,
        message: "gone".into(),
        evidence: Evidence { exit_code: Some(1), ..Evidence::default() },
        paid_by: PaidBy::Infrastructure,
        retry_at: Some(samples.now()),
    };
    let bodies = [
        EventBody::State { status: Status::Failed, cause: Some(cause) },
        EventBody::Log { stream: LogStream::Stderr, line: "nul \0 and \u{202e}".into() },
        EventBody::Text { text: String::new() },
        EventBody::Progress { fraction: Some(0.1), message: "a tenth".into() },
        EventBody::Progress { fraction: None, message: "some".into() },
        EventBody::Artifact { name: "out/a.txt".into(), bytes: u64::MAX },
        EventBody::Usage {
            call: "turn 1".into(),
            provider: "anthropic".into(),
            model: "some".into(),
            usage: json!({"input_tokens": 7}),
            cost_usd: Some(0.000_123),
            unpriced: None,
        },
        EventBody::ToolCall { id: "t1".into(), name: "add".into(), input: json!([1, {"a": 2}]) },
        EventBody::ToolResult {
            id: "t1".into(),
            name: "add".into(),
            is_error: true,
            ms: 12,
            output: "no \0".into(),
        },
        EventBody::Step { name: "plan".into(), status: StepStatus::Resumed, message: None },
        EventBody::Step {
            name: "plan".into(),
            status: StepStatus::Failed,
            message: Some("no".into()),
        },
        EventBody::Custom { name: "usage".into(), data: json!({"tokens": [1, 2.5, null]}) },
    ];
    let sent: Vec<_> = bodies.map(|body| NewEvent { at: samples.now(), attempt: 1, body }).into();
    store.append_events(id, lease, 1, sent.clone()).await.unwrap();
    let log = events(&store, id).await;
    let found: Vec<_> = log[3..].iter().map(|event| event.event.clone()).collect();
    assert_eq!(found, sent);
}

async fn append(
    store: &Store,
    samples: &Samples,
    id: agent_runner_domain::JobId,
    lease: Lease,
    numbers: std::ops::RangeInclusive<u64>,
) -> Appended {
    let lines = samples.lines(numbers.clone());
    store.append_events(id, lease, *numbers.start(), lines).await.unwrap()
}

/// The attempt ends and the job stands in line again.
async fn lose_worker(store: &Store, samples: &Samples, id: agent_runner_domain::JobId) {
    let attempt = load(store, id).await.value.attempts;
    let exit = agent_runner_domain::job::Exit::default();
    let lost = drive(store, samples, id, JobEvent::LaunchEnded { attempt, exit }).await;
    samples.clock.set(lost.value.wake_at().unwrap());
    drive(store, samples, id, JobEvent::Woken).await;
}
