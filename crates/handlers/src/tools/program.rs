//! Programs that tools start. They end with the tool, whatever becomes of it.

use std::{
    io,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use agent_runner_process::{
    GUARD_FLAG, Mark, adopt_orphans, family_of, kill_all, kill_group, marked,
};
use tokio::process::{Child, Command};

use crate::Context;

/// Tells the programs of one attempt apart, for what they start inherits it.
const VARIABLE: &str = "JOB_TOOL_PROCESS";
/// A process that is killed may have started another in the meantime.
const KILLS_MAX: u32 = 5;

static COUNT: AtomicU32 = AtomicU32::new(1);

/// A running program with all that it has started. Dropped, it is killed.
pub(super) struct Program {
    pub(super) child: Child,
    group: u32,
    mark: Mark,
}

impl Program {
    /// Starts it with pipes for its input and its outputs, in a process group of its own.
    ///
    /// # Errors
    /// When there is no such program, or it cannot be started.
    pub(super) fn start(
        name: &str,
        folder: &Path,
        context: &Context,
        configure: impl FnOnce(&mut Command),
    ) -> io::Result<Self> {
        let missing = |what: String| io::Error::new(io::ErrorKind::NotFound, what);
        let search_path = &context.surroundings.search_path;
        let path = which::which_in(name, Some(search_path), folder)
            .map_err(|_| missing(format!("there is no executable `{name}`")))?;
        let guard = &context.surroundings.guard;
        let first = guard.first().ok_or_else(|| missing("there is no guard".to_owned()))?;
        adopt_orphans();
        let mut command = Command::new(first);
        for variable in context.surroundings.private_variables {
            command.env_remove(variable);
        }
        let parent = std::process::id().to_string();
        command.args(&guard[1..]).arg(GUARD_FLAG).arg(parent).arg(path).arg(name);
        configure(&mut command);
        let (job, attempt) = (context.job_id.to_string(), context.attempt);
        let own = COUNT.fetch_add(1, Ordering::Relaxed).to_string();
        let child = command
            .current_dir(folder)
            // Whatever the payload says: by these, what this program leaves is found if this worker is killed.
            .env("JOB_ID", &job)
            .env("JOB_ATTEMPT", attempt.to_string())
            .env(VARIABLE, &own)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let group = child.id().expect("it was not waited for yet");
        Ok(Self { child, group, mark: Mark::new(&job, attempt).and(VARIABLE, &own) })
    }

    /// Ends it and all that it has started, those too that have left its group.
    pub(super) fn kill(&self) {
        kill_group(self.group);
        for _ in 0..KILLS_MAX {
            let left = marked(&self.mark);
            if left.is_empty() {
                return;
            }
            kill_all(&left);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends whatever descends from this worker: a program can shed its group and its mark, but not its parents.
pub(crate) fn end_all() {
    // No process is in this group.
    kill_all(&family_of(u32::MAX));
}
