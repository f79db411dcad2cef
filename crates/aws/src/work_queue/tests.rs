//! What no emulator does: batches of which a part fails.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, TenantId,
    job::{Priority, Rank},
    ports::{Clock, QueueMessage, Receipt, WorkQueue},
};
use agent_runner_testkit::FrozenClock;

use super::*;
use crate::replay::Replay;

async fn queue(answers: &[&'static str]) -> (SqsWorkQueue, Replay) {
    let answers: Vec<_> = answers.iter().map(|body| (200, *body)).collect();
    queue_that_says(&answers).await
}

async fn queue_that_says(answers: &[(u16, &'static str)]) -> (SqsWorkQueue, Replay) {
    let url = (200, r#"{"QueueUrl": "http://queue/n"}"#);
    let replay = Replay::new([url; 3].into_iter().chain(answers.iter().copied()));
    let clock = Arc::new(FrozenClock::default());
    let sqs = Client::new(&replay.config());
    let queue = SqsWorkQueue::open(sqs, &Names::new("n"), clock).await.unwrap();
    (queue.with_calls_at_once(1), replay)
}

fn message(job: u128) -> QueueMessage {
    let rank: Rank = Priority::NORMAL.rank(FrozenClock::default().now());
    QueueMessage { job: JobId::from_u128(job), rank, tenant: TenantId::default_tenant() }
}

#[tokio::test(start_paused = true)]
async fn only_the_messages_that_failed_are_sent_again() {
    let (queue, replay) = queue(&[
        r#"{"Successful": [], "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": false}]}"#,
        r#"{"Successful": [], "Failed": []}"#,
    ])
    .await;
    queue.send(vec![message(1), message(2), message(3)]).await.unwrap();
    let calls = &replay.asked()[3..];
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].matches("MessageBody").count(), 3);
    assert_eq!(calls[1].matches("MessageBody").count(), 1);
    assert!(calls[1].contains(&JobId::from_u128(2).to_string()));
    assert!(calls[0].contains(r#""MessageGroupId":"default""#), "{}", calls[0]);
}

#[tokio::test(start_paused = true)]
async fn what_fails_again_and_again_is_an_error_with_its_reason() {
    let failed = r#"{"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError",
        "Message": "try later", "SenderFault": false}]}"#;
    let (queue, replay) = queue(&[failed]).await;
    let error = queue.send(vec![message(1)]).await.unwrap_err();
    assert!(error.to_string().contains("try later"), "{error}");
    assert_eq!(replay.asked().len(), 3 + 5);
}

const TAKEN: (u16, &str) = (200, r#"{"Successful": [], "Failed": []}"#);
const THROTTLED: (u16, &str) =
    (400, r#"{"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"}"#);

#[tokio::test]
async fn a_batch_that_fails_keeps_nothing_back_from_the_others() {
    let (queue, replay) = queue_that_says(&[THROTTLED, TAKEN]).await;
    let mut messages: Vec<_> = (0..25).map(message).collect();
    messages.push(QueueMessage { rank: Rank(i64::MAX), ..message(25) });
    let error = queue.send(messages).await.unwrap_err();
    assert!(error.to_string().contains("slow down"), "{error}");
    let calls = &replay.asked()[3..];
    let sizes: Vec<_> = calls.iter().map(|call| call.matches("MessageBody").count()).collect();
    assert_eq!(sizes, [10, 10, 5, 1], "the last goes through another queue");
}

#[tokio::test]
async fn a_service_that_is_away_is_not_asked_for_each_of_many() {
    let (queue, replay) = queue_that_says(&[THROTTLED]).await;
    queue.send((0..200).map(message).collect()).await.unwrap_err();
    assert_eq!(replay.asked().len(), 3 + 8);
}

#[tokio::test]
async fn a_handle_that_means_nothing_any_more_is_no_error() {
    let stale = r#"{"Successful": [], "Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid",
        "Message": "The input receipt handle is invalid.", "SenderFault": true}]}"#;
    let (queue, _) = queue(&[stale]).await;
    let receipt = || vec![Receipt { job: JobId::from_u128(1), handle: "high:gone".into() }];
    queue.ack(receipt()).await.unwrap();
    queue.release(receipt()).await.unwrap();
}

#[tokio::test]
async fn a_message_of_somebody_elses_is_left_alone() {
    let (queue, _) = queue(&[
        r#"{"Messages": [{"Body": "hello", "ReceiptHandle": "a"}, {"Body": "{}", "ReceiptHandle": "b"}]}"#,
        r"{}",
    ])
    .await;
    assert_eq!(queue.receive(10, Duration::ZERO).await.unwrap(), []);
}
