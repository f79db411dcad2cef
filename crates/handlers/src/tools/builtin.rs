//! The tools that are there without a description.

use super::{calculator, files, http_fetch, jobs, run_command};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    HttpFetch,
    ReadFile,
    WriteFile,
    ListFiles,
    RunCommand,
    Calculator,
    SubmitJob,
    WaitForJobs,
}

impl Builtin {
    pub(super) const ALL: [Self; 8] = [
        Self::Calculator,
        Self::HttpFetch,
        Self::ReadFile,
        Self::WriteFile,
        Self::ListFiles,
        Self::RunCommand,
        Self::SubmitJob,
        Self::WaitForJobs,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::HttpFetch => http_fetch::NAME,
            Self::ReadFile => files::READ,
            Self::WriteFile => files::WRITE,
            Self::ListFiles => files::LIST,
            Self::RunCommand => run_command::NAME,
            Self::Calculator => calculator::NAME,
            Self::SubmitJob => jobs::SUBMIT,
            Self::WaitForJobs => jobs::WAIT,
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|builtin| builtin.name() == name)
    }
}
