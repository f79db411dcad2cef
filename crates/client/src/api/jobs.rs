//! Jobs: submit, look, change.

use std::time::Duration;

use agent_runner_api_types::{
    AttemptView, BulkAnswer, ChangePriority, EventPage, ExplanationView, Health, JobPage,
    JobTypeView, JobView, ProviderList, ProviderView, SubmitJob, job::AttemptList,
    views::JobTypeList,
};
use agent_runner_domain::{
    JobId, RawJson, Timestamp,
    job::{Priority, Status},
};
use reqwest::{Method, RequestBuilder, StatusCode, header::CONTENT_TYPE};

use super::{ANSWER_MAX, ApiError, Client, JSON};

/// Which jobs to list. Empty fields do not restrict.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    pub job_type: Option<String>,
    /// A tag's key and value.
    pub tag: Option<(String, String)>,
    pub parent: Option<JobId>,
    /// Created at or after this.
    pub since: Option<Timestamp>,
    /// How many on a page.
    pub limit: Option<usize>,
}

/// An accepted submission.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub job: JobView,
    /// An earlier submission under the same idempotency key had made it.
    pub existing: bool,
}

impl Client {
    /// # Errors
    /// Any [`ApiError`].
    pub async fn submit(
        &self,
        job: &SubmitJob,
        idempotency_key: Option<&str>,
    ) -> Result<Submitted, ApiError> {
        let mut request = with_json(self.post("jobs"), job);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let response = self.send(request).await?;
        let status = response.status();
        let text = self.text(response).await?;
        let job =
            serde_json::from_str(&text).map_err(|_| self.unexpected(status.as_u16(), &text))?;
        Ok(Submitted { job, existing: status != StatusCode::CREATED })
    }

    /// Submits lines of NDJSON, each a job. The answers stand in the same order. The key stands for the
    /// whole bulk: sent again, it makes no line twice.
    ///
    /// # Errors
    /// Any [`ApiError`]; what is wrong with single lines is in the answer.
    pub async fn submit_bulk(
        &self,
        ndjson: String,
        idempotency_key: Option<&str>,
    ) -> Result<BulkAnswer, ApiError> {
        let mut request = self.post("jobs/bulk").header(CONTENT_TYPE, "application/x-ndjson");
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.json(request.body(ndjson)).await
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn job(&self, id: JobId) -> Result<JobView, ApiError> {
        self.json(self.get(&format!("jobs/{id}"), &[])).await
    }

    /// The job once it is final, or as it is when `wait` is over; the server bounds it.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn wait(&self, id: JobId, wait: Duration) -> Result<JobView, ApiError> {
        let query = [("wait", wait.as_secs().to_string())];
        let request = self.get(&format!("jobs/{id}"), &query);
        self.json(request.timeout(wait + ANSWER_MAX)).await
    }

    /// A page of jobs, newest first, behind `cursor`.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn jobs(&self, filter: &Filter, cursor: Option<&str>) -> Result<JobPage, ApiError> {
        let mut query = filter.query();
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        self.json(self.get("jobs", &query)).await
    }

    /// What the handler returned, byte for byte.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn result(&self, id: JobId) -> Result<RawJson, ApiError> {
        self.json(self.get(&format!("jobs/{id}/result"), &[])).await
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn payload(&self, id: JobId) -> Result<RawJson, ApiError> {
        self.json(self.get(&format!("jobs/{id}/payload"), &[])).await
    }

    /// A page of the job's log, behind the event numbered `after`.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn events(&self, id: JobId, after: u64) -> Result<EventPage, ApiError> {
        let query = [("after", after.to_string())];
        self.json(self.get(&format!("jobs/{id}/events"), &query)).await
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn attempts(&self, id: JobId) -> Result<Vec<AttemptView>, ApiError> {
        let list: AttemptList = self.json(self.get(&format!("jobs/{id}/attempts"), &[])).await?;
        Ok(list.attempts)
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn explain(&self, id: JobId) -> Result<ExplanationView, ApiError> {
        self.json(self.get(&format!("jobs/{id}/explain"), &[])).await
    }

    /// Asks for a job to stop. Accepted is not stopped: wait for the end.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn cancel(&self, id: JobId) -> Result<JobView, ApiError> {
        self.json(self.post(&format!("jobs/{id}/cancel"))).await
    }

    /// Runs an ended job again.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn retry(&self, id: JobId) -> Result<JobView, ApiError> {
        self.json(self.post(&format!("jobs/{id}/retry"))).await
    }

    /// Moves a job in line.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn change_priority(
        &self,
        id: JobId,
        priority: Priority,
    ) -> Result<JobView, ApiError> {
        let request = self.request(Method::PATCH, &format!("jobs/{id}"), &[]).timeout(ANSWER_MAX);
        self.json(with_json(request, &ChangePriority { priority })).await
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn job_types(&self) -> Result<Vec<JobTypeView>, ApiError> {
        let list: JobTypeList = self.json(self.get("job-types", &[])).await?;
        Ok(list.job_types)
    }

    /// Which models can be asked.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn providers(&self) -> Result<Vec<ProviderView>, ApiError> {
        let list: ProviderList = self.json(self.get("providers", &[])).await?;
        Ok(list.providers)
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn health(&self) -> Result<Health, ApiError> {
        self.json(self.get("healthz", &[])).await
    }

    /// Whether the server can do its work now.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn ready(&self) -> Result<Health, ApiError> {
        self.json(self.get("readyz", &[])).await
    }
}

impl Filter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let tag = self.tag.as_ref().map(|(key, value)| format!("{key}:{value}"));
        let given = [
            ("status", self.status.map(|status| status.to_string())),
            ("job_type", self.job_type.clone()),
            ("tag", tag),
            ("parent", self.parent.map(|parent| parent.to_string())),
            ("since", self.since.map(|since| since.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

pub(super) fn with_json<T: serde::Serialize>(request: RequestBuilder, body: &T) -> RequestBuilder {
    let body = serde_json::to_string(body).expect("our requests have string keys only");
    request.header(CONTENT_TYPE, JSON).body(body)
}
