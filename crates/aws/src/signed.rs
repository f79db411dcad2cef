//! Calls of services whose own clients are larger than all others together: written out here, signed like any other.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, ProvideCredentials};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
};
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata, timeout::TimeoutConfig};

use crate::fault::{Fault, Trouble};

/// What is asked, and of whom.
pub(crate) struct Call<'a> {
    /// As policies call it: `ec2:DescribeSubnets`.
    pub(crate) action: &'static str,
    /// With its article.
    pub(crate) on: &'a str,
    /// `ec2.eu-west-1`, without the rest that all of them have.
    pub(crate) host: String,
    pub(crate) region: &'a str,
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) body: String,
}

type Read<T> = fn(&HttpResponse) -> Result<T, OrchestratorError<ErrorMetadata>>;

impl Call<'_> {
    /// # Errors
    /// When there is no such thing, this identity may not ask, or nobody answers.
    pub(crate) async fn send<T>(&self, sdk: &SdkConfig, read: Read<T>) -> Result<T, Fault>
    where
        T: std::fmt::Debug + Send + Sync + 'static,
    {
        let Self { action, on, .. } = self;
        let broken = |error: BoxError| {
            Fault::new(Trouble::Refused, format!("{action} on {on} cannot be asked: {error}"))
        };
        let credentials = match sdk.credentials_provider() {
            Some(provider) => {
                provider.provide_credentials().await.map_err(|error| broken(error.into()))
            }
            None => Err(broken("there are no credentials".into())),
        }?;
        let request = self.request(sdk, credentials).map_err(broken)?;
        let answer = self.operation(sdk, read).invoke(request).await;
        answer.map_err(|error| Fault::of(&error, action, on))
    }

    /// Signed.
    fn request(&self, sdk: &SdkConfig, credentials: Credentials) -> Result<HttpRequest, BoxError> {
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service())
            .time(now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let url = self.endpoint(sdk);
        let body = SignableBody::Bytes(self.body.as_bytes());
        let signable = SignableRequest::new("POST", &url, self.headers.iter().copied(), body)?;
        let signature = sign(signable, &params)?;
        let request = http::Request::post(&url);
        let request = self.headers.iter().fold(request, |it, (name, text)| it.header(*name, *text));
        let mut request = request.body(SdkBody::from(self.body.as_str()))?;
        signature.into_parts().0.apply_to_request_http1x(&mut request);
        Ok(request.try_into()?)
    }

    fn service(&self) -> &'static str {
        self.action.split(':').next().unwrap_or_default()
    }

    fn endpoint(&self, sdk: &SdkConfig) -> String {
        if let Some(url) = sdk.endpoint_url() {
            return format!("{}/", url.trim_end_matches('/'));
        }
        let partition = if self.region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://{}.amazonaws.com{partition}/", self.host)
    }

    fn operation<T>(
        &self,
        sdk: &SdkConfig,
        read: Read<T>,
    ) -> Operation<HttpRequest, T, ErrorMetadata>
    where
        T: std::fmt::Debug + Send + Sync + 'static,
    {
        let timeouts = sdk.timeout_config().cloned();
        let name = self.action.rsplit(':').next().unwrap_or_default();
        let mut operation = Operation::builder()
            .service_name(self.service())
            .operation_name(name)
            .endpoint_url(&self.endpoint(sdk))
            .timeout_config(timeouts.unwrap_or_else(TimeoutConfig::disabled))
            .no_auth()
            .no_retry();
        if let Some(client) = sdk.http_client() {
            operation = operation.http_client(client);
        }
        operation.serializer(Ok).deserializer(read).build()
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature is of the machine's own time")]
fn now() -> SystemTime {
    SystemTime::now()
}
