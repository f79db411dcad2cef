//! What a worker wants of other jobs.

use super::DirectLink;
use crate::{
    JobId,
    job::{JobEvent, JobState},
    mutant::{self, Mutant},
    ports::{
        ArtifactKey, ArtifactName, ChildOrder, ChildView, ChildrenError, Commit, LinkError,
        Ordered, StoreError,
    },
};

/// Children looked at in one go. A parent is looked at whenever one of them ends, so most looks must be short.
const CHILDREN_PAGE: usize = 32;

impl DirectLink {
    pub(super) async fn submit_children(
        &self,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, LinkError> {
        bounded(orders.len())?;
        let wrong =
            |order: &&ChildOrder| !(1..=ChildOrder::KEY_BYTES_MAX).contains(&order.key.len());
        if let Some(order) = orders.iter().find(wrong) {
            return Err(LinkError::Refused(format!(
                "a child's key has 1 to {} bytes, not {}",
                ChildOrder::KEY_BYTES_MAX,
                order.key.len()
            )));
        }
        let parent = self.held().await?;
        self.ports.children.submit(&parent, orders).await.map_err(unavailable)
    }

    pub(super) async fn look_at(
        &self,
        jobs: Vec<JobId>,
    ) -> Result<Vec<Option<ChildView>>, LinkError> {
        bounded(jobs.len())?;
        let job = self.held().await?;
        self.ports.children.look(&job, &jobs).await.map_err(unavailable)
    }

    pub(super) async fn artifact_of(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError> {
        let own = self.held().await?;
        let of = self.ports.store.load(job).await.map_err(super::unavailable)?;
        if of.is_none_or(|of| of.value.tenant != own.tenant) {
            return Ok(None);
        }
        let unavailable =
            |error: crate::ports::ArtifactError| LinkError::Unavailable(error.to_string());
        let files = self.ports.artifacts.list(job).await.map_err(unavailable)?;
        let named = files.into_iter().filter(|info| info.name == *name);
        let Some(attempt) = named.map(|info| info.attempt).max() else {
            return Ok(None);
        };
        let key = ArtifactKey { job, attempt, name: name.clone() };
        self.ports.artifacts.get(&key).await.map_err(unavailable)
    }

    /// Lets the parent go on if this end was the last that it waited for. Only makes it fast, so trouble is nobody's
    /// business: a parent that waits looks by itself as well.
    pub(super) async fn tell_parent(&self, parent: JobId) {
        let _ = self.release_parent(parent).await;
    }

    async fn release_parent(&self, parent: JobId) -> Result<(), StoreError> {
        let store = &self.ports.store;
        let Some(found) = store.load(parent).await? else { return Ok(()) };
        let JobState::Blocked { waits_for, .. } = &found.value.state else { return Ok(()) };
        let on = waits_for.clone();
        for page in on.rchunks(CHILDREN_PAGE) {
            let children = store.load_many(page).await?;
            let open = children.into_iter().flatten().any(|it| !it.value.status().is_final());
            if open && !mutant::active(Mutant::OpenChildReleases) {
                return Ok(());
            }
        }
        let now = self.ports.clock.now();
        let step = found.value.apply(JobEvent::ChildrenEnded { on }, now).ok().flatten();
        if let Some(step) = step.map(|step| step.left_to_the_sweeper(now)) {
            store.commit(vec![Commit { seen: found.version, step, result: None }]).await;
        }
        Ok(())
    }

    /// A job that waited for one that may wait for it, or for one that does not exist, would wait for ever.
    pub(super) async fn check_wait(&self, on: &[JobId]) -> Result<(), LinkError> {
        bounded(on.len())?;
        if on.is_empty() {
            return Err(LinkError::Refused("there is nothing to wait for".into()));
        }
        let own = self.ticket.key.job;
        let found = self.ports.store.load_many(on).await.map_err(super::unavailable)?;
        for (id, found) in on.iter().zip(found) {
            if found.is_none_or(|found| found.value.spec.parent != Some(own)) {
                let text = format!("{own} can wait only for its own children, not for {id}");
                return Err(LinkError::Refused(text));
            }
        }
        Ok(())
    }
}

fn bounded(count: usize) -> Result<(), LinkError> {
    let max = ChildOrder::COUNT_MAX;
    if count <= max {
        return Ok(());
    }
    Err(LinkError::Refused(format!("{count} jobs in one call are over the limit of {max}")))
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn unavailable(error: ChildrenError) -> LinkError {
    LinkError::Unavailable(error.to_string())
}
