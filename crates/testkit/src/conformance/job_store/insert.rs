//! Rules of `insert`.

use agent_runner_domain::{
    job::{JobEvent, JobSpec, Status},
    ports::{CommitError, Inserted, JobQuery, NewJob, Version},
};
use serde_json::json;

use super::steps::{ALL, Store, assert_gap_free, claim, drive, events, finish, insert, load};
use crate::{
    Samples,
    sample::{hostile_texts, started, succeeded},
};

const NEW: Inserted = Inserted::New(Version(1));

pub async fn a_new_job_is_found_whole(store: Store) {
    let samples = Samples::default();
    let parent = samples.job().job.id;
    let new = samples.job_with(|spec| {
        spec.tags = [("team".into(), "blue".into())].into();
        spec.callback_url = Some("https://example.com/hook".into());
        spec.parent = Some(parent);
    });
    let found = insert(&store, new.clone()).await;
    assert_eq!((found.version, &found.value), (Version(1), &new.job));
    assert_eq!(store.payload(new.job.id).await.unwrap(), Some(new.payload));
    assert_eq!(store.result(new.job.id).await.unwrap(), None);
}

pub async fn answers_come_in_the_given_order(store: Store) {
    let samples = Samples::default();
    let keyed = samples.keyed("k", 1);
    insert(&store, keyed.clone()).await;
    let jobs = vec![samples.job(), samples.keyed("k", 1), samples.job(), samples.keyed("k", 2)];
    let answers = store.insert(jobs).await.unwrap();
    let first = keyed.job.id;
    assert_eq!(answers, [NEW, Inserted::Existing(first), NEW, Inserted::KeyTaken(first)]);
}

pub async fn inserting_nothing_answers_nothing(store: Store) {
    assert_eq!(store.insert(Vec::new()).await.unwrap(), []);
}

pub async fn the_log_is_numbered_from_one(store: Store) {
    let samples = Samples::default();
    let mut new = samples.job();
    new.log.extend(samples.lines(1..=2));
    insert(&store, new.clone()).await;
    let log = events(&store, new.job.id).await;
    assert_gap_free(&log);
    assert_eq!(log.into_iter().map(|stored| stored.event).collect::<Vec<_>>(), new.log);
}

pub async fn a_repeated_insert_answers_as_the_first_did(store: Store) {
    let samples = Samples::default();
    let jobs = vec![samples.job(), samples.keyed("k", 1), samples.keyed("k", 2), samples.job()];
    let first = store.insert(jobs.clone()).await.unwrap();
    let again = store.insert(jobs.clone()).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(events(&store, jobs[0].job.id).await.len(), 1);
    assert_eq!(count(&store).await, 3);
}

pub async fn a_repeated_insert_brings_no_moved_job_back(store: Store) {
    let samples = Samples::default();
    let new = samples.job();
    insert(&store, new.clone()).await;
    claim(&store, &samples, new.job.id).await;
    let moved = load(&store, new.job.id).await;
    assert_eq!(store.insert(vec![new.clone()]).await.unwrap(), [NEW]);
    assert_eq!(load(&store, new.job.id).await, moved);
}

pub async fn a_key_finds_the_job_that_it_made(store: Store) {
    let samples = Samples::default();
    let first = samples.keyed("k", 1);
    insert(&store, first.clone()).await;
    let again = samples.keyed("k", 1);
    let answers = store.insert(vec![again.clone()]).await.unwrap();
    assert_eq!(answers, [Inserted::Existing(first.job.id)]);
    assert_eq!(store.load(again.job.id).await.unwrap(), None);
}

pub async fn a_key_with_another_body_is_taken(store: Store) {
    let samples = Samples::default();
    let first = samples.keyed("k", 1);
    insert(&store, first.clone()).await;
    let other = samples.keyed("k", 2);
    let answers = store.insert(vec![other.clone()]).await.unwrap();
    assert_eq!(answers, [Inserted::KeyTaken(first.job.id)]);
    assert_eq!(store.load(other.job.id).await.unwrap(), None);
}

/// Neither its content nor its mark on what it depends on.
pub async fn a_refused_job_leaves_nothing(store: Store) {
    let samples = Samples::default();
    let dependency = insert(&store, samples.job()).await;
    insert(&store, samples.keyed("k", 1)).await;
    let on = dependency.value.id;
    let refused =
        NewJob { idempotency: samples.keyed("k", 2).idempotency, ..samples.dependent_on(&[on]) };
    let id = refused.job.id;
    store.insert(vec![refused]).await.unwrap();
    assert_eq!(load(&store, on).await, dependency);
    assert_eq!(store.dependents(on, None, ALL).await.unwrap(), []);
    assert_eq!(store.payload(id).await.unwrap(), None);
    assert_eq!(events(&store, id).await, []);
    assert_eq!(count(&store).await, 2);
}

pub async fn keys_of_different_tenants_never_meet(store: Store) {
    let (ada, bob) = (Samples::default().of_tenant("ada"), Samples::of_seed(2).of_tenant("bob"));
    let answers = store.insert(vec![ada.keyed("k", 1), bob.keyed("k", 2)]).await.unwrap();
    assert_eq!(answers, [NEW, NEW]);
}

pub async fn two_jobs_with_one_key_in_one_call_behave_like_two_calls(store: Store) {
    let samples = Samples::default();
    let jobs = vec![samples.keyed("k", 1), samples.keyed("k", 1), samples.keyed("k", 2)];
    let first = jobs[0].job.id;
    let answers = store.insert(jobs).await.unwrap();
    assert_eq!(answers, [NEW, Inserted::Existing(first), Inserted::KeyTaken(first)]);
    assert_eq!(count(&store).await, 1);
}

