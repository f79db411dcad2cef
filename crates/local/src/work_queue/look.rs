//! What a receiver reads: a bounded piece of the index of ready jobs.

use rusqlite::{Connection, Result, Row};

use super::ledger::{Found, Look, Place, Ready};
use crate::job_store::row::{self, bounded};

pub(super) fn find(db: &Connection, look: &Look, max: usize) -> Result<Found> {
    Ok(Found {
        behind: still_in_place(db, &look.behind)?,
        following: following(db, look.after, max)?,
    })
}

fn still_in_place(db: &Connection, behind: &[Ready]) -> Result<Vec<Ready>> {
    let mut find = db.prepare_cached("SELECT 1 FROM jobs WHERE n = ?1 AND rank = ?2")?;
    let mut found = Vec::with_capacity(behind.len());
    for ready in behind {
        if find.exists((ready.place.n, ready.place.rank))? {
            found.push(*ready);
        }
    }
    Ok(found)
}

/// The index gives no quick answer to `(rank, n) > (?, ?)`, and thousands of jobs may have one rank: so first
/// the rest of the rank, then the ranks behind it.
const SAME_RANK: &str = "SELECT rank, n, id FROM jobs INDEXED BY jobs_ready \
     WHERE rank = ?1 AND n > ?2 ORDER BY n LIMIT ?3";
const LATER: &str = "SELECT rank, n, id FROM jobs INDEXED BY jobs_ready \
     WHERE rank > ?1 ORDER BY rank, n LIMIT ?2";

fn following(db: &Connection, after: Place, max: usize) -> Result<Vec<Ready>> {
    let mut same_rank = db.prepare_cached(SAME_RANK)?;
    let rows = same_rank.query_map((after.rank, after.n, bounded(max)), ready)?;
    let mut found = rows.collect::<Result<Vec<_>>>()?;
    let left = max - found.len();
    if left > 0 {
        let mut later = db.prepare_cached(LATER)?;
        for ready in later.query_map((after.rank, bounded(left)), ready)? {
            found.push(ready?);
        }
    }
    Ok(found)
}

fn ready(found: &Row) -> Result<Ready> {
    Ok(Ready { place: Place { rank: found.get(0)?, n: found.get(1)? }, job: row::text(found, 2)? })
}

#[cfg(test)]
mod tests {
    use crate::database::Database;

    #[tokio::test]
    async fn a_look_walks_the_index_from_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(folder.path().join("jobs.sqlite3")).unwrap();
        for (sql, expected) in [
            (super::SAME_RANK, "INDEX jobs_ready (rank=? AND n>?)"),
            (super::LATER, "INDEX jobs_ready (rank>?)"),
        ] {
            let explain = format!("EXPLAIN QUERY PLAN {sql}");
            let plan = database.read(move |db| {
                let mut statement = db.prepare(&explain)?;
                let count = statement.parameter_count();
                let nulls = vec![rusqlite::types::Null; count];
                let rows = statement
                    .query_map(rusqlite::params_from_iter(nulls), |row| row.get::<_, String>(3))?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            });
            let plan = plan.await.unwrap().join("; ");
            assert!(plan.contains(expected), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
