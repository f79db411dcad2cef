//! What to try when there is no room: Spot, then on demand, then zone by zone, then a larger machine.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use agent_runner_domain::job::{LaunchFailure, Resources};
use tokio::time::Instant;

use super::{LauncherConfig, reasons::Meaning, sizes};
use crate::Names;

/// How long a rung is passed over after it had no room.
const SHORTAGE: Duration = Duration::from_secs(30);

/// One way to launch a worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Rung {
    pub(super) family: String,
    pub(super) spot: bool,
    pub(super) subnets: Vec<String>,
}

/// The ladder for a job, the cheapest way first, and what its first machine takes of the quota.
pub(super) struct Ladder {
    pub(super) rungs: Vec<Rung>,
    pub(super) cpu_units: u32,
}

impl Ladder {
    pub(super) fn of(
        wish: &Resources,
        names: &Names,
        config: &LauncherConfig,
    ) -> Result<Self, LaunchFailure> {
        let refuse = |fault: agent_runner_domain::job::ResourcesFault| {
            Meaning::Permanent.failure(format!("{}: {}", fault.field, fault.message))
        };
        let machine = wish.size().map_err(refuse)?.unwrap_or(config.size.machine);
        let architecture = wish.architecture.unwrap_or(config.architecture);
        let sizes = sizes::ladder(machine);
        let rung = |size: usize, spot, subnets: &[String]| Rung {
            family: names.worker_family(sizes[size].name, architecture.as_str()),
            spot,
            subnets: subnets.to_vec(),
        };
        let mut rungs = Vec::new();
        if wish.spot.unwrap_or(config.spot_default) {
            rungs.push(rung(0, true, &config.subnets));
        }
        rungs.push(rung(0, false, &config.subnets));
        if config.subnets.len() > 1 {
            rungs.extend(config.subnets.chunks(1).map(|zone| rung(0, false, zone)));
        }
        if sizes.len() > 1 {
            rungs.push(rung(1, false, &config.subnets));
        }
        Ok(Self { rungs, cpu_units: sizes[0].machine.cpu_units })
    }

    /// Whether Spot is tried first.
    pub(super) fn spot(&self) -> bool {
        self.rungs.first().is_some_and(|rung| rung.spot)
    }
}

/// Rungs that had no room a moment ago, so that not every job finds it out for itself.
#[derive(Default)]
pub(super) struct Shortages(Mutex<HashMap<Rung, Instant>>);

impl Shortages {
    pub(super) fn seen(&self, rung: &Rung) {
        let mut rungs = self.0.lock().expect("nothing panics while it is held");
        rungs.insert(rung.clone(), Instant::now() + SHORTAGE);
    }

    pub(super) fn is_short(&self, rung: &Rung) -> bool {
        let mut rungs = self.0.lock().expect("nothing panics while it is held");
        let now = Instant::now();
        rungs.retain(|_, until| *until > now);
        rungs.contains_key(rung)
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::job::Architecture;

    use super::*;

    #[test]
    fn failure_mode_08_the_ladder_goes_from_spot_over_zones_to_a_larger_machine() {
        let names = Names::new("n");
        let subnets = vec!["a".to_owned(), "b".to_owned()];
        let config = LauncherConfig { subnets: subnets.clone(), ..LauncherConfig::default() };
        let wish = Resources { spot: Some(true), ..Resources::default() };
        let ladder = Ladder::of(&wish, &names, &config).unwrap();
        let seen: Vec<_> = ladder
            .rungs
            .iter()
            .map(|rung| (rung.family.as_str(), rung.spot, rung.subnets.join("")))
            .collect();
        let (small, medium) = ("n-worker-small-arm64", "n-worker-medium-arm64");
        let all = || "ab".to_owned();
        assert_eq!(
            seen,
            [
                (small, true, all()),
                (small, false, all()),
                (small, false, "a".to_owned()),
                (small, false, "b".to_owned()),
                (medium, false, all()),
            ]
        );
        assert_eq!(ladder.cpu_units, 256);
    }

    #[test]
    fn failure_mode_03_a_family_is_named_and_never_a_revision() {
        let wish = Resources {
            cpu_units: Some(2_048),
            architecture: Some(Architecture::X86_64),
            ..Resources::default()
        };
        let ladder = Ladder::of(&wish, &Names::new("n"), &LauncherConfig::default()).unwrap();
        assert_eq!(ladder.rungs[0].family, "n-worker-large-x86_64");
        assert!(ladder.rungs.iter().all(|rung| !rung.family.contains(':')));
        let wrong = Resources { cpu_units: Some(3), ..Resources::default() };
        let refused = Ladder::of(&wrong, &Names::new("n"), &LauncherConfig::default()).err();
        assert!(refused.unwrap().message.starts_with("cpu: must be"));
    }
}
