//! The environment, read here and nowhere else.

use std::ffi::OsString;

use agent_runner_client::link::LinkAddress;
use agent_runner_handlers::WorkRoot;

const LINK: &str = "AGENT_RUNNER_LINK";
const WORK_DIR: &str = "AGENT_RUNNER_WORK_DIR";
const LEASE: &str = "JOB_LEASE";

/// What no program of a job may see: with the lease it could speak for the job.
pub(crate) const PRIVATE: &[&str] = &[LEASE, LINK, WORK_DIR];

/// What a worker knows before it has a job.
pub(crate) struct Environment {
    pub(crate) link: LinkAddress,
    pub(crate) search_path: OsString,
    pub(crate) work_root: WorkRoot,
    /// `JOB_ID`, `JOB_ATTEMPT` and `JOB_LEASE`, as far as they are set.
    pub(crate) job: [(&'static str, Option<String>); 3],
}

impl Environment {
    /// `Err` names the variable and what it should be.
    pub(crate) fn read() -> Result<Self, String> {
        let link = text(LINK).ok_or_else(|| format!("{LINK} is not set"))?;
        let link = link.parse().map_err(|error| format!("{LINK} is `{link}`, but {error}"))?;
        Ok(Self {
            link,
            search_path: raw("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
            work_root: raw(WORK_DIR)
                .map_or(WorkRoot::Temporary, |folder| WorkRoot::Folder(folder.into())),
            job: ["JOB_ID", "JOB_ATTEMPT", LEASE].map(|name| (name, text(name))),
        })
    }
}

fn text(name: &str) -> Option<String> {
    raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(clippy::disallowed_methods, reason = "this is where a worker's environment is read")]
fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
