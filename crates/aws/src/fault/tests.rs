//! Real answers of the services, through their real clients.

use aws_config::SdkConfig;

use super::{Fault, Trouble};
use crate::replay::{Answer, Replay};

type Headers = &'static [(&'static str, &'static str)];

async fn dynamodb_at(config: SdkConfig) -> Fault {
    let client = aws_sdk_dynamodb::Client::new(&config);
    let error = client.delete_item().table_name("t").send().await.unwrap_err();
    Fault::of(&error, "dynamodb:DeleteItem", "the table `t`")
}

async fn dynamodb(status: u16, body: &'static str) -> Fault {
    dynamodb_at(Replay::new([(status, body)]).config()).await
}

async fn s3(status: u16, headers: Headers, body: &'static str) -> Fault {
    let replay = Replay::from(vec![Answer { status, headers, body }]);
    let client = aws_sdk_s3::Client::new(&replay.config());
    let error = client.get_object().bucket("b").key("k").send().await.unwrap_err();
    Fault::of(&error, "s3:GetObject", "the bucket `b`")
}

async fn ecs(status: u16, body: &'static str) -> Fault {
    let client = aws_sdk_ecs::Client::new(&Replay::new([(status, body)]).config());
    let error = client.run_task().task_definition("f").send().await.unwrap_err();
    Fault::of(&error, "ecs:RunTask", "the family `f`")
}

#[tokio::test]
async fn failure_mode_01_a_throttle_is_known_in_every_disguise() {
    let disguises = [
        r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
        r#"{"__type":"InvalidParameterException","message":"Error retrieving subnets: Rate exceeded (Service: AmazonEC2)"}"#,
        r#"{"__type":"ClientException","message":"Tasks provisioning capacity: Rate exceeded."}"#,
    ];
    for body in disguises {
        assert_eq!(ecs(400, body).await.trouble, Trouble::Throttled, "{body}");
    }
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"The level of configured provisioned throughput for the table was exceeded."}"#;
    assert_eq!(dynamodb(400, body).await.trouble, Trouble::Throttled);
    let body =
        "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    assert_eq!(s3(503, &[], body).await.trouble, Trouble::Throttled);
    let body = r#"{"__type":"InvalidParameterException","message":"TaskDefinition is inactive"}"#;
    assert_eq!(ecs(400, body).await.trouble, Trouble::Refused);
}

#[tokio::test]
async fn a_missing_permission_names_the_action_and_the_thing() {
    let body = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:sts::111122223333:assumed-role/worker/1 is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:us-east-1:111122223333:table/t because no identity-based policy allows the dynamodb:DeleteItem action"}"#;
    let fault = dynamodb(400, body).await;
    assert_eq!(fault.trouble, Trouble::Denied);
    assert!(fault.to_string().starts_with(
        "dynamodb:DeleteItem on the table `t` is denied: a policy of this identity must allow it (AccessDenied"
    ), "{fault}");
    let body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    assert_eq!(
        s3(403, &[], body).await.to_string(),
        "s3:GetObject on the bucket `b` is denied: a policy of this identity must allow it, or it is \
         not there, or the bucket is another account's (AccessDenied: Access Denied)"
    );
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
    assert_eq!(
        dynamodb(400, body).await.to_string(),
        "the table `t` does not exist in this account and region (dynamodb:DeleteItem: \
         ResourceNotFoundException: Requested resource not found)"
    );
    let body = "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>";
    assert_eq!(s3(404, &[], body).await.trouble, Trouble::NotFound);
    let body = r#"{"__type":"ClusterNotFoundException","message":"Cluster not found."}"#;
    assert_eq!(ecs(400, body).await.trouble, Trouble::NotFound);
}

#[tokio::test]
async fn bad_credentials_an_old_token_and_a_wrong_clock_are_told_apart() {
    let cases = [
        (
            r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
            Trouble::Credentials,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}"#,
            Trouble::Expired,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature expired: 20261121T101010Z is now earlier than 20261121T105510Z (20261121T110010Z - 5 min.)"}"#,
            Trouble::ClockSkew,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided."}"#,
            Trouble::Credentials,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Credential should be scoped to a valid region, not 'us-east-1'."}"#,
            Trouble::WrongRegion,
        ),
    ];
    for (body, trouble) in cases {
        assert_eq!(dynamodb(400, body).await.trouble, trouble, "{body}");
    }
    let body = "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>";
    let fault = s3(403, &[], body).await;
    assert!(fault.to_string().starts_with("this machine's clock is wrong"), "{fault}");
}

#[tokio::test]
async fn a_bucket_elsewhere_is_said_with_its_region() {
    let body = "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint.</Message></Error>";
    let fault = s3(301, &[("x-amz-bucket-region", "eu-west-1")], body).await;
    assert_eq!(fault.trouble, Trouble::WrongRegion);
    assert!(
        fault.to_string().starts_with("the bucket `b` is in the region eu-west-1: set AWS_REGION"),
        "{fault}"
    );
    let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message></Error>";
    let fault = s3(400, &[], body).await;
    assert!(fault.to_string().contains("is in the region eu-central-1"), "{fault}");
}

#[tokio::test]
async fn failure_mode_25_no_good_answer_is_uncertain() {
    let reset = dynamodb_at(Replay::default().config()).await;
    let broken = dynamodb(200, "<html>not what was asked for").await;
    let failed = dynamodb(500, r#"{"__type":"InternalServerError","message":"oops"}"#).await;
    let proxy = dynamodb(502, "Bad Gateway").await;
    for fault in [reset, broken, failed, proxy] {
        assert!(fault.is_transient() && fault.is_uncertain(), "{fault}");
    }
}

#[tokio::test]
async fn without_credentials_the_way_to_them_is_said() {
    let fault = dynamodb_at(Replay::default().anonymous()).await;
    assert_eq!(fault.trouble, Trouble::Credentials, "{fault}");
    assert!(fault.to_string().contains("AWS_ACCESS_KEY_ID"), "{fault}");
}
