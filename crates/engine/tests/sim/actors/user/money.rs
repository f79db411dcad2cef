//! Users who look at what things cost, and limit it.

use agent_runner_domain::{JobId, Money};

use super::User;
use crate::actors::request::ask;

impl User {
    /// Sets what may be spent a day, or lifts the limit.
    pub(super) async fn limit_the_day(&self) {
        let limit = self.sim.chance(0.7).then(|| self.sim.pick(0..1_000));
        let limit = limit.map(|limit| Money::from_nanodollars(limit.unsigned_abs()));
        let tenant = self.tenant.clone();
        ask(
            &self.sim,
            |engine| async move { engine.jobs().set_daily_budget(&tenant, limit).await },
        )
        .await;
    }

    pub(super) async fn read_cost(&self, id: JobId) {
        let taken = self.sim.world().taken_for(id);
        let asked = ask(&self.sim, |engine| async move { engine.jobs().costs(&[id]).await });
        if let Some(Ok(costs)) = asked.await {
            self.sim.world().check_cost(id, costs[0], taken);
        }
    }
}
