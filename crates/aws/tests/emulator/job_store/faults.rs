//! A bad network and a bad day of DynamoDB, between the store and the emulator.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, RawJson,
    event::EventBody,
    job::{CauseKind, Failure, JobEvent, Status, Verdict},
    ports::{Appended, Commit, CommitError, JobStore, NewJob, StoreError},
};
use agent_runner_testkit::{
    FaultProxy, Faults, Samples,
    sample::{started, succeeded},
};
use serde_json::json;

use super::{ALL, NEW, drive, insert, run, store, store_at};
use crate::site::Site;

/// A store behind a proxy that does nothing wrong until it is told.
async fn behind(faults: Faults) -> (Arc<dyn JobStore>, FaultProxy, Site) {
    let site = Site::new();
    site.make_table().await;
    site.make_bucket().await;
    let endpoint = site.config.endpoint_url().unwrap();
    let upstream = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    let proxy = FaultProxy::start(upstream, 7, faults).await;
    let behind = Site { names: site.names.clone(), ..Site::at(&proxy.url()) };
    (store_at(&behind), proxy, site)
}

#[tokio::test]
async fn failure_mode_11_a_job_whose_claimer_died_comes_due() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    let waiting = store.load(id).await.unwrap().unwrap();
    let resend_at = waiting.value.wake_at().unwrap();
    assert_eq!(store.due(resend_at, ALL).await.unwrap(), [waiting], "its message may be lost");
    drive(&store, &samples, id, samples.claim().1).await;
    let claimed = store.load(id).await.unwrap().unwrap();
    let deadline = claimed.value.wake_at().unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(deadline));
    assert_eq!(store.due(deadline, ALL).await.unwrap(), [claimed], "nobody may have launched it");
}

