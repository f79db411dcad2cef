//! The launcher in front of the platform. Its workers are tasks of the simulation.

use std::time::Duration;

use agent_runner_domain::{
    job::{Evidence, Exit, LaunchFailure, LaunchFailureKind, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use async_trait::async_trait;

use super::Gate;
use crate::{
    actors::worker,
    platform::Launch,
    schedule::{OUTSIDE, Topic},
    world::{Kind, millis},
};

pub(crate) struct GatedLauncher {
    gate: Gate,
}

impl GatedLauncher {
    pub(crate) fn new(gate: Gate) -> Self {
        Self { gate }
    }

    fn start(&self, order: &LaunchOrder) -> Result<Option<LaunchRef>, LaunchFailure> {
        self.gate.sim.world().check_launch(order);
        if let Some(refusal) = self.refusal(order.key) {
            return Err(refusal);
        }
        let mut world = self.gate.sim.world();
        if let Some(launch) = world.platform.launches.get(&order.key) {
            return Ok(Some(launch.name.clone()));
        }
        let process = world.new_process(Kind::Worker(order.key));
        let name = LaunchRef(format!("task-{process}"));
        let launch = Launch {
            lease: order.lease,
            name: name.clone(),
            process,
            owner: self.gate.process,
            exit: None,
            told: false,
            idle_since: None,
        };
        world.platform.launches.insert(order.key, launch);
        world.find_idle_launches(order.key.job);
        world.ring(Topic::Launches);
        let vanishes = world.weather.launch_vanishes;
        let (vanishes, named) = (world.chance(vanishes), world.rng.bool());
        let job = world.trace.name(order.key.job);
        if vanishes {
            world.say(|| format!("the worker of {job} #{} never comes up", order.key.attempt));
            world.launch_ended(order.key, Exit::default());
        } else {
            drop(world);
            let title = format!("worker of {job} #{}", order.key.attempt);
            let worker = worker::run(self.gate.sim.clone(), process, order.clone(), name.clone());
            self.gate.sim.spawn(process, title, worker);
        }
        Ok(named.then_some(name))
    }

    fn heard(
        &self,
        answer: Result<Option<LaunchRef>, LaunchFailure>,
    ) -> Result<Option<LaunchRef>, LaunchFailure> {
        if answer.is_ok() && self.gate.befalls(|weather| weather.launch_unheard) {
            self.gate.sim.say(|| "the launch is not heard of".to_owned());
            return Err(failure(LaunchFailureKind::Transient, "timeout"));
        }
        answer
    }

    fn refusal(&self, key: LaunchKey) -> Option<LaunchFailure> {
        let full = {
            let world = self.gate.sim.world();
            world.platform.free() == 0 && !world.platform.launches.contains_key(&key)
        };
        let kind = if full || self.gate.befalls(|weather| weather.launch_without_room) {
            LaunchFailureKind::Capacity
        } else if self.gate.befalls(|weather| weather.launch_fails) {
            LaunchFailureKind::Transient
        } else if self.gate.befalls(|weather| weather.launch_impossible) {
            LaunchFailureKind::Permanent
        } else {
            return None;
        };
        self.gate.sim.say(|| format!("the launch is refused: {kind:?}"));
        Some(failure(kind, "refused"))
    }

    /// What is true of a launch. One that was never accepted is not known.
    fn view(&self, key: LaunchKey) -> LaunchView {
        match self.gate.sim.world().platform.launches.get(&key) {
            None => LaunchView::Unknown,
            Some(Launch { exit: Some(exit), .. }) => LaunchView::Gone(exit.clone()),
            Some(_) => LaunchView::Running,
        }
    }

    fn begin_stop(&self, key: LaunchKey, grace: Duration) -> LaunchView {
        let view = self.view(key);
        let mut world = self.gate.sim.world();
        let Some(launch) = world.platform.launches.get_mut(&key) else {
            return view;
        };
        if launch.exit.is_some() || std::mem::replace(&mut launch.told, true) {
            return view;
        }
        let process = launch.process;
        drop(world);
        let sim = self.gate.sim.clone();
        self.gate.sim.spawn(OUTSIDE, "killer", async move {
            sim.sleep(millis(grace)).await;
            let mut world = sim.world();
            if world.schedule.is_live(process) {
                world.doomed.push(process);
            }
        });
        view
    }
}

fn failure(kind: LaunchFailureKind, message: &str) -> LaunchFailure {
    LaunchFailure { kind, message: message.to_owned(), evidence: Evidence::default() }
}

#[async_trait]
impl Launcher for GatedLauncher {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    async fn free_slots(&self, _: Duration) -> usize {
        let free = async { self.gate.sim.world().platform.free() };
        self.gate.call("launcher.free_slots", free).await.unwrap_or(0)
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let launch = async { orders.iter().map(|order| self.start(order)).collect::<Vec<_>>() };
        match self.gate.call("launcher.launch", launch).await {
            Ok(answers) => answers.into_iter().map(|answer| self.heard(answer)).collect(),
            Err(error) => {
                orders.iter().map(|_| Err(failure(LaunchFailureKind::Transient, &error))).collect()
            }
        }
    }

    async fn stop(
        &self,
        key: LaunchKey,
        _: Option<&LaunchRef>,
        grace: Duration,
    ) -> Result<LaunchView, LauncherError> {
        let stop = async { self.begin_stop(key, grace) };
        self.gate.call("launcher.stop", stop).await.map_err(LauncherError)
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        let observe = async { launches.iter().map(|(key, _)| self.view(*key)).collect() };
        self.gate.call("launcher.observe", observe).await.map_err(LauncherError)
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        let running = async {
            let world = self.gate.sim.world();
            let named = |(key, launch): (&LaunchKey, &Launch)| RunningLaunch {
                key: *key,
                launch: launch.name.clone(),
            };
            world.platform.live().map(named).collect()
        };
        self.gate.call("launcher.running", running).await.map_err(LauncherError)
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        let adopt = async {
            let mut world = self.gate.sim.world();
            for RunningLaunch { key, .. } in launches {
                if let Some(launch) = world.platform.launches.get_mut(&key) {
                    launch.owner = self.gate.process;
                    world.spread_news(key);
                }
            }
        };
        self.gate.call("launcher.adopt", adopt).await.map_err(LauncherError)
    }

    async fn ended(&self, _: Duration) -> Result<Vec<Ended>, LauncherError> {
        let ended = async { self.gate.sim.world().take_news(self.gate.process) };
        self.gate.call("launcher.ended", ended).await.map_err(LauncherError)
    }
}
