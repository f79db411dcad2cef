//! Clients of the services, set up alike: time limits, retries, one TLS stack.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{self, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

const CONNECT_MAX: Duration = Duration::from_secs(3);
const ATTEMPT_MAX: Duration = Duration::from_secs(10);
const OPERATION_MAX: Duration = Duration::from_secs(30);
const TRIES_MAX: u32 = 5;

/// Region, credentials and endpoint as the SDK finds them: environment, profile, the task's role.
/// `AWS_ENDPOINT_URL` points all clients elsewhere.
pub async fn sdk_config() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_MAX)
        .operation_attempt_timeout(ATTEMPT_MAX)
        .operation_timeout(OPERATION_MAX)
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::adaptive().with_max_attempts(TRIES_MAX))
        .load()
        .await
}

/// The connections that all clients share.
#[must_use]
pub fn http() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// An S3 client. Emulators are reached by path, because names of buckets are no host names there.
#[must_use]
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    let builder = aws_sdk_s3::config::Builder::from(config);
    let by_path = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(builder.force_path_style(by_path).build())
}
