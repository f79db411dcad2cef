//! How workers are launched.

use std::time::Duration;

use agent_runner_domain::job::{Architecture, Terms};

use super::sizes::{SIZES, Size};
use crate::quotas::Quotas;

/// All that a launcher needs to know beside the names.
#[derive(Debug, Clone)]
pub struct LauncherConfig {
    /// Best one in each zone.
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// Workers in public subnets reach AWS by it, without a NAT gateway.
    pub assign_public_ip: bool,
    /// Whether jobs that do not say run on Spot where there is room.
    pub spot_default: bool,
    /// How many workers run at the same time, of all orchestrators together.
    pub max_running: Option<usize>,
    /// What the account may use on Fargate: what does not fit waits instead of failing.
    pub quotas: Option<Quotas>,
    /// For jobs that do not say.
    pub architecture: Architecture,
    /// For jobs that do not say.
    pub size: Size,
    pub terms: Terms,
    /// How often tasks are looked at whose end no event has told.
    pub look_every: Duration,
    /// How long a task may be missing before it is gone: a fresh one is not seen everywhere at once.
    pub missing_grace: Duration,
}

impl Default for LauncherConfig {
    fn default() -> Self {
        Self {
            subnets: Vec::new(),
            security_groups: Vec::new(),
            assign_public_ip: false,
            spot_default: false,
            max_running: None,
            quotas: None,
            architecture: Architecture::Arm64,
            size: SIZES[0],
            terms: Terms { launch_ms: 300_000, heartbeat_ms: 20_000, grace_ms: 30_000 },
            look_every: Duration::from_secs(15),
            missing_grace: Duration::from_mins(5),
        }
    }
}
