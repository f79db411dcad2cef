//! Calls to users' servers.

use agent_runner_domain::{
    JobId, RawJson, Timestamp,
    job::{Cause, Effect, Job, JobEvent, Status},
    ports::Delivery,
};
use serde::Serialize;

use crate::{Engine, EngineError};

/// Makes one call, if one waits. Says whether there was one.
///
/// # Errors
/// A port's; the job's `wake_at` brings the call back.
pub async fn run_once(engine: &Engine) -> Result<bool, EngineError> {
    let Some((id, effect)) = engine.lanes.callbacks.pop() else {
        return Ok(false);
    };
    if let Effect::CallBack { end, .. } = effect {
        call_back(engine, id, end).await?;
    }
    Ok(true)
}

/// Waits until there may be a call to make.
pub async fn arrival(engine: &Engine) {
    engine.lanes.callbacks.arrival().await;
}

async fn call_back(engine: &Engine, id: JobId, end: u32) -> Result<(), EngineError> {
    let Some(found) = engine.ports.store.load(id).await? else {
        return Ok(());
    };
    let job = found.value;
    let open = job.ends == end && job.status().is_final() && job.chores.callback.is_some();
    let Some(url) = job.spec.callback_url.clone().filter(|_| open) else {
        return Ok(());
    };
    let result = engine.ports.store.result(id).await?;
    let delivery = Delivery { id: format!("evt_{id}_{end}"), url, body: body(&job, result) };
    let sent = engine.ports.callbacks.send(&delivery).await;
    if let Err(error) = &sent {
        tracing::warn!(job.id = %id, %error, "A callback was not accepted; it is tried again later");
    }
    engine.step(id, &JobEvent::CallbackTried { end, accepted: sent.is_ok() }).await.map(drop)
}

/// What the receiver reads: the shape that the Standard Webhooks specification recommends.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: Option<Timestamp>,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    job_id: JobId,
    job_type: &'a str,
    status: Status,
    attempt: u32,
    tags: &'a std::collections::BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<RawJson>,
}

fn body(job: &Job, result: Option<RawJson>) -> RawJson {
    let data = Data {
        job_id: job.id,
        job_type: &job.spec.job_type,
        status: job.status(),
        attempt: job.attempts,
        tags: &job.spec.tags,
        cause: job.cause.as_ref(),
        result,
    };
    let body = Body { r#type: "job.finished", timestamp: job.finished_at(), data };
    RawJson::of(&body).expect("the body has string keys only")
}
