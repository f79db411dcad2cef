-- What schema 2 adds: durable steps, and the ledger. Money is in billionths of a dollar.

CREATE TABLE steps (
    n    INTEGER PRIMARY KEY,   -- order of recording
    job  INTEGER NOT NULL,
    key  TEXT    NOT NULL,
    json TEXT    NOT NULL,
    UNIQUE (job, key)
) STRICT;

CREATE TABLE calls (
    n           INTEGER PRIMARY KEY,
    job         TEXT    NOT NULL,
    attempt     INTEGER NOT NULL,
    call        INTEGER NOT NULL,
    at          INTEGER NOT NULL,   -- of the reservation
    settled_at  INTEGER,            -- empty: under way, or its outcome is not known
    tenant      INTEGER NOT NULL,   -- of tenants
    job_type    INTEGER NOT NULL,   -- of job_types
    tags        TEXT    NOT NULL,   -- JSON
    provider    TEXT    NOT NULL,
    model       TEXT    NOT NULL,
    accounts    TEXT    NOT NULL,   -- on which it counts, with a space between them
    held        INTEGER NOT NULL,   -- 0 once it is settled
    spent       INTEGER NOT NULL,
    unpriced    INTEGER NOT NULL,   -- 1: the model has no price
    input       INTEGER NOT NULL,   -- tokens
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    UNIQUE (job, attempt, call)
) STRICT;

CREATE INDEX calls_by_time ON calls (at);

CREATE TABLE accounts (
    id          TEXT    PRIMARY KEY,   -- a job, or tenant/day
    calls       INTEGER NOT NULL,
    unpriced    INTEGER NOT NULL,
    held        INTEGER NOT NULL,
    spent       INTEGER NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cache_read  INTEGER NOT NULL,
    cache_write INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE daily_limits (tenant TEXT PRIMARY KEY, most INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIEW cost_overview AS
SELECT id AS account, spent / 1e9 AS spent_usd, held / 1e9 AS held_usd, calls, unpriced AS unpriced_calls,
       input AS input_tokens, output AS output_tokens
FROM accounts
ORDER BY spent + held DESC;
