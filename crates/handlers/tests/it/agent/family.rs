//! Children that end when a test says so. An answer has room for one result.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use agent_runner_domain::{
    JobId, Money, RawJson,
    job::{Job, Status},
    ports::{ChildOrder, ChildView, Children, ChildrenError, OrderFault, Ordered},
};
use async_trait::async_trait;
use serde_json::Value;

#[derive(Clone, Default)]
pub(crate) struct Family(Arc<Mutex<BTreeMap<String, (ChildOrder, ChildView)>>>);

impl Family {
    /// What was ordered, by key.
    pub(crate) fn orders(&self) -> Vec<ChildOrder> {
        self.0.lock().unwrap().values().map(|(order, _)| order.clone()).collect()
    }

    /// All are over, with this result.
    pub(crate) fn end(&self, result: &Value) {
        for (_, view) in self.0.lock().unwrap().values_mut() {
            view.status = Status::Succeeded;
            view.result = Some(RawJson::from(result));
        }
    }
}

#[async_trait]
impl Children for Family {
    async fn submit(
        &self,
        _parent: &Job,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, ChildrenError> {
        let mut children = self.0.lock().unwrap();
        let mut answer = |order: ChildOrder| {
            if order.payload.get().contains("refuse me") {
                let path = "/payload/message".to_owned();
                return Err(vec![OrderFault { path, message: "was refused".to_owned() }]);
            }
            let next = JobId::from_u128(1_000 + children.len() as u128);
            let view = ChildView {
                job_id: next,
                status: Status::Queued,
                cause: None,
                result: None,
                cost: Money::ZERO,
                result_left_out: false,
            };
            Ok(children.entry(order.key.clone()).or_insert((order, view)).1.job_id)
        };
        Ok(orders.into_iter().map(&mut answer).collect())
    }

    async fn look(
        &self,
        _of: &Job,
        jobs: &[JobId],
    ) -> Result<Vec<Option<ChildView>>, ChildrenError> {
        let children = self.0.lock().unwrap();
        let mut has_room = true;
        let mut view = |id: &JobId| {
            let found = children.values().map(|(_, view)| view).find(|view| view.job_id == *id);
            let mut view = found.cloned()?;
            if view.result.is_some() && !std::mem::take(&mut has_room) {
                (view.result, view.result_left_out) = (None, true);
            }
            Some(view)
        };
        Ok(jobs.iter().map(&mut view).collect())
    }
}
