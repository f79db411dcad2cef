//! One world from its beginning to its rest.

use std::{
    collections::BTreeMap,
    task::{Context, Waker},
};

use futures::future::BoxFuture;

use crate::{
    actors::{orchestrator, user},
    invariants::Violation,
    schedule::{ProcessId, TaskId},
    world::{Kind, Millis, Sim},
};

/// A world that is not at rest this long after all troubles never will be: the slowest thing, a callback that
/// is refused for ever, takes a little more than three days.
const PATIENCE: Millis = 6 * 24 * 3_600_000;
/// The same in steps, for what goes on without end.
const STEPS_MAX: u64 = 300_000;

/// What became of a world.
pub(crate) struct Outcome {
    pub(crate) violation: Option<Violation>,
    pub(crate) steps: u64,
    pub(crate) jobs: usize,
    pub(crate) fair: bool,
}

struct Run {
    sim: Sim,
    tasks: BTreeMap<TaskId, BoxFuture<'static, ()>>,
    storm_ends: Millis,
    gives_up: Millis,
}

pub(crate) fn run(seed: u64, trace: bool) -> Outcome {
    let sim = Sim::new(seed, trace);
    let orchestrators = sim.pick(1..4);
    let users = sim.pick(1..4);
    for number in 1..=orchestrators {
        orchestrator::keep(&sim, usize::try_from(number).expect("few"));
    }
    for number in 1..=users {
        user::enter(&sim, usize::try_from(number).expect("few"));
    }
    let begin = sim.world().now;
    let storm_ends = begin + sim.pick(10_000..300_000);
    let mut run = Run { sim, tasks: BTreeMap::new(), storm_ends, gives_up: storm_ends + PATIENCE };
    let steps = run.play();
    run.outcome(steps)
}

impl Run {
    fn play(&mut self) -> u64 {
        for step in 0..STEPS_MAX {
            self.adopt_spawned();
            if self.is_over() {
                return step;
            }
            let Some(task) = self.choose() else {
                break;
            };
            self.poll(task);
            self.bury();
            self.sim.world().check_step();
        }
        self.sim.world().blame_unrest();
        STEPS_MAX
    }

    fn adopt_spawned(&mut self) {
        let spawned = std::mem::take(&mut self.sim.world().schedule.spawned);
        self.tasks.extend(spawned.into_iter().map(|spawned| (spawned.id, spawned.future)));
    }

    fn is_over(&self) -> bool {
        let mut world = self.sim.world();
        if world.violation.is_some() {
            return true;
        }
        if world.is_at_rest() && world.now > self.storm_ends {
            world.check_rest();
            return true;
        }
        false
    }

    /// Lets time pass until somebody can go on.
    fn choose(&mut self) -> Option<TaskId> {
        let mut world = self.sim.world();
        let world = &mut *world;
        let (task, at) = world.schedule.next(world.now, &mut world.rng)?;
        if at > self.storm_ends && world.users_busy == 0 && world.fair_since.is_none() {
            world.advance_to(self.storm_ends.max(world.now));
            world.clear_up();
            self.gives_up = world.now + PATIENCE;
        }
        if at > self.gives_up {
            return None;
        }
        world.advance_to(at.max(world.now));
        world.schedule.current = task;
        Some(task)
    }

    fn poll(&mut self, task: TaskId) {
        let Some(future) = self.tasks.get_mut(&task) else {
            self.sim.world().schedule.ended(task);
            return;
        };
        let mut context = Context::from_waker(Waker::noop());
        if future.as_mut().poll(&mut context).is_ready() {
            self.tasks.remove(&task);
            self.sim.world().schedule.ended(task);
        }
    }

    /// Ends the processes that have crashed.
    fn bury(&mut self) {
        let doomed = std::mem::take(&mut self.sim.world().doomed);
        for process in doomed {
            self.end(process);
        }
    }

    fn end(&mut self, process: ProcessId) {
        let (engine, dead) = {
            let mut world = self.sim.world();
            let now = world.now;
            let dead = world.schedule.kill(process, now);
            if let Some(Kind::Worker(key)) = world.processes.get(&process).copied() {
                world.worker_died(key);
            }
            (world.engines.remove(&process), dead)
        };
        drop(engine);
        self.adopt_spawned();
        for task in dead {
            self.tasks.remove(&task);
        }
    }

    fn outcome(mut self, steps: u64) -> Outcome {
        // Tasks and engines hold the world, and the world holds the engines.
        self.tasks.clear();
        let engines = std::mem::take(&mut self.sim.world().engines);
        drop(engines);
        let mut world = self.sim.world();
        world.schedule.spawned.clear();
        Outcome {
            violation: world.violation.take(),
            steps,
            jobs: world.ledger.accepted.len(),
            fair: world.fair,
        }
    }
}
