//! The table keeps the ledger's promises.

use std::{collections::BTreeMap, sync::Arc};

use agent_runner_aws::ledger::DynamoLedger;
use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        Account, AccountId, CallKey, CallLabels, Charge, CostGroup, CostQuery, DaySpend, JobCost,
        Ledger, LedgerError, Reservation, Reserved, Shortage, Tokens,
    },
};
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::Client;

use super::{conflicting::Conflicting, lossy::losing_every, site::Site};

const CALLS: u32 = 40;
/// More than the calls of one report, which nobody would ever get otherwise.
const LOST_EVERY: usize = 7;

async fn ledger() -> Arc<DynamoLedger> {
    let site = Site::new();
    let table = site.make_table().await;
    Arc::new(DynamoLedger::new(site.dynamodb(), table))
}

/// A ledger to whose calls some replies get lost.
async fn lossy_ledger(retries: RetryConfig) -> DynamoLedger {
    let site = Site::new();
    let table = site.make_table().await;
    let lossy =
        site.config.into_builder().http_client(losing_every(LOST_EVERY)).retry_config(retries);
    DynamoLedger::new(Client::new(&lossy.build()), table)
}

mod suite {
    agent_runner_testkit::ledger_suite!((super::ledger().await, ()));
}

fn call(number: u32) -> Reservation {
    let (job, limit) = (JobId::from_u128(1), Some(Money::from_nanodollars(1_000)));
    Reservation {
        key: CallKey { job, attempt: 1, call: number },
        at: Timestamp::from_millis(1_790_000_000_000 + i64::from(number)),
        accounts: vec![Account { id: AccountId::Job(job), limit }],
        most: Some(Money::from_nanodollars(10)),
        labels: CallLabels {
            tenant: TenantId::default_tenant(),
            job_type: "chat".to_owned(),
            tags: BTreeMap::new(),
            provider: "anthropic".to_owned(),
            model: "asked".to_owned(),
        },
    }
}

fn charge() -> Charge {
    let cost = Some(Money::from_nanodollars(7));
    Charge { model: "answered".to_owned(), cost, tokens: Tokens::default() }
}

/// As callers do it: an error says that it is not known, and repeating is safe.
async fn insist<T, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, LedgerError>>,
{
    for _ in 0..10 {
        if let Ok(answer) = call().await {
            return answer;
        }
    }
    panic!("it never works");
}

async fn spend_all(ledger: &DynamoLedger) {
    for number in 1..=CALLS {
        let asked = call(number);
        let granted = insist(|| ledger.reserve(asked.clone())).await;
        assert_eq!(granted, Reserved::Granted);
        insist(|| ledger.settle(asked.key, asked.at, charge())).await;
    }
}

/// Every call is booked, and none twice.
async fn assert_exact(ledger: &DynamoLedger) {
    let (calls, spent) = (u64::from(CALLS), Money::from_nanodollars(7 * u64::from(CALLS)));
    let jobs = [JobId::from_u128(1)];
    let costs = insist(|| ledger.costs(&jobs)).await;
    assert_eq!(costs, [JobCost { spent, calls, ..JobCost::default() }]);
    let query = CostQuery { tenant: None, since: None, until: None, by: CostGroup::JobType };
    let rows = insist(|| ledger.report(&query)).await;
    assert_eq!(rows.iter().map(|row| (row.calls, row.spent)).collect::<Vec<_>>(), [(calls, spent)]);
}

#[tokio::test]
async fn failure_mode_25_lost_replies_book_nothing_twice_when_the_caller_asks_again() {
    let ledger = lossy_ledger(RetryConfig::disabled()).await;
    spend_all(&ledger).await;
    assert_exact(&ledger).await;
}

#[tokio::test]
async fn failure_mode_25_lost_replies_book_nothing_twice_when_the_sdk_asks_again() {
    let ledger = lossy_ledger(RetryConfig::standard()).await;
    spend_all(&ledger).await;
    assert_exact(&ledger).await;
}

