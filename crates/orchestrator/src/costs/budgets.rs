//! `GET /budgets`

use agent_runner_api_types::BudgetList;
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Query},
};

/// Shows what tenants may spend a day, and have spent today.
///
/// The caller's own tenant always; with the scope `admin`, every other one that has a limit, too.
#[utoipa::path(
    get, path = "/budgets", tag = "costs", operation_id = "listBudgets",
    responses((status = 200, description = "The budgets, sorted by tenant.", body = BudgetList)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Json<BudgetList>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let mut budgets = match caller.require(Scope::Admin) {
        Ok(()) => app.jobs.daily_budgets().await?,
        Err(_) => Vec::new(),
    };
    if !budgets.iter().any(|budget| budget.tenant == caller.tenant) {
        budgets.push(app.jobs.daily_budget(&caller.tenant).await?);
        budgets.sort_by(|one, other| one.tenant.cmp(&other.tenant));
    }
    Ok(Json(BudgetList { budgets: budgets.into_iter().map(super::budget).collect() }))
}
