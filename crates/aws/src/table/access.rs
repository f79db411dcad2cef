//! What all reads and writes of items share: conflicts and leftovers are tried again after a pause, and refusals
//! are told from failures.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::fault::{Fault, Trouble};

/// Calls under way at once for one caller.
pub(crate) const CALLS_MAX: usize = 16;
/// How often a write is tried that meets another transaction, or a read that leaves something over: for about ten
/// seconds, so that a call of thousands outlasts a table that is still growing.
pub(super) const TRIES_MAX: u32 = 20;
const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// One table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl Table {
    pub(super) fn on(&self) -> String {
        format!("the table `{}`", self.name)
    }

    pub(super) fn fault<E>(&self, error: &SdkError<E>, action: &str) -> Fault
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        Fault::of(error, &format!("dynamodb:{action}"), &self.on())
    }

    pub(super) fn contended(&self, action: &str) -> Fault {
        let text =
            format!("dynamodb:{action} on {} met other writers {TRIES_MAX} times", self.on());
        Fault::new(Trouble::Throttled, text)
    }
}

/// Grows, and differs between those that met each other.
pub(super) fn pause(tries: u32) -> Duration {
    let most = PAUSE_MAX.min(PAUSE_FIRST * 2_u32.saturating_pow(tries));
    most.mul_f64(0.5 + fastrand::f64() / 2.0)
}
