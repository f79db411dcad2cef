//! Calling users' servers: signed by the Standard Webhooks convention, and never into private networks.

mod resolver;
mod sender;
mod signer;

pub use self::{
    sender::HttpCallbacks,
    signer::{Signer, Signing},
};
