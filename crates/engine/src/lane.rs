//! What waits in this process for one of its loops.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// Remembered at once, some ten megabytes at most. What is beyond that is left to the sweeper.
const WAITING_MAX: usize = 100_000;

/// First come, first served.
pub(crate) struct Lane<T> {
    waiting: Mutex<VecDeque<T>>,
    arrived: Notify,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), arrived: Notify::default() }
    }
}

impl<T> Lane<T> {
    /// Adds as many as there is room for.
    pub(crate) fn extend(&self, items: impl IntoIterator<Item = T>) {
        let mut waiting = self.waiting();
        let room = WAITING_MAX.saturating_sub(waiting.len());
        waiting.extend(items.into_iter().take(room));
        self.arrived.notify_one();
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.waiting().pop_front()
    }

    pub(crate) fn take(&self, max: usize) -> Vec<T> {
        let mut waiting = self.waiting();
        let count = waiting.len().min(max);
        waiting.drain(..count).collect()
    }

    /// Waits until there may be something to take.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let lane = Lane::default();
        lane.extend(0..WAITING_MAX - 1);
        lane.extend(0..3);
        assert_eq!(lane.pop(), Some(0), "the oldest first");
        assert_eq!(lane.take(1), [1]);
        assert_eq!(lane.take(usize::MAX).len(), WAITING_MAX - 2);
        assert_eq!(lane.pop(), None);
    }
}
