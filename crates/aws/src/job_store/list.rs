//! Pages of jobs, newest first.
//!
//! The newest job is the one with the greatest id, which begins with the time. A list walks what has its jobs in
//! this order, over the shards at once, and reads the jobs themselves: an index may be late.

use agent_runner_domain::{
    JobId, TenantId,
    job::Job,
    ports::{CursorPosition, JobPage, JobQuery, StoreError},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{DynamoJobStore, insert, keys, read};
use crate::table::{
    BY_STATUS, BY_TENANT, BY_TYPE, CALLS_MAX, Index, Item, PK, SHARDS, SK, Walk, read_text, text,
};

/// Jobs that are read at once when filters leave out most of what is walked.
const READ_MAX: usize = 1_000;

pub(super) async fn page(store: &DynamoJobStore, query: &JobQuery) -> Result<JobPage, StoreError> {
    let sources = sources(store, query).await?;
    let mut before = query.after.map(|after| after.0);
    let mut jobs: Vec<Job> = Vec::new();
    let mut want = query.limit.saturating_add(1);
    loop {
        let candidates = newest(store, &sources, query, before, want).await?;
        before = candidates.last().map(|id| id.as_u128());
        let read = read::load_many(store, &candidates).await?;
        let found = read.into_iter().flatten().map(|job| job.value);
        jobs.extend(found.filter(|job| matches(job, query)));
        if jobs.len() > query.limit || candidates.len() < want {
            break;
        }
        want = want.saturating_mul(2).clamp(1, READ_MAX.max(query.limit));
    }
    let more = jobs.len() > query.limit;
    jobs.truncate(query.limit);
    let next = jobs.last().filter(|_| more).map(|last| CursorPosition(last.id.as_u128()));
    Ok(JobPage { jobs, next })
}

/// Jobs in the order of their ids: an index, or items of their own.
struct Source {
    index: Option<Index>,
    hash: String,
}

/// What together holds every job that the query is about. The most telling filter leads; the others only filter.
async fn sources(store: &DynamoJobStore, query: &JobQuery) -> Result<Vec<Source>, StoreError> {
    if let Some(parent) = query.parent {
        return Ok(vec![Source { index: None, hash: keys::children(parent) }]);
    }
    let tenants = match &query.tenant {
        Some(tenant) => vec![tenant.clone()],
        None => insert::tenants(store).await?,
    };
    let of_tenant = |tenant: TenantId| (0..SHARDS).map(move |shard| source(query, &tenant, shard));
    Ok(tenants.into_iter().flat_map(of_tenant).collect())
}

fn source(query: &JobQuery, tenant: &TenantId, shard: u32) -> Source {
    let (index, hash) = match query {
        JobQuery { tag: Some((key, value)), .. } => (None, keys::tag(tenant, key, value, shard)),
        JobQuery { status: Some(status), .. } => {
            (Some(BY_STATUS), keys::by_status(tenant, *status, shard))
        }
        JobQuery { job_type: Some(job_type), .. } => {
            (Some(BY_TYPE), keys::by_type(tenant, job_type, shard))
        }
        _ => (Some(BY_TENANT), keys::by_tenant(tenant, shard)),
    };
    Source { index, hash }
}

impl Source {
    fn walk(&self, first: JobId, last: JobId, limit: usize) -> Walk {
        let bound = |id| text(if self.index.is_some() { keys::pk(id) } else { id.to_string() });
        Walk {
            index: self.index,
            hash: self.hash.clone(),
            range: Some(("#range BETWEEN :1 AND :2", vec![bound(first), bound(last)])),
            newest_first: true,
            limit,
        }
    }

    fn id(&self, item: &Item) -> Option<JobId> {
        match self.index {
            Some(_) => keys::id_of(read_text(item, PK)?),
            None => read_text(item, SK)?.parse().ok(),
        }
    }
}

/// The newest `want` of all sources, before the cursor.
async fn newest(
    store: &DynamoJobStore,
    sources: &[Source],
    query: &JobQuery,
    before: Option<u128>,
    want: usize,
) -> Result<Vec<JobId>, StoreError> {
    let first = query.since.map_or(JobId::from_u128(0), |since| JobId::new(since, 0));
    let Some(last) = before.unwrap_or(u128::MAX).checked_sub(u128::from(before.is_some())) else {
        return Ok(Vec::new());
    };
    let last = JobId::from_u128(last);
    if first > last {
        return Ok(Vec::new());
    }
    let walks = sources.iter().map(|source| async move {
        let items = store.table.query(source.walk(first, last, want)).await?;
        Ok::<_, StoreError>(items.iter().filter_map(|item| source.id(item)).collect::<Vec<_>>())
    });
    let walks: Vec<_> = walks.collect();
    let found: Vec<Vec<JobId>> =
        stream::iter(walks).buffer_unordered(CALLS_MAX).try_collect().await?;
    let mut ids: Vec<_> = found.into_iter().flatten().collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.truncate(want);
    Ok(ids)
}

fn matches(job: &Job, query: &JobQuery) -> bool {
    fn passes<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
        wanted.is_none_or(|wanted| wanted == is)
    }
    passes(query.tenant.as_ref(), &job.tenant)
        && passes(query.status.as_ref(), &job.status())
        && passes(query.job_type.as_ref(), &job.spec.job_type)
        && (query.parent.is_none() || query.parent == job.spec.parent)
        && query.since.is_none_or(|since| job.created_at >= since)
        && query.tag.as_ref().is_none_or(|(key, value)| job.spec.tags.get(key) == Some(value))
}
