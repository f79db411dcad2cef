//! The passes that drive jobs on. Each looks at the world as it is; a lost hint costs latency, never a job.

pub mod callbacks;
pub mod dispatch;
pub mod effects;
pub mod endings;
pub mod orphans;
pub mod resend;
mod rest;
pub mod sweep;

pub(crate) use self::rest::SWEEP_PAUSE;
