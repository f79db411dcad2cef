//! Looking up names for callbacks: only public addresses come out, and the connection goes to what was checked.
//!
//! Checking before connecting would not do: a name may answer differently the second time.

use std::net::SocketAddr;

use agent_runner_domain::address;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver without private addresses.
pub(super) struct PublicOnly {
    pub(super) allow_private: bool,
}

/// The name leads to private addresses, or nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address")]
struct NoPublicAddress(String);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = |address: &SocketAddr| allow_private || address::is_public(address.ip());
            let addresses: Vec<_> = found.filter(allowed).collect();
            if addresses.is_empty() {
                return Err(NoPublicAddress(name.as_str().to_owned()).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
