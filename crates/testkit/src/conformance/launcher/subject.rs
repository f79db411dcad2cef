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
use async_trait::async_trait;

/// Longer than anything takes that is going to happen.
const LONG: Duration = Duration::from_secs(20);
pub(super) const SHORT: Duration = Duration::from_millis(150);

/// Tests run in several processes on one machine, and jobs must not have the same name.
static JOBS: AtomicU64 = AtomicU64::new(1);

/// What a launched worker does. The number is that of its attempt, by which a stand-in knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Exits with 0 at once.
    Ends = 1,
    /// Exits with [`Workers::failure`] at once.
    Fails = 2,
    /// Runs until it is told to stop, and exits then.
    Runs = 3,
    /// Runs until it is killed.
    IsDeaf = 4,
}

/// What the launchers of a subject launch. As it is, a stand-in that looks at the number of its attempt.
#[async_trait]
pub trait Workers: Send + Sync {
    /// Sees to it that the worker of this order will behave like that.
    async fn prepare(&self, _order: &LaunchOrder, _behaviour: Behaviour) {}

    /// Waits until a worker that has been launched does what it was prepared for.
    async fn at_work(&self, _key: LaunchKey) {
        tokio::time::sleep(SHORT * 2).await;
    }

    /// What a worker exits with that fails.
    fn failure(&self) -> i32 {
        3
    }
}

/// Workers that need no preparation.
struct StandIns;

impl Workers for StandIns {}

/// A launcher with two slots.
pub struct Subject {
    pub launcher: Arc<dyn Launcher>,
    /// Another launcher on the same backend that knows nothing of the first.
    pub again: Arc<dyn Launcher>,
    pub workers: Box<dyn Workers>,
}

fn order(behaviour: Behaviour) -> LaunchOrder {
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
    /// One whose workers are stand-ins.
    #[must_use]
    pub fn new(launcher: Arc<dyn Launcher>, again: Arc<dyn Launcher>) -> Self {
        Self { launcher, again, workers: Box::new(StandIns) }
    }

    pub(super) async fn order(&self, behaviour: Behaviour) -> LaunchOrder {
        let order = order(behaviour);
        self.workers.prepare(&order, behaviour).await;
        order
    }

    pub(super) async fn launch(&self, behaviour: Behaviour) -> (LaunchKey, Option<LaunchRef>) {
        let order = self.order(behaviour).await;
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
