//! What AWS says no to, as it says it: an orchestrator that cannot work does not start.

use agent_runner_aws::table::{PK, SCHEMA, SK};
use agent_runner_testkit::{Answer, FaultProxy, Faults, Outage};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::installation::Installation;

/// Nothing of this machine's user counts, and nobody but loopback is asked.
const NOBODY: [(&str, &str); 6] = [
    ("AWS_ACCESS_KEY_ID", ""),
    ("AWS_SECRET_ACCESS_KEY", ""),
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
    ("AWS_PROFILE", "default"),
];

/// A service and its answer to all calls, and what has to be in the refusal of the start.
type Case = (&'static str, Answer, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let long_ago = "Sat, 01 Jan 2000 00:00:00 GMT";
    let redirect = Answer { status: 301, ..Answer::default() };
    vec![
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            &["needs AWS credentials", "AWS_ACCESS_KEY_ID"],
        ),
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            &["the AWS credentials have expired: sign in again"],
        ),
        // With no time on the answer, the SDK cannot know by how much; with one, it tries again by that time.
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#InvalidSignatureException",
                "Signature expired: 20261121T101010Z is now earlier than 20261121T105510Z (20261121T110010Z - 5 min.)",
            ),
            &["this machine's clock is wrong", "set the time, best by NTP"],
        ),
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#InvalidSignatureException",
                "Signature not yet current: 20261121T105510Z is still later than 20000101T000500Z",
            )
            .with_header("date", long_ago),
            &["this machine's clock is wrong", "set the time, best by NTP"],
        ),
        // It has corrected itself, and jobs would be wrong all the same.
        (
            "dynamodb",
            Answer { status: 200, body: "{}".to_owned(), ..Answer::default() }
                .with_header("date", long_ago),
            &["this machine's clock is ", " s ahead of AWS's: set the time"],
        ),
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#InvalidSignatureException",
                "Credential should be scoped to a valid region, not 'us-east-1'.",
            ),
            &["set AWS_REGION"],
        ),
        (
            "dynamodb",
            Answer::json(
                400,
                "com.amazon.coral.service#AccessDeniedException",
                "User: arn:aws:iam::111122223333:user/ada is not authorized to perform: dynamodb:DescribeTable",
            ),
            &["dynamodb:DescribeTable", "is denied: a policy of this identity must allow it"],
        ),
        (
            "s3",
            Answer { status: 403, ..Answer::default() },
            &["or the bucket is another account's", "set AGENT_RUNNER_BUCKET to"],
        ),
        (
            "s3",
            redirect.with_header("x-amz-bucket-region", "eu-west-1"),
            &["is in the region eu-west-1: set AWS_REGION"],
        ),
        (
            "s3",
            Answer::xml(403, "RequestTimeTooSkewed", "The difference is too large."),
            // The body of an answer to HEAD is not there.
            &["s3:ListBucket", "is denied"],
        ),
        (
            "sqs",
            Answer::json(
                400,
                "com.amazonaws.sqs#QueueDoesNotExist",
                "The specified queue does not exist.",
            ),
            &["the queue `", "-high` does not exist in this account and region"],
        ),
    ]
}

/// On threads of their own, because the start of an orchestrator is waited for on one.
#[tokio::test(flavor = "multi_thread")]
async fn an_orchestrator_that_cannot_work_says_why_and_what_to_do() {
    let installation = Installation::new().await;
    let proxy = FaultProxy::start(installation.upstream(), 0, Faults::NONE).await;
    for (service, answer, wanted) in cases() {
        proxy.fail(service, Outage::Says(answer.clone()));
        let words = installation.refusal(&[("AWS_ENDPOINT_URL", &proxy.url())]);
        for wanted in wanted {
            assert!(words.contains(wanted), "{wanted:?} is not in: {words} ({answer:?})");
        }
        proxy.repair(service);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_or_region_the_way_to_them_is_said() {
    let installation = Installation::new().await;
    let words = installation.refusal(&NOBODY);
    assert!(words.contains("needs AWS credentials: set AWS_PROFILE"), "{words}");
    let nowhere = [&NOBODY[..], &[("AWS_REGION", "")]].concat();
    let words = installation.refusal(&nowhere);
    assert!(words.contains("no AWS region is set: set AWS_REGION"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_another_region_there_is_no_such_table_and_the_region_is_named() {
    let installation = Installation::new().await;
    let words = installation.refusal(&[("AWS_REGION", "eu-west-1")]);
    let missing = format!("the table `{}` does not exist", installation.names().table());
    assert!(words.contains(&missing), "{words}");
    assert!(words.contains("AWS_REGION is eu-west-1"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_schema_is_refused_with_both_numbers() {
    let installation = Installation::new().await;
    let mark = installation.dynamodb().put_item().table_name(installation.names().table());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mark = mark.item(PK, text("meta")).item(SK, text("schema"));
    mark.item("version", AttributeValue::N("7".to_owned())).send().await.unwrap();
    let words = installation.refusal(&[]);
    let wanted = format!("is of schema 7, this program needs {SCHEMA}: run a newer release");
    assert!(words.contains(&wanted), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_queue_is_named() {
    let installation = Installation::new().await;
    for name in [installation.names().work_queue("low"), installation.names().task_events()] {
        installation.remove_queue(&name).await;
        let words = installation.refusal(&[]);
        assert!(words.contains(&format!("the queue `{name}` does not exist")), "{words}");
        installation.make_queue(&name).await;
    }
}
