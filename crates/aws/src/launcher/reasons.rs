//! What the platform's words mean: why a task was not started, or why it stopped.
//!
//! ECS says it in sentences, in `failures[]`, in errors and in `stoppedReason` alike, and some of them come from
//! other services. One table sorts them all; the first row that fits counts. What it does not know is passing,
//! because that is tried again a bounded number of times.

use agent_runner_domain::job::{Evidence, Exit, LaunchFailure, LaunchFailureKind};

/// What follows from a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Asked too often: nothing was started, later it will be.
    Throttled,
    /// No room, or too little quota: nothing was started.
    Capacity,
    /// Nobody has answered: something may have been started, and nobody knows.
    Away,
    /// It may work with the next launch.
    Transient,
    /// It fails until somebody changes something.
    Permanent,
    OutOfMemory,
    /// The machine was taken away.
    Interrupted,
}

use Meaning::{Away, Capacity, Interrupted, OutOfMemory, Permanent, Throttled, Transient};

/// Parts of sentences, in lower case. All parts of a row must occur.
const TABLE: &[(&[&str], Meaning)] = &[
    // Throttles, also those of services that ECS asks on our behalf.
    (&["rate exceeded"], Throttled),
    (&["request limit exceeded"], Throttled),
    (&["requestlimitexceeded"], Throttled),
    (&["throttlingexception"], Throttled),
    // Denials name a "resource:" and more that means something else below.
    (&["not authorized to perform"], Permanent),
    (&["accessdenied"], Permanent),
    // Room.
    (&["resource:cpu"], Capacity),
    (&["resource:memory"], Capacity),
    (&["resource:eni"], Capacity),
    (&["resource:gpu"], Capacity),
    (&["resource:port"], Capacity),
    (&["resource:fpga"], Capacity),
    (&["resource:inferentia"], Capacity),
    (&["capacity is unavailable"], Capacity),
    (&["reached the limit on the number of"], Capacity),
    (&["configuration is above your limit"], Capacity),
    (&["insufficient", "capacity"], Capacity),
    (&["insufficientfreeaddressesinsubnet"], Capacity),
    (&["free addresses"], Capacity),
    // Memory and machines.
    (&["outofmemory"], OutOfMemory),
    (&["out of memory"], OutOfMemory),
    (&["killed due to memory usage"], OutOfMemory),
    (&["spot task was interrupted"], Interrupted),
    (&["spot interruption"], Interrupted),
    (&["scheduled for retirement"], Interrupted),
    (&["maintenance on the underlying infrastructure"], Interrupted),
    (&["host", "terminated"], Interrupted),
    // A task's surroundings that were not ready in time.
    (&["timeout waiting for network interface"], Transient),
    (&["timeout waiting for ephemeralstorage"], Transient),
    (&["network interface", "attach"], Transient),
    // Secrets, logs and the network of a task: a role, a route or a name that is wrong stays wrong.
    (&["resourceinitializationerror"], Permanent),
    // Pulls break off; images that are not there do not come.
    (&["cannotpull", "not found"], Permanent),
    (&["cannotpull", "manifest unknown"], Permanent),
    (&["cannotpull", "does not exist"], Permanent),
    (&["cannotpull", "forbidden"], Permanent),
    (&["cannotpull", "denied"], Permanent),
    (&["cannotpull", "not authorized"], Permanent),
    (&["cannotpull", "no basic auth credentials"], Permanent),
    (&["cannotpull", "invalid reference format"], Permanent),
    (&["cannotpull", "matching platform"], Permanent),
    (&["cannotpull", "no space left on device"], Permanent),
    (&["cannotpull"], Transient),
    (&["cannotstartcontainererror", "no such file"], Permanent),
    (&["cannotstartcontainererror", "not found"], Permanent),
    (&["cannotstartcontainererror", "permission denied"], Permanent),
    (&["cannotstartcontainererror", "exec format error"], Permanent),
    (&["cannotcreatevolumeerror"], Permanent),
    // What a call names that is not there, or that it may not use.
    (&["task", "definition", "inactive"], Permanent),
    (&["unable to find task definition"], Permanent),
    (&["taskdefinition not found"], Permanent),
    (&["cluster not found"], Permanent),
    (&["capacity provider"], Permanent),
    (&["subnet", "does not exist"], Permanent),
    (&["invalidsubnetid"], Permanent),
    (&["security group", "does not exist"], Permanent),
    (&["invalidgroup"], Permanent),
    (&["unable to assume the role"], Permanent),
    (&["account", "blocked"], Permanent),
    (&["no fargate configuration exists"], Permanent),
    (&["overrides length must be"], Permanent),
];

