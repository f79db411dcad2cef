//! What a rule needs besides the launcher.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use agent_runner_domain::{
    JobId, Lease, Timestamp,
    job::{LaunchRef, LaunchView, Resources},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher},
};

/// Longer than anything takes that is going to happen.
const LONG: Duration = Duration::from_secs(20);
pub(super) const SHORT: Duration = Duration::from_millis(150);

/// Tests run in several processes on one machine, and jobs must not have the same name.
static JOBS: AtomicU64 = AtomicU64::new(1);

/// What the stand-in for a worker does. It reads it from the number of its attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Exits with 0 at once.
    Ends = 1,
    /// Exits with 3 at once.
    Fails = 2,
    /// Runs until it is told to stop, and exits with 0 then.
    Runs = 3,
    /// Runs until it is killed.
    IsDeaf = 4,
}

/// A launcher with two slots whose workers are stand-ins.
pub struct Subject {
    pub launcher: Arc<dyn Launcher>,
    /// Another launcher on the same backend that knows nothing of the first.
    pub again: Arc<dyn Launcher>,
}

pub(super) fn order(behaviour: Behaviour) -> LaunchOrder {
    let number = JOBS.fetch_add(1, Ordering::Relaxed);
    let process = u128::from(std::process::id()) << 32;
    let job = JobId::new(Timestamp::from_millis(1), process + u128::from(number));
    LaunchOrder {
        key: LaunchKey { job, attempt: behaviour as u32 },
        lease: Lease::from_u128(number.into()),
        job_type: "stand-in".to_owned(),
        resources: Resources::default(),
    }
}

impl Subject {
    pub(super) async fn launch(&self, behaviour: Behaviour) -> (LaunchKey, Option<LaunchRef>) {
        let order = order(behaviour);
        let key = order.key;
        (key, self.launcher.launch(vec![order]).await.remove(0).unwrap())
    }
}

/// Waits for the end of this launch, whatever else ends before.
pub(super) async fn end(launcher: &dyn Launcher, key: LaunchKey) -> Ended {
    let begin = Instant::now();
    while begin.elapsed() < LONG {
        let news = launcher.ended(LONG).await.unwrap();
        if let Some(ended) = news.into_iter().find(|ended| ended.key == key) {
            return ended;
        }
    }
    panic!("the end of {key:?} is not told");
}

pub(super) async fn view(
    launcher: &dyn Launcher,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
) -> LaunchView {
    launcher.observe(&[(key, launch.cloned())]).await.unwrap().remove(0)
}
