//! `GET /costs`

use agent_runner_api_types::{CostReport, CostRowView, is_label, schema};
use agent_runner_domain::ports::{CostGroup, CostQuery, CostRow, JobCost};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Query},
};

/// Adds up model calls in groups.
///
/// Each call counts once, in the job that made it. By tenant it shows all tenants, for which an API key needs the
/// scope `admin`; otherwise it shows the caller's own.
#[utoipa::path(
    get, path = "/costs", tag = "costs", operation_id = "getCosts",
    params(
        ("by" = Option<schema::CostGroup>, Query, description = "What makes a group; `day` when left out."),
        ("tag" = Option<String>, Query, pattern = "^[A-Za-z0-9_./-]{1,64}$",
            description = "With `by=tag`: the tag whose values make the groups."),
        ("since" = Option<schema::Timestamp>, Query, description = "Only calls begun at or after this."),
        ("until" = Option<schema::Timestamp>, Query, description = "Only calls begun before this."),
    ),
    responses((status = 200, description = "The groups that have calls.", body = CostReport)),
)]
pub(crate) async fn report(
    State(app): State<App>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<CostReport>, ApiError> {
    caller.require(Scope::Read)?;
    let by = group(&mut query);
    let (since, until) = (query.parsed("since"), query.parsed("until"));
    query.finish()?;
    let by_tenant = by == CostGroup::Tenant;
    if by_tenant {
        caller.require(Scope::Admin)?;
    }
    let tenant = (!by_tenant).then_some(caller.tenant);
    let rows = app.jobs.cost_report(&CostQuery { tenant, since, until, by }).await?;
    let total = super::view(&total(&rows));
    Ok(Json(CostReport { rows: rows.into_iter().map(row).collect(), total }))
}

fn group(query: &mut Query) -> CostGroup {
    let by = query.text("by");
    let tag = query.text("tag");
    let by = match (by.as_deref(), &tag) {
        (None | Some("day"), _) => CostGroup::Day,
        (Some("job_type"), _) => CostGroup::JobType,
        (Some("model"), _) => CostGroup::Model,
        (Some("tenant"), _) => CostGroup::Tenant,
        (Some("tag"), Some(tag)) if is_label(tag) => return CostGroup::Tag(tag.clone()),
        (Some("tag"), Some(_)) => {
            query.fault("tag", "a tag's key is wanted, as in tag=team");
            return CostGroup::Day;
        }
        (Some("tag"), None) => {
            query.fault("tag", "the tag's key is missing, as in by=tag&tag=team");
            return CostGroup::Day;
        }
        (Some(_), _) => {
            query.fault("by", "day, job_type, model, tag or tenant is wanted");
            return CostGroup::Day;
        }
    };
    if tag.is_some() {
        query.fault("tag", "a tag goes with by=tag; leave it out here");
    }
    by
}

fn row(row: CostRow) -> CostRowView {
    let cost = super::view(&cost(&row));
    CostRowView { key: row.key, cost }
}

fn cost(row: &CostRow) -> JobCost {
    JobCost {
        spent: row.spent,
        held: row.held,
        calls: row.calls,
        unpriced_calls: row.unpriced_calls,
        tokens: row.tokens,
    }
}

fn total(rows: &[CostRow]) -> JobCost {
    rows.iter().fold(JobCost::default(), |mut total, row| {
        total.spent += row.spent;
        total.held += row.held;
        total.calls += row.calls;
        total.unpriced_calls += row.unpriced_calls;
        total.tokens += row.tokens;
        total
    })
}
