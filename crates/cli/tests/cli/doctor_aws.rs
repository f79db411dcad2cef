//! `doctor` on AWS, where every service says something of its own.

use agent_runner_testkit::{Answer, FaultProxy, Faults, Outage};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::world::World;

const IMAGE: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/agent-runner/worker@sha256:0a1b";
const DENIED: &str = "com.amazon.coral.service#AccessDeniedException";

/// AWS, or what is left of it.
struct Aws {
    proxy: FaultProxy,
    world: World,
    /// The proxy lives here.
    _runtime: Runtime,
}

impl Aws {
    /// An account that is known, in which every service says that there is no such thing.
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let nowhere = ([127, 0, 0, 1], 1).into();
        let proxy = runtime.block_on(FaultProxy::start(nowhere, 0, Faults::NONE));
        let url = proxy.url();
        let this = Self { proxy, world: world(&url), _runtime: runtime };
        this.says("sts", caller());
        let missing =
            Answer::json(400, "ResourceNotFoundException", "Requested resource not found");
        this.says("dynamodb", missing.clone());
        this.says("secretsmanager", missing);
        this.says("s3", Answer { status: 404, ..Answer::default() });
        let queue = "com.amazonaws.sqs#QueueDoesNotExist";
        this.says("sqs", Answer::json(400, queue, "The specified queue does not exist."));
        this.says("ecs", said(&json!({"clusters": [], "failures": []})));
        let subnet = "<Response><Errors><Error><Code>InvalidSubnetID.NotFound</Code><Message>The subnet ID \
                      'subnet-0a1b' does not exist</Message></Error></Errors></Response>";
        this.says("ec2", Answer { status: 400, body: subnet.to_owned(), ..Answer::default() });
        this.says("servicequotas", Answer::json(400, DENIED, "not authorized"));
        this
    }

    fn says(&self, service: &'static str, answer: Answer) {
        self.proxy.fail(service, Outage::Says(answer));
    }

    /// Each finding as `level check: message, fix`.
    #[track_caller]
    fn findings(&self) -> Vec<String> {
        let ended = self.world.run(&["doctor", "--backend", "aws", "--json"]).with_code(1);
        let finding = |line: &str| {
            let found: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}: {}, {}", text("level"), text("check"), text("message"), text("fix"))
        };
        ended.out.lines().map(finding).collect()
    }

    #[track_caller]
    fn finds(&self, beginning: &str, words: &[&str]) {
        let findings = self.findings();
        let is_it = |found: &&String| {
            found.starts_with(beginning) && words.iter().all(|word| found.contains(word))
        };
        assert!(findings.iter().any(|it| is_it(&it)), "{beginning} {words:?}: {findings:#?}");
    }
}

fn world(url: &str) -> World {
    let variables = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-key"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AGENT_RUNNER_BUCKET", "the-bucket"),
        ("AGENT_RUNNER_SUBNETS", "subnet-0a1b"),
        ("AGENT_RUNNER_SECURITY_GROUPS", "sg-0a1b"),
    ];
    variables.into_iter().fold(World::new(), |world, (name, value)| world.with(name, value))
}

fn said(body: &Value) -> Answer {
    Answer { status: 200, body: body.to_string(), ..Answer::default() }
}

fn caller() -> Answer {
    let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                <Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>A</UserId><Account>111122223333</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    Answer { status: 200, body: body.to_owned(), ..Answer::default() }
}

/// As STS says no.
fn refused(code: &str, message: &str) -> Answer {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Answer {
        status: 403,
        body: format!("<ErrorResponse>{error}</ErrorResponse>"),
        ..Answer::default()
    }
}

#[test]
fn who_is_not_known_hears_why_and_nothing_else_is_looked_at() {
    let aws = Aws::new();
    for (code, message, words) in [
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            &["the AWS credentials have expired: sign in again"][..],
        ),
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            &["needs AWS credentials: set AWS_PROFILE", "AWS_ACCESS_KEY_ID"],
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20261121T101010Z is now earlier than 20261121T105510Z",
            &["this machine's clock is wrong", "set the time, best by NTP"],
        ),
    ] {
        aws.says("sts", refused(code, message));
        aws.finds("fail identity: ", words);
        assert!(!aws.findings().iter().any(|found| found.contains("table")), "{code}");
    }
}

