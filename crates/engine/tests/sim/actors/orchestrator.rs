//! Orchestrators: the engine with all its loops, in processes that crash and come again.

use std::{task::Poll, time::Duration};

use agent_runner_domain::catalog::JobType;
use agent_runner_engine::{
    Catalog, Engine, EngineError,
    loops::{callbacks, dispatch, effects, endings, orphans, resend, sweep},
    runner,
};
use serde_json::json;

use crate::{
    ports,
    schedule::{OUTSIDE, ProcessId, Topic},
    world::{Kind, Millis, Sim, millis},
};

const NOW: Duration = Duration::ZERO;
/// How long a loop rests after an error, as in the engine's own runner.
const REST: Millis = 500;
const ORPHANS_PAUSE: Millis = 15_000;
/// A loop that waits for a bell looks by itself after this long.
const IDLE_MAX: Millis = 3_600_000;
/// Loops of one kind in one orchestrator.
const EFFECT_LOOPS: usize = 2;

/// Keeps one orchestrator alive: when it has crashed, another comes up some time later.
pub(crate) fn keep(sim: &Sim, number: usize) {
    let world = sim.clone();
    sim.spawn(OUTSIDE, format!("machine {number}"), async move {
        loop {
            let process = world.world().new_process(Kind::Orchestrator);
            let title = format!("orchestrator {number}");
            world.spawn(process, title.clone(), boot(world.clone(), process, title));
            death_of(&world, process).await;
            let down = world.pick(10..20_000);
            world.sleep(down).await;
        }
    });
}

async fn death_of(sim: &Sim, process: ProcessId) {
    std::future::poll_fn(|_| {
        let mut world = sim.world();
        if !world.schedule.is_live(process) {
            world.schedule.set_calls(None);
            return Poll::Ready(());
        }
        world.schedule.set_calls(Some(process));
        world.schedule.sleep(Millis::MAX, None);
        Poll::Pending
    })
    .await;
}

async fn boot(sim: Sim, process: ProcessId, title: String) {
    let kind = JobType {
        name: "work",
        summary: "Does what the seed decides.",
        payload_schema: || json!({"type": "object"}),
        example: || json!({}),
    };
    let engine = Engine::new(ports::of(&sim, process), Catalog::new(vec![kind]));
    while let Err(error) = runner::adopt(&engine).await {
        sim.say(|| format!("cannot start yet: {error}"));
        sim.sleep(REST).await;
    }
    sim.world().engines.insert(process, engine.clone());
    sim.say(|| "is up".to_owned());
    let start = |name: &str, pass| {
        let looping = Loop { sim: sim.clone(), engine: engine.clone() };
        sim.spawn(process, format!("{title} {name}"), looping.run(pass));
    };
    start("dispatch", Pass::Dispatch);
    start("sweep", Pass::Sweep);
    start("endings", Pass::Endings);
    start("orphans", Pass::Orphans);
    start("resend", Pass::Resend);
    for _ in 0..EFFECT_LOOPS {
        start("effects", Pass::Effects);
        start("callbacks", Pass::Callbacks);
    }
}

#[derive(Clone, Copy)]
enum Pass {
    Dispatch,
    Sweep,
    Endings,
    Orphans,
    Resend,
    Effects,
    Callbacks,
}

struct Loop {
    sim: Sim,
    engine: Engine,
}

impl Loop {
    async fn run(self, pass: Pass) {
        let mut patience = Patience::of(pass);
        loop {
            match self.pass(pass).await {
                Ok(true) => patience = Patience::of(pass),
                Ok(false) => {
                    if self.rest(pass, &mut patience).await {
                        patience = Patience::of(pass);
                    }
                }
                Err(error) => {
                    self.sim.say(|| format!("the pass failed: {error}"));
                    self.sim.sleep(REST).await;
                }
            }
        }
    }

    /// One pass of the loop. Says whether to go on at once.
    async fn pass(&self, pass: Pass) -> Result<bool, EngineError> {
        let engine = &self.engine;
        match pass {
            Pass::Dispatch => Ok(dispatch::run_once(engine, NOW).await? > 0),
            Pass::Sweep => Ok(sweep::run_once(engine).await?.full),
            Pass::Endings => Ok(endings::run_once(engine, NOW).await? > 0),
            Pass::Orphans => orphans::run_once(engine).await.map(|_| false),
            Pass::Resend => resend::run_once(engine).await,
            Pass::Effects => effects::run_once(engine).await,
            Pass::Callbacks => callbacks::run_once(engine).await,
        }
    }

    /// The ports' own waits, which the simulation does without, would end at once.
    fn has_work(&self) -> bool {
        let world = self.sim.world();
        world.platform.free() > 0 && world.queue.depth().0 > 0
    }

    /// Waits until there may be something to do. Says whether a bell rang.
    async fn rest(&self, pass: Pass, patience: &mut Patience) -> bool {
        let sim = &self.sim;
        match pass {
            Pass::Dispatch if self.has_work() => {
                sim.sleep(5).await;
                true
            }
            Pass::Dispatch => sim.idle(Topic::Work, patience.next()).await,
            Pass::Endings => sim.idle(Topic::Endings, patience.next()).await,
            Pass::Effects | Pass::Callbacks | Pass::Resend => {
                sim.idle(Topic::Jobs, patience.next()).await
            }
            Pass::Orphans => {
                let anything = sim.world().platform.live().next().is_some();
                if anything {
                    sim.sleep(ORPHANS_PAUSE).await;
                    false
                } else {
                    sim.idle(Topic::Launches, IDLE_MAX).await
                }
            }
            Pass::Sweep => {
                let Ok(due) = sweep::next_due(&self.engine).await else {
                    sim.sleep(REST).await;
                    return false;
                };
                let now = self.engine.ports.clock.now();
                let pause = due.map_or(IDLE_MAX, |at| millis(at.since(now)));
                sim.idle(Topic::Due, pause.clamp(5, IDLE_MAX)).await
            }
        }
    }
}

/// How long to wait for a bell: longer each time that it did not ring.
struct Patience(Millis);

impl Patience {
    fn of(pass: Pass) -> Self {
        // What an engine announces to itself is there a moment after the bell.
        Self(if matches!(pass, Pass::Effects | Pass::Callbacks) { 5 } else { 1_000 })
    }

    fn next(&mut self) -> Millis {
        let now = self.0;
        self.0 = (now * 2).min(IDLE_MAX);
        now
    }
}
