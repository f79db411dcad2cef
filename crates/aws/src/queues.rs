//! Calls that everything needs which reads a queue.

use std::time::Duration;

use aws_sdk_sqs::{Client, config, types::Message};
use aws_smithy_types::timeout::TimeoutConfig;

use crate::fault::Fault;

/// How much longer than its wait a long poll may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Where the queue of this name is.
pub(crate) async fn url(sqs: &Client, name: &str) -> Result<String, Fault> {
    let answer = sqs.get_queue_url().queue_name(name).send().await;
    let on = format!("the queue `{name}`");
    let answer = answer.map_err(|error| Fault::of(&error, "sqs:GetQueueUrl", &on))?;
    Ok(answer.queue_url.unwrap_or_default())
}

/// Up to ten messages, held for `hold` seconds; waits up to `wait` for the first.
pub(crate) async fn receive(
    sqs: &Client,
    url: &str,
    max: usize,
    hold: i32,
    wait: Duration,
) -> Result<Vec<Message>, Fault> {
    let limit = wait + ANSWER_MAX;
    let patience = TimeoutConfig::builder()
        .read_timeout(limit)
        .operation_attempt_timeout(limit)
        .operation_timeout(limit * 2)
        .build();
    let call = sqs
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(i32::try_from(max).unwrap_or(i32::MAX))
        .visibility_timeout(hold)
        .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(i32::MAX))
        .customize()
        .config_override(config::Builder::new().timeout_config(patience));
    let answer = call.send().await;
    let answer = answer.map_err(|error| Fault::of(&error, "sqs:ReceiveMessage", &queue(url)))?;
    Ok(answer.messages.unwrap_or_default())
}

fn queue(url: &str) -> String {
    format!("the queue `{}`", url.rsplit('/').next().unwrap_or(url))
}
