//! What the emulator never says: conflicts, throttles, lost replies.

use std::collections::BTreeMap;

use agent_runner_domain::ports::{Account, CallLabels, Tokens};

use super::*;
use crate::replay::Replay;

const DONE: (u16, &str) = (200, "{}");
const CONFLICT: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, None, TransactionConflict]","CancellationReasons":[{"Code":"None"},{"Code":"None"},{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}"#,
);
const KNOWN: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, ConditionalCheckFailed, None]","CancellationReasons":[{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"},{"Code":"None"}]}"#,
);
const THROTTLED: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Throughput exceeds the current throughput limit for your account."}"#,
);
const LOST: (u16, &str) = (0, "");

fn ledger(answers: &[(u16, &'static str)]) -> (DynamoLedger, Replay) {
    let replay = Replay::new(answers.iter().copied());
    (DynamoLedger::new(Client::new(&replay.config()), "t".to_owned()), replay)
}

fn call() -> Reservation {
    let job = JobId::from_u128(1);
    Reservation {
        key: CallKey { job, attempt: 1, call: 1 },
        at: Timestamp::from_millis(1_790_000_000_000),
        accounts: vec![Account {
            id: AccountId::Job(job),
            limit: Some(Money::from_nanodollars(100)),
        }],
        most: Some(Money::from_nanodollars(60)),
        labels: CallLabels {
            tenant: TenantId::default_tenant(),
            job_type: "chat".to_owned(),
            tags: BTreeMap::new(),
            provider: "anthropic".to_owned(),
            model: "asked".to_owned(),
        },
    }
}

#[tokio::test]
async fn who_meets_another_transaction_tries_again() {
    let (ledger, replay) = ledger(&[DONE, CONFLICT, CONFLICT, DONE]);
    assert_eq!(ledger.reserve(call()).await.unwrap(), Reserved::Granted);
    assert_eq!(replay.asked().len(), 4);
}

#[tokio::test]
async fn failure_mode_25_a_call_whose_grant_got_lost_is_granted_again() {
    let (ledger, _) = ledger(&[DONE, LOST, KNOWN, DONE]);
    ledger.reserve(call()).await.unwrap_err();
    assert_eq!(ledger.reserve(call()).await.unwrap(), Reserved::Granted);
}

#[tokio::test]
async fn failure_mode_25_a_charge_whose_reply_got_lost_is_booked_once() {
    let booked = r#"{"Item":{"pk":{"S":"ledger#call#1"},"sk":{"S":"1"},"settled":{"N":"1"},"model":{"S":"m"},
        "calls":{"N":"1"},"unpriced":{"N":"0"},"held":{"N":"0"},"spent":{"N":"7"},"input":{"N":"1"},
        "output":{"N":"2"},"cache_read":{"N":"0"},"cache_write":{"N":"0"},"accounts":{"L":[]},
        "entry":{"M":{"pk":{"S":"ledger#book"},"sk":{"S":"1"}}}}}"#;
    let (ledger, replay) = ledger(&[(200, booked)]);
    let tokens = Tokens { input: 1, output: 2, ..Tokens::default() };
    let cost = Some(Money::from_nanodollars(7));
    let charge = Charge { model: "m".to_owned(), cost, tokens };
    let Reservation { key, at, .. } = call();
    ledger.settle(key, at, charge).await.unwrap();
    assert_eq!(replay.asked().len(), 1, "it is only looked at: {:?}", replay.asked());
}

#[tokio::test]
async fn a_throttle_and_a_lost_reply_say_that_the_ledger_is_unavailable() {
    for (answer, words) in [(THROTTLED, "limits the rate"), (LOST, "got no good answer")] {
        let (ledger, _) = ledger(&[answer]);
        let errors = [
            ledger.reserve(call()).await.unwrap_err(),
            ledger.costs(&[JobId::from_u128(1)]).await.unwrap_err(),
            ledger.daily_limits().await.unwrap_err(),
        ];
        for error in errors {
            let text = error.to_string();
            assert!(text.starts_with("the ledger is unavailable: "), "{text}");
            assert!(text.contains(words) && text.contains("on the table `t`"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_item_that_is_no_call_is_named() {
    let (ledger, _) = ledger(&[(200, r#"{"Item":{"pk":{"S":"a"},"sk":{"S":"b"}}}"#)]);
    let Reservation { key, at, .. } = call();
    let charge = Charge { model: "m".to_owned(), cost: None, tokens: Tokens::default() };
    let error = ledger.settle(key, at, charge).await.unwrap_err().to_string();
    assert!(error.contains(&format!("ledger#call#{}/0000000001#0000000001", key.job)), "{error}");
}
