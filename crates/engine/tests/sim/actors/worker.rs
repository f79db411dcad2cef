//! Workers: they start, speak, append events and end as the seed decides.

mod agent;
mod link;
mod plan;

use agent_runner_domain::{
    JobId, RawJson,
    event::{EventBody, LogStream, NewEvent},
    job::{CauseKind, Evidence, Exit, Failure, LaunchRef, Verdict},
    ports::{Assignment, Instruction, LaunchKey, LaunchOrder, LinkError, Ticket, WorkerLink},
};
use serde_json::json;

use self::{
    agent::Agent,
    plan::{Ending, Plan},
};
use crate::{
    actors::user,
    invariants,
    schedule::ProcessId,
    script::{Move, Payload},
    world::{Millis, Sim, World},
};

/// How often a worker looks whether it was asked to end.
const SLICE: Millis = 2_000;
/// How often a worker repeats a call before it gives up.
const TRIES_MAX: u32 = 12;

/// Why a worker stops before its plan is done.
enum Cut {
    /// It was asked to end.
    Told,
    /// Its attempt is over for everybody else, or nobody answers.
    Unheard,
    TimedOut,
    /// It ends without a word.
    Died,
    /// A budget has no room for its next call.
    OutOfMoney,
    /// Nothing is to be done until these jobs have ended.
    Waits(Vec<JobId>),
}

struct Worker {
    sim: Sim,
    key: LaunchKey,
    link: Box<dyn WorkerLink>,
    plan: Plan,
    heartbeat: Millis,
    next_beat: Millis,
    deadline: Millis,
    /// Events sent so far.
    lines: u64,
    agent: Agent,
}

pub(crate) async fn run(sim: Sim, process: ProcessId, order: LaunchOrder, name: LaunchRef) {
    let ticket = Ticket { key: order.key, lease: order.lease };
    let plan = Plan::draw(&mut sim.world());
    sim.say(|| format!("{plan:?}"));
    let worker = Worker {
        link: link::of(&sim, process, ticket),
        key: order.key,
        plan,
        heartbeat: Millis::MAX,
        next_beat: Millis::MAX,
        deadline: Millis::MAX,
        lines: 0,
        agent: Agent::default(),
        sim: sim.clone(),
    };
    let exit = worker.live(name).await;
    let mut world = sim.world();
    world.launch_ended(order.key, exit);
    world.doomed.push(process);
}

impl Worker {
    async fn live(mut self, name: LaunchRef) -> Exit {
        let began = self.spend(self.plan.begin_after).await;
        if matches!(self.plan.ending, Ending::NeverStarts) || began.is_err() {
            return exit(1);
        }
        let Ok(assignment) = self.persist(|link| link.start(Some(name.clone()))).await else {
            return exit(3);
        };
        self.sim.world().check_assignment(self.key, &assignment);
        self.prepare(&assignment);
        let script = Payload::read(&assignment.payload).script;
        let verdict = match self.work(&script).await {
            Ok(()) => match self.last_word() {
                Ok(verdict) => verdict,
                Err(exit) => return exit,
            },
            Err(Cut::Told) => Verdict::Failed(Failure::passing(CauseKind::Interrupted, "told to")),
            Err(Cut::TimedOut) => Verdict::Failed(Failure::passing(CauseKind::Timeout, "too long")),
            Err(Cut::OutOfMoney) => {
                Verdict::Failed(Failure::lasting(CauseKind::BudgetExceeded, "no money is left"))
            }
            Err(Cut::Waits(on)) => Verdict::Waiting { on },
            Err(Cut::Unheard) => return exit(3),
            Err(Cut::Died) => return exit(9),
        };
        self.finish(verdict).await
    }

    fn prepare(&mut self, assignment: &Assignment) {
        let now = self.sim.world().now;
        let span = |millis: u64| i64::try_from(millis).expect("short");
        self.heartbeat = span(assignment.heartbeat_ms);
        self.next_beat = now + self.heartbeat;
        self.deadline = now + span(assignment.timeout_ms);
    }

    async fn work(&mut self, script: &[Move]) -> Result<(), Cut> {
        for lines in self.plan.steps.clone() {
            let pause = self.plan.pause;
            self.spend(pause).await?;
            self.print(lines).await?;
        }
        self.act(script).await?;
        if matches!(self.plan.ending, Ending::Hangs { .. }) {
            self.deadline = Millis::MAX;
            self.spend(Millis::MAX / 2).await?;
        }
        Ok(())
    }

    /// The verdict, or an end without words.
    fn last_word(&self) -> Result<Verdict, Exit> {
        let failed = |failure| Ok(Verdict::Failed(failure));
        match self.plan.ending {
            Ending::Succeeds => Ok(Verdict::Succeeded),
            Ending::Fails => failed(Failure::passing(CauseKind::HandlerError, "bad luck")),
            Ending::FailsForEver => failed(Failure::lasting(CauseKind::HandlerError, "no way")),
            Ending::OutOfMemory => Err(Exit { out_of_memory: true, ..exit(137) }),
            Ending::TakenAway => Err(Exit { interrupted: true, ..exit(143) }),
            Ending::Vanishes | Ending::NeverStarts | Ending::Hangs { .. } => Err(exit(0)),
        }
    }

