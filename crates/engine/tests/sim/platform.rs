//! Where workers run: what is true of them, whatever the orchestrators believe.

use std::collections::BTreeMap;

use agent_runner_domain::{
    Lease,
    job::{Evidence, Exit, LaunchRef},
    ports::{Ended, LaunchKey},
};

use crate::{
    schedule::{ProcessId, Topic},
    world::{Millis, World},
};

pub(crate) struct Launch {
    pub(crate) lease: Lease,
    pub(crate) name: LaunchRef,
    pub(crate) process: ProcessId,
    /// The orchestrator that hears of its end, where only one does.
    pub(crate) owner: ProcessId,
    /// How it ended.
    pub(crate) exit: Option<Exit>,
    /// It was asked to end.
    pub(crate) told: bool,
    /// Since when nobody waits for it.
    pub(crate) idle_since: Option<Millis>,
}

/// News of an end, from this moment on, for this orchestrator or for whoever asks first.
struct News {
    at: Millis,
    owner: Option<ProcessId>,
    ended: Ended,
}

pub(crate) struct Platform {
    pub(crate) slots: usize,
    /// News goes to the orchestrator that launched or adopted, and dies with it.
    embedded: bool,
    pub(crate) launches: BTreeMap<LaunchKey, Launch>,
    news: Vec<News>,
    /// When there was last no room for another launch.
    pub(crate) full_at: Millis,
}

impl Platform {
    pub(crate) fn new(slots: usize, embedded: bool) -> Self {
        Self { slots, embedded, launches: BTreeMap::new(), news: Vec::new(), full_at: 0 }
    }

    pub(crate) fn live(&self) -> impl Iterator<Item = (&LaunchKey, &Launch)> {
        self.launches.iter().filter(|(_, launch)| launch.exit.is_none())
    }

    pub(crate) fn free(&self) -> usize {
        self.slots.saturating_sub(self.live().count())
    }
}

impl World {
    /// A worker is no more. What is known of it already stays.
    pub(crate) fn launch_ended(&mut self, key: LaunchKey, exit: Exit) {
        if self.platform.free() == 0 {
            self.platform.full_at = self.now;
        }
        let Some(launch) = self.platform.launches.get_mut(&key) else {
            return;
        };
        if launch.exit.is_some() {
            return;
        }
        launch.exit = Some(exit);
        let name = self.trace.name(key.job);
        self.say(|| format!("the worker of {name} #{} is gone", key.attempt));
        self.spread_news(key);
        self.ring(Topic::Work);
    }

    /// Puts the news of an end on its way, unless it is lost.
    pub(crate) fn spread_news(&mut self, key: LaunchKey) {
        let Some(launch) = self.platform.launches.get(&key) else {
            return;
        };
        let Some(exit) = launch.exit.clone() else {
            return;
        };
        let owner = self.platform.embedded.then_some(launch.owner);
        if self.chance(self.weather.news_lost) {
            return;
        }
        let late = if self.chance(self.weather.news_late) { 40_000 } else { 20 };
        let at = self.now + self.rng.i64(0..late);
        let copies = if self.chance(self.weather.news_doubled) { 2 } else { 1 };
        for _ in 0..copies {
            let ended = Ended { key, exit: exit.clone() };
            self.platform.news.push(News { at, owner, ended });
        }
        self.schedule.ring(Topic::Endings, at, &mut self.rng);
    }

    /// Hands out the news that has arrived, once.
    pub(crate) fn take_news(&mut self, reader: ProcessId) -> Vec<Ended> {
        let now = self.now;
        let arrived =
            |news: &mut News| news.at <= now && news.owner.is_none_or(|owner| owner == reader);
        let mut taken: Vec<_> =
            self.platform.news.extract_if(.., arrived).map(|news| news.ended).collect();
        self.rng.shuffle(&mut taken);
        taken
    }

    /// A process is no more; if it was a worker, its launch has ended.
    pub(crate) fn worker_died(&mut self, key: LaunchKey) {
        let evidence = Evidence { signal: Some(9), ..Evidence::default() };
        self.launch_ended(key, Exit { evidence, ..Exit::default() });
    }
}
