//! `research`: a topic, taken apart into questions that are researched beside each other and put together again.
//!
//! Three parts, each a durable step: the plan, one step for each question, the synthesis. Inside them every answer of
//! the model and every call of a tool is one as well, so an attempt that was interrupted goes on where it was. A
//! question that fails is a finding that says so; money that runs out ends the job, and what was found is kept.

mod desk;
mod finding;
mod payload;
mod plan;
mod question;
mod report;
mod survey;
mod synthesis;

use std::time::Duration;

use agent_runner_domain::{
    Timestamp,
    catalog::PayloadFault,
    job::{CauseKind, Failure},
};
use serde::Serialize;
use serde_json::{Value, json};

pub use self::payload::{Depth, Payload};
use self::{
    desk::{Desk, add},
    question::{Missed, Outcome, Researched},
    report::Report,
    synthesis::Synthesis,
};
use crate::{
    Context, Handler, Stop,
    tools::{JobLimits, Limits, Specs, Toolbox},
};

/// Of one call of a tool.
const CALL_MAX: Duration = Duration::from_mins(1);

pub struct Research;

#[derive(Debug, Serialize)]
pub struct Output {
    #[serde(flatten)]
    report: Report,
    /// The result in words. Numbers in brackets are those of findings, from 1.
    synthesis: String,
    /// What is wrong with the synthesis: it was cut off or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// The model that wrote the synthesis.
    model: String,
    /// Program, version, pid and host of the worker that finished it.
    processed_by: String,
    processed_at: Timestamp,
    /// A simulator played the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

impl Handler for Research {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "research";
    const SUMMARY: &'static str = "Lets Claude, or another model, take a topic apart into questions, research each, and put it together.";

    fn example() -> Value {
        json!({"topic": "tides: how they work, and who makes use of them", "questions": 3})
    }

    fn check(payload: &Payload) -> Result<(), PayloadFault> {
        payload.check()
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let model = context.models().choose(payload.model.as_deref()).await?;
        let desk = Desk { payload: &payload, model, context };
        // Before anything is paid: a tool may lack a secret.
        let toolbox = if is_surveyed(&desk).await? { None } else { open_toolbox(&desk).await? };
        let ended = Box::pin(carry_out(&desk, toolbox.as_ref())).await;
        if let Some(toolbox) = toolbox {
            toolbox.close().await;
        }
        ended
    }
}

/// Whether earlier attempts have asked all questions.
async fn is_surveyed(desk: &Desk<'_>) -> Result<bool, Failure> {
    for number in 1..=desk.payload.questions as usize {
        if desk.context.recorded::<Researched>(&question::key(number)).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn open_toolbox<'a>(desk: &Desk<'a>) -> Result<Option<Toolbox<'a>>, Failure> {
    let jobs = JobLimits { jobs_max: 0, job_types: Vec::new(), tools: Specs::default() };
    Toolbox::open(&desk.payload.tools, Limits { call_max: CALL_MAX, jobs }, desk.context).await
}

async fn carry_out(desk: &Desk<'_>, toolbox: Option<&Toolbox<'_>>) -> Result<Output, Stop> {
    let planned = plan::make(desk).await?;
    let questions = desk.payload.questions;
    desk.progress(1, format!("there are {questions} questions")).await;
    let outcomes = Box::pin(survey::run(desk, &planned.plan, toolbox)).await?;
    let report = Report::of(desk.payload.topic.clone(), planned, &outcomes);
    if let Some(failure) = survey::verdict(&outcomes) {
        return Err(desk.context.with_partial(failure, &report).await.into());
    }
    keep_missed(desk, &outcomes).await?;
    match synthesis::write(desk, &report).await {
        Ok(synthesis) => {
            desk.progress(questions + 2, "the synthesis is written".to_owned()).await;
            output(desk, report, synthesis).await
        }
        Err(Stop::Failed(failure)) if failure.kind != CauseKind::Interrupted => {
            Err(desk.context.with_partial(failure, &report).await.into())
        }
        Err(stop) => Err(stop),
    }
}

/// From here on the research goes on without these, in later attempts as well: what the synthesis is asked must not
/// change any more.
async fn keep_missed(desk: &Desk<'_>, outcomes: &[Outcome]) -> Result<(), Failure> {
    for (outcome, number) in outcomes.iter().zip(1..) {
        if let Err(Missed { researched, .. }) = outcome {
            desk.context.record(&question::key(number), researched).await?;
        }
    }
    Ok(())
}

async fn output(desk: &Desk<'_>, mut report: Report, synthesis: Synthesis) -> Result<Output, Stop> {
    let Synthesis { text, notice, model, usage } = synthesis;
    add(&mut report.usage, usage.as_ref());
    let context = desk.context;
    Ok(Output {
        report,
        synthesis: text,
        notice,
        model,
        processed_by: context.surroundings.worker.clone(),
        processed_at: context.clock.now(),
        demo: context.models().is_demo().await?,
    })
}
