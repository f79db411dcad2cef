//! Rules of `list`.

use std::{collections::BTreeSet, time::Duration};

use agent_runner_domain::{
    JobId,
    job::{JobEvent, Status},
    ports::JobQuery,
};

use super::steps::{ALL, Store, claim, drive, finish, insert};
use crate::{Samples, sample::hostile_texts};

fn all() -> JobQuery {
    JobQuery { limit: ALL, ..JobQuery::default() }
}

async fn listed(store: &Store, query: JobQuery) -> Vec<JobId> {
    let page = store.list(&query).await.unwrap();
    assert_eq!(page.next, None);
    page.jobs.into_iter().map(|job| job.id).collect()
}

/// Follows the pages to the end.
async fn paged(store: &Store, mut query: JobQuery) -> Vec<JobId> {
    let mut ids = Vec::new();
    loop {
        let page = store.list(&query).await.unwrap();
        assert!(page.jobs.len() <= query.limit);
        ids.extend(page.jobs.iter().map(|job| job.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return ids,
        }
    }
}

/// Stores as many jobs and answers with their ids, newest first.
async fn stored(store: &Store, samples: &Samples, count: usize) -> Vec<JobId> {
    let jobs: Vec<_> = (0..count).map(|_| samples.job()).collect();
    let ids = jobs.iter().rev().map(|new| new.job.id).collect();
    store.insert(jobs).await.unwrap();
    ids
}

pub async fn the_newest_comes_first(store: Store) {
    let samples = Samples::default();
    let mut expected = Vec::new();
    for _ in 0..5 {
        samples.clock.advance(Duration::from_secs(1));
        expected.insert(0, insert(&store, samples.job()).await.value);
    }
    let page = store.list(&all()).await.unwrap();
    assert_eq!(page.jobs, expected);
}

pub async fn every_filter_restricts(store: Store) {
    let samples = Samples::default();
    let plain = insert(&store, samples.job()).await.value.id;
    let typed =
        insert(&store, samples.job_with(|spec| spec.job_type = "command".into())).await.value.id;
    let tag = ("team".to_owned(), "blue".to_owned());
    let tagged = samples.job_with(|spec| spec.tags = [tag.clone()].into());
    let tagged = insert(&store, tagged).await.value.id;
    let child = insert(&store, samples.job_with(|spec| spec.parent = Some(plain))).await.value.id;
    claim(&store, &samples, plain).await;
    for tenant in [None, Some(samples.tenant.clone())] {
        let all = || JobQuery { tenant: tenant.clone(), ..all() };
        let status = Some(Status::Launching);
        assert_eq!(listed(&store, JobQuery { status, ..all() }).await, [plain]);
        let job_type = Some("command".to_owned());
        assert_eq!(listed(&store, JobQuery { job_type, ..all() }).await, [typed]);
        let tag = Some(tag.clone());
        assert_eq!(listed(&store, JobQuery { tag, ..all() }).await, [tagged]);
        let parent = Some(plain);
        assert_eq!(listed(&store, JobQuery { parent, ..all() }).await, [child]);
        assert_eq!(listed(&store, all()).await, [child, tagged, typed, plain]);
    }
}

/// All combinations of filters against a plain search.
pub async fn filters_restrict_together(store: Store) {
    let samples = Samples::default();
    let parents = [samples.job().job.id, samples.job().job.id];
    let mut jobs = Vec::new();
    for n in 0..32_usize {
        let tenant = samples.of_tenant(["ada", "bob"][n & 1]);
        let new = tenant.job_with(|spec| {
            spec.job_type = ["echo", "command"][n >> 1 & 1].into();
            spec.tags = [("team".to_owned(), ["blue", "red"][n >> 2 & 1].to_owned())].into();
            spec.parent = Some(parents[n >> 3 & 1]);
        });
        let mut job = insert(&store, new).await.value;
        if n >> 4 & 1 == 1 {
            job = drive(&store, &tenant, job.id, JobEvent::Cancel).await.value;
        }
        jobs.insert(0, job);
    }
    for filters in 0..32_u32 {
        let on = |bit: u32| filters >> bit & 1 == 1;
        let query = JobQuery {
            tenant: on(0).then(|| "ada".parse().unwrap()),
            job_type: on(1).then(|| "echo".to_owned()),
            tag: on(2).then(|| ("team".to_owned(), "red".to_owned())),
            parent: on(3).then_some(parents[0]),
            status: on(4).then_some(Status::Cancelled),
            limit: 3,
            ..JobQuery::default()
        };
        let expected = jobs.iter().filter(|job| {
            (!on(0) || job.tenant.as_str() == "ada")
                && (!on(1) || job.spec.job_type == "echo")
                && (!on(2) || job.spec.tags["team"] == "red")
                && (!on(3) || job.spec.parent == Some(parents[0]))
                && (!on(4) || job.status() == Status::Cancelled)
        });
        let expected: Vec<_> = expected.map(|job| job.id).collect();
        assert_eq!(paged(&store, query.clone()).await, expected, "{query:?}");
    }
}

pub async fn tenants_do_not_see_each_other(store: Store) {
    let samples = Samples::default();
    let (ada, bob) = (samples.of_tenant("ada"), samples.of_tenant("bob"));
    let (hers, his) =
        (insert(&store, ada.job()).await.value.id, insert(&store, bob.job()).await.value.id);
    for (samples, id) in [(ada, hers), (bob, his)] {
        let query = JobQuery { tenant: Some(samples.tenant), ..all() };
        assert_eq!(listed(&store, query).await, [id]);
    }
    let nobody = Some("nobody".parse().unwrap());
    assert_eq!(listed(&store, JobQuery { tenant: nobody, ..all() }).await, []);
    assert_eq!(listed(&store, all()).await, [his, hers]);
}

pub async fn a_status_filter_follows_the_job(store: Store) {
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await.value.id;
    let with =
        |status| JobQuery { tenant: Some(samples.tenant.clone()), status: Some(status), ..all() };
    assert_eq!(listed(&store, with(Status::Queued)).await, [id]);
    finish(&store, &samples, id).await;
    assert_eq!(listed(&store, with(Status::Queued)).await, []);
    assert_eq!(listed(&store, with(Status::Succeeded)).await, [id]);
}

pub async fn pages_join_without_gaps_or_repetitions(store: Store) {
    let samples = Samples::default();
    let ids = stored(&store, &samples, 23).await;
    for limit in [1, 2, 5, 22, 23, 24, 1_000] {
        for tenant in [None, Some(samples.tenant.clone())] {
            let query = JobQuery { limit, tenant, ..JobQuery::default() };
            assert_eq!(paged(&store, query).await, ids, "pages of {limit}");
        }
    }
}

pub async fn paging_is_not_disturbed_by_new_jobs(store: Store) {
    let samples = Samples::default();
    let ids = stored(&store, &samples, 10).await;
    let mut query = JobQuery { limit: 3, ..JobQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.list(&query).await.unwrap();
        seen.extend(page.jobs.iter().map(|job| job.id));
        stored(&store, &samples, 2).await;
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 10);
}

pub async fn an_exact_last_page_has_no_next(store: Store) {
    let samples = Samples::default();
    stored(&store, &samples, 4).await;
    let page = store.list(&JobQuery { limit: 4, ..JobQuery::default() }).await.unwrap();
    assert_eq!((page.jobs.len(), page.next), (4, None));
    let page = store.list(&JobQuery { limit: 3, ..JobQuery::default() }).await.unwrap();
    assert!(page.next.is_some());
}

pub async fn since_finds_jobs_created_at_that_moment_or_later(store: Store) {
    let samples = Samples::default();
    let mut jobs = Vec::new();
    for _ in 0..20 {
        samples.clock.advance(Duration::from_secs(1));
        jobs.insert(0, insert(&store, samples.job()).await.value);
    }
    for (index, job) in jobs.iter().enumerate() {
        let since = Some(job.created_at);
        let query = JobQuery { since, limit: 6, ..JobQuery::default() };
        let expected: Vec<_> = jobs[..=index].iter().map(|job| job.id).collect();
        assert_eq!(paged(&store, query).await, expected);
    }
    let since = Some(samples.now().plus(Duration::from_millis(1)));
    assert_eq!(listed(&store, JobQuery { since, ..all() }).await, []);
}

pub async fn since_is_not_misled_by_clocks_that_jump(store: Store) {
    let samples = Samples::default();
    let start = samples.now();
    let mut jobs = Vec::new();
    for second in [5, 1, 9, 2, 2, 8, 3, 20, 4, 10] {
        samples.clock.set(start.plus(Duration::from_secs(second)));
        jobs.insert(0, insert(&store, samples.job()).await.value);
    }
    for second in 0..22 {
        let since = start.plus(Duration::from_secs(second));
        let expected = jobs.iter().filter(|job| job.created_at >= since);
        let expected: BTreeSet<_> = expected.map(|job| job.id).collect();
        let query = JobQuery { since: Some(since), ..all() };
        let found: BTreeSet<_> = listed(&store, query).await.into_iter().collect();
        assert_eq!(found, expected, "since second {second}");
    }
}

pub async fn hostile_filters_find_only_what_equals_them(store: Store) {
    let samples = Samples::default();
    let texts = hostile_texts();
    let mut ids = Vec::new();
    for text in &texts {
        let new = samples.job_with(|spec| {
            spec.job_type.clone_from(text);
            spec.tags = [(text.clone(), text.clone())].into();
        });
        ids.push(insert(&store, new).await.value.id);
    }
    for (text, id) in texts.iter().zip(ids) {
        let tenant = Some(samples.tenant.clone());
        let tag = Some((text.clone(), text.clone()));
        assert_eq!(listed(&store, JobQuery { tenant, tag, ..all() }).await, [id], "{text:?}");
        let job_type = Some(text.clone());
        assert_eq!(listed(&store, JobQuery { job_type, ..all() }).await, [id], "{text:?}");
    }
}
