//! The queues, and what lies in them.

use std::collections::HashMap;

use aws_sdk_sqs::{
    Client,
    types::QueueAttributeName::{self, ApproximateNumberOfMessages, RedrivePolicy},
};

use super::{Finding, OfFault};
use crate::{Aws, BANDS, fault::Fault, queues};

const CHECK: &str = "queue";

type Attributes = HashMap<QueueAttributeName, String>;

pub(super) async fn look(aws: &Aws) -> Vec<Finding> {
    let sqs = Client::new(aws.sdk());
    let mut findings = Vec::new();
    for band in BANDS {
        let name = aws.names().work_queue(band);
        findings.push(match attributes(&sqs, &name).await {
            Ok(found) if !found.contains_key(&RedrivePolicy) => Finding::warn(
                CHECK,
                format!(
                    "`{name}` has no dead-letter queue: what nobody can handle comes back for ever"
                ),
                format!("set its redrive policy to `{}`", aws.names().dead_letters()),
            ),
            Ok(found) => Finding::ok(CHECK, format!("`{name}`: {} waiting", waiting(&found))),
            Err(fault) => Finding::fault(CHECK, &fault),
        });
    }
    findings.push(dead_letters(aws, &sqs).await);
    let name = aws.names().task_events();
    findings.push(match attributes(&sqs, &name).await {
        Ok(found) => Finding::ok(CHECK, format!("`{name}`: {} waiting", waiting(&found))),
        Err(fault) => Finding::fault(CHECK, &fault),
    });
    findings
}

async fn dead_letters(aws: &Aws, sqs: &Client) -> Finding {
    let name = aws.names().dead_letters();
    match attributes(sqs, &name).await {
        Ok(found) if waiting(&found) != "0" => Finding::warn(
            CHECK,
            format!("`{name}`: {} messages that nobody could handle", waiting(&found)),
            "look into them and at the log of the orchestrator; their jobs go on by the sweeper all the same",
        ),
        Ok(_) => Finding::ok(CHECK, format!("`{name}`: empty")),
        Err(fault) => Finding::fault(CHECK, &fault),
    }
}

async fn attributes(sqs: &Client, name: &str) -> Result<Attributes, Fault> {
    let url = queues::url(sqs, name).await?;
    let call = sqs.get_queue_attributes().queue_url(url);
    let answer = call
        .attribute_names(ApproximateNumberOfMessages)
        .attribute_names(RedrivePolicy)
        .send()
        .await;
    let on = format!("the queue `{name}`");
    let answer = answer.map_err(|error| Fault::of(&error, "sqs:GetQueueAttributes", &on))?;
    Ok(answer.attributes.unwrap_or_default())
}

fn waiting(attributes: &Attributes) -> &str {
    attributes.get(&ApproximateNumberOfMessages).map_or("0", String::as_str)
}
