//! Queue messages that the queue did not take.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::ports::QueueMessage;
use tokio::sync::Notify;

/// Messages kept at once, some ten megabytes. What is beyond them is left to the sweeper.
const UNSENT_MAX: usize = 100_000;

/// Messages to be sent again, the oldest first.
#[derive(Default)]
pub(crate) struct Unsent {
    messages: Mutex<VecDeque<QueueMessage>>,
    arrived: Notify,
}

impl Unsent {
    pub(crate) fn push(&self, messages: Vec<QueueMessage>) {
        let mut kept = self.kept();
        let room = UNSENT_MAX.saturating_sub(kept.len());
        kept.extend(messages.into_iter().take(room));
        self.arrived.notify_one();
    }

    pub(crate) fn take(&self, max: usize) -> Vec<QueueMessage> {
        let mut kept = self.kept();
        let count = kept.len().min(max);
        kept.drain(..count).collect()
    }

    /// Waits until there may be something to take.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<QueueMessage>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::{JobId, TenantId, job::Rank};

    use super::*;

    fn messages(count: usize) -> Vec<QueueMessage> {
        let tenant = TenantId::default_tenant();
        let job = |number| JobId::from_u128(u128::try_from(number).unwrap());
        let message =
            |number| QueueMessage { job: job(number), rank: Rank(0), tenant: tenant.clone() };
        (0..count).map(message).collect()
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let unsent = Unsent::default();
        unsent.push(messages(UNSENT_MAX - 1));
        unsent.push(messages(3));
        assert_eq!(unsent.take(2), messages(2), "the oldest first");
        assert_eq!(unsent.take(usize::MAX).len(), UNSENT_MAX - 2);
        assert_eq!(unsent.take(1), []);
    }
}
