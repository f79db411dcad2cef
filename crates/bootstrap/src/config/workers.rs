//! How workers are started.

use std::{
    env,
    ffi::OsString,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use agent_runner_local::launcher::{StartBy, is_passed_on};

/// The small program that runs one job.
const PROGRAM: &str = "agent-runner-worker";

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Workers")]
pub struct WorkerArgs {
    /// How many jobs run at the same time; by default four times the number of processors. With 0, jobs are accepted
    /// and none is started.
    #[arg(long, value_name = "N", env = "AGENT_RUNNER_MAX_RUNNING")]
    pub max_running: Option<usize>,
    /// How many workers are started ahead of their job, so that jobs start faster.
    #[arg(long, value_name = "N", env = "AGENT_RUNNER_WARM_WORKERS", default_value_t = 2)]
    pub warm_workers: usize,
    /// The worker program; by default agent-runner-worker beside this program, else this program itself.
    #[arg(long, value_name = "PROGRAM", env = "AGENT_RUNNER_WORKER")]
    pub worker: Option<PathBuf>,
    /// Variables of this process that workers see, besides PATH, HOME and the like; separated by commas.
    #[arg(long, value_name = "NAMES", env = "AGENT_RUNNER_PASS_ENV", value_delimiter = ',')]
    pub pass_env: Vec<String>,
    /// This server is there for one command.
    #[arg(skip)]
    alone: bool,
}

/// There is nothing to start workers with.
#[derive(Debug, thiserror::Error)]
pub enum WorkerProgramError {
    #[error("the worker program {} does not exist: correct --worker or AGENT_RUNNER_WORKER", .0.display())]
    Missing(PathBuf),
    #[error("{PROGRAM} is not beside {}: put it there, or name it with --worker or AGENT_RUNNER_WORKER", .0.display())]
    NotBeside(PathBuf),
    #[error("this program cannot tell where it is")]
    Lost(#[source] std::io::Error),
}

impl WorkerArgs {
    pub(super) fn embedded() -> Self {
        Self { max_running: None, warm_workers: 0, worker: None, pass_env: Vec::new(), alone: true }
    }

    #[must_use]
    pub fn max_running(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        self.max_running.unwrap_or_else(|| 4 * processors())
    }

    /// The program and its first arguments. `own` are the arguments by which this program itself is a worker, if
    /// it can be one.
    ///
    /// # Errors
    /// [`WorkerProgramError`] says what to do.
    pub fn program(&self, own: Option<&[OsString]>) -> Result<Vec<OsString>, WorkerProgramError> {
        if let Some(named) = &self.worker {
            let found = named.canonicalize();
            let found = found.map_err(|_| WorkerProgramError::Missing(named.clone()))?;
            return Ok(vec![found.into_os_string()]);
        }
        let this = env::current_exe().map_err(WorkerProgramError::Lost)?;
        let beside = this.parent().unwrap_or(Path::new("/")).join(PROGRAM);
        if beside.is_file() {
            return Ok(vec![beside.into_os_string()]);
        }
        match own {
            Some(own) => {
                Ok([this.into_os_string()].into_iter().chain(own.iter().cloned()).collect())
            }
            None => Err(WorkerProgramError::NotBeside(this)),
        }
    }

    /// Only our own program knows how to copy itself, and for the few jobs of a single command it is not worth it.
    #[must_use]
    pub fn start_by(&self) -> StartBy {
        let many = !self.alone && self.worker.is_none();
        if many && cfg!(target_os = "linux") { StartBy::Fork } else { StartBy::Exec }
    }

    /// What workers see of this process's environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let wanted = |name: &OsString| {
            let name = name.to_string_lossy();
            is_passed_on(&name) || self.pass_env.iter().any(|more| *more == name)
        };
        env::vars_os().filter(|(name, _)| wanted(name)).collect()
    }

    /// What workers see of it that have a system of their own: only what was named.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
    pub fn named_environment(&self) -> Vec<(String, String)> {
        let value = |name: &String| env::var(name).ok().map(|value| (name.clone(), value));
        self.pass_env.iter().filter_map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_can_be_a_worker_is_one_when_none_stands_beside_it() {
        let program = WorkerArgs::embedded().program(Some(&["worker".into()])).unwrap();
        assert_eq!(program.last().unwrap(), "worker");
    }

    #[test]
    fn a_worker_that_does_not_exist_is_refused_at_once() {
        let args = WorkerArgs { worker: Some("/nowhere/w".into()), ..WorkerArgs::embedded() };
        assert!(args.program(None).unwrap_err().to_string().contains("/nowhere/w"));
    }
}
