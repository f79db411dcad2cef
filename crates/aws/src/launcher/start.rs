//! Up the ladder until a task is there.

use std::time::Duration;

use agent_runner_domain::{
    job::{CPU_UNIT, LaunchFailure, LaunchRef},
    ports::LaunchOrder,
};
use aws_sdk_ecs::types::Task;
use tokio::time::sleep;

use super::{
    EcsLauncher,
    pace::jittered,
    reasons::Meaning,
    run_task::{Answer, Calls},
    rungs::{Ladder, Rung},
    table::Reserved,
    tasks::{Seen, launch_of, view},
};
use crate::quotas::Quotas;

/// How long an order waits for its turn. It is claimed already, so it goes back in line rather than wait for ever.
const TURN_MAX: Duration = Duration::from_secs(20);
/// How often a call is repeated that was throttled, or whose answer was lost.
const TRIES_MAX: u32 = 5;
const PAUSE_FIRST: Duration = Duration::from_millis(200);

type Answered = Result<Option<LaunchRef>, LaunchFailure>;

impl EcsLauncher {
    pub(super) async fn start(&self, order: &LaunchOrder) -> Answered {
        let ladder = Ladder::of(&order.resources, &self.names, &self.config)?;
        let reserved = self.table().reserve(order.key, ladder.cpu_units, ladder.spot());
        match reserved {
            Reserved::Already(launch) => return Ok(launch),
            Reserved::Full => {
                self.pass_over();
                return Err(Meaning::Capacity.failure("all slots are taken".into()));
            }
            Reserved::Never => return Err(self.over_quota(&ladder)),
            Reserved::Yes => {}
        }
        let answer = self.climb(order, &ladder.rungs).await;
        if answer.is_ok() {
            self.rest.room();
            if ladder.spot() {
                self.full.room();
            }
        } else {
            self.table().not_started(order.key);
            self.freed.notify_one();
        }
        answer
    }

    /// What is behind it in line may be as large, or want Spot as little: not all of it should be claimed to find out.
    fn pass_over(&self) {
        let fits_others = self.table().free(0) > 0;
        if fits_others { self.rest.no_room() } else { self.full.no_room() }
    }

    fn over_quota(&self, ladder: &Ladder) -> LaunchFailure {
        let Quotas { on_demand, spot } = self.config.quotas.unwrap_or_default();
        Meaning::Permanent.failure(format!(
            "this job's machine has {} processors, and the account's quota of Fargate is {}: wish for a smaller one \
             by `resources`, or ask AWS for more and start the orchestrator again",
            f64::from(ladder.cpu_units) / f64::from(CPU_UNIT),
            if ladder.spot() { on_demand.max(spot) } else { on_demand }
        ))
    }

    /// A rung is left for the next only when it is certain that it started nothing.
    async fn climb(&self, order: &LaunchOrder, rungs: &[Rung]) -> Answered {
        let mut no_room = "there was no room a moment ago".to_owned();
        // The one try after a pause is the whole climb: Spot without room says nothing of the family.
        let mut let_through = None;
        for (number, rung) in rungs.iter().enumerate() {
            if self.shortages.is_short(rung) || !self.table().moved(order.key, rung.spot) {
                continue;
            }
            if let_through != Some(&rung.family) {
                if let Some(reason) = self.breaker.held_back(&rung.family) {
                    return Err(Meaning::Capacity.failure(reason));
                }
                let_through = Some(&rung.family);
            }
            match self.call(order, rung, number).await {
                Ok(task) => return Ok(self.take_in(order, &task)),
                Err((Meaning::Capacity, reason)) => {
                    self.shortages.seen(rung);
                    no_room = reason;
                }
                // Infrastructure may have no Spot. What else is wrong shows on demand as well.
                Err((Meaning::Permanent, reason)) if rung.spot => {
                    tracing::warn!(reason, "There is no Spot here; on-demand machines are used");
                    self.shortages.seen(rung);
                }
                // The larger machine is a way out, not a need.
                Err((Meaning::Permanent, _)) if rung.family != rungs[0].family => break,
                Err((meaning, reason)) => {
                    match meaning {
                        Meaning::Permanent => self.breaker.failed(&rung.family, &reason),
                        Meaning::Throttled | Meaning::Away => self.rest.no_room(),
                        _ => {}
                    }
                    return Err(meaning.failure(reason));
                }
            }
        }
        self.rest.no_room();
        Err(Meaning::Capacity.failure(no_room))
    }

    async fn call(
        &self,
        order: &LaunchOrder,
        rung: &Rung,
        number: usize,
    ) -> Result<Task, (Meaning, String)> {
        let Self { tasks, config, .. } = self;
        let calls = Calls { ecs: &tasks.ecs, cluster: &tasks.cluster, config };
        let mut pause = PAUSE_FIRST;
        let mut last = (Meaning::Throttled, "launches have to wait for their turn".to_owned());
        let mut may_run = false;
        for _ in 0..TRIES_MAX {
            if !self.pace.turn_within(TURN_MAX).await {
                break;
            }
            last = match calls.run(order, rung, number).await {
                Answer::Task(task) => {
                    self.pace.went_well();
                    return Ok(*task);
                }
                Answer::Refused(Meaning::Throttled, reason) => {
                    self.pace.slow_down();
                    (Meaning::Throttled, reason)
                }
                // An earlier call may have started it, so the next rung must not.
                Answer::Refused(_, reason) if may_run => return Err((Meaning::Transient, reason)),
                Answer::Refused(meaning, reason) => return Err((meaning, reason)),
                Answer::Taken(reason) => {
                    may_run = true;
                    if let Some(task) = self.find(order).await {
                        return Ok(task);
                    }
                    (Meaning::Transient, reason)
                }
                Answer::Uncertain(reason) => {
                    may_run = true;
                    if let Some(task) = self.find(order).await {
                        return Ok(task);
                    }
                    (Meaning::Away, reason)
                }
            };
            sleep(jittered(pause)).await;
            pause *= 2;
        }
        Err(last)
    }

    /// The task of an order whose answer was lost. The token would find it as well, as long as ECS remembers it.
    async fn find(&self, order: &LaunchOrder) -> Option<Task> {
        let arns = self.tasks.of_launch(order.key).await.ok()?;
        self.tasks.describe(&arns).await.ok()?.into_iter().next()
    }

    /// The same token finds the same task again, which may be dead by now.
    fn take_in(&self, order: &LaunchOrder, task: &Task) -> Option<LaunchRef> {
        let (_, launch) =
            launch_of(task).or_else(|| Some((order.key, LaunchRef(task.task_arn.clone()?))))?;
        self.table().started(order.key, launch.clone());
        let view = view(task);
        if let Seen::Stopped(exit) = view.seen {
            self.judge(&view.family, &exit);
            self.over(order.key, exit);
        }
        Some(launch)
    }
}
