//! Rules of `load_many`, `payload`, `result`, `dependents`, `counts` and `check`.

use agent_runner_domain::{
    JobId, RawJson,
    job::{JobEvent, Status},
    ports::{Commit, Count, NewJob},
};

use super::steps::{ALL, Store, claim, drive, insert, run};
use crate::{Samples, sample::succeeded};

const FIVE_MEGABYTES: usize = 5 << 20;

pub async fn an_unknown_job_is_no_error(store: Store) {
    let id = Samples::default().job().job.id;
    assert_eq!(store.load(id).await.unwrap(), None);
    assert_eq!(store.payload(id).await.unwrap(), None);
    assert_eq!(store.result(id).await.unwrap(), None);
    assert_eq!(store.dependents(id, None, ALL).await.unwrap(), []);
}

pub async fn many_are_loaded_in_the_given_order(store: Store) {
    let samples = Samples::default();
    let (one, two) = (insert(&store, samples.job()).await, insert(&store, samples.job()).await);
    let unknown = samples.job().job.id;
    let ids = [two.value.id, unknown, one.value.id, two.value.id];
    let found = store.load_many(&ids).await.unwrap();
    assert_eq!(found, [Some(two.clone()), None, Some(one), Some(two)]);
    assert_eq!(store.load_many(&[]).await.unwrap(), []);
}

pub async fn a_payload_of_five_megabytes_comes_back(store: Store) {
    let samples = Samples::default();
    let payload = large();
    let new = NewJob { payload: payload.clone(), ..samples.job() };
    let id = insert(&store, new).await.value.id;
    assert_eq!(store.payload(id).await.unwrap(), Some(payload));
}

pub async fn a_result_of_five_megabytes_comes_back(store: Store) {
    let id = with_result(&store, large()).await;
    assert_eq!(store.result(id).await.unwrap(), Some(large()));
}

/// Spaces, repeated names and long numbers are the user's, not ours.
pub async fn documents_come_back_byte_for_byte(store: Store) {
    let samples = Samples::default();
    for text in [
        "null",
        "\"\\u0000 \\ud83d\\ude00 \u{1f600}\"",
        "{ \"a\" : 1,\n\t\"a\" : 2 }",
        "123456789012345678901234567890.00000000000000000001e-3",
        "[]",
    ] {
        let document = RawJson::parse(text.to_owned()).unwrap();
        let new = NewJob { payload: document.clone(), ..samples.job() };
        let id = insert(&store, new).await.value.id;
        assert_eq!(store.payload(id).await.unwrap(), Some(document.clone()));
    }
    let document = RawJson::parse("{ \"a\" : 1.0 }".into()).unwrap();
    let id = with_result(&store, document.clone()).await;
    assert_eq!(store.result(id).await.unwrap(), Some(document));
}

async fn with_result(store: &Store, result: RawJson) -> JobId {
    let samples = Samples::of_seed(99);
    let id = insert(store, samples.job()).await.value.id;
    let lease = run(store, &samples, id).await;
    let seen = super::steps::load(store, id).await;
    let commit = Commit { result: Some(result), ..samples.commit(&seen, succeeded(lease)) };
    assert!(store.commit(vec![commit]).await[0].is_ok());
    id
}

fn large() -> RawJson {
    RawJson::of(&"ü".repeat(FIVE_MEGABYTES / 2)).unwrap()
}

pub async fn dependents_are_sorted_and_paged(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let mut jobs: Vec<_> = (0..10).map(|_| samples.dependent_on(&[id])).collect();
    let ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    jobs.reverse();
    store.insert(jobs).await.unwrap();
    let mut paged = Vec::new();
    loop {
        let page = store.dependents(id, paged.last().copied(), 4).await.unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, ids);
}

pub async fn counts_follow_every_change(store: Store) {
    let (ada, bob) = (Samples::default().of_tenant("ada"), Samples::of_seed(2).of_tenant("bob"));
    let mine: Vec<_> = (0..3).map(|_| ada.job()).collect();
    let ids: Vec<_> = mine.iter().map(|new| new.job.id).collect();
    store.insert(mine).await.unwrap();
    insert(&store, bob.job_with(|spec| spec.job_type = "command".into())).await;
    claim(&store, &ada, ids[0]).await;
    drive(&store, &ada, ids[1], JobEvent::Cancel).await;
    let mut counts = store.counts().await.unwrap();
    counts.sort_by(|a, b| (&a.tenant, a.status).cmp(&(&b.tenant, b.status)));
    let row = |samples: &Samples, job_type: &str, status, jobs| Count {
        tenant: samples.tenant.clone(),
        job_type: job_type.to_owned(),
        status,
        jobs,
    };
    assert_eq!(
        counts,
        [
            row(&ada, "echo", Status::Queued, 1),
            row(&ada, "echo", Status::Launching, 1),
            row(&ada, "echo", Status::Cancelled, 1),
            row(&bob, "command", Status::Queued, 1),
        ]
    );
}

pub async fn a_working_store_says_so(store: Store) {
    store.check().await.unwrap();
}
