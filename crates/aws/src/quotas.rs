//! What the account may use at once.

use aws_config::SdkConfig;
use aws_sdk_servicequotas::Client;

use crate::fault::Fault;

/// "Fargate On-Demand vCPU resource count" and the same for Spot, as Service Quotas numbers them.
const ON_DEMAND: &str = "L-3032A538";
const SPOT: &str = "L-36FBB829";

/// How many virtual processors may run on Fargate at once.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quotas {
    pub on_demand: f64,
    pub spot: f64,
}

/// # Errors
/// When this identity may not ask, or nobody answers.
pub async fn of_fargate(sdk: &SdkConfig) -> Result<Quotas, Fault> {
    let client = Client::new(sdk);
    Ok(Quotas { on_demand: one(&client, ON_DEMAND).await?, spot: one(&client, SPOT).await? })
}

async fn one(client: &Client, code: &str) -> Result<f64, Fault> {
    let call = client.get_service_quota().service_code("fargate").quota_code(code);
    let answer = call.send().await.map_err(|error| {
        Fault::of(&error, "servicequotas:GetServiceQuota", &format!("the quota {code} of Fargate"))
    })?;
    // What is not said limits nobody.
    Ok(answer.quota.and_then(|quota| quota.value).unwrap_or(f64::INFINITY))
}
