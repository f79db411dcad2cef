//! Sizes that meet DynamoDB's limits: 400 KB an item, 100 actions and 4 MB a transaction, 100 keys a batch.

use std::time::Instant;

use agent_runner_domain::{
    JobId, RawJson,
    job::{CauseKind, Evidence, Failure, JobEvent, JobSpec, Verdict},
    ports::{Inserted, JobQuery, NewJob, Under},
};
use agent_runner_testkit::{Samples, sample::started};
use serde_json::json;

use super::{ALL, NEW, drive, insert, run, store};

#[tokio::test]
async fn ten_thousand_jobs_are_stored_in_one_call_and_listed_in_pages() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let jobs: Vec<_> = (0..10_000).map(|_| samples.job()).collect();
    let mut ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    let begun = Instant::now();
    let answers = store.insert(jobs.clone()).await.unwrap();
    println!("10,000 jobs were stored in {:?}", begun.elapsed());
    assert!(answers.iter().all(|answer| *answer == NEW));
    let again = store.insert(jobs).await.unwrap();
    assert_eq!(again, answers, "a repeated call answers as the first did");
    assert_eq!(store.counts().await.unwrap()[0].jobs, 10_000, "and counts nobody twice");
    ids.reverse();
    let mut query = JobQuery { limit: 3_000, tenant: Some(samples.tenant), ..JobQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.list(&query).await.unwrap();
        seen.extend(page.jobs.iter().map(|job| job.id));
        query.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert!(seen == ids);
}

#[tokio::test]
async fn many_jobs_under_keys_are_found_again() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let keyed =
        |n: usize| samples.keyed(&format!("key {}", n % 150), u8::try_from(n / 300).unwrap());
    let jobs: Vec<_> = (0..400).map(keyed).collect();
    let ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    let answers = store.insert(jobs.clone()).await.unwrap();
    for (n, answer) in answers.iter().enumerate() {
        let expected = match n {
            0..150 => NEW,
            150..300 => Inserted::Existing(ids[n % 150]),
            _ => Inserted::KeyTaken(ids[n % 150]),
        };
        assert_eq!(*answer, expected, "job {n}");
    }
    assert_eq!(store.insert(jobs).await.unwrap(), answers);
}

#[tokio::test]
async fn a_chain_of_five_hundred_is_stored_in_one_call() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let mut jobs = vec![samples.job()];
    for n in 0..499 {
        jobs.push(samples.dependent_on(&[jobs[n].job.id]));
    }
    let ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    let answers = store.insert(jobs.clone()).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == NEW));
    let before = store.load_many(&ids).await.unwrap();
    assert_eq!(store.insert(jobs).await.unwrap(), answers);
    assert_eq!(store.load_many(&ids).await.unwrap(), before);
    for pair in ids.windows(2) {
        assert_eq!(store.dependents(pair[0], None, ALL).await.unwrap(), pair[1..]);
    }
    let marked = before.iter().flatten().filter(|job| job.value.has_dependents);
    assert_eq!(marked.count(), 499);
}

#[tokio::test]
async fn a_job_may_depend_on_a_thousand() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let mut jobs: Vec<_> = (0..1_000).map(|_| samples.job()).collect();
    let ids: Vec<JobId> = jobs.iter().map(|new| new.job.id).collect();
    let sum = samples.dependent_on(&ids);
    jobs.push(sum.clone());
    let answers = store.insert(jobs).await.unwrap();
    assert!(answers.iter().all(|answer| *answer == NEW));
    let before = store.load_many(&ids).await.unwrap();
    assert!(before.iter().flatten().all(|job| job.value.has_dependents && job.version.0 > 1));
    assert_eq!(store.load(sum.job.id).await.unwrap().unwrap().value, sum.job);
    for id in ids.iter().step_by(99) {
        assert_eq!(store.dependents(*id, None, ALL).await.unwrap(), [sum.job.id]);
    }
    assert_eq!(store.insert(vec![sum]).await.unwrap(), [NEW]);
    assert_eq!(store.load_many(&ids).await.unwrap(), before);
}

