//! Who asks.

use aws_sdk_sts::Client;

use super::{Finding, OfFault};
use crate::{Aws, fault::Fault};

pub(super) async fn look(aws: &Aws) -> Finding {
    const CHECK: &str = "identity";
    match Client::new(aws.sdk()).get_caller_identity().send().await {
        Ok(answer) => {
            let (arn, account) = (answer.arn().unwrap_or("?"), answer.account().unwrap_or("?"));
            Finding::ok(CHECK, format!("{arn} in account {account}, region {}", aws.region()))
        }
        Err(error) => {
            Finding::fault(CHECK, &Fault::of(&error, "sts:GetCallerIdentity", "this identity"))
        }
    }
}
