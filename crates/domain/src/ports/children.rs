//! How a running job starts others.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    JobId, RawJson,
    job::{Cause, Job, Priority, Status},
    money::Money,
};

/// A job that a running job wants to start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildOrder {
    /// The parent's own name for this child, 1 to [`ChildOrder::KEY_BYTES_MAX`] bytes: the same key is the same
    /// child, whatever else the order says, in every attempt of the parent.
    pub key: String,
    pub job_type: String,
    pub payload: RawJson,
    /// On top of the parent's, which every child carries, so that reports by tag count a family whole.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// A limit of its own within those of its ancestors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// How long an attempt of it may run; the default of submissions when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The parent's when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

impl ChildOrder {
    pub const KEY_BYTES_MAX: usize = 200;
    /// Orders in one call.
    pub const COUNT_MAX: usize = 1_000;
}

/// One thing that is wrong with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFault {
    /// Where, as a JSON pointer into the order: `/payload/message`, `/job_type`. `/parent` when the family is
    /// too deep.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A job as its family sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildView {
    pub job_id: JobId,
    pub status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Where it succeeded. `null` is a result too, so what is absent is left out.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub result: Option<RawJson>,
    /// Spent so far by it and all its descendants.
    pub cost: Money,
    /// There is a result, which had no room in this answer: look at the job again, with fewer beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub result_left_out: bool,
}

impl ChildView {
    /// Of all results in one answer, except that the first one always has room.
    pub const RESULTS_BYTES_MAX: usize = 16 << 20;
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

/// What became of one order: the child's id, or all that is wrong with it.
pub type Ordered = Result<JobId, Vec<OrderFault>>;

/// It may work later. Whether anything was stored is not known; repeating is safe.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ChildrenError(pub String);

/// Starts jobs on behalf of a running one and lets it look at its family.
#[async_trait]
pub trait Children: Send + Sync {
    /// Accepts each order as a job of the parent's tenant, or says what is wrong with it, in the given order.
    /// An accepted child is durable. A key that made a child of this parent before is answered with it.
    async fn submit(
        &self,
        parent: &Job,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, ChildrenError>;

    /// Jobs as they are, in the given order; `None` for what does not exist or is not of `of`'s family, which is
    /// every job with the same root: the root itself and all that descends from it. After the first result that has
    /// no room in [`ChildView::RESULTS_BYTES_MAX`], the others are left out, too.
    async fn look(&self, of: &Job, jobs: &[JobId])
    -> Result<Vec<Option<ChildView>>, ChildrenError>;
}
