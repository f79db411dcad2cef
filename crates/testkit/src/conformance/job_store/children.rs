//! Rules of `insert` for jobs that have a parent: it gets none under a lease that is lost, and none when it is over.

use agent_runner_domain::{
    JobId, Lease,
    job::JobEvent,
    ports::{Inserted, JobQuery, NewJob, Under, Version},
};

use super::steps::{ALL, Store, claim, drive, finish, insert, run};
use crate::{
    Samples,
    sample::{started, succeeded},
};

const NEW: Inserted = Inserted::New(Version(1));

fn child(samples: &Samples, parent: JobId, under: Lease) -> NewJob {
    NewJob { under: Some(Under::Lease(under)), ..given(samples, parent) }
}

/// By a user.
fn given(samples: &Samples, parent: JobId) -> NewJob {
    NewJob { under: Some(Under::Open), ..samples.job_with(|spec| spec.parent = Some(parent)) }
}

fn keyed(samples: &Samples, parent: JobId, under: Lease) -> NewJob {
    let idempotency = samples.keyed("child", 1).idempotency;
    NewJob { idempotency, ..child(samples, parent, under) }
}

async fn children(store: &Store, parent: JobId) -> Vec<JobId> {
    let query = JobQuery { parent: Some(parent), limit: ALL, ..JobQuery::default() };
    let page = store.list(&query).await.unwrap();
    page.jobs.into_iter().map(|job| job.id).collect()
}

pub async fn a_child_is_stored_under_the_lease_of_its_parent(store: Store) {
    let samples = Samples::default();
    let (claimed, running) = (samples.job(), samples.job());
    for parent in [&claimed, &running] {
        insert(&store, parent.clone()).await;
    }
    let of_claimed = claim(&store, &samples, claimed.job.id).await;
    let of_running = run(&store, &samples, running.job.id).await;
    let first = child(&samples, claimed.job.id, of_claimed);
    let second = keyed(&samples, running.job.id, of_running);
    let answers = store.insert(vec![first.clone(), second.clone()]).await.unwrap();
    assert_eq!(answers, [NEW, NEW]);
    assert_eq!(children(&store, claimed.job.id).await, [first.job.id]);
    assert_eq!(children(&store, running.job.id).await, [second.job.id]);
}

/// Neither the job nor the key.
pub async fn who_has_lost_the_parent_stores_nothing_for_it(store: Store) {
    let samples = Samples::default();
    let unknown = samples.job().job.id;
    let queued = insert(&store, samples.job()).await.value.id;
    let held = insert(&store, samples.job()).await.value.id;
    let lease = claim(&store, &samples, held).await;
    let ended = insert(&store, samples.job()).await.value.id;
    finish(&store, &samples, ended).await;
    let orphan = NewJob { under: Some(Under::Lease(lease)), ..samples.job() };
    let cases = [
        child(&samples, unknown, lease),
        keyed(&samples, queued, lease),
        keyed(&samples, held, samples.claim().0),
        child(&samples, ended, lease),
        orphan,
    ];
    for refused in cases {
        let id = refused.job.id;
        assert_eq!(store.insert(vec![refused]).await.unwrap(), [Inserted::ParentLost]);
        assert_eq!(store.load(id).await.unwrap(), None);
        assert_eq!(store.payload(id).await.unwrap(), None);
    }
    let good = keyed(&samples, held, lease);
    let mixed = vec![child(&samples, queued, lease), good.clone()];
    assert_eq!(store.insert(mixed).await.unwrap(), [Inserted::ParentLost, NEW]);
    assert_eq!(children(&store, held).await, [good.job.id]);
}

/// A repetition, by id or by key, only says what is stored.
pub async fn a_stored_child_needs_no_lease_any_more(store: Store) {
    let samples = Samples::default();
    let parent = insert(&store, samples.job()).await.value.id;
    let lease = run(&store, &samples, parent).await;
    let (plain, named) = (child(&samples, parent, lease), keyed(&samples, parent, lease));
    let again = keyed(&samples, parent, lease);
    store.insert(vec![plain.clone(), named.clone()]).await.unwrap();
    drive(&store, &samples, parent, JobEvent::Cancel).await;
    let answers = store.insert(vec![plain, named.clone(), again]).await.unwrap();
    assert_eq!(answers, [NEW, NEW, Inserted::Existing(named.job.id)]);
    assert_eq!(children(&store, parent).await.len(), 2);
}

