//! Who goes on when. Every task waits for a moment of virtual time; the seed decides among those whose moment
//! has come.

use std::collections::BTreeSet;

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
    id: TaskId,
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
    /// Sorted by id.
    entries: Vec<Entry>,
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
        let entry = Entry { id, process, name, at, topic: None, rung: false, calls: None };
        self.entries.push(entry);
        self.spawned.push(Spawned { id, future });
    }

    /// The next task to go on, and when.
    pub(crate) fn next(&self, now: Millis, rng: &mut Rng) -> Option<(TaskId, Millis)> {
        let (mut earliest, mut count) = (Millis::MAX, 0);
        for entry in &self.entries {
            let at = entry.at.max(now);
            if at < earliest {
                (earliest, count) = (at, 0);
            }
            count += usize::from(at == earliest);
        }
        let chosen = rng.usize(..count.max(1));
        let ready = self.entries.iter().filter(|entry| entry.at <= earliest).nth(chosen)?;
        Some((ready.id, earliest))
    }

    pub(crate) fn ended(&mut self, task: TaskId) {
        self.entries.retain(|entry| entry.id != task);
    }

    /// Ends a process. Whoever waits for its answer goes on at once. Returns its tasks.
    pub(crate) fn kill(&mut self, process: ProcessId, now: Millis) -> Vec<TaskId> {
        self.live.remove(&process);
        let dead = self.entries.extract_if(.., |entry| entry.process == process);
        let dead = dead.map(|entry| entry.id).collect();
        for entry in self.entries.iter_mut().filter(|entry| entry.calls == Some(process)) {
            entry.at = now;
        }
        dead
    }

    pub(crate) fn current_name(&self) -> &str {
        self.entry(self.current).map_or("?", |entry| &entry.name)
    }

    pub(crate) fn sleep(&mut self, until: Millis, topic: Option<Topic>) {
        if let Some(entry) = self.current_entry() {
            (entry.at, entry.topic, entry.rung) = (until, topic, false);
        }
    }

    /// Whether a bell, not the time, woke the current task.
    pub(crate) fn was_rung(&self) -> bool {
        self.entry(self.current).is_some_and(|entry| entry.rung)
    }

    pub(crate) fn ring(&mut self, topic: Topic, at: Millis, rng: &mut Rng) {
        let sleeping = self.entries.iter_mut().filter(|entry| entry.topic == Some(topic));
        for entry in sleeping.filter(|entry| entry.at > at) {
            // The sweeper hears of the moment itself; the others of something that is there already.
            entry.at = if topic == Topic::Due { at } else { at + rng.i64(0..10) };
            entry.rung = true;
        }
    }

    pub(crate) fn set_calls(&mut self, process: Option<ProcessId>) {
        if let Some(entry) = self.current_entry() {
            entry.calls = process;
        }
    }

    fn entry(&self, task: TaskId) -> Option<&Entry> {
        let index = self.entries.binary_search_by_key(&task, |entry| entry.id).ok()?;
        self.entries.get(index)
    }

    fn current_entry(&mut self) -> Option<&mut Entry> {
        let index = self.entries.binary_search_by_key(&self.current, |entry| entry.id).ok()?;
        self.entries.get_mut(index)
    }
}
