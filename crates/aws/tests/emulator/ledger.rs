//! The table keeps the ledger's promises.

use std::sync::Arc;

use agent_runner_aws::ledger::DynamoLedger;

use super::site::Site;

async fn ledger() -> Arc<DynamoLedger> {
    let site = Site::new();
    let table = site.make_table().await;
    Arc::new(DynamoLedger::new(site.dynamodb(), table))
}

mod suite {
    agent_runner_testkit::ledger_suite!((super::ledger().await, ()));
}
