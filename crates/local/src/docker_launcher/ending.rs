//! Noticing that a container has ended, and removing it.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    job::{Evidence, Exit, LaunchRef},
    ports::{LaunchKey, LauncherError},
};
use bollard::{
    errors::Error,
    models::{ContainerState, ContainerSummary, ContainerSummaryStateEnum},
    query_parameters::{
        InspectContainerOptions, ListContainersOptionsBuilder, LogsOptionsBuilder,
        RemoveContainerOptionsBuilder, WaitContainerOptions,
    },
};
use futures::StreamExt;
use tokio::time::sleep;

use super::{
    Shared,
    connect::is_missing,
    container,
    stop::{find, is_container, unavailable},
};

/// Before a daemon that went away while it was asked is asked again.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// The lines of output that are looked at.
const TAIL_LINES: &str = "100";
/// A program that a signal has killed exits, as Docker tells it, with this and the signal's number.
const SIGNALLED: i32 = 128;
const SIGKILL: i32 = 9;
const SIGNAL_MAX: i32 = 64;
/// The daemon may hear that memory ran out after it has heard of the end.
const MEMORY_LOOKS: u32 = 5;
const MEMORY_PAUSE: Duration = Duration::from_millis(100);

/// Takes over what an earlier orchestrator of this installation started, running or not. What it made and never
/// started is removed: nobody waits for that.
pub(super) async fn take_over(shared: &Arc<Shared>) -> Result<(), Error> {
    let filters = [("label", vec![container::own_label(&shared.config)])];
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters.into());
    for ContainerSummary { id, labels, state, .. } in
        shared.docker.list_containers(Some(options.build())).await?
    {
        let key = labels.as_ref().and_then(container::key);
        match (key, id) {
            (_, Some(id)) if state == Some(ContainerSummaryStateEnum::CREATED) => {
                remove(shared, &id).await;
            }
            (Some(key), Some(id)) => begin_to_watch(shared, key, id),
            _ => {}
        }
    }
    Ok(())
}

/// Takes over a launch that the store knows. One that is gone is told to have ended; nobody knows how.
pub(super) async fn adopt(
    shared: &Arc<Shared>,
    key: LaunchKey,
    launch: &LaunchRef,
) -> Result<(), LauncherError> {
    match find(shared, key).await.map_err(unavailable)? {
        Some(found) => begin_to_watch(shared, key, found.id),
        None if is_container(launch) && shared.launches.started(key, launch.0.clone()) => {
            shared.launches.over(key, Exit::default());
        }
        // Another launcher's name means nothing here; that attempt ends by its silence.
        None => {}
    }
    Ok(())
}

/// Once per container.
pub(super) fn begin_to_watch(shared: &Arc<Shared>, key: LaunchKey, id: String) {
    if shared.launches.started(key, id.clone()) {
        tokio::spawn(watch(shared.clone(), key, id));
    }
}

async fn watch(shared: Arc<Shared>, key: LaunchKey, id: String) {
    let code = end(&shared, &id).await;
    let stopped = shared.launches.is_stopping(key);
    let exit = describe(&shared, &id, code, stopped).await;
    remove(&shared, &id).await;
    shared.launches.over(key, exit);
}

/// Waits until the container runs no more, and says its exit code if anybody knows it.
async fn end(shared: &Shared, id: &str) -> Option<i64> {
    loop {
        let answer = shared.docker.wait_container(id, None::<WaitContainerOptions>).next().await;
        match answer {
            Some(Ok(ended)) => return Some(ended.status_code),
            Some(Err(Error::DockerContainerWaitError { code, .. })) => return Some(code),
            Some(Err(error)) if is_missing(&error) => return None,
            Some(Err(_)) | None => sleep(LOOK_PAUSE).await,
        }
    }
}

async fn describe(shared: &Shared, id: &str, code: Option<i64>, stopped: bool) -> Exit {
    let mut looks = 1;
    let mut state = state(shared, id, code).await;
    while was_killed(&state, stopped) && state.oom_killed == Some(false) && looks < MEMORY_LOOKS {
        sleep(MEMORY_PAUSE).await;
        state = self::state(shared, id, code).await;
        looks += 1;
    }
    let tail = if state.exit_code == Some(0) { None } else { output(shared, id).await };
    exit(&state, tail, stopped)
}

/// The last state of a container that has ended, and might have been removed by another orchestrator.
async fn state(shared: &Shared, id: &str, code: Option<i64>) -> ContainerState {
    let seen = shared.docker.inspect_container(id, None::<InspectContainerOptions>).await;
    let state = seen.ok().and_then(|seen| seen.state).unwrap_or_default();
    ContainerState { exit_code: code.or(state.exit_code), ..state }
}

/// How it ended, by what the daemon has seen.
pub(super) fn exit(state: &ContainerState, stderr_tail: Option<String>, stopped: bool) -> Exit {
    let exit_code = state.exit_code.and_then(|code| i32::try_from(code).ok());
    let evidence =
        Evidence { exit_code, signal: signal(state), stderr_tail, ..Evidence::default() };
    let out_of_memory = was_killed(state, stopped) && state.oom_killed == Some(true);
    Exit { evidence, out_of_memory, ..Exit::default() }
}

fn signal(state: &ContainerState) -> Option<i32> {
    let code = state.exit_code.and_then(|code| i32::try_from(code).ok())?;
    Some(code - SIGNALLED).filter(|number| (1..=SIGNAL_MAX).contains(number))
}

/// By somebody else than this launcher.
fn was_killed(state: &ContainerState, stopped: bool) -> bool {
    signal(state) == Some(SIGKILL) && !stopped
}

/// The end of what the container printed.
async fn output(shared: &Shared, id: &str) -> Option<String> {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(TAIL_LINES).build();
    let lines = shared.docker.logs(id, Some(options));
    let text = lines
        .take_while(|line| std::future::ready(line.is_ok()))
        .filter_map(|line| std::future::ready(line.ok()))
        .fold(String::new(), |text, line| std::future::ready(text + &line.to_string()))
        .await;
    Evidence::tail(text.trim_end())
}

/// A container that cannot be removed now is removed by the next orchestrator.
pub(super) async fn remove(shared: &Shared, id: &str) {
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    let _ = shared.docker.remove_container(id, Some(options)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit_code: i64, oom_killed: bool) -> ContainerState {
        let (exit_code, oom_killed) = (Some(exit_code), Some(oom_killed));
        ContainerState { exit_code, oom_killed, ..ContainerState::default() }
    }

    #[test]
    fn memory_ran_out_only_where_the_worker_itself_was_killed_for_it() {
        assert!(exit(&ended(137, true), None, false).out_of_memory);
        assert!(!exit(&ended(137, true), None, true).out_of_memory, "we have killed it");
        assert!(!exit(&ended(137, false), None, false).out_of_memory);
        assert!(!exit(&ended(0, true), None, false).out_of_memory, "one of its programs was");
    }

    #[test]
    fn a_signal_is_told_from_an_exit_code() {
        assert_eq!(exit(&ended(143, false), None, false).evidence.signal, Some(15));
        assert_eq!(exit(&ended(3, false), None, false).evidence.signal, None);
    }
}
