//! Pages of jobs, newest first, without reading what no page shows.

use agent_runner_domain::ports::{CursorPosition, JobPage, JobQuery};
use rusqlite::{Connection, OptionalExtension, Result, Row, types::Value};

use super::row::{self, bounded};
use crate::database::status_code;

pub(super) fn page(db: &Connection, query: &JobQuery) -> Result<JobPage> {
    let search = Search::of(db, query)?;
    let mut find = db.prepare_cached(&search.sql())?;
    let read = |row: &Row| Ok((row::job(row)?.value, row.get::<_, i64>(row::N)?));
    let rows = find.query_map(rusqlite::params_from_iter(search.values), read)?;
    let mut found = rows.collect::<Result<Vec<_>>>()?;
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let last = found.last().filter(|_| more);
    Ok(JobPage {
        next: last.map(|(_, n)| CursorPosition(n.cast_unsigned().into())),
        jobs: found.into_iter().map(|(job, _)| job).collect(),
    })
}

/// A statement under construction.
struct Search {
    lead: Lead,
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

/// The condition whose index is walked, which has its rows in the order of the page; the others only filter.
/// The most telling one leads.
#[derive(Clone, Copy)]
enum Lead {
    Tag,
    Parent,
    Status,
    JobType,
    Tenant,
    Nothing,
}

impl Lead {
    fn of(query: &JobQuery) -> Self {
        match query {
            JobQuery { tenant: Some(_), tag: Some(_), .. } => Self::Tag,
            JobQuery { parent: Some(_), .. } => Self::Parent,
            JobQuery { tenant: None, .. } => Self::Nothing,
            JobQuery { status: Some(_), .. } => Self::Status,
            JobQuery { job_type: Some(_), .. } => Self::JobType,
            _ => Self::Tenant,
        }
    }

    fn rows(self) -> &'static str {
        match self {
            Self::Tag => "tags AS g CROSS JOIN jobs AS j ON j.n = g.job",
            Self::Parent => "jobs AS j INDEXED BY jobs_by_parent",
            Self::Status => "jobs AS j INDEXED BY jobs_by_status",
            Self::JobType => "jobs AS j INDEXED BY jobs_by_type",
            Self::Tenant => "jobs AS j INDEXED BY jobs_by_tenant",
            Self::Nothing => "jobs AS j NOT INDEXED",
        }
    }

    /// The column that has the order of the page.
    fn place(self) -> &'static str {
        match self {
            Self::Tag => "g.job",
            _ => "j.n",
        }
    }
}

impl Search {
    fn of(db: &Connection, query: &JobQuery) -> Result<Self> {
        let mut search = Self { lead: Lead::of(query), conditions: Vec::new(), values: Vec::new() };
        search.filter_by_tag(query);
        search.filter_by_columns(query);
        search.filter_by_place(db, query)?;
        let limit = bounded(query.limit.saturating_add(1));
        search.values.push(limit.into());
        Ok(search)
    }

    fn sql(&self) -> String {
        let conditions = self.conditions.join(" AND ");
        format!(
            "SELECT {} FROM {} CROSS JOIN tenants AS t ON t.n = j.tenant WHERE {conditions} \
             ORDER BY {} DESC LIMIT ?",
            row::columns!(),
            self.lead.rows(),
            self.lead.place(),
        )
    }

    fn require<const N: usize>(&mut self, condition: &'static str, values: [Value; N]) {
        self.conditions.push(condition);
        self.values.extend(values);
    }

    fn filter_by_tag(&mut self, query: &JobQuery) {
        let Some((key, value)) = query.tag.clone() else {
            return;
        };
        let tag = [key.into(), value.into()];
        match (self.lead, &query.tenant) {
            (Lead::Tag, Some(tenant)) => {
                let tenant = tenant.as_str().to_owned();
                self.require("g.tenant = (SELECT n FROM tenants WHERE name = ?)", [tenant.into()]);
                self.require("g.key = ? AND g.value = ?", tag);
            }
            _ => self.require(
                "EXISTS (SELECT 1 FROM tags AS g \
                 WHERE g.tenant = j.tenant AND g.key = ? AND g.value = ? AND g.job = j.n)",
                tag,
            ),
        }
    }

