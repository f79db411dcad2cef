//! Rules of `commit`.

use agent_runner_domain::{
    JobId, Money, RawJson,
    event::EventBody,
    job::{
        CauseKind, Evidence, Failure, JobEvent, LaunchFailure, LaunchFailureKind, LaunchRef,
        Priority, Status, Verdict,
    },
    ports::{Commit, CommitError, Version},
};
use serde_json::json;

use super::steps::{Store, assert_gap_free, claim, drive, events, finish, insert, load, run};
use crate::{
    Samples,
    sample::{started, succeeded},
};

pub async fn a_step_is_stored_with_its_log(store: Store) {
    let samples = Samples::default();
    let seen = insert(&store, samples.job()).await;
    let (_, claimed) = samples.claim();
    let commit = samples.commit(&seen, claimed);
    let version = store.commit(vec![commit.clone()]).await.pop().unwrap().unwrap();
    let found = load(&store, seen.value.id).await;
    assert_eq!((found.version, found.value), (version, commit.step.job));
    let log = events(&store, seen.value.id).await;
    assert_gap_free(&log);
    assert_eq!(log[1].event, commit.step.log[0]);
}

pub async fn commit_loses_to_newer_version(store: Store) {
    let samples = Samples::default();
    let seen = insert(&store, samples.job()).await;
    let id = seen.value.id;
    claim(&store, &samples, id).await;
    let (before, log) = (load(&store, id).await, events(&store, id).await);
    let answers = store.commit(vec![samples.commit(&seen, JobEvent::Cancel)]).await;
    assert!(matches!(answers[..], [Err(CommitError::Stale)]));
    assert_eq!(load(&store, id).await, before);
    assert_eq!(events(&store, id).await, log);
}

pub async fn commit_of_an_unknown_job_is_missing(store: Store) {
    let samples = Samples::default();
    let step = samples.step(&samples.job().job, JobEvent::Cancel);
    let id = step.job.id;
    let answers = store.commit(vec![crate::sample::commit(Version(1), step)]).await;
    assert!(matches!(answers[..], [Err(CommitError::Missing)]));
    assert_eq!(store.load(id).await.unwrap(), None);
}

pub async fn refused_steps_do_not_touch_the_others(store: Store) {
    let samples = Samples::default();
    let (good, stale) = (insert(&store, samples.job()).await, insert(&store, samples.job()).await);
    let also_good = insert(&store, samples.job()).await;
    claim(&store, &samples, stale.value.id).await;
    let missing = samples.step(&samples.job().job, JobEvent::Cancel);
    let commits = vec![
        samples.commit(&good, JobEvent::Cancel),
        samples.commit(&stale, JobEvent::Cancel),
        crate::sample::commit(Version(1), missing),
        samples.commit(&also_good, JobEvent::Cancel),
    ];
    let answers = store.commit(commits).await;
    assert!(matches!(
        answers[..],
        [Ok(_), Err(CommitError::Stale), Err(CommitError::Missing), Ok(_)]
    ));
    for (seen, status) in
        [(good, Status::Cancelled), (stale, Status::Launching), (also_good, Status::Cancelled)]
    {
        assert_eq!(load(&store, seen.value.id).await.value.status(), status);
    }
    assert!(store.commit(Vec::new()).await.is_empty());
}

pub async fn two_steps_of_one_job_in_one_call_are_taken_in_turn(store: Store) {
    let samples = Samples::default();
    let seen = insert(&store, samples.job()).await;
    let (_, claimed) = samples.claim();
    let twice = vec![samples.commit(&seen, claimed), samples.commit(&seen, JobEvent::Cancel)];
    let answers = store.commit(twice).await;
    assert!(matches!(answers[..], [Ok(_), Err(CommitError::Stale)]));
    assert_eq!(load(&store, seen.value.id).await.value.status(), Status::Launching);
}

pub async fn a_repeated_commit_is_stale_and_stores_nothing(store: Store) {
    let samples = Samples::default();
    let seen = insert(&store, samples.job()).await;
    let commit = samples.commit(&seen, JobEvent::Cancel);
    assert!(store.commit(vec![commit.clone()]).await[0].is_ok());
    let before = events(&store, seen.value.id).await;
    let answers = store.commit(vec![commit]).await;
    assert!(matches!(answers[..], [Err(CommitError::Stale)]));
    assert_eq!(events(&store, seen.value.id).await, before);
}

pub async fn a_result_is_stored_with_the_step_that_accepts_it(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, id).await;
    let seen = load(&store, id).await;
    let result = RawJson::from(&json!({"answer": 42}));
    let accept =
        |result: Option<RawJson>| Commit { result, ..samples.commit(&seen, succeeded(lease)) };
    let late = accept(Some(RawJson::from(&json!("another"))));
    let answers = store.commit(vec![accept(Some(result.clone())), late]).await;
    assert!(matches!(answers[..], [Ok(_), Err(CommitError::Stale)]));
    assert_eq!(store.result(id).await.unwrap(), Some(result));
}

