//! Workers that ask models and start others, by a script that every attempt goes through from the beginning.

use std::collections::BTreeMap;

use agent_runner_domain::{
    JobId, Money, RawJson,
    ports::{CallKey, Charge, ChildOrder, Reserved, SpendAsk, Tokens},
};

use super::{Cut, Worker};
use crate::{
    ledger::Answer,
    script::{Child, Move, Payload},
    world::World,
};

/// What an agent knows in one attempt.
#[derive(Default)]
pub(super) struct Agent {
    /// What earlier attempts have left.
    steps: BTreeMap<String, RawJson>,
    children: Vec<JobId>,
    calls: u32,
    /// Places passed at which a worker may die.
    places: u32,
}

impl Worker {
    pub(super) async fn act(&mut self, script: &[Move]) -> Result<(), Cut> {
        if script.is_empty() {
            return Ok(());
        }
        let steps = self.persist(|link| link.steps()).await.map_err(|_| Cut::Unheard)?;
        self.sim.world().check_steps(self.key, &steps);
        self.agent.steps = steps.into_iter().collect();
        for next in script {
            self.may_die()?;
            self.try_patience();
            let pause = self.sim.pick(1..1_500);
            self.spend(pause).await?;
            match next {
                Move::Ask { name, most } => {
                    self.ask(name, most.map(Money::from_nanodollars)).await?;
                }
                Move::Start(children) => self.start_children(children).await?,
                Move::Wait => self.wait().await?,
            }
        }
        Ok(())
    }

    /// The plan may have it die here.
    fn may_die(&mut self) -> Result<(), Cut> {
        self.agent.places += 1;
        if self.plan.dies_at == Some(self.agent.places) {
            self.sim.say(|| "dies".to_owned());
            return Err(Cut::Died);
        }
        Ok(())
    }

    /// As handlers do it: what is recorded is settled once more and not asked again.
    async fn ask(&mut self, name: &str, most: Option<Money>) -> Result<(), Cut> {
        if let Some(answer) = self.agent.steps.get(name) {
            let answer = Answer::read(answer);
            return self.settle(&answer).await;
        }
        self.agent.calls += 1;
        let call = CallKey { job: self.key.job, attempt: self.key.attempt, call: self.agent.calls };
        self.reserve(call, most).await?;
        self.may_die()?;
        let cost = {
            let mut world = self.sim.world();
            world.check_not_recorded(call, name);
            world.make_call(call, most)
        };
        let thinks = self.sim.pick(50..4_000);
        self.spend(thinks).await?;
        self.may_die()?;
        let answer = Answer { call, cost };
        if self.sim.chance(0.5) {
            self.settle(&answer).await?;
            self.may_die()?;
            self.record(name, &answer).await
        } else {
            self.record(name, &answer).await?;
            self.may_die()?;
            self.settle(&answer).await
        }
    }

    async fn reserve(&mut self, call: CallKey, most: Option<Money>) -> Result<(), Cut> {
        let ask = SpendAsk { provider: "sim".to_owned(), model: "m".to_owned(), most };
        let held = self.sim.world().is_held_by(self.key);
        let reserved = self.persist(|link| link.reserve(call.call, ask.clone())).await;
        match reserved.map_err(|_| Cut::Unheard)? {
            Reserved::Granted => {
                self.sim.world().check_granted(call, most, held);
                Ok(())
            }
            Reserved::Exceeded(_) | Reserved::NoPrice { .. } => Err(Cut::OutOfMoney),
        }
    }

    async fn settle(&mut self, answer: &Answer) -> Result<(), Cut> {
        let Answer { call, cost } = *answer;
        let charge = Charge { model: "m".to_owned(), cost, tokens: Tokens::default() };
        let settled = self.persist(|link| link.settle(call, charge.clone())).await;
        settled.map_err(|_| Cut::Unheard)
    }

    /// Sometimes it records another answer after the first, which must not count.
    async fn record(&mut self, name: &str, answer: &Answer) -> Result<(), Cut> {
        let value = answer.json();
        let recorded = self.persist(|link| link.record_step(name, value.clone())).await;
        recorded.map_err(|_| Cut::Unheard)?;
        if self.sim.chance(0.1) {
            let other = Answer { cost: Some(Money::MAX), ..*answer }.json();
            let recorded = self.persist(|link| link.record_step(name, other.clone())).await;
            recorded.map_err(|_| Cut::Unheard)?;
        }
        Ok(())
    }

    async fn start_children(&mut self, children: &[Child]) -> Result<(), Cut> {
        let timeout = self.sim.world().rng.u64(20_000..90_000);
        let orders: Vec<_> = children.iter().map(|child| order(child, timeout)).collect();
        // In the middle of what follows.
        self.try_patience();
        let answers = self.persist(|link| link.submit(orders.clone())).await;
        let answers = answers.map_err(|_| Cut::Unheard)?;
        for (child, answer) in children.iter().zip(answers) {
            let id = answer.expect("every order is good");
            let mut world = self.sim.world();
            world.check_child(self.key, &child.key, id);
            self.agent.children.push(id);
        }
        self.may_die()
    }

    /// Goes on when all children have ended.
    async fn wait(&mut self) -> Result<(), Cut> {
        let children = self.agent.children.clone();
        if children.is_empty() {
            return Ok(());
        }
        let views = self.persist(|link| link.look(children.clone())).await;
        let views = views.map_err(|_| Cut::Unheard)?;
        let mut open = Vec::new();
        for (child, view) in children.iter().zip(&views) {
            self.sim.world().check_view(*child, view.as_ref());
            if view.as_ref().is_some_and(|view| !view.status.is_final()) {
                open.push(*child);
            }
        }
        match open.is_empty() {
            true => Ok(()),
            false if self.sim.chance(0.5) => Err(Cut::Waits(open)),
            false => Err(Cut::Waits(children)),
        }
    }
}

fn order(child: &Child, timeout_ms: u64) -> ChildOrder {
    let payload = Payload { key: Some(child.key.clone()), script: child.script.clone() };
    ChildOrder {
        key: child.key.clone(),
        job_type: "work".to_owned(),
        payload: payload.json(),
        tags: BTreeMap::new(),
        budget: child.budget,
        timeout_ms: Some(timeout_ms),
        priority: None,
    }
}

impl World {
    /// Whether the attempt has the job, as far as it is stored.
    fn is_held_by(&self, key: agent_runner_domain::ports::LaunchKey) -> bool {
        let lease = self.ledger.leases.get(&key).copied();
        let held = self.store.inspect(|records| records.get(&key.job)?.job.state.lease());
        lease.is_some() && held == lease
    }
}