pub async fn a_repeated_keyed_insert_answers_as_the_first_did(store: Store) {
    let samples = Samples::default();
    let new = samples.keyed("k", 1);
    insert(&store, new.clone()).await;
    finish(&store, &samples, new.job.id).await;
    assert_eq!(store.insert(vec![new]).await.unwrap(), [NEW]);
}

pub async fn a_race_for_a_key_has_one_winner(store: Store) {
    let samples = Samples::default();
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let (store, new) = (store.clone(), samples.keyed("k", 1));
            tokio::spawn(async move { store.insert(vec![new]).await.unwrap().remove(0) })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += u32::from(racer.await.unwrap() == NEW);
    }
    assert_eq!((winners, count(&store).await), (1, 1));
}

pub async fn a_dependency_is_marked_with_a_new_version(store: Store) {
    let samples = Samples::default();
    let before = insert(&store, samples.job()).await;
    let dependent = samples.dependent_on(&[before.value.id]);
    insert(&store, dependent.clone()).await;
    let after = load(&store, before.value.id).await;
    assert!(after.version > before.version && after.value.has_dependents);
    let rest = agent_runner_domain::job::Job { has_dependents: false, ..after.value };
    assert_eq!(rest, before.value, "only the mark was set");
    let dependents = store.dependents(before.value.id, None, ALL).await.unwrap();
    assert_eq!(dependents, [dependent.job.id]);
}

pub async fn a_final_dependency_is_marked_too(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let before = finish(&store, &samples, id).await;
    insert(&store, samples.dependent_on(&[id])).await;
    let after = load(&store, id).await;
    assert!(after.version > before.version && after.value.has_dependents);
    assert_eq!(after.value.status(), Status::Succeeded);
}

pub async fn each_further_dependent_moves_the_version(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let mut last = Version(1);
    for _ in 0..3 {
        insert(&store, samples.dependent_on(&[id])).await;
        let version = load(&store, id).await.version;
        assert!(version > last);
        last = version;
    }
}

pub async fn a_dependency_may_be_stored_in_the_same_call(store: Store) {
    let samples = Samples::default();
    let first = samples.job();
    let second = samples.dependent_on(&[first.job.id]);
    let third = samples.dependent_on(&[first.job.id, second.job.id]);
    let ids = [first.job.id, second.job.id, third.job.id];
    let answers = store.insert(vec![first, second, third]).await.unwrap();
    assert_eq!(answers, [NEW, NEW, NEW], "the version is that of the job as it was given");
    assert_eq!(store.dependents(ids[0], None, ALL).await.unwrap(), ids[1..]);
    assert_eq!(store.dependents(ids[1], None, ALL).await.unwrap(), ids[2..]);
    assert!(load(&store, ids[0]).await.value.has_dependents);
    assert!(load(&store, ids[0]).await.version > Version(1));
    assert!(!load(&store, ids[2]).await.value.has_dependents);
}

pub async fn a_repeated_dependent_is_not_counted_twice(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let dependent = samples.dependent_on(&[id]);
    insert(&store, dependent.clone()).await;
    let before = load(&store, id).await;
    store.insert(vec![dependent.clone()]).await.unwrap();
    assert_eq!(load(&store, id).await, before);
    assert_eq!(store.dependents(id, None, ALL).await.unwrap(), [dependent.job.id]);
}

/// A step that ends a job without knowing of its dependent must lose.
pub async fn a_dependency_that_ends_meanwhile_does_not_overlook_its_dependent(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let (lease, claimed) = samples.claim();
    drive(&store, &samples, id, claimed).await;
    let seen = drive(&store, &samples, id, started(lease)).await;
    let end = samples.commit(&seen, succeeded(lease));
    insert(&store, samples.dependent_on(&[id])).await;
    let answers = store.commit(vec![end]).await;
    assert!(matches!(answers[..], [Err(CommitError::Stale)]));
    let ended = drive(&store, &samples, id, succeeded(lease)).await;
    assert!(ended.value.chores.release.is_some());
}

pub async fn hostile_texts_come_back_unchanged(store: Store) {
    let samples = Samples::default();
    for text in hostile_texts() {
        let mut spec = JobSpec::of_type(text.clone());
        spec.tags = [(text.clone(), text.clone())].into();
        spec.callback_url = Some(text.clone());
        let mut new = samples.job_at(samples.now(), spec);
        new.payload = agent_runner_domain::RawJson::from(&json!({ text.clone(): text }));
        new.idempotency = samples.keyed(&text, 1).idempotency;
        new.log.push(samples.line(text.clone()));
        let found = insert(&store, new.clone()).await;
        assert_eq!(found.value, new.job);
        assert_eq!(store.payload(new.job.id).await.unwrap(), Some(new.payload));
        assert_eq!(events(&store, new.job.id).await[1].event, new.log[1]);
        let again = store.insert(vec![samples.keyed(&text, 1)]).await.unwrap();
        assert_eq!(again, [Inserted::Existing(new.job.id)]);
    }
    let cancelled = drive(&store, &samples, first(&store).await, JobEvent::Cancel).await;
    assert_eq!(cancelled.value.status(), Status::Cancelled);
}

async fn first(store: &Store) -> agent_runner_domain::JobId {
    let query = JobQuery { limit: 1, ..JobQuery::default() };
    store.list(&query).await.unwrap().jobs[0].id
}

async fn count(store: &Store) -> usize {
    let query = JobQuery { limit: ALL, ..JobQuery::default() };
    store.list(&query).await.unwrap().jobs.len()
}
