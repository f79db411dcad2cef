//! Jobs in DynamoDB keep the port's promises.

use std::sync::Arc;

use agent_runner_aws::{job_store::DynamoJobStore, large_objects::LargeObjects};
use agent_runner_domain::ports::JobStore;

use crate::site::Site;

async fn store() -> (Arc<dyn JobStore>, Site) {
    let site = Site::new();
    let (table, bucket) = (site.make_table().await, site.make_bucket().await);
    let large = LargeObjects::new(site.s3(), bucket);
    (Arc::new(DynamoJobStore::new(site.dynamodb(), table, large)), site)
}

mod conformance {
    use super::store;

    agent_runner_testkit::job_store_suite!(store().await);
}
