//! What this orchestrator knows to run, and what ran.
//!
//! It is a memory for speed: slots, and ends that are told once. What must be remembered, the job store remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use agent_runner_domain::{
    job::{CPU_UNIT, Exit, LaunchRef},
    ports::{Ended, LaunchKey, RunningLaunch},
};

use super::LauncherConfig;

/// How many ended launches are remembered.
const PAST_MAX: usize = 8_192;

/// How much room there is.
pub(super) struct Room {
    launches: Option<usize>,
    cpu_units: Option<u64>,
    /// What a launch of no special size takes.
    usual: u32,
}

pub(super) struct Table {
    room: Room,
    running: HashMap<LaunchKey, Launch>,
    /// Launches of other orchestrators, as of the last look at the cluster.
    foreign: HashMap<LaunchKey, u32>,
    past: HashMap<LaunchKey, Past>,
    past_order: VecDeque<LaunchKey>,
    news: Vec<Ended>,
}

struct Launch {
    /// Absent while it is being started.
    name: Option<LaunchRef>,
    cpu_units: u32,
}

struct Past {
    name: Option<LaunchRef>,
    exit: Exit,
    told: bool,
}

/// What became of the wish to start a task.
pub(super) enum Reserved {
    /// Start it, then call [`Table::started`] or [`Table::not_started`].
    Yes,
    /// It was started before, or is being started.
    Already(Option<LaunchRef>),
    Full,
    /// It is larger than all that the account may use.
    Never,
}

impl Room {
    pub(super) fn of(config: &LauncherConfig) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a quota is a positive number of processors, and a float is cut to the type's bounds"
        )]
        let cpu_units = config.vcpu_quota.map(|cpus| (cpus * f64::from(CPU_UNIT)) as u64);
        Self { launches: config.max_running, cpu_units, usual: config.size.machine.cpu_units }
    }
}

impl Table {
    pub(super) fn new(room: Room) -> Self {
        Self {
            room,
            running: HashMap::new(),
            foreign: HashMap::new(),
            past: HashMap::new(),
            past_order: VecDeque::new(),
            news: Vec::new(),
        }
    }

    /// How many launches of the usual size fit.
    pub(super) fn free(&self) -> usize {
        let count = self
            .room
            .launches
            .map(|most| most.saturating_sub(self.running.len() + self.foreign.len()));
        let by_cpu = self.free_units().map(|left| {
            usize::try_from(left / u64::from(self.room.usual.max(1))).unwrap_or(usize::MAX)
        });
        count.unwrap_or(usize::MAX).min(by_cpu.unwrap_or(usize::MAX))
    }

    fn free_units(&self) -> Option<u64> {
        let used = self.running.values().map(|launch| launch.cpu_units);
        let used: u64 = used.chain(self.foreign.values().copied()).map(u64::from).sum();
        Some(self.room.cpu_units?.saturating_sub(used))
    }

    fn fits(&self, cpu_units: u32) -> bool {
        let count = self.running.len() + self.foreign.len();
        self.room.launches.is_none_or(|most| count < most)
            && self.free_units().is_none_or(|left| u64::from(cpu_units) <= left)
    }

    pub(super) fn reserve(&mut self, key: LaunchKey, cpu_units: u32) -> Reserved {
        if let Some(launch) = self.running.get(&key) {
            return Reserved::Already(launch.name.clone());
        }
        if let Some(past) = self.past.get(&key) {
            return Reserved::Already(past.name.clone());
        }
        if self.room.cpu_units.is_some_and(|most| u64::from(cpu_units) > most) {
            return Reserved::Never;
        }
        if !self.fits(cpu_units) {
            return Reserved::Full;
        }
        self.running.insert(key, Launch { name: None, cpu_units });
        Reserved::Yes
    }

    /// Also for a launch of another orchestrator, for which there may be no room.
    pub(super) fn started(&mut self, key: LaunchKey, name: LaunchRef) {
        self.foreign.remove(&key);
        if self.past.contains_key(&key) {
            return;
        }
        let usual = self.room.usual;
        let launch = self.running.entry(key).or_insert(Launch { name: None, cpu_units: usual });
        launch.name = Some(name);
    }

    pub(super) fn not_started(&mut self, key: LaunchKey) {
        self.running.remove(&key);
    }

    /// The end of a launch, known by looking at it. Told once, and only of launches that were running here.
    pub(super) fn over(&mut self, key: LaunchKey, exit: Exit) {
        if self.end(key, None, &exit, true) {
            self.news.push(Ended { key, exit });
        }
    }

    /// The end of a launch of any orchestrator, by an event. Whether it is to be told.
    pub(super) fn over_by_event(&mut self, key: LaunchKey, name: LaunchRef, exit: &Exit) -> bool {
        self.foreign.remove(&key);
        if !self.running.contains_key(&key)
            && let Some(past) = self.past.get_mut(&key)
        {
            return !std::mem::replace(&mut past.told, true);
        }
        self.end(key, Some(name), exit, true);
        true
    }

    fn end(&mut self, key: LaunchKey, name: Option<LaunchRef>, exit: &Exit, told: bool) -> bool {
        let launch = self.running.remove(&key);
        let ran_here = launch.is_some();
        if !ran_here && name.is_none() {
            return false;
        }
        let name = launch.and_then(|launch| launch.name).or(name);
        self.past.insert(key, Past { name, exit: exit.clone(), told });
        self.past_order.push_back(key);
        if self.past_order.len() > PAST_MAX
            && let Some(oldest) = self.past_order.pop_front()
        {
            self.past.remove(&oldest);
        }
        true
    }

    /// Nobody has taken these in durably: an event may tell them again.
    pub(super) fn not_told(&mut self, keys: &[LaunchKey]) {
        for key in keys {
            if let Some(past) = self.past.get_mut(key) {
                past.told = false;
            }
        }
    }

    /// How the launch ended, if it is known to have ended.
    pub(super) fn end_of(&self, key: LaunchKey) -> Option<Exit> {
        self.past.get(&key).map(|past| past.exit.clone())
    }

    pub(super) fn name_of(&self, key: LaunchKey) -> Option<LaunchRef> {
        let running = self.running.get(&key).map(|launch| &launch.name);
        running.or_else(|| self.past.get(&key).map(|past| &past.name))?.clone()
    }

    pub(super) fn running(&self) -> Vec<RunningLaunch> {
        let named = |(key, launch): (&LaunchKey, &Launch)| {
            launch.name.clone().map(|launch| RunningLaunch { key: *key, launch })
        };
        self.running.iter().filter_map(named).collect()
    }

    /// What the cluster runs beside our own.
    pub(super) fn seen_in_cluster(&mut self, launches: &[RunningLaunch]) {
        let usual = self.room.usual;
        let ours: HashSet<_> = self.running.keys().chain(self.past.keys()).copied().collect();
        let others = launches.iter().map(|launch| launch.key).filter(|key| !ours.contains(key));
        self.foreign = others.map(|key| (key, usual)).collect();
    }

    pub(super) fn take_news(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.news)
    }
}
