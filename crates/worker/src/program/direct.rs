//! A worker that reaches the stores by itself: on AWS, by the role of its task.

use std::sync::Arc;

use agent_runner_bootstrap::{backend, telemetry};
use agent_runner_domain::{RawJson, catalog::JobType, direct_link::LinkPorts, ports::OrderFault};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    exit::Ended,
    patience::{Patience, patiently},
};

/// What all of the job's words go to. What becomes of the job is told to the log as well, which is all that an
/// operator's metrics see of it.
pub(super) async fn open() -> Result<LinkPorts, (Ended, String)> {
    telemetry::start();
    let mut terminated = signal(SignalKind::terminate())
        .map_err(|error| (Ended::Internal, format!("SIGTERM cannot be caught: {error}")))?;
    let aws = backend::of_worker().await.map_err(|error| unreached(format!("{error:#}")))?;
    tokio::select! {
        checked = patiently(Patience::STORES.start, || backend::check_schema(&aws)) => {
            checked.map_err(|error| unreached(error.to_string()))?;
        }
        _ = terminated.recv() => {
            return Err((Ended::Interrupted, "it is to stop before it had a job".to_owned()));
        }
    }
    Ok(backend::worker_ports(&aws, Arc::new(faults)))
}

fn unreached(message: String) -> (Ended, String) {
    (Ended::LinkUnavailable, message)
}

/// Judges what this worker's job wants another job to do, by the code that will read it.
fn faults(job_type: &str, payload: &RawJson) -> Vec<OrderFault> {
    let fault = |path: String, message: String| vec![OrderFault { path, message }];
    let known: Vec<_> =
        agent_runner_handlers::catalog().iter().map(|kind: &JobType| kind.name).collect();
    if !known.contains(&job_type) {
        let known = known.join(", ");
        return fault(
            "/job_type".to_owned(),
            format!("there is no job type {job_type:?}; there are: {known}"),
        );
    }
    let payload = serde_json::from_str(payload.get()).unwrap_or_default();
    match agent_runner_handlers::check(job_type, &payload) {
        Ok(()) => Vec::new(),
        Err(wrong) => fault(format!("/payload{}", wrong.path), wrong.message),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_judged_by_the_handler_that_will_read_it() {
        let paths = |job_type: &str, payload: serde_json::Value| {
            let faults = faults(job_type, &RawJson::from(&payload));
            faults.into_iter().map(|fault| fault.path).collect::<Vec<_>>()
        };
        assert!(paths("echo", json!({"message": "hi"})).is_empty());
        assert_eq!(paths("echo", json!({"message": "hi", "delay_ms": -1})), ["/payload/delay_ms"]);
        assert_eq!(paths("ecco", json!({})), ["/job_type"]);
    }
}
