//! What stands before and behind every port call: others go on, time passes, and things go wrong.

use crate::{
    schedule::ProcessId,
    weather::Weather,
    world::{Kind, Millis, Sim, World},
};

/// One process's way to its ports.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) sim: Sim,
    pub(crate) process: ProcessId,
}

impl Gate {
    pub(crate) fn new(sim: &Sim, process: ProcessId) -> Self {
        Self { sim: sim.clone(), process }
    }

    /// Makes the call, unless it fails before; its answer may be lost on the way back.
    pub(crate) async fn call<T>(
        &self,
        what: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, String> {
        self.pass(what).await;
        if self.befalls(|weather| weather.call_fails) {
            self.sim.say(|| format!("{what}: fails"));
            return Err(format!("{what} failed"));
        }
        let answer = work.await;
        let on_the_way_back = self.sim.world().rng.bool();
        if on_the_way_back {
            self.pass(what).await;
        }
        if self.befalls(|weather| weather.reply_lost) {
            self.sim.say(|| format!("{what}: the reply is lost"));
            return Err(format!("the reply of {what} was lost"));
        }
        Ok(answer)
    }

    /// Whether this trouble comes up now.
    pub(crate) fn befalls(&self, chance: impl FnOnce(&Weather) -> f64) -> bool {
        let mut world = self.sim.world();
        let chance = chance(&world.weather);
        world.chance(chance)
    }

    async fn pass(&self, what: &str) {
        let delay = self.sim.world().pass(self.process, what);
        self.sim.sleep(delay).await;
    }
}

impl World {
    /// The process may crash here, its clock may jump, and the call takes a while.
    fn pass(&mut self, process: ProcessId, what: &str) -> Millis {
        let crash = match self.processes.get(&process) {
            Some(Kind::Orchestrator) => self.weather.orchestrator_crash,
            Some(Kind::Worker(_)) => self.weather.worker_crash,
            None => 0.0,
        };
        if self.chance(crash) {
            self.say(|| format!("{what}: CRASH"));
            self.doomed.push(process);
        }
        if self.chance(self.weather.clock_jump) {
            let skew = self.rng.i64(-20_000..20_000);
            self.say(|| format!("the clock jumps to {skew} ms off"));
            self.clocks.insert(process, skew);
        }
        if self.chance(self.weather.call_slow) {
            self.rng.i64(100..20_000)
        } else {
            self.rng.i64(0..4)
        }
    }
}
