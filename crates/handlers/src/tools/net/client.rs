//! The client, and what it refuses.

use std::{cell::OnceCell, net::IpAddr, sync::Arc, time::Duration};

use agent_runner_domain::address;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use url::{Host, Url};

const CONNECT_MAX: Duration = Duration::from_secs(10);

/// Nothing was asked, or nothing answered. Its text is for the model.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::tools) struct Unreachable(pub(in crate::tools) String);

/// The way to the network. Clients are made when they are first used.
pub(in crate::tools) struct Net {
    allow_private: bool,
    plain: OnceCell<Client>,
    secure: OnceCell<Client>,
}

impl Net {
    pub(in crate::tools) fn new(allow_private: bool) -> Self {
        Self { allow_private, plain: OnceCell::new(), secure: OnceCell::new() }
    }

    /// A client for this URL, which may be sent nowhere else.
    ///
    /// # Errors
    /// When the URL leads where tools may not go.
    pub(in crate::tools) fn client(&self, url: &Url) -> Result<&Client, Unreachable> {
        self.check(url)?;
        let is_secure = url.scheme() == "https";
        let cell = if is_secure { &self.secure } else { &self.plain };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = self.build(is_secure)?;
        Ok(cell.get_or_init(|| client))
    }

    /// Sends it, and tells what went wrong without the URL, which may hold a secret.
    ///
    /// # Errors
    /// When nothing answered.
    pub(in crate::tools) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, Unreachable> {
        request.send().await.map_err(|error| Unreachable(reason(&error)))
    }

    /// Names are checked when they are looked up; addresses are never looked up.
    fn check(&self, url: &Url) -> Result<(), Unreachable> {
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("`{}` URLs cannot be reached, only http and https", url.scheme());
            return Err(Unreachable(message));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreachable("a URL with a user's name or password is not used".to_owned()));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        match literal {
            Some(address) if !self.may_reach(address) => {
                Err(Unreachable(NotPublic(address.to_string()).to_string()))
            }
            _ => Ok(()),
        }
    }

    fn may_reach(&self, address: IpAddr) -> bool {
        self.allow_private || address::is_public(address)
    }

    fn build(&self, is_secure: bool) -> Result<Client, Unreachable> {
        // Fails only if one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("agent-runner/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_MAX)
            .dns_resolver(Arc::new(Resolver { allow_private: self.allow_private }));
        if !is_secure {
            // Reading the machine's certificates takes time, and a bare machine has none.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| Unreachable(reason(&error)))
    }
}

/// The system's resolver without the addresses that tools may not reach.
struct Resolver {
    allow_private: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is no public address, and tools may reach no other here")]
struct NotPublic(String);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = address::allowed(found, allow_private)
                .ok_or_else(|| NotPublic(name.as_str().to_owned()))?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// The innermost cause. The outer ones only say that a request failed, and name its URL.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    let mut text = "the request failed".to_owned();
    while let Some(inner) = cause.source() {
        cause = inner;
        text = inner.to_string();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_addresses_are_reached_neither_by_number_nor_by_name() {
        let net = Net::new(false);
        for host in [
            "127.0.0.1",
            "0x7f000001",
            "2130706433",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "10.0.0.1",
            "169.254.169.254",
            "[fd00:ec2::254]",
            "localhost",
        ] {
            let url = Url::parse(&format!("http://{host}:9/")).unwrap();
            let refused = match net.client(&url) {
                Err(refused) => refused,
                Ok(client) => net.send(client.get(url)).await.unwrap_err(),
            };
            assert!(refused.to_string().contains("no public address"), "{host}: {refused}");
        }
    }

    #[test]
    fn other_schemes_and_passwords_are_refused() {
        for url in ["file:///etc/passwd", "ftp://example.com/", "http://me:secret@example.com/"] {
            let refused = Net::new(true).client(&Url::parse(url).unwrap()).unwrap_err().to_string();
            assert!(!refused.contains("secret"), "{refused}");
        }
    }
}
