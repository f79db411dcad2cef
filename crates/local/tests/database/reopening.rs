//! A file that was closed and opened again is the same store, and anybody can read it.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    Day, Money, Timestamp,
    job::JobEvent,
    ports::{
        Account, AccountId, CallKey, CallLabels, Charge, Inserted, JobQuery, JobStore, Ledger,
        Reservation, Reserved, Tokens, WorkQueue,
    },
};
use agent_runner_local::database::Database;
use agent_runner_testkit::Samples;
use rusqlite::Connection;

const ALL: usize = 1_000;

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let samples = Samples::default();
    let tagged = samples.job_with(|spec| spec.tags = [("a".into(), "b".into())].into());
    let keyed = samples.keyed("key", 1);
    let (first, second) = (tagged.job.id, keyed.job.id);
    let dependent = samples.dependent_on(&[first]);
    let third = dependent.job.id;

    let database = Database::open(&path).unwrap();
    let store = database.job_store();
    store.insert(vec![tagged, keyed, dependent]).await.unwrap();
    let seen = store.load(first).await.unwrap().unwrap();
    let cancel = samples.commit(&seen, JobEvent::Cancel);
    store.commit(vec![cancel]).await.remove(0).unwrap();
    let before = view(&store, &[first, second, third]).await;
    drop((store, database));
    assert!(!folder.path().join("jobs.sqlite3-wal").exists(), "the log is folded in");

    let database = Database::open(&path).unwrap();
    let store = database.job_store();
    assert_eq!(view(&store, &[first, second, third]).await, before);
    let again = store.insert(vec![samples.keyed("key", 1)]).await.unwrap();
    assert_eq!(again, [Inserted::Existing(second)]);
    let tag = Some(("a".to_owned(), "b".to_owned()));
    let query = JobQuery { tag, limit: ALL, ..JobQuery::default() };
    assert_eq!(store.list(&query).await.unwrap().jobs[0].id, first);
    assert_eq!(store.dependents(first, None, ALL).await.unwrap(), [third]);
    let queue = database.work_queue(Arc::new(samples.clock.clone()));
    let receipts = queue.receive(ALL, Duration::ZERO).await.unwrap();
    assert_eq!(receipts.iter().map(|receipt| receipt.job).collect::<Vec<_>>(), [second]);
}

/// Most of what a store says.
async fn view(store: &dyn JobStore, ids: &[agent_runner_domain::JobId]) -> String {
    let query = JobQuery { limit: ALL, ..JobQuery::default() };
    let mut events = Vec::new();
    for id in ids {
        events.push((store.payload(*id).await.unwrap(), store.events(*id, 0, ALL).await.unwrap()));
    }
    let list = store.list(&query).await.unwrap();
    let due = store.due(Timestamp::MAX, ALL).await.unwrap();
    let (counts, next) = (store.counts().await.unwrap(), store.next_due().await.unwrap());
    format!(
        "{:?} {list:?} {due:?} {counts:?} {next:?} {events:?}",
        store.load_many(ids).await.unwrap()
    )
}

#[tokio::test]
async fn reopening_keeps_what_was_held_and_spent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let samples = Samples::default();
    let (job, at, tenant) = (samples.job().job.id, samples.now(), samples.tenant.clone());
    let day = Day::of(at);
    let limit = Some(Money::from_nanodollars(10));
    let asked = |call| Reservation {
        key: CallKey { job, attempt: 1, call },
        at,
        accounts: vec![
            Account { id: AccountId::Job(job), limit },
            Account { id: AccountId::TenantDay { tenant: tenant.clone(), day }, limit: None },
        ],
        most: Some(Money::from_nanodollars(4)),
        labels: CallLabels {
            tenant: tenant.clone(),
            job_type: "echo".to_owned(),
            tags: [("team".to_owned(), "red".to_owned())].into(),
            provider: "anthropic".to_owned(),
            model: "claude".to_owned(),
        },
    };
    let ledger = Database::open(&path).unwrap().ledger();
    for call in [1, 2] {
        assert_eq!(ledger.reserve(asked(call)).await.unwrap(), Reserved::Granted);
    }
    let cost = Some(Money::from_nanodollars(3));
    let charge = Charge { model: "claude-1".to_owned(), cost, tokens: Tokens::default() };
    ledger.settle(asked(1).key, at, charge.clone()).await.unwrap();
    let before = ledger.costs(&[job]).await.unwrap();
    drop(ledger);

    let ledger = Database::open(&path).unwrap().ledger();
    assert_eq!(ledger.costs(&[job]).await.unwrap(), before);
    assert!(matches!(ledger.reserve(asked(3)).await.unwrap(), Reserved::Exceeded(_)));
    ledger.settle(asked(2).key, at, charge).await.unwrap();
    let today = ledger.day(&tenant, day).await.unwrap();
    assert_eq!((today.spent.nanodollars(), today.held), (6, Money::ZERO));
    assert_eq!(ledger.reserve(asked(3)).await.unwrap(), Reserved::Granted);
}

#[tokio::test]
async fn the_file_is_readable_while_a_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let database = Database::open(&path).unwrap();
    let new = Samples::default().job();
    let id = new.job.id;
    database.job_store().insert(vec![new]).await.unwrap();
    let file = Connection::open(&path).unwrap();
    let sql = "SELECT id, type, status, tenant, created_at FROM job_overview";
    let row: (String, String, String, String, String) = file
        .query_row(sql, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    let texts = ["echo", "QUEUED", "default", "2026-01-01T00:00:00.000Z"].map(str::to_owned);
    let [job_type, status, tenant, created_at] = texts;
    assert_eq!(row, (id.to_string(), job_type, status, tenant, created_at));
}
