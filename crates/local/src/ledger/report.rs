//! Calls in groups.

use agent_runner_domain::{
    Money,
    ports::{CostGroup, CostQuery, CostRow, Tokens},
};
use rusqlite::{Connection, Result, Row, params_from_iter, types::Value};

/// What is added up, in the order in which [`row`] reads it.
const SUMMED: [&str; 6] = ["spent", "held", "input", "output", "cache_read", "cache_write"];

pub(super) fn rows(db: &Connection, query: &CostQuery) -> Result<Vec<CostRow>> {
    let (sql, values) = statement(query);
    let mut find = db.prepare_cached(&sql)?;
    find.query_map(params_from_iter(values), row)?.collect()
}

fn statement(query: &CostQuery) -> (String, Vec<Value>) {
    let mut values = Vec::new();
    let key = key(&query.by, &mut values);
    let conditions = conditions(query, &mut values);
    let sums: String = SUMMED.iter().map(|column| halves(column)).collect();
    let sql = format!(
        "SELECT {key} AS key, count(*), sum(c.unpriced) {sums} FROM calls AS c \
         JOIN tenants AS t ON t.n = c.tenant JOIN job_types AS y ON y.n = c.job_type \
         WHERE {conditions} GROUP BY key ORDER BY key"
    );
    (sql, values)
}

fn key(by: &CostGroup, values: &mut Vec<Value>) -> &'static str {
    match by {
        CostGroup::Day => "date(c.at / 1000.0, 'unixepoch')",
        CostGroup::JobType => "y.name",
        CostGroup::Model => "c.provider || '/' || c.model",
        CostGroup::Tenant => "t.name",
        CostGroup::Tag(tag) => {
            values.push(tag.clone().into());
            "coalesce((SELECT value FROM json_each(c.tags) WHERE key = ?), '')"
        }
    }
}

fn conditions(query: &CostQuery, values: &mut Vec<Value>) -> String {
    let mut conditions = vec!["true"];
    if let Some(tenant) = &query.tenant {
        conditions.push("c.tenant = (SELECT n FROM tenants WHERE name = ?)");
        values.push(tenant.as_str().to_owned().into());
    }
    if let Some(since) = query.since {
        conditions.push("c.at >= ?");
        values.push(since.as_millis().into());
    }
    if let Some(until) = query.until {
        conditions.push("c.at < ?");
        values.push(until.as_millis().into());
    }
    conditions.join(" AND ")
}

/// `sum` fails where it overflows: the upper and the lower half of large numbers are added up apart.
fn halves(column: &str) -> String {
    format!(", sum(c.{column} >> 32), sum(c.{column} & 0xffffffff)")
}

fn row(row: &Row) -> Result<CostRow> {
    let sum = |at: usize| -> Result<u64> {
        let (upper, lower): (i64, i64) = (row.get(3 + 2 * at)?, row.get(4 + 2 * at)?);
        let whole = (i128::from(upper) << 32) + i128::from(lower);
        Ok(u64::try_from(whole).unwrap_or(u64::MAX))
    };
    Ok(CostRow {
        key: row.get(0)?,
        calls: row.get(1)?,
        unpriced_calls: row.get(2)?,
        spent: Money::from_nanodollars(sum(0)?),
        held: Money::from_nanodollars(sum(1)?),
        tokens: Tokens {
            input: sum(2)?,
            output: sum(3)?,
            cache_read: sum(4)?,
            cache_write: sum(5)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::Timestamp;

    use super::*;
    use crate::database::Database;

    /// What was spent today costs the same to find, however much was spent before.
    #[tokio::test]
    async fn a_report_of_some_time_reads_only_that() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("jobs.sqlite3")).unwrap();
        let query = CostQuery {
            tenant: Some("ada".parse().unwrap()),
            since: Some(Timestamp::from_millis(1)),
            until: Some(Timestamp::MAX),
            by: CostGroup::Model,
        };
        let (sql, values) = statement(&query);
        let plan = move |db: &Connection| {
            let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows =
                explain.query_map(params_from_iter(values), |row| row.get::<_, String>(3))?;
            Ok(rows.collect::<Result<Vec<_>>>()?.join("; "))
        };
        let plan = database.read(plan).await.unwrap();
        assert!(plan.contains("calls_by_time (at>? AND at<?)"), "{plan}");
    }
}
