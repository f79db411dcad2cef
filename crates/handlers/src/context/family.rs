//! Jobs that a job starts.

use agent_runner_domain::{
    JobId,
    job::Failure,
    ports::{ChildOrder, ChildView, Ordered},
};

use super::Context;

impl Context {
    /// Starts jobs as children of this one: for each order the child's id, or what is wrong with the order. The
    /// same key is the same child, in every attempt.
    ///
    /// # Errors
    /// When they cannot be submitted at all, or the attempt is over.
    pub async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, Failure> {
        let what = "jobs cannot be started";
        self.ask_link(what, || self.link.submit(orders.clone())).await
    }

    /// Jobs of the own family as they are; `None` for others. Results that are too large together are left out:
    /// see [`ChildView::result_left_out`].
    ///
    /// # Errors
    /// When they cannot be asked for at all, or the attempt is over.
    pub async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, Failure> {
        let what = "jobs cannot be looked at";
        self.ask_link(what, || self.link.look(jobs.clone())).await
    }
}
