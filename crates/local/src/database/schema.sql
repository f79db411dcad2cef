-- Readable with `sqlite3`: begin with `SELECT * FROM job_overview LIMIT 20;`.

CREATE TABLE tenants   (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE job_types (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE statuses  (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE jobs (
    n              INTEGER PRIMARY KEY,   -- order of arrival
    id             TEXT    NOT NULL UNIQUE,
    tenant         INTEGER NOT NULL,      -- of tenants
    job_type       INTEGER NOT NULL,      -- of job_types
    status         INTEGER NOT NULL,      -- of statuses
    version        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,      -- all times are milliseconds since 1970
    newest_at      INTEGER NOT NULL,      -- the latest created_at of this and all earlier rows
    wake_at        INTEGER,
    rank           INTEGER,               -- place in line, while the job is ready
    parent         TEXT,
    has_dependents INTEGER NOT NULL,
    events         INTEGER NOT NULL,      -- how many there are
    lease          TEXT,                  -- of the attempt under way
    appended       INTEGER NOT NULL,      -- how many events that attempt has appended itself
    spec           TEXT    NOT NULL,      -- JSON
    state          TEXT    NOT NULL       -- JSON
) STRICT;

CREATE INDEX jobs_ready     ON jobs (rank, n)    WHERE rank IS NOT NULL;
CREATE INDEX jobs_wake      ON jobs (wake_at, n) WHERE wake_at IS NOT NULL;
CREATE INDEX jobs_by_tenant ON jobs (tenant);
CREATE INDEX jobs_by_status ON jobs (tenant, status);
CREATE INDEX jobs_by_type   ON jobs (tenant, job_type);
CREATE INDEX jobs_by_parent ON jobs (parent)     WHERE parent IS NOT NULL;

CREATE TABLE payloads (job INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
CREATE TABLE results  (job INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;

CREATE TABLE events (
    job INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE dependents (
    job INTEGER NOT NULL, dependent TEXT NOT NULL,
    PRIMARY KEY (job, dependent)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, job INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, value, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, fingerprint BLOB NOT NULL, job TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE counts (
    tenant INTEGER NOT NULL, job_type INTEGER NOT NULL, status INTEGER NOT NULL, jobs INTEGER NOT NULL,
    PRIMARY KEY (tenant, job_type, status)
) STRICT, WITHOUT ROWID;

CREATE VIEW job_overview AS
SELECT jobs.id, job_types.name AS type, statuses.name AS status, tenants.name AS tenant,
       strftime('%Y-%m-%dT%H:%M:%fZ', jobs.created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', jobs.wake_at / 1000.0, 'unixepoch') AS wake_at,
       jobs.state ->> 'attempts' AS attempts, jobs.state ->> '$.cause.message' AS cause, jobs.events
FROM jobs
JOIN tenants   ON tenants.n   = jobs.tenant
JOIN job_types ON job_types.n = jobs.job_type
JOIN statuses  ON statuses.n  = jobs.status
ORDER BY jobs.n DESC;