#[test]
fn without_credentials_or_region_the_way_to_them_is_said() {
    let aws = Aws::new();
    let url = aws.proxy.url();
    let anonymous = world(&url).with("AWS_ACCESS_KEY_ID", "").with("AWS_SECRET_ACCESS_KEY", "");
    let ended = anonymous.run(&["doctor", "--backend", "aws"]).with_code(1);
    assert!(ended.out.contains("needs AWS credentials: set AWS_PROFILE"), "{}", ended.out);
    let nowhere = world(&url).with("AWS_REGION", "");
    let ended = nowhere.run(&["doctor", "--backend", "aws"]);
    assert_ne!(ended.code, Some(0));
    ended.saying(&["no AWS region is set: set AWS_REGION"]);
}

#[test]
fn a_clock_that_the_sdk_has_put_up_with_is_wrong_all_the_same() {
    let aws = Aws::new();
    aws.says("sts", caller().with_header("date", "Sat, 01 Jan 2000 00:00:00 GMT"));
    aws.finds("fail clock: ", &["this machine's clock is", "ahead of AWS's: set the time"]);
}

#[test]
fn each_part_that_is_not_there_is_named() {
    let aws = Aws::new();
    aws.finds("ok identity: ", &["arn:aws:iam::111122223333:user/ada", "region us-east-1"]);
    aws.finds(
        "fail table: ",
        &["the table `agent-runner` does not exist in this account and region"],
    );
    aws.finds("fail bucket: ", &["the bucket `the-bucket` does not exist"]);
    aws.finds("fail queue: ", &["the queue `agent-runner-low` does not exist"]);
    aws.finds("fail cluster: ", &["the cluster `agent-runner` does not exist"]);
    aws.finds(
        "fail subnets: ",
        &["subnet-0a1b", "name subnets of this region in AGENT_RUNNER_SUBNETS"],
    );
    aws.finds(
        "warn secret: ",
        &["`agent-runner/api-keys` does not exist", "agent-runner keys new"],
    );
    aws.finds("warn secret: ", &["no provider of models has a key", "create-secret --name"]);
}

#[test]
fn what_belongs_to_others_or_is_elsewhere_is_told_from_what_is_missing() {
    let aws = Aws::new();
    aws.says("s3", Answer { status: 403, ..Answer::default() });
    aws.finds("fail bucket: ", &["is denied", "or the bucket is another account's"]);
    let there = Answer { status: 301, ..Answer::default() };
    aws.says("s3", there.with_header("x-amz-bucket-region", "eu-west-1"));
    aws.finds("fail bucket: ", &["is in the region eu-west-1: set AWS_REGION"]);
    aws.says("dynamodb", Answer::json(400, DENIED, "ada is not authorized"));
    aws.finds("fail table: ", &["dynamodb:DescribeTable on the table `agent-runner` is denied"]);
}

/// All families are the same one here.
#[test]
fn an_image_that_is_not_there_and_a_subnet_without_addresses_are_told_of() {
    let aws = Aws::new();
    let variable = |name: &str, value: &str| json!({"name": name, "value": value});
    let environment = json!([
        variable("AGENT_RUNNER_BACKEND", "aws"),
        variable("AGENT_RUNNER_NAME", "agent-runner"),
        variable("AGENT_RUNNER_BUCKET", "the-bucket"),
    ]);
    let container = json!({"name": "worker", "image": IMAGE, "environment": environment});
    aws.says("ecs", said(&json!({"taskDefinition": {"containerDefinitions": [container]}})));
    let subnet = "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-0a1b</subnetId>\
                  <availabilityZone>us-east-1a</availabilityZone><availableIpAddressCount>0</availableIpAddressCount>\
                  </item></subnetSet></DescribeSubnetsResponse>";
    aws.says("ec2", Answer { status: 200, body: subnet.to_owned(), ..Answer::default() });
    let missing =
        "The image with imageId {imageDigest:'sha256:0a1b'} does not exist within the repository";
    aws.says("ecr", Answer::json(400, "ImageNotFoundException", missing));
    aws.finds("ok family: ", &["small-arm64"]);
    aws.finds("fail image: ", &[IMAGE, "does not exist", "push the images of this release"]);
    aws.finds("warn subnets: ", &["`subnet-0a1b` in us-east-1a has 0 free addresses"]);
    aws.says("ecr", said(&json!({"imageDetails": [{"imageDigest": "sha256:0a1b"}]})));
    aws.finds("ok image: ", &[IMAGE, "is there"]);
    aws.says("ecr", Answer::json(400, "AccessDeniedException", "ecr:DescribeImages"));
    aws.finds("warn image: ", &["ecr:DescribeImages", "programs work without"]);
}
