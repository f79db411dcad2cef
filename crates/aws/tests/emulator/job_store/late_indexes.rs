//! DynamoDB's indexes lag behind the table; the emulator's do not. So an entry is made old by hand.

use agent_runner_domain::{
    Timestamp,
    job::{JobEvent, Status},
    ports::JobQuery,
};
use agent_runner_testkit::Samples;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{ALL, drive, insert, run, store};
use crate::site::Site;

/// Lets the index show an earlier value of one of its keys.
async fn turn_back(
    site: &Site,
    id: agent_runner_domain::JobId,
    attribute: &str,
    value: AttributeValue,
) {
    let update = site.dynamodb().update_item().table_name(site.names.table());
    update
        .key("pk", AttributeValue::S(format!("job#{id}")))
        .key("sk", AttributeValue::S("job".into()))
        .update_expression("SET #a = :v")
        .expression_attribute_names("#a", attribute)
        .expression_attribute_values(":v", value)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_job_that_an_old_entry_calls_due_is_left_out() {
    let (store, site) = store().await;
    let samples = Samples::default();
    let id = insert(&store, samples.job()).await;
    run(&store, &samples, id).await;
    let old = AttributeValue::N(samples.now().as_millis().to_string());
    turn_back(&site, id, "wake_at", old).await;
    assert_eq!(store.due(samples.now(), ALL).await.unwrap(), []);
    drive(&store, &samples, id, JobEvent::Cancel).await;
    turn_back(&site, id, "wake_shard", AttributeValue::S("0".into())).await;
    turn_back(&site, id, "wake_at", AttributeValue::N("1".into())).await;
    let due = store.due(Timestamp::from_millis(1), ALL).await.unwrap();
    assert_eq!(due, [], "what is stored decides");
}

#[tokio::test]
async fn a_list_shows_no_job_by_a_status_that_it_has_left() {
    let (store, site) = store().await;
    let samples = Samples::default();
    let ids = [insert(&store, samples.job()).await, insert(&store, samples.job()).await];
    run(&store, &samples, ids[1]).await;
    let shard = ids[1].as_u128() % 8;
    let old = AttributeValue::S(format!("{}#QUEUED#{shard}", samples.tenant));
    turn_back(&site, ids[1], "by_status", old).await;
    let tenant = Some(samples.tenant.clone());
    let query = JobQuery { tenant, status: Some(Status::Queued), limit: 1, ..JobQuery::default() };
    let page = store.list(&query).await.unwrap();
    assert_eq!(page.jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [ids[0]]);
    assert_eq!(page.next, None);
}
