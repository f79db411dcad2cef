//! The passes that drive jobs on. Each looks at the world as it is; a lost hint costs latency, never a job.

pub mod callbacks;
pub mod dispatch;
pub mod effects;
pub mod endings;
pub mod orphans;
pub mod sweep;

use std::time::Duration;

/// How long the sweeper rests at most: the delay of a due job that nobody announced.
pub(crate) const SWEEP_PAUSE: Duration = Duration::from_secs(1);
