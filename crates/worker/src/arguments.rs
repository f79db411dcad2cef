//! The command line, which people hardly ever write.

use std::ffi::OsString;

use agent_runner_process::GUARD_FLAG;

pub(crate) const HELP: &str = "\
agent-runner-worker runs one attempt of one job and exits. An orchestrator starts it.

Usage: agent-runner-worker [--warm | --fork-server]

  --warm         start ahead of the job: read {\"job_id\", \"attempt\", \"lease\"} as one line from standard input
  --fork-server  start once for many jobs: make a copy for each, as the socket at standard input asks (Linux)
  --help         say this
  --version      say the version

Environment:
  AGENT_RUNNER_LINK      where the orchestrator listens: unix:/path/to/socket or http://host:port
  AGENT_RUNNER_BACKEND   aws: speak for the job by oneself, by the role of the task, and to no orchestrator; then
                         AGENT_RUNNER_NAME and AGENT_RUNNER_BUCKET say to which installation (image only)
  AGENT_RUNNER_WORK_DIR  where working folders are made (default: the folder for temporary files)
  JOB_ID, JOB_ATTEMPT, JOB_LEASE
                         which attempt to run (without --warm)";

/// What this process is to be.
pub(crate) enum Mode {
    OneJob,
    Warm,
    #[cfg(target_os = "linux")]
    ForkServer,
    /// The arguments of [`agent_runner_process::exec_guarded`].
    Guard(Vec<OsString>),
    Say(String),
}

impl Mode {
    /// `Err` is the argument that nobody knows.
    pub(crate) fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let Some(first) = args.next() else {
            return Ok(Self::OneJob);
        };
        let mode = match first.to_string_lossy().as_ref() {
            GUARD_FLAG => return Ok(Self::Guard(args.collect())),
            "--warm" => Self::Warm,
            #[cfg(target_os = "linux")]
            "--fork-server" => Self::ForkServer,
            "--help" | "-h" => Self::Say(HELP.to_owned()),
            "--version" | "-V" => Self::Say(env!("CARGO_PKG_VERSION").to_owned()),
            unknown => return Err(unknown.to_owned()),
        };
        match args.next() {
            None => Ok(mode),
            Some(excess) => Err(excess.to_string_lossy().into_owned()),
        }
    }
}
