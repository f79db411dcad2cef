//! A queue under judgement, and what the rules do to it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use agent_runner_domain::{
    JobId,
    job::{Job, JobEvent, Priority},
    ports::{Commit, JobStore, NewJob, QueueMessage, Receipt, Versioned, WorkQueue},
};

use crate::Samples;

/// Longer than any queue needs that has something to say.
pub(super) const LONG: Duration = Duration::from_secs(20);

/// A queue, and the store whose ready jobs it carries.
#[derive(Clone)]
pub struct Subject {
    pub queue: Arc<dyn WorkQueue>,
    pub store: Arc<dyn JobStore>,
    /// Their clock must be the queue's.
    pub samples: Samples,
}

impl Subject {
    /// Stores a ready job and sends it.
    pub(super) async fn offer(&self, priority: Priority) -> JobId {
        self.offer_many(1, priority).await.remove(0)
    }

    pub(super) async fn offer_many(&self, count: usize, priority: Priority) -> Vec<JobId> {
        let job = |_| self.samples.job_with(|spec| spec.priority = priority);
        let jobs: Vec<NewJob> = (0..count).map(job).collect();
        let messages = jobs.iter().map(|new| message(&new.job)).collect();
        let ids = jobs.iter().map(|new| new.job.id).collect();
        self.store.insert(jobs).await.unwrap();
        self.queue.send(messages).await.unwrap();
        ids
    }

    /// Stores what `event` makes of the job, and sends it where it is ready then.
    pub(super) async fn drive(&self, id: JobId, event: JobEvent) {
        let seen = self.load(id).await;
        let commit: Commit = self.samples.commit(&seen, event);
        let ready = commit.step.job.rank().map(|_| message(&commit.step.job));
        self.store.commit(vec![commit]).await.remove(0).unwrap();
        self.queue.send(ready.into_iter().collect()).await.unwrap();
    }

    pub(super) async fn load(&self, id: JobId) -> Versioned<Job> {
        self.store.load(id).await.unwrap().unwrap()
    }

    /// The message of a stored job, once more.
    pub(super) async fn send_again(&self, id: JobId) {
        let job = self.load(id).await.value;
        self.queue.send(vec![message(&job)]).await.unwrap();
    }

    /// What can be received now.
    pub(super) async fn receive(&self, max: usize) -> Vec<Receipt> {
        self.queue.receive(max, Duration::ZERO).await.unwrap()
    }

    /// The jobs that can be received now, one by one.
    pub(super) async fn received(&self) -> Vec<JobId> {
        let mut jobs = Vec::new();
        loop {
            match self.receive(1).await.pop() {
                Some(receipt) => jobs.push(receipt.job),
                None => return jobs,
            }
        }
    }
}

fn message(job: &Job) -> QueueMessage {
    QueueMessage {
        job: job.id,
        rank: job.rank().expect("the job is ready"),
        tenant: job.tenant.clone(),
    }
}

pub(super) fn jobs(receipts: &[Receipt]) -> Vec<JobId> {
    receipts.iter().map(|receipt| receipt.job).collect()
}

pub(super) fn set(ids: impl IntoIterator<Item = JobId>) -> BTreeSet<JobId> {
    ids.into_iter().collect()
}
