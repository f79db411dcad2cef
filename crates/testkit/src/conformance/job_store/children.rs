//! Rules of `insert` for jobs that others start: a job that has lost its lease gets no children.

use agent_runner_domain::{
    JobId, Lease,
    job::JobEvent,
    ports::{Inserted, JobQuery, NewJob, Version},
};

use super::steps::{ALL, Store, claim, drive, finish, insert, run};
use crate::Samples;

const NEW: Inserted = Inserted::New(Version(1));

fn child(samples: &Samples, parent: JobId, under: Lease) -> NewJob {
    NewJob { under: Some(under), ..samples.job_with(|spec| spec.parent = Some(parent)) }
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
    let orphan = NewJob { under: Some(lease), ..samples.job() };
    let cases = [
        child(&samples, unknown, lease),
        keyed(&samples, queued, lease),
        keyed(&samples, held, samples.claim().0),
        child(&samples, ended, lease),
        orphan,
    ];
    for refused in cases {
        let id = refused.job.id;
        assert_eq!(store.insert(vec![refused]).await.unwrap(), [Inserted::LeaseLost]);
        assert_eq!(store.load(id).await.unwrap(), None);
        assert_eq!(store.payload(id).await.unwrap(), None);
    }
    let good = keyed(&samples, held, lease);
    let mixed = vec![child(&samples, queued, lease), good.clone()];
    assert_eq!(store.insert(mixed).await.unwrap(), [Inserted::LeaseLost, NEW]);
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
    for _ in 0..20 {
        let parent = insert(&store, samples.job()).await.value.id;
        let lease = run(&store, &samples, parent).await;
        let jobs = (0..3).map(|_| child(&samples, parent, lease)).collect();
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
