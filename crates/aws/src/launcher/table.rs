//! What this orchestrator knows to run, and what ran.
//!
//! It is a memory for speed: slots, and ends that are told once. What must be remembered, the job store remembers.

use std::collections::{HashMap, HashSet, VecDeque};

use agent_runner_domain::{
    job::{CPU_UNIT, Exit, LaunchRef},
    ports::{Ended, LaunchKey, RunningLaunch},
};

use super::LauncherConfig;
use crate::quotas::Quotas;

/// How many ended launches are remembered.
const PAST_MAX: usize = 8_192;

/// How much room there is.
pub(super) struct Room {
    launches: Option<usize>,
    quotas: Option<Units>,
    /// What a launch of no special size takes, and whether it takes it of Spot.
    usual: u32,
    usually_spot: bool,
}

/// Machines on demand and on Spot have a quota each.
#[derive(Clone, Copy)]
struct Units {
    on_demand: u64,
    spot: u64,
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
    spot: bool,
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
        Self {
            launches: config.max_running,
            quotas: config.quotas.map(Units::of),
            usual: config.size.machine.cpu_units,
            usually_spot: config.spot_default,
        }
    }
}

impl Units {
    fn of(quotas: Quotas) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a quota is a positive number of processors, and a float is cut to the type's bounds"
        )]
        let units = |cpus: f64| (cpus * f64::from(CPU_UNIT)) as u64;
        Self { on_demand: units(quotas.on_demand), spot: units(quotas.spot) }
    }

    fn on(self, spot: bool) -> u64 {
        if spot { self.spot } else { self.on_demand }
    }
}

/// Where a launch may find room: what wants Spot is content with a machine on demand.
fn markets(spot: bool) -> &'static [bool] {
    if spot { &[true, false] } else { &[false] }
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

    /// How many launches of the usual size fit: on demand, where each of them may be, and on Spot as many as `spot_most`.
    pub(super) fn free(&self, spot_most: usize) -> usize {
        let count = self
            .room
            .launches
            .map(|most| most.saturating_sub(self.running.len() + self.foreign.len()));
        let usual = u64::from(self.room.usual.max(1));
        let fit = |spot| {
            let fit = self.free_units(spot).map(|left| usize::try_from(left / usual));
            fit.and_then(Result::ok).unwrap_or(usize::MAX)
        };
        count.unwrap_or(usize::MAX).min(fit(false).saturating_add(fit(true).min(spot_most)))
    }

    fn free_units(&self, spot: bool) -> Option<u64> {
        let here = self.running.values().filter(|launch| launch.spot == spot);
        let here: u64 = here.map(|launch| u64::from(launch.cpu_units)).sum();
        let foreign: u64 = self.foreign.values().copied().map(u64::from).sum();
        let foreign = if spot == self.room.usually_spot { foreign } else { 0 };
        Some(self.room.quotas?.on(spot).saturating_sub(here + foreign))
    }

    fn fits(&self, cpu_units: u32, spot: bool) -> bool {
        self.free_units(spot).is_none_or(|left| u64::from(cpu_units) <= left)
    }

    /// `spot`: whether it wants to be there, if there is room.
    pub(super) fn reserve(&mut self, key: LaunchKey, cpu_units: u32, spot: bool) -> Reserved {
        if let Some(launch) = self.running.get(&key) {
            return Reserved::Already(launch.name.clone());
        }
        if let Some(past) = self.past.get(&key) {
            return Reserved::Already(past.name.clone());
        }
        let mut markets = markets(spot).iter().copied();
        let is_over = |spot| self.room.quotas.is_some_and(|it| u64::from(cpu_units) > it.on(spot));
        if markets.clone().all(is_over) {
            return Reserved::Never;
        }
        let count = self.running.len() + self.foreign.len();
        if self.room.launches.is_some_and(|most| count >= most) {
            return Reserved::Full;
        }
        let Some(spot) = markets.find(|spot| self.fits(cpu_units, *spot)) else {
            return Reserved::Full;
        };
        self.running.insert(key, Launch { name: None, cpu_units, spot });
        Reserved::Yes
    }

    /// Whether a launch that is reserved may be tried there; its room goes with it.
    pub(super) fn moved(&mut self, key: LaunchKey, spot: bool) -> bool {
        let Some(Launch { cpu_units, spot: was, .. }) = self.running.get(&key) else { return true };
        let fits = *was == spot || self.fits(*cpu_units, spot);
        if fits && let Some(launch) = self.running.get_mut(&key) {
            launch.spot = spot;
        }
        fits
    }

    /// Also for a launch of another orchestrator, for which there may be no room.
    pub(super) fn started(&mut self, key: LaunchKey, name: LaunchRef) {
        self.foreign.remove(&key);
        if self.past.contains_key(&key) {
            return;
        }
        let Room { usual: cpu_units, usually_spot: spot, .. } = self.room;
        let launch = self.running.entry(key).or_insert(Launch { name: None, cpu_units, spot });
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
