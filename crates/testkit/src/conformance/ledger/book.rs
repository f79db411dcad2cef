//! What several rules write into a ledger before they look.

use std::{collections::BTreeMap, sync::Arc};

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        Account, AccountId, CallKey, CallLabels, Charge, JobCost, Ledger, Reservation, Reserved,
        Tokens,
    },
};

pub(super) type Book = Arc<dyn Ledger>;

pub(super) fn own() -> JobId {
    JobId::from_u128(1)
}

pub(super) fn money(nanodollars: u64) -> Money {
    Money::from_nanodollars(nanodollars)
}

pub(super) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(super) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(super) fn of_job(job: JobId, limit: Option<u64>) -> Account {
    Account { id: AccountId::Job(job), limit: limit.map(money) }
}

pub(super) fn of_day(name: &str, at: Timestamp) -> Account {
    let id = AccountId::TenantDay { tenant: tenant(name), day: Day::of(at) };
    Account { id, limit: None }
}

/// The `call`-th call of the first attempt of [`own`], of tenant `acme` at noon, on the job's and the day's account.
pub(super) fn call(call: u32, most: u64) -> Reservation {
    let labels = CallLabels {
        tenant: tenant("acme"),
        job_type: "chat".to_owned(),
        tags: BTreeMap::new(),
        provider: "anthropic".to_owned(),
        model: "asked".to_owned(),
    };
    Reservation {
        key: CallKey { job: own(), attempt: 1, call },
        at: noon(),
        accounts: vec![of_job(own(), None), of_day("acme", noon())],
        most: Some(money(most)),
        labels,
    }
}

/// The same under a limit of the job.
pub(super) fn limited(number: u32, most: u64, limit: u64) -> Reservation {
    let accounts = vec![of_job(own(), Some(limit)), of_day("acme", noon())];
    Reservation { accounts, ..call(number, most) }
}

/// A call of another job of that number.
pub(super) fn call_of(job: u128, number: u32, most: u64) -> Reservation {
    let id = JobId::from_u128(job);
    Reservation {
        key: CallKey { job: id, ..call(number, most).key },
        accounts: vec![of_job(id, None), of_day("acme", noon())],
        ..call(number, most)
    }
}

pub(super) fn charge(cost: u64) -> Charge {
    let tokens = Tokens { input: 10, output: 20, cache_read: 3, cache_write: 4 };
    Charge { model: "answered".to_owned(), cost: Some(money(cost)), tokens }
}

pub(super) async fn grant(book: &Book, reservation: &Reservation) {
    let answer = book.reserve(reservation.clone()).await.unwrap();
    assert_eq!(answer, Reserved::Granted);
}

/// Makes the call and charges for it.
pub(super) async fn spend(book: &Book, reservation: &Reservation, cost: u64) {
    grant(book, reservation).await;
    book.settle(reservation.key, reservation.at, charge(cost)).await.unwrap();
}

pub(super) async fn exceeds(book: &Book, reservation: &Reservation) -> bool {
    let answer = book.reserve(reservation.clone()).await.unwrap();
    matches!(answer, Reserved::Exceeded(_))
}

pub(super) async fn cost(book: &Book, job: JobId) -> JobCost {
    book.costs(&[job]).await.unwrap()[0]
}

/// What is spent and held on the job's account.
pub(super) async fn sums(book: &Book, job: JobId) -> (u64, u64) {
    let JobCost { spent, held, .. } = cost(book, job).await;
    (spent.nanodollars(), held.nanodollars())
}

/// What is spent and held on the account of `acme`'s day.
pub(super) async fn day_sums(book: &Book, at: Timestamp) -> (u64, u64) {
    let day = book.day(&tenant("acme"), Day::of(at)).await.unwrap();
    (day.spent.nanodollars(), day.held.nanodollars())
}
