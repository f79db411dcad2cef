//! Who asks.

use aws_sdk_sts::Client;

use super::{Finding, OfFault};
use crate::{Aws, clock::Watch, fault::Fault};

/// And, where that shows something, whether the clocks agree.
pub(super) async fn look(aws: &Aws) -> (Finding, Option<Finding>) {
    const CHECK: &str = "identity";
    let watch = Watch::default();
    let call = Client::new(aws.sdk()).get_caller_identity().customize();
    let caller = match call.interceptor(watch.clone()).send().await {
        Ok(answer) => {
            let (arn, account) = (answer.arn().unwrap_or("?"), answer.account().unwrap_or("?"));
            Finding::ok(CHECK, format!("{arn} in account {account}, region {}", aws.region()))
        }
        Err(error) => {
            Finding::fault(CHECK, &Fault::of(&error, "sts:GetCallerIdentity", "this identity"))
        }
    };
    (caller, watch.fault().map(|fault| Finding::fault("clock", &fault)))
}