/// How much of the platform's words is kept.
const REASON_CHARS_MAX: usize = 600;
/// What ECS says of every task whose worker has ended by itself.
const SAYS_NOTHING: &str = "essential container in task exited";
/// 128 and SIGKILL.
const KILLED: i32 = 137;

pub(super) fn meaning(text: &str) -> Option<Meaning> {
    let text = text.to_lowercase();
    let fits = |parts: &[&str]| parts.iter().all(|part| text.contains(part));
    TABLE.iter().find(|(parts, _)| fits(parts)).map(|(_, meaning)| *meaning)
}

impl Meaning {
    /// Of a launch that did not happen, in the domain's words. An outage may take longer than the tries that the
    /// infrastructure has at a job's expense, so it takes none. If something was started all the same, its lease is
    /// over, and it is stopped as one that nobody waits for.
    pub(super) fn failure(self, message: String) -> LaunchFailure {
        let kind = match self {
            Throttled | Capacity | Away => LaunchFailureKind::Capacity,
            Transient | OutOfMemory | Interrupted => LaunchFailureKind::Transient,
            Permanent => LaunchFailureKind::Permanent,
        };
        LaunchFailure { kind, message, evidence: Evidence::default() }
    }
}

/// What is said of a task that stopped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stop<'a> {
    /// Any text: AWS adds codes.
    pub(crate) code: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
    /// Of the worker's container, which may never have existed.
    pub(crate) exit_code: Option<i32>,
    pub(crate) container_reason: Option<&'a str>,
}

/// The code counts first, then the sentences, then the exit code: a task that was never started has no container
/// and no exit code, and zero is no success here. Success is the worker's own word alone.
pub(crate) fn exit(stop: Stop<'_>) -> Exit {
    let meanings = [stop.reason, stop.container_reason].map(|text| text.and_then(meaning));
    let says = |wanted: Meaning| meanings.contains(&Some(wanted));
    let never_started = match stop.code {
        Some("TaskFailedToStart") => true,
        Some("EssentialContainerExited" | "UserInitiated") => false,
        _ => stop.exit_code.is_none(),
    };
    let by_itself = matches!(stop.code, Some("EssentialContainerExited") | None);
    let taken = matches!(
        stop.code,
        Some("SpotInterruption" | "TerminationNotice" | "InfrastructureHealth")
    );
    let stop_code = stop.code.filter(|code| !code.is_empty()).map(str::to_owned);
    Exit {
        evidence: Evidence { exit_code: stop.exit_code, stop_code, ..Evidence::default() },
        out_of_memory: says(OutOfMemory) || (stop.exit_code == Some(KILLED) && by_itself && !taken),
        interrupted: taken || says(Interrupted),
        lasting: never_started && says(Permanent),
        reason: reason(stop),
    }
}

fn reason(stop: Stop<'_>) -> Option<String> {
    let mut said: Vec<&str> = Vec::new();
    for text in [stop.reason, stop.container_reason].into_iter().flatten() {
        let new = !said.iter().any(|known| known.contains(text));
        if !text.is_empty() && new && !text.to_lowercase().starts_with(SAYS_NOTHING) {
            said.push(text);
        }
    }
    let text: String = said.join("; ").chars().take(REASON_CHARS_MAX).collect();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