#[tokio::test]
async fn failure_mode_12_an_old_attempt_changes_nothing() {
    let (store, _site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    let old = run(&store, &samples, id).await;
    let seen_by_old = store.load(id).await.unwrap().unwrap();
    let lost = Verdict::Failed(Failure::passing(CauseKind::WorkerLost, "silent"));
    drive(&store, &samples, id, JobEvent::Finished { lease: old, verdict: lost }).await;
    let at = store.load(id).await.unwrap().unwrap().value.wake_at().unwrap();
    samples.clock.set(at);
    drive(&store, &samples, id, JobEvent::Woken).await;
    let new = run(&store, &samples, id).await;
    let result = |text: &str| RawJson::from(&json!(text.repeat(50_000)));
    let finish = |seen, lease, text| Commit {
        result: Some(result(text)),
        ..samples.commit(seen, succeeded(lease))
    };
    let late = store.commit(vec![finish(&seen_by_old, old, "old")]).await.remove(0);
    assert!(matches!(late, Err(CommitError::Stale)));
    let lines = || samples.lines(1..=3);
    assert_eq!(store.append_events(id, old, 1, lines()).await.unwrap(), Appended::LeaseLost);
    let value = || RawJson::from(&json!(1));
    assert_eq!(store.record_step(id, old, "a", value()).await.unwrap(), Appended::LeaseLost);
    let seen = store.load(id).await.unwrap().unwrap();
    store.commit(vec![finish(&seen, new, "new")]).await.remove(0).unwrap();
    let late = store.commit(vec![finish(&seen_by_old, old, "old")]).await.remove(0);
    assert!(matches!(late, Err(CommitError::Stale)));
    assert_eq!(store.result(id).await.unwrap(), Some(result("new")));
    assert_eq!(store.steps(id).await.unwrap(), []);
    let log = store.events(id, 0, ALL).await.unwrap();
    assert!(log.iter().all(|event| matches!(event.event.body, EventBody::State { .. })));
}

/// Each call is repeated until it is answered, as the engine and workers do.
#[tokio::test]
async fn failure_mode_25_lost_answers_store_nothing_twice() {
    let faults = Faults { answer_lost: 250, reset: 100, failed: 50, ..Faults::NONE };
    let (store, proxy, _site) = behind(faults).await;
    let samples = Samples::default();
    let mut living = Vec::new();
    for number in 0..24 {
        let life = Life { store: store.clone(), samples: samples.clone() };
        living.push(tokio::spawn(async move { life.live(number).await }));
    }
    let mut ids = Vec::new();
    for life in living {
        ids.push(life.await.unwrap());
    }
    proxy.calm(true);
    let (calls, wrong) = proxy.calls();
    assert!(wrong > calls / 4, "{wrong} of {calls} calls went wrong");
    for id in ids {
        let job = store.load(id).await.unwrap().unwrap();
        assert_eq!(job.value.status(), Status::Succeeded);
        assert_eq!(job.version.0, 4, "each step was stored once");
        let log = store.events(id, 0, ALL).await.unwrap();
        let kinds: Vec<_> = log.iter().map(|event| event.event.body.kind()).collect();
        assert_eq!(kinds, ["state", "state", "state", "log", "log", "log", "log", "state"]);
        assert!(log.iter().map(|event| event.seq).eq(1..=8));
        let steps = store.steps(id).await.unwrap();
        assert_eq!(steps.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}

struct Life {
    store: Arc<dyn JobStore>,
    samples: Samples,
}

/// Repeats a call until it is answered.
macro_rules! answered {
    ($call:expr) => {
        loop {
            match $call.await {
                Ok(answer) => break answer,
                Err(StoreError::Unavailable(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
}

impl Life {
    async fn live(&self, number: u32) -> JobId {
        let Self { store, samples } = self;
        let large = RawJson::from(&json!("x".repeat(20_000)));
        let new = match number % 3 {
            0 => samples.job(),
            1 => samples.keyed(&number.to_string(), 1),
            _ => NewJob { payload: large.clone(), ..samples.job() },
        };
        let id = new.job.id;
        assert_eq!(answered!(store.insert(vec![new.clone()])), [NEW]);
        let (lease, claimed) = samples.claim();
        self.step(id, claimed, None).await;
        self.step(id, started(lease), None).await;
        for first in [1, 2, 3] {
            // Each batch repeats the last event of the one before.
            let lines = samples.lines(first..=first + 1);
            let answer = answered!(store.append_events(id, lease, first, lines.clone()));
            assert_eq!(answer, Appended::Stored);
        }
        for key in ["a", "b"] {
            let answer = answered!(store.record_step(id, lease, key, large.clone()));
            assert_eq!(answer, Appended::Stored);
        }
        self.step(id, succeeded(lease), Some(large)).await;
        id
    }

    /// As [`agent_runner_domain::direct_link`] does it: whoever is not sure looks and applies the event again.
    async fn step(&self, id: JobId, event: JobEvent, result: Option<RawJson>) {
        loop {
            let seen = answered!(self.store.load(id)).unwrap();
            let step = seen.value.apply(event.clone(), self.samples.now());
            let own =
                seen.value.state.lease().is_some() && matches!(event, JobEvent::Claimed { .. });
            let Ok(Some(step)) = step else {
                assert!(own || step.is_ok(), "{step:?}");
                return;
            };
            let commit = Commit { seen: seen.version, step, result: result.clone() };
            match self.store.commit(vec![commit]).await.remove(0) {
                Ok(_) => return,
                Err(CommitError::Stale | CommitError::Store(StoreError::Unavailable(_))) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn what_dynamodb_refuses_for_now_is_unavailable_and_leaves_nothing() {
    for (faults, said) in [
        (Faults { throttled: 1000, ..Faults::NONE }, "AWS limits the rate of dynamodb:"),
        (Faults { failed: 1000, ..Faults::NONE }, "got no good answer: InternalServerError"),
        (Faults { reset: 1000, ..Faults::NONE }, "got no good answer"),
    ] {
        let (store, proxy, _site) = behind(faults).await;
        proxy.calm(true);
        let samples = Samples::default();
        let known = insert(&store, samples.job()).await;
        let lease = run(&store, &samples, known).await;
        let before = store.load(known).await.unwrap().unwrap();
        let end = samples.commit(&before, succeeded(lease));
        let new = samples.keyed("k", 1);
        proxy.calm(false);
        let unavailable = |error: StoreError| {
            let StoreError::Unavailable(text) = error else { panic!("{error}") };
            assert!(text.contains(said), "{text}");
        };
        unavailable(store.insert(vec![new.clone()]).await.unwrap_err());
        unavailable(store.load(known).await.unwrap_err());
        unavailable(store.append_events(known, lease, 1, samples.lines(1..=1)).await.unwrap_err());
        unavailable(store.check().await.unwrap_err());
        match store.commit(vec![end]).await.remove(0) {
            Err(CommitError::Store(error)) => unavailable(error),
            answer => panic!("{answer:?}"),
        }
        proxy.calm(true);
        assert_eq!(store.load(new.job.id).await.unwrap(), None);
        assert_eq!(store.load(known).await.unwrap().unwrap(), before);
        assert_eq!(store.events(known, 0, ALL).await.unwrap().len(), 3);
        assert_eq!(store.insert(vec![new]).await.unwrap(), [NEW]);
    }
}
