//! What an orchestrator's task may do.

use agent_runner_aws::{secret_source::SecretsManager, table};
use agent_runner_domain::ports::SecretSource;
use aws_sdk_ecs::types::PropagateTags;

use super::{
    assert_denied,
    guarded::{Guarded, OTHER},
    is_denied,
};

#[tokio::test]
async fn an_orchestrator_reads_its_secrets_and_checks_its_table() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("orchestrator").await;
    table::check(&site.dynamodb(), &site.names.table()).await.unwrap();
    let client = aws_sdk_secretsmanager::Client::new(&site.config);
    let secrets = SecretsManager::new(client.clone(), site.names.clone());
    for name in ["api-keys", "callback-secret", "ANTHROPIC_API_KEY"] {
        assert!(secrets.get(name).await.unwrap().is_some(), "{name}");
    }
    let tables = site.dynamodb();
    assert_denied!(
        client.get_secret_value().secret_id(format!("{OTHER}/anthropic-api-key")),
        client.list_secrets(),
        tables.list_tables(),
        tables.describe_table().table_name(OTHER),
        tables.delete_table().table_name(site.names.table()),
        tables.scan().table_name(site.names.table()),
    );
}

#[tokio::test]
async fn an_orchestrator_works_on_its_queues_and_only_looks_at_dead_letters() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("orchestrator").await;
    let sqs = site.sqs();
    let url = async |name: String| {
        sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap()
    };
    for band in agent_runner_aws::BANDS {
        let queue = url(site.names.work_queue(band)).await;
        sqs.send_message().queue_url(&queue).message_body("{}").send().await.unwrap();
        let got = sqs.receive_message().queue_url(&queue).send().await.unwrap().messages.unwrap();
        let receipt = got[0].receipt_handle().unwrap();
        let hide = sqs.change_message_visibility().queue_url(&queue).visibility_timeout(30);
        hide.receipt_handle(receipt).send().await.unwrap();
        sqs.delete_message().queue_url(&queue).receipt_handle(receipt).send().await.unwrap();
    }
    sqs.receive_message().queue_url(url(site.names.task_events()).await).send().await.unwrap();
    let dead = url(site.names.dead_letters()).await;
    sqs.get_queue_attributes().queue_url(&dead).send().await.unwrap();
    assert_denied!(
        sqs.receive_message().queue_url(&dead),
        sqs.purge_queue().queue_url(&dead),
        sqs.delete_queue().queue_url(&dead),
        sqs.get_queue_url().queue_name(format!("{OTHER}-high")),
    );
}

#[tokio::test]
async fn an_orchestrator_runs_and_stops_workers_in_its_cluster_and_defines_none() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("orchestrator").await;
    let ecs = aws_sdk_ecs::Client::new(&site.config);
    let (cluster, family) = (site.names.cluster(), site.names.worker_family("small", "arm64"));
    let run = ecs.run_task().cluster(&cluster).task_definition(&family);
    let run = run.propagate_tags(PropagateTags::TaskDefinition).send().await.unwrap();
    let task = run.tasks()[0].task_arn().unwrap();
    ecs.list_tasks().cluster(&cluster).send().await.unwrap();
    ecs.describe_tasks().cluster(&cluster).tasks(task).send().await.unwrap();
    ecs.stop_task().cluster(&cluster).task(task).send().await.unwrap();
    assert_denied!(
        ecs.run_task().cluster(OTHER).task_definition(OTHER),
        ecs.stop_task().cluster(OTHER).task("none"),
        ecs.tag_resource().resource_arn(task),
        ecs.register_task_definition().family(&family),
        ecs.deregister_task_definition().task_definition(format!("{family}:1")),
        ecs.delete_cluster().cluster(&cluster),
    );
}

#[tokio::test]
async fn an_orchestrator_stays_with_the_jobs_in_its_bucket() {
    let guarded = Guarded::start().await;
    let site = guarded.site_of("orchestrator").await;
    let (s3, own) = (site.s3(), site.names.table());
    s3.head_bucket().bucket(&own).send().await.unwrap();
    s3.put_object().bucket(&own).key("jobs/a").send().await.unwrap();
    s3.get_object().bucket(&own).key("jobs/a").send().await.unwrap();
    assert_denied!(
        s3.put_object().bucket(&own).key("backup/all.json"),
        s3.get_object().bucket(OTHER).key("jobs/a"),
        s3.delete_object().bucket(&own).key("jobs/a"),
        s3.delete_bucket().bucket(&own),
    );
}
