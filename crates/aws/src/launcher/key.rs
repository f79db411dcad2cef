//! How a launch is named towards ECS.

use agent_runner_domain::ports::LaunchKey;

/// `startedBy`, from which the key can be read back; ECS takes letters, digits, `-`, `_` and `/`, 128 at most.
pub(super) fn started_by(key: LaunchKey) -> String {
    format!("{}/{}", key.job, key.attempt)
}

/// `None`: a task that is no launch of a job.
pub(crate) fn of_started_by(text: &str) -> Option<LaunchKey> {
    let (job, attempt) = text.split_once('/')?;
    Some(LaunchKey { job: job.parse().ok()?, attempt: attempt.parse().ok()? })
}

/// `clientToken`: the same for the same call only. ECS remembers the parameters with it and answers the same task,
/// dead or alive; so another attempt, and another kind of machine, has another one.
pub(super) fn client_token(key: LaunchKey, rung: usize) -> String {
    format!("{}-{}-{rung}", key.job, key.attempt)
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::JobId;

    use super::*;

    #[test]
    fn failure_mode_10_names_are_unlike_for_unlike_launches_and_fit() {
        let key = |attempt| LaunchKey { job: JobId::from_u128(u128::MAX), attempt };
        for attempt in [1, 7, u32::MAX] {
            let name = started_by(key(attempt));
            let fine = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
            assert!(name.len() <= 128 && name.chars().all(fine), "{name}");
            assert_eq!(of_started_by(&name), Some(key(attempt)));
            assert!(client_token(key(attempt), 9).len() <= 64);
        }
        assert_ne!(client_token(key(1), 0), client_token(key(2), 0));
        assert_ne!(client_token(key(1), 0), client_token(key(1), 1));
        for other in ["", "ecs-svc/1", "job_1/2", "ada"] {
            assert_eq!(of_started_by(other), None, "{other}");
        }
    }
}
