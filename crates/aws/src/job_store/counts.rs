//! How many jobs there are, by tenant, type and status: numbers beside the jobs, over a few shards.

use std::collections::{BTreeMap, HashMap};

use agent_runner_domain::{
    TenantId,
    job::{Job, Status},
    ports::{Count, StoreError},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{DynamoJobStore, faults::corrupt, keys};
use crate::table::{
    CALLS_MAX, Expression, Item, SHARDS, Walk, number, read_number, read_text, text,
};

const TENANT: &str = "tenant";
const JOB_TYPE: &str = "job_type";

/// What some writes have changed.
#[derive(Debug, Default)]
pub(super) struct Changes(HashMap<(TenantId, String), BTreeMap<Status, i64>>);

impl Changes {
    pub(super) fn stored(&mut self, job: &Job) {
        self.add(job, job.status(), 1);
    }

    /// The job had the status `before` its last step.
    pub(super) fn moved(&mut self, job: &Job, before: Option<Status>) {
        if let Some(before) = before.filter(|before| *before != job.status()) {
            self.add(job, before, -1);
            self.add(job, job.status(), 1);
        }
    }

    fn add(&mut self, job: &Job, status: Status, jobs: i64) {
        let key = (job.tenant.clone(), job.spec.job_type.clone());
        *self.0.entry(key).or_default().entry(status).or_default() += jobs;
    }

    /// Adds them to what is counted. A failure is only told: the jobs themselves are stored.
    pub(super) async fn store(self, store: &DynamoJobStore) {
        let adding = self.0.into_iter().map(|((tenant, job_type), changes)| async move {
            let key = keys::counts(&tenant, &job_type, fastrand::u32(..SHARDS));
            let mut change = Expression::default()
                .set(TENANT, text(tenant.as_str()))
                .set(JOB_TYPE, text(job_type));
            for (status, jobs) in changes.into_iter().filter(|(_, jobs)| *jobs != 0) {
                change = change.count(status.as_str(), number(jobs));
            }
            if let Err(fault) = store.table.update(&key, &change).await {
                tracing::warn!(error = %fault, "jobs were stored and could not be counted");
            }
        });
        stream::iter(adding).buffer_unordered(CALLS_MAX).collect::<()>().await;
    }
}

pub(super) async fn read(store: &DynamoJobStore) -> Result<Vec<Count>, StoreError> {
    let walks = (0..SHARDS).map(|shard| {
        let hash = format!("counts#{shard}");
        let limit = usize::MAX;
        store.table.query(Walk { index: None, hash, range: None, newest_first: false, limit })
    });
    let items: Vec<Vec<Item>> = stream::iter(walks).buffered(CALLS_MAX).try_collect().await?;
    let mut sums: BTreeMap<(TenantId, String, Status), i64> = BTreeMap::new();
    for item in items.iter().flatten() {
        let lacks = |what| corrupt("a count of jobs", format!("it has no {what}"));
        let tenant = read_text(item, TENANT).and_then(|tenant| tenant.parse().ok());
        let tenant: TenantId = tenant.ok_or_else(|| lacks(TENANT))?;
        let job_type = read_text(item, JOB_TYPE).ok_or_else(|| lacks(JOB_TYPE))?;
        for status in Status::ALL {
            let jobs: i64 = read_number(item, status.as_str()).unwrap_or(0);
            *sums.entry((tenant.clone(), job_type.to_owned(), status)).or_default() += jobs;
        }
    }
    let count = |((tenant, job_type, status), jobs)| {
        let jobs = u64::try_from(jobs).ok().filter(|jobs| *jobs > 0)?;
        Some(Count { tenant, job_type, status, jobs })
    };
    Ok(sums.into_iter().filter_map(count).collect())
}
