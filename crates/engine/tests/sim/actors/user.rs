//! Users: they submit, change and read jobs, and repeat themselves when they are not answered.

mod drafts;
mod money;
mod reading;

use agent_runner_domain::{
    JobId, TenantId,
    job::{Priority, Status},
};
use agent_runner_engine::{
    EngineError,
    jobs::{Draft, Submitted},
};

use super::request::ask;
use crate::{
    invariants,
    schedule::OUTSIDE,
    world::{Millis, Sim},
};

/// How often a user repeats a submission that carries a key.
const TRIES_MAX: u32 = 6;

struct User {
    sim: Sim,
    tenant: TenantId,
}

/// Lets a user into the world.
pub(crate) fn enter(sim: &Sim, number: usize) {
    sim.world().users_busy += 1;
    let user = User { sim: sim.clone(), tenant: TenantId::default_tenant() };
    sim.spawn(OUTSIDE, format!("user {number}"), user.live());
}

/// Somebody who has just lost patience with a job, in the middle of whatever its worker does.
pub(crate) fn cancel_now(sim: &Sim, id: JobId) {
    sim.world().users_busy += 1;
    let user = User { sim: sim.clone(), tenant: TenantId::default_tenant() };
    sim.spawn(OUTSIDE, "impatient user", async move {
        user.cancel(id).await;
        user.sim.world().users_busy -= 1;
    });
}

impl User {
    async fn live(self) {
        let actions = self.sim.pick(3..10);
        let longest: Millis = if self.sim.chance(0.3) { 500 } else { 20_000 };
        for _ in 0..actions {
            let pause = self.sim.pick(0..longest);
            self.sim.sleep(pause).await;
            self.act().await;
        }
        self.sim.world().users_busy -= 1;
    }

    async fn act(&self) {
        let known = self.sim.world().any_job();
        match (self.sim.pick(0..18), known) {
            (0..=4, _) | (_, None) => self.submit_one().await,
            (5..=6, _) => self.submit_chain().await,
            (7, _) => self.repeat_a_key().await,
            (8..=10, Some(id)) => self.cancel(id).await,
            (11..=12, Some(id)) => self.retry(id).await,
            (13, Some(id)) => self.raise(id).await,
            (14, _) => self.limit_the_day().await,
            (15, Some(id)) => self.read_cost(id).await,
            (_, Some(id)) => self.read(id).await,
        }
    }

    async fn submit_one(&self) {
        let draft = drafts::draw(&mut self.sim.world());
        self.submit(vec![draft]).await;
    }

    async fn submit_chain(&self) {
        let drafts = drafts::draw_chain(&mut self.sim.world());
        self.submit(drafts).await;
    }

    async fn repeat_a_key(&self) {
        let Some(mut draft) = drafts::any_with_a_key(&mut self.sim.world()) else {
            return;
        };
        let another_body = self.sim.chance(0.5);
        if let Some(idempotency) = draft.idempotency.as_mut().filter(|_| another_body) {
            idempotency.fingerprint = [9; 32];
        }
        self.submit(vec![draft]).await;
    }

    /// Submits, again and again where keys make that safe and nothing has been heard.
    async fn submit(&self, drafts: Vec<Draft>) {
        let safe = drafts.iter().all(|draft| draft.idempotency.is_some());
        let tries = if safe { TRIES_MAX } else { 1 };
        for _ in 0..tries {
            let (tenant, batch) = (self.tenant.clone(), drafts.clone());
            let asked =
                ask(&self.sim, |engine| async move { engine.jobs().submit(&tenant, batch).await });
            let Some(answers) = asked.await else {
                self.sim.sleep(1_000).await;
                continue;
            };
            let mut heard = true;
            for (draft, answer) in drafts.iter().zip(&answers) {
                heard &= self.hear(draft, answer);
            }
            if heard {
                return;
            }
            self.sim.sleep(1_000).await;
        }
    }

    /// Whether this was a definite answer.
    fn hear(&self, draft: &Draft, answer: &Result<Submitted, EngineError>) -> bool {
        let mut world = self.sim.world();
        match answer {
            Ok(submitted) => {
                let name = world.trace.name(submitted.job.id);
                world.say(|| format!("{name} is accepted: {:?}", draft.spec));
                world.promised(draft, submitted.job.id);
                true
            }
            Err(EngineError::KeyTaken(owner)) => {
                world.key_taken(draft, *owner);
                true
            }
            Err(EngineError::Unavailable(_)) => false,
            Err(EngineError::Invalid(_)) if world.parent_may_refuse(draft) => true,
            Err(error) => {
                world.complain(invariants::ONE_KEY, format!("a good submission got: {error:?}"));
                true
            }
        }
    }

    async fn cancel(&self, id: JobId) {
        let tenant = self.tenant.clone();
        let cancelled =
            ask(&self.sim, |engine| async move { engine.jobs().cancel(&tenant, id).await }).await;
        if let Some(Ok(job)) = &cancelled
            && job.status() != Status::Cancelled
        {
            self.sim.complain(invariants::PROMISES, format!("cancelled, yet {}", job.status()));
        }
        self.check_found(id, cancelled.as_ref());
    }

    async fn retry(&self, id: JobId) {
        self.sim.world().ledger.may_retry(id);
        let tenant = self.tenant.clone();
        let retried =
            ask(&self.sim, |engine| async move { engine.jobs().retry(&tenant, id).await }).await;
        self.check_found(id, retried.as_ref());
    }

    async fn raise(&self, id: JobId) {
        let tenant = self.tenant.clone();
        let top = Priority::try_from(10).expect("10 is a priority");
        let raised =
            ask(
                &self.sim,
                |engine| async move { engine.jobs().set_priority(&tenant, id, top).await },
            );
        let raised = raised.await;
        self.check_found(id, raised.as_ref());
    }

    fn check_found<T>(&self, id: JobId, answer: Option<&Result<T, EngineError>>) {
        if matches!(answer, Some(Err(EngineError::JobNotFound(_)))) {
            self.sim.complain(invariants::PROMISES, format!("{id} was accepted and is not found"));
        }
    }
}
