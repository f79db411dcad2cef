//! Opening the file: connections, schema, and clear words when it cannot be done.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use agent_runner_domain::job::Status;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, config::DbConfig};

/// Why the database cannot be used. Each names the file and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another program has locked {}: close it and try again", path.display())]
    Locked { path: PathBuf },
    #[error(
        "{} is no readable database: move it away to start with an empty one, or restore it from a copy",
        path.display()
    )]
    Corrupt { path: PathBuf, source: rusqlite::Error },
    #[error(
        "{} is a database of another program: choose another data folder", path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "{} was written by a newer agent-runner (schema {found}; this one knows up to {SCHEMA_VERSION}): use that one",
        path.display()
    )]
    Newer { path: PathBuf, found: i64 },
    #[error("there is no room left to write {}: free some space on its disk", path.display())]
    DiskFull { path: PathBuf },
    #[error(
        "{} cannot be written: check the permissions of the file and its folder, or choose another data folder",
        path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error("{} cannot be opened", path.display())]
    Failed { path: PathBuf, source: rusqlite::Error },
    #[error("no thread can be started to serve {}", path.display())]
    NoThread { path: PathBuf, source: std::io::Error },
}

/// What makes each version of the schema out of the one before. Never changed: files of every version are about.
const SCHEMAS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema_2.sql")];
/// The newest schema that this code knows, kept in `PRAGMA user_version`.
pub(super) const SCHEMA_VERSION: i64 = 2;
/// The letters `ARun`, kept in `PRAGMA application_id`.
const APPLICATION_ID: i64 = 0x4152_756e;
/// How long to wait for another program that looks into the file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const STATEMENTS_CACHED_MAX: usize = 64;

/// What differs between a server's database and a test's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// The file never grows beyond as many pages: a full disk, for tests.
    pub(crate) pages_max: Option<u32>,
    /// Writes that wait for the writer before further ones are refused.
    pub(crate) writes_waiting_max: usize,
    /// Threads that read.
    pub(crate) readers: usize,
    /// Connections for whoever reads on its own thread.
    pub(crate) at_hand: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { pages_max: None, writes_waiting_max: 4_096, readers: 2, at_hand: 2 }
    }
}

impl OpenError {
    fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { path, source }
            }
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            _ if no_room_to_share(&source) => Self::DiskFull { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path }
            }
            _ => Self::Failed { path, source },
        }
    }
}

/// The file through which connections share their view, `-shm`, could not grow: SQLite calls that an I/O error.
fn no_room_to_share(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

/// The one connection that writes; creates the file and its tables where they are missing.
pub(super) fn writer(path: &Path, tuning: &Tuning) -> Result<Connection, OpenError> {
    let failed = |error| OpenError::of(path, error);
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE).map_err(failed)?;
    check_owner(&connection, path)?;
    set_up_writing(&connection, tuning).map_err(failed)?;
    create_tables(&mut connection).map_err(failed)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path, busy_timeout: Duration) -> Result<Connection, OpenError> {
    let open = || {
        let connection = connect(path, OpenFlags::empty())?;
        connection.busy_timeout(busy_timeout)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -2_000)?;
        Ok(connection)
    };
    open().map_err(|error| OpenError::of(path, error))
}

fn connect(path: &Path, more: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    // Else every new value of a parameter makes SQLite plan the statement anew: it might fit a partial index now.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Refuses a file that is not ours, or not yet understood, before anything is changed in it.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let look = || {
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        let application = number("PRAGMA application_id")?;
        Ok((tables, application, number("PRAGMA user_version")?))
    };
    let (tables, application, found) = look().map_err(|error| OpenError::of(path, error))?;
    let path = path.to_owned();
    if tables > 0 && application != APPLICATION_ID {
        Err(OpenError::Foreign { path })
    } else if found > SCHEMA_VERSION {
        Err(OpenError::Newer { path, found })
    } else {
        Ok(())
    }
}

fn set_up_writing(connection: &Connection, tuning: &Tuning) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    // Fewer, larger checkpoints, and a log that is written over instead of grown anew: growing costs an fsync more.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    if let Some(pages) = tuning.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(())
}

/// Brings the file to the newest schema, whole or not at all; a new one by way of all earlier schemas.
fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = SCHEMAS.iter().skip(usize::try_from(found).unwrap_or(0));
    for schema in missing {
        transaction.execute_batch(schema)?;
    }
    if found == 0 {
        for status in Status::ALL {
            let row = (super::codes::status_code(status), status.as_str());
            transaction.execute("INSERT INTO statuses VALUES (?1, ?2)", row)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if found < SCHEMA_VERSION {
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()
}
