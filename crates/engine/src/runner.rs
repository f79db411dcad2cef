//! Runs the loops of [`crate::loops`] until told to stop.

use std::time::Duration;

use agent_runner_domain::{
    job::{JobState, Status},
    ports::{JobQuery, LaunchKey, RunningLaunch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Engine, EngineError,
    loops::{callbacks, dispatch, effects, endings, orphans, resend, sweep},
};

/// How long a loop waits for something to do before it looks whether it shall stop.
const WAIT: Duration = Duration::from_secs(1);
/// How long a loop rests after an error, so that a broken backend is not hammered.
const REST: Duration = Duration::from_millis(500);
const ORPHANS_PAUSE: Duration = Duration::from_secs(15);
/// Effects carried out at the same time.
const EFFECT_LOOPS: usize = 4;
/// Callbacks under way at the same time.
const CALLBACK_LOOPS: usize = 8;

/// Which loops this process runs.
#[derive(Debug, Clone, Copy)]
pub struct RunnerConfig {
    /// Without it nothing is launched here; everything else goes on.
    pub dispatch: bool,
}

/// The loops under way.
pub struct Running {
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Takes over what an earlier orchestrator left running, then starts the loops.
///
/// # Errors
/// When the store or the launcher cannot say what runs.
pub async fn start(engine: &Engine, config: RunnerConfig) -> Result<Running, EngineError> {
    adopt(engine).await?;
    let running = Running { stop: CancellationToken::new(), tasks: TaskTracker::new() };
    if config.dispatch {
        let receive = |engine: Engine| async move { dispatch::receive(&engine, WAIT).await };
        running.spawn(engine, "dispatch", receive, |engine, receipts| async move {
            dispatch::launch_received(&engine, receipts?).await.map(drop)
        });
    }
    running.spawn(engine, "sweep", sweep::rest, |engine, due| async move {
        if due { sweep::run_once(&engine).await.map(drop) } else { Ok(()) }
    });
    let refused = |engine: Engine| async move { resend::arrival(&engine).await };
    running.spawn(engine, "resend", refused, |engine, ()| async move {
        while resend::run_once(&engine).await? {}
        Ok(())
    });
    let hear = |engine: Engine| async move { endings::hear(&engine, WAIT).await };
    running.spawn(engine, "endings", hear, |engine, ended| async move {
        endings::take_in(&engine, ended?).await.map(drop)
    });
    let pause = |_| tokio::time::sleep(ORPHANS_PAUSE);
    running.spawn(engine, "orphans", pause, |engine, ()| async move {
        orphans::run_once(&engine).await.map(drop)
    });
    for _ in 0..EFFECT_LOOPS {
        let arrival = |engine: Engine| async move {
            // Bounded, because an error leaves what came behind it in the lane.
            let _ = tokio::time::timeout(WAIT, effects::arrival(&engine)).await;
        };
        running.spawn(engine, "effects", arrival, |engine, ()| async move {
            while effects::run_once(&engine).await? {}
            Ok(())
        });
    }
    for _ in 0..CALLBACK_LOOPS {
        let arrival = |engine: Engine| async move {
            let _ = tokio::time::timeout(WAIT, callbacks::arrival(&engine)).await;
        };
        running.spawn(engine, "callbacks", arrival, |engine, ()| async move {
            while callbacks::run_once(&engine).await? {}
            Ok(())
        });
    }
    running.tasks.close();
    Ok(running)
}

impl Running {
    /// Ends the loops, each after its pass if that takes no longer than `patience`. What is cut off is done
    /// again by the next orchestrator. Workers are left running.
    pub async fn stop(self, patience: Duration) {
        self.stop.cancel();
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("Some loops did not end in time and were cut off");
        }
    }

    /// A loop of two halves: `wait` may be dropped at any time, `pass` is always carried to its end.
    fn spawn<W, Found, F, P>(
        &self,
        engine: &Engine,
        name: &'static str,
        wait: impl Fn(Engine) -> W + Send + 'static,
        pass: F,
    ) where
        W: Future<Output = Found> + Send,
        Found: Send,
        F: Fn(Engine, Found) -> P + Send + 'static,
        P: Future<Output = Result<(), EngineError>> + Send,
    {
        let (engine, stop) = (engine.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while let Some(found) = stop.run_until_cancelled(wait(engine.clone())).await {
                if let Err(error) = pass(engine.clone(), found).await {
                    tracing::warn!(%error, "A pass of the {name} loop failed; it goes on");
                    stop.run_until_cancelled(tokio::time::sleep(REST)).await;
                }
            }
        });
    }
}

/// Tells the launcher of everything that runs, or is about to, by the store.
///
/// # Errors
/// When the store or the launcher cannot say what runs.
pub async fn adopt(engine: &Engine) -> Result<(), EngineError> {
    adopt_in(engine, Status::Launching).await?;
    adopt_in(engine, Status::Running).await
}

async fn adopt_in(engine: &Engine, status: Status) -> Result<(), EngineError> {
    let mut query = JobQuery { status: Some(status), limit: 500, ..JobQuery::default() };
    loop {
        let page = engine.ports.store.list(&query).await?;
        let launches = page.jobs.iter().filter_map(|job| match &job.state {
            JobState::Launching { attempt, launch: Some(launch), .. }
            | JobState::Running { attempt, launch: Some(launch), .. } => {
                let key = LaunchKey { job: job.id, attempt: *attempt };
                Some(RunningLaunch { key, launch: launch.clone() })
            }
            _ => None,
        });
        let adopted = engine.ports.launcher.adopt(launches.collect()).await;
        adopted.map_err(|error| EngineError::Unavailable(error.to_string()))?;
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}