#[tokio::test]
async fn a_time_that_ends_before_it_begins_has_no_calls() {
    let ledger = ledger().await;
    ledger.reserve(call(1)).await.unwrap();
    let at = call(1).at;
    let query = CostQuery { tenant: None, since: Some(at), until: Some(at), by: CostGroup::Day };
    assert_eq!(ledger.report(&query).await.unwrap(), []);
    let backwards = CostQuery { until: Some(Timestamp::from_millis(0)), ..query };
    assert_eq!(ledger.report(&backwards).await.unwrap(), []);
}

#[tokio::test]
async fn a_report_of_many_calls_reads_all_their_pages() {
    let ledger = ledger().await;
    let tags = BTreeMap::from([("note".to_owned(), "n".repeat(4_000))]);
    let many = 600;
    let reserve = |number: u32| {
        let (ledger, mut asked) = (ledger.clone(), call(number));
        asked.accounts[0].limit = None;
        asked.labels.tags = tags.clone();
        async move { ledger.reserve(asked).await.unwrap() }
    };
    for some in (1..=many).collect::<Vec<_>>().chunks(20) {
        futures::future::join_all(some.iter().copied().map(reserve)).await;
    }
    let query = CostQuery { tenant: None, since: None, until: None, by: CostGroup::Tenant };
    let rows = ledger.report(&query).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.calls).collect::<Vec<_>>(), [u64::from(many)]);
}

#[tokio::test]
async fn a_busy_account_takes_everybody_in_the_end() {
    const CROWD: u32 = 40;
    let site = Site::new();
    let table = site.make_table().await;
    let way = Conflicting::default();
    let busy = site.config.into_builder().http_client(way.client()).build();
    let ledger = DynamoLedger::new(Client::new(&busy), table);
    let reserving = (1..=CROWD).map(|number| ledger.reserve(call(number)));
    for granted in futures::future::join_all(reserving).await {
        assert_eq!(granted.unwrap(), Reserved::Granted);
    }
    assert!(way.cancelled() > 0, "they met");
    let costs = ledger.costs(&[JobId::from_u128(1)]).await.unwrap();
    assert_eq!(costs[0].held, Money::from_nanodollars(10 * u64::from(CROWD)));
}

/// Only a day without a limit is spread over several items.
#[tokio::test]
async fn a_day_is_judged_as_one_however_it_was_counted() {
    let (ledger, tenant) = (ledger().await, TenantId::default_tenant());
    let day = Day::of(call(1).at);
    let account = AccountId::TenantDay { tenant: tenant.clone(), day };
    let asked = |job: u128, most| Reservation {
        key: CallKey { job: JobId::from_u128(job), ..call(1).key },
        accounts: vec![Account { id: account.clone(), limit: None }],
        most: Some(Money::from_nanodollars(most)),
        ..call(1)
    };
    for job in 1..=40 {
        assert_eq!(ledger.reserve(asked(job, 10)).await.unwrap(), Reserved::Granted);
    }
    let settled = asked(40, 10);
    ledger.settle(settled.key, settled.at, charge()).await.unwrap();
    let limit = Money::from_nanodollars(400);
    ledger.set_daily_limit(&tenant, Some(limit)).await.unwrap();
    let (spent, held) = (Money::from_nanodollars(7), Money::from_nanodollars(390));
    let shortage = Shortage {
        account: account.clone(),
        limit,
        spent,
        held,
        asked: Money::from_nanodollars(4),
    };
    assert_eq!(ledger.reserve(asked(41, 4)).await.unwrap(), Reserved::Exceeded(shortage));
    assert_eq!(ledger.reserve(asked(41, 3)).await.unwrap(), Reserved::Granted);
    let held = Money::from_nanodollars(393);
    assert_eq!(ledger.day(&tenant, day).await.unwrap(), DaySpend { spent, held });
}
