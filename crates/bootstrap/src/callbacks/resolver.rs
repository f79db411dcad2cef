//! Looking up names for callbacks: only public addresses come out, and the connection goes to what was checked.

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
            let allowed = address::allowed(found, allow_private)
                .ok_or_else(|| NoPublicAddress(name.as_str().to_owned()))?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
