//! The few calls that the test makes, by the typed client, with answers as plain JSON.

use agent_runner_api_types::SubmitJob;
use agent_runner_client::api::Client;
use agent_runner_domain::{JobId, RawJson};
use serde::Serialize;
use serde_json::Value;

/// The id of the accepted job; `None` when it is not known whether it was accepted.
pub(crate) async fn submit(url: &str, key: &str, job_type: &str, payload: &Value) -> Option<JobId> {
    let job = SubmitJob::new(job_type, RawJson::from(payload));
    match client(url).submit(&job, Some(key)).await {
        Ok(submitted) => Some(submitted.job.job_id),
        Err(error) => {
            assert!(error.is_passing(), "{key}: {error}");
            None
        }
    }
}

/// The job, once it is final or after a while.
pub(crate) async fn wait(url: &str, id: JobId) -> Value {
    plain(&client(url).wait(id, std::time::Duration::from_secs(20)).await.unwrap())
}

pub(crate) async fn result(url: &str, id: JobId) -> Value {
    plain(&client(url).result(id).await.unwrap())
}

pub(crate) async fn events(url: &str, id: JobId) -> Vec<Value> {
    let page = plain(&client(url).events(id, 0).await.unwrap());
    page["events"].as_array().unwrap().clone()
}

fn client(url: &str) -> Client {
    Client::new(url, None).unwrap()
}

fn plain<T: Serialize>(answer: &T) -> Value {
    serde_json::to_value(answer).unwrap()
}
