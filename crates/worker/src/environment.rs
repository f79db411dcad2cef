//! The environment, read here and nowhere else.

use std::ffi::OsString;

use agent_runner_client::link::LinkAddress;
use agent_runner_handlers::WorkRoot;

const BACKEND: &str = "AGENT_RUNNER_BACKEND";
const LINK: &str = "AGENT_RUNNER_LINK";
const WORK_DIR: &str = "AGENT_RUNNER_WORK_DIR";
const LEASE: &str = "JOB_LEASE";

/// What no program of a job may see: with the lease it could speak for the job.
const PRIVATE: &[&str] = &[LEASE, LINK, WORK_DIR];

/// The same where the worker acts by a role of its own: programs of a job must not.
#[cfg(feature = "aws")]
const PRIVATE_ON_AWS: &[&str] = &[
    LEASE,
    WORK_DIR,
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "ECS_AGENT_URI",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
];

/// How a worker speaks for its job.
pub(crate) enum Way {
    /// To an orchestrator.
    Link(LinkAddress),
    /// By itself.
    #[cfg(feature = "aws")]
    Aws,
}

impl Way {
    /// What the programs of a job are not told.
    pub(crate) fn private_variables(&self) -> &'static [&'static str] {
        match self {
            Self::Link(_) => PRIVATE,
            #[cfg(feature = "aws")]
            Self::Aws => PRIVATE_ON_AWS,
        }
    }
}

/// What a worker knows before it has a job.
pub(crate) struct Environment {
    pub(crate) way: Way,
    pub(crate) search_path: OsString,
    pub(crate) work_root: WorkRoot,
    /// `JOB_ID`, `JOB_ATTEMPT` and `JOB_LEASE`, as far as they are set.
    pub(crate) job: [(&'static str, Option<String>); 3],
}

impl Environment {
    /// `Err` names the variable and what it should be.
    pub(crate) fn read() -> Result<Self, String> {
        Ok(Self {
            way: way()?,
            search_path: raw("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
            work_root: raw(WORK_DIR)
                .map_or(WorkRoot::Temporary, |folder| WorkRoot::Folder(folder.into())),
            job: ["JOB_ID", "JOB_ATTEMPT", LEASE].map(|name| (name, text(name))),
        })
    }
}

fn way() -> Result<Way, String> {
    match text(BACKEND).as_deref() {
        None | Some("local") => {}
        #[cfg(feature = "aws")]
        Some("aws") => return Ok(Way::Aws),
        #[cfg(not(feature = "aws"))]
        Some("aws") => {
            let fix = "build it with --features aws, or use the worker's image";
            return Err(format!("{BACKEND} is aws, which this worker was built without: {fix}"));
        }
        Some(other) => return Err(format!("{BACKEND} is `{other}`: local or aws is wanted")),
    }
    let link = text(LINK).ok_or_else(|| format!("{LINK} is not set"))?;
    link.parse().map(Way::Link).map_err(|error| format!("{LINK} is `{link}`, but {error}"))
}

fn text(name: &str) -> Option<String> {
    raw(name).map(|value| value.to_string_lossy().into_owned())
}

#[expect(clippy::disallowed_methods, reason = "this is where a worker's environment is read")]
fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
