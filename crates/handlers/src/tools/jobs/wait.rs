//! `wait_for_jobs`: nobody waits here. The attempt ends, and another one looks when the jobs are final.

use std::rc::Rc;

use agent_runner_domain::{JobId, job::Failure, ports::ChildView};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    super::{Answer, Call, Definition, Output, Tool, shortened},
    Started,
};
use crate::Context;

pub(in crate::tools) const NAME: &str = "wait_for_jobs";
const JOBS_MAX: usize = 100;
/// All results together have to be read by the model.
const CHARS_MAX: usize = 50_000;

pub(in crate::tools) struct WaitForJobs<'a> {
    definition: Definition,
    started: Rc<Started>,
    context: &'a Context,
}

impl<'a> WaitForJobs<'a> {
    pub(in crate::tools) fn new(started: Rc<Started>, context: &'a Context) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description:
                "Waits until jobs that submit_job has started are over, and returns how each \
                ended, with its result."
                    .to_owned(),
            input_schema: json!({
                "type": "object", "required": ["job_ids"], "additionalProperties": false,
                "properties": {"job_ids": {
                    "type": "array", "minItems": 1, "maxItems": JOBS_MAX, "items": {"type": "string"},
                }},
            }),
        };
        Self { definition, started, context }
    }
}

#[async_trait(?Send)]
impl Tool for WaitForJobs<'_> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let ids = match ids(call.input, &self.started) {
            Ok(ids) => ids,
            Err(reason) => return Ok(Output::error(reason).into()),
        };
        let found = self.context.look(ids.clone()).await?;
        let views: Vec<ChildView> = found.into_iter().flatten().collect();
        let open = views.iter().filter(|view| !view.status.is_final()).map(|view| view.job_id);
        let open: Vec<JobId> = open.collect();
        if !open.is_empty() {
            return Ok(Answer::Waits(open));
        }
        let chars_max = CHARS_MAX / views.len().max(1);
        let mut all = Vec::with_capacity(views.len());
        for view in views {
            let view = if view.result_left_out { self.alone(view).await? } else { view };
            all.push(told(&view, chars_max));
        }
        Ok(Output::said(Value::from(all).to_string()).into())
    }
}

impl WaitForJobs<'_> {
    /// A job whose result had no room beside others. One at a time, because the model reads only some of it.
    async fn alone(&self, view: ChildView) -> Result<ChildView, Failure> {
        let found = self.context.look(vec![view.job_id]).await?;
        Ok(found.into_iter().flatten().next().unwrap_or(view))
    }
}

/// Only a job's own children can be waited for.
fn ids(input: &Value, started: &Started) -> Result<Vec<JobId>, String> {
    let texts = input["job_ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut ids = Vec::new();
    for text in texts {
        let id = text.parse().ok().filter(|id| started.has(*id));
        let id = id.ok_or_else(|| format!("`{text}` is no job that submit_job has started"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn told(view: &ChildView, chars_max: usize) -> Value {
    let mut told = json!({
        "job_id": view.job_id, "status": view.status, "cost_usd": view.cost.dollars(),
    });
    if let Some(cause) = &view.cause {
        told["cause"] = json!({"kind": cause.kind, "message": cause.message});
    }
    if let Some(result) = &view.result {
        told["result"] = if result.get().len() <= chars_max {
            serde_json::from_str(result.get()).unwrap_or_default()
        } else {
            shortened(result.get().to_owned(), chars_max).into()
        };
    }
    told
}
