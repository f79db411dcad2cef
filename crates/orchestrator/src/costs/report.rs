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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        access::Scope::{Admin, Read, Write},
        test_site::TestSite,
    };

    /// A job that makes one call.
    async fn spend(site: &TestSite, fields: &Value, cost: Option<u64>) {
        site.submit(fields).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        worker.call(1, 9_000_000_000, cost).await;
    }

    /// Key, dollars and calls of each group.
    async fn rows(site: &TestSite, query: &str) -> Vec<(String, f64, u64)> {
        let report = site.get(&format!("/costs?{query}")).await.json();
        let row = |row: &Value| {
            let key = row["key"].as_str().unwrap().to_owned();
            (key, row["total_usd"].as_f64().unwrap(), row["calls"].as_u64().unwrap())
        };
        report["rows"].as_array().unwrap().iter().map(row).collect()
    }

    fn row(key: &str, dollars: f64, calls: u64) -> (String, f64, u64) {
        (key.to_owned(), dollars, calls)
    }

    #[tokio::test]
    async fn calls_are_added_up_as_asked() {
        let site = TestSite::new();
        assert_eq!(rows(&site, "").await, []);
        spend(&site, &json!({"tags": {"team": "red"}}), Some(1_000_000_000)).await;
        spend(&site, &json!({"tags": {"team": "blue"}}), Some(500_000_000)).await;
        spend(&site, &json!({}), None).await;
        let day = "2027-01-15";
        assert_eq!(rows(&site, "").await, [row(day, 1.5, 3)]);
        assert_eq!(rows(&site, "by=day&since=2027-01-15T00:00:00Z").await, [row(day, 1.5, 3)]);
        assert_eq!(rows(&site, "until=2027-01-15T00:00:00Z").await, []);
        assert_eq!(rows(&site, "by=job_type").await, [row("echo", 1.5, 3)]);
        assert_eq!(rows(&site, "by=model").await, [row("anthropic/claude-1", 1.5, 3)]);
        assert_eq!(rows(&site, "by=tenant").await, [row("default", 1.5, 3)]);
        let by_team = [row("", 0.0, 1), row("blue", 0.5, 1), row("red", 1.0, 1)];
        assert_eq!(rows(&site, "by=tag&tag=team").await, by_team);
        let total = &site.get("/costs?by=tag&tag=team").await.json()["total"];
        assert_eq!((&total["total_usd"], &total["unpriced_calls"]), (&json!(1.5), &json!(1)));
        assert_eq!(total["tokens"]["output"], 60);
    }

    #[tokio::test]
    async fn wrong_parameters_are_named() {
        let site = TestSite::new();
        for (query, place) in [
            ("by=week", "?by"),
            ("by=tag", "?tag"),
            ("by=tag&tag=a%20b", "?tag"),
            ("by=day&tag=team", "?tag"),
            ("tag=team", "?tag"),
            ("since=yesterday", "?since"),
            ("colour=red", "?colour"),
        ] {
            assert_eq!(
                site.get(&format!("/costs?{query}")).await.problem(),
                (400, "invalid_parameter".to_owned(), vec![place.to_owned()]),
                "{query}"
            );
        }
    }

    #[tokio::test]
    async fn tenants_see_their_own_and_the_operator_sees_all() {
        let (mut site, keys) =
            TestSite::with_keys(&[("ada", &[Read, Write]), ("bob", &[Read, Write, Admin])]);
        for key in &keys {
            site.key = Some(key.clone());
            spend(&site, &json!({}), Some(1_000_000_000)).await;
        }
        assert_eq!(rows(&site, "by=job_type").await, [row("echo", 1.0, 1)]);
        assert_eq!(rows(&site, "by=tenant").await, [row("ada", 1.0, 1), row("bob", 1.0, 1)]);
        site.key = Some(keys[0].clone());
        assert_eq!(rows(&site, "by=job_type").await, [row("echo", 1.0, 1)]);
        assert_eq!(site.get("/costs?by=tenant").await.problem().1, "missing_scope");
    }
}
