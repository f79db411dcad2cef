//! Ending launches, and saying how they are.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    job::{Exit, LaunchRef, LaunchView},
    ports::{LaunchKey, LauncherError},
};
use bollard::{
    errors::Error,
    models::{ContainerState, ContainerStateStatusEnum},
    query_parameters::{InspectContainerOptions, KillContainerOptionsBuilder},
};
use tokio::time::sleep;

use super::{
    Shared,
    connect::{is_missing, status},
    container, ending,
};
use crate::launches::Known;

/// Before a daemon that could not kill is asked again.
const KILL_PAUSE: Duration = Duration::from_secs(1);
/// How many hexadecimal digits a container's id has.
const ID_DIGITS: usize = 64;

/// A container as the daemon knows it.
pub(super) struct Found {
    pub(super) id: String,
    /// It was made and never started.
    pub(super) is_new: bool,
    pub(super) state: ContainerState,
}

impl Found {
    pub(super) fn new(id: String) -> Self {
        Self { id, is_new: true, state: ContainerState::default() }
    }
}

/// The attempt's container. `None`: there is none.
pub(super) async fn find(shared: &Shared, key: LaunchKey) -> Result<Option<Found>, Error> {
    let name = container::name(key);
    match shared.docker.inspect_container(&name, None::<InspectContainerOptions>).await {
        Ok(seen) => {
            let state = seen.state.unwrap_or_default();
            let is_new = state.status == Some(ContainerStateStatusEnum::CREATED);
            Ok(Some(Found { id: seen.id.unwrap_or(name), is_new, state }))
        }
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How a launch is, by this launcher's own table, or else by the daemon.
pub(super) async fn view(
    shared: &Shared,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
) -> Result<LaunchView, LauncherError> {
    let known = shared.launches.look_up(key);
    match known {
        Known::Running(_) => Ok(LaunchView::Running),
        Known::Gone(exit) => Ok(LaunchView::Gone(exit)),
        Known::Nothing => Ok(match find(shared, key).await.map_err(unavailable)? {
            Some(found) => found_view(&found),
            // A container that was named has been there, and is not any more.
            None if launch.is_some_and(is_container) => LaunchView::Gone(Exit::default()),
            None => LaunchView::Unknown,
        }),
    }
}

fn found_view(found: &Found) -> LaunchView {
    if found.is_new {
        LaunchView::Unknown
    } else if found.state.running == Some(true) {
        LaunchView::Running
    } else {
        LaunchView::Gone(ending::exit(&found.state, None, false))
    }
}

/// Whether this launcher, and not another one or a worker itself, has given the name.
pub(super) fn is_container(launch: &LaunchRef) -> bool {
    launch.0.len() == ID_DIGITS && launch.0.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// See [`agent_runner_domain::ports::Launcher::stop`].
pub(super) async fn stop(
    shared: &Arc<Shared>,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
    grace: Duration,
) -> Result<LaunchView, LauncherError> {
    let view = view(shared, key, launch).await?;
    let unknown = matches!(shared.launches.look_up(key), Known::Nothing);
    if unknown && let Some(found) = find(shared, key).await.map_err(unavailable)? {
        if found.is_new {
            ending::remove(shared, &found.id).await;
        } else {
            ending::begin_to_watch(shared, key, found.id);
        }
    }
    tell(shared, key, grace).await?;
    Ok(view)
}

async fn tell(shared: &Arc<Shared>, key: LaunchKey, grace: Duration) -> Result<(), LauncherError> {
    let Some(id) = shared.launches.begin_to_stop(key) else {
        return Ok(());
    };
    tokio::spawn(kill_later(shared.clone(), key, id.clone(), grace));
    signal(shared, &id, "SIGTERM").await.map_err(unavailable)
}

async fn kill_later(shared: Arc<Shared>, key: LaunchKey, id: String, grace: Duration) {
    sleep(grace).await;
    while matches!(shared.launches.look_up(key), Known::Running(_)) {
        // Whatever went wrong goes wrong again, or the container is gone next time.
        let _ = signal(&shared, &id, "SIGKILL").await;
        sleep(KILL_PAUSE).await;
    }
}

/// That it has ended meanwhile is what was wanted.
async fn signal(shared: &Shared, id: &str, signal: &str) -> Result<(), Error> {
    let options = KillContainerOptionsBuilder::default().signal(signal).build();
    match shared.docker.kill_container(id, Some(options)).await {
        Err(error) if !matches!(status(&error), Some(404 | 409)) => Err(error),
        _ => Ok(()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
pub(super) fn unavailable(error: Error) -> LauncherError {
    LauncherError(format!("Docker: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_containers_are_taken_for_such() {
        assert!(is_container(&LaunchRef("0a".repeat(32))));
        for other in ["1:4711", "", "agent-runner-job_1-1"] {
            assert!(!is_container(&LaunchRef(other.to_owned())));
        }
    }
}
