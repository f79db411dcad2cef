//! Jobs that start jobs, over the stores themselves.
//!
//! Used by the engine for workers that speak to it, and by workers that reach the stores: both check orders alike and
//! store children in the same way. What a payload must be is said by whoever knows the job types.

mod order;

use std::sync::Arc;

use async_trait::async_trait;

use self::order::{faults, new_child};
use crate::{
    JobId, RawJson,
    job::{Job, Status},
    ports::{
        ChildOrder, ChildView, Children, ChildrenError, Clock, Ids, Inserted, JobStore, Ledger,
        NewJob, OrderFault, Ordered, QueueMessage, StoreError, WorkQueue,
    },
};

/// New jobs per call to the store, so that a large family does not hold up everybody else's writes.
const INSERT_MAX: usize = 500;

/// What [`DirectChildren`] reaches.
#[derive(Clone)]
pub struct ChildPorts {
    pub store: Arc<dyn JobStore>,
    pub queue: Arc<dyn WorkQueue>,
    pub ledger: Arc<dyn Ledger>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// Says what is wrong with a payload for a job of this type, or with the type.
pub type CheckPayload = Arc<dyn Fn(&str, &RawJson) -> Vec<OrderFault> + Send + Sync>;

/// [`Children`] without anything in between.
#[derive(Clone)]
pub struct DirectChildren {
    ports: ChildPorts,
    check: CheckPayload,
}

impl DirectChildren {
    #[must_use]
    pub fn new(ports: ChildPorts, check: CheckPayload) -> Self {
        Self { ports, check }
    }

    fn judge(&self, parent: &Job, order: &ChildOrder) -> Vec<OrderFault> {
        let faults = faults(parent, order);
        if faults.is_empty() { (self.check)(&order.job_type, &order.payload) } else { faults }
    }

    fn child(&self, parent: &Job, order: ChildOrder) -> NewJob {
        let now = self.ports.clock.now();
        new_child(parent, order, self.ports.ids.job_id(now), now)
    }

    /// What is accepted is ready at once. The sweeper sends the messages that are lost here.
    async fn insert(
        &self,
        parent: &Job,
        children: Vec<NewJob>,
    ) -> Result<Vec<Ordered>, ChildrenError> {
        let jobs: Vec<_> = children.iter().map(|child| child.job.clone()).collect();
        let inserted = self.ports.store.insert(children).await.map_err(unavailable)?;
        let (mut answers, mut messages) = (Vec::with_capacity(jobs.len()), Vec::new());
        for (job, inserted) in jobs.into_iter().zip(inserted) {
            answers.push(match inserted {
                Inserted::New(_) => {
                    messages.extend(message(&job));
                    Ok(job.id)
                }
                Inserted::Existing(id) => self.existing(parent, id).await?,
                Inserted::KeyTaken(id) => Err(vec![taken(id)]),
                Inserted::ParentLost => {
                    return Err(ChildrenError("the attempt no longer holds the job".to_owned()));
                }
            });
        }
        if !messages.is_empty() {
            let _ = self.ports.queue.send(messages).await;
        }
        Ok(answers)
    }

    async fn existing(&self, parent: &Job, id: JobId) -> Result<Ordered, ChildrenError> {
        let found = self.ports.store.load(id).await.map_err(unavailable)?;
        let own = found.is_some_and(|found| found.value.spec.parent == Some(parent.id));
        Ok(if own { Ok(id) } else { Err(vec![taken(id)]) })
    }

    /// The result of a success, or that it is left out. `room` is what others leave of the answer; `None`: nothing.
    async fn result_of(
        &self,
        job: &Job,
        room: &mut Option<usize>,
    ) -> Result<(Option<RawJson>, bool), ChildrenError> {
        if job.status() != Status::Succeeded {
            return Ok((None, false));
        }
        let Some(left) = *room else { return Ok((None, true)) };
        let result = self.ports.store.result(job.id).await.map_err(unavailable)?;
        let bytes = result.as_ref().map_or(0, |result| result.get().len());
        let is_first = left == ChildView::RESULTS_BYTES_MAX;
        *room = left.checked_sub(bytes);
        if room.is_none() && !is_first {
            return Ok((None, true));
        }
        Ok((result, false))
    }
}

#[async_trait]
impl Children for DirectChildren {
    async fn submit(
        &self,
        parent: &Job,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, ChildrenError> {
        let faults: Vec<_> = orders.iter().map(|order| self.judge(parent, order)).collect();
        let sound = orders.into_iter().zip(&faults).filter(|(_, faults)| faults.is_empty());
        let mut children: Vec<_> = sound.map(|(order, _)| self.child(parent, order)).collect();
        let mut answers = Vec::with_capacity(children.len());
        while !children.is_empty() {
            let rest = children.split_off(children.len().min(INSERT_MAX));
            answers.extend(self.insert(parent, std::mem::replace(&mut children, rest)).await?);
        }
        let mut answers = answers.into_iter();
        let answer = |faults: Vec<OrderFault>| {
            if !faults.is_empty() {
                return Ok(Err(faults));
            }
            answers.next().ok_or_else(|| ChildrenError("the store gave no answer".to_owned()))
        };
        faults.into_iter().map(answer).collect()
    }

    async fn look(
        &self,
        of: &Job,
        jobs: &[JobId],
    ) -> Result<Vec<Option<ChildView>>, ChildrenError> {
        let found = self.ports.store.load_many(jobs).await.map_err(unavailable)?;
        let costs = self.ports.ledger.costs(jobs).await;
        let costs = costs.map_err(|error| ChildrenError(error.to_string()))?;
        let mut views = Vec::with_capacity(jobs.len());
        let mut room = Some(ChildView::RESULTS_BYTES_MAX);
        for (found, cost) in found.into_iter().zip(costs) {
            let Some(job) = found.map(|found| found.value).filter(|job| root(job) == root(of))
            else {
                views.push(None);
                continue;
            };
            let (result, result_left_out) = self.result_of(&job, &mut room).await?;
            views.push(Some(ChildView {
                job_id: job.id,
                status: job.status(),
                cause: job.cause,
                result,
                cost: cost.spent,
                result_left_out,
            }));
        }
        Ok(views)
    }
}

/// The eldest of a job's family.
fn root(job: &Job) -> JobId {
    job.spec.ancestors.first().copied().unwrap_or(job.id)
}

fn message(job: &Job) -> Option<QueueMessage> {
    job.rank().map(|rank| QueueMessage { job: job.id, rank, tenant: job.tenant.clone() })
}

fn taken(by: JobId) -> OrderFault {
    OrderFault { path: "/key".to_owned(), message: format!("{by} has taken this key") }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn unavailable(error: StoreError) -> ChildrenError {
    ChildrenError(error.to_string())
}
