//! Exit codes. Stable: scripts branch on them; the table in docs/cli.md and in `--help` is this one.

use std::process::ExitCode;

use agent_runner_domain::job::Status;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Success = 0,
    Failed = 1,
    Usage = 2,
    TimedOut = 3,
    Cancelled = 4,
    NotFound = 5,
    Refused = 6,
    Unavailable = 7,
    Machine = 8,
    Unfinished = 9,
    Interrupted = 130,
}

/// Shown at the end of `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done; where a job was waited for, it SUCCEEDED
    1  the job FAILED (doctor: a check failed)
    2  wrong usage: an argument, a payload or a file cannot be used
    3  the job TIMED_OUT
    4  the job was CANCELLED
    5  there is no such job, artifact or job type
    6  the server refused the request
    7  the server cannot be reached, or did not answer as it should
    8  something on this machine: the data folder, a port, a file to be written
    9  the job has not ended and nothing here drives it on
  130  interrupted with Ctrl-C
Of several jobs, the code is that of the first which did not succeed.";

impl Exit {
    /// What a job's end means for a command that waited for it.
    pub(crate) fn of(status: Status) -> Self {
        match status {
            Status::Succeeded => Self::Success,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Cancelled => Self::Cancelled,
            Status::Blocked | Status::Queued | Status::Launching | Status::Running => {
                Self::Unfinished
            }
        }
    }

    /// The first that is no success counts.
    pub(crate) fn and(self, next: Self) -> Self {
        if self == Self::Success { next } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_code() {
        let all = [
            Exit::Success,
            Exit::Failed,
            Exit::Usage,
            Exit::TimedOut,
            Exit::Cancelled,
            Exit::NotFound,
            Exit::Refused,
            Exit::Unavailable,
            Exit::Machine,
            Exit::Unfinished,
            Exit::Interrupted,
        ];
        for exit in all {
            let code = format!("{:>5}  ", exit as u8);
            assert!(TABLE.contains(&code), "{exit:?} is not in the table");
        }
    }
}
