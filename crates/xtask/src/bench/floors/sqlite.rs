//! One row, one transaction, one fsync, on the same disk.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::bench::{Bed, load::per_second, seed::JOB};

pub(in crate::bench) fn inserts_per_second(bed: &Bed, duration: Duration) -> anyhow::Result<f64> {
    let folder = bed.folder()?;
    let connection = Connection::open(folder.path().join("floor.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("CREATE TABLE jobs (n INTEGER PRIMARY KEY, json TEXT NOT NULL)", [])?;
    let mut insert = connection.prepare("INSERT INTO jobs (json) VALUES (?1)")?;
    let began = Instant::now();
    let mut rows = 0;
    while began.elapsed() < duration {
        rows += insert.execute([JOB])?;
    }
    Ok(per_second(rows, began.elapsed()))
}
