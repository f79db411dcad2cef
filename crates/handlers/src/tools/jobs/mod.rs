//! `submit_job` and `wait_for_jobs`: agents that start agents, within limits.
//!
//! A child costs from the same pool as its parent, and the engine holds the depth of families. Here it is held that
//! no model gives its children more than it was given itself: the same tools at most, the job types that its
//! payload names, and half as many jobs to start.

mod child;
mod submit;
mod wait;

pub(super) use self::{
    submit::{NAME as SUBMIT, SubmitJob},
    wait::{NAME as WAIT, WaitForJobs},
};
use std::cell::RefCell;

use agent_runner_domain::JobId;

use super::Specs;

/// What a job may start.
#[derive(Debug, Clone)]
pub(crate) struct JobLimits {
    pub(crate) jobs_max: u32,
    pub(crate) job_types: Vec<String>,
    /// The tools of the job itself.
    pub(crate) tools: Specs,
}

impl JobLimits {
    /// Those that run no programs, or only with tools that the parent has as well.
    pub(crate) fn usual_types() -> Vec<String> {
        ["claude_chat", "claude_code", "echo", "research", "tool_agent"].map(str::to_owned).to_vec()
    }
}

/// The jobs that this one has started, in all attempts.
#[derive(Default)]
pub(super) struct Started(RefCell<Vec<JobId>>);

impl Started {
    fn add(&self, id: JobId) {
        self.0.borrow_mut().push(id);
    }

    fn has(&self, id: JobId) -> bool {
        self.0.borrow().contains(&id)
    }
}
