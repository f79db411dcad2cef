//! The result as far as it is there.

use agent_runner_llm::Usage;
use serde::Serialize;

use super::{
    desk::add,
    finding::{Finding, UsedSource, used},
    plan::{Plan, Planned},
    question::{Outcome, Researched},
};

/// The plan and what came of its questions; without a synthesis, the partial result.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) topic: String,
    pub(super) research_plan: Plan,
    /// In the order of the plan.
    pub(super) findings: Vec<Finding>,
    /// Of all findings, each once.
    pub(super) sources: Vec<UsedSource>,
    /// Tokens of all calls; null if the provider does not count.
    pub(super) usage: Option<Usage>,
}

impl Report {
    pub(super) fn of(topic: String, planned: Planned, outcomes: &[Outcome]) -> Self {
        let Planned { plan: research_plan, mut usage } = planned;
        let mut findings = Vec::new();
        for outcome in outcomes {
            let Researched { finding, usage: more } = match outcome {
                Ok(researched) => researched,
                Err(missed) => &missed.researched,
            };
            findings.push(finding.clone());
            add(&mut usage, more.as_ref());
        }
        Self { topic, research_plan, sources: used(&findings), findings, usage }
    }
}
