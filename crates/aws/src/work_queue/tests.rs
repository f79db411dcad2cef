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
    let url = r#"{"QueueUrl": "http://queue/n"}"#;
    let answers = [url; 3].into_iter().chain(answers.iter().copied());
    let replay = Replay::new(answers.map(|body| (200, body)));
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
