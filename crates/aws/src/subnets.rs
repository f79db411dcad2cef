//! The networks that workers start in, and how many addresses are free in them.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use roxmltree::{Document, Node};

use crate::{fault::Fault, signed::Call};

const ACTION: &str = "ec2:DescribeSubnets";
/// Of EC2's interface: the only one there has been for ten years.
const VERSION: &str = "2016-11-15";
const HEADERS: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub zone: String,
    pub free_addresses: u64,
}

/// Those that have these ids, in no order.
///
/// # Errors
/// When one does not exist, this identity may not ask, or nobody answers.
pub async fn describe(sdk: &SdkConfig, ids: &[String]) -> Result<Vec<Subnet>, Fault> {
    let one_of = if ids.len() > 1 { "one of the subnets" } else { "the subnet" };
    let on = format!("{one_of} {}", ids.join(", "));
    let region = sdk.region().map_or("", |region| region.as_ref());
    let host = format!("ec2.{region}");
    let body = form(ids);
    let call = Call { action: ACTION, on: &on, host, region, headers: HEADERS, body };
    call.send(sdk, read).await
}

fn form(ids: &[String]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "DescribeSubnets").append_pair("Version", VERSION);
    for (number, id) in (1..).zip(ids) {
        form.append_pair(&format!("SubnetId.{number}"), id);
    }
    form.finish()
}

fn read(answer: &HttpResponse) -> Result<Vec<Subnet>, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    let text = std::str::from_utf8(body).map_err(OrchestratorError::other)?;
    if answer.status().is_success() {
        return Ok(subnets(&Document::parse(text).map_err(OrchestratorError::other)?));
    }
    // What stands in between may say no in words of its own.
    Err(OrchestratorError::operation(
        Document::parse(text)
            .map_or_else(|_| ErrorMetadata::builder().build(), |document| refusal(&document)),
    ))
}

fn subnets(answer: &Document) -> Vec<Subnet> {
    // Items are also what a subnet has of tags.
    let items = answer.descendants().filter_map(|item| {
        Some(Subnet {
            id: text(item, "subnetId")?,
            zone: text(item, "availabilityZone").unwrap_or_default(),
            free_addresses: text(item, "availableIpAddressCount")?.parse().ok()?,
        })
    });
    items.collect()
}

fn refusal(answer: &Document) -> ErrorMetadata {
    let said = |name| answer.descendants().find_map(|node| text(node, name));
    let mut refusal = ErrorMetadata::builder();
    if let Some(code) = said("Code") {
        refusal = refusal.code(code);
    }
    if let Some(message) = said("Message") {
        refusal = refusal.message(message);
    }
    refusal.build()
}

fn text(parent: Node, name: &str) -> Option<String> {
    let child = parent.children().find(|child| child.tag_name().name() == name)?;
    child.text().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fault::Trouble, replay::Replay};

    const TWO: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>
    <subnetSet>
        <item>
            <subnetId>subnet-0a1b</subnetId>
            <subnetArn>arn:aws:ec2:us-east-1:1:subnet/subnet-0a1b</subnetArn>
            <state>available</state>
            <vpcId>vpc-0a1b</vpcId>
            <cidrBlock>10.0.0.0/24</cidrBlock>
            <ipv6CidrBlockAssociationSet><item><associationId>x</associationId></item></ipv6CidrBlockAssociationSet>
            <availableIpAddressCount>250</availableIpAddressCount>
            <availabilityZone>us-east-1a</availabilityZone>
            <tagSet><item><key>Name</key><value>subnetId</value></item></tagSet>
        </item>
        <item>
            <subnetId>subnet-0c2d</subnetId>
            <availableIpAddressCount>0</availableIpAddressCount>
            <availabilityZone>us-east-1b</availabilityZone>
        </item>
    </subnetSet>
</DescribeSubnetsResponse>"#;

    const UNKNOWN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>InvalidSubnetID.NotFound</Code><Message>The subnet ID 'subnet-0c2d' does not exist</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"#;

    fn ids() -> Vec<String> {
        vec!["subnet-0a1b".into(), "subnet-0c2d".into()]
    }

    #[tokio::test]
    async fn free_addresses_are_read_from_the_answer() {
        let replay = Replay::new([(200, TWO)]);
        let found = describe(&replay.config(), &ids()).await.unwrap();
        let seen: Vec<_> =
            found.iter().map(|it| (it.id.as_str(), it.zone.as_str(), it.free_addresses)).collect();
        assert_eq!(seen, [("subnet-0a1b", "us-east-1a", 250), ("subnet-0c2d", "us-east-1b", 0)]);
        let asked = "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-0a1b&SubnetId.2=subnet-0c2d";
        assert_eq!(replay.asked(), [asked]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_said_in_aws_words() {
        let denied = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to \
                      perform this operation.</Message></Error></Errors></Response>";
        for (status, body, trouble, words) in [
            (400, UNKNOWN, Trouble::NotFound, "The subnet ID 'subnet-0c2d' does not exist"),
            (403, denied, Trouble::Denied, "ec2:DescribeSubnets"),
            (503, "<html>away</html>", Trouble::Unavailable, "503"),
            (200, "not at all", Trouble::Unavailable, "subnet-0a1b"),
            (0, "", Trouble::Unavailable, "connection reset"),
        ] {
            let replay = Replay::new([(status, body)]);
            let fault = describe(&replay.config(), &ids()).await.unwrap_err();
            assert_eq!(fault.trouble, trouble, "{fault}");
            assert!(fault.to_string().contains(words), "{fault}");
        }
    }
}
