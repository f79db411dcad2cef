//! The end of a program and of everything that it has started.

use std::time::Duration;

use agent_runner_process::{family_of, kill_all, kill_group, terminate_all, terminate_group};
use tokio::time::{Instant, sleep};

const LOOK_PAUSE: Duration = Duration::from_millis(10);
/// A process that is killed may have started another in the meantime, so the killing is repeated, but not for ever:
/// one that waits for a broken disk does not die.
const KILLS_MAX: u32 = 200;

/// The processes of one program: its process group, and all descendants of this worker, which does nothing else.
/// Dropped before [`Family::end`] is through, it kills them.
pub(super) struct Family {
    group: u32,
    ended: bool,
}

impl Family {
    pub(super) fn new(group: u32) -> Self {
        Self { group, ended: false }
    }

    /// Asks all to end, and kills what is left after `grace`.
    pub(super) async fn end(&mut self, grace: Duration) {
        let kill_at = Instant::now() + grace;
        let mut left = family_of(self.group);
        if !left.is_empty() {
            terminate_group(self.group);
            terminate_all(&left);
        }
        while !left.is_empty() && Instant::now() < kill_at {
            sleep(LOOK_PAUSE).await;
            left = family_of(self.group);
        }
        for _ in 0..KILLS_MAX {
            if left.is_empty() {
                break;
            }
            self.kill(&left);
            sleep(LOOK_PAUSE).await;
            left = family_of(self.group);
        }
        self.ended = true;
    }

    fn kill(&self, left: &[u32]) {
        kill_group(self.group);
        kill_all(left);
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        if !self.ended {
            self.kill(&family_of(self.group));
        }
    }
}
