//! Where workers start, and how many may.

use super::{Finding, OfFault};
use crate::{Aws, quotas::Quotas};

/// A new account has 6: enough to try things out, and soon too few.
const FEW: f64 = 16.0;

pub(super) async fn look(aws: &Aws, named: &[String]) -> Vec<Finding> {
    vec![subnets(named), quota(aws).await]
}

/// Who could count free addresses is a client of EC2, which is larger than all others together.
fn subnets(named: &[String]) -> Finding {
    const CHECK: &str = "subnets";
    if named.is_empty() {
        let fix = "name them in AGENT_RUNNER_SUBNETS";
        return Finding::warn(CHECK, "nobody has said where workers start", fix);
    }
    let ids = named.join(" ");
    let ask = "--query 'Subnets[].[SubnetId,AvailableIpAddressCount]'";
    let command = format!("aws ec2 describe-subnets --subnet-ids {ids} {ask}");
    Finding::ok(
        CHECK,
        format!("{ids}; each worker takes an address, and this counts the free ones: {command}"),
    )
}

async fn quota(aws: &Aws) -> Finding {
    const CHECK: &str = "quota";
    match aws.quotas().await {
        Ok(Quotas { on_demand, spot }) => {
            let message = format!("{on_demand} vCPU on Fargate at once, and {spot} on Spot");
            if on_demand >= FEW {
                return Finding::ok(CHECK, message);
            }
            let fix = "jobs wait in line while they are used up; ask for more in Service Quotas, under AWS Fargate";
            Finding::warn(CHECK, message, fix)
        }
        Err(fault) => Finding::unseen(CHECK, &fault),
    }
}
