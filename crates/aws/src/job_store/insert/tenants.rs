//! Who has jobs, for lists over all tenants.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use agent_runner_domain::{
    TenantId,
    ports::{NewJob, StoreError},
};

use crate::{
    job_store::{DynamoJobStore, keys::TENANTS},
    table::{Key, SK, Walk, read_text},
};

/// Those that this process has seen in the table. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::job_store) struct KnownTenants(Arc<Mutex<HashSet<TenantId>>>);

impl KnownTenants {
    fn with<R>(&self, use_it: impl FnOnce(&mut HashSet<TenantId>) -> R) -> R {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Before the first job of a tenant is stored, so that no job is without.
pub(super) async fn know(store: &DynamoJobStore, jobs: &[NewJob]) -> Result<(), StoreError> {
    let unknown: HashSet<_> = store.tenants.with(|known| {
        let tenants = jobs.iter().map(|new| &new.job.tenant);
        tenants.filter(|tenant| !known.contains(*tenant)).cloned().collect()
    });
    for tenant in unknown {
        store.table.put(Key::new(TENANTS, tenant.as_str()).item()).await?;
        store.tenants.with(|known| known.insert(tenant));
    }
    Ok(())
}

pub(in crate::job_store) async fn tenants(
    store: &DynamoJobStore,
) -> Result<Vec<TenantId>, StoreError> {
    let hash = TENANTS.to_owned();
    let walk = Walk { index: None, hash, range: None, newest_first: false, limit: usize::MAX };
    let found = store.table.query(walk).await?;
    Ok(found.iter().filter_map(|item| read_text(item, SK)?.parse().ok()).collect())
}
