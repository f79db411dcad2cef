//! What users see of their jobs.

use std::time::Duration;

use agent_runner_domain::JobId;

use super::User;
use crate::{actors::request::ask, invariants};

/// Few enough that a log takes several pages.
const PAGE: usize = 4;

impl User {
    pub(super) async fn read(&self, id: JobId) {
        let tenant = self.tenant.clone();
        let explained =
            ask(&self.sim, |engine| async move { engine.jobs().explain(&tenant, id).await }).await;
        self.check_found(id, explained.as_ref());
        self.read_log(id).await;
    }

    async fn read_log(&self, id: JobId) {
        let mut after = 0;
        loop {
            let tenant = self.tenant.clone();
            let asked = ask(&self.sim, |engine| async move {
                engine.jobs().events(&tenant, id, after, PAGE, Duration::ZERO).await
            });
            let Some(Ok(page)) = asked.await else {
                return;
            };
            for event in &page.events {
                if event.seq != after + 1 {
                    let what = format!("event {} comes after {after}", event.seq);
                    self.sim.complain(invariants::PROMISES, what);
                }
                after = event.seq;
            }
            if page.complete {
                self.sim.world().check_complete(id, after);
            }
            if page.complete || page.events.is_empty() {
                return;
            }
        }
    }
}
