//! Answers of DynamoDB that the emulator never gives.

use agent_runner_domain::{
    JobId,
    job::JobEvent,
    ports::{CommitError, Inserted, JobStore, NewJob, StoreError, Version},
};
use agent_runner_testkit::{Samples, sample::started};

use super::DynamoJobStore;
use crate::{clients, large_objects::LargeObjects, replay::Replay};

const DONE: (u16, &str) = (200, "{}");
const CONFLICT: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
        "CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"},{"Code":"None"}]}"#,
);
const THROTTLED_WITHIN: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ThrottlingError]",
        "CancellationReasons":[{"Code":"None"},{"Code":"ThrottlingError","Message":"Throughput exceeds the current capacity"}]}"#,
);
const INVALID_WITHIN: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message":"Transaction cancelled, please refer cancellation reasons for specific reasons [ValidationError, None]",
        "CancellationReasons":[{"Code":"ValidationError","Message":"Item size has exceeded the maximum allowed size"},{"Code":"None"}]}"#,
);
const CONFLICT_OF_ONE: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#,
);

fn store(replay: &Replay) -> DynamoJobStore {
    store_of(&replay.config())
}

fn store_of(config: &aws_config::SdkConfig) -> DynamoJobStore {
    let large = LargeObjects::new(clients::s3(config), "b".into());
    DynamoJobStore::new(aws_sdk_dynamodb::Client::new(config), "t".into(), large)
}

fn keyed() -> Vec<NewJob> {
    vec![Samples::default().keyed("k", 1)]
}

fn unavailable(error: StoreError) -> String {
    match error {
        StoreError::Unavailable(text) => text,
        StoreError::Corrupt(text) => panic!("{text}"),
    }
}

/// The first answer is for the tenant, the last for the count.
#[tokio::test(start_paused = true)]
async fn a_transaction_that_meets_another_is_tried_again() {
    let replay = Replay::new([DONE, CONFLICT, THROTTLED_WITHIN, CONFLICT, DONE]);
    let answers = store(&replay).insert(keyed()).await.unwrap();
    assert_eq!(answers, [Inserted::New(Version(1))]);
    let asked = replay.asked();
    assert_eq!(asked.len(), 6);
    assert!(asked[1..5].iter().all(|body| body.contains("TransactItems")));
}

#[tokio::test(start_paused = true)]
async fn who_meets_others_for_too_long_gives_up_and_may_come_again() {
    let replay = Replay::new([DONE, CONFLICT]);
    let error = store(&replay).insert(keyed()).await.unwrap_err();
    assert!(unavailable(error).contains("met other writers"));
}

#[tokio::test]
async fn a_transaction_that_can_never_work_is_not_repeated() {
    let replay = Replay::new([DONE, INVALID_WITHIN]);
    let error = unavailable(store(&replay).insert(keyed()).await.unwrap_err());
    assert!(error.contains("AWS refuses dynamodb:TransactWriteItems on the table `t`"), "{error}");
    assert_eq!(replay.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_meets_a_transaction_is_tried_again() {
    let replay = Replay::new([CONFLICT_OF_ONE, CONFLICT_OF_ONE, DONE]);
    let samples = Samples::default();
    let step = samples.step(&samples.job().job, JobEvent::Cancel);
    let commit = agent_runner_testkit::sample::commit(Version(4), step);
    let answer = store(&replay).commit(vec![commit]).await.remove(0);
    assert_eq!(answer.unwrap(), Version(5));
    assert_eq!(replay.asked().len(), 3);
}

/// No item in the refusal: there is none. Another version in it: somebody was faster.
#[tokio::test]
async fn a_refused_step_is_missing_or_stale() {
    let refused = |item: &'static str| Replay::new([(400, item)]);
    let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}"#;
    let stale = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed",
        "Item":{"pk":{"S":"job#x"},"version":{"N":"9"},"log_bytes":{"N":"0"}}}"#;
    let samples = Samples::default();
    let commit = || {
        let job = samples.step(&samples.job().job, samples.claim().1).job;
        let lease = job.state.lease().unwrap();
        vec![agent_runner_testkit::sample::commit(Version(1), samples.step(&job, started(lease)))]
    };
    let answer = store(&refused(missing)).commit(commit()).await.remove(0);
    assert!(matches!(answer, Err(CommitError::Missing)));
    let answer = store(&refused(stale)).commit(commit()).await.remove(0);
    assert!(matches!(answer, Err(CommitError::Stale)));
}

#[tokio::test(start_paused = true)]
async fn keys_that_a_batch_leaves_over_are_asked_for_again() {
    let left_over = r#"{"Responses":{"t":[]},"UnprocessedKeys":{"t":{"ConsistentRead":true,"Keys":[
        {"pk":{"S":"job#job_00000000000000000000000001"},"sk":{"S":"job"}}]}}}"#;
    let replay =
        Replay::new([(200, left_over), (200, left_over), (200, r#"{"Responses":{"t":[]}}"#)]);
    let ids = [JobId::from_u128(1), JobId::from_u128(2)];
    assert_eq!(store(&replay).load_many(&ids).await.unwrap(), [None, None]);
    let asked = replay.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked[1].contains("ConsistentRead") && !asked[1].contains("0002"), "{}", asked[1]);
    let replay = Replay::new([(200, left_over)]);
    let error = unavailable(store(&replay).load_many(&ids).await.unwrap_err());
    assert!(error.contains("left keys over"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_read_is_corrupt_and_says_what_it_is() {
    let half =
        r#"{"Item":{"pk":{"S":"job#x"},"sk":{"S":"job"},"version":{"N":"1"},"state":{"S":"{}"}}}"#;
    let wrong = r#"{"Item":{"pk":{"S":"job#x"},"sk":{"S":"job"},"version":{"N":"1"},"state":{"S":"{}"},"spec":{"S":"{}"}}}"#;
    for (body, said) in [(half, "its item has no spec"), (wrong, "missing field")] {
        let error = store(&Replay::new([(200, body)])).load(JobId::from_u128(1)).await.unwrap_err();
        let StoreError::Corrupt(text) = error else { panic!("{error}") };
        assert!(text.contains("job_00000000000000000000000001") && text.contains(said), "{text}");
    }
}

/// What start-up and `/readyz` say of a set-up that is wrong.
#[tokio::test]
async fn a_check_says_what_is_wrong_and_what_to_do() {
    let cases = [
        (
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#,
            "the table `t` does not exist in this account and region",
        ),
        (
            r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}"#,
            "the AWS credentials have expired: sign in again",
        ),
        (
            r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Credential should be scoped to a valid region, not 'us-east-1'."}"#,
            "set AWS_REGION",
        ),
        (
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: x is not authorized to perform: dynamodb:GetItem"}"#,
            "dynamodb:GetItem on the table `t` is denied: a policy of this identity must allow it",
        ),
    ];
    for (body, said) in cases {
        let error = store(&Replay::new([(400, body)])).check().await.unwrap_err();
        let text = unavailable(error);
        assert!(text.contains(said), "{text}");
    }
    let other = r#"{"Item":{"pk":{"S":"meta"},"sk":{"S":"schema"},"version":{"N":"9"}}}"#;
    let text = unavailable(store(&Replay::new([(200, other)])).check().await.unwrap_err());
    assert!(text.contains("the table `t` is of schema 9, this program needs 1"), "{text}");
    let nobody = Replay::new([DONE]).anonymous();
    let text = unavailable(store_of(&nobody).check().await.unwrap_err());
    assert!(text.contains("needs AWS credentials: set AWS_PROFILE"), "{text}");
}
