//! Where workers start, and how many may.

use super::{Finding, OfFault};
use crate::{Aws, fault::Trouble, quotas::Quotas, subnets::Subnet};

const SUBNETS: &str = "subnets";
/// Addresses: fewer are soon gone, and then nothing starts there.
const FEW_ADDRESSES: u64 = 20;

/// A new account has 6: enough to try things out, and soon too few.
const FEW: f64 = 16.0;

pub(super) async fn look(aws: &Aws, named: &[String]) -> Vec<Finding> {
    let mut findings = subnets(aws, named).await;
    findings.push(quota(aws).await);
    findings
}

async fn subnets(aws: &Aws, named: &[String]) -> Vec<Finding> {
    if named.is_empty() {
        let fix = "name them in AGENT_RUNNER_SUBNETS";
        return vec![Finding::warn(SUBNETS, "nobody has said where workers start", fix)];
    }
    match aws.subnets(named).await {
        Ok(found) => free_addresses(&found),
        Err(fault) if fault.trouble == Trouble::NotFound => {
            let fix = "name subnets of this region in AGENT_RUNNER_SUBNETS";
            vec![Finding::fail(SUBNETS, fault.to_string(), fix)]
        }
        Err(fault) => vec![Finding::of_looking(SUBNETS, &fault)],
    }
}

/// One finding for what is well, and one for each that is all but full.
fn free_addresses(found: &[Subnet]) -> Vec<Finding> {
    let (many, few): (Vec<_>, Vec<_>) =
        found.iter().partition(|subnet| subnet.free_addresses >= FEW_ADDRESSES);
    let said = |subnet: &Subnet| {
        format!("`{}` in {} has {} free addresses", subnet.id, subnet.zone, subnet.free_addresses)
    };
    let mut findings = Vec::new();
    if !many.is_empty() {
        let many: Vec<_> = many.into_iter().map(said).collect();
        findings.push(Finding::ok(SUBNETS, many.join(", ")));
    }
    findings.extend(few.into_iter().map(|subnet| {
        let message = format!("{}, and each worker takes one", said(subnet));
        let fix = "name more subnets, or larger ones, in AGENT_RUNNER_SUBNETS";
        Finding::warn(SUBNETS, message, fix)
    }));
    findings
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_subnet_that_is_all_but_full_is_told_of_by_itself() {
        let subnet = |id: &str, free_addresses| Subnet {
            id: id.to_owned(),
            zone: "us-east-1a".to_owned(),
            free_addresses,
        };
        let found = [subnet("subnet-a", 250), subnet("subnet-b", 19), subnet("subnet-c", 20)];
        let told = free_addresses(&found);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].state, State::Ok);
        assert!(told[0].message.contains("subnet-a") && told[0].message.contains("subnet-c"));
        assert!(matches!(told[1].state, State::Warn(_)));
        assert!(told[1].message.contains("`subnet-b` in us-east-1a has 19 free addresses"));
        assert!(free_addresses(&[]).is_empty());
    }
}