    fn filter_by_columns(&mut self, query: &JobQuery) {
        if let Some(tenant) = &query.tenant {
            let name = tenant.as_str().to_owned();
            self.require("j.tenant = (SELECT n FROM tenants WHERE name = ?)", [name.into()]);
        }
        if let Some(status) = query.status {
            self.require("j.status = ?", [status_code(status).into()]);
        }
        if let Some(job_type) = query.job_type.clone() {
            let condition = "j.job_type = (SELECT n FROM job_types WHERE name = ?)";
            self.require(condition, [job_type.into()]);
        }
        if let Some(parent) = query.parent {
            self.require("j.parent = ?", [parent.to_string().into()]);
        }
    }

    fn filter_by_place(&mut self, db: &Connection, query: &JobQuery) -> Result<()> {
        let before =
            query.after.map_or(i64::MAX, |after| i64::try_from(after.0).unwrap_or(i64::MAX));
        let (behind, from) = match self.lead {
            Lead::Tag => ("g.job < ?", "g.job >= ?"),
            _ => ("j.n < ?", "j.n >= ?"),
        };
        self.require(behind, [before.into()]);
        if let Some(since) = query.since {
            let since = since.as_millis();
            self.require(from, [first_since(db, since)?.into()]);
            self.require("j.created_at >= ?", [since.into()]);
        }
        Ok(())
    }
}

/// Where the jobs begin that were created at or after `since`: a search by halves over `newest_at`, which only
/// grows. All earlier rows are older; some later ones may be, too, where a clock was set back.
fn first_since(db: &Connection, since: i64) -> Result<i64> {
    let newest = "SELECT n FROM jobs ORDER BY n DESC LIMIT 1";
    let newest: Option<i64> =
        db.prepare_cached(newest)?.query_row([], |row| row.get(0)).optional()?;
    let mut probe =
        db.prepare_cached("SELECT n, newest_at FROM jobs WHERE n >= ?1 ORDER BY n LIMIT 1")?;
    let (mut low, mut high) = (0, newest.map_or(0, |newest| newest + 1));
    while low < high {
        let middle = low + (high - low) / 2;
        let (n, newest_at): (i64, i64) =
            probe.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if newest_at >= since {
            high = middle;
        } else {
            low = n + 1;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::{JobId, Timestamp, job::Status};

    use super::*;
    use crate::database::Database;

    /// What SQLite would do for the query.
    fn plan(db: &Connection, query: &JobQuery) -> Result<String> {
        let search = Search::of(db, query)?;
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {}", search.sql()))?;
        let values = rusqlite::params_from_iter(search.values);
        let rows = explain.query_map(values, |row| row.get::<_, String>(3))?;
        Ok(rows.collect::<Result<Vec<_>>>()?.join("; "))
    }

    /// Pages cost the same in the first and the millionth job only if nothing is sorted and each walk ends at
    /// the cursor.
    #[tokio::test]
    async fn every_list_walks_an_index_from_its_cursor() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("jobs.sqlite3")).unwrap();
        let base = JobQuery {
            tenant: Some("ada".parse().unwrap()),
            after: Some(CursorPosition(1_000)),
            since: Some(Timestamp::MAX),
            limit: 10,
            ..JobQuery::default()
        };
        let (status, job_type) = (Some(Status::Failed), Some("echo".to_owned()));
        let tag = Some(("key".to_owned(), "value".to_owned()));
        let parent = Some(JobId::from_u128(1));
        let queries = [
            (
                JobQuery { tenant: None, ..base.clone() },
                "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
            ),
            (base.clone(), "jobs_by_tenant (tenant=? AND rowid>? AND rowid<?)"),
            (
                JobQuery { status, ..base.clone() },
                "jobs_by_status (tenant=? AND status=? AND rowid>? AND rowid<?)",
            ),
            (
                JobQuery { job_type, ..base.clone() },
                "jobs_by_type (tenant=? AND job_type=? AND rowid>? AND rowid<?)",
            ),
            (
                JobQuery { parent, ..base.clone() },
                "jobs_by_parent (parent=? AND rowid>? AND rowid<?)",
            ),
            (
                JobQuery { tag, ..base },
                "PRIMARY KEY (tenant=? AND key=? AND value=? AND job>? AND job<?)",
            ),
        ];
        for (query, expected) in queries {
            let plan = database.read(move |db| plan(db, &query)).await.unwrap();
            assert!(plan.contains(expected), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN j"), "{plan}");
        }
    }
}
