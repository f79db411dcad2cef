//! A job's whole life under the two roles: whatever the adapters call for it, the policies allow.

use std::{sync::Arc, time::Duration};

use agent_runner_aws::{
    artifact_store::S3Artifacts, job_store::DynamoJobStore, large_objects::LargeObjects,
    ledger::DynamoLedger, secret_source::SecretsManager, work_queue::SqsWorkQueue,
};
use agent_runner_domain::{
    JobId, Money, RawJson,
    direct_children::{ChildPorts, DirectChildren},
    direct_link::{DirectLink, LinkPorts},
    job::{Status, Verdict},
    ports::{
        ArtifactKey, ArtifactStore, CallKey, Charge, ChildOrder, Instruction, JobQuery, JobStore,
        LaunchKey, Ledger, NewJob, QueueMessage, Reserved, SpendAsk, Ticket, Tokens, WorkQueue,
        WorkerLink,
    },
};
use agent_runner_testkit::Samples;
use serde_json::json;

use super::guarded::Guarded;
use crate::site::Site;

const WAIT: Duration = Duration::from_secs(5);
/// What makes a payload, a result or a step large enough for the bucket.
const LARGE: usize = 40_000;

/// The adapters, with the permissions of one role.
struct Ports {
    store: Arc<dyn JobStore>,
    queue: Arc<dyn WorkQueue>,
    ledger: Arc<dyn Ledger>,
    artifacts: Arc<dyn ArtifactStore>,
    settings: Arc<SecretsManager>,
}

impl Ports {
    async fn of(site: &Site, samples: &Samples) -> Self {
        let (table, bucket) = (site.names.table(), site.names.table());
        let large = LargeObjects::new(site.s3(), bucket.clone());
        let clock = Arc::new(samples.clock.clone());
        let queue = SqsWorkQueue::open(site.sqs(), &site.names, clock).await.unwrap();
        let secrets = aws_sdk_secretsmanager::Client::new(&site.config);
        Self {
            store: Arc::new(DynamoJobStore::new(site.dynamodb(), table.clone(), large)),
            queue: Arc::new(queue),
            ledger: Arc::new(DynamoLedger::new(site.dynamodb(), table)),
            artifacts: Arc::new(S3Artifacts::new(site.s3(), bucket)),
            settings: Arc::new(SecretsManager::new(secrets, site.names.clone())),
        }
    }

    fn link(self, samples: &Samples, ticket: Ticket) -> DirectLink {
        let clock = Arc::new(samples.clock.clone());
        let children = ChildPorts {
            store: self.store.clone(),
            queue: self.queue,
            ledger: self.ledger.clone(),
            clock: clock.clone(),
            ids: Arc::new(samples.ids.clone()),
        };
        let children = DirectChildren::new(children, Arc::new(|_, _| Vec::new()));
        let ports = LinkPorts {
            store: self.store,
            artifacts: self.artifacts,
            clock,
            ledger: self.ledger,
            settings: self.settings,
            children: Arc::new(children),
        };
        DirectLink::new(ports, ticket)
    }
}

#[tokio::test]
async fn a_job_lives_from_end_to_end_under_the_two_roles() {
    let guarded = Guarded::start().await;
    let samples = Samples::default();
    let orchestrator = Ports::of(&guarded.site_of("orchestrator").await, &samples).await;
    let ticket = hand_in_and_claim(&orchestrator, &samples).await;
    let worker = Ports::of(&guarded.site_of("worker").await, &samples).await;
    work(&worker.link(&samples, ticket), &samples, ticket).await;
    look_afterwards(&orchestrator, ticket.key.job).await;
}

async fn hand_in_and_claim(ports: &Ports, samples: &Samples) -> Ticket {
    let new = NewJob { payload: large(), ..samples.keyed("once", 1) };
    let (job, rank) = (new.job.id, new.job.rank().expect("it waits in line"));
    let message = QueueMessage { job, rank, tenant: samples.tenant.clone() };
    ports.store.insert(vec![new]).await.unwrap();
    ports.queue.send(vec![message]).await.unwrap();
    let received = ports.queue.receive(1, WAIT).await.unwrap();
    assert_eq!(received.iter().map(|receipt| receipt.job).collect::<Vec<_>>(), [job]);
    let seen = ports.store.load(job).await.unwrap().unwrap();
    let (lease, claim) = samples.claim();
    let commit = samples.commit(&seen, claim);
    ports.store.commit(vec![commit]).await.remove(0).unwrap();
    ports.queue.ack(received).await.unwrap();
    Ticket { key: LaunchKey { job, attempt: 1 }, lease }
}

async fn work(link: &DirectLink, samples: &Samples, ticket: Ticket) {
    let assignment = link.start(None).await.unwrap();
    assert_eq!(assignment.payload.get(), large().get());
    assert_eq!(link.heartbeat().await.unwrap(), Instruction::Continue);
    link.append(1, samples.lines(1..=3)).await.unwrap();
    link.record_step("plan", large()).await.unwrap();
    assert_eq!(link.steps().await.unwrap().len(), 1);
    assert!(link.setting("ANTHROPIC_API_KEY").await.unwrap().is_some());
    let most = Some(Money::from_nanodollars(10));
    let ask = SpendAsk { provider: "anthropic".into(), model: "claude".into(), most };
    assert_eq!(link.reserve(1, ask).await.unwrap(), Reserved::Granted);
    let LaunchKey { job, attempt } = ticket.key;
    let charge = Charge { model: "claude".into(), cost: most, tokens: Tokens::default() };
    link.settle(CallKey { job, attempt, call: 1 }, charge).await.unwrap();
    let name = "report.md".parse().unwrap();
    link.put_artifact(&name, b"done".to_vec()).await.unwrap();
    assert_eq!(link.get_artifact(job, &name).await.unwrap(), Some(b"done".to_vec()));
    let child = link.submit(vec![child()]).await.unwrap().remove(0).unwrap();
    assert!(link.look(vec![child]).await.unwrap()[0].is_some());
    link.finish(Verdict::Succeeded, Some(large()), 4, samples.lines(4..=4)).await.unwrap();
}

async fn look_afterwards(ports: &Ports, job: JobId) {
    let ended = ports.store.load(job).await.unwrap().unwrap();
    assert_eq!(ended.value.status(), Status::Succeeded);
    assert_eq!(ports.store.result(job).await.unwrap().unwrap().get(), large().get());
    let page = ports.store.list(&JobQuery { limit: 10, ..JobQuery::default() }).await.unwrap();
    assert_eq!(page.jobs.len(), 2, "the job and its child");
    ports.store.counts().await.unwrap();
    ports.store.next_due().await.unwrap();
    ports.store.check().await.unwrap();
    assert_eq!(ports.ledger.costs(&[job]).await.unwrap().len(), 1);
    let key = ArtifactKey { job, attempt: 1, name: "report.md".parse().unwrap() };
    assert!(ports.artifacts.url(&key).await.unwrap().is_some());
    // The child has been handed in by the worker.
    assert_eq!(ports.queue.receive(1, WAIT).await.unwrap().len(), 1);
}

fn large() -> RawJson {
    RawJson::from(&json!({"message": "x".repeat(LARGE)}))
}

fn child() -> ChildOrder {
    ChildOrder {
        key: "first".to_owned(),
        job_type: "echo".to_owned(),
        payload: RawJson::from(&json!({"message": "hi"})),
        tags: std::collections::BTreeMap::default(),
        budget: None,
        timeout_ms: None,
        priority: None,
    }
}