#[tokio::test]
async fn a_thousand_children_are_stored_under_one_lease() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let parent = insert(&store, samples.job()).await;
    let lease = run(&store, &samples, parent).await;
    let child = |n: usize| NewJob {
        under: Some(Under::Lease(lease)),
        idempotency: samples.keyed(&format!("child {n}"), 1).idempotency,
        ..samples.job_with(|spec| {
            spec.parent = Some(parent);
            spec.tags = [("swarm".to_owned(), parent.to_string())].into();
        })
    };
    let jobs: Vec<_> = (0..1_000).map(child).collect();
    let mut ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    assert!(store.insert(jobs).await.unwrap().iter().all(|answer| *answer == NEW));
    ids.reverse();
    let of_parent = JobQuery { parent: Some(parent), limit: ALL, ..JobQuery::default() };
    let tag = Some(("swarm".to_owned(), parent.to_string()));
    let of_tag = JobQuery { tag, limit: ALL, ..JobQuery::default() };
    for query in [of_parent, of_tag] {
        let page = store.list(&query).await.unwrap();
        assert!(page.jobs.iter().map(|job| job.id).eq(ids.iter().copied()));
    }
}

/// With as much evidence as is kept, in characters that JSON writes with six: beyond what is kept in an item.
#[tokio::test]
async fn a_job_with_a_long_history_still_moves() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let spec = JobSpec { max_attempts: 100, ..JobSpec::of_type("command") };
    let id = insert(&store, samples.job_at(samples.now(), spec)).await;
    for attempt in 1..=12 {
        let (lease, claimed) = samples.claim();
        drive(&store, &samples, id, claimed).await;
        drive(&store, &samples, id, started(lease)).await;
        let evidence = Evidence {
            stderr_tail: Evidence::tail(&"\u{1}".repeat(Evidence::STDERR_BYTES_MAX)),
            ..Evidence::default()
        };
        let failure = Failure::passing(CauseKind::HandlerError, format!("attempt {attempt}"));
        let verdict = Verdict::Failed(failure.with_evidence(evidence));
        drive(&store, &samples, id, JobEvent::Finished { lease, verdict }).await;
        let at = store.load(id).await.unwrap().unwrap().value.wake_at().unwrap();
        samples.clock.set(at);
        drive(&store, &samples, id, JobEvent::Woken).await;
    }
    let job = store.load(id).await.unwrap().unwrap().value;
    assert_eq!((job.history.len(), job.attempts), (12, 12));
    let log = store.events(id, 0, ALL).await.unwrap();
    assert!(log.iter().map(|event| event.seq).eq(1..=u64::try_from(log.len()).unwrap()));
}

#[tokio::test]
async fn large_specifications_payloads_and_steps_come_back() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let unknown: Vec<_> = (0..900).map(|_| samples.job().job.id).collect();
    let payload = RawJson::from(&json!("p".repeat(2_000_000)));
    let parent = NewJob { payload: payload.clone(), ..samples.job() };
    let id = insert(&store, parent).await;
    let lease = run(&store, &samples, id).await;
    for bytes in [10, 31_000, 33_000, 500_000] {
        let value = RawJson::from(&json!("s".repeat(bytes)));
        store.record_step(id, lease, &format!("{bytes}"), value.clone()).await.unwrap();
        assert_eq!(store.steps(id).await.unwrap().last().unwrap().1, value);
    }
    let verdict = Verdict::Waiting { on: unknown.clone() };
    drive(&store, &samples, id, JobEvent::Finished { lease, verdict }).await;
    let waiting = store.load(id).await.unwrap().unwrap();
    let agent_runner_domain::job::JobState::Blocked { waits_for, .. } = &waiting.value.state else {
        panic!("it waits");
    };
    assert_eq!(*waits_for, unknown);
    assert_eq!(store.payload(id).await.unwrap(), Some(payload));
    assert_eq!(store.due(waiting.value.wake_at().unwrap(), ALL).await.unwrap(), [waiting]);
}
