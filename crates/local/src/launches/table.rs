//! What runs, and what ran, as a launcher of this machine remembers it.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Display,
};

use agent_runner_domain::{
    job::{Exit, LaunchRef},
    ports::{Ended, LaunchKey, RunningLaunch},
};
/// How many ended launches are remembered, for whoever asks for one again.
const PAST_MAX: usize = 4_096;

/// Launches by key. A key is used once: its launch runs, or has ended.
pub(super) struct Table<I> {
    max_running: usize,
    running: HashMap<LaunchKey, Launch<I>>,
    past: HashMap<LaunchKey, (Option<I>, Exit)>,
    past_order: VecDeque<LaunchKey>,
    news: Vec<Ended>,
}

struct Launch<I> {
    /// Absent while it is being started.
    identity: Option<I>,
    stopping: bool,
}

impl<I> Default for Launch<I> {
    fn default() -> Self {
        Self { identity: None, stopping: false }
    }
}

/// What became of the wish to start a worker.
pub(super) enum Reserved {
    Yes,
    /// It was started before.
    Already(Option<LaunchRef>),
    Full,
}

/// What is known of a key.
pub(crate) enum Known<I> {
    /// The identity is absent while it is being started.
    Running(Option<I>),
    Gone(Exit),
    Nothing,
}

impl<I: Clone + Display> Table<I> {
    pub(super) fn new(max_running: usize) -> Self {
        let (running, past) = (HashMap::new(), HashMap::new());
        Self { max_running, running, past, past_order: VecDeque::new(), news: Vec::new() }
    }

    pub(super) fn free(&self) -> usize {
        self.max_running.saturating_sub(self.running.len())
    }

    pub(super) fn reserve(&mut self, key: LaunchKey) -> Reserved {
        let before = match (self.running.get(&key), self.past.get(&key)) {
            (Some(launch), _) => &launch.identity,
            (None, Some((identity, _))) => identity,
            (None, None) if self.free() == 0 => return Reserved::Full,
            (None, None) => {
                self.running.insert(key, Launch::default());
                return Reserved::Yes;
            }
        };
        Reserved::Already(before.as_ref().map(name))
    }

    /// Also for a launch of an earlier orchestrator, for which there may be no slot. Whether it is new.
    pub(super) fn started(&mut self, key: LaunchKey, identity: I) -> bool {
        let launch = self.running.entry(key).or_default();
        launch.identity.replace(identity).is_none()
    }

    pub(super) fn not_started(&mut self, key: LaunchKey) {
        self.running.remove(&key);
    }

    pub(super) fn begin_to_stop(&mut self, key: LaunchKey) -> Option<I> {
        let launch = self.running.get_mut(&key)?;
        let identity = launch.identity.clone()?;
        (!std::mem::replace(&mut launch.stopping, true)).then_some(identity)
    }

    pub(super) fn is_stopping(&self, key: LaunchKey) -> bool {
        self.running.get(&key).is_some_and(|launch| launch.stopping)
    }

    pub(super) fn over(&mut self, key: LaunchKey, exit: Exit) {
        let Some(launch) = self.running.remove(&key) else {
            return;
        };
        self.past.insert(key, (launch.identity, exit.clone()));
        self.past_order.push_back(key);
        if self.past_order.len() > PAST_MAX
            && let Some(oldest) = self.past_order.pop_front()
        {
            self.past.remove(&oldest);
        }
        self.news.push(Ended { key, exit });
    }

    pub(super) fn look_up(&self, key: LaunchKey) -> Known<I> {
        match (self.running.get(&key), self.past.get(&key)) {
            (Some(launch), _) => Known::Running(launch.identity.clone()),
            (None, Some((_, exit))) => Known::Gone(exit.clone()),
            (None, None) => Known::Nothing,
        }
    }

    pub(super) fn name_of(&self, key: LaunchKey) -> Option<LaunchRef> {
        self.running.get(&key)?.identity.as_ref().map(name)
    }

    pub(super) fn running(&self) -> Vec<RunningLaunch> {
        let named = |(key, launch): (&LaunchKey, &Launch<I>)| {
            let identity = launch.identity.as_ref()?;
            Some(RunningLaunch { key: *key, launch: name(identity) })
        };
        self.running.iter().filter_map(named).collect()
    }

    pub(super) fn take_news(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.news)
    }
}

pub(crate) fn name(identity: &impl Display) -> LaunchRef {
    LaunchRef(identity.to_string())
}
