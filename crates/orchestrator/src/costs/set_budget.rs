//! `PUT /budgets/{tenant}`

use agent_runner_api_types::{BudgetView, ProblemCode, SetBudget};
use agent_runner_domain::{IdError, TenantId};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Body, Json, Name, Query},
};

/// Says what a tenant may spend on model calls a day (UTC). With API keys it needs the scope `admin`.
///
/// In force from the next call on, for what was spent today too: a call that could exceed it is not made.
#[utoipa::path(
    put, path = "/budgets/{tenant}", tag = "costs", operation_id = "setBudget",
    params(("tenant" = String, Path, description = "The tenant; `default` on a server without API keys.",
        pattern = "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$")),
    request_body = SetBudget,
    responses((status = 200, description = "The budget that is in force now.", body = BudgetView)),
)]
pub(crate) async fn set(
    State(app): State<App>,
    caller: Caller,
    Name(tenant): Name,
    query: Query,
    Body(body): Body,
) -> Result<Json<BudgetView>, ApiError> {
    caller.require(Scope::Admin)?;
    query.finish()?;
    let wrong = |error: IdError| ApiError::parameter("{tenant}", error.to_string());
    let tenant: TenantId = tenant.parse().map_err(wrong)?;
    let set = SetBudget::parse(&body)
        .map_err(|unreadable| ApiError::unreadable(ProblemCode::InvalidRequest, unreadable))?;
    let budget = app.jobs.set_daily_budget(&tenant, set.usd_per_day).await?;
    Ok(Json(super::budget(budget)))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::{Value, json};

    use crate::{
        access::Scope::{Admin, Read, Write},
        test_site::{Answer, TestSite},
    };

    async fn put(site: &TestSite, tenant: &str, body: &str) -> Answer {
        let request = Request::put(format!("/budgets/{tenant}"));
        site.send(request.header("content-type", "application/json"), body.to_owned()).await
    }

    fn budget(tenant: &str, limit: &Value, spent: f64, held: f64) -> Value {
        json!({
            "tenant": tenant, "usd_per_day": limit, "day": "2027-01-15", "spent_usd": spent, "held_usd": held,
        })
    }

    #[tokio::test]
    async fn a_daily_budget_holds_from_the_next_call_on() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        worker.call(1, 2_000_000_000, Some(1_500_000_000)).await;
        let own = |limit: &Value| budget("default", limit, 1.5, 0.0);
        let before = site.get("/budgets").await.json();
        assert_eq!(before, json!({"budgets": [own(&json!(null))]}));

        let set = put(&site, "default", r#"{"usd_per_day": 2}"#).await;
        assert_eq!((set.status.as_u16(), set.json()), (200, own(&json!(2.0))));
        let short = worker.reserve(2, 500_000_001).await.json();
        let day = json!({"tenant_day": {"tenant": "default", "day": "2027-01-15"}});
        assert_eq!(short["exceeded"]["account"], day);
        let lifted = put(&site, "default", r#"{"usd_per_day": null}"#).await;
        assert_eq!(lifted.json(), own(&json!(null)));
        assert_eq!(worker.reserve(2, 500_000_001).await.json(), json!("granted"));
    }

    #[tokio::test]
    async fn the_operator_sets_budgets_and_tenants_see_their_own() {
        let (mut site, keys) =
            TestSite::with_keys(&[("ada", &[Read, Write]), ("bob", &[Read, Write, Admin])]);
        site.key = Some(keys[1].clone());
        assert_eq!(put(&site, "ada", r#"{"usd_per_day": 0.5}"#).await.status, 200);
        let (ada, bob) =
            (budget("ada", &json!(0.5), 0.0, 0.0), budget("bob", &json!(null), 0.0, 0.0));
        assert_eq!(site.get("/budgets").await.json(), json!({"budgets": [ada, bob]}));
        site.key = Some(keys[0].clone());
        assert_eq!(site.get("/budgets").await.json(), json!({"budgets": [ada]}));
        assert_eq!(put(&site, "ada", r#"{"usd_per_day": 5}"#).await.problem().1, "missing_scope");
    }

    #[tokio::test]
    async fn wrong_budgets_are_refused_with_their_places() {
        let site = TestSite::new();
        for (body, status, code, places) in [
            ("{}", 422, "invalid_request", vec!["/usd_per_day"]),
            (r#"{"usd_per_day": -1}"#, 422, "invalid_request", vec!["/usd_per_day"]),
            (r#"{"usd_per_day": 1e300}"#, 422, "invalid_request", vec!["/usd_per_day"]),
            (r#"{"usd_per_day": 1, "usd": 1}"#, 422, "invalid_request", vec!["/usd"]),
            ("nonsense", 400, "invalid_json", vec![]),
        ] {
            let (found, problem, faults) = put(&site, "default", body).await.problem();
            assert_eq!(
                (found, problem.as_str(), faults.as_slice()),
                (status, code, &places.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{body}"
            );
        }
        let nobody = put(&site, "a%20b", r#"{"usd_per_day": 1}"#).await;
        assert_eq!(nobody.problem().2, ["{tenant}"]);
        let untyped = site.send(Request::put("/budgets/default"), "{}").await;
        assert_eq!(untyped.problem().1, "unsupported_media_type");
    }
}
