//! One POST per try.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use agent_runner_domain::{
    address,
    ports::{CallbackSender, Clock, Delivery, SendError},
};
use async_trait::async_trait;
use reqwest::{Client, redirect::Policy};
use url::{Host, Url};

use super::{Signer, resolver::PublicOnly};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const TOTAL_MAX: Duration = Duration::from_secs(15);
/// Receivers are called seldom; idle connections to them are not worth keeping.
const IDLE_MAX: usize = 0;

/// Sends callbacks by HTTP.
pub struct HttpCallbacks {
    signer: Signer,
    allow_private: bool,
    clock: Arc<dyn Clock>,
    /// Made for the first callback: most servers send none, and certificates take memory.
    client: OnceLock<Client>,
}

impl HttpCallbacks {
    #[must_use]
    pub fn new(signer: Signer, allow_private: bool, clock: Arc<dyn Clock>) -> Self {
        Self { signer, allow_private, clock, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, SendError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Fails only if one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("agent-runner/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .timeout(TOTAL_MAX)
            .pool_max_idle_per_host(IDLE_MAX)
            .dns_resolver(Arc::new(PublicOnly { allow_private: self.allow_private }))
            .build()
            .map_err(|error| SendError(reason(&error)))?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Names are checked when they are looked up; addresses are never looked up.
    fn check(&self, url: &str) -> Result<Url, SendError> {
        let url = Url::parse(url).map_err(|error| SendError(error.to_string()))?;
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if literal.is_some_and(|address| !self.allow_private && !address::is_public(address)) {
            return Err(SendError("the URL leads to an address that is not public".to_owned()));
        }
        Ok(url)
    }
}

#[async_trait]
impl CallbackSender for HttpCallbacks {
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let url = self.check(&delivery.url)?;
        let body = delivery.body.get();
        let signed = self.signer.sign(&delivery.id, self.clock.now(), body);
        let request = self
            .client()?
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", signed.timestamp)
            .header("webhook-signature", signed.signature)
            .body(body.to_owned());
        let response = request.send().await.map_err(|error| SendError(reason(&error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(SendError(format!("the receiver answered {status}"))),
        }
    }
}

/// The whole chain: "error sending request" alone tells nothing. The URL is left out, it may hold a token.
fn reason(error: &reqwest::Error) -> String {
    let mut source: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut text = if error.is_timeout() { "timed out" } else { "the request failed" }.to_owned();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
