//! Who goes on when. Every task waits for a moment of virtual time; the seed decides among those whose moment
//! has come.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use futures::future::BoxFuture;

use crate::world::Millis;

pub(crate) type TaskId = u64;

/// Something that can crash: all its tasks end together.
pub(crate) type ProcessId = u64;

/// The users and the surroundings, which outlive everything.
pub(crate) const OUTSIDE: ProcessId = 0;

/// What a task with nothing to do would like to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    /// Messages, or room for another launch.
    Work,
    /// A launch has ended.
    Endings,
    /// A launch has begun.
    Launches,
    /// A job has changed.
    Jobs,
    /// The task sleeps until a job is due; one may be due earlier.
    Due,
}

pub(crate) struct Spawned {
    pub(crate) id: TaskId,
    pub(crate) future: BoxFuture<'static, ()>,
}

struct Entry {
    process: ProcessId,
    name: String,
    at: Millis,
    topic: Option<Topic>,
    rung: bool,
    /// The process whose answer it waits for.
    calls: Option<ProcessId>,
}

#[derive(Default)]
pub(crate) struct Schedule {
    entries: BTreeMap<TaskId, Entry>,
    live: BTreeSet<ProcessId>,
    pub(crate) current: TaskId,
    pub(crate) spawned: Vec<Spawned>,
    tasks: TaskId,
    processes: ProcessId,
}

impl Schedule {
    pub(crate) fn new_process(&mut self) -> ProcessId {
        self.processes += 1;
        self.live.insert(self.processes);
        self.processes
    }

    pub(crate) fn is_live(&self, process: ProcessId) -> bool {
        process == OUTSIDE || self.live.contains(&process)
    }

    pub(crate) fn spawn(
        &mut self,
        process: ProcessId,
        name: String,
        at: Millis,
        future: BoxFuture<'static, ()>,
    ) {
        self.tasks += 1;
        let id = self.tasks;
        let entry = Entry { process, name, at, topic: None, rung: false, calls: None };
        self.entries.insert(id, entry);
        self.spawned.push(Spawned { id, future });
    }

    /// The next task to go on, and when.
    pub(crate) fn next(&self, now: Millis, rng: &mut Rng) -> Option<(TaskId, Millis)> {
        let earliest = self.entries.values().map(|entry| entry.at).min()?.max(now);
        let ready = self.entries.iter().filter(|(_, entry)| entry.at <= earliest);
        let ready: Vec<_> = ready.map(|(id, _)| *id).collect();
        Some((ready[rng.usize(..ready.len())], earliest))
    }

    pub(crate) fn ended(&mut self, task: TaskId) {
        self.entries.remove(&task);
    }

    /// Ends a process. Whoever waits for its answer goes on at once. Returns its tasks.
    pub(crate) fn kill(&mut self, process: ProcessId, now: Millis) -> Vec<TaskId> {
        self.live.remove(&process);
        let dead = self.entries.extract_if(.., |_, entry| entry.process == process);
        let dead = dead.map(|(id, _)| id).collect();
        for entry in self.entries.values_mut().filter(|entry| entry.calls == Some(process)) {
            entry.at = now;
        }
        dead
    }

    pub(crate) fn current_name(&self) -> &str {
        self.entries.get(&self.current).map_or("?", |entry| &entry.name)
    }

    pub(crate) fn sleep(&mut self, until: Millis, topic: Option<Topic>) {
        if let Some(entry) = self.entries.get_mut(&self.current) {
            (entry.at, entry.topic, entry.rung) = (until, topic, false);
        }
    }

    /// Whether a bell, not the time, woke the current task.
    pub(crate) fn was_rung(&self) -> bool {
        self.entries.get(&self.current).is_some_and(|entry| entry.rung)
    }

    pub(crate) fn ring(&mut self, topic: Topic, at: Millis, rng: &mut Rng) {
        let sleeping = self.entries.values_mut().filter(|entry| entry.topic == Some(topic));
        for entry in sleeping.filter(|entry| entry.at > at) {
            // The sweeper hears of the moment itself; the others of something that is there already.
            entry.at = if topic == Topic::Due { at } else { at + rng.i64(0..10) };
            entry.rung = true;
        }
    }

    pub(crate) fn set_calls(&mut self, process: Option<ProcessId>) {
        if let Some(entry) = self.entries.get_mut(&self.current) {
            entry.calls = process;
        }
    }
}