pub async fn a_later_step_keeps_the_result(store: Store) {
    let samples = Samples::default();
    let new = samples.job_with(|spec| spec.callback_url = Some("https://example.com".into()));
    let id = insert(&store, new).await.value.id;
    let lease = run(&store, &samples, id).await;
    let seen = load(&store, id).await;
    let result = RawJson::from(&json!(1));
    let commit = Commit { result: Some(result.clone()), ..samples.commit(&seen, succeeded(lease)) };
    assert!(store.commit(vec![commit]).await[0].is_ok());
    drive(&store, &samples, id, JobEvent::CallbackTried { end: 1, accepted: true }).await;
    assert_eq!(store.result(id).await.unwrap(), Some(result));
}

pub async fn a_race_for_a_job_has_one_winner(store: Store) {
    let samples = Samples::default();
    for _ in 0..5 {
        let seen = insert(&store, samples.job()).await;
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let (_, claimed) = samples.claim();
                let (store, commit) = (store.clone(), samples.commit(&seen, claimed));
                tokio::spawn(async move { store.commit(vec![commit]).await.remove(0) })
            })
            .collect();
        let mut winners = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(_) => winners += 1,
                Err(error) => assert!(matches!(error, CommitError::Stale)),
            }
        }
        assert_eq!(winners, 1);
        assert_eq!(events(&store, seen.value.id).await.len(), 2);
    }
}

/// Every state and every field that a life can fill, read back after each step.
pub async fn a_whole_life_comes_back_as_it_was(store: Store) {
    let samples = Samples::default();
    let new = samples.job_with(|spec| {
        spec.callback_url = Some("https://example.com".into());
        spec.max_attempts = 2;
    });
    let id = insert(&store, new).await.value.id;
    let life = Life { store: &store, samples: &samples, id };
    life.step(JobEvent::SetPriority(Priority::HIGH)).await;
    let lease = claim(&store, &samples, id).await;
    let full = LaunchFailure {
        kind: LaunchFailureKind::Capacity,
        message: "no room".into(),
        evidence: Evidence::default(),
    };
    life.step(JobEvent::LaunchFailed { lease, failure: full }).await;
    life.wake().await;
    let lease = claim(&store, &samples, id).await;
    life.step(JobEvent::Launched { lease, launch: LaunchRef("pid 7 — é".into()) }).await;
    life.step(started(lease)).await;
    life.step(JobEvent::Heartbeat { lease }).await;
    let evidence = Evidence {
        exit_code: Some(3),
        signal: Some(9),
        stop_code: Some("Stopped".into()),
        stderr_tail: Some("no \"quotes\"\n".into()),
    };
    let failure = Failure::passing(CauseKind::HandlerError, "it failed").with_evidence(evidence);
    let verdict = Verdict::Failed(failure);
    life.step(JobEvent::Finished { lease, verdict }).await;
    life.wake().await;
    run(&store, &samples, id).await;
    life.step(JobEvent::Cancel).await;
    life.step(JobEvent::CallbackTried { end: 1, accepted: true }).await;
    life.step(JobEvent::StopConfirmed { attempt: 3 }).await;
    life.step(JobEvent::Retry).await;
    let ended = finish(&store, &samples, id).await;
    assert_eq!((ended.value.status(), ended.value.history.len()), (Status::Succeeded, 4));
    assert_gap_free(&events(&store, id).await);
}

pub async fn a_member_of_a_family_comes_back_as_it_was(store: Store) {
    let samples = Samples::default();
    let root = insert(&store, samples.job()).await.value.id;
    let child = samples.job_with(|spec| {
        spec.parent = Some(root);
        spec.ancestors = vec![root];
        spec.budget = Some(Money::MAX);
    });
    let (new, expected) = (child.clone(), child.job);
    assert_eq!(insert(&store, new).await.value, expected);
    let life = Life { store: &store, samples: &samples, id: root };
    let lease = run(&store, &samples, root).await;
    let on = vec![expected.id];
    let verdict = Verdict::Waiting { on: on.clone() };
    life.step(JobEvent::Finished { lease, verdict }).await;
    assert_eq!(load(&store, root).await.value.status(), Status::Blocked);
    life.step(JobEvent::ChildrenEnded { on }).await;
    let ended = finish(&store, &samples, root).await;
    assert_eq!((ended.value.status(), ended.value.history.len()), (Status::Succeeded, 2));
}

struct Life<'test> {
    store: &'test Store,
    samples: &'test Samples,
    id: JobId,
}

impl Life<'_> {
    async fn step(&self, event: JobEvent) {
        let seen = load(self.store, self.id).await;
        let expected = self.samples.step(&seen.value, event.clone()).job;
        let found = drive(self.store, self.samples, self.id, event).await;
        assert_eq!(found.value, expected);
    }

    async fn wake(&self) {
        let job = load(self.store, self.id).await.value;
        self.samples.clock.set(job.wake_at().unwrap());
        self.step(JobEvent::Woken).await;
    }
}

pub async fn the_version_changes_with_every_step(store: Store) {
    let samples = Samples::default();
    let first = insert(&store, samples.job()).await;
    let id = first.value.id;
    let lease = claim(&store, &samples, id).await;
    let second = load(&store, id).await.version;
    let third = drive(&store, &samples, id, started(lease)).await.version;
    assert!(first.version < second && second < third);
    let states = events(&store, id).await;
    let is_state = |event: &agent_runner_domain::event::StoredEvent| {
        matches!(event.event.body, EventBody::State { .. })
    };
    assert!(states.iter().all(is_state));
}
