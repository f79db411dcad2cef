//! What a worker's task may do.

use std::sync::Arc;

use agent_runner_aws::{
    artifact_store::S3Artifacts, large_objects::LargeObjects, secret_source::SecretsManager,
};
use agent_runner_domain::{
    JobId,
    ports::{ArtifactKey, ArtifactStore, SecretSource},
};
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    assert_denied,
    guarded::{Guarded, OTHER, role_arn},
    is_denied,
};

#[tokio::test]
async fn a_worker_reads_the_keys_of_models_and_stores_what_its_job_leaves() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let secrets =
        SecretsManager::new(aws_sdk_secretsmanager::Client::new(&site.config), site.names.clone());
    assert!(secrets.get("ANTHROPIC_API_KEY").await.unwrap().is_some());
    assert!(
        secrets.get("OPENAI_API_KEY").await.unwrap().is_none(),
        "that it is absent may be seen"
    );
    let bucket = site.names.table();
    let large = LargeObjects::new(site.s3(), bucket.clone());
    let job = JobId::from_u128(7);
    let key = format!("jobs/{job}/result.json");
    large.put(&key, b"{}".to_vec()).await.unwrap();
    assert_eq!(large.get(&key).await.unwrap(), Some(b"{}".to_vec()));
    assert_eq!(large.get(&format!("jobs/{job}/none.json")).await.unwrap(), None);
    let artifacts: Arc<dyn ArtifactStore> = Arc::new(S3Artifacts::new(site.s3(), bucket));
    let key = ArtifactKey { job, attempt: 1, name: "report.md".parse().unwrap() };
    artifacts.put(&key, b"done".to_vec()).await.unwrap();
    assert_eq!(artifacts.list(job).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_sees_no_secret_of_the_orchestrator_or_of_others() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let secrets = aws_sdk_secretsmanager::Client::new(&site.config);
    let secret = |name: &str| secrets.get_secret_value().secret_id(name);
    assert_denied!(
        secret(&site.names.secret("api-keys")),
        secret(&site.names.secret("callback-secret")),
        secret(&format!("{OTHER}/anthropic-api-key")),
        secrets.list_secrets(),
        secrets
            .put_secret_value()
            .secret_id(site.names.secret("anthropic-api-key"))
            .secret_string("x"),
    );
}

#[tokio::test]
async fn a_worker_knows_one_table_and_cannot_search_or_empty_it() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let (tables, own) = (site.dynamodb(), site.names.table());
    let get = |table: &str| {
        let key = AttributeValue::S("meta".into());
        let get = tables.get_item().table_name(table).key("pk", key);
        get.key("sk", AttributeValue::S("schema".into()))
    };
    assert!(get(&own).send().await.unwrap().item.is_some());
    assert_denied!(
        get(OTHER),
        tables.list_tables(),
        tables.scan().table_name(&own),
        tables.delete_table().table_name(&own),
        tables.describe_table().table_name(&own),
        tables
            .delete_item()
            .table_name(&own)
            .key("pk", AttributeValue::S("meta".into()))
            .key("sk", AttributeValue::S("schema".into())),
        tables
            .query()
            .table_name(&own)
            .index_name("by_tenant")
            .key_condition_expression("by_tenant = :tenant")
            .expression_attribute_values(":tenant", AttributeValue::S("default#0".into())),
    );
}

#[tokio::test]
async fn a_worker_stays_in_its_part_of_its_bucket() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let (s3, own) = (site.s3(), site.names.table());
    assert_denied!(
        s3.get_object().bucket(&own).key("backup/all.json"),
        s3.put_object().bucket(&own).key("backup/all.json"),
        s3.list_objects_v2().bucket(&own),
        s3.list_objects_v2().bucket(&own).prefix("backup/"),
        s3.delete_object().bucket(&own).key("jobs/a"),
        s3.get_object().bucket(OTHER).key("jobs/a"),
        s3.put_object().bucket(OTHER).key("jobs/a"),
        s3.list_buckets(),
    );
}

/// The emulator says 404 for what is not there, whoever asks. AWS may say 403, and then the list is looked at.
#[tokio::test]
async fn a_worker_may_look_whether_an_object_is_there() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let (s3, own) = (site.s3(), site.names.table());
    let listing = s3.list_objects_v2().bucket(&own).prefix("jobs/a/none.json").max_keys(1);
    assert!(listing.send().await.unwrap().contents().is_empty());
    let large = LargeObjects::new(s3, own);
    let denied = large.get("backup/all.json").await.unwrap_err().to_string();
    assert!(denied.contains("`backup/all.json` in the bucket"), "{denied}");
    assert!(denied.contains("is denied"), "{denied}");
}

#[tokio::test]
async fn a_worker_hands_in_jobs_and_takes_none() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let (sqs, root) = (site.sqs(), aws_sdk_sqs::Client::new(guarded.root_config()));
    let url = async |name: String| {
        root.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap()
    };
    let own = url(site.names.work_queue("high")).await;
    let news = url(site.names.task_events()).await;
    let other = url(format!("{OTHER}-high")).await;
    sqs.get_queue_url().queue_name(site.names.work_queue("high")).send().await.unwrap();
    sqs.send_message().queue_url(&own).message_body("{}").send().await.unwrap();
    assert_denied!(
        sqs.receive_message().queue_url(&own),
        sqs.purge_queue().queue_url(&own),
        sqs.send_message().queue_url(&news).message_body("{}"),
        sqs.send_message().queue_url(&other).message_body("{}"),
    );
}

#[tokio::test]
async fn a_worker_starts_and_stops_nothing_and_becomes_nobody() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("worker").await;
    let ecs = aws_sdk_ecs::Client::new(&site.config);
    let iam = aws_sdk_iam::Client::new(&site.config);
    let (cluster, family) = (site.names.cluster(), site.names.worker_family("small", "arm64"));
    assert_denied!(
        ecs.run_task().cluster(&cluster).task_definition(&family),
        ecs.stop_task().cluster(&cluster).task("none"),
        ecs.list_tasks().cluster(&cluster),
        ecs.describe_tasks().cluster(&cluster).tasks("none"),
        iam.list_roles(),
        iam.create_user().user_name("mallory"),
        iam.create_access_key().user_name("mallory"),
    );
    let sts = aws_sdk_sts::Client::new(&site.config);
    let role = sts.assume_role().role_arn(role_arn("orchestrator")).role_session_name("up");
    assert_denied!(role);
}
