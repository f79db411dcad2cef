//! Who acts in the world.

pub(crate) mod orchestrator;
pub(crate) mod request;
pub(crate) mod user;
pub(crate) mod worker;
