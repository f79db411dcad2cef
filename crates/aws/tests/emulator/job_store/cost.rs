//! What a job costs at DynamoDB, counted and printed: calls, and the units that AWS bills.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_runner_aws::{job_store::DynamoJobStore, large_objects::LargeObjects};
use agent_runner_domain::{
    RawJson,
    job::{JobEvent, LaunchRef},
    ports::{Commit, JobStore},
};
use agent_runner_testkit::{
    Samples,
    sample::{started, succeeded},
};
use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::{
            AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
        },
    },
    error::BoxError,
    operation::{
        batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
        get_item::{GetItemInput, GetItemOutput},
        put_item::{PutItemInput, PutItemOutput},
        query::{QueryInput, QueryOutput},
        transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemInput, UpdateItemOutput},
    },
    types::ReturnConsumedCapacity,
};
use serde_json::json;

use super::drive;
use crate::site::Site;

/// Between two phases, so that each moves the time at which somebody must look again.
const SECOND: Duration = Duration::from_secs(1);

/// Calls and units of one kind of call.
#[derive(Debug, Default, Clone, Copy)]
struct Spent {
    calls: u32,
    units: f64,
}

/// Asks for the units of each call and adds them up.
#[derive(Debug, Clone, Default)]
struct Meter(Arc<Mutex<BTreeMap<&'static str, Spent>>>);

impl Meter {
    fn take(&self) -> BTreeMap<&'static str, Spent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

macro_rules! metered {
    ($($name:literal $input:ty, $output:ty;)+) => {
        #[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
        impl Intercept for Meter {
            fn name(&self) -> &'static str {
                "Meter"
            }

            fn modify_before_serialization(
                &self,
                context: &mut BeforeSerializationInterceptorContextMut<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                $(if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                })+
                Ok(())
            }

            fn read_after_deserialization(
                &self,
                context: &AfterDeserializationInterceptorContextRef<'_>,
                _: &RuntimeComponents,
                _: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                let Ok(output) = context.output_or_error() else { return Ok(()) };
                let mut spent = self.0.lock().unwrap();
                $(if let Some(output) = output.downcast_ref::<$output>() {
                    let spent = spent.entry($name).or_default();
                    spent.calls += 1;
                    let consumed = output.consumed_capacity.iter().flat_map(Units::units);
                    spent.units += consumed.sum::<f64>();
                })+
                Ok(())
            }
        }
    };
}

metered! {
    "BatchGetItem (read)" BatchGetItemInput, BatchGetItemOutput;
    "GetItem (read)" GetItemInput, GetItemOutput;
    "PutItem (write)" PutItemInput, PutItemOutput;
    "Query (read)" QueryInput, QueryOutput;
    "TransactWriteItems (write)" TransactWriteItemsInput, TransactWriteItemsOutput;
    "UpdateItem (write)" UpdateItemInput, UpdateItemOutput;
}

/// One table's units, or those of several.
trait Units {
    fn units(&self) -> Vec<f64>;
}

impl Units for aws_sdk_dynamodb::types::ConsumedCapacity {
    fn units(&self) -> Vec<f64> {
        self.capacity_units.into_iter().collect()
    }
}

impl Units for Vec<aws_sdk_dynamodb::types::ConsumedCapacity> {
    fn units(&self) -> Vec<f64> {
        self.iter().filter_map(|table| table.capacity_units).collect()
    }
}

/// The store's part of an echo job's life, phase by phase as the engine and the worker call it. The bounds keep the
/// price from growing unseen; `docs/` quotes what this prints.
#[tokio::test]
async fn an_echo_job_costs_few_calls() {
    let site = Site::new();
    let (table, bucket) = (site.make_table().await, site.make_bucket().await);
    let meter = Meter::default();
    let config = aws_sdk_dynamodb::config::Builder::from(&site.config).interceptor(meter.clone());
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(config.build());
    let large = LargeObjects::new(site.s3(), bucket);
    let store: Arc<dyn JobStore> = Arc::new(DynamoJobStore::new(dynamodb, table, large));
    let samples = Samples::default();
    store.insert(vec![samples.job()]).await.unwrap();
    meter.take();

    let mut phases = Vec::new();
    let new = samples.job();
    let id = new.job.id;
    store.insert(vec![new]).await.unwrap();
    phases.push(("submit", meter.take()));
    samples.clock.advance(SECOND);
    let (lease, claimed) = samples.claim();
    drive(&store, &samples, id, claimed).await;
    phases.push(("claim", meter.take()));
    samples.clock.advance(SECOND);
    let launch =
        LaunchRef("arn:aws:ecs:us-east-1:111122223333:task/agent-runner/0123456789".into());
    drive(&store, &samples, id, JobEvent::Launched { lease, launch }).await;
    phases.push(("launched", meter.take()));
    samples.clock.advance(SECOND);
    drive(&store, &samples, id, started(lease)).await;
    store.payload(id).await.unwrap();
    phases.push(("start", meter.take()));
    samples.clock.advance(SECOND);
    drive(&store, &samples, id, JobEvent::Heartbeat { lease }).await;
    phases.push(("a heartbeat", meter.take()));
    samples.clock.advance(SECOND);
    store.append_events(id, lease, 1, samples.lines(1..=10)).await.unwrap();
    phases.push(("ten lines", meter.take()));
    let seen = store.load(id).await.unwrap().unwrap();
    let result = Some(RawJson::from(&json!({"message": "hello"})));
    let finish = Commit { result, ..samples.commit(&seen, succeeded(lease)) };
    store.commit(vec![finish]).await.remove(0).unwrap();
    phases.push(("finish", meter.take()));
    store.load(id).await.unwrap();
    store.result(id).await.unwrap();
    phases.push(("asked for its result", meter.take()));

    println!("| Phase | Calls | Write units | Read units |\n|---|---|---|---|");
    let (mut calls, mut writes, mut reads) = (0, 0.0, 0.0);
    for (phase, spent) in phases {
        let of = |kind: &str| {
            let these = spent.iter().filter(|(name, _)| name.ends_with(kind));
            these.fold((0, 0.0), |(calls, units), (_, s)| (calls + s.calls, units + s.units))
        };
        let ((w_calls, w), (r_calls, r)) = (of("(write)"), of("(read)"));
        let names: Vec<_> = spent.iter().map(|(name, s)| format!("{} {name}", s.calls)).collect();
        println!("| {phase} | {} | {w} | {r} |", names.join(", "));
        calls += w_calls + r_calls;
        (writes, reads) = (writes + w, reads + r);
    }
    println!("| together | {calls} | {writes} | {reads} |");
    assert!(calls <= 24 && writes <= 60.0 && reads <= 15.0);
}
