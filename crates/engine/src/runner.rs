//! Runs the loops of [`crate::loops`] until told to stop.

use std::time::Duration;

use agent_runner_domain::{
    job::{JobState, Status},
    ports::{JobQuery, LaunchKey, RunningLaunch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Engine, EngineError,
    loops::{self, SWEEP_PAUSE, callbacks, dispatch, effects, endings, orphans, sweep},
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
        running.spawn(engine, "dispatch", Duration::ZERO, |engine: Engine| async move {
            dispatch::run_once(&engine, WAIT).await.map(drop)
        });
    }
    running.spawn(engine, "sweep", Duration::ZERO, sweep_and_rest);
    running.spawn(engine, "endings", Duration::ZERO, |engine: Engine| async move {
        endings::run_once(&engine, WAIT).await.map(drop)
    });
    running.spawn(engine, "orphans", ORPHANS_PAUSE, |engine: Engine| async move {
        orphans::run_once(&engine).await.map(drop)
    });
    for _ in 0..EFFECT_LOOPS {
        running.spawn(engine, "effects", Duration::ZERO, |engine: Engine| async move {
            if !effects::run_once(&engine).await? {
                let _ = tokio::time::timeout(WAIT, effects::arrival(&engine)).await;
            }
            Ok(())
        });
    }
    for _ in 0..CALLBACK_LOOPS {
        running.spawn(engine, "callbacks", Duration::ZERO, |engine: Engine| async move {
            if !callbacks::run_once(&engine).await? {
                let _ = tokio::time::timeout(WAIT, callbacks::arrival(&engine)).await;
            }
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

    fn spawn<F, P>(&self, engine: &Engine, name: &'static str, pause: Duration, pass: F)
    where
        F: Fn(Engine) -> P + Send + 'static,
        P: Future<Output = Result<(), EngineError>> + Send,
    {
        let (engine, stop) = (engine.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                if let Err(error) = pass(engine.clone()).await {
                    tracing::warn!(%error, "A pass of the {name} loop failed; it goes on");
                    stop.run_until_cancelled(tokio::time::sleep(REST)).await;
                }
                stop.run_until_cancelled(tokio::time::sleep(pause)).await;
            }
        });
    }
}

async fn sweep_and_rest(engine: Engine) -> Result<(), EngineError> {
    if sweep::run_once(&engine).await?.full {
        return Ok(());
    }
    let now = engine.ports.clock.now();
    let pause = sweep::next_due(&engine).await?.map_or(SWEEP_PAUSE, |at| at.since(now));
    // At least a moment, so that a job which stays due cannot make the loop spin.
    let pause = pause.clamp(Duration::from_millis(5), loops::SWEEP_PAUSE);
    let _ = tokio::time::timeout(pause, engine.wakeups.sweeper_called()).await;
    Ok(())
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
