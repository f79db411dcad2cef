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