/// Whatever comes first: the child is found, or it is refused.
pub async fn a_parent_that_is_cancelled_meanwhile_overlooks_no_child(store: Store) {
    let samples = Samples::default();
    for round in 0..20 {
        let parent = insert(&store, samples.job()).await.value.id;
        let lease = run(&store, &samples, parent).await;
        let new = || match round % 2 {
            0 => child(&samples, parent, lease),
            _ => given(&samples, parent),
        };
        let jobs = (0..3).map(|_| new()).collect();
        let inserting = tokio::spawn({
            let store = store.clone();
            async move { store.insert(jobs).await.unwrap() }
        });
        drive(&store, &samples, parent, JobEvent::Cancel).await;
        let found = children(&store, parent).await.len();
        let answers = inserting.await.unwrap();
        let stored = answers.into_iter().filter(|answer| *answer == NEW).count();
        assert_eq!(found, stored);
    }
}

/// In whichever state, and again after a retry.
pub async fn whoever_has_not_ended_may_be_given_a_child(store: Store) {
    let samples = Samples::default();
    let parent = insert(&store, samples.job()).await.value.id;
    let blocked = insert(&store, samples.dependent_on(&[parent])).await.value.id;
    let key = samples.keyed("child", 1).idempotency;
    let (of_blocked, of_queued) = (given(&samples, blocked), given(&samples, parent));
    let named = NewJob { idempotency: key, ..given(&samples, parent) };
    let depends = NewJob {
        under: Some(Under::Open),
        ..samples.job_with(|spec| {
            spec.parent = Some(parent);
            spec.depends_on = vec![parent];
        })
    };
    let all = vec![of_blocked, of_queued.clone(), named.clone(), depends];
    assert_eq!(store.insert(all).await.unwrap(), [NEW, NEW, NEW, NEW]);
    let lease = claim(&store, &samples, parent).await;
    let of_launching = given(&samples, parent);
    assert_eq!(store.insert(vec![of_launching]).await.unwrap(), [NEW]);
    drive(&store, &samples, parent, started(lease)).await;
    let both = vec![child(&samples, parent, lease), given(&samples, parent)];
    assert_eq!(store.insert(both).await.unwrap(), [NEW, NEW]);
    drive(&store, &samples, parent, succeeded(lease)).await;
    let again = NewJob { idempotency: named.idempotency.clone(), ..given(&samples, parent) };
    let answers = store.insert(vec![of_queued, named.clone(), again]).await.unwrap();
    assert_eq!(answers, [NEW, NEW, Inserted::Existing(named.job.id)], "they are stored already");
    assert_eq!(children(&store, parent).await.len(), 6);
}

/// Neither the job nor the key.
pub async fn who_has_ended_is_given_no_child(store: Store) {
    let samples = Samples::default();
    let unknown = samples.job().job.id;
    let succeeded = insert(&store, samples.job()).await.value.id;
    finish(&store, &samples, succeeded).await;
    let cancelled = insert(&store, samples.job()).await.value.id;
    drive(&store, &samples, cancelled, JobEvent::Cancel).await;
    let orphan = NewJob { under: Some(Under::Open), ..samples.job() };
    let key = samples.keyed("child", 1).idempotency;
    let named = |parent| NewJob { idempotency: key.clone(), ..given(&samples, parent) };
    let good = insert(&store, samples.job()).await.value.id;
    for refused in [given(&samples, unknown), named(succeeded), named(cancelled), orphan] {
        let id = refused.job.id;
        let mixed = vec![refused, given(&samples, good)];
        assert_eq!(store.insert(mixed).await.unwrap(), [Inserted::ParentLost, NEW]);
        assert_eq!(store.load(id).await.unwrap(), None);
    }
    drive(&store, &samples, cancelled, JobEvent::Retry).await;
    assert_eq!(store.insert(vec![named(cancelled)]).await.unwrap(), [NEW]);
    assert_eq!(children(&store, cancelled).await.len(), 1);
}
