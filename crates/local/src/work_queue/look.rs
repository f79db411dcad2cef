//! What a receiver reads: a bounded piece of the index of ready jobs.

use rusqlite::{Connection, Result, Row};

use super::ledger::{Found, Look, Place, Ready};

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

/// In two steps, because the index gives no quick answer to `(rank, n) > (?, ?)`: thousands of jobs may have
/// one rank.
fn following(db: &Connection, after: Place, max: usize) -> Result<Vec<Ready>> {
    let mut same_rank = db.prepare_cached(
        "SELECT rank, n, id FROM jobs INDEXED BY jobs_ready WHERE rank = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
    )?;
    let mut later = db.prepare_cached(
        "SELECT rank, n, id FROM jobs INDEXED BY jobs_ready WHERE rank > ?1 ORDER BY rank, n LIMIT ?2",
    )?;
    let rows =
        same_rank.query_map((after.rank, after.n, crate::job_store::row::bounded(max)), ready)?;
    let mut found = rows.collect::<Result<Vec<_>>>()?;
    let left = max - found.len();
    if left > 0 {
        for ready in later.query_map((after.rank, crate::job_store::row::bounded(left)), ready)? {
            found.push(ready?);
        }
    }
    Ok(found)
}

fn ready(row: &Row) -> Result<Ready> {
    Ok(Ready {
        place: Place { rank: row.get(0)?, n: row.get(1)? },
        job: crate::job_store::row::text(row, 2)?,
    })
}
