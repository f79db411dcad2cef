//! `GET /providers`: which models can be asked.

use agent_runner_api_types::ProviderList;
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Query},
};

/// Lists the providers of models that are known by name, and whether there is a key for each.
#[utoipa::path(
    get, path = "/providers", tag = "operation", operation_id = "listProviders",
    responses((status = 200, description = "All providers.", body = ProviderList)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Json<ProviderList>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    Ok(Json(ProviderList { providers: app.providers.clone() }))
}

#[cfg(test)]
mod tests {
    use crate::test_site::TestSite;

    #[tokio::test]
    async fn providers_are_shown_without_their_keys() {
        let listed = TestSite::new().get("/providers").await.json();
        let wanted = serde_json::json!({"providers": [{"name": "anthropic",
            "key_name": "ANTHROPIC_API_KEY", "has_key": true, "is_local": false}]});
        assert_eq!(listed, wanted);
    }
}
