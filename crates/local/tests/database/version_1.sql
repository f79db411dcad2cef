PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE tenants   (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO tenants VALUES(1,'default');
CREATE TABLE job_types (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO job_types VALUES(1,'echo');
INSERT INTO job_types VALUES(2,'command');
CREATE TABLE statuses  (n INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO statuses VALUES(0,'BLOCKED');
INSERT INTO statuses VALUES(1,'QUEUED');
INSERT INTO statuses VALUES(2,'LAUNCHING');
INSERT INTO statuses VALUES(3,'RUNNING');
INSERT INTO statuses VALUES(4,'SUCCEEDED');
INSERT INTO statuses VALUES(5,'FAILED');
INSERT INTO statuses VALUES(6,'TIMED_OUT');
INSERT INTO statuses VALUES(7,'CANCELLED');
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
INSERT INTO jobs VALUES(1,'job_01M7Z2ZKQCWGC09XRZST0AME55',1,1,4,5,1795265908460,1795265908460,NULL,NULL,NULL,1,4,NULL,0,'{"job_type":"echo","priority":8,"max_attempts":3,"max_infrastructure_attempts":10,"backoff":{"initial_ms":1000,"factor":2.0,"max_ms":300000,"jitter":0.5},"timeout_ms":3600000,"tags":{"team":"red"}}','{"state":{"state":"finished","outcome":"succeeded","at":"2026-11-21T12:58:28.466Z"},"priority":8,"attempts":1,"user_failures":0,"infrastructure_failures":0,"started_at":"2026-11-21T12:58:28.463Z","history":[{"number":1,"lease":"544494b2b4d5f9502c11a11849fe471d","launched_at":"2026-11-21T12:58:28.461Z","started_at":"2026-11-21T12:58:28.463Z","ended_at":"2026-11-21T12:58:28.466Z","end":"succeeded"}],"ends":1,"chores":{}}');
INSERT INTO jobs VALUES(2,'job_01M7Z2ZKV035RBRY91J13KZEE0',1,2,5,4,1795265908576,1795265908576,NULL,NULL,NULL,0,4,NULL,0,'{"job_type":"command","priority":5,"max_attempts":1,"max_infrastructure_attempts":10,"backoff":{"initial_ms":1000,"factor":2.0,"max_ms":300000,"jitter":0.5},"timeout_ms":3600000}','{"state":{"state":"finished","outcome":"failed","at":"2026-11-21T12:58:28.587Z"},"priority":5,"attempts":1,"user_failures":1,"infrastructure_failures":0,"started_at":"2026-11-21T12:58:28.579Z","cause":{"kind":"handler_error","message":"`false` exited with code 1","evidence":{"exit_code":1},"paid_by":"user"},"history":[{"number":1,"lease":"14cbab98327520dfed421b6f153d3ddb","launched_at":"2026-11-21T12:58:28.577Z","started_at":"2026-11-21T12:58:28.579Z","ended_at":"2026-11-21T12:58:28.587Z","end":{"failed":{"kind":"handler_error","message":"`false` exited with code 1","evidence":{"exit_code":1},"paid_by":"user"}}}],"ends":1,"chores":{}}');
INSERT INTO jobs VALUES(3,'job_01M7Z2ZMTQ5W2F6D5HPYM3MJX3',1,1,1,2,1795265909591,1795265909591,1826265909590,NULL,NULL,0,2,NULL,0,'{"job_type":"echo","priority":5,"max_attempts":3,"max_infrastructure_attempts":10,"backoff":{"initial_ms":1000,"factor":2.0,"max_ms":300000,"jitter":0.5},"timeout_ms":3600000,"depends_on":["job_01M7Z2ZKQCWGC09XRZST0AME55"]}','{"state":{"state":"queued","not_before":"2027-11-15T08:05:09.59Z","ready_at":null,"resend_at":"2027-11-15T08:05:09.59Z","sends":0},"priority":5,"attempts":0,"user_failures":0,"infrastructure_failures":0,"ends":0,"chores":{}}');
CREATE TABLE payloads (job INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
INSERT INTO payloads VALUES(1,'{"message":"kept"}');
INSERT INTO payloads VALUES(2,'{"program":"false"}');
INSERT INTO payloads VALUES(3,'{"message":"later"}');
CREATE TABLE results  (job INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
INSERT INTO results VALUES(1,'{"echoed_message":"kept","processed_by":"agent-runner-worker/0.1.0 pid 1@host","processed_at":"2026-11-21T12:58:28.466Z"}');
CREATE TABLE events (
    job INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO events VALUES(1,1,'{"at":"2026-11-21T12:58:28.46Z","attempt":0,"kind":"state","status":"QUEUED"}');
INSERT INTO events VALUES(1,2,'{"at":"2026-11-21T12:58:28.461Z","attempt":1,"kind":"state","status":"LAUNCHING"}');
INSERT INTO events VALUES(1,3,'{"at":"2026-11-21T12:58:28.463Z","attempt":1,"kind":"state","status":"RUNNING"}');
INSERT INTO events VALUES(1,4,'{"at":"2026-11-21T12:58:28.466Z","attempt":1,"kind":"state","status":"SUCCEEDED"}');
INSERT INTO events VALUES(2,1,'{"at":"2026-11-21T12:58:28.576Z","attempt":0,"kind":"state","status":"QUEUED"}');
INSERT INTO events VALUES(2,2,'{"at":"2026-11-21T12:58:28.577Z","attempt":1,"kind":"state","status":"LAUNCHING"}');
INSERT INTO events VALUES(2,3,'{"at":"2026-11-21T12:58:28.579Z","attempt":1,"kind":"state","status":"RUNNING"}');
INSERT INTO events VALUES(2,4,'{"at":"2026-11-21T12:58:28.587Z","attempt":1,"kind":"state","status":"FAILED","cause":{"kind":"handler_error","message":"`false` exited with code 1","evidence":{"exit_code":1},"paid_by":"user"}}');
INSERT INTO events VALUES(3,1,'{"at":"2026-11-21T12:58:29.591Z","attempt":0,"kind":"state","status":"BLOCKED"}');
INSERT INTO events VALUES(3,2,'{"at":"2026-11-21T12:58:29.592Z","attempt":0,"kind":"state","status":"QUEUED"}');
CREATE TABLE dependents (
    job INTEGER NOT NULL, dependent TEXT NOT NULL,
    PRIMARY KEY (job, dependent)
) STRICT, WITHOUT ROWID;
INSERT INTO dependents VALUES(1,'job_01M7Z2ZMTQ5W2F6D5HPYM3MJX3');
CREATE TABLE tags (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, job INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, value, job)
) STRICT, WITHOUT ROWID;
INSERT INTO tags VALUES(1,'team','red',1);
CREATE TABLE idempotency_keys (
    tenant INTEGER NOT NULL, key TEXT NOT NULL, fingerprint BLOB NOT NULL, job TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE counts (
    tenant INTEGER NOT NULL, job_type INTEGER NOT NULL, status INTEGER NOT NULL, jobs INTEGER NOT NULL,
    PRIMARY KEY (tenant, job_type, status)
) STRICT, WITHOUT ROWID;
INSERT INTO counts VALUES(1,1,0,0);
INSERT INTO counts VALUES(1,1,1,1);
INSERT INTO counts VALUES(1,1,2,0);
INSERT INTO counts VALUES(1,1,3,0);
INSERT INTO counts VALUES(1,1,4,1);
INSERT INTO counts VALUES(1,2,1,0);
INSERT INTO counts VALUES(1,2,2,0);
INSERT INTO counts VALUES(1,2,3,0);
INSERT INTO counts VALUES(1,2,5,1);
CREATE INDEX jobs_ready     ON jobs (rank, n)    WHERE rank IS NOT NULL;
CREATE INDEX jobs_wake      ON jobs (wake_at, n) WHERE wake_at IS NOT NULL;
CREATE INDEX jobs_by_tenant ON jobs (tenant);
CREATE INDEX jobs_by_status ON jobs (tenant, status);
CREATE INDEX jobs_by_type   ON jobs (tenant, job_type);
CREATE INDEX jobs_by_parent ON jobs (parent)     WHERE parent IS NOT NULL;
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
COMMIT;
