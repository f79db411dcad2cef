//! How a user's server learns that a job has ended.

use async_trait::async_trait;

use crate::RawJson;

/// One try at one callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The same for every try at the same end of a job: receivers drop repetitions by it.
    pub id: String,
    pub url: String,
    pub body: RawJson,
}

/// The receiver did not accept. Whether it has read the body is not known.
#[derive(Debug, thiserror::Error)]
#[error("the callback was not accepted: {0}")]
pub struct SendError(pub String);

/// Sends callbacks, signed.
#[async_trait]
pub trait CallbackSender: Send + Sync {
    /// `Ok` only when the receiver said 2xx. Follows no redirect and refuses private addresses.
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError>;
}
