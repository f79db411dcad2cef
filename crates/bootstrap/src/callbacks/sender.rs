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

use super::{Signing, resolver::PublicOnly};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const TOTAL_MAX: Duration = Duration::from_secs(15);
/// Receivers are called seldom; idle connections to them are not worth keeping.
const IDLE_MAX: usize = 0;

/// Sends callbacks by HTTP.
pub struct HttpCallbacks {
    signing: Signing,
    allow_private: bool,
    clock: Arc<dyn Clock>,
    /// Made for the first callback: most servers send none, and certificates take memory.
    client: OnceLock<Client>,
}

impl HttpCallbacks {
    #[must_use]
    pub fn new(signing: Signing, allow_private: bool, clock: Arc<dyn Clock>) -> Self {
        Self { signing, allow_private, clock, client: OnceLock::new() }
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
        let own = self.signing.signer().await.map_err(SendError)?;
        let signed = own.sign(&delivery.id, self.clock.now(), body);
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

#[cfg(test)]
mod tests {
    use agent_runner_domain::RawJson;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{callbacks::Signer, world::SystemClock};

    fn callbacks(allow_private: bool) -> HttpCallbacks {
        let data = tempfile::tempdir().unwrap();
        let signer = Signer::load(None, data.path()).unwrap();
        HttpCallbacks::new(Signing::With(signer), allow_private, Arc::new(SystemClock))
    }

    fn delivery(url: String) -> Delivery {
        let body = RawJson::parse("{\"a\": 1}".to_owned()).unwrap();
        Delivery { id: "msg_1".to_owned(), url, body }
    }

    /// Answers one request with this head, and returns what it was sent.
    async fn receiver(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            while !text.ends_with(b"{\"a\": 1}") {
                let mut part = [0; 1024];
                let read = stream.read(&mut part).await.unwrap();
                assert!(read > 0, "the request broke off");
                text.extend_from_slice(&part[..read]);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(text).unwrap()
        });
        (url, received)
    }

    #[tokio::test]
    async fn a_callback_carries_its_signature() {
        let (url, received) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
        callbacks(true).send(&delivery(url)).await.unwrap();
        let request = received.await.unwrap();
        for part in
            ["POST /hook ", "webhook-id: msg_1", "webhook-timestamp: ", "webhook-signature: v1,"]
        {
            assert!(request.contains(part), "{part} is not in {request}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed_and_counts_as_refused() {
        let answer =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        let (url, received) = receiver(answer).await;
        let refused = callbacks(true).send(&delivery(url)).await.unwrap_err();
        assert!(refused.to_string().contains("302"), "{refused}");
        received.await.unwrap();
    }

    #[tokio::test]
    async fn private_addresses_are_not_called_by_number_nor_by_name() {
        for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0x7f000001"] {
            let refused =
                callbacks(false).send(&delivery(format!("http://{host}:9/"))).await.unwrap_err();
            assert!(refused.to_string().contains("public"), "{host}: {refused}");
        }
    }
}
