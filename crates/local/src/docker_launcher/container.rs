//! What a worker's container is like, and how it is recognised.

use std::collections::HashMap;

use agent_runner_domain::{
    job::Resources,
    ports::{LaunchKey, LaunchOrder},
};
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, RestartPolicy,
    RestartPolicyNameEnum,
};

use super::{DockerConfig, Limits, Shared};

pub(super) const INSTALLATION: &str = "agent-runner.installation";
const JOB: &str = "agent-runner.job";
const ATTEMPT: &str = "agent-runner.attempt";

/// Where a worker sees the folder of the orchestrator's socket.
const LINK_FOLDER: &str = "/run/agent-runner";
/// Where a worker may write.
const WORK_FOLDER: &str = "/tmp";
const MIB: i64 = 1 << 20;
const NANO_CPUS: f64 = 1e9;
/// See [`Resources::cpu_units`].
const CPU_UNITS: f64 = 1_024.0;

/// The same for every try to start the same attempt: Docker has no two containers of one name.
pub(super) fn name(key: LaunchKey) -> String {
    format!("agent-runner-{}-{}", key.job, key.attempt)
}

/// The filter that finds an installation's containers.
pub(super) fn own_label(config: &DockerConfig) -> String {
    format!("{INSTALLATION}={}", config.installation)
}

/// Whose container it is, by its labels.
pub(super) fn key(labels: &HashMap<String, String>) -> Option<LaunchKey> {
    let job = labels.get(JOB)?.parse().ok()?;
    Some(LaunchKey { job, attempt: labels.get(ATTEMPT)?.parse().ok()? })
}

pub(super) fn body(shared: &Shared, order: &LaunchOrder) -> ContainerCreateBody {
    let labels = [
        (INSTALLATION, shared.config.installation.clone()),
        (JOB, order.key.job.to_string()),
        (ATTEMPT, order.key.attempt.to_string()),
    ];
    let limits = shared.config.limits.unless_wished(order.resources);
    ContainerCreateBody {
        image: Some(shared.config.image.clone()),
        user: Some(shared.user.clone()),
        env: Some(environment(&shared.config, order)),
        labels: Some(labels.map(|(name, value)| (name.to_owned(), value)).into()),
        host_config: Some(host_config(&shared.config, limits)),
        ..ContainerCreateBody::default()
    }
}

fn environment(config: &DockerConfig, order: &LaunchOrder) -> Vec<String> {
    let socket = config.worker_socket.file_name().unwrap_or_default().to_string_lossy();
    let own = [
        ("AGENT_RUNNER_LINK", format!("unix:{LINK_FOLDER}/{socket}")),
        ("AGENT_RUNNER_WORK_DIR", WORK_FOLDER.to_owned()),
        ("HOME", WORK_FOLDER.to_owned()),
        ("JOB_ID", order.key.job.to_string()),
        ("JOB_ATTEMPT", order.key.attempt.to_string()),
        ("JOB_LEASE", order.lease.reveal()),
    ];
    let given = config.environment.iter().map(|(name, value)| format!("{name}={value}"));
    given.chain(own.map(|(name, value)| format!("{name}={value}"))).collect()
}

impl Limits {
    fn unless_wished(self, wish: Resources) -> Self {
        let cpus = wish.cpu_units.map(|units| f64::from(units) / CPU_UNITS);
        let memory_mb = wish.memory_mb.unwrap_or(self.memory_mb);
        Self { cpus: cpus.unwrap_or(self.cpus), memory_mb, ..self }
    }
}

fn host_config(config: &DockerConfig, limits: Limits) -> HostConfig {
    let memory = i64::from(limits.memory_mb) * MIB;
    HostConfig {
        #[expect(clippy::cast_possible_truncation, reason = "far below the largest number")]
        nano_cpus: Some((limits.cpus * NANO_CPUS) as i64),
        memory: Some(memory),
        // The same as memory: nothing is swapped out.
        memory_swap: Some(memory),
        pids_limit: Some(limits.pids.into()),
        network_mode: Some(config.network.clone()),
        readonly_rootfs: Some(true),
        // Programs of a job may put programs there: that is what working folders are for.
        tmpfs: Some(HashMap::from([(
            WORK_FOLDER.to_owned(),
            format!("rw,exec,nosuid,nodev,mode=1777,size={}m", limits.memory_mb),
        )])),
        mounts: Some(vec![link_mount(config)]),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            ..RestartPolicy::default()
        }),
        log_config: Some(small_log()),
        ..HostConfig::default()
    }
}

/// The folder and not the socket: the next orchestrator makes a new socket there, and workers outlive this one.
fn link_mount(config: &DockerConfig) -> Mount {
    let folder = config.worker_socket.parent().map(|folder| folder.to_string_lossy().into_owned());
    Mount {
        typ: Some(MountType::BIND),
        source: folder,
        target: Some(LINK_FOLDER.to_owned()),
        read_only: Some(true),
        ..Mount::default()
    }
}

/// A worker prints nothing unless something is badly wrong.
fn small_log() -> HostConfigLogConfig {
    let limits = [("max-size", "1m"), ("max-file", "1")];
    let limits = limits.map(|(name, value)| (name.to_owned(), value.to_owned()));
    HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(limits.into()) }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::JobId;

    use super::*;

    #[test]
    fn a_job_that_wishes_for_resources_gets_those() {
        let limits = Limits { cpus: 1.0, memory_mb: 512, pids: 64 };
        assert_eq!(limits.unless_wished(Resources::default()), limits);
        let wish =
            Resources { cpu_units: Some(256), memory_mb: Some(1_024), ..Resources::default() };
        assert_eq!(limits.unless_wished(wish), Limits { cpus: 0.25, memory_mb: 1_024, pids: 64 });
    }

    #[test]
    fn labels_lead_back_to_the_attempt() {
        let (job, attempt) = (JobId::from_u128(7), 3);
        let labels = [(JOB, job.to_string()), (ATTEMPT, attempt.to_string())];
        let labels = labels.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(key(&labels), Some(LaunchKey { job, attempt }));
        assert_eq!(key(&HashMap::new()), None);
    }
}
