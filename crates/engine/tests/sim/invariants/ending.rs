//! Invariant 1: an accepted job reaches a final state, whatever crashes, if launches eventually work.

use super::{CALLBACKS, DEPENDENCIES, EVERY_JOB_ENDS, FAMILIES, ONE_LAUNCH};
use crate::world::World;

impl World {
    /// The world has had all the time it needs and is not at rest: says what is still open.
    pub(crate) fn blame_unrest(&mut self) {
        let open = self.book.open.iter().filter_map(|id| self.book.seen.get(id));
        let open: Vec<_> = open.map(|seen| seen.job.clone()).collect();
        if let Some(job) = open.iter().find(|job| !job.status().is_final()) {
            return self.complain(EVERY_JOB_ENDS, format!("{:?}", job.state));
        }
        for job in open {
            let chores = &job.chores;
            if chores.callback.is_some() {
                self.complain(CALLBACKS, format!("{chores:?}"));
            } else if chores.release.is_some() {
                self.complain(DEPENDENCIES, format!("{chores:?}"));
            } else if chores.family.is_some() {
                self.complain(FAMILIES, format!("{chores:?}"));
            } else {
                self.complain(ONE_LAUNCH, format!("{chores:?}"));
            }
        }
        let running: Vec<_> = self.platform.live().map(|(key, _)| *key).collect();
        if let Some(key) = running.first() {
            self.complain(ONE_LAUNCH, format!("{key:?} runs for ever"));
        }
        let busy = self.users_busy;
        if busy > 0 {
            self.complain(EVERY_JOB_ENDS, format!("{busy} users still wait for an answer"));
        }
    }
}
