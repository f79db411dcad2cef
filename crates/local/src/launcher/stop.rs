//! Ending launches, and saying how they are.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    job::{Exit, LaunchRef, LaunchView},
    ports::LaunchKey,
};
use agent_runner_process::{Identity, Mark, kill_group, marked, terminate_all, terminate_group};
use tokio::{task::spawn_blocking, time::sleep};

use super::{Shared, ending};
use crate::launches::Known;

/// See [`agent_runner_domain::ports::Launcher::stop`].
pub(super) async fn stop(
    shared: &Arc<Shared>,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
    grace: Duration,
) -> LaunchView {
    let view = view(shared, key, launch).await;
    let unknown = matches!(shared.launches.look_up(key), Known::Nothing);
    match (&view, identity(launch)) {
        // One of an earlier orchestrator that nobody has taken over yet.
        (LaunchView::Running, Some(identity)) if unknown => ending::adopt(shared, key, identity),
        (LaunchView::Running, None) if unknown => stop_marked(shared, key, grace).await,
        // The worker may have been killed while nobody looked.
        (LaunchView::Gone(_), _) if unknown => ending::clean_up(shared, key).await,
        _ => {}
    }
    stop_known(shared, key, grace);
    view
}

fn stop_known(shared: &Arc<Shared>, key: LaunchKey, grace: Duration) {
    if let Some(identity) = shared.launches.begin_to_stop(key)
        && identity.is_alive()
    {
        terminate_group(identity.pid());
        tokio::spawn(kill_later(shared.clone(), key, identity, grace));
    }
}

async fn stop_marked(shared: &Arc<Shared>, key: LaunchKey, grace: Duration) {
    let found = find(key).await;
    terminate_all(&found);
    let shared = shared.clone();
    tokio::spawn(async move {
        sleep(grace).await;
        ending::clean_up(&shared, key).await;
    });
}

async fn kill_later(shared: Arc<Shared>, key: LaunchKey, identity: Identity, grace: Duration) {
    sleep(grace).await;
    let runs = matches!(shared.launches.look_up(key), Known::Running(_));
    if runs && identity.is_alive() {
        kill_group(identity.pid());
    }
}

/// How a launch is, by this launcher's own table, or else by its process.
pub(super) async fn view(
    shared: &Shared,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
) -> LaunchView {
    let known = shared.launches.look_up(key);
    match known {
        Known::Running(_) => LaunchView::Running,
        Known::Gone(exit) => LaunchView::Gone(exit),
        Known::Nothing => match identity(launch) {
            Some(identity) if identity.is_alive() => LaunchView::Running,
            Some(_) => LaunchView::Gone(Exit::default()),
            None => look_for(key).await,
        },
    }
}

/// A worker whose name was never stored says whose it is by its environment, unless it was started ahead.
async fn look_for(key: LaunchKey) -> LaunchView {
    if find(key).await.is_empty() { LaunchView::Unknown } else { LaunchView::Running }
}

async fn find(key: LaunchKey) -> Vec<u32> {
    let mark = Mark::new(&key.job.to_string(), key.attempt);
    spawn_blocking(move || marked(&mark)).await.unwrap_or_default()
}

fn identity(launch: Option<&LaunchRef>) -> Option<Identity> {
    launch?.0.parse().ok()
}
