//! How a worker exits. `docs/worker-exit-codes.md` says the same for people; a test compares them.

use std::process::ExitCode;

/// Why the process is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The orchestrator has the verdict, whatever it was; or there was nothing to do.
    Told,
    /// Wrong arguments or environment.
    Usage,
    /// The orchestrator could not be reached, for longer than patience lasts.
    LinkUnavailable,
    /// Something that should not happen happened in the worker itself.
    Internal,
    /// The attempt no longer holds the job.
    LeaseLost,
    /// The orchestrator does not accept what this worker says.
    Refused,
    /// An exec guard could not become its program.
    NotExecutable,
    /// It was told to stop by SIGTERM, and the attempt ended as interrupted.
    Interrupted,
}

impl Ended {
    pub const ALL: [Self; 8] = [
        Self::Told,
        Self::Usage,
        Self::LinkUnavailable,
        Self::Internal,
        Self::LeaseLost,
        Self::Refused,
        Self::NotExecutable,
        Self::Interrupted,
    ];

    /// Those of `sysexits.h` where they fit, those of a shell otherwise.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Told => 0,
            Self::Usage => 64,
            Self::LinkUnavailable => 69,
            Self::Internal => 70,
            Self::LeaseLost => 75,
            Self::Refused => 76,
            Self::NotExecutable => 126,
            Self::Interrupted => 143,
        }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        ended.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_people_lists_every_code() {
        let page = include_str!("../../../docs/worker-exit-codes.md");
        for ended in Ended::ALL {
            assert!(page.contains(&format!("| {} |", ended.code())), "{ended:?} is missing");
        }
    }
}
