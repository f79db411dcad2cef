//! `POST /worker/v1/setting`

use agent_runner_api_types::worker::{SettingAnswer, SettingRequest};
use agent_runner_domain::ports::WorkerLink;
use axum::extract::{Request, State};

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker wants a key or a setting that handlers may know.
pub(super) async fn setting(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<SettingAnswer>, ApiError> {
    let said: SettingRequest = read(request).await?;
    let found = app.engine.gateway().link(ticket).setting(&said.name).await?;
    Ok(Json(SettingAnswer { value: found.map(|secret| secret.reveal().to_owned()) }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn only_what_handlers_may_know_is_told_and_only_to_who_holds_the_job() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let ask = async |name: &str| worker.say("setting", &json!({"name": name})).await;
        assert_eq!(ask("OPEN_KEY").await.json(), json!({"value": "sk-very-secret"}));
        assert_eq!(ask("OPEN_OTHER").await.json(), json!({"value": null}));
        let (status, code, _) = ask("HOME").await.problem();
        assert_eq!((status, code.as_str()), (422, "invalid_request"));
        site.post(&format!("/jobs/{id}/cancel"), "").await;
        assert_eq!(ask("OPEN_KEY").await.problem().1, "lease_lost");
    }
}