    /// Lets time pass, and does what a worker does meanwhile.
    async fn spend(&mut self, pause: Millis) -> Result<(), Cut> {
        let now = self.sim.world().now;
        let end = now.saturating_add(pause);
        let speaks = !matches!(self.plan.ending, Ending::Hangs { speaks: false });
        loop {
            let (now, told) = self.sim.world().now_and_told(self.key);
            if told && !self.plan.deaf {
                return Err(Cut::Told);
            }
            if now >= self.deadline {
                return Err(Cut::TimedOut);
            }
            if now >= end && !matches!(self.plan.ending, Ending::NeverStarts) {
                return Ok(());
            }
            if speaks && now >= self.next_beat {
                self.next_beat = now + self.heartbeat;
                self.beat().await?;
            }
            let until = (now + SLICE).min(self.deadline).min(self.next_beat.max(now + 1));
            let until = if end > now { until.min(end) } else { until };
            self.sim.sleep((until - now).max(1)).await;
        }
    }

    async fn beat(&mut self) -> Result<(), Cut> {
        match self.link.heartbeat().await {
            Ok(Instruction::Stop) if !self.plan.deaf => Err(Cut::Unheard),
            // A heartbeat that got lost is made good by the next one.
            _ => Ok(()),
        }
    }

    async fn print(&mut self, count: u64) -> Result<(), Cut> {
        if count == 0 {
            return Ok(());
        }
        let first = self.lines + 1;
        self.lines += count;
        let events = self.events(first);
        let sent = self.persist(|link| link.append(first, events.clone())).await;
        sent.map_err(|_| Cut::Unheard)?;
        self.sim.world().check_lines(self.key, self.lines);
        Ok(())
    }

    fn events(&self, first: u64) -> Vec<NewEvent> {
        let at = agent_runner_domain::Timestamp::from_millis(self.sim.world().now);
        let line = |number| EventBody::Log { stream: LogStream::Stdout, line: line(number) };
        let event = |number| NewEvent { at, attempt: self.key.attempt, body: line(number) };
        (first..=self.lines).map(event).collect()
    }

    /// A user may have enough of the job, or of one above it, right now.
    fn try_patience(&self) {
        let annoyed = {
            let mut world = self.sim.world();
            let mut line: Vec<_> = world.line(self.key.job).collect();
            world.rng.shuffle(&mut line);
            let enough = world.fair_since.is_none() && world.chance(0.04);
            line.first().copied().filter(|_| enough)
        };
        if let Some(id) = annoyed {
            user::cancel_now(&self.sim, id);
        }
    }

    async fn finish(mut self, verdict: Verdict) -> Exit {
        let result = (verdict == Verdict::Succeeded).then(|| self.result());
        self.sim.world().ledger.said(self.key, &verdict, result.as_ref());
        self.try_patience();
        let first = self.lines + 1;
        self.lines += 1;
        let events = self.events(first);
        let heard = self
            .persist(|link| link.finish(verdict.clone(), result.clone(), first, events.clone()));
        if heard.await.is_err() {
            return exit(3);
        }
        self.sim.say(|| format!("was heard: {verdict:?}"));
        self.sim.world().check_heard(self.key, &verdict);
        exit(0)
    }

    fn result(&self) -> RawJson {
        RawJson::from(&json!({"attempt": self.key.attempt, "salt": self.sim.pick(0..1_000_000)}))
    }

    /// Repeats a call until it is answered. Sometimes it arrives twice.
    async fn persist<'a, T>(
        &'a self,
        call: impl Fn(&'a dyn WorkerLink) -> futures::future::BoxFuture<'a, Result<T, LinkError>>,
    ) -> Result<T, LinkError> {
        for _ in 1..TRIES_MAX {
            match call(&*self.link).await {
                Err(LinkError::Unavailable(_)) => {
                    let pause = self.sim.pick(100..3_000);
                    self.sim.sleep(pause).await;
                }
                answer => {
                    if let Err(LinkError::Refused(text)) = &answer {
                        self.sim.complain(invariants::EVERY_JOB_ENDS, format!("refused: {text}"));
                    }
                    let doubled = {
                        let mut world = self.sim.world();
                        let chance = world.weather.call_doubled;
                        world.chance(chance)
                    };
                    if doubled {
                        self.sim.say(|| "the call arrives twice".to_owned());
                        let _ = call(&*self.link).await;
                    }
                    return answer;
                }
            }
        }
        call(&*self.link).await
    }
}

pub(crate) fn line(number: u64) -> String {
    format!("line {number}")
}

fn exit(code: i32) -> Exit {
    let evidence = Evidence { exit_code: Some(code), ..Evidence::default() };
    Exit { evidence, ..Exit::default() }
}

impl World {
    fn now_and_told(&self, key: LaunchKey) -> (Millis, bool) {
        (self.now, self.platform.launches.get(&key).is_some_and(|launch| launch.told))
    }
}
